"""What `check` proves of conditions holds in weather: a proof is never wrong."""

from __future__ import annotations

import numpy as np
import pytest

from alerting.rulebook import nodes as n
from alerting.rulebook.binding import BindFacts
from alerting.rulebook.checks.together import can_be, implied
from alerting.rulebook.evaluate import Bound
from alerting.rulebook.grammar import condition
from alerting.rulebook.nodes import text_of
from alerting.vocabulary import Level
from tests.rulebook.sights import Said, rule, sight

PAST, AHEAD, COLUMNS = 24, 14, 192
THRESHOLDS = (0.0, 0.5, 1.0, 2.0)
RAIN, WIND = n.Value("precipitation"), n.Value("wind_speed")
UNITS = {"precipitation": "mm", "wind_speed": "m/s"}


@pytest.fixture(scope="module")
def weather():
    """Weather without missing values: calm, showers, long rain, steps up and down."""
    random = np.random.default_rng(4)
    rows = PAST + AHEAD

    def field():
        made = random.integers(0, 9, (rows, COLUMNS)) / 4
        made[:, ::3] = np.where(random.random((rows, COLUMNS))[:, ::3] < 0.7, 0, made[:, ::3])
        made[:, 1::6] = made[0, 1::6]
        made[:, 2::6] = np.where(np.arange(rows)[:, None] < PAST + 2, made[0, 2::6], made[1, 2::6])
        return made.astype(np.float32)

    return sight({"precipitation": field(), "wind_speed": field()}, past=PAST,
                 facts=Said(COLUMNS, rows))  # fmt: skip


def true(when, seen):
    made = rule(None, yellow="visibility < 1 m")
    made.levels["yellow"] = type(made.levels["yellow"])(Level.yellow, when, (), text_of(when))
    return Bound([made], BindFacts.of(seen, "zone")).evaluate(seen)[0].true[0]


def a_condition(random, depth=2):
    """A condition of two quantities, windows, changes and drops."""
    if depth and random.random() < 0.5:
        parts = tuple(a_condition(random, depth - 1) for _ in range(2))
        return [n.And(parts), n.Or(parts), n.Not(parts[0])][random.integers(3)]
    of, hours = [RAIN, WIND][random.integers(2)], int(random.choice([2, 3, 6]))
    series = [
        of, n.Window("min", of, hours), n.Window("max", of, hours), n.Window("mean", of, hours),
        n.Window("sum", RAIN, hours), n.Drop(of, hours), n.Change(of, hours),
    ][random.integers(7)]  # fmt: skip
    operator = ["<", "<=", ">", ">="][random.integers(4)]
    threshold = float(random.choice(THRESHOLDS))
    return n.Compare(series, operator, threshold, UNITS[n.base_quantity(series)])


def a_term(random, inside=None):
    within = [None, 2, 6][random.integers(3)]
    return n.Term(inside or a_condition(random), hours=int(random.choice([1, 1, 2, 3])), within=within)


def test_what_is_called_impossible_never_is(weather):
    random = np.random.default_rng(1)
    proved = 0
    for _ in range(1000):
        when = n.And((a_term(random, a_condition(random, 3)), a_term(random)))
        if not can_be(when):
            proved += 1
            assert not true(when, weather).any(), text_of(when)
    assert proved > 40


def test_what_is_called_implied_always_is(weather):
    random = np.random.default_rng(2)
    proved = 0
    for _ in range(1000):
        body = a_condition(random)
        low = a_term(random, n.And((body, a_condition(random, 1))))
        high = [a_term(random, n.Or((body, a_condition(random, 1)))), a_term(random)]
        if can_be(low) and implied(low, high):
            proved += 1
            covered = true(n.Or(tuple(high)), weather)
            assert not (true(low, weather) & ~covered).any(), f"{text_of(low)} => {high}"
    assert proved > 60


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("(rain >= 5 mm) within 6 h", "(rain >= 5 mm) within 12 h"),
        ("(rain >= 5 mm for 3 h) within 6 h", "(rain >= 5 mm for 2 h) within 6 h"),
        ("sum(rain, 6 h) >= 10 mm", "sum(rain, 12 h) >= 10 mm"),
        ("sum(rain, 6 h) >= 12 mm", "max(rain, 6 h) >= 2 mm"),
        ("min(visibility, 3 h) < 100 m", "min(visibility, 6 h) < 200 m"),
        ("mean(wind_speed, 3 h) >= 9 m/s", "max(wind_speed, 4 h) > 8 m/s"),
        ("(temperature < -5 degC for 6 h) within 6 h", "(max(temperature, 6 h) < -5 degC) within 11 h"),
        ("temperature < -2 degC and rain > 1 mm", "rain > 0.5 mm and temperature < 0 degC"),
        ("rain > 3 mm", "rain > 1 mm and temperature < 0 degC or temperature >= 0 degC and rain > 2 mm"),
        ("drop(temperature, 6 h) >= 8 K", "max(temperature, 12 h) >= -72 degC"),
        ("observed visibility < 50 m", "observed visibility < 100 m"),
        ("warning fog >= orange", "warning fog > blue"),
        ("incident fire within 2 d", "incident fire within 7 d or season year-end"),
        ("rain > 1 mm and between 06:00 and 08:00", "rain > 1 mm and between 05:00 and 09:00"),
        ("rain > 1 mm and on school-day", "rain > 1 mm and on working-day"),
        ("(daily_min(temperature) < 0 degC for 5 d)", "(daily_min(temperature) < 2 degC for 3 d)"),
        ("daily_max(temperature) < 0 degC", "daily_mean(temperature) < 1 degC"),
        ("visibility < 100 m", "not visibility >= 200 m"),
    ],
)
def test_implied(low, high):
    assert implied(condition(low), [condition(high)])
    assert not implied(condition(high), [condition(low)]) or low == high


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("(rain >= 5 mm) within 12 h", "(rain >= 5 mm) within 6 h"),
        ("max(rain, 6 h) >= 5 mm", "rain >= 5 mm"),
        ("sum(rain, 12 h) >= 10 mm", "sum(rain, 6 h) >= 5.1 mm"),
        ("change(temperature, 6 h) <= -8 K", "change(temperature, 12 h) <= -8 K"),
        ("rain >= 0 mm", "visibility < 100 m"),
        ("observed visibility < 50 m", "visibility < 100 m"),  # another reading of another place
        ("temperature < 0 degC", "daily_min(temperature) < 0 degC"),  # the day may not be forecast whole
        ("(rain > 1 mm) within 6 h", "rain > 1 mm and between 00:00 and 23:00"),
    ],
)
def test_not_implied(low, high):
    assert not implied(condition(low), [condition(high)])


@pytest.mark.parametrize(
    "text",
    [
        "temperature < 0 degC and temperature > 2 degC",
        "visibility < 0 m",
        "max(temperature, 6 h) < 0 degC and temperature > -1 degC and min(temperature, 3 h) > 1 degC",
        "sum(rain, 3 h) > 10 mm and sum(rain, 12 h) < 8 mm",
        "drop(visibility, 3 h) < 0 m",
        "between 06:00 and 08:00 and between 09:00 and 10:00 and rain > 1 mm",
        "on school-day and not on working-day and rain > 1 mm",
        "season year-end and not season year-end",
        "warning fog >= red and warning fog < orange",
        "(rain >= 5 mm for 3 h) and not (rain >= 4 mm)",
    ],
)  # fmt: skip
def test_impossible(text):
    assert not can_be(condition(text))
