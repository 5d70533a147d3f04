"""Verdicts against the slow reference, and the edges of terms, horizons, days and floors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerting.errors import BadInput
from alerting.rulebook import nodes as n
from alerting.rulebook.binding import BindFacts
from alerting.rulebook.evaluate import Bound
from alerting.rulebook.grammar import condition
from alerting.rulebook.nodes import text_of
from alerting.rulebook.tile import TILE, spans
from alerting.vocabulary import Level
from alerting.weather.sight import Daily
from tests.rulebook.reference import Reference, planes
from tests.rulebook.sights import Said, days, rule, sight

# --- the property: any expression, any weather, cell by cell --------------------------------------
PAST, AHEAD = 9, 10
WIDTHS = [1, 4, 8, 9]  # columns: less than a byte of them, a whole one, and one over
ROWS = PAST + AHEAD
eighths = st.integers(-16, 16).map(lambda k: k / 8)
operators = st.sampled_from(["<", "<=", ">", ">=", "="])
values = st.sampled_from(["temperature", "wind_speed"]).map(n.Value)
series = st.one_of(
    values,
    st.builds(n.Window, st.sampled_from(["min", "max", "mean"]), values, st.integers(1, 9)),
    st.builds(lambda h: n.Window("sum", n.Value("precipitation"), h), st.integers(1, 9)),
    st.builds(n.Change, values, st.integers(1, 9)),
    st.builds(n.Drop, values, st.integers(1, 9)),
    st.builds(n.DayValue, st.sampled_from(["min", "max"]), st.just("temperature")),
    st.builds(lambda k: n.Change(n.DayValue("min", "temperature"), k), st.sampled_from([24, 48])),
)
leaves = st.one_of(
    st.builds(n.Compare, series, operators, eighths, st.just("K")),
    st.builds(n.Between, st.integers(0, 1439), st.integers(0, 1439)),
    st.just(n.OnDay("school-day")),
)


def joined(parts):
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return st.one_of(several.map(n.And), several.map(n.Or), parts.map(n.Not))


hourly = st.recursive(leaves, joined, max_leaves=5)
terms = st.builds(
    n.Term, hourly, hours=st.integers(1, 4), within=st.one_of(st.none(), st.integers(1, 8))
)
facts = st.one_of(
    st.builds(n.Observed, st.just("temperature"), operators, eighths, st.just("degC")),
    st.builds(n.Official, st.just("fog"), st.sampled_from([">=", ">", "<", "<=", "="]),
              st.sampled_from(list(Level))),
    st.just(n.Reported("icing")),
)
expressions = st.recursive(st.one_of(terms, facts), joined, max_leaves=4)


@st.composite
def sights(draw):
    columns = draw(st.sampled_from(WIDTHS))
    missing = draw(st.sampled_from([0.0, 0.1, 0.6]))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    def field():
        made = (random.integers(-16, 17, (ROWS, columns)) / 8).astype(np.float32)
        made[random.random(made.shape) < missing] = np.nan
        return made

    low = (random.integers(-16, 17, (4, columns)) / 8).astype(np.float32)
    high = low.copy()
    low[random.random(low.shape) < missing] = -np.inf
    high[random.random(high.shape) < missing / 2] = np.inf
    day_of_hour = np.array([max(-1, (r - 2) // 6) for r in range(ROWS)], np.int32)
    complete = np.array([2 + 6 * d + 5 for d in range(4)], np.int32)
    day = Daily(low, high, day_of_hour, complete)
    apart = draw(st.sets(st.sampled_from(["temperature", "wind_speed", "precipitation"])))
    ends = {q: random.integers(PAST, ROWS + 2, columns) for q in sorted(apart)}
    observed = np.where(random.random(columns) < missing, np.nan, random.integers(-2, 3, columns))
    return sight(
        {"temperature": field(), "wind_speed": field(), "precipitation": field()},
        past=PAST, horizon=random.integers(PAST, ROWS + 2, columns), horizons=ends,
        observed={"temperature": observed}, daily={"temperature": {"min": day, "max": day}},
        facts=Said(columns, ROWS, warnings={"fog": random.integers(-5, 5, columns)},
                   reported={"icing": random.integers(0, 3, columns)},
                   on={"school-day": random.integers(0, 3, ROWS)}),
    )  # fmt: skip


def tried(when, seen, clear=None):
    made = rule(clear, yellow="visibility < 1 m")
    made.levels["yellow"] = type(made.levels["yellow"])(Level.yellow, when, (), text_of(when))
    return made, Bound([made], BindFacts.of(seen, "zone")).evaluate(seen)[0]


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(when=expressions, seen=sights())
def test_every_verdict_is_the_slow_reference_s(when, seen):
    _, verdict = tried(when, seen)
    for column in range(seen.columns):
        expected = planes(Reference(seen, column).answer(when))
        got = bool(verdict.true[0, column]), bool(verdict.possible[0, column])
        assert got == expected, f"{text_of(when)} at column {column}"


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(several=st.lists(expressions, min_size=2, max_size=6), seen=sights())
def test_rules_that_share_steps_do_not_disturb_each_other(several, seen):
    rules = []
    for number, when in enumerate(several):
        made, _ = tried(when, seen)
        object.__setattr__(made, "id", f"r{number}")
        rules.append(made)
    together = Bound(rules, BindFacts.of(seen, "zone"))
    for _ in range(2):  # the second pass writes into planes used before
        verdicts = together.evaluate(seen)
        for when, verdict in zip(several, verdicts, strict=True):
            for column in range(seen.columns):
                expected = planes(Reference(seen, column).answer(when))
                assert (bool(verdict.true[0, column]), bool(verdict.possible[0, column])) == expected


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(clear=hourly, seen=sights())
def test_clear_at_each_hour_is_the_slow_reference_s(clear, seen):
    made, _ = tried(n.Term(n.Compare(n.Value("temperature"), "<", 0.0, "degC")), seen)
    object.__setattr__(made, "clear", n.Term(clear))
    got = Bound([made], BindFacts.of(seen, "zone")).clear_at("tried", seen)
    for column in range(seen.columns):
        for row in range(seen.rows):
            expected = Reference(seen, column).left_out_or(clear, row) is True
            assert bool(got[row, column]) == expected, text_of(clear)


# --- tiles ----------------------------------------------------------------------------------------
def test_columns_beyond_one_tile_are_each_their_own():
    random = np.random.default_rng(3)
    count = 2 * TILE + 904
    visibility = (random.integers(0, 60, (8, count)) * 10).astype(np.float32)
    _, (left, right), _ = spans(0, count)
    visibility[:, left:right][random.random((8, right - left)) < 0.2] = np.nan  # one tile with holes
    seen = sight({"visibility": visibility})
    made = rule(yellow="(visibility < 200 m for 2 h) within 4 h")
    verdict = Bound([made], BindFacts.of(seen, "zone")).evaluate(seen)[0]
    below = visibility < 200
    stretches = below[:-1] & below[1:]
    assert (verdict.true[0] == stretches[:5].any(axis=0)).all()
    maybe = below | np.isnan(visibility)
    possible = (maybe[:-1] & maybe[1:])[:5].any(axis=0) | maybe[0]  # the hour before is not known
    assert (verdict.possible[0] == possible).all()
    assert verdict.true[0].any()
    assert not verdict.possible[0].all()


def test_few_columns_that_are_asked_for_are_picked_out_and_answered_as_in_the_whole():
    count = 3 * TILE
    visibility = np.full((8, count), 9000, np.float32)
    at = np.array([3, TILE + 5, TILE + 6, count - 1])
    visibility[2, at[1:3]] = 100
    visibility[:, at[3]] = np.nan
    seen = sight({"visibility": visibility})
    bound = Bound([rule(yellow="(visibility < 200 m) within 4 h")], BindFacts.of(seen, "zone"))
    asked = np.zeros(count, np.bool_)
    asked[at] = True
    (whole,), (some,) = bound.evaluate(seen), bound.evaluate(seen, asked)
    assert some.true.shape == (1, 4)
    assert some.where(at).tolist() == [0, 1, 2, 3]
    for name in ("applies", "true", "possible", "under_way_levels", "undecidable", "clear_true",
                 "ahead_true", "ahead_possible", "floor", "under_way"):  # fmt: skip
        assert (getattr(some, name) == getattr(whole, name)[..., at]).all(), name


@pytest.mark.parametrize(
    ("lo", "hi"), [(0, 0), (5, 5), (3, 4), (0, TILE), (7, TILE + 8), (10, 40_000), (0, 10 * TILE + 1)]
)
def test_tiles_cover_every_column_once_and_none_is_wider_than_may_be(lo, hi):
    cut = list(spans(lo, hi))
    assert [column for left, right in cut for column in range(left, right)] == list(range(lo, hi))
    assert all(0 < right - left <= TILE for left, right in cut)
    assert len(cut) == -(-(hi - lo) // TILE)


# --- terms ----------------------------------------------------------------------------------------
def levels(text, seen):
    _, verdict = tried(condition(text), seen)
    return bool(verdict.true[0, 0]), bool(verdict.possible[0, 0]), bool(verdict.under_way[0])


@pytest.mark.parametrize(
    ("text", "line", "true", "begun"),
    [
        ("visibility < 200 m", [100, 900], True, True),
        ("visibility < 200 m", [900, 100], False, False),
        ("(visibility < 200 m) within 2 h", [900, 900, 100], True, False),
        ("(visibility < 200 m) within 2 h", [900, 900, 900, 100], False, False),
        ("(visibility < 200 m for 2 h) within 1 h", [900, 100, 100], True, False),
        ("(visibility < 200 m for 2 h) within 1 h", [900, 100, 900, 100], False, False),
        ("(visibility < 200 m for 2 h)", [100, 100, 900], True, True),
        ("(visibility < 200 m for 2 h)", [900, 100, 100], False, False),
    ],
)
def test_within_and_for(text, line, true, begun):
    seen = sight({"visibility": [900, *line]}, past=1)
    assert levels(text, seen) == (true, true, begun)


def test_a_stretch_that_may_have_begun_before_the_record_is_unknown():
    assert levels("(visibility < 200 m for 3 h)", sight({"visibility": [100, 100]})) == (
        False, True, False,
    )  # fmt: skip


def test_a_stretch_under_way_may_have_begun_in_the_past():
    seen = sight({"visibility": [100, 100, 100, 900]}, past=2)
    assert levels("(visibility < 200 m for 3 h)", seen) == (True, True, True)
    ended = sight({"visibility": [100, 100, 900, 900]}, past=2)
    assert levels("(visibility < 200 m for 2 h)", ended) == (False, False, False)


def test_hours_not_yet_forecast_are_neither_true_nor_missing():
    seen = sight({"visibility": [900, 100, None]}, horizon=[0])
    assert levels("(visibility < 200 m) within 2 h", seen) == (False, False, False)


def test_a_missing_hour_is_unknown_and_never_true():
    seen = sight({"visibility": [900, None, 900]})
    assert levels("(visibility < 200 m) within 2 h", seen) == (False, True, False)
    assert levels("not (visibility < 200 m) within 2 h", seen)[:2] == (False, True)


def test_twelve_hours_of_half_a_millimetre_are_six_millimetres():
    seen = sight({"snowfall": [0.1] * 60}, past=59)
    assert levels("sum(snowfall, 60 h) >= 6 mm", seen)[0]
    assert levels("sum(snowfall, 60 h) > 6 mm", seen)[:2] == (False, False)
    fall = sight({"temperature": [1.3, -6.7]}, past=1)
    assert levels("change(temperature, 1 h) <= -8 K", fall)[0]


# --- days -----------------------------------------------------------------------------------------
def test_a_quantity_that_ends_sooner_ends_the_terms_that_read_it():
    seen = sight({"visibility": [900, 900, None, None], "wind_speed": [1, 1, 1, 30]},
                 horizons={"visibility": [1]})  # fmt: skip
    assert levels("(visibility < 200 m) within 12 h", seen)[:2] == (False, False)
    assert levels("(wind_speed > 20 m/s) within 12 h", seen)[:2] == (True, True)
    assert levels("(visibility < 200 m and wind_speed > 20 m/s) within 12 h", seen)[:2] == (
        False, False,
    )  # fmt: skip
    assert levels("(visibility < 200 m or wind_speed > 20 m/s) within 12 h", seen)[:2] == (
        True, True,
    )  # fmt: skip


def cold(low, high, horizon=30):
    """Three days; now lies in the second, which ends at row 20."""
    daily = {"temperature": {"min": days(low, high, [0] * 4 + [1] * 17 + [2] * 10, [3, 20, 44])}}
    return sight({"temperature": [5.0] * 31}, past=8, horizon=[horizon], daily=daily)


@pytest.mark.parametrize(
    ("low", "high", "answer"),
    [
        ([6, -4, 0], [6, -4, 0], (True, True)),
        ([6, -np.inf, 0], [6, -4, 0], (True, True)),  # at most -4: settled
        ([6, -np.inf, 0], [6, 1, 0], (False, True)),  # at most 1: it may still fall
        ([-np.inf, -4, 0], [6, -4, 0], (False, True)),  # the day before may have been as cold
        ([6, 1, 0], [6, 1, 0], (False, False)),
    ],
)
def test_an_incomplete_day_decides_only_what_its_bound_settles(low, high, answer):
    text = "change(daily_min(temperature), 24 h) <= -8 K and daily_min(temperature) <= 4 degC"
    assert levels(text, cold(low, high))[:2] == answer


def test_a_day_that_ends_beyond_the_horizon_is_not_yet_forecast():
    text = "(daily_min(temperature) <= 0 degC) within 20 h"
    assert levels(text, cold([6, 5, -3], [6, 5, -3], horizon=30))[:2] == (False, False)
    assert levels(text, cold([6, -1, 9], [6, -1, 9], horizon=19))[:2] == (False, False)
    assert levels(text, cold([6, -1, 9], [6, -1, 9], horizon=20))[:2] == (True, True)


def test_for_days_counts_local_days_beyond_the_hours_kept():
    def five(means, horizon=20):
        count = len(means)
        ends = [20 - 24 * (count - 1 - d) for d in range(count)]
        daily = {"temperature": {"mean": days(means, means, [count - 1] * 21, ends)}}
        return sight({"temperature": [3.0] * 21}, past=8, horizon=[horizon], daily=daily)

    text = "(daily_mean(temperature) < 5 degC for 5 d)"
    assert levels(text, five([9, 4, 4, 4, 4, 4])) == (True, True, True)
    assert levels(text, five([9, 9, 4, 4, 4, 4]))[:2] == (False, False)
    assert levels(text, five([4, 4, 4, 4]))[:2] == (False, True)  # the fifth is before the record
    assert levels(text, five([9, 4, 4, 4, 4, 4], horizon=19))[:2] == (False, False)


def test_between_wraps_midnight_and_is_local():
    seen = sight({"visibility": [100] * 24})  # from 05:00 local
    assert levels("visibility < 200 m and between 22:00 and 05:00", seen)[0]
    assert not levels("visibility < 200 m and between 06:00 and 08:30", seen)[0]
    assert levels("(visibility < 200 m and between 06:00 and 08:30) within 1 h", seen)[0]


# --- absent and undecidable -----------------------------------------------------------------------
def settled(text, seen):
    made, verdict = tried(condition(text), seen)
    bound = Bound([made], BindFacts.of(seen, "zone"))
    state = tuple(bool(x[0, 0]) for x in (verdict.true, verdict.possible, verdict.undecidable))
    return state, bound.undecidable_at("tried", 0, 1).get("yellow")


def test_or_drops_what_no_source_can_say():
    fog = sight({"visibility": [900]})
    assert settled("visibility < 50 m or observed visibility < 50 m", fog) == ((False,) * 3, None)
    quiet = sight({"visibility": [900]}, facts=Said(can_warn=False))
    assert settled("visibility < 50 m or warning fog >= red", quiet) == ((False,) * 3, None)


def test_under_and_or_not_an_absent_part_makes_the_level_undecidable():
    fog = sight({"visibility": [10]})
    for text in (
        "visibility < 50 m and temperature < 0 degC",
        "visibility < 50 m and not temperature < 0 degC",
        "not observed visibility > 50 m",
        "temperature < 0 degC",
    ):
        (true, possible, undecidable), missing = settled(text, fog)
        assert (true, possible, undecidable) == (False, False, True), text
        assert missing in (["temperature"], ["observed visibility"])


def test_another_part_of_an_or_still_counts_beside_an_undecidable_one():
    (true, _, undecidable), missing = settled(
        "(visibility < 50 m) within 2 h or (visibility < 200 m and temperature < 0 degC) within 2 h",
        sight({"visibility": [10]}),
    )
    assert (true, undecidable, missing) == (True, True, ["temperature"])


def test_absence_is_settled_column_by_column():
    seen = sight(
        {"visibility": np.full((1, 3), 900, np.float32)},
        observed={"visibility": [10, 10, np.nan]},
        can_observe={"visibility": np.array([True, False, True])},
    )
    _, verdict = tried(condition("visibility < 50 m or observed visibility < 50 m"), seen)
    assert verdict.true[0].tolist() == [True, False, False]
    assert verdict.possible[0].tolist() == [True, False, True]
    _, verdict = tried(condition("visibility < 1000 m and observed visibility < 50 m"), seen)
    assert verdict.true[0].tolist() == [True, False, False]
    assert verdict.undecidable[0].tolist() == [False, True, False]


# --- floors, ranges, reach ------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("official", "expected"), [(0, 0), (1, 0), (2, 2), (3, 2), (4, 4), (-1, 0)]
)
def test_where_the_ladder_lacks_the_official_level_the_next_lower_one_stands(official, expected):
    seen = sight({"visibility": [900]}, facts=Said(warnings={"fog": [official]}))
    made = rule(yellow="visibility < 200 m", red="visibility < 50 m")
    assert Bound([made], BindFacts.of(seen, "zone")).evaluate(seen)[0].floor.tolist() == [expected]
    off = rule(yellow="visibility < 200 m", floor=False)
    assert Bound([off], BindFacts.of(seen, "zone")).evaluate(seen)[0].floor.tolist() == [0]


def test_a_rule_runs_on_its_own_columns_and_tags():
    seen = sight({"visibility": np.full((1, 5), 10, np.float32)})
    yes = {"visibility": np.ones(5, np.bool_)}
    tags = {"high": [False, False, True, False, True]}
    made = rule(yellow="visibility < 50 m")
    object.__setattr__(made, "tags", frozenset({"high"}))
    facts = BindFacts(5, {"zone": (1, 4), "mine": (0, 1)}, yes, {}, True, tags)
    verdict = Bound([made], facts).evaluate(seen)[0]
    assert (verdict.lo, verdict.hi) == (1, 4)
    assert verdict.applies.tolist() == verdict.true[0].tolist() == [False, True, False]


def test_ahead_looks_as_far_as_the_reach_and_the_gap():
    made = rule(yellow="(visibility < 200 m) within 3 h", red="(visibility < 50 m) within 1 h")
    assert made.reach.total_seconds() == 4 * 3600

    def ahead(at):
        line = [900] * 20
        line[at] = 100
        seen = sight({"visibility": line})
        verdict = Bound([made], BindFacts.of(seen, "zone")).evaluate(seen)[0]
        return bool(verdict.ahead_true[0]), bool(verdict.true[0, 0])

    assert ahead(3) == (True, True)
    assert ahead(10) == (True, False)
    assert ahead(11) == (False, False)


def test_clear_of_the_current_hour_is_three_valued():
    def clear(line):
        seen = sight({"visibility": line})
        verdict = Bound([rule(yellow="visibility < 200 m")], BindFacts.of(seen, "zone")).evaluate(seen)[0]
        return bool(verdict.clear_true[0]), bool(verdict.clear_possible[0])

    assert [clear([600]), clear([400]), clear([None])] == [(True, True), (False, False), (False, True)]


def test_a_rule_of_facts_alone_needs_no_clear():
    seen = sight({"visibility": [900]}, facts=Said(warnings={"fog": [3]}))
    made = rule(None, yellow="warning fog >= yellow and season year-end")
    verdict = Bound([made], BindFacts.of(seen, "zone")).evaluate(seen)[0]
    assert (verdict.facts_only, bool(verdict.true[0, 0]), bool(verdict.clear_true[0])) == (True,) * 3


def test_a_season_the_calendar_lacks_is_named():
    class Lacking(Said):
        def season(self, name):
            raise KeyError(name)

    seen = sight({"visibility": [900]}, facts=Lacking())
    with pytest.raises(BadInput, match="the calendar has no 'season torrents'"):
        tried(condition("season torrents"), seen)


def test_a_kind_of_place_the_county_lacks_gives_an_empty_verdict():
    seen = sight({"visibility": [10]})
    made = rule(yellow="visibility < 50 m or observed visibility < 50 m")
    bound = Bound([made], BindFacts(1, {"mine": (0, 1)}, {}, {}, True))
    verdict = bound.evaluate(seen)[0]
    assert (verdict.lo, verdict.hi, verdict.true.shape) == (0, 0, (1, 0))
    assert bound.undecidable_at("tried", 0, 0) == {}
