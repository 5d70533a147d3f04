"""The words of the bulletin, (Chinese, English)."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "bulletin": ("安全风险月度通报", "Monthly safety bulletin"),
    "period": ("统计时段：{first} 至 {last}", "Period: {first} to {last}"),
    "so_far": ("本月未结束，以下截至 {at}。", "The month is not over: so far, as of {at}."),
    "nothing": (
        "本月没有风险提示、官方预警、措施和消息，系统也没有异常。",
        "Nothing happened in this month: no advisory, no warning, no measure, no message, no trouble."),
    "nothing_yet": (
        "本月至今没有风险提示、官方预警、措施和消息，系统也没有异常。",
        "Nothing has happened so far: no advisory, no warning, no measure, no message, no trouble."),
    "exercise": ("演练，不是真实情况", "EXERCISE, nothing of this is real"),
    "findings": ("要点", "Findings"),
    "none": ("无。", "None."),
    "more": ("另有 {n} 行，见 JSON。", "{n} more rows: see the JSON."),
    # Alerts
    "alerts": ("一、风险提示（按灾害和行业）", "1. Risk advisories by hazard and sector"),
    "hazard": ("灾害", "Hazard"), "sector": ("行业", "Sector"), "alerts_n": ("件", "Count"),
    "places_n": ("地点", "Places"), "hours_n": ("历时", "In force"),
    "by_level": ("各级（件 / 小时）", "By level (count / hours)"),
    "alerts_note": (
        "件数按本月最高级别计；小时为至少一处处于该级的时间。",
        "Counted by the highest level of the month; hours in which one place at least stood at it."),
    # Warnings
    "warnings": ("二、收到的官方预警", "2. Official warnings received"),
    "issuer": ("发布单位", "Issued by"), "level": ("级别", "Level"), "count": ("条", "Count"),
    "lifted": ("解除 {n} 条。", "Lifted: {n}."),
    "elsewhere": ("另收到与本县无关的 {n} 条。", "Not about this county: {n}."),
    "tests": ("发布单位注明测试或演练的 {n} 条，未计入。",
              "Tests and exercises of their issuers, not counted: {n}."),
    # Lead
    "lead": ("三、提前量", "3. Lead times"),
    "lead_note": (
        "提前量＝开始出现的时间减去一线第一人被叫醒的时间。计入 {n} 件，中位数 {median} 分钟。",
        "Lead: the onset less the time the first of the field force was woken. Counted: {n}; median"
        " {median} min."),
    "lead_none": ("没有可计提前量的风险提示。", "No advisory of which a lead could be counted."),
    "lead_worst": ("最短：{title}，{place}，{n} 分钟。", "Worst: {title}, {place}, {n} min."),
    "unasked": ("另有 {n} 件没有一线单位可叫。", "For {n} no field post was called."),
    "advisory": ("风险提示", "Advisory"), "place": ("地点", "Place"), "onset": ("开始", "Onset"),
    "lead_min": ("提前（分钟）", "Lead (min)"), "never_woken": ("无人应答", "nobody answered"),
    # Answers
    "tiers": ("四、叫应", "4. Answers by tier"),
    "tier": ("层级", "Tier"), "asked": ("叫应", "Asked"), "woken": ("应答", "Woken"),
    "late": ("转呼后应答", "Late"), "never": ("未应答", "Never"),
    "median": ("中位（分）", "Median min"),
    "tiers_note": (
        "转呼后应答：本单位没有按时应答，转到上一级后才有人应答。",
        "Late: answered only once it had been passed to the next rung."),
    "orders": ("五、措施落实", "5. Measures carried out, by tier"),
    "ordered": ("下达", "Ordered"), "in_force": ("落实", "In force"), "overdue": ("超时", "Overdue"),
    "cannot": ("无法执行", "Cannot"),
    "posts": ("六、应答和落实不力的单位（由差到好）",
              "6. Posts that were late or silent, the worst first"),
    "post": ("单位", "Post"),
    # Decisions
    "decisions": ("七、决定与人工操作", "7. Decisions, and what was done by hand"),
    "decisions_note": (
        "请示决定 {asked} 项，已决定 {decided} 项，始终无人决定 {never} 项，中位数 {median} 分钟。",
        "Decisions asked for: {asked}; taken {decided}, never {never}; median {median} min."),
    "when": ("时间", "When"), "who": ("谁", "Who"), "what": ("事项", "What"),
    "times": ("{n} 处", "{n} places"),
    "responses": ("八、应急响应", "8. Emergency responses"), "step": ("决定", "Step"),
    "note": ("会商意见", "Note"), "grade": ("{grade}级", "grade {grade}"),
    # What is open
    "open": ("九、尚未结束的措施", "9. Measures still open"), "measure": ("措施", "Measure"),
    "owner": ("责任单位", "Owner"), "objects": ("对象", "At"), "days": ("天数", "Days"),
    "state": ("状态", "State"), "ended_since": ("{n} 处其后已结束", "{n} ended since"),
    "overdue_n": ("超时 {n}", "{n} overdue"), "several": ("不一", "various"),
    "gates": ("十、停产停工与复工四项确认", "10. Halts and the production gate"),
    "since": ("起", "Since"), "attested": ("四项确认", "Attested"), "lifted_at": ("解除", "Lifted"),
    "refused_n": ("未受理 {n} 次", "refused {n} times"), "not_yet": ("未", "not yet"),
    # The service
    "unseen": ("十一、数据中断与系统异常", "11. What was blind or silent"),
    "trouble": ("异常", "Trouble"), "at": ("数据源、通道", "Source or channel"),
    "times_n": ("次数", "Times"), "hours": ("小时", "Hours"), "goes_on": ("未恢复", "goes on"),
    "dead": ("十二、未送达的消息", "12. Messages that were not delivered"),
    "dead_note": ("本月发出 {sent} 条，未送达 {dead} 条。", "Sent: {sent}; not delivered: {dead}."),
    "channel": ("通道", "Channel"), "reader": ("收件人", "Reader"), "messages": ("消息", "Messages"),
    "exercises": ("十三、演练（单列，未计入以上各项）",
                  "13. Exercises (apart: counted in nothing above)"),
    "named": ("名称", "Name"), "started": ("开始", "Started"),
    "played": ("演练时长（小时）", "Hours played"),
}  # fmt: skip

# What was decided or done, as a report says it.
ACTS: dict[str, tuple[str, str]] = {
    "approve": ("同意", "approved"), "refuse": ("不同意", "refused"),
    "approve-changed": ("改后同意", "approved with a change"),
    "keep-first": ("冲突：保留先下达的", "conflict: kept the first"),
    "take-second": ("冲突：改用后提出的", "conflict: took the second"),
    "both": ("冲突：两者并行", "conflict: both stand"),
    "go-ahead": ("不再等待，下达", "went on without waiting"),
    "give-up": ("不再等待，撤回", "called off"),
    "sign": ("签字解除", "signed"), "send-back": ("退回，未签字", "sent back"),
    "stand": ("缺数据时保持", "let it stand without data"),
    "call-off": ("缺数据时撤回", "called it off without data"), "kept": ("暂不解除", "kept in force"),
    "open": ("人工发布风险提示", "opened by hand"), "raise": ("人工升级", "raised by hand"),
    "order": ("人工下达措施", "ordered by hand"), "keep": ("人工保持", "kept by hand"),
    "withdraw": ("人工撤回", "withdrawn by hand"), "correct": ("人工更正", "corrected by hand"),
}  # fmt: skip
STEPS: dict[str, tuple[str, str]] = {
    "proposed": ("提请会商", "put to consultation"), "started": ("启动", "started"),
    "raised": ("升级", "raised"), "lowered": ("降级", "lowered"), "ended": ("终止", "ended"),
    "declined": ("不同意", "declined"), "withdrawn": ("条件消除", "the trigger went"),
}  # fmt: skip
