"""What a digest says of each thing it names: what has become of it first, so that no end is read as an
order, then hazard and colour, place, and what to do."""

from __future__ import annotations

from alerting.dispatch import reports
from alerting.dispatch.wording import News, Words
from alerting.vocabulary.answers import CALLED

# What has become of it, in Chinese and in English; an opening and an order are what they say.
MARKS = {
    "clear": ("解除", "OVER"), "lifted": ("解除", "LIFTED"), "fall": ("降级", "LOWERED"),
    "withdrawn": ("撤回", "WITHDRAWN"), "reopened": ("恢复通行", "REOPENED"),
    "superseded": ("接替", "TAKEN OVER"), "refused": ("不同意", "NOT APPROVED"),
    "suspended": ("暂停", "ON HOLD"), "raise": ("升级", "RAISED"), "reopen": ("再次", "AGAIN"),
    "update": ("更新", "UPDATE"), "tighten": ("更新", "UPDATE"), "reminder": ("催办", "REMINDER"),
    "escalation": ("升级叫应", "ESCALATED"), "ask": ("请答复", "ANSWER"),
    "check": ("请检查", "CHECK"), "decide": ("请决定", "DECIDE"), "question": ("核实", "QUESTION"),
    "callout": ("叫应", "CALL-OUT"), "closing": ("报结束情况", "CLOSING REPORT"),
}  # fmt: skip
# Before a measure that is not to be carried out, or not any more.
_STOPS = {
    "lifted": ("停止执行：", "stop: "), "withdrawn": ("停止执行：", "stop: "),
    "superseded": ("不再单独执行：", "no longer by itself: "),
    "refused": ("不予执行：", "do not carry out: "), "suspended": ("暂不执行：", "not until decided: "),
}  # fmt: skip


def line(words: Words, news: News) -> str:
    """One thing of a digest, in one line."""
    at = 0 if words.language == "zh" else 1
    head = words.head(news).removesuffix("风险提示").removesuffix(" risk advisory")
    do = words.both(news, "reason") if news.kind == "service" else ""
    do = do or (reports.in_short(news, words.language) if news.wants in CALLED else words.do(news))
    if do and news.kind in _STOPS and not words.returned(news):
        do = _STOPS[news.kind][at] + do
    mark = MARKS[news.kind][at] if news.kind in MARKS else ""
    if at == 0:
        said = f"{f'【{mark}】' if mark else ''}{head}，{words.place(news)}"
        return f"{said}：{do}" if do else said
    said = f"{f'{mark}: ' if mark else ''}{head}, {words.place(news)}"
    return f"{said}: {do}" if do else said
