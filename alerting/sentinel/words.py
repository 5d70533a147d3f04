"""What the sentinel says, in its reader's language."""

from __future__ import annotations

from collections.abc import Iterable

from alerting.sentinel.wire import Words

UNKNOWN: Words = {"zh": "岁安服务", "en": "the alerting service"}


def _head(county: Words, exercise: bool, language: str) -> str:
    """Who speaks; what a fictional county says is marked."""
    if language == "zh":
        return f"{'【演练】' if exercise else ''}【哨兵·{county['zh']}】"
    return f"{'EXERCISE ' if exercise else ''}[Sentinel, {county['en'] or county['zh']}] "


def alarm(
    language: str, county: Words, exercise: bool, faults: Iterable[Words], times: int, link: str,
    absent: bool,
) -> str:  # fmt: skip
    """`times` is how often this reader has been called about it, this call with it; `absent`: nothing
    is wrong but that whoever is on duty may not be there."""
    head, said = _head(county, exercise, language), [one[language] for one in faults]
    if language == "zh":
        again = f"第{times}次呼叫，" if times > 1 else ""
        what = "请联系本人或换人值班" if absent else "风险提示可能发不出去，请立即查看服务器"
        return f"{head}{again}{'；'.join(said)}。{what}。由您处理请回1，或打开 {link}"
    again = f"call {times}: " if times > 1 else ""
    what = ("Find them, or put somebody else on duty" if absent
            else "Warnings may not go out: look at the server at once")  # fmt: skip
    return f"{head}{again}{'; '.join(said)}. {what}. Reply 1 if you take it, or open {link}"


def turn(language: str, county: Words, link: str) -> str:
    """The sentinel's own half of the exercise with which a turn begins."""
    head = _head(county, True, language)
    if language == "zh":
        return f"{head}换班演练：您已开始值班，收到请回1，或打开 {link}"
    return f"{head}your turn begins: reply 1, or open {link}"


def reached(language: str, county: Words) -> str:
    said = "已收到，哨兵可联系到您。" if language == "zh" else "Received: the sentinel reaches you."
    return _head(county, True, language) + said


def taken(language: str, county: Words, exercise: bool, who: str, minutes: int) -> str:
    """`minutes` until it is called about again; 0 where it is not, as long as nothing else is wrong."""
    head = _head(county, exercise, language)
    if language == "zh":
        return f"{head}{who}已在处理。" + (f"{minutes}分钟后仍未恢复将再次呼叫。" if minutes else "")
    again = f" If it is not well in {minutes} min you are called again." if minutes else ""
    return f"{head}{who} looks after it.{again}"


def well(language: str, county: Words, exercise: bool, began: str) -> str:
    head = _head(county, exercise, language)
    if language == "zh":
        return f"{head}{began}起的故障已恢复，服务心跳正常。"
    return f"{head}What began at {began} is over: the service is well again."


PAGE = {
    "title": {"zh": "哨兵告警", "en": "The sentinel's alarm"},
    "take": {"zh": "由我处理", "en": "I look after it"},
    "taken": {"zh": "已记录，由您处理。", "en": "Noted: you look after it."},
    "turn": {"zh": "换班演练", "en": "The exercise of your turn"},
    "receive": {"zh": "收到", "en": "Received"},
    "received": {"zh": "已收到，哨兵可联系到您。", "en": "Received: the sentinel reaches you."},
    "over": {"zh": "这次呼叫已经结束。", "en": "This call is over."},
}
