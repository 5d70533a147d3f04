"""The book as it is used: its rules, each ready to be bound, and the measures they ask for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Literal

from alerting.people import Policies
from alerting.places.roads import CLOSED
from alerting.rulebook.calling import Calling
from alerting.rulebook.districts import Numbers
from alerting.rulebook.files import MEASURES, Files
from alerting.rulebook.measures import Ask, Measure
from alerting.rulebook.nodes import (
    FACTS,
    Compare,
    Condition,
    Happened,
    Observed,
    Reported,
    Term,
    base_quantity,
    walk,
)
from alerting.rulebook.pack import Case
from alerting.rulebook.plans import Plan, PlanMeasure
from alerting.rulebook.yamltext import Document
from alerting.vocabulary import Level


@dataclass(frozen=True, slots=True)
class LevelRule:
    level: Level
    when: Condition
    ask: tuple[Ask, ...]
    text: str
    where: str = ""  # file:line:column of its condition
    asked_at: tuple[str, ...] = ()  # the same of each ask


@dataclass(frozen=True)
class Rule:
    """One rule, ready to be bound. `levels` runs from the lowest up; `reach` is its largest within
    plus the longest stretch asked for."""

    id: str
    sector: str
    hazard: str
    place: str
    tags: frozenset[str]
    levels: dict[str, LevelRule]
    clear: Condition | None
    clear_text: str
    hold: timedelta
    decide: tuple[time, ...]
    audience: tuple[str, ...]
    floor: bool
    basis: tuple[str, ...]
    title: dict[str, str]
    impact: dict[str, str] | None
    cases: tuple[Case, ...]
    where: str  # file:line:column
    clear_where: str = ""
    points: Literal["all", "inhabited"] = "all"  # of a zone

    @cached_property
    def ladder(self) -> tuple[Level, ...]:
        return tuple(step.level for step in self.levels.values())

    def asks_at(self, level: int) -> list[Ask]:
        """The measures of a level and of all below; of one measure the strictest level's words."""
        asked = {ask.measure: ask for step in self.levels.values() if step.level <= level
                 for ask in step.ask}  # fmt: skip
        return list(asked.values())

    @cached_property
    def reach(self) -> timedelta:
        """0 for a rule of facts alone."""
        terms = [n for step in self.levels.values() for n in walk(step.when) if isinstance(n, Term)]
        within = max((t.within or 0 for t in terms), default=0)
        stretch = max((t.days * 24 or t.hours for t in terms), default=0)
        return timedelta(hours=within + stretch)

    @cached_property
    def facts_only(self) -> bool:
        """Of facts and the clock: nothing in it is forecast."""
        return not looks_at_weather(self.levels)

    @cached_property
    def incidents(self) -> frozenset[str]:
        """The kinds of accident it looks for."""
        nodes = (n for step in self.levels.values() for n in walk(step.when))
        return frozenset(n.incident for n in nodes if isinstance(n, Happened))

    @cached_property
    def reports(self) -> frozenset[str]:
        """The words whose being reported it looks for."""
        nodes = (n for step in self.levels.values() for n in walk(step.when))
        return frozenset(n.word for n in nodes if isinstance(n, Reported))

    @cached_property
    def quantities(self) -> frozenset[str]:
        """Every quantity the rule looks at, in the fields or in observations."""
        conditions = [s.when for s in self.levels.values()]
        return _quantities([*conditions, *([self.clear] if self.clear is not None else [])])

    @cached_property
    def clear_quantities(self) -> frozenset[str]:
        return frozenset() if self.clear is None else _quantities([self.clear])


@dataclass(frozen=True)
class Book:
    """All rules, and the measures they ask for. `version` changes with any file's content; `files` are
    what was read, by name."""

    rules: tuple[Rule, ...]
    measures: dict[str, Measure]
    version: str
    folder: Path
    titles: dict[str, dict[str, str]] = field(default_factory=dict)  # sector -> its pack's title
    numbers: Numbers = field(default_factory=dict)  # those a district may change
    files: Files = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)
    policies: Policies = field(default_factory=Policies)
    confirm_after: frozenset[str] = frozenset()  # measures ordered ahead of the signature they need
    calling: Calling = field(default_factory=Calling)

    @cached_property
    def orderable(self) -> dict[str, Measure]:
        """What a person may order: all but the measures that plans bring along."""
        return {n: m for n, m in self.measures.items() if not isinstance(m, PlanMeasure)}

    @cached_property
    def successors(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The measures that do the work of others, and of which."""
        return tuple((n, tuple(m.supersedes)) for n, m in self.measures.items() if m.supersedes)

    @cached_property
    def plan_of(self) -> dict[str, Plan]:
        """The plan whose decision a measure is, by the measure's name."""
        return {plan.decision: plan for plan in self.plans.values()}

    @cached_property
    def rules_by_id(self) -> dict[str, Rule]:
        return {rule.id: rule for rule in self.rules}

    @cached_property
    def quantities(self) -> frozenset[str]:
        return frozenset(q for rule in self.rules for q in rule.quantities)

    def measure_at(self, name: str, *key: str | int) -> str:
        """file:line:column of a measure, or of what it says under `key`."""
        return self._measures_file.where(("measures", name, *key))

    @cached_property
    def _measures_file(self) -> Document:
        return Document(self.folder / MEASURES, self.files[MEASURES])

    @cached_property
    def reported(self) -> frozenset[str]:
        """The words a person may report of a place with an effect: those that some rule looks for."""
        return frozenset(n.word for n in self._nodes() if isinstance(n, Reported)) - {CLOSED}

    @cached_property
    def incidents(self) -> frozenset[str]:
        """The kinds of accident that some rule looks for."""
        return frozenset(n.incident for n in self._nodes() if isinstance(n, Happened))

    def _nodes(self) -> Iterable[Condition]:
        ways = [s.when for r in self.rules for s in r.levels.values()]
        ways += [r.clear for r in self.rules if r.clear is not None]
        return (node for way in ways for node in walk(way))


def looks_at_weather(levels: dict[str, LevelRule]) -> bool:
    return any(isinstance(n, Compare) for step in levels.values() for n in walk(step.when))


def _quantities(conditions: Iterable[Condition]) -> frozenset[str]:
    found: set[str] = set()
    for one in conditions:
        for node in walk(one):
            if isinstance(node, Compare):
                found.add(base_quantity(node.series))
            elif isinstance(node, FACTS) and isinstance(node, Observed):
                found.add(node.quantity)
    return frozenset(found)
