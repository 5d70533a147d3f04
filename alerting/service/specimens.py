"""Notices as a rule would cause them, made up: to count, to read, for tests that read them all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from alerting.dispatch.wording import News
from alerting.places import Place
from alerting.rulebook import Ask, Measure
from alerting.rulebook.calling import Calling

# Kinds of notice about a measure, what they want, and the role in it of who reads them.
OF_MEASURE = (
    ("order", "acknowledge", "carrier"), ("tighten", "acknowledge", "carrier"),
    ("raise", "acknowledge", "carrier"), ("decide", "decision", "decider"),
    ("confirm", "confirm", "decider"),
    ("lifted", "", "carrier"),
    ("check", "check", "lifter"), ("superseded", "", "carrier"), ("reopened", "", "carrier"),
    ("reminder", "in-force", "carrier"), ("reminder", "decision", "decider"),
    ("reminder", "confirm", "decider"), ("reminder", "check", "lifter"),
    ("escalation", "acknowledge", "rung"), ("escalation", "decision", "rung"),
    ("escalation", "confirm", "rung"), ("escalation", "check", "rung"), ("refused", "", "carrier"),
    ("withdrawn", "", "carrier"), ("suspended", "", "carrier"),
    ("correction", "acknowledge", "carrier"),
)  # fmt: skip
# Of these those that say by when.
DUE = ("order", "tighten", "raise", "decide", "reminder", "escalation", "correction")
# And of the alert itself, for whom a rule tells besides.
OF_ALERT = (
    ("open", "acknowledge"), ("raise", "acknowledge"), ("reopen", "acknowledge"),
    ("reminder", "acknowledge"), ("update", ""), ("fall", ""), ("clear", ""), ("withdrawn", ""),
    ("correction", "acknowledge"),
)  # fmt: skip


# And of a call-out, where the level has one; the last is for whom no closing report is asked of.
OF_CALLOUT = (
    ("callout", "report"), ("reminder", "report"), ("escalation", "report"), ("closing", "closing"),
    ("reminder", "closing"), ("closing", ""),
)  # fmt: skip


class Span(NamedTuple):
    """When it is said, when it begins and ends, and by when it must be done."""

    at: datetime
    onset: datetime
    until: datetime | None
    due: datetime


class About(NamedTuple):
    """What it is about: the ids of a rule ("" for none) and a place, a sector and a hazard."""

    rule: str
    sector: str
    hazard: str
    place: str


def facts(about: About, span: Span, why: Mapping[str, str]) -> dict[str, Any]:
    return {
        "rule": about.rule, "sector": about.sector, "hazard": about.hazard, "place": about.place,
        "onset": span.onset.isoformat(), "until": span.until.isoformat() if span.until else None,
        "why": dict(why), "measures": [],
    }  # fmt: skip


def of_alert(kind: str, wants: str, level: int, span: Span, said: Mapping[str, Any]) -> News:
    """`said` are its facts."""
    wrong = {"place": said["place"], "level": _another(level)}
    more = {"corrects": wrong} if kind == "correction" else {}
    return News(1, kind, level, span.at, dict(said) | more, wants)


def of_callout(
    calling: Calling, level: int, span: Span, said: Mapping[str, Any]
) -> Iterator[tuple[str, News]]:
    """(tier of the reader, notice) of the call-out that a level opens for the hazard of `said`; nothing
    where it opens none."""
    plan = calling.at(level, str(said["hazard"]))
    if plan is None:
        return
    asked = [(str(tier), names) for tier, names in plan.call.items()]
    asked += [(str(tier), plan.pass_on.ask) for tier in plan.pass_on.to] if plan.pass_on else []
    for kind, wants in OF_CALLOUT:
        for tier, names in asked:
            below = plan.pass_on is not None and tier in plan.pass_on.to
            if wants == "closing" and (below or not plan.at_the_end):
                continue
            questions = calling.asks(plan.at_the_end if wants == "closing" else names)
            passes = plan.pass_on is not None and tier == "township"
            yield tier, News(1, kind, level, span.at, dict(said) | {
                "callout": "c1", "questions": questions if wants else [], "passes_on": passes,
                "due": span.due.isoformat(),
            }, wants, None, "a1")  # fmt: skip


def of_measure(
    kind: str, wants: str, level: int, span: Span, said: Mapping[str, Any], ordered: Mapping[str, Any],
    ahead: bool = False,
) -> News:  # fmt: skip
    """`ordered` is the measure as notices carry it (see `given`); `ahead` of its signature."""
    state = {"decision": "proposed", "check": "lift proposed"}.get(wants, "issued")
    due = span.due.isoformat() if kind in DUE and wants != "confirm" else None
    more: dict[str, Any] = {"measures": [dict(ordered) | {"state": state, "ahead": ahead}], "due": due}
    if kind == "correction":
        wrong = {"place": said["place"], "level": _another(level), "measures": [dict(ordered)]}
        more["corrects"] = wrong
    return News(1, kind, level, span.at, dict(said) | more, wants, "m1")


def _another(level: int) -> int:
    return level - 1 if level > 1 else level + 1


def given(
    name: str, measure: Measure, place: str, arguments: Mapping[str, Any], span: Span | None
) -> dict[str, Any]:
    """A measure as notices carry it: with the day and the hours of its kind where a span is given."""
    ordered = {
        "id": "m1", "measure": name, "form": measure.form, "state": "issued", "object": place,
        "title": dict(measure.title), "arguments": dict(arguments),
    }  # fmt: skip
    if span is None:
        return ordered
    hours = {"from": ("begins", span.onset), "until": ("ends", span.until or span.onset)}
    day = span.onset.date().isoformat() if measure.named_day else None
    return ordered | {"day": day} | {
        key: at.isoformat() for said, (key, at) in hours.items() if said in arguments
    }


def kinds_of(measure: Measure, ahead: bool) -> Iterator[tuple[str, str, str]]:
    """The kinds that a measure can send: (kind, wants, role); `ahead`: it is ordered ahead of its
    signature, and so first proposed only where that was taken back before."""
    for kind, wants, role in OF_MEASURE:
        if (kind == "refused" or wants == "decision") and not measure.decider:
            continue
        if wants == "confirm" and not ahead:
            continue
        if wants == "check" and not measure.check:
            continue
        if kind == "suspended" and not measure.conflicts:
            continue
        if kind == "reopened" and measure.road != "closes":
            continue
        yield kind, wants, role


def longest_at(language: str, places: Sequence[Place]) -> Place:
    """The place of which an order has most to say: of a road its entries too."""

    def length(place: Place) -> int:
        gates = sum(len(place.gate(name, language)) for name in place.entries)
        return len(place.called(language)) + gates

    return max(places, key=length)


def asks_of(steps: Mapping[str, Any]) -> Iterator[tuple[Any, Ask]]:
    """Each level of a rule with each measure that it asks for."""
    for step in steps.values():
        for ask in step.ask:
            yield step, ask
