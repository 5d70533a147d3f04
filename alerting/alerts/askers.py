"""Who asks for a measure: since when, for which hours, for which day; and which open measure it is."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime
from typing import Any

from alerting.alerts.joint import Hours, is_for, passed
from alerting.alerts.ledger import Ledger
from alerting.alerts.orders import LOOKED_AT, NOT_ISSUED
from alerting.store.rows import Row


def note_asker(
    ledger: Ledger, row: Row, arguments: dict[str, Any], level: int, hours: Hours, by: str, at: datetime
) -> bool:
    """Who asks, at which level, and for which hours. False where that is known already."""
    known = ledger.askers(row.id).get(by)
    if known is None:
        ledger.add_asker(row.id, by, level=level, arguments=arguments, since=at, begins=hours[0],
                         ends=hours[1], ended=None)  # fmt: skip
        return True
    same = known.ended is None and known.arguments == arguments
    if same and known.level == level:
        return False
    over = known.ended is None and passed(known, at)
    if not same and (not over or hours[1] is None):  # hours that are over stay so
        ledger.change(known, begins=hours[0], ends=hours[1])
    ledger.change(known, level=level, arguments=arguments, ended=None)
    return True


def open_for(
    ledger: Ledger, name: str, object_id: str, carrier: str, day: str | None, hours: Hours, by: str,
    at: datetime, but: Set[str],
) -> Row | None:
    """The open measure of this key that is for this day and whose hours these meet: of several the one
    that `by` asks for already, else that of these very hours, else the first.

    Of hours that `by` asked for and that are over it asks anew. What somebody is to look at is not
    taken up again for an hour more, at whose end no clock may open it: the look is owed. Without hours
    there is one at most, whatever its state. Those in `but` are meant no more.
    """  # fmt: skip
    of_day = [row for row in ledger.open_here(name, object_id, carrier)
              if row.day == day and row.id not in but]  # fmt: skip
    found = [
        row for row in of_day if is_for(row, hours, at) and not _is_over(ledger, row, by, at)
        and not (row.state in LOOKED_AT and by.startswith("person:") and hours[1] is not None)
    ]  # fmt: skip
    if hours == (None, None):
        found = found or [row for row in of_day if not row.timed]
    return min(found, default=None, key=lambda row: (
        not _asks(ledger, row, by), (row.begins, row.ends) != hours, row.state in NOT_ISSUED,
        row.begins or at, row.number))  # fmt: skip


def done_by_another(
    ledger: Ledger, name: str, object_id: str, carrier: str, hours: Hours, by: str, at: datetime
) -> Row | None:
    """The measure of this key for these hours whose work another does meanwhile."""
    doing = [new for new, olds in ledger.life.book.successors if name in olds]
    for successor in (s for new in doing for s in ledger.open_at(new, object_id)):
        for row in ledger.superseded_by(successor.id):
            ours = (row.measure, row.carrier) == (name, carrier) and is_for(row, hours, at)
            if ours and not _is_over(ledger, row, by, at):
                return row
    return None


def replaced(ledger: Ledger, row: Row) -> bool:
    """Whether another does the work of a measure now."""
    successor = ledger.measure(row.successor) if row.state == "superseded" else None
    return successor is not None and successor.ended is None


def day_meant(ledger: Ledger, name: str, object_id: str, carrier: str, at: datetime) -> str:
    """The day that is meant where nobody names one: of those that are asked for already the first,
    up to the next morning's; else that."""
    ahead, today = ledger.life.day_ahead(at), ledger.life.day_not_over(at)
    days = {row.day for row in ledger.open_here(name, object_id, carrier) if row.day is not None}
    return min((day for day in days if today <= day <= ahead), default=ahead)


def _asks(ledger: Ledger, row: Row, by: str) -> bool:
    known = ledger.askers(row.id).get(by)
    return known is not None and known.ended is None


def _is_over(ledger: Ledger, row: Row, by: str, at: datetime) -> bool:
    return _asks(ledger, row, by) and passed(ledger.askers(row.id)[by], at)
