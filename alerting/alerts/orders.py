"""One measure on its way: ordered from its carrier, put to its decider, moved on from a known state.

Each move is guarded by the state it starts from, so that of two answers at once one wins and the
other is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from alerting.alerts.ledger import Ledger
from alerting.alerts.life import Life
from alerting.alerts.notices import Facts, facts_of_alert, tell
from alerting.people import Post
from alerting.store.rows import Row
from alerting.store.schema import response

OPEN_WORK = ("issued", "acknowledged", "in force")
NOT_ISSUED = ("proposed", "approved")
LOOKED_AT = ("lift proposed", "attested")  # stands, whatever its end, until somebody has looked


def unconfirmed(row: Any) -> bool:
    """Whether it was ordered ahead of a signature that nobody has given yet."""
    return row.ahead is not None and row.decided_by is None and row.ended is None


def undecided(row: Any) -> bool:
    """Whether something about it is before its decider: a proposal, a rise, an order to confirm."""
    return row.ended is None and (
        row.state == "proposed" or row.put is not None or unconfirmed(row)
    )


def issue(ledger: Ledger, row: Row, facts: Facts, at: datetime, kind: str = "order") -> None:
    """Order it from its carrier, who must acknowledge and then report it in force."""
    definition = ledger.life.measure(row.measure)
    due = definition.due(at, ledger.life.zone, ledger.life.policies.in_force_minutes)
    if row.begins is not None and row.begins > at:  # a ban from 20:00 on is in force at 20:00
        due = row.begins
    # What is in force already and only rises stays in force; it is acknowledged anew.
    state = "in force" if kind == "raise" and row.state == "in force" else "issued"
    ledger.change(row, state=state, issued=row.issued or at, due=due, overdue=None, cannot=None,
                  acknowledged=None, waits=None)  # fmt: skip
    ledger.record(at, "service", "issue measure", row.id, {"due": due.isoformat(), "kind": kind})
    tell_carrier(ledger, row, kind, facts, at, wants="acknowledge", due=due)
    ask_to_confirm(ledger, row, facts, at)


def ask_to_confirm(ledger: Ledger, row: Row, facts: Facts, at: datetime) -> None:
    """What was ordered ahead of its signature is put to its decider, as it stands now: by no time of
    its own, since the order stands meanwhile. Nothing, where it was not or they have signed."""
    decider = ledger.post(row.decider)
    if not unconfirmed(row) or decider is None:
        return
    definition = ledger.life.measure(row.measure)
    tell(ledger, "confirm", decider,
         facts.saying(place=row.object, measures=(describe(row, definition),), due=None), at,
         alert=ledger.alert_of(row.id, facts.rule), measure=row.id, wants="confirm")  # fmt: skip


def ask_decider(
    ledger: Ledger, row: Row, decider: Post, facts: Facts, at: datetime,
    put: dict[str, Any] | None = None,
) -> None:
    """The decider is told what, where, and by when it must be decided: when it begins, or the onset,
    less the muster time. `put`: what is asked of them in place of the measure as it stands."""
    definition = ledger.life.measure(row.measure)
    by, begins = None, row.begins or facts.onset
    if begins is not None:
        by = max(at, begins - timedelta(minutes=definition.muster_minutes))
    tell(ledger, "decide", decider,
         facts.saying(measures=(describe(row, definition) | (put or {}),), due=by), at,
         alert=ledger.alert_of(row.id), measure=row.id, wants="decision")  # fmt: skip


def ask_check(ledger: Ledger, row: Row, facts: Facts, at: datetime) -> None:
    """Its lifter is to look before it is lifted; until they have, it stands."""
    ledger.change(row, state="lift proposed")
    ledger.record(at, "service", "propose lift", row.id, {})
    to = ledger.post(row.lifter) or ledger.post(row.carrier)
    if to is not None:
        tell(ledger, "check", to, facts, at, measure=row.id, wants="check",
             alert=ledger.alert_of(row.id))  # fmt: skip


def ask_four(ledger: Ledger, row: Row, facts: Facts, at: datetime) -> None:
    """Its carrier is to attest what the gate asks before it may be lifted."""
    tell_carrier(ledger, row, "ask", facts.saying(due=None), at, wants="gate")


def tell_carrier(
    ledger: Ledger,
    row: Row,
    kind: str,
    facts: Facts,
    at: datetime,
    wants: str = "",
    due: datetime | None = None,
) -> None:
    carrier = ledger.post(row.carrier)
    if carrier is None:
        return
    definition = ledger.life.measure(row.measure)
    said = facts.saying(place=row.object, measures=(describe(row, definition),),
                        due=due or facts.due)  # fmt: skip
    tell(ledger, kind, carrier, said, at,
         alert=ledger.alert_of(row.id, facts.rule), measure=row.id, wants=wants)  # fmt: skip


def move(
    ledger: Ledger,
    row: Row | None,
    come_from: tuple[str, ...],
    to: str,
    by: str,
    at: datetime,
    **values: Any,
) -> bool:
    """False, and nothing moves, where the measure is in none of the states it may come from."""
    if row is None or row.state not in come_from:
        return False
    ledger.change(row, state=to, **values)
    ledger.record(at, by, to, row.id, {})
    return True


def end(
    ledger: Ledger,
    row: Row | None,
    come_from: tuple[str, ...],
    how: str,
    by: str,
    at: datetime,
    reason: str,
) -> bool:
    if row is None or row.state not in come_from:
        return False
    ledger.change(row, state=how, ended=at, end_reason=reason, waits=None)
    ledger.record(at, by, how, row.id, {"reason": reason})
    return True


def gated(life: Life, row: Any) -> bool:
    """Whether a measure lifts through the production gate alone: the book says so now, or did when it
    was asked for. A halt does not lose its gate because a file changed."""
    return life.measure(row.measure).gate or bool(row.gate)


def title_of(book: Any, name: str, kept: Mapping[str, str] | None) -> dict[str, str]:
    """What a measure is called: in the book, or, once it has left it, as it was when it was asked for
    (`kept`); its key where even that is not known."""
    definition = book.measures.get(name)
    return dict(definition.title) if definition else dict(kept or {"zh": name, "en": name})


def describe(row: Row, definition: Any) -> dict[str, Any]:
    """A measure as notices carry it."""
    return {
        "id": row.id,
        "measure": row.measure,
        "title": row.title,
        "arguments": row.arguments,
        "day": row.day,
        "object": row.object,
        "state": row.state,
        "ahead": unconfirmed(row),
        "form": definition.form,
    } | {name: at.isoformat() for name in ("begins", "ends") if (at := getattr(row, name))}


def facts_of(ledger: Ledger, row: Row) -> Facts:
    """The facts of a measure where no alert is at hand to give them."""
    alert_id = ledger.alert_of(row.id)
    held = facts_of_alert(ledger, alert_id) if alert_id else None
    if held is not None:
        return held.saying(place=row.object, level=row.level)
    return Facts(ledger.life.measure(row.measure).sector, "", row.object, row.level,
                 response=_response(ledger, row))  # fmt: skip


def _response(ledger: Ledger, row: Row) -> dict[str, str]:
    """What the response is called that asks for a measure; {} where none does."""
    asking = sorted(by for by, one in ledger.askers(row.id).items() if one.ended is None)
    return next((title for by in asking if (title := response_titled(ledger, by))), {})


def response_titled(ledger: Ledger, asker: str) -> dict[str, str]:
    """What a response is called, by its key among those who ask; {} for any other asker."""
    if not asker.startswith("response:"):
        return {}
    title = select(response.c.title).where(response.c.id == asker.removeprefix("response:"))
    return dict(ledger.connection.execute(title).scalar_one_or_none() or {})


def response_post(ledger: Ledger, asker: str) -> str | None:
    """The post that decides on a response, by its key among those who ask; None for any other asker."""
    if not asker.startswith("response:"):
        return None
    decider = select(response.c.decider).where(response.c.id == asker.removeprefix("response:"))
    return ledger.connection.execute(decider).scalar_one_or_none()
