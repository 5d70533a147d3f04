"""The words of the pages, (Chinese, English). 预警 is kept for official warnings alone."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    # The frame
    "suian": ("岁安", "suian"),
    "fictional": ("虚构县", "fictional county"),
    "exercise": ("演练", "EXERCISE"),
    "switch": ("English", "中文"),
    "log_in": ("登录", "Log in"),
    "log_out": ("退出", "Log out"),
    "front": ("首页", "First page"),
    "back": ("返回首页", "Back to the first page"),
    "messages": ("消息", "Messages"),
    "read_only": ("只读：未登录", "Read-only: not logged in"),
    "live": ("实况", "Live"),
    "by_its_clock": ("演练时钟", "Exercise clock"),
    "county_clock": ("本地时间", "Local time"),
    "times_speed": ("{n} 倍速", "{n} times as fast"),
    "playing": ("正在播放", "playing"),
    "this_is_exercise": (
        "以下全部为演练，不是真实情况。", "Everything below is an exercise, nothing is real."),
    # The first page
    "failing": ("服务有故障", "The service is failing"),
    "failing_text": (
        "故障期间本页可能不是最新情况。请查看服务日志；修好前请用电话联系。",
        "Until it is mended this page may be behind. See the service's log, and call by telephone."),
    "rules_broken": (
        "规则包有误，仍按上一版有效规则运行",
        "The rules do not load: the last good ones are in use"),
    "rules_broken_text": (
        "改好文件后自动启用；suian check 逐条检查。",
        "Mend the files and they are taken up at once; suian check lists what is wrong."),
    "in_force_now": ("当前风险提示", "In force now"),
    "nothing_open": ("目前没有风险提示。", "No risk advisory is open."),
    "nothing_open_but": (
        "已知数据中没有风险提示，但下列地点看不清，不能当作平安。",
        "No advisory is open in what is known, but the places below cannot be judged: not all-clear."),
    "advisory": ("风险提示", "Risk advisory"),
    "official": ("官方预警", "Official warning"),
    "official_expired": ("已到期", "Expired:"),
    "official_lifted": ("已解除", "Lifted:"),
    "official_replaced": ("已被更新", "Replaced since:"),
    "issued_by": ("{issuer} 发布", "issued by {issuer}"),
    "since": ("起于", "since"),
    "onset": ("预计出现", "onset"),
    "onset_past": ("已出现", "began"),
    "onset_first": ("最早预计出现", "first onset"),
    "onset_past_first": ("最早出现", "first began"),
    "till": (" 至 ", ", until "),
    "why": ("依据", "Why"),
    "only_unknown": (
        "数据中断，仅凭缺测维持，请核实。", "Held only because data are missing: check it."),
    "kept_by": ("由 {who} 人工保持", "kept by hand by {who}"),
    "details": ("详情", "Details"),
    "measures": ("措施", "Measures"),
    "measures_by_hand": ("人工下达的措施", "Measures ordered by hand"),
    "in_force_of": ("已落实 {n}/{of}", "{n} of {of} in force"),
    "undecided_n": ("待决定 {n}", "{n} to be decided"),
    "n_of_these": ("其中 {n} 处：", "{n} of these: "),
    "kept_n": ("{n} 处由人工保持", "{n} kept by hand"),
    "carrier": ("承办", "carried out by"),
    "decider": ("决定", "decided by"),
    "interim": ("临时", "interim"),
    "overdue": ("超时未落实", "overdue"),
    "cannot": ("报告无法执行", "reported cannot"),
    "due_by": ("须于 {at} 前落实", "in force by {at}"),
    "waiting": ("谁还没有应答", "Who has not answered"),
    "waiting_none": ("没有等待应答的事项。", "Nothing is waiting for an answer."),
    "waits_since": ("自 {at}", "since {at}"),
    "waits_until": ("{at} 前未答则上报", "next rung at {at}"),
    "given_up": ("已停止呼叫，请改用其他方式联系", "calling has stopped: reach them by other means"),
    "given_up_n": (
        "{n} 项叫到最后一级仍无人应答，已停止呼叫：必须有人改用电话、上门等方式联系。",
        "For {n} the last rung was silent too and calling has stopped: somebody must reach them by"
        " other means."),
    "nobody_there": ("此岗无人", "nobody holds this post"),
    "wants_acknowledge": ("待确认收到", "to acknowledge"),
    "wants_in-force": ("待反馈落实", "to report in force"),
    "wants_decision": ("待决定", "to decide"),
    "wants_check": ("待复核后解除", "to check before lifting"),
    "happened": ("刚刚发生", "What has just happened"),
    "holding": ("已不满足条件，观察中，暂不解除", "no longer met; watched before it is lifted"),
    "blind": ("看不清的地点", "Places that cannot be seen"),
    "blind_why": (
        "应有的数据没有到，无法判断。灰色不等于平安。",
        "Data that should be there are not, so nothing can be said. Grey is not all-clear."),
    "undecidable": ("无法判定（没有相应数据源）", "Undecidable (no source can say)"),
    "clearing": ("解除条件", "clearing"),  # a condition like those of the levels
    "none_blind": ("所有地点都有数据。", "Every place has data."),
    "lacks": ("缺", "lacks"),
    "n_places": ("{n} 处", "{n} places"),
    "n_more_asked": ("另有 {n} 项", "{n} more"),
    "n_more": ("另有 {n} 处", "{n} more"),
    "blind_since": ("自 {at} 起", "since {at}"),
    "sources": ("数据源", "Sources"),
    "no_sources": ("没有启用的数据源。", "No source is switched on."),
    "spoke_last": ("最近来数 {at}", "last spoke {at}"),
    "spoke_never": ("尚未来数", "has not spoken yet"),
    "due_at": ("下次应于 {at}", "next due {at}"),
    "waits_for": ("在等：{what}", "waiting for: {what}"),
    "source_heard": ("已来数", "heard"),
    "source_fresh": ("正常", "fresh"),
    "source_waiting": ("等待首次数据", "waiting for its first data"),
    "source_silent": ("沉默", "silent"),
    "source_late": ("超时", "late"),
    "latest_messages": ("最近消息（收信人所见）", "Latest messages, as their readers got them"),
    "no_messages": ("还没有发出消息。", "No message has gone out yet."),
    "all_messages": ("全部消息", "All messages"),
    "to": ("致", "to"),
    "closed_lately": ("最近结束", "Ended lately"),
    "lead": ("提前 {n} 分钟叫醒", "woken {n} min ahead"),
    # The end of an exercise
    "ended_title": ("演练结束", "The exercise has ended"),
    "ended_text": (
        "全部记录都保留在下面。接下来可以：", "Everything it left stays below. What you can do now:"),
    "see_live": ("查看实况", "See the live page"),
    "see_live_text": ("实况中有 {n} 条风险提示。", "Risk advisories open there: {n}."),
    "see_live_none": ("实况中目前没有风险提示。", "Nothing is open there."),
    "play_again": ("再演一次", "Play it again"),
    "play_again_text": (
        "同一场风暴，新的演练，从头开始。", "The same storm from its start, in a new realm."),
    "play_needs_login": (
        "请先登录（终端里有一键登录链接）。", "Log in first; the terminal shows one-click links."),
    "try_rule": ("试改一条规则", "Try a rule"),
    "try_rule_text": (
        "改 rules/ 里的一行阈值，再运行：", "Change one threshold in rules/ and run:"),
    "own_county": ("换成自己的县", "Put in your own county"),
    "own_county_text": ("生成配置与表格模板：", "Make a config and table templates:"),
    "no_exercise": ("没有配置可播放的演练。", "No exercise is configured to play."),
    "start_exercise": ("开始演练", "Start the exercise"),
    # One alert
    "timeline": ("经过", "What happened"),
    "opened": ("出现", "opened"), "raised": ("升级", "raised"), "fell": ("降级", "lowered"),
    "reopened": ("再次出现", "reopened"), "updated": ("更新", "updated"),
    "extended": ("延长", "extended"), "cleared": ("解除", "cleared"),
    "closed": ("结束", "closed"), "withdrawn": ("撤回", "withdrawn"),
    "state_open": ("进行中", "open"), "state_closed": ("已结束", "closed"),
    "state_withdrawn": ("已撤回", "withdrawn"),
    "ledger": ("台账", "Ledger"),
    "deliveries": ("发出的消息", "Messages sent"),
    "answers": ("应答", "Answers"),
    "escalations": ("逐级上报", "Escalations"),
    "not_asked": ("已无风险提示要求", "no longer asked for"),
    "n_more_messages": ("更早的 {n} 条", "{n} earlier ones"),
    "none": ("无", "none"),
    "colon": ("：", ": "),
    "short_waiting": ("岗未应答", "posts silent"),
    "short_waiting_one": ("岗未应答", "post silent"),
    "short_blind": ("处看不清", "unseen"),
    "climbed_from": ("原责任岗：{post}", "first called: {post}"),
    "no_eyes": ("演练已结束，不再判断。", "The exercise has ended; nothing is judged any more."),
    "threshold": ("阈值", "threshold"),
    "values": ("逐时数值", "values by the hour"),
    "source": ("来源", "source"),
    "issue_time": ("发布时间", "issued"),
    "point": ("最不利点", "worst point"),
    "extreme_at": ("最不利", "worst at"),
    "derived": ("推算", "derived"),
    "missing": ("缺测", "missing"),
    "hour": ("时间", "hour"),
    "number": ("编号", "id"),
    "levels_read": ("各级判断", "Each level as read"),
    "true": ("成立", "true"), "false": ("不成立", "false"), "unknown": ("未知", "unknown"),
    "undecidable_level": ("无法判定", "undecidable"),
    # What one does
    "do_acknowledge": ("确认收到", "Acknowledge"),
    "do_in-force": ("已落实", "It is in force"),
    "do_cannot": ("无法执行", "Cannot be done"),
    "do_approve": ("同意", "Approve"),
    "do_refuse": ("不同意", "Refuse"),
    "do_stand": ("保持", "Let it stand"),
    "do_call-off": ("撤回", "Call it off"),
    "do_kept": ("暂不解除", "Not yet: keep it"),
    "do_attest": ("已复核，可解除", "Checked: may be lifted"),
    "do_raise": ("升级", "Raise"),
    "do_keep": ("保持", "Keep"),
    "do_withdraw": ("撤回", "Withdraw"),
    "do_support": ("需要支援", "I need support"),
    "reason": ("原因（必填，会记录）", "Reason (needed, recorded)"),
    "to_level": ("升至", "to level"),
    "became_waiting": ("请稍候。", "One moment."),
    "became_taken": ("已办理。", "Done."),
    "became_repeated": ("此前已办理。", "Done before."),
    "became_late": ("未生效：迟了。", "Not taken: too late."),
    "became_refused": ("未采纳。", "Not taken."),
    "became_not-understood": ("未能读懂。", "Not understood."),
    # What is typed in by hand
    "by_hand_page": ("人工录入", "By hand"),
    "by_hand_warning": ("录入官方预警（传真、电话）", "Type in an official warning (fax, call)"),
    "by_hand_open": ("发布一条风险提示", "Open a risk advisory"),
    "by_hand_order": ("下达一项措施", "Order a measure"),
    "by_hand_send": ("提交", "Send"),
    "by_hand_warning_done": (
        "预警已录入，相关风险提示随即更新。", "The warning is in; what it concerns follows at once."),
    "ended_takes_nothing": (
        "这次演练已经结束，不再接受录入。", "This exercise has ended and takes nothing more."),
    "confirm_red": ("确认：就是红色", "Yes, red is meant"),
    "confirm_red_why": (
        "红色会立即叫醒所有相关人员。请核对下面的内容，勾选确认后再提交一次。",
        "Red wakes everybody concerned at once. Check what stands below, tick the box and send it"
        " again."),
    "field_issuer": ("发布单位", "Issued by"),
    "field_issued": ("发布时间（本地）", "Issued at (local time)"),
    "field_hazard": ("种类", "Kind"),
    "field_level": ("级别", "Level"),
    "field_areas": ("范围（地名或区划代码，可多个）", "Where (names or codes)"),
    "field_expires": ("有效至（本地，不填为 24 小时）", "Until (local time; none: 24 hours)"),
    "field_text": ("正文", "Text"),
    "field_action": ("性质", "It is"),
    "field_reference": ("所更新或解除的预警", "The warning it changes or ends"),
    "field_rule": ("规则", "Rule"),
    "field_place": ("地点（名称或编号）", "Place (name or id)"),
    "field_measure": ("措施", "Measure"),
    "field_reason": ("原因或来源（必填，会记录）", "Why, or how it came (needed, recorded)"),
    "action_alert": ("新发布", "new"), "action_update": ("更新", "a change of one"),
    "action_cancel": ("解除", "the end of one"),
    # Logging in
    "person": ("人员编号", "Person id"),
    "password": ("口令", "Password"),
    "wrong_login": (
        "人员编号或口令不对。还可再试 {n} 次。", "Wrong id or password; {n} tries are left."),
    "login_wait": (
        "失败次数过多，请 {n} 分钟后再试。", "Too many failed tries: wait {n} minutes."),
    "demo_people": ("演示人员（一键登录）", "Demo people (one click)"),
    "demo_note": ("仅虚构县、仅本机可见。", "Only in a fictional county and only on this machine."),
    "role_view": ("查看", "view"), "role_answer": ("应答", "answer"),
    "role_decide": ("决定", "decide"), "role_order": ("下令", "order"),
    "role_admin": ("管理", "admin"),
    # The page behind a link
    "link_gone": ("链接无法使用", "This link cannot be used"),
    "link_unknown": (
        "这个链接不完整或已失效。请回复短信，或致电值班室。没有任何操作被记录。",
        "This link is incomplete or no longer works. Reply to the message or call the duty office."
        " Nothing was recorded."),
    "link_ended": (
        "这次演练已经结束，无需再答复。", "This exercise has ended; no answer is needed any more."),
    "link_for": ("发给 {who} 的消息", "A message to {who}"),
    "link_not_answer": (
        "打开本页不算应答，请按下面的按钮。", "Opening this page is no answer: press a button below."),
    "link_nothing": ("此消息无需应答。", "This message needs no answer."),
    "link_about": ("关于", "About"),
    "link_before": ("您已答复", "You have answered"),
    "link_more": ("还可以：", "You can also:"),
    "link_state": ("目前：{state}", "Now: {state}"),
    # Errors
    "problem": ("没有办成", "That did not work"),
    "problem_other": (
        "系统没有接受这次操作。请返回首页查看，再试一次。",
        "The service did not take this. Look at the first page and try again."),
    "problem_original": ("系统原话（英文）", "The service's own words"),
}  # fmt: skip

# What a Chinese page says of a problem that brings no Chinese sentence of its own, by HTTP status.
PROBLEMS = {
    401: "请先登录。",
    403: "您没有权限这样做，没有任何操作被执行。请联系管理员或有权限的值班人员。",
    404: "这里没有页面。",
    409: "情况已经变化，现在不能这样做。请返回查看最新状态。",
    413: "内容太长，请分次提交。",
    415: "这不是本系统的表单，没有被接受。",
    422: "填写的内容有误，没有被接受。请返回检查后重填。",
    429: "操作过于频繁，请稍后再试。",
    503: "系统暂时无法处理，请稍后再试；紧急事项请用电话联系。",
}

# States and reasons as people read them.
MEASURE_STATES = {
    "proposed": ("待决定", "waits for a decision"), "approved": ("已同意", "approved"),
    "issued": ("已下达", "issued"), "acknowledged": ("已收到", "acknowledged"),
    "in force": ("已落实", "in force"), "lift proposed": ("拟解除", "lifting proposed"),
    "attested": ("已复核", "checked"), "lifted": ("已解除", "lifted"),
    "refused": ("不同意", "refused"), "withdrawn": ("已撤回", "withdrawn"),
    "expired": ("到期", "expired"), "superseded": ("被替代", "superseded"),
}  # fmt: skip
DELIVERY_STATES = {
    "bound": ("待发", "to be sent"), "sending": ("发送中", "sending"),
    "accepted": ("已提交", "accepted"), "delivered": ("已送达", "delivered"),
    "read": ("已读", "read"), "answered": ("已应答", "answered"),
    "superseded": ("被替代", "superseded"), "dead": ("发送失败", "failed for good"),
}  # fmt: skip
ESCALATION_REASONS = {
    "silent": ("无人应答", "no answer"), "nobody": ("此岗无人", "nobody holds the post"),
    "cannot": ("报告无法执行", "reported cannot"), "overdue": ("超时未落实", "not in force in time"),
    "undelivered": ("消息未送达", "message not delivered"),
}  # fmt: skip
OUTCOMES = {
    "taken": ("有效", "counted"), "late": ("迟到", "late"), "repeated": ("重复", "repeated"),
    "refused": ("未采纳", "refused"), "not-understood": ("未能理解", "not understood"),
}  # fmt: skip
ACTS = {
    "acknowledge": ("收到", "acknowledged"), "in-force": ("已落实", "in force"),
    "cannot": ("无法执行", "cannot"), "support": ("需要支援", "needs support"),
    "approve": ("同意", "approved"), "refuse": ("不同意", "refused"),
    "attest": ("已复核", "checked"), "kept": ("保持", "kept"),
    "stand": ("保持", "let it stand"), "call-off": ("撤回", "called off"),
}  # fmt: skip
# Entries of the audit log about a measure. What has become of it is said in the words of its states.
ACTIONS = MEASURE_STATES | {
    "propose measure": ("提出措施", "asked for"), "issue measure": ("下达", "issued"),
    "change measure": ("要求变更", "changed"), "propose lift": ("提出解除", "lifting proposed"),
    "cannot carry out": ("报告无法执行", "reported cannot"), "overdue": ("超时未落实", "overdue"),
    "keep": ("暂不解除", "kept"),
}  # fmt: skip
# Why an answer did not count, as the chase notes it: often the state which its subject had reached.
ANSWER_REASONS = MEASURE_STATES | {
    "closed": ("风险提示已结束", "the advisory had ended"),
    "overtaken by a rise": ("此后已升级，须答复较新的消息", "it had been raised since"),
    "nobody was asked": ("此事未要求任何人答复", "nobody had been asked"),
    "was not asked": ("此事未要求其答复", "they had not been asked"),
    "not the decider": ("不是决定人", "they do not decide it"),
    "not their delivery": ("不是发给其本人的消息", "the message was not theirs"),
    "the role view": ("权限只能查看", "their role may only look"),
    "nothing was asked": ("该消息无需答复", "nothing was asked"),
    "nothing was asked that this answers": (
        "没有与此对应的问题", "nothing was asked that this answers"),
    "no such answer, or a letter is missing": (
        "没有这个选项，或缺少措施字母", "no such answer, or a letter is missing"),
    "not understood": ("未能读懂", "not understood"),
    "no hint: enough were sent within the hour": (
        "一小时内提示已够多，未再回复", "no hint: enough were sent within the hour"),
}  # fmt: skip
CHANNELS = {
    "console": ("终端", "terminal"), "sms": ("短信", "SMS"), "page": ("页面", "page"),
    "link": ("链接", "link"), "api": ("接口", "API"), "hook": ("系统推送", "webhook"),
}  # fmt: skip
SOURCES = {
    "storm-forecast": ("演练预报", "the exercise's forecast"),
    "storm-stations": ("演练实况", "the exercise's stations"),
    "storm-warnings": ("演练官方预警", "the exercise's official warnings"),
    "open-meteo": ("Open-Meteo", "Open-Meteo"), "calendar": ("日历", "calendar"),
    "signals": ("推送接口", "pushed signals"), "nmc": ("中央气象台", "NMC, China"),
}  # fmt: skip
