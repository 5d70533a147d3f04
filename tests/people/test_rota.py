"""The arithmetic of rosters, on clocks that jump and on one that does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.people.rota import (
    Hours,
    Layer,
    Override,
    Rota,
    Shift,
    Temporary,
    Unit,
    base,
    gaps,
    meets,
    moment,
    schedule,
    shifts_of,
    turns,
)

NEW_YORK, LONDON, SHANGHAI = map(
    ZoneInfo, ("America/New_York", "Europe/London", "Asia/Shanghai")
)
DAYS = timedelta(days=1)
EVERY_DAY = frozenset(range(7))
WORKDAYS = frozenset(range(5))

zones = st.sampled_from([NEW_YORK, LONDON, SHANGHAI])
minutes = st.integers(0, 24 * 60 - 1)
# Around the days on which clocks jump in New York and London, and half a year from them.
starts = st.one_of(
    st.dates(date(2026, 3, 1), date(2026, 4, 5)), st.dates(date(2026, 10, 20), date(2026, 11, 8)),
    st.dates(date(2026, 1, 1), date(2026, 12, 31)),
)  # fmt: skip
hours = st.builds(
    Hours, days=st.frozensets(st.integers(0, 6), min_size=1), begins=minutes, ends=minutes
)


@st.composite
def layers(
    draw: st.DrawFn, only: st.SearchStrategy[Hours | None] = st.none() | hours,
    units: tuple[Unit, ...] = ("hours", "days", "weeks", "months"),
) -> Layer:  # fmt: skip
    unit = draw(st.sampled_from(units))
    people = tuple(draw(st.permutations("abcd")))[: draw(st.integers(1, 4))]
    at = draw(minutes)
    return Layer(people, draw(st.integers(1, 13)), unit, time(at // 60, at % 60), draw(starts),
                 draw(only))  # fmt: skip


@st.composite
def spans(draw: st.DrawFn) -> tuple[datetime, datetime]:
    day = datetime.combine(draw(starts), time(), UTC)
    begins = day + timedelta(minutes=draw(st.integers(0, 3 * 24 * 60)))
    return begins, begins + timedelta(minutes=draw(st.integers(1, 20 * 24 * 60)))


@settings(deadline=None)
@given(layers(only=st.none()), zones, spans())
def test_turns_tile_time(layer: Layer, zone: ZoneInfo, span: tuple[datetime, datetime]) -> None:
    begins, ends = span
    found = turns(layer, zone, begins, ends)
    start = moment(datetime.combine(layer.first, layer.at), zone)
    if start >= ends:
        assert found == []
        return
    assert found[0].begins <= max(begins, start) < found[0].ends
    assert found[-1].begins < ends <= found[-1].ends
    for one, after in pairwise(found):
        assert one.begins < one.ends == after.begins


@settings(deadline=None)
@given(layers(only=st.none(), units=("days", "weeks", "months")), zones, spans())
def test_hands_over_when_the_clock_on_the_wall_says_so(
    layer: Layer, zone: ZoneInfo, span: tuple[datetime, datetime]
) -> None:
    for turn in turns(layer, zone, *span):
        shown = turn.begins.astimezone(zone)
        skipped = moment(shown.replace(tzinfo=None), zone) != turn.begins or (
            (turn.begins - timedelta(seconds=1)).astimezone(zone).utcoffset() < shown.utcoffset()
        )
        assert shown.time() == layer.at or skipped
        assert shown.fold == 0  # of an hour shown twice, the first


@pytest.mark.parametrize(("zone", "spring", "autumn"), [
    (NEW_YORK, date(2026, 3, 8), date(2026, 11, 1)), (LONDON, date(2026, 3, 29), date(2026, 10, 25)),
])  # fmt: skip
def test_a_night_is_an_hour_shorter_or_longer_when_the_clock_jumps(
    zone: ZoneInfo, spring: date, autumn: date
) -> None:
    layer = Layer(("a", "b"), 12, "hours", time(20), date(2026, 1, 1))

    def night(day: date) -> Shift:
        evening = moment(datetime.combine(day - DAYS, time(20)), zone)
        [found] = turns(layer, zone, evening, evening + timedelta(hours=1))
        return found

    for day, long in ((spring, 11), (autumn, 13), (autumn + DAYS, 12)):
        found = night(day)
        assert found.begins.astimezone(zone).time() == time(20)
        assert found.ends.astimezone(zone).time() == time(8)
        assert found.ends - found.begins == timedelta(hours=long)
        assert found.people == ("a",)  # days are b's, in every season


def test_a_time_that_is_skipped_is_the_jump_and_one_shown_twice_the_first() -> None:
    jump = datetime(2026, 3, 8, 7, tzinfo=UTC)
    assert moment(datetime(2026, 3, 8, 2, 30), NEW_YORK) == jump
    assert moment(datetime(2026, 3, 8, 2, 0), NEW_YORK) == jump
    assert moment(datetime(2026, 3, 8, 3, 0), NEW_YORK) == jump
    assert moment(datetime(2026, 11, 1, 1, 30), NEW_YORK) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_the_hour_that_is_skipped_is_nobodys_turn() -> None:
    layer = Layer(("a", "b"), 1, "hours", time(0), date(2026, 3, 8))
    found = turns(layer, NEW_YORK, datetime(2026, 3, 8, 5, tzinfo=UTC),
                  datetime(2026, 3, 8, 9, tzinfo=UTC))  # fmt: skip
    assert [s.people[0] for s in found] == ["a", "b", "b", "a"]
    assert {s.ends - s.begins for s in found} == {timedelta(hours=1)}


def test_a_month_without_a_31st_ends_on_its_last_day() -> None:
    layer = Layer(("a", "b"), 1, "months", time(8), date(2026, 1, 31))
    found = turns(layer, SHANGHAI, datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC))
    days = [s.begins.astimezone(SHANGHAI).date() for s in found]
    assert days == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]


def test_who_was_on_duty_on_friday_is_not_again_on_monday() -> None:
    hours = Hours(WORKDAYS, 8 * 60, 18 * 60)
    layer = Layer(("a", "b", "c"), 1, "days", time(8), date(2026, 1, 5), hours)  # a Monday
    found = shifts_of(layer, SHANGHAI, datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 16, tzinfo=UTC))
    assert "".join(s.people[0] for s in found) == "abcabcabc"
    assert all(s.ends - s.begins == timedelta(hours=10) for s in found)


def test_hours_may_go_over_midnight() -> None:
    nights = Hours(frozenset({4}), 20 * 60, 8 * 60)  # of Fridays
    layer = Layer(("a",), 1, "weeks", time(8), date(2026, 1, 5), nights)
    [found] = shifts_of(layer, SHANGHAI, datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 12, tzinfo=UTC))
    assert found.begins.astimezone(SHANGHAI) == datetime(2026, 1, 9, 20, tzinfo=SHANGHAI)
    assert found.ends.astimezone(SHANGHAI) == datetime(2026, 1, 10, 8, tzinfo=SHANGHAI)


@settings(max_examples=40, deadline=None)
@given(layers(only=hours, units=("hours", "days")))
def test_people_follow_one_another_whatever_the_hours(layer: Layer) -> None:
    begins = moment(datetime.combine(layer.first, layer.at), SHANGHAI)
    whole = turns(layer, SHANGHAI, begins, begins + 15 * DAYS)
    shifts = shifts_of(layer, SHANGHAI, begins, begins + 15 * DAYS)
    served = [turn.people[0] for turn in whole
              if any(s.begins < turn.ends and turn.begins < s.ends for s in shifts)]  # fmt: skip
    assert served == [layer.people[n % len(layer.people)] for n in range(len(served))]


rotas = st.builds(
    Rota, layers=st.lists(layers(), min_size=1, max_size=3).map(tuple), zone=zones
)


@settings(max_examples=60, deadline=None)
@given(rotas, spans())
def test_at_every_moment_one_of_the_last_layer_that_speaks(
    rota: Rota, span: tuple[datetime, datetime]
) -> None:
    found = schedule(rota, [], *span)
    for one, after in pairwise(found):
        assert one.begins < one.ends == after.begins
        assert one.people or after.people
    for shift in found:
        for at in {max(shift.begins, span[0]), min(shift.ends, span[1]) - timedelta(seconds=1)}:
            if not shift.begins <= at < shift.ends:
                continue
            speak = [s for layer in rota.layers
                     for s in shifts_of(layer, rota.zone, at, at + timedelta(seconds=1))]  # fmt: skip
            assert shift.people == (speak[-1].people if speak else ())


@settings(max_examples=60, deadline=None)
@given(rotas, spans(), st.integers(0, 10), st.integers(0, 10))
def test_a_shift_is_the_same_however_it_is_looked_at(
    rota: Rota, span: tuple[datetime, datetime], before: int, after: int
) -> None:
    wide = base(rota, span[0] - before * DAYS, span[1] + after * DAYS)
    assert base(rota, *span) == [s for s in wide if s.begins < span[1] and s.ends > span[0]]


DAILY = Rota((Layer(("a", "b", "c"), 1, "days", time(8), date(2026, 1, 5)),), SHANGHAI)


def of(day: int, hour: int = 8) -> datetime:
    """A moment of January, local."""
    return datetime(2026, 1, day, hour, tzinfo=SHANGHAI).astimezone(UTC)


def on(found: list[Shift]) -> list[tuple[tuple[str, ...], datetime, datetime]]:
    return [(s.people, s.begins, s.ends) for s in found]


def test_an_override_changes_its_part_of_one_shift() -> None:
    evening = Override(1, "replace", of(6, 18), of(7), "x", of(6), "b")
    besides = Override(2, "add", of(7), of(7, 12), "y", of(7), "c")
    nobody = Override(3, "remove", of(8), of(9), None, of(8), "a")
    expected = [
        (("a",), of(5), of(6)), (("b",), of(6), of(6, 18)), (("x",), of(6, 18), of(7)),
        (("c", "y"), of(7), of(7, 12)), (("c",), of(7, 12), of(8)), ((), of(8), of(9)),
        (("b",), of(9), of(10)),
    ]  # fmt: skip
    assert on(schedule(DAILY, [evening, besides, nobody], of(5), of(10))) == expected
    assert on(schedule(DAILY, [nobody, evening, besides], of(5), of(10))) == expected
    assert on(gaps(DAILY, [nobody], of(5), of(10))) == [((), of(8), of(9))]


@pytest.mark.parametrize("change", [
    {"first": date(2026, 1, 6)}, {"people": ("a", "c", "b")}, {"at": time(9)}, {"every": 2},
])  # fmt: skip
def test_one_that_no_longer_meets_its_shift_changes_nothing(change: dict[str, object]) -> None:
    override = Override(1, "replace", of(6, 18), of(7), "x", of(6), "b")
    assert meets(DAILY, override)
    moved = replace(DAILY, layers=(replace(DAILY.layers[0], **change),))  # type: ignore[arg-type]
    assert not meets(moved, override)
    assert schedule(moved, [override], of(5), of(10)) == schedule(moved, [], of(5), of(10))


def test_who_fills_a_gap_is_no_second_person_once_it_is_filled_otherwise() -> None:
    day = Layer(("a",), 1, "days", time(8), date(2026, 1, 5), Hours(EVERY_DAY, 8 * 60, 20 * 60))
    rota = Rota((day,), SHANGHAI)
    night = Override(1, "add", of(6, 20), of(7), "x")
    assert on(schedule(rota, [night], of(6), of(7)))[-1] == (("x",), of(6, 20), of(7))
    late = replace(rota, layers=(day, replace(day, people=("n",), only=Hours(EVERY_DAY, 22 * 60, 8 * 60))))
    assert not meets(late, night)
    assert all(len(s.people) <= 1 for s in schedule(late, [night], of(6), of(7)))


def test_a_temporary_roster_replaces_the_rules_whole() -> None:
    feast = Temporary(of(6, 12), of(8, 12), (Shift(of(6, 12), of(7), ("x",), of(6, 12)),
                                             Shift(of(7, 12), of(8, 12), ("y",), of(7, 12))))  # fmt: skip
    rota = replace(DAILY, temporary=(feast,))
    assert on(schedule(rota, [], of(6), of(9))) == [
        (("b",), of(6), of(6, 12)), (("x",), of(6, 12), of(7)), ((), of(7), of(7, 12)),
        (("y",), of(7, 12), of(8, 12)), (("a",), of(8, 12), of(9)),
    ]  # fmt: skip
    other = Temporary(of(10), of(11), ())
    both = [replace(DAILY, temporary=order) for order in ((feast, other), (other, feast))]
    assert schedule(both[0], [], of(5), of(12)) == schedule(both[1], [], of(5), of(12))


def test_who_has_left_is_not_on_duty() -> None:
    assert on(gaps(DAILY, [], of(5), of(9), active={"a", "c"})) == [((), of(6), of(7))]


def test_before_it_begins_it_says_nothing() -> None:
    assert DAILY.starts == of(5)
    assert schedule(DAILY, [], of(1), of(5)) == []
    assert on(schedule(DAILY, [], of(1), of(6))) == [(("a",), of(5), of(6))]


@settings(max_examples=25, deadline=None)
@given(rotas, st.integers(0, 40), st.integers(1, 20), st.data())
def test_overrides_do_not_ask_in_which_order_they_came(
    rota: Rota, after: int, days: int, data: st.DataObject
) -> None:
    begins = rota.starts + after * DAYS  # before a rota begins there is nothing to change
    span = begins, begins + days * DAYS
    shifts = base(rota, *span)
    made = []
    for number, shift in enumerate(shifts[:6]):
        part = max(timedelta(seconds=1), (shift.ends - shift.begins) // 2)
        kind = data.draw(st.sampled_from(["add", "remove", "replace"]))
        person = None if kind == "remove" else "x"
        made.append(Override(number, kind, shift.begins, shift.begins + part, person, shift.turn,
                             shift.people[0]))  # fmt: skip
    assert all(meets(rota, one) for one in made)
    expected = schedule(rota, made, *span)
    assert schedule(rota, data.draw(st.permutations(made)), *span) == expected
    assert all(one.begins < span[1] and one.ends > span[0] for one in expected)
    for one, after in pairwise(expected):
        assert one.ends == after.begins
