"""What the pages call the keys that the tables keep: states, acts, reasons, (Chinese, English)."""

from __future__ import annotations

from alerting.vocabulary.gate import GATE
from alerting.vocabulary.states import MEASURE_STATES

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
    "return": ("已报送回执", "sent the form"),
    "cannot": ("无法执行", "cannot"), "support": ("需要支援", "needs support"),
    "approve": ("同意", "approved"), "approve-changed": ("同意并修改", "approved with a change"),
    "reason": ("补充原因", "said why"), "refuse": ("不同意", "refused"),
    "attest": ("已复核", "checked"), "kept": ("保持", "kept"),
    "command": ("短信指令", "commanded by text"), "drop": ("取消指令", "dropped a command"),
    "stand": ("保持", "let it stand"), "call-off": ("撤回", "called off"),
    "keep-first": ("保留①", "kept the first"), "take-second": ("改用②", "took the second"),
    "both": ("两者并行", "let both stand"), "go-ahead": ("不再等待，下达", "went on without it"),
    "give-up": ("撤回", "called off"), "attest-gate": ("填报复工四项", "attested the four points"),
    "sign": ("签字解除", "signed"), "send-back": ("退回", "sent back"),
    "take-over": ("确认接班", "took over"), "cannot-take-over": ("不能接班", "could not take over"),
    "report": ("已报告", "reported"), "pass-on": ("已转发下级", "passed it on"),
    "tick": ("登记已联系到", "ticked off"),
}  # fmt: skip
# Entries of the audit log about a measure. What has become of it is said in the words of its states.
ACTIONS = MEASURE_STATES | {
    "propose measure": ("提出措施", "asked for"), "issue measure": ("下达", "issued"),
    "change measure": ("要求变更", "changed"), "propose lift": ("提出解除", "lifting proposed"),
    "end passed": ("到原定时间，仍被要求，待检查", "past its end and still asked for, to be checked"),
    "cannot carry out": ("报告无法执行", "reported cannot"), "overdue": ("超时未落实", "overdue"),
    "keep": ("暂不解除", "kept"), "return form": ("报送回执", "form sent"),
    "ask about a conflict": ("与另一项冲突，请决定", "conflicts with another, to be decided"),
    "withdraw question": ("不再冲突，撤回询问", "no conflict any more, the question is withdrawn"),
    "keep-first": ("决定保留先下达的一项", "decided: the older stays"),
    "take-second": ("决定改用后提出的一项", "decided: the newer goes on"),
    "both": ("决定两者并行", "decided: both stand"),
    "stands meanwhile": ("无人决定，暂以此项为先", "stands while nobody decides"),
    "suspend": ("暂停，等待决定", "on hold until decided"),
    "wait": ("等待须先落实的措施", "waits for what comes first"),
    "go on without waiting": ("决定不再等待", "decided: on without waiting"),
    "refuse attestation": ("四项不全，未受理", "not all four, refused"),
    "sign": ("签字解除", "signed"), "send back": ("退回，未予签字", "sent back unsigned"),
    "order ahead": ("先行下达，待追认", "ordered ahead of its signature"),
    "confirm": ("追认", "confirmed"),
    "change at approval": ("批准时修改", "changed at approval"),
    "ask the decider anew": ("级别升高，请重新决定", "the level rose, the decider is asked anew"),
    "keep as signed": ("维持此前批准的内容", "kept as signed before"),
    "reason": ("补充原因", "said why"), "correct": ("人工更正", "corrected by hand"),
    "withdraw past the gate": ("未经四项确认，人工撤回", "withdrawn by hand, past the gate"),
} | {
    f"attest {key}": (f"填报：{zh}", f"attested: {en}") for key, (zh, en) in GATE.items()
}  # fmt: skip
# Why an answer did not count, as the chase notes it: often the state which its subject had reached.
ANSWER_REASONS = MEASURE_STATES | {
    "closed": ("风险提示已结束", "the advisory had ended"),
    "overtaken by a rise": ("此后已升级，须答复较新的消息", "it had been raised since"),
    "nobody was asked": ("此事未要求任何人答复", "nobody had been asked"),
    "was not asked": ("此事未要求其答复", "they had not been asked"),
    "not the carrier": ("只能由承办单位本身确认", "only its carrier can attest it"),
    "not all four": ("四项不全", "not all four points"),
    "attested by themselves": ("填报人不得自己签字", "who attested cannot sign"),
    "nothing to decide any more": ("已无须决定", "nothing was to be decided any more"),
    "no note of the consultation": ("没有附会商意见", "no note of the consultation"),
    "its form is missing": ("须填报回执表", "its form was missing"),
    "the form lacks something": ("回执表没有填全", "the form lacked something"),
    "decided otherwise before": ("此前已有不同决定", "it was decided otherwise before"),
    "not to be read": ("修改的内容无法识别", "the change could not be read"),
    "not the incomer": ("不是接班人", "they are not the one to come"),
    "the roster has moved on": ("值班表已变动", "the roster had moved on"),
    "nothing was refused": ("没有待说明的不同意", "nothing of theirs was refused"),
    "not the decider": ("不是决定人", "they do not decide it"),
    "not their delivery": ("不是发给其本人的消息", "the message was not theirs"),
    "the role view": ("权限只能查看", "their role may only look"),
    "nothing was asked": ("该消息无需答复", "nothing was asked"),
    "nothing was asked that this answers": (
        "没有与此对应的问题", "nothing was asked that this answers"),
    "no such answer, or a letter is missing": (
        "没有这个选项，或缺少措施字母", "no such answer, or a letter is missing"),
    "falls short": ("报告不全，已请补报", "it fell short and was asked back"),
    "the call-out is over": ("叫应已结束", "the call-out was over"),
    "there is nobody to pass it on to": ("没有下级名单", "there was nobody to pass it on to"),
    "not theirs to tick off": ("无权代为登记", "not theirs to tick off"),
    "without how or why": ("没有写明怎样联系到的", "without how or why"),
    "not understood": ("未能读懂", "not understood"),
    "no reply: the same was answered often enough within the hour": (
        "一小时内相同答复已回复多次，未再回复",
        "no reply: the same was answered often enough within the hour"),
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
