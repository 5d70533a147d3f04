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
    language: str, county: Words, exercise: bool, faults: Iterable[Words], times: int, link: str
) -> str:
    """`times` is how often this reader has been called about it, this call with it."""
    head, said = _head(county, exercise, language), [one[language] for one in faults]
    if language == "zh":
        again = f"第{times}次呼叫，" if times > 1 else ""
        return (f"{head}{again}{'；'.join(said)}。风险提示可能发不出去，请立即查看服务器。"
                f"由您处理请回1，或打开 {link}")  # fmt: skip
    again = f"call {times}: " if times > 1 else ""
    return (f"{head}{again}{'; '.join(said)}. Warnings may not go out: look at the server at once."
            f" Reply 1 if you take it, or open {link}")  # fmt: skip


def taken(language: str, county: Words, exercise: bool, who: str, minutes: int) -> str:
    head = _head(county, exercise, language)
    if language == "zh":
        return f"{head}{who}已在处理。{minutes}分钟后仍未恢复将再次呼叫。"
    return f"{head}{who} looks after it. If it is not well in {minutes} min you are called again."


def well(language: str, county: Words, exercise: bool, began: str) -> str:
    head = _head(county, exercise, language)
    if language == "zh":
        return f"{head}{began}起的故障已恢复，服务心跳正常。"
    return f"{head}What began at {began} is over: the service is well again."


PAGE = {
    "title": {"zh": "哨兵告警", "en": "The sentinel's alarm"},
    "take": {"zh": "由我处理", "en": "I look after it"},
    "taken": {"zh": "已记录，由您处理。", "en": "Noted: you look after it."},
    "over": {"zh": "这次告警已经结束。", "en": "This alarm is over."},
}
