"""Of a road that opens everyone is told who was told that it was shut, and what still holds there.

Who heard that a road is closed and nothing more will not drive on it for days.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from alerting.alerts.ledger import Ledger
from alerting.alerts.notices import Facts, levels_told, posts_told, tell
from alerting.alerts.orders import describe
from alerting.store.rows import Row

SHUTS = ("closes", "holds")  # what measures do to a road, and which ends when it opens


def tell_open(
    ledger: Ledger, row: Row, known: dict[str, Any], facts: Facts, at: datetime
) -> None:
    """`known` is the measure that has ended, as its readers know it."""
    said = facts.saying(place=row.object, measures=(known,), due=None, stands=still_shut(ledger, row))
    for post_id in sorted(told_of(ledger, row, at)):
        post = ledger.post(post_id)
        if post is not None:
            tell(ledger, "reopened", post, said, at, measure=row.id,
                 alert=ledger.alert_of(row.id, facts.rule))  # fmt: skip


def still_shut(ledger: Ledger, row: Row) -> tuple[dict[str, Any], ...]:
    """What still shuts the road there or holds vehicles, as its readers know it."""
    life = ledger.life
    names = {name for name, one in life.book.measures.items() if one.road in SHUTS}
    return tuple(describe(other, life.measure(other.measure)) for other in ledger.open_of(names)
                 if other.object == row.object and other.issued is not None)  # fmt: skip


def told_of(ledger: Ledger, row: Row, at: datetime) -> set[str]:
    """The posts that heard of a measure: by its own notices, or by those of the alerts that asked for
    it. Who hears at this same moment that such an alert is over hears of its measures with that."""
    told = {row.carrier, *posts_told(ledger, "measure", row.id)}
    for key in ledger.askers(row.id):
        held = ledger.alert(key)
        if held is not None and held.closed != at:
            told |= levels_told(ledger, key).keys()
    return told
