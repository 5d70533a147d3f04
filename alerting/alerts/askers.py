"""Who asks for a measure: since when, for which hours, for which day; and which open measure it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from alerting.alerts.joint import Hours, meets, passed
from alerting.alerts.ledger import Ledger
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
    if not same and not (known.ended is None and passed(known, at)):  # hours that are over stay so
        ledger.change(known, begins=hours[0], ends=hours[1])
    ledger.change(known, level=level, arguments=arguments, ended=None)
    return True


def open_for(
    ledger: Ledger, name: str, object_id: str, carrier: str, day: str | None, hours: Hours, at: datetime
) -> Row | None:
    """The open measure of this key that is for this day and whose hours these meet; of several the
    one that begins first."""
    found = [row for row in ledger.open_here(name, object_id, carrier)
             if row.day == day and meets(row, hours, at)]  # fmt: skip
    return min(found, key=lambda r: (r.begins is not None, r.begins or at, r.number), default=None)


def done_by_another(
    ledger: Ledger, name: str, object_id: str, carrier: str, hours: Hours, at: datetime
) -> Row | None:
    """The measure of this key for these hours whose work another does meanwhile."""
    doing = [new for new, olds in ledger.life.book.successors if name in olds]
    for successor in (s for new in doing for s in ledger.open_at(new, object_id)):
        for row in ledger.superseded_by(successor.id):
            if (row.measure, row.carrier) == (name, carrier) and meets(row, hours, at):
                return row
    return None


def day_meant(ledger: Ledger, name: str, object_id: str, carrier: str, at: datetime) -> str:
    """The day that is meant where nobody names one: of those that are asked for already the first,
    up to the next morning's; else that."""
    ahead, today = ledger.life.day_ahead(at), ledger.life.day_not_over(at)
    days = {row.day for row in ledger.open_here(name, object_id, carrier) if row.day is not None}
    return min((day for day in days if today <= day <= ahead), default=ahead)
