"""What a decider signs where it is not what was asked, what they are asked about afterwards, and what
is ordered ahead of their signature.

Who approves a measure may change it: other arguments, fewer hours, a narrower part of the road. What
they signed stands, whoever asks for more or less of it, up to the level at which they signed. At a
higher one, or where more is asked than they were asked about or somebody new asks for more than they
signed, they are asked anew (`put`), and until they answer it stands as they signed it.

`signed` of a measure is {"arguments", "begins", "ends", "level", "up_to", "by", "asked", "heard",
"covers"}: `up_to` the level to which it stands, `asked` the arguments that it was signed in place of;
`heard` {"by", "arguments", "begins", "ends"} all that they were asked about, and on whose behalf;
`covers` {"begins", "ends"} the hours that are no other measure's, since they cut them off.

What a district has put under `confirm-after` is ordered at once (`order_ahead`) and stands while its
decider is asked to confirm it or take it back.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from alerting.alerts.corrected import to_be_told
from alerting.alerts.hours import nearest
from alerting.alerts.joint import Hours, Joint, joined, moments, on, passed
from alerting.alerts.ledger import Ledger
from alerting.alerts.notices import Facts, tell_person
from alerting.alerts.orders import OPEN_WORK, ask_decider, describe, facts_of
from alerting.errors import BadInput
from alerting.rulebook.arguments import FROM, UNTIL
from alerting.store.rows import Row

TAKEN_BACK = timedelta(hours=24)  # so long nobody orders again ahead of them what they took back
RISEN = {"zh": "级别升高", "en": "The level rose"}
MORE = {"zh": "另有更严的要求", "en": "More is asked for"}


def order_ahead(ledger: Ledger, row: Row, at: datetime) -> bool:
    """Let a proposal go on ahead of its signature. False where it must wait for it: the district has
    not chosen so, or the like of it was refused or taken back within a day."""
    definition = ledger.life.measure(row.measure)
    if row.measure not in ledger.life.book.confirm_after or definition.signed_first is not None:
        return False
    if _taken_back(ledger, row, at):
        return False
    ledger.change(row, state="approved", ahead=at)
    ledger.record(at, "service", "order ahead", row.id, {"decider": row.decider})
    return True


def _taken_back(ledger: Ledger, row: Row, at: datetime) -> bool:
    """Whether a person said no to the like of it within a day, for a named day whenever that was. A new
    number, a higher level, that it came and went meanwhile: no reason to order it over their head."""
    return any(row.day is not None or at - one.ended <= TAKEN_BACK for one in ledger.said_no(row))


def confirm(ledger: Ledger, row: Row, by: str, at: datetime) -> None:
    """They have signed what was ordered ahead of them."""
    ledger.record(at, by, "confirm", row.id, {"ahead": row.ahead.isoformat()})
    ledger.change(row, decided_by=by)


def sign(ledger: Ledger, row: Row, given: dict[str, Any], by: str, at: datetime) -> None:
    """`given` in place of the arguments that were put, or of what they signed before; they must be
    whole. Raises BadInput for hours that do not meet those, have passed, or begin what has begun."""
    put = _put(row)
    hours = _hours(ledger, row, put, given, at)
    signed = _parts(given, hours) | {
        "level": put["level"], "up_to": put["level"], "by": by, "asked": put["arguments"],
        "heard": _heard(ledger, row, put), "covers": {k: put[k] for k in ("begins", "ends")},
    }  # fmt: skip
    if row.signed is not None and row.put is None:  # they correct themselves: nothing new was asked
        signed |= {name: row.signed[name] for name in ("up_to", "asked", "covers")}
        signed["heard"] = row.signed["heard"] | {"by": signed["heard"]["by"]}
    ledger.change(row, signed=signed, put=None)
    ledger.record(at, by, "change at approval", row.id,
                  {"arguments": given, "was": put["arguments"]})  # fmt: skip


def as_signed(row: Row, asked: Joint) -> Joint:
    """What a measure is of which `asked` is what all who ask make of it."""
    if row.signed is None:
        return asked
    begins, ends = hours_signed(row)
    return Joint(row.signed["arguments"], min(asked.level, row.signed["level"]), begins, ends)


def hours_signed(row: Row) -> Hours:
    return moments(row.signed)


def is_theirs(row: Any, person: str) -> bool:
    """Whether it was this person who signed it, and it is still to be carried out: they may change it
    again."""
    return row.decided_by == person and row.state in ("approved", *OPEN_WORK)


def stands(row: Row, at: datetime) -> bool:
    """Whether its decider signed hours for it that are not over, whatever end is asked for."""
    return row.signed is not None and not is_over(row, at)


def is_over(row: Row, at: datetime) -> bool:
    """Whether the end that its decider signed has passed, whatever end is asked for."""
    if row.signed is None:
        return False
    _, ends = hours_signed(row)
    return ends is not None and ends <= at


def put_anew(ledger: Ledger, row: Row, asked: Joint, facts: Facts, at: datetime) -> None:
    """Ask its decider once more where the level has risen above what they signed for, or more is asked
    than they have heard; take the question back where that is no longer so."""
    if row.signed is None:
        return
    up_to = max(asked.level, row.signed["level"])
    if up_to < row.signed["up_to"]:  # what they kept at a level that is over they kept for that once
        ledger.change(row, signed={**row.signed, "up_to": up_to})
    why = _why_anew(ledger, row, asked, at)
    if to_be_told(row):
        said = row.corrects["reason"]
        why = {"zh": f"更正：{said}", "en": f"Corrected: {said}"}
        facts = facts.saying(by=row.corrects["by"])
    if why is None:
        take_question_back(ledger, row, "nobody asks for more than was signed", at)
        return
    put = _parts(asked.arguments, (asked.begins, asked.ends)) | {"level": asked.level}
    decider = ledger.post(row.decider)
    if decider is None or put == row.put:
        return
    ledger.change(row, put=put)
    ledger.record(at, "service", "ask the decider anew", row.id, {"arguments": asked.arguments})
    known = ledger.life.measure(row.measure)
    zh, en = (known.say(row.signed["arguments"], "zh") or row.title["zh"],
              known.say(row.signed["arguments"], "en") or row.title["en"])  # fmt: skip
    reason = {"zh": f"{why['zh']}，此前批准的“{zh}”继续执行，请重新决定，不同意即维持",
              "en": f"{why['en']}; what you signed ({en}) stands until you decide anew, and if you do"
                    " not agree"}  # fmt: skip
    changes = {"state": "proposed"} | {k: put[k] for k in ("arguments", "begins", "ends") if put[k]}
    ask_decider(ledger, row, decider, facts.saying(level=asked.level, reason=reason), at, put=changes)


def keep_as_signed(ledger: Ledger, row: Row, by: str, at: datetime, reason: str) -> None:
    """Asked anew, the decider stays with what they signed: it stands up to the higher level too. Who
    would have corrected it is told."""
    signed = {**row.signed, "up_to": max(row.put["level"], row.signed["up_to"]),
              "heard": _heard(ledger, row, row.put),
              "covers": {k: row.put[k] for k in ("begins", "ends")}}  # fmt: skip
    ledger.change(row, signed=signed, put=None)
    ledger.record(at, by, "keep as signed", row.id, {"reason": reason})
    if to_be_told(row):
        kept = {"zh": f"更正未获批准，仍按原批准执行{'：' if reason else ''}{reason}",
                "en": f"The correction is not signed; what was signed stands{': ' if reason else ''}"
                      f"{reason}"}  # fmt: skip
        known = describe(row, ledger.life.measure(row.measure))
        said = facts_of(ledger, row).saying(reason=kept, by=by, measures=(known,))
        tell_person(ledger, "refused", row.corrects["by"], said, at, row.id)
        drop_correction(ledger, row)


def stand_as_signed(ledger: Ledger, row: Row) -> None:
    """What its decider has approved stands as it is while they are asked about a correction."""
    if row.signed is None:
        stands_now = _parts(row.arguments, (row.begins, row.ends))
        ledger.change(row, signed=stands_now | {
            "level": row.level, "up_to": row.level, "by": row.decided_by, "asked": row.arguments,
            "heard": _heard(ledger, row, stands_now),
            "covers": {k: stands_now[k] for k in ("begins", "ends")},
        })  # fmt: skip


def drop_correction(ledger: Ledger, row: Row) -> None:
    """A correction that changes nothing, once its decider has spoken."""
    if to_be_told(row) and row.put is None:
        ledger.change(row, corrects=None)


def take_as_put(ledger: Ledger, row: Row, by: str, at: datetime) -> None:
    """They sign what they were asked anew: what all who ask make of it holds again."""
    ledger.record(at, by, "approved", row.id, {"arguments": row.put["arguments"]})
    ledger.change(row, signed=None, put=None)


def take_question_back(ledger: Ledger, row: Row, why: str, at: datetime) -> None:
    if row.put is not None:
        ledger.change(row, put=None)
        ledger.record(at, "service", "withdraw question", row.id, {"reason": why})


def keep_to(ledger: Ledger, row: Row, now: Joint, asked: Joint, by: str) -> None:
    """Of `asked`, which its decider has signed, `now` is this measure; other hours are another's."""
    hours = _parts(now.arguments, (now.begins, now.ends))
    whole = _parts(asked.arguments, (asked.begins, asked.ends))
    signed = row.signed or {"level": asked.level, "up_to": asked.level, "by": by,
                            "asked": asked.arguments, "heard": _heard(ledger, row, whole)}  # fmt: skip
    covers = {k: hours[k] for k in ("begins", "ends")}
    ledger.change(row, signed={**signed, **hours, "covers": covers})


def of_piece(row: Row, arguments: dict[str, Any], hours: Hours) -> dict[str, Any] | None:
    """What was signed of other hours of a measure; None where it is what all who ask make of it."""
    if row.signed is None:
        return None
    piece = _parts(arguments, hours)
    covers = {k: piece[k] for k in ("begins", "ends")}
    return {**row.signed, **piece, "heard": {**row.signed["heard"], **piece}, "covers": covers}


def _why_anew(
    ledger: Ledger, row: Row, asked: Joint, at: datetime
) -> dict[str, str] | None:
    """Why its decider is to be asked again; None where they have answered that already."""
    if asked.ends is not None and asked.ends <= at:
        return None
    if asked.level > row.signed["up_to"]:
        return RISEN
    declared, heard = ledger.life.measure(row.measure).arguments, row.signed["heard"]
    if asked.asks_more_than(Joint(heard["arguments"], asked.level, *moments(heard)), declared):
        return MORE
    new = [a for a in ledger.askers(row.id).values()
           if a.ended is None and not passed(a, at) and a.asker not in heard["by"]]  # fmt: skip
    if new and joined(declared, new, row, at, ledger.life.zone).asks_more_than(
        as_signed(row, asked), declared
    ):
        return MORE
    return None


def _heard(ledger: Ledger, row: Row, put: dict[str, Any]) -> dict[str, Any]:
    """What they were asked about, and for whom."""
    by = sorted(a.asker for a in ledger.askers(row.id).values() if a.ended is None)
    return {"by": by} | {k: put[k] for k in ("arguments", "begins", "ends")}


def _parts(arguments: dict[str, Any], hours: Hours) -> dict[str, Any]:
    return {"arguments": arguments, "begins": _text(hours[0]), "ends": _text(hours[1])}


def _put(row: Row) -> dict[str, Any]:
    """What is before the decider now."""
    if row.put is not None:
        return dict(row.put)
    return _parts(row.arguments, (row.begins, row.ends)) | {"level": row.level}


def put_arguments(row: Any) -> dict[str, Any]:
    """The arguments that are before the decider now."""
    return dict((row.put or {}).get("arguments") or row.arguments)


def _hours(
    ledger: Ledger, row: Row, put: dict[str, Any], given: dict[str, Any], at: datetime
) -> Hours:
    """The hours that are signed: those that were put, but for a clock that was changed. It means the
    hour within them or nearest to them; one that lies before they begin, or is over, is a slip."""
    (begins, ends), zone = moments(put), ledger.life.zone
    first, until = at if begins is None else max(at, begins), ends
    earlier, later = (given.get(name) != put["arguments"].get(name) for name in (FROM, UNTIL))
    if earlier and on(row, at):
        raise BadInput("it holds already: its beginning cannot be changed",
                       zh="措施已在执行，开始时间不能再改")  # fmt: skip
    start = begins
    if earlier:
        start = nearest(given[FROM], first, ends, zone) if FROM in given else None
    if later:
        until = nearest(given[UNTIL], first, ends, zone) if UNTIL in given else None
    ended = until is not None and until <= max(first, start or first)
    apart = start is not None and ends is not None and start >= ends
    if (earlier or later) and (ended or apart):
        zh, en = _said(ledger, begins, ends)
        raise BadInput(f"the hours must meet those that were put, {en}, and not be over",
                       zh=f"时段须与提请的相接且尚未过去（提请的是{zh}）")  # fmt: skip
    return start, until


def _said(ledger: Ledger, begins: datetime | None, ends: datetime | None) -> tuple[str, str]:
    """Hours, in Chinese and in English."""
    start, end = (None if one is None else ledger.life.local(one) for one in (begins, ends))
    zh = f"{f'{start:%-d日%H:%M}' if start else '即时'}至{f'{end:%-d日%H:%M}' if end else '解除'}"
    en = f"{f'{start:%-d %H:%M}' if start else 'now'} to {f'{end:%-d %H:%M}' if end else 'its lifting'}"
    return zh, en


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
