"""What really was: for each level of a rule, the events in which its condition held in the record.

The rule's own conditions, hour by hour on what was recorded instead of ahead on a run. So a hit, a miss
and a false alarm are told by the record; but a threshold is taken as the rule has it. Seasons count as
on; what else is not weather (warnings, reports, observations by themselves) does not count.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerting.alerts.rule_places import rule_places
from alerting.rulebook import BindFacts, bind
from alerting.rulebook.nodes import And, Condition, Holiday, Not, Or, Season, Term, walk
from alerting.runtime import VirtualRuntime
from alerting.service.clock import LIVE
from alerting.service.county import County
from alerting.service.station import Station
from alerting.store import Store
from bench.backtest.errors import recorded
from bench.backtest.live import sent
from bench.backtest.records import HOUR, Record

Bools = NDArray[np.bool_]
Events = dict[str, dict[str, dict[str, list[tuple[int, int]]]]]  # by rule, place, level
AT_ONCE, AHEAD = 72, 119  # hours looked at in one go, and told from then on


def truth(county: County, records: Sequence[Record], begins: datetime, ends: datetime) -> Events:
    """The first and last hour of every event, counted from `begins`."""
    station = Station(county, VirtualRuntime(begins), Store(":memory:"))
    engine, life = station.engines[LIVE], station.life(LIVE)
    terms = {
        (rule.id, level.level, n): replace(rule, id=f"{rule.id} {level.level} {n}", clear=replace(
            term, hours=1, days=0, within=None))
        for rule in county.book.rules for level in rule.levels.values()
        for n, term in enumerate(_terms(level.when))
    }  # fmt: skip
    places = county.places
    facts = engine.facts.at(begins)
    first = engine.fields.sight(begins, facts)
    book = replace(county.book, rules=tuple(terms.values()))
    told = BindFacts(columns=len(places.columns), kinds=dict(places.kind_range),
                     can_say=first.can_say, can_observe=first.can_observe, can_warn=False,
                     tags={})  # fmt: skip
    bound, on = bind(book, told), rule_places(life)
    hours: dict[Any, list[Bools]] = {key: [] for key in terms}
    now = begins
    while now < ends:
        print(f"  truth {now:%m-%d}", file=sys.stderr, flush=True)
        engine.see(sent(records, now, recorded(AHEAD)), now)
        for key, rule in terms.items():
            columns = on[key[0]].columns
            if not len(columns):
                continue
            facts = engine.facts.at(now)
            sight = facts.beside(engine.fields.sight_of(now, facts, columns), columns)
            row = sight.now_row
            hours[key].append(bound.clear_at(rule.id, sight)[row : row + AT_ONCE])
        now += AT_ONCE * HOUR
    lasts = int((ends - begins) / HOUR)
    found: Events = {}
    for rule in county.book.rules:
        ids = on[rule.id].ids
        if not ids:
            continue
        above = np.zeros((lasts, len(ids)), np.bool_)
        for level in reversed(rule.levels.values()):
            mine = [np.concatenate(hours[rule.id, level.level, n])[:lasts]
                    for n in range(len(_terms(level.when)))]  # fmt: skip
            above = above | _holds(level.when, iter(mine), above)
            for position, place in enumerate(ids):
                if made := events(np.flatnonzero(above[:, position]).tolist()):
                    by_level = found.setdefault(rule.id, {}).setdefault(place, {})
                    by_level[str(int(level.level))] = made
    return found


def _terms(node: Condition) -> list[Term]:
    return [one for one in walk(node) if isinstance(one, Term)]


def _holds(node: Condition, terms: Any, like: Bools) -> Bools:
    """The condition at each hour, its terms' hours taken from `terms` in order."""
    match node:
        case Term():
            return _lasting(next(terms), node.days * 24 or node.hours)
        case And(parts):
            return np.logical_and.reduce([_holds(p, terms, like) for p in parts])
        case Or(parts):
            return np.logical_or.reduce([_holds(p, terms, like) for p in parts])
        case Season() | Holiday() | Not(Season()):
            return np.ones_like(like)
        case Not(part):
            return ~_holds(part, terms, like)
        case _:
            return np.zeros_like(like)


def _lasting(hours: Bools, length: int) -> Bools:
    """Where it is true for at least `length` hours in a row."""
    if length == 1:
        return hours
    made = np.zeros_like(hours)
    for column in range(hours.shape[1]):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], hours[:, column], [0]])))
        for first, end in zip(edges[::2], edges[1::2], strict=True):
            made[first:end, column] = end - first >= length
    return made


def events(hours: Sequence[int], gap: int = 6) -> list[tuple[int, int]]:
    """First and last hour of what is one event: parted by no more than `gap` hours."""
    made: list[tuple[int, int]] = []
    for hour in hours:
        if made and hour - made[-1][1] <= gap:
            made[-1] = (made[-1][0], hour)
        else:
            made.append((hour, hour))
    return made
