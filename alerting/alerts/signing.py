"""What a decider signs where it is not what was asked, what they are asked about afterwards, and what
is ordered ahead of their signature.

Who approves a measure may change it: other arguments, fewer hours, a narrower part of the road. What
they signed stands, whoever asks for more or less of it, up to the level at which they signed. At a
higher one they are asked anew (`put`), and until they answer it stands as they signed it.

`signed` of a measure is {"arguments", "begins", "ends", "level", "up_to", "by", "asked"}: `up_to` the
level to which it stands, `asked` the arguments that it was signed in place of.

What a district has put under `confirm-after` is ordered at once (`order_ahead`) and stands while its
decider is asked to confirm it or take it back.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from alerting.alerts.corrected import to_be_told
from alerting.alerts.hours import hours_of
from alerting.alerts.joint import Hours, Joint
from alerting.alerts.ledger import Ledger
from alerting.alerts.notices import Facts, tell_person
from alerting.alerts.orders import ask_decider, describe, facts_of
from alerting.rulebook.arguments import FROM, UNTIL
from alerting.store.rows import Row

TAKEN_BACK = timedelta(hours=24)  # so long nobody orders again ahead of them what they took back


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
    """Whether a person said no to the measure before this one: a new number, or a higher level, is no
    reason to order it over their head."""
    before = ledger.before(row)
    if before is None or before.day != row.day:
        return False
    if before.ended is None or at - before.ended > TAKEN_BACK:
        return False
    return before.state == "refused" or (before.state == "withdrawn" and before.issued is not None)


def confirm(ledger: Ledger, row: Row, by: str, at: datetime) -> None:
    """They have signed what was ordered ahead of them."""
    ledger.record(at, by, "confirm", row.id, {"ahead": row.ahead.isoformat()})
    ledger.change(row, decided_by=by)


def sign(ledger: Ledger, row: Row, given: dict[str, Any], by: str, at: datetime) -> None:
    """`given` in place of the arguments that were put; they must be whole."""
    put = _put(row)
    begins, ends = _hours(ledger, put, given, at)
    signed = {
        "arguments": given, "begins": _text(begins), "ends": _text(ends), "level": put["level"],
        "up_to": put["level"], "by": by, "asked": put["arguments"],
    }  # fmt: skip
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
    begins, ends = (datetime.fromisoformat(row.signed[k]) if row.signed[k] else None
                    for k in ("begins", "ends"))  # fmt: skip
    return begins, ends


def is_over(row: Row, at: datetime) -> bool:
    """Whether the end that its decider signed has passed, whatever end is asked for."""
    if row.signed is None:
        return False
    _, ends = hours_signed(row)
    return ends is not None and ends <= at


def put_anew(ledger: Ledger, row: Row, asked: Joint, facts: Facts, at: datetime) -> None:
    """Ask its decider once more where the level has risen above what they signed for; take the question
    back where it has fallen again."""
    if row.signed is None:
        return
    corrected = to_be_told(row)
    if asked.level <= row.signed["up_to"] and not corrected:
        if row.put is not None:
            ledger.change(row, put=None)
            ledger.record(at, "service", "withdraw question", row.id, {"reason": "the level fell"})
        return
    put = {"arguments": asked.arguments, "begins": _text(asked.begins), "ends": _text(asked.ends),
           "level": asked.level}  # fmt: skip
    decider = ledger.post(row.decider)
    if decider is None or put == row.put:
        return
    ledger.change(row, put=put)
    ledger.record(at, "service", "ask the decider anew", row.id, {"arguments": asked.arguments})
    reason = {"zh": "级别升高，此前批准的继续执行，请重新决定",
              "en": "The level rose; what you signed stands until you decide anew"}  # fmt: skip
    if corrected:
        why = row.corrects["reason"]
        reason = {"zh": f"更正：{why}。此前批准的继续执行，请重新决定",
                  "en": f"Corrected: {why}. What you signed stands until you decide anew"}  # fmt: skip
        facts = facts.saying(by=row.corrects["by"])
    changes = {k: put[k] for k in ("arguments", "begins", "ends") if put[k] is not None}
    ask_decider(ledger, row, decider, facts.saying(level=asked.level, reason=reason), at, put=changes)


def keep_as_signed(ledger: Ledger, row: Row, by: str, at: datetime, reason: str) -> None:
    """Asked anew, the decider stays with what they signed: it stands up to the higher level too. Who
    would have corrected it is told."""
    up_to = max(row.signed["up_to"], row.put["level"])
    ledger.change(row, signed={**row.signed, "up_to": up_to}, put=None)
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
        signed = {"arguments": row.arguments, "begins": _text(row.begins), "ends": _text(row.ends),
                  "level": row.level, "up_to": row.level, "by": row.decided_by,
                  "asked": row.arguments}  # fmt: skip
        ledger.change(row, signed=signed)


def drop_correction(ledger: Ledger, row: Row) -> None:
    """A correction that changes nothing, once its decider has spoken."""
    if to_be_told(row) and row.put is None:
        ledger.change(row, corrects=None)


def take_as_put(ledger: Ledger, row: Row, by: str, at: datetime) -> None:
    """They sign what they were asked anew: what all who ask make of it holds again."""
    ledger.record(at, by, "approved", row.id, {"arguments": row.put["arguments"]})
    ledger.change(row, signed=None, put=None)


def _put(row: Row) -> dict[str, Any]:
    """What is before the decider now."""
    if row.put is not None:
        return dict(row.put)
    return {"arguments": row.arguments, "level": row.level, "begins": _text(row.begins),
            "ends": _text(row.ends)}  # fmt: skip


def put_arguments(row: Any) -> dict[str, Any]:
    """The arguments that are before the decider now."""
    return dict((row.put or {}).get("arguments") or row.arguments)


def _hours(ledger: Ledger, put: dict[str, Any], given: dict[str, Any], at: datetime) -> Hours:
    """The hours that are signed: those that were put, but for a clock that was changed."""
    begins, ends = (datetime.fromisoformat(put[k]) if put[k] else None for k in ("begins", "ends"))
    if all(given.get(name) == put["arguments"].get(name) for name in (FROM, UNTIL)):
        return begins, ends
    near = at if begins is None else max(at, begins - timedelta(hours=12))
    return hours_of(given, near, ledger.life.zone)


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
