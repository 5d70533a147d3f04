"""What is said about hand-overs, in both languages; times are local hours and minutes of the county."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from alerting.alerts.life import Life
from alerting.chase.words import Words, both, name_of, title_of
from alerting.people import Person, Post


class Hands(NamedTuple):
    """Of which post, who is to come, and who stays until then; None for nobody."""

    post: Post | None
    incomer: Person | None
    outgoer: Person | None


def _at(life: Life, at: datetime) -> Words:
    local = life.local(at)
    return both(f"{local.day}日{local:%H:%M}", f"{local:%H:%M} on {local.day} {local:%b}")


def asked(
    life: Life, post: Post, row: Any, outgoer: Person | None, round_: int, counted: Words
) -> Words:
    """To the incomer; `row` is of the table handover."""
    at = _at(life, row.due)
    zh, en = {
        "ahead": (f"{post.called('zh')}{at['zh']}起由您接班",
                  f"{post.called('en')}: you take over at {at['en']}"),
        "turn": (f"{post.called('zh')}{at['zh']}已到交接时间，请接班",
                 f"{post.called('en')}: your shift began at {at['en']}, take over"),
        "alone": (f"{post.called('zh')}现由您值班，尚未确认接班",
                  f"{post.called('en')}: you are on duty now and have not confirmed it"),
    }[row.stage]  # fmt: skip
    if outgoer is not None:
        zh += f"，您确认前由{outgoer.called('zh')}继续值班"
        en += f"; until you confirm, {outgoer.called('en')} stays on duty"
    if round_ > 0:
        zh, en = f"第{round_ + 1}次呼叫，{zh}", f"Call {round_ + 1}. {en}"
    return both(f"{zh}。{counted['zh']}", f"{en}. {counted['en'].capitalize()}")


def taken(life: Life, row: Any, at: datetime) -> Words:
    if row.due > at:
        begins = _at(life, row.due)
        return both(f"已确认，{begins['zh']}起由您值班",
                    f"Confirmed: you are on duty from {begins['en']}")  # fmt: skip
    return both("已确认接班，现由您值班", "Confirmed: you are on duty now")


def stays(outgoer: Person | None, said: str) -> Words:
    """To the incomer who cannot."""
    zh = f"已记录不能接班，{name_of(outgoer, 'zh')}继续值班" if outgoer else "已记录不能接班"
    en = f"Noted; {name_of(outgoer, 'en')} stays on duty" if outgoer else "Noted"
    if said:
        return both(f"{zh}，已告知上一级", f"{en}, the post above is told")
    return both(f"{zh}，已告知上一级。请直接回复原因", f"{en}, the post above is told. Please text why")


def reason_noted() -> Words:
    return both("原因已记录，已告知上一级", "Reason noted, the post above is told")


def handed(
    life: Life, post: Post, row: Any, incomer: Person | None, by: Person, reason: str, at: datetime
) -> Words:
    """To whoever is relieved; to the incomer too, where somebody did it for them."""
    begins = _at(life, max(row.due, at))
    zh = f"{post.called('zh')}{begins['zh']}起由{name_of(incomer, 'zh')}值班"
    en = f"{post.called('en')}: {name_of(incomer, 'en')} is on duty from {begins['en']}"
    if by.id == row.incomer:
        return both(f"{zh}（本人已确认接班）", f"{en} (they confirmed)")
    return both(f"{zh}（{by.called('zh')}代为交接：{reason}）",
                f"{en} (handed over by {by.called('en')}: {reason})")  # fmt: skip


def unconfirmed(hands: Hands) -> Words:
    zh, en = name_of(hands.incomer, "zh"), name_of(hands.incomer, "en")
    return _on(hands, both(f"{zh}至今未确认接班", f"{en} has not confirmed taking over"))


def out_of_reach(hands: Hands) -> Words:
    zh, en = name_of(hands.incomer, "zh"), name_of(hands.incomer, "en")
    return _on(hands, both(f"联系不上接班的{zh}", f"no message reaches {en}, who is to come"))


def refused(hands: Hands, reason: str) -> Words:
    zh, en = name_of(hands.incomer, "zh"), name_of(hands.incomer, "en")
    tail = (f"：{reason}", f": {reason}") if reason else ("", "")
    return _on(hands, both(f"{zh}不能接班{tail[0]}", f"{en} cannot take over{tail[1]}"))


def _on(hands: Hands, said: Words) -> Words:
    """What is wrong, who is on duty, what can be done."""
    if hands.outgoer is not None:
        zh, en = f"{hands.outgoer.called('zh')}继续值班", f"{hands.outgoer.called('en')} stays on duty"
    else:
        zh, en = "接班人已列为值班但未确认", "they are on duty unconfirmed"
    post = both(title_of(hands.post, "zh"), title_of(hands.post, "en"))
    return both(f"{post['zh']}：{said['zh']}，{zh}。请在值班表换人或代为交接",
                f"{post['en']}: {said['en']}; {en}. Change the roster, or hand over by hand")


def moved_on() -> Words:
    return both("值班表已变动，不必再由您接班",
                "The roster has moved on: you need not take over any more")  # fmt: skip


def not_theirs(incomer: Person | None) -> Words:
    return both(f"须由{name_of(incomer, 'zh')}本人确认接班，您的答复未采纳",
                f"{name_of(incomer, 'en')} must confirm it; your answer was not taken")  # fmt: skip
