"""What must be in force first (`needs-first`): which measures wait for which, and until when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from alerting.alerts.hours import hours_of
from alerting.alerts.joint import Hours
from alerting.alerts.ledger import Ledger
from alerting.alerts.notices import tell
from alerting.alerts.orders import describe, facts_of
from alerting.rulebook.arguments import FROM, UNTIL, implied
from alerting.rulebook.measures import Ask
from alerting.store.rows import Row


def needed_by(ledger: Ledger, row: Row, name: str) -> list[Row]:
    """What was ever asked for under this name on behalf of a measure, the newest of each key."""
    rows = [r for r in ledger.ever_asked_by(row.id) if r.measure == name]
    newest = {(r.object, r.carrier): r for r in sorted(rows, key=lambda r: r.number)}
    return list(newest.values())


def given_first(
    ledger: Ledger, row: Row, first: Ask, at: datetime
) -> tuple[dict[str, Any], Hours]:
    """What is asked of a measure on behalf of one that needs it first: what that one was given, in its
    hours, but for what it is told to ask."""
    declared = ledger.life.measure(first.measure).arguments
    given = implied(declared, row.arguments) | first.arguments
    if {FROM, UNTIL} & set(first.arguments):
        return given, hours_of(given, at, ledger.life.zone)
    return given, (row.begins if FROM in declared else None, row.ends if UNTIL in declared else None)


def waiting_for(ledger: Ledger, row: Row) -> list[Row]:
    """The measures that are approved and wait for this one to be in force."""
    found = []
    for key in sorted(ledger.askers(row.id)):
        held = ledger.measure(key)
        if held is not None and held.state == "approved" and _is_waiting(ledger, held, row.measure):
            found.append(held)
    return found


def _is_waiting(ledger: Ledger, held: Row, name: str) -> bool:
    return name in ledger.life.measure(held.measure).needed_names and (
        held.waits is not None and held.waits["why"] == "first"
    )


def wait_is_over(ledger: Ledger, row: Row, at: datetime) -> None:
    """The duty office is asked, once, whether to go on without what should be in force first."""
    if row.overdue is not None:
        return
    ledger.change(row, overdue=at)
    ledger.record(at, "service", "overdue", row.id, {})
    office = ledger.resolve("duty-office", "", row.object)
    if office is None:
        return
    told = row.waits["for"] if row.waits else []
    names = {one: "、".join(w["title"][one] for w in told) if one == "zh"
             else ", ".join(w["title"][one] for w in told) for one in ("zh", "en")}  # fmt: skip
    reason = {"zh": f"须先落实{names['zh']}，至今未落实",
              "en": f"{names['en']} must be in force first and is not"}  # fmt: skip
    said = facts_of(ledger, row).saying(
        measures=(describe(row, ledger.life.measure(row.measure)),), reason=reason, due=None
    )
    tell(ledger, "ask", office, said, at, alert=ledger.alert_of(row.id), measure=row.id,
         wants="wait")  # fmt: skip
