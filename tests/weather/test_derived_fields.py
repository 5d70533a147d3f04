"""What the fields derive: only what is asked for, the same however they came to it, and kept on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from alerting.rulebook.binding import BindFacts
from alerting.rulebook.evaluate import Bound
from alerting.rulebook.explain import explain
from alerting.rulebook.wording import sentence
from alerting.signals import Forecast, Observation, Spot
from alerting.vocabulary import QUANTITIES
from alerting.weather import FIRE_START, Column, Fields, SourceFacts
from alerting.weather.fire import Codes, Noon, codes, danger
from alerting.weather.fire_days import noon_of
from alerting.weather.recipes import RECIPES
from alerting.weather.window import hour_of
from tests.rulebook.sights import Said, rule
from tests.weather.test_field_properties import same, take
from tests.weather.weather_sky import FAR, LOW, NAN, START, fields, hour, hours_of, look, run, seen

PARTS = frozenset({"temperature", "humidity", "precipitation", "rain", "wind_speed"})
WHOLE = SourceFacts("model", timedelta(hours=12), PARTS, "forecast", 1)
STATION = SourceFacts("station", timedelta(hours=1), PARTS, "observation", 0)
ALL = frozenset(RECIPES) - PARTS
# Shrinking a story of 130 hours takes minutes, and makes it little shorter.
STORIES = settings(max_examples=50, deadline=None, phases=(Phase.reuse, Phase.generate))


def weather(hours: int, **other: Any) -> dict[str, list[float]]:
    calm: dict[str, float] = {"temperature": 5, "humidity": 60, "precipitation": 0, "rain": 0,
                              "wind_speed": 3}  # fmt: skip
    return {q: [v] * hours for q, v in (calm | other).items()}


def sky(*sources: SourceFacts, columns: tuple[Column, ...] = (LOW,), **settings: Any) -> Fields:
    made = fields(*(sources or (WHOLE,)), columns=columns, **settings)
    made.need(ALL)
    return made


# What is made, and when ---------------------------------------------------------------------------


def test_nothing_is_derived_that_no_rule_asks_for() -> None:
    f = fields(WHOLE)
    f.need({"temperature"})
    f.take_forecast(run(weather(24)))
    assert look(f, 0).derived == frozenset()
    f.need({"wind_chill"})
    assert look(f, 0).derived == {"wind_chill"}


def test_all_is_derived_and_named_in_both_languages() -> None:
    f = sky()
    f.take_forecast(run(weather(60), start=-24, spots=(LOW,)))
    sight = look(f, 20)
    assert sight.derived >= ALL
    for quantity in sorted(ALL):
        assert sight.can_say[quantity].all(), quantity
        assert not np.isnan(sight.values[quantity][sight.now_row, 0]), quantity
        assert f.origin(quantity, 0, sight.now_row).kind == "derived"
        assert QUANTITIES[quantity].zh != QUANTITIES[quantity].en
        values = sight.values[quantity][~np.isnan(sight.values[quantity])]
        assert values.dtype == np.float32
        assert (values >= QUANTITIES[quantity].low).all()
        assert (values <= QUANTITIES[quantity].high).all()


def test_a_source_of_temperatures_alone_still_has_a_surface() -> None:
    only = SourceFacts("model", timedelta(hours=6), frozenset({"temperature"}), "forecast")
    f = sky(only)
    f.take_forecast(run({"temperature": [0] * 24}, spots=(LOW,)))
    # From 08:00 local: the sun is up until evening, and what is not known is a clear night.
    assert hours_of(look(f, 0), "surface_temperature", first=2, count=1) == [-1]
    assert hours_of(look(f, 0), "surface_temperature", first=14, count=1) == [-3]
    assert not look(f, 0).can_say["road_ice"].any()


reading = st.sampled_from([NAN, -4.0, -1.0, 1.0, 4.0])
wet = st.sampled_from([NAN, 0.0, 0.0, 2.0])


def a_run(column: Column) -> st.SearchStrategy[Forecast]:
    def made(t: list[float], p: list[float], issued: int, start: int) -> Forecast:
        long = len(t)
        return run(weather(long) | {"temperature": t, "precipitation": (p * long)[:long],
                                    "rain": (p * long)[:long]},
                   issued=issued, start=start, spots=(column,))  # fmt: skip

    return st.builds(made, st.lists(reading, min_size=30, max_size=60),
                     st.lists(wet, min_size=1, max_size=9),
                     st.integers(-8, 3), st.integers(-30, 3))  # fmt: skip


def a_reading(column: Column) -> st.SearchStrategy[Observation]:
    return st.builds(
        lambda t, p, at: seen({"temperature": t, "precipitation": p}, at, near=column),
        st.sampled_from([-3.0, 0.5, 4.0]), st.sampled_from([0.0, 1.0]), st.integers(-20, 3),
    )  # fmt: skip


@STORIES
@given(
    st.lists(st.one_of(a_run(LOW), a_reading(LOW), a_run(FAR)), min_size=1, max_size=4),
    # Soon, before an overdue source has all made anew; or when much has left the window.
    st.one_of(st.integers(4, 9), st.integers(60, 130)),
)
def test_looking_in_between_makes_no_difference(
    signals: list[Forecast | Observation], later: int
) -> None:
    often, once = (sky(WHOLE, STATION, columns=(LOW, FAR)) for _ in range(2))
    often.advance(hour(3))
    once.advance(hour(3))
    for s in signals:
        look(take(often, s), 3)
    take(once, *signals)
    for n in range(4, later):
        look(often, n)
        once.advance(hour(n))
    same(look(often, later), look(once, later))


@STORIES
@given(st.lists(st.one_of(a_run(LOW), a_reading(LOW)), min_size=1, max_size=3))
def test_one_run_alone_is_derived_as_the_fields_are(
    signals: list[Forecast | Observation],
) -> None:
    f = sky(WHOLE, STATION)
    f.advance(hour(3))
    take(f, *signals)
    sight = look(f, 3)
    for read in f.run_sights(hour(3), sight.facts, np.array([0]))[-1:]:
        ahead = slice(sight.now_row, min(sight.rows, read.sight.rows))
        for quantity in ("line_ice", "road_ice", "fire_danger", "surface_temperature"):
            np.testing.assert_array_equal(
                read.sight.values[quantity][ahead, 0], sight.values[quantity][ahead, 0], quantity
            )


# Ice that outlasts the window ---------------------------------------------------------------------


def test_ice_is_still_known_when_its_rain_has_left_the_window() -> None:
    f = sky()
    f.take_forecast(run(weather(12, temperature=4), spots=(LOW,), accepted=0))
    glaze = weather(24, temperature=-1, humidity=100, precipitation=2, rain=2)
    f.take_forecast(run(glaze, issued=12, start=12, spots=(LOW,), accepted=12))
    held = None
    for n in range(36, 200, 12):
        frozen = weather(24, temperature=-2)
        f.take_forecast(run(frozen, issued=n, start=n, spots=(LOW,), accepted=n))
        sight = look(f, n)
        now = hours_of(sight, "line_ice", count=1)[0]
        held = held or now
        assert now == held
        road = hours_of(sight, "road_ice", count=1)[0]
        assert road is not None
        assert 40 < road <= 48
    assert held is not None
    assert held > 20


def test_ice_is_unknown_after_an_outage_until_it_thaws() -> None:
    f = sky()
    f.take_forecast(run(weather(6, temperature=4), spots=(LOW,), accepted=0))
    f.take_forecast(run(weather(30, temperature=-2), issued=40, start=40, spots=(LOW,), accepted=40))
    assert hours_of(look(f, 41), "line_ice", count=1) == [None]
    assert hours_of(look(f, 41), "road_ice", count=1) == [None]
    f.take_forecast(run(weather(6, temperature=6), issued=44, start=44, spots=(LOW,), accepted=44))
    assert hours_of(look(f, 44), "line_ice", count=1) == [0]
    assert hours_of(look(f, 44), "road_ice", count=1) == [0]


# Fire danger from day to day ----------------------------------------------------------------------

CHINA = fields().zone
TODAY = START.date().toordinal()


def day_of(n: int, **other: float) -> Forecast:
    """The 24 hours up to a day's noon (12:00 in Beijing's time), coming in at that noon."""
    noon = noon_of(TODAY + n, CHINA) - hour_of(START)
    return run(weather(24, **other), issued=noon, start=noon - 23, spots=(LOW,), accepted=noon)


def seasons(days: int) -> list[dict[str, float]]:
    draw = np.random.default_rng(7)
    return [
        {"temperature": round(float(draw.uniform(5, 25)), 1),
         "humidity": float(draw.integers(20, 90)),
         "precipitation": float(draw.choice([0, 0, 0, 0.2])),
         "wind_speed": float(draw.integers(1, 9))}
        for _ in range(days)
    ]  # fmt: skip


def reckoned(days: list[dict[str, float]], first: int = TODAY) -> float:
    """The same with the equations alone, from the day `first`."""
    state = Codes(*(np.array([v], np.float32) for v in FIRE_START))
    lat = np.array([LOW.lat], np.float32)
    for n, day in enumerate(days):
        noon = Noon(*(np.array([day[q]], np.float32) for q in Noon._fields))
        noon = noon._replace(precipitation=noon.precipitation * 24)
        month = date.fromordinal(first + n).month
        state = codes(state, noon, month, lat)
    return round(float(danger(state, noon.wind_speed)[0]), 3)


def now_of(f: Fields, day: int) -> list[float | None]:
    noon = noon_of(TODAY + day, CHINA) - hour_of(START)
    return hours_of(look(f, noon), "fire_danger", count=1)


@pytest.mark.parametrize("hourly", [False, True])
def test_a_season_through_the_fields_is_what_the_equations_say(hourly: bool) -> None:
    f, days = sky(), seasons(12)
    for n, day in enumerate(days):
        for before in range(24 * hourly, 0, -1):
            f.advance(hour(noon_of(TODAY + n, CHINA) - hour_of(START) - before))
        f.take_forecast(day_of(n, **day))
        assert now_of(f, n) == [pytest.approx(reckoned(days[: n + 1]), abs=2e-3)], n


def test_a_noon_s_danger_holds_until_the_next() -> None:
    f = sky()
    f.take_forecast(day_of(0, temperature=20, humidity=30))
    f.take_forecast(day_of(1, temperature=25, humidity=20))
    sight = look(f, noon_of(TODAY + 1, CHINA) - hour_of(START))
    before = hours_of(sight, "fire_danger", first=-24, count=25)
    assert len(set(before[:24])) == 1
    assert before[24] is not None
    assert before[23] is not None
    assert before[24] > before[23]


def test_a_restart_from_the_stored_signals_finds_the_same_codes() -> None:
    days = seasons(75)
    lived = sky()
    for n, day in enumerate(days):
        lived.take_forecast(day_of(n, **day))
    again = sky()
    for n, day in list(enumerate(days))[-62:]:
        again.take_forecast(day_of(n, **day))
    assert now_of(again, 74) == now_of(lived, 74)
    # It is what the last 60 days make of the start, and no more.
    assert now_of(lived, 74)[0] == pytest.approx(reckoned(days[-60:], TODAY + 15), abs=2e-3)


def test_a_missing_day_is_unknown_and_counts_as_dry() -> None:
    days = seasons(8)
    wet = [*days[:4], days[4] | {"precipitation": 0.5}, *days[5:]]
    whole, gapped = sky(), sky()
    for n, day in enumerate(wet):
        whole.take_forecast(day_of(n, **day))
        if n != 4:
            gapped.take_forecast(day_of(n, **day))
        else:
            gapped.advance(hour(noon_of(TODAY + n, CHINA) - hour_of(START)))
            assert now_of(gapped, n) == [None]
    (missed,), (known,) = now_of(gapped, 7), now_of(whole, 7)
    assert missed is not None
    assert known is not None
    assert missed > known
    as_if = [*days[:4], days[3] | {"precipitation": 0.0}, *days[5:]]
    assert missed == pytest.approx(reckoned(as_if), abs=2e-3)


def test_after_an_outage_the_danger_is_unknown_until_the_duff_is_known() -> None:
    f, days = sky(), seasons(30)
    told = {}
    for n, day in enumerate(days):
        if not 5 <= n < 9:
            f.take_forecast(day_of(n, **day))
        told[n] = now_of(f, n)[0] is not None
    assert [n for n, known in told.items() if known] == [*range(5), *range(24, 30)]


def test_a_district_may_say_how_dry_it_was_before() -> None:
    wet, dry = sky(), sky(fire_start=(90.0, 60.0, 400.0))
    for f in (wet, dry):
        f.take_forecast(day_of(0, temperature=20, humidity=30))
    (low,), (high,) = now_of(wet, 0), now_of(dry, 0)
    assert low is not None
    assert high is not None
    assert high > 2 * low


# Degree hours in a rule's window -------------------------------------------------------------------


def test_degree_hours_follow_the_district_s_base() -> None:
    f = sky(heating_base=16.0)
    f.take_forecast(run(weather(24, temperature=-4), spots=(LOW,)))
    assert hours_of(look(f, 0), "heating_degrees", count=2) == [20, 20]


# In a rule, and in its words -----------------------------------------------------------------------

STORM = weather(28, humidity=95) | {  # four hours of freezing rain, the last of them now
    "temperature": [4.0] * 24 + [-2.0] * 4,
    "precipitation": [0.0] * 24 + [2.0] * 4,
    "rain": [0.0] * 24 + [2.0] * 4,
}


@pytest.mark.parametrize(
    ("condition", "zh", "en"),
    [
        ("line_ice >= 3 mm", "电线覆冰厚度 1月20日08时 3.4 mm ≥ 3 mm（推算）",
         "ice on lines 3.4 mm ≥ 3 mm (derived) at 08:00 on 20 Jan"),
        ("road_ice >= 6 mm", "路面结冰（水量） 1月20日08时 8 mm ≥ 6 mm（推算）",
         "ice on the road (water) 8 mm ≥ 6 mm (derived) at 08:00 on 20 Jan"),
        ("surface_temperature < -2 degC", "地表温度 1月20日05时 -3 °C < -2 °C（推算）",
         "surface temperature -3 °C < -2 °C (derived) at 05:00 on 20 Jan"),
        ("wind_chill <= -5 degC", "风寒温度 1月20日05时 -5.9 °C ≤ -5 °C（推算）",
         "wind chill -5.9 °C ≤ -5 °C (derived) at 05:00 on 20 Jan"),
        ("frost = 1", "结霜 1月20日05时（推算）",
         "hoar frost (derived) at 05:00 on 20 Jan"),
        ("sum(heating_degrees, 24 h) >= 300 K*h", "24小时累计采暖度时 1月20日08时 360 °C·h ≥ 300 °C·h（推算）",
         "24 h heating degree hours 360 °C·h ≥ 300 °C·h (derived) at 08:00 on 20 Jan"),
    ],
)  # fmt: skip
def test_a_rule_names_it_and_its_reason_marks_it(condition: str, zh: str, en: str) -> None:
    f = sky()
    f.take_forecast(run(STORM, start=-27, spots=(LOW,)))
    seen = f.sight(hour(0), Said())
    bound = Bound([rule(None, yellow=condition)], BindFacts.of(seen, "zone"))
    why = explain(bound, "tried", seen, 0, f.origin)
    assert why.levels == {"yellow": "true"}
    assert sentence(why, "zh", CHINA) == zh
    assert sentence(why, "en", CHINA) == en


def test_a_moved_temperature_is_marked_where_it_was_moved() -> None:
    f = fields(WHOLE, columns=(LOW, FAR))
    spots = (Spot("low", LOW.lat, LOW.lon, 1500.0), Spot("far", FAR.lat, FAR.lon, FAR.elevation))
    f.take_forecast(replace(run(weather(4, temperature=-5), spots=(LOW, FAR)), spots=spots, id=""))
    seen = f.sight(hour(0), Said(columns=2))
    bound = Bound([rule(None, yellow="temperature < 0 degC")], BindFacts.of(seen, "zone"))
    low, far = (sentence(explain(bound, "tried", seen, n, f.origin), "en", CHINA) for n in (0, 1))
    assert low == "temperature -1.1 °C < 0 °C (derived) at 08:00 on 20 Jan"
    assert far == "temperature -5 °C < 0 °C at 08:00 on 20 Jan"
