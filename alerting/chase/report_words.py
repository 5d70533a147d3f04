"""What follows an answer to a call-out, in both languages; see words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from alerting.alerts.life import Life
from alerting.chase.words import Words, both, clock, title_of
from alerting.people import Post
from alerting.rulebook.measures import Question

_YES_NO = {"yes": ("是", "yes"), "no": ("否", "no")}
HOWS = {"phone": ("电话", "by phone"), "radio": ("电台", "by radio"),
        "in person": ("当面", "in person")}  # fmt: skip
ECHOED = 24  # characters of an answer that are said back


def numbered(asked: Sequence[Mapping[str, Any]]) -> Words:
    """Questions in the order in which they are answered."""
    marks = [chr(ord("①") + n) for n in range(len(asked))]
    return both("".join(f"{m}{q['zh']}" for m, q in zip(marks, asked, strict=True)),
                " ".join(f"({n}) {q['en']}" for n, q in enumerate(asked, 1)))  # fmt: skip


def awake(life: Life, by: datetime, asked: Sequence[Mapping[str, Any]]) -> Words:
    what, at = numbered(asked), clock(life, by)
    return both(f"已记录收到。请于{at}前回5并按序写：{what['zh']}",
                f"Noted. By {at} answer 5 and, in order: {what['en']}")  # fmt: skip


def short(
    life: Life, asked: Sequence[Mapping[str, Any]], made: Mapping[str, Any],
    lacks: Sequence[Question], by: datetime,
) -> Words:  # fmt: skip
    """What was read, and what is missing, by name."""
    at, read = clock(life, by), _echo(asked, made)
    what = numbered([{"zh": q.zh, "en": q.en} for q in lacks])
    zh = f"已记：{read['zh']}。" if made else ""
    en = f"Noted: {read['en']}. " if made else ""
    count = len(lacks)
    return both(f"{zh}还缺：{what['zh']}。请于{at}前回5并按序写这{count}项",
                f"{en}Missing: {what['en']}. By {at} answer 5 and these {count}, in order")


def whole(
    life: Life, asked: Sequence[Mapping[str, Any]], made: Mapping[str, Any], at: datetime, *,
    again: bool,
) -> Words:  # fmt: skip
    read, shown = _echo(asked, made), clock(life, at)
    if again:
        return both(f"已更正：{read['zh']}", f"Corrected: {read['en']}")
    return both(f"{shown}已收报告：{read['zh']}。有变化请再回5",
                f"Report noted at {shown}: {read['en']}. If it changes, answer 5 again")  # fmt: skip


def _echo(asked: Sequence[Mapping[str, Any]], made: Mapping[str, Any]) -> Words:
    zh, en = [], []
    for question in asked:
        if question["id"] in made:
            value = str(made[question["id"]])
            yes = _YES_NO.get(value) if question["kind"] == "yes-no" else None
            zh.append(f"{question['zh']} {yes[0] if yes else value[:ECHOED]}")
            en.append(f"{question['en']}: {yes[1] if yes else value[:ECHOED]}")
    return both("；".join(zh), "; ".join(en))


def needs_help(
    post: Post | None, asked: Sequence[Mapping[str, Any]], made: Mapping[str, Any]
) -> Words:
    """To the duty office: who needs help, and what they reported."""
    read = _echo([q for q in asked if not q.get("help")], made)
    return both(f"{title_of(post, 'zh')}报告需要支援（{read['zh']}）",
                f"{title_of(post, 'en')} reports that help is needed ({read['en']})")  # fmt: skip


def passed_on(count: int, *, open_: bool) -> Words:
    if not count:
        return both("名单上的人已在叫应中，没有新增", "All on your list are called already")
    zh, en = ("，您的报告仍请回5", "; your own report: answer 5") if open_ else ("", "")
    return both(f"已转发，正在叫应{count}个下级岗位{zh}",
                f"Passed on: {count} of your list are called{en}")  # fmt: skip


def no_list() -> Words:
    return both("名单中没有您的下级岗位，没有转发", "There is nobody on your list to pass it on to")


def may_not_tick() -> Words:
    return both("只有值班人员和有指挥权限的人能代为登记", "Only the duty office may tick somebody off")


def how_and_why() -> Words:
    return both("请写明怎样联系到的（电话、电台、当面）和情况",
                "Say how they were reached (phone, radio, in person) and what they said")  # fmt: skip


def ticked(post: Post | None, how: str) -> Words:
    zh, en = HOWS[how]
    return both(f"已登记：{zh}联系到{title_of(post, 'zh')}，不再呼叫",
                f"Noted: {title_of(post, 'en')} reached {en}. The calls end")  # fmt: skip
