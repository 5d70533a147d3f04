"""Where a rule is called monotone in a quantity, moving it towards danger never lowers the level."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerting.rulebook import load_book, trends
from alerting.rulebook.binding import BindFacts
from alerting.rulebook.checks.monotone import ways
from alerting.rulebook.evaluate import Bound
from alerting.rulebook.grammar import condition
from alerting.rulebook.nodes import Compare, Window, base_quantity, text_of, walk
from alerting.weather.sight import Daily
from tests.rulebook.sights import Said, rule, sight
from tests.rulebook.test_evaluate import expressions, sights, tried

SHIPPED = load_book(Path(__file__).parents[2] / "rules")
SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def moved(seen, quantity, way, random, most=2.0):
    """The same sight with some hours, days and observations of the quantity further that way, by
    `most` at most."""
    sign = most / 8 * (1 if way == "up" else -1)

    def further(*several):
        """The same move of each: missing stays missing, an open bound of a day stays open."""
        some = random.random(several[0].shape) < 0.5
        step = sign * random.integers(0, 9, several[0].shape) * some
        return [(values + step).astype(np.float32) for values in several]

    values, observed, daily = dict(seen.values), dict(seen.observed), dict(seen.daily)
    if quantity in values:
        (values[quantity],) = further(values[quantity])
    if quantity in observed:
        (observed[quantity],) = further(observed[quantity])
    if quantity in daily:
        daily[quantity] = {
            kind: Daily(*further(held.low, held.high), held.day_of_hour, held.complete_row)
            for kind, held in daily[quantity].items()
        }
    return replace(seen, values=values, observed=observed, daily=daily)


def level(verdict):
    """[columns]: the highest level that is true, or the official one."""
    ladder = np.array(verdict.rule.ladder)[:, None]
    return np.maximum((verdict.true * ladder).max(axis=0), verdict.floor)


@SETTINGS
@given(when=expressions, seen=sights(), seed=st.integers(0, 2**32 - 1))
def test_no_expression_loses_what_was_true(when, seen, seed):
    random = np.random.default_rng(seed)
    for quantity, way in ways(when).items():
        if way == "neither":
            continue
        _, before = tried(when, seen)
        _, after = tried(when, moved(seen, quantity, way, random))
        assert not (before.true & ~after.true).any(), f"{text_of(when)} by {quantity} {way}"
        assert not (before.possible & ~after.possible).any(), f"{text_of(when)} by {quantity} {way}"


def test_no_shipped_rule_falls_as_danger_grows():
    """On random fields around its own thresholds, some hours missing; nearly all are seen to rise."""
    random = np.random.default_rng(7)
    proved = {r.id: [t for t in trends(r) if t.way != "neither"] for r in SHIPPED.rules}
    proved = {rule_id: found for rule_id, found in proved.items() if found}
    rose = set()
    for rule_id, found in proved.items():
        for trend in found:
            if rises(SHIPPED.rules_by_id[rule_id], trend, random):
                rose.add(rule_id)
    assert len(rose) > 0.85 * len(proved), proved.keys() - rose


def rises(shipped, trend, random):
    """Whether the level rose somewhere; it never may fall."""
    most = max((abs(t) for t in thresholds(shipped, trend.quantity)), default=1.0)
    rose = False
    for _ in range(6):
        seen = around(shipped, random)
        bound = Bound([shipped], BindFacts.of(seen, shipped.place))
        before = level(bound.evaluate(seen)[0])
        after = level(bound.evaluate(moved(seen, trend.quantity, trend.way, random, most))[0])
        assert (after >= before).all(), f"{shipped.id} by {trend.quantity} {trend.way}"
        rose |= bool((after > before).any())
    return rose


class Always(Said):
    """Every season, holiday and school day is on, so that what hangs on them can be seen."""

    def season(self, name):
        return 2

    def holiday(self, name):
        return 2

    def on_day(self, kind):
        return np.full(self.rows, 2, np.int8)


ROWS, PAST, COLUMNS = 60, 24, 48


def thresholds(shipped, quantity):
    """What its conditions compare one hour of the quantity with; a sum's share of it."""
    found = []
    for step in shipped.levels.values():
        for node in walk(step.when):
            if isinstance(node, Compare) and base_quantity(node.series) == quantity:
                share = node.series.hours if isinstance(node.series, Window) else 1
                found.append(node.threshold / share)
    return found


def around(shipped, random):
    """Random weather about the rule's own thresholds, some hours of it missing."""

    def field(quantity, rows):
        near = random.choice(thresholds(shipped, quantity) or [0.0], COLUMNS)
        width = 0.2 * np.abs(near) + 0.2
        made = near + width * random.uniform(-1, 1, COLUMNS)
        made = made + width * random.uniform(-0.2, 0.2, (rows, COLUMNS))
        made[random.random(made.shape) < random.choice([0, 0.02])] = np.nan
        return made.astype(np.float32)

    hours = np.array([r // 24 for r in range(ROWS)], np.int32) + 4
    ends = np.array([24 * day - 73 for day in range(7)], np.int32)
    values = {q: field(q, ROWS) for q in sorted(shipped.quantities)}
    daily = {}
    for quantity in values:
        known = np.nan_to_num(field(quantity, 7))
        daily[quantity] = {k: Daily(known, known.copy(), hours, ends) for k in ("min", "max", "mean")}
    observed = {q: field(q, 1)[0] for q in values}
    facts = Always(COLUMNS, ROWS, warnings={shipped.hazard: random.integers(0, 2, COLUMNS)})
    values = values or {"temperature": np.zeros((ROWS, COLUMNS), np.float32)}
    return sight(values, past=PAST, observed=observed, daily=daily, facts=facts)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ({"yellow": "visibility < 200 m"}, {"visibility": "down"}),
        ({"yellow": "wind_speed > 9 m/s and not temperature > 0 degC"},
         {"wind_speed": "up", "temperature": "down"}),
        ({"yellow": "temperature < 1 degC and temperature > -5 degC"}, {"temperature": "neither"}),
        ({"yellow": "rain > 1 mm", "red": "rain < 9 mm"}, {"rain": "neither"}),
        ({"yellow": "drop(temperature, 6 h) > 8 K"}, {"temperature": "neither"}),
        ({"yellow": "fire_danger = 5"}, {"fire_danger": "neither"}),
        ({"yellow": "observed visibility < 50 m or visibility < 50 m"}, {"visibility": "down"}),
    ],
)  # fmt: skip
def test_which_way_danger_lies(levels, expected):
    assert {t.quantity: t.way for t in trends(rule(**levels))} == expected


def test_what_looks_both_ways_says_which_parts():
    (found,) = trends(rule(yellow="temperature < 1 degC and min(temperature, 6 h) > -5 degC"))
    assert found.why == "'min(temperature, 6 h) > -5 degC' rises with it and 'temperature < 1 degC' falls"


def test_freezing_rain_by_temperature_does_fall():
    """Colder is snow: the list is there for a reason."""
    when = condition("rain > 0 mm and temperature < 0 degC and temperature > -5 degC")
    warm = sight({"rain": [1], "temperature": [-4]})
    cold = sight({"rain": [1], "temperature": [-6]})
    assert ways(when)["temperature"] == "neither"
    assert tried(when, warm)[1].true.all()
    assert not tried(when, cold)[1].true.any()
