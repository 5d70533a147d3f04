"""What is said about hand-overs, in both languages; of which post and shift stands before it, in the
message's heading. Times are local hours and minutes of the county."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from alerting.alerts.life import Life
from alerting.chase.words import Words, both, clock, name_of
from alerting.people import Person


class Hands(NamedTuple):
    """Who is to come, and who stays until then; None for nobody."""

    incomer: Person | None
    outgoer: Person | None


def asked(stage: str, outgoer: Person | None, round_: int, counted: Words) -> Words:
    """To the incomer, at a stage of the table handover; `counted` says what is open."""
    zh, en = {
        "ahead": ("请确认接班", "Confirm that you take over"),
        "turn": ("已到时间，请确认接班", "It is time: confirm that you take over"),
        "alone": ("现由您值班，请确认接班", "You are on duty now: confirm that you take over"),
    }[stage]
    if outgoer is not None:
        zh += f"，此前仍由{outgoer.called('zh')}值班"
        en += f"; until then {outgoer.called('en')} stays on duty"
    if round_ > 0:
        zh, en = f"第{round_ + 1}次呼叫，{zh}", f"Call {round_ + 1}. {en}"
    return both(f"{zh}。{counted['zh']}", f"{en}. {counted['en'].capitalize()}")


def taken(life: Life, row: Any, at: datetime) -> Words:
    """To the incomer who has confirmed."""
    if row.due > at:
        local = life.local(row.due)
        return both(f"已确认，{local.day}日{local:%H:%M}起由您值班",
                    f"Confirmed: you are on duty from {local:%H:%M} on {local.day} {local:%b}")
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
    life: Life, row: Any, incomer: Person | None, by: Person, reason: str, at: datetime
) -> Words:
    """To whoever is relieved; to the incomer too, where somebody did it for them."""
    name, now = both(name_of(incomer, "zh"), name_of(incomer, "en")), clock(life, at)
    if row.due > at:
        zh, en = f"{name['zh']}到时接班", f"{name['en']} takes over then"
    else:
        zh, en = f"{now}由{name['zh']}接班", f"{name['en']} took over at {now}"
    if by.id == row.incomer:
        return both(f"{zh}（本人已确认）", f"{en} (they confirmed)")
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
    return both(f"{said['zh']}，{zh}。请在值班表换人或代为交接",
                f"{said['en']}; {en}. Change the roster, or hand over by hand")  # fmt: skip


def moved_on() -> Words:
    return both("值班表已变动，不必再由您接班",
                "The roster has moved on: you need not take over any more")  # fmt: skip


def not_theirs(incomer: Person | None) -> Words:
    return both(f"须由{name_of(incomer, 'zh')}本人确认接班，您的答复未采纳",
                f"{name_of(incomer, 'en')} must confirm it; your answer was not taken")  # fmt: skip
