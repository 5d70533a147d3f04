"""Who asks for a measure: since when, for which hours, for which day, and whether anew."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from alerting.alerts.hours import hours_of, struck_since
from alerting.alerts.joint import passed
from alerting.alerts.ledger import Ledger
from alerting.alerts.notices import Facts
from alerting.rulebook.arguments import UNTIL
from alerting.store.rows import Row


def note_asker(
    ledger: Ledger, row: Row, arguments: dict[str, Any], facts: Facts, by: str, at: datetime
) -> bool:
    """Who asks, at which level, and for which hours. False where that is known already."""
    known, level = ledger.askers(row.id).get(by), facts.level
    begins, ends = hours_of(arguments, at, ledger.life.zone)
    if known is None:
        ledger.add_asker(row.id, by, level=level, arguments=arguments, since=at, begins=begins,
                         ends=ends, ended=None)  # fmt: skip
        return True
    same = known.ended is None and known.arguments == arguments
    if same and known.level == level:
        return False
    # The hours are those it asked for first, until it asks again after them.
    if not same or (level > known.level and passed(known, at)):
        ledger.change(known, begins=begins, ends=ends)
    ledger.change(known, level=level, arguments=arguments, ended=None)
    return True


def day_meant(ledger: Ledger, last: Row | None, at: datetime) -> str:
    """The day that is meant where nobody names one."""
    kept = last.day if last is not None and last.ended is None else None
    if kept is not None and kept >= ledger.life.day_not_over(at):
        return str(kept)
    return ledger.life.day_ahead(at)


def done_by_another(ledger: Ledger, row: Row) -> bool:
    successor = ledger.measure(row.successor) if row.state == "superseded" else None
    return successor is not None and successor.ended is None


def asks_again(ledger: Ledger, row: Row, one: Row, at: datetime) -> dict[str, Any] | None:
    """What an open alert asks of a measure anew, if its rule is decided at hours of its own and one
    has struck since the end that it asked for; None otherwise."""
    held = ledger.alert(one.asker)
    rule = ledger.life.book.rules_by_id.get(held.rule) if held is not None else None
    if held is None or rule is None or held.state != "open":
        return None
    if not struck_since(rule.decide, one.ends, at, ledger.life.zone):
        return None
    wanted = [ask for ask in rule.asks_at(held.level) if ask.measure == row.measure]
    return dict(wanted[0].arguments) if wanted and UNTIL in wanted[0].arguments else None
