"""What must hold at the end of every seed: by the tables, the provider's record, and the run of the same
signals that nothing disturbed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alerting import audit
from alerting.store.schema import alert, answer, delivery, measure, notice, pursuit, signal
from alerting.store.schema import audit as audit_table
from alerting.store.schema import realm as realm_table
from tests.laws.witness import Witness
from tests.simulation.world import World

End = dict[str, dict[Any, Any]]


def end_of(world: World) -> End:
    """What counts of the end, by what it is of: nothing of times, of numbers given in the order of the
    calls, or of the service's own troubles."""
    alerts = {a.id: (a.state, a.level, a.peak, a.kept_by) for a in world.rows(alert) if a.sector != "service"}
    measures = {
        m.id: (m.state, m.level, m.arguments, m.decided_by, m.carrier, m.decider, m.waits, m.end_reason,
               m.cannot is not None)
        for m in world.rows(measure)
    }  # fmt: skip
    answers = {a.id: (a.person, a.act, a.measure, a.outcome) for a in world.rows(answer)}
    asked: dict[Any, Any] = {}
    for p in world.rows(pursuit):
        if p.alert is None or p.alert in alerts:
            asked.setdefault((p.alert, p.measure, p.wants, p.post), []).append((p.state, p.answered_by))
    return {"alerts": alerts, "measures": measures, "answers": answers, "questions": asked}


def broken(world: World) -> Iterator[str]:
    """What does not hold, in words."""
    for law in (_taken, _chained, _witnessed, _accounted):
        for wrong in law(world):
            yield f"{law.__name__.strip('_')}: {wrong}"


def differences(calm: End, disturbed: End) -> Iterator[str]:
    """Where a disturbed run ends otherwise than that of the same signals that nothing disturbed."""
    for what, wanted in calm.items():
        found = disturbed[what]
        for key in sorted(wanted.keys() | found.keys(), key=str):
            if wanted.get(key) != found.get(key):
                yield f"end: {what} {key}: undisturbed {wanted.get(key)}, here {found.get(key)}"


def _taken(world: World) -> Iterator[str]:
    """Every signal that is not lost is in the log once, and the engine has taken all."""
    outside, kept = world.outside, [s.id for s in world.rows(signal)]
    for one in world.plan.said:
        if one.fate == "lost" or one.number in outside.moot:
            continue
        if one.number not in outside.taken:
            yield f"{one} was never taken"
        elif kept.count(outside.ids[one.number]) != 1:
            yield f"{one} was taken, and is kept {kept.count(outside.ids[one.number])} times"
    newest = max((s.seq for s in world.rows(signal)), default=0)
    for realm in world.rows(realm_table, realm_table.c.id == "live"):
        if realm.taken != newest:
            yield f"the engine stands at {realm.taken}, the newest signal is {newest}"
    for entry in world.rows(audit_table, audit_table.c.action == "set aside"):
        yield f"{entry.subject} was set aside: {entry.change}"


def _chained(world: World) -> Iterator[str]:
    with world.engine.connect() as connection:
        for wrong in audit.verify(connection):
            yield str(wrong)
    waiting = world.rows(audit_table, audit_table.c.number.is_(None))
    if waiting:
        yield f"{len(waiting)} entries are not sealed"


def _witnessed(world: World) -> Iterator[str]:
    """The laws of the machine of moves, at this one moment."""
    witness, seen = Witness(world), world.seen()  # type: ignore[arg-type]
    for law in (witness._once, witness._told, witness._climbs, witness._decided):
        for wrong in law(seen):
            yield f"{law.__name__.strip('_')}: {wrong}"


def _accounted(world: World) -> Iterator[str]:
    for one in world.rows(notice):
        if one.state not in ("carried", "withheld", "nobody", "due"):
            yield f"notice {one.id} is {one.state}"
    for one in world.rows(delivery):
        if one.state == "sending" and one.leased_until is not None:
            yield f"delivery {one.id} is leased until {one.leased_until}"
