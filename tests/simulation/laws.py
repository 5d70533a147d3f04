"""What must hold at the end of every seed: by the tables, the provider's record, and the run of the same
signals that nothing disturbed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from alerting import audit
from alerting.service.chase_loop import GATHER
from alerting.service.loop import SHORTEST_REST
from alerting.store.schema import (
    alert,
    answer,
    delivery,
    measure,
    notice,
    position,
    pursuit,
    signal,
)
from alerting.store.schema import audit as audit_table
from tests.laws.witness import RANK, Witness
from tests.simulation.plan import LEVELS, PLACES, Plan
from tests.simulation.world import World

IDLE = ("late", "refused", "not-understood")
BRIEF = timedelta(seconds=1)
GATHERS = timedelta(seconds=GATHER + SHORTEST_REST)  # from a deadline until the chase has acted on it
AUDIENCE = {"icing": "police", "frost": "road-owner"}
End = dict[str, dict[Any, Any]]


def end_of(world: World) -> End:
    """What counts of the end, by what it is of: nothing of times, of numbers given in the order of the
    calls, or of the service's own troubles; nor of what was asked for an alert that was over at once, which
    the chase may never have seen. Where the clock was set on, a deadline passed that did not pass in the other
    run: who was reminded says for the first time what others say again. An answer that changed nothing has
    words by whether the person had been told by then, which the provider decides."""
    alerts = {a.id: (a.state, a.level, a.peak, a.kept_by) for a in world.rows(alert) if a.sector != "service"}
    measures = {
        m.id: (m.state, m.level, m.arguments, m.decided_by, m.carrier, m.decider, m.waits, m.end_reason,
               m.cannot is not None)
        for m in world.rows(measure)
    }  # fmt: skip
    jumped = any(fault.kind == "clock is set" for fault in world.plan.faults)
    answers = {
        a.id: (a.person, a.act, "nothing") if a.outcome in IDLE
        else (a.person, a.act, a.measure, "taken" if jumped and a.outcome == "repeated" else a.outcome)
        for a in world.rows(answer)
    }  # fmt: skip
    brief = {a.id for a in world.rows(alert) if a.closed and abs(a.closed - a.opened) < BRIEF}
    asked: dict[Any, Any] = {}
    for p in world.rows(pursuit):
        if (p.alert is None or p.alert in alerts) and not (p.alert in brief and p.state == "ended"):
            asked.setdefault((p.alert, p.measure, p.wants, p.post), []).append((p.state, p.answered_by))
    return {"alerts": alerts, "measures": measures, "answers": answers, "questions": asked}


def broken(world: World) -> Iterator[str]:
    """What does not hold, in words."""
    for law in (_taken, _chained, _witnessed, _accounted, _foretold, _called_back):
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
    for one in world.rows(position, position.c.realm == "live"):
        if one.taken != newest:
            yield f"partition {one.share} stands at {one.taken}, the newest signal is {newest}"
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
    witness, seen = Witness(world, GATHERS), world.seen()  # type: ignore[arg-type]
    for law in (witness._once, witness._told, witness._climbs, witness._decided):
        for wrong in law(seen):
            yield f"{law.__name__.strip('_')}: {wrong}"


def _accounted(world: World) -> Iterator[str]:
    """Every notice and every message has come to an end, or is under way at a time that is near."""
    for one in world.rows(notice):
        if one.state not in ("carried", "withheld", "nobody") and one.due <= world.now:
            yield f"notice {one.id} is {one.state}"
    for one in world.rows(delivery):
        if one.state == "sending" and one.leased_until is not None:
            yield f"delivery {one.id} is leased until {one.leased_until}"


def _foretold(world: World) -> Iterator[str]:
    """None is lost and none invented by what the sources said, in whatever order it came: what is in force
    is open and was told, and nothing else is open."""
    wanted = _in_force(world.plan)
    open_ = {(a.rule, a.place): a for a in world.rows(alert, alert.c.state == "open", alert.c.sector != "service")}
    told = world.rows(notice)
    for key in sorted(wanted.keys() | open_.keys()):
        least, most = wanted.get(key, (0, 0))
        held = open_.get(key)
        if not least <= (held.level if held else 0) <= most:
            yield f"{key} should be open at {least} to {most}: {held.level if held else 'it is not'}"
        if held and not any(n.alert == held.id and n.post == AUDIENCE[held.rule] and n.level >= held.level for n in told):
            yield f"{held.id} is at level {held.level}, and {AUDIENCE[held.rule]} was not told"


def _in_force(plan: Plan) -> dict[tuple[str, str], tuple[int, int]]:
    """By rule and place the level that must be open at least and at most: the newest said stands. But
    whoever calls off what never came may mean another: what is in force by then may stay."""
    said = sorted((one for one in plan.said if one.fate != "lost"), key=lambda one: one.at)
    lost = {f"W{one.number}" for one in plan.said if one.fate == "lost"}
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for one in said:
        values: Any = one.values
        if one.kind == "warning":
            level = 0 if values["action"] == "cancel" else LEVELS.index(values["level"]) + 1
            for place in PLACES[values["zone"]]:
                before = found.get(("icing", place), (0, 0))[1]
                unsure = values["action"] == "cancel" and values["of"] in lost
                found["icing", place] = (level, before if unsure else level)
        elif one.kind == "forecast":
            for zone, places in PLACES.items():
                level = {-1.0: 2, -6.0: 3}.get(values["cold"].get(zone), 0)
                for place in places:
                    before = found.get(("frost", place), (0, 0))[1]
                    # What was forecast before is held for a while: it falls late, and never short.
                    found["frost", place] = (level, max(level, before))
    return found


def _called_back(world: World) -> Iterator[str]:
    """No message has gone back behind what its provider said of it."""
    rows = {row.id: row for row in world.rows(delivery)}
    for number, state in world.provider.told:
        if state in RANK and RANK[rows[number].state] < RANK[state]:
            yield f"delivery {number} was called {state}, and is {rows[number].state}"
