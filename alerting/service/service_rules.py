"""The pack `service`: the watch's own rules. They have no weather, so they are code, not YAML."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from alerting.rulebook import Ask, Book
from alerting.vocabulary import Level

_WORKS = {"zh": "已恢复", "en": "it works again"}


@dataclass(frozen=True, slots=True)
class ServiceRule:
    """Shaped like a rule of the book, as far as the life of an alert needs one."""

    id: str
    level: Level
    title: dict[str, str]
    sector: str = "service"
    hazard: str = "service"
    audience: tuple[str, ...] = ("duty-office",)
    measure: str = ""  # what the duty office is asked to do, where the book has it
    over: dict[str, str] = field(default_factory=lambda: _WORKS)  # what is said when it ends
    asked: tuple[Ask, ...] = ()

    def asks_at(self, level: int) -> list[Ask]:
        return list(self.asked) if self.level <= level else []


def service_rule(rule_id: str, book: Book) -> ServiceRule:
    """The rule with what it asks for."""
    rule = SERVICE_RULES[rule_id]
    if rule.measure not in book.measures:
        return rule
    return replace(rule, asked=(Ask(rule.measure),))


# What stands still while a loop fails, in the words of who must act.
LOOPS = {
    "rules": {"zh": "更新规则", "en": "taking up changed rules"},
    "duty": {"zh": "值班交接", "en": "handing duty over"},
    "tick": {"zh": "整点巡查", "en": "the hourly look at all places"},
    "player": {"zh": "演练播放", "en": "playing the exercise"},
    "poll": {"zh": "读取数据源", "en": "reading the sources"},
    "link": {"zh": "与其他进程的联系", "en": "the link with the other processes"},
    "follow": {"zh": "跟随引擎进程", "en": "following the engine's process"},
    "word": {"zh": "告知其他进程自身的问题", "en": "telling the other processes what is wrong here"},
    "leases": {"zh": "接管失效进程的发送", "en": "taking over what dead processes were sending"},
    "kafka": {"zh": "读取消息队列", "en": "reading the broker"},
    "engine": {"zh": "研判信号", "en": "evaluating signals"},
    "chase": {"zh": "叫应", "en": "the chase"},
    "dispatch": {"zh": "发送消息", "en": "sending messages"},
    "watch": {"zh": "自我监测", "en": "the watch over itself"},
    "head": {"zh": "外发审计链头", "en": "sending the head of the log"},
    "seal": {"zh": "审计封存", "en": "sealing the log"},
    "sentinels": {"zh": "向哨兵报告", "en": "telling the sentinels"},
    "shifts": {"zh": "换班演练", "en": "the exercise of each turn"},
    "schedule": {"zh": "整点巡查和读取数据源", "en": "the hourly look and the reading of sources"},
    "keep": {"zh": "清理过期数据", "en": "deleting what is no longer kept"},
    "drill": {"zh": "人员演练", "en": "the drill of people"},
    "clock": {"zh": "时钟校正", "en": "minding that the clock was set"},
}


def loop_words(name: str) -> dict[str, str]:
    return LOOPS.get(name, {"zh": name, "en": name})


SERVICE_RULES = {
    r.id: r
    for r in (
        ServiceRule("source-silent", Level.orange,
                    {"zh": "数据源静默", "en": "a source is silent"}, measure="check-source"),
        ServiceRule("places-blind", Level.orange,
                    {"zh": "无法判断", "en": "places cannot be judged"}, measure="check-source"),
        ServiceRule("loop-failing", Level.red, {"zh": "服务环节故障", "en": "a loop keeps failing"}),
        ServiceRule("queue-stuck", Level.red, {"zh": "队列积压", "en": "a queue is stuck"}),
        ServiceRule("signal-set-aside", Level.orange,
                    {"zh": "信号未能处理", "en": "a signal could not be taken"},
                    over={"zh": "一天内没有再出现", "en": "none for a day"}),
        ServiceRule("signals-missing", Level.orange,
                    {"zh": "信号丢失", "en": "signals are missing"}, measure="check-source",
                    over={"zh": "一天内没有再出现", "en": "none for a day"}),
        ServiceRule("warning-unknown", Level.orange,
                    {"zh": "官方预警种类未识别", "en": "an official warning of a kind we do not know"},
                    over={"zh": "该预警已解除、到期或已能识别",
                          "en": "it was lifted, has run out, or is known by now"}),
        ServiceRule("channel-refuses", Level.red,
                    {"zh": "通道不可用", "en": "a channel refuses"}, measure="check-channel",
                    over={"zh": "通道不再拒绝，已无积压消息",
                          "en": "it refuses no longer, and no message waits"}),
        ServiceRule("dead-letter", Level.orange,
                    {"zh": "消息未送达", "en": "messages could not be delivered"},
                    measure="check-channel",
                    over={"zh": "有关事项已由他人应答、另行送达或已结束",
                          "en": "what they said was answered, carried otherwise, or has ended"}),
        ServiceRule("hand-over-open", Level.orange,
                    {"zh": "交接班未确认", "en": "a hand-over is not confirmed"},
                    over={"zh": "已有人接班，或值班表已变动",
                          "en": "somebody has taken over, or the roster has changed"}),
        ServiceRule("rules-broken", Level.orange,
                    {"zh": "规则包有误", "en": "the rule book does not load"},
                    over={"zh": "规则包已修好并启用", "en": "the rule book loads and is in use"}),
        ServiceRule("log-unsealed", Level.orange,
                    {"zh": "审计未封存", "en": "the log is not sealed"}),
        ServiceRule("sentinel-silent", Level.orange,
                    {"zh": "哨兵失联", "en": "a sentinel is silent"},
                    over={"zh": "哨兵已恢复应答", "en": "it answers again"}),
        ServiceRule("exercise-unanswered", Level.orange,
                    {"zh": "换班演练未应答", "en": "the exercise of a turn is unanswered"},
                    over={"zh": "已应答，或已换班", "en": "it was answered, or the turn has ended"}),
        ServiceRule("roster-gap", Level.blue,
                    {"zh": "值班空岗", "en": "nobody on the roster"},
                    over={"zh": "已安排人员，或空岗时段已过",
                          "en": "somebody is on it, or it is over"}),
        ServiceRule("roster-change", Level.blue,
                    {"zh": "调班失效", "en": "a change of the roster is void"},
                    over={"zh": "已重新安排、撤销或时段已过", "en": "made anew, undone or over"}),
        ServiceRule("calendar-unknown", Level.blue,
                    {"zh": "日历将失效", "en": "the calendar runs out"},
                    over={"zh": "日历已更新", "en": "the calendar knows further ahead"}),
        ServiceRule("nobody-reached", Level.red,
                    {"zh": "无人应答", "en": "nobody could be reached"},
                    over={"zh": "已有人应答，或事项已结束",
                          "en": "somebody answered, or it has ended"}),
    )
}  # fmt: skip
