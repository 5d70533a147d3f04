"""What becomes of a measure when the end comes that it was asked for until.

Who named an end by hand asks no longer than that; an alert or a response asks for as long as it is
open. Where nobody asks any more the measure has expired. Where somebody does it stands, and its lifter
is asked to look: nothing that an alert still asks for ends by the clock alone.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_

from alerting.alerts.asking import expire
from alerting.alerts.ledger import Ledger
from alerting.alerts.life import Life
from alerting.alerts.orders import NOT_ISSUED, OPEN_WORK, ask_check, describe, facts_of
from alerting.rulebook.arguments import UNTIL
from alerting.store.schema import measure


def has_end(realm: str) -> ColumnElement[bool]:
    """Condition on measures: open, and asked for until some moment."""
    return and_(
        measure.c.realm == realm, measure.c.ended.is_(None), measure.c.ends.is_not(None)
    )


def end_comes(connection: Connection, life: Life, measure_id: str, at: datetime) -> bool:
    with Ledger(connection, life) as ledger:
        row = ledger.measure(measure_id)
        if row is None or row.ended is not None or row.ends is None or row.ends > at:
            return False
        for asking in ledger.askers(row.id).values():
            if asking.asker.startswith("person:") and UNTIL in asking.arguments:
                ledger.change(asking, ended=asking.ended or at)
        asked = any(a.ended is None for a in ledger.askers(row.id).values())
        facts = facts_of(ledger, row)
        if not asked or row.state in NOT_ISSUED:  # what nobody has signed is not in force
            expire(ledger, row, facts, at)
            return True
        ends = ledger.life.local(row.ends)
        reason = {"zh": f"原定{ends:%H:%M}截止，仍有风险提示要求，检查后才解除",
                  "en": f"It was until {ends:%H:%M}; an advisory still asks for it, so that it"
                        " stands until you have looked"}  # fmt: skip
        ledger.record(at, "service", "end passed", row.id, {"ends": row.ends.isoformat()})
        ledger.change(row, ends=None)
        if row.state in OPEN_WORK:
            said = facts.saying(reason=reason, place=row.object, due=None,
                                measures=(describe(row, life.measure(row.measure)),))  # fmt: skip
            ask_check(ledger, row, said, at)
        return True
