"""Hand-overs that must be confirmed: whoever was on duty stays, nobody is there twice and the post is
never empty for want of an answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from alerting.errors import SuianError
from alerting.people import handing, import_rosters
from alerting.people.duty import hand_over
from alerting.people.register import Person
from alerting.people.roster_changes import Desk, override
from alerting.people.rosters import shifts_of
from alerting.store.schema import audit, person
from alerting.store.schema_duty import duty, handover, roster
from tests.people.register import DAILY, SHANGHAI, Register, at

CONFIRMED = DAILY | {"confirm": True}


@pytest.fixture
def register() -> Register:
    """The office is handed over every morning, and a has it from the 5th on, confirmed."""
    made = Register()
    made.rosters(CONFIRMED)
    made.passes(at(5))
    takes_over(made, "office")
    return made


def takes_over(register: Register, post: str, by: str = "") -> bool:
    def does(connection: Any) -> bool:
        held = handing.open_at(connection, post)
        return handing.take_over(connection, held, by or held.incomer, "live", register.now)

    made: bool = register.does(does)
    register.passes(register.now)
    return made


def open_ones(register: Register) -> list[tuple[Any, ...]]:
    rows = register.rows(select(handover).where(handover.c.state == "open").order_by(handover.c.n))
    return [(row.outgoer, row.incomer, row.due, row.stage) for row in rows]


def leaves(register: Register, who: str) -> None:
    def does(connection: Any) -> None:
        connection.execute(update(person).where(person.c.id == who).values(active=False))
        connection.execute(update(roster).values(next=register.now))

    register.does(does)
    register.passes(register.now)


def puts_on(register: Register, who: str, begins: datetime, ends: datetime) -> None:
    by = Person("d", "d", "", "zh", "order")

    def does(connection: Any) -> None:
        desk = Desk(connection, SHANGHAI, "live", register.now, by)
        override(desk, "office", "replace", begins, ends, person=who, reason="x")

    register.does(does)
    register.passes(register.now)


def test_it_is_asked_for_ten_minutes_ahead_and_whoever_is_there_stays(register: Register) -> None:
    register.passes(at(6, 7, 49))
    assert open_ones(register) == []
    register.passes(at(6, 7, 50))
    assert open_ones(register) == [("a", "b", at(6), "ahead")]
    register.passes(at(6, 12))
    assert open_ones(register) == [("a", "b", at(6), "turn")]
    assert register.on("office") == ["a"]
    assert takes_over(register, "office")
    assert register.on("office") == ["b"]
    assert [(r.person, r.began, r.ended) for r in register.rows(select(duty))] == [
        ("a", at(5), at(6, 12)), ("b", at(6, 12), None),
    ]  # fmt: skip
    said = register.rows(select(audit.c.change).where(audit.c.action == "take over"))[-1].change
    assert (said["incomer"], said["outgoer"]) == ("b", "a")


def test_whoever_confirms_ahead_comes_when_their_shift_begins(register: Register) -> None:
    register.passes(at(6, 7, 55))
    assert takes_over(register, "office")
    register.passes(at(6, 7, 59))
    assert register.on("office") == ["a"]
    register.passes(at(6))
    assert register.on("office") == ["b"]
    assert open_ones(register) == []
    assert register.rows(select(handover.c.state).order_by(handover.c.n))[-1].state == "taken"


def test_whoever_never_confirms_is_passed_over_by_the_next(register: Register) -> None:
    register.passes(at(7, 7, 59))
    assert register.on("office") == ["a"]
    register.passes(at(7))
    assert open_ones(register) == [("a", "c", at(7), "turn")]
    register.passes(at(8))  # it is a's own turn again
    assert open_ones(register) == []
    assert register.on("office") == ["a"]


def test_of_who_cannot_nobody_is_asked_again_until_the_roster_is_changed(register: Register) -> None:
    register.passes(at(6, 7, 55))
    held = register.does(lambda c: handing.open_at(c, "office"))
    assert register.does(lambda c: handing.cannot(c, held, "b", "ill", "live", register.now))
    register.passes(at(6, 9))
    assert register.on("office") == ["a"]
    [row] = register.rows(select(handover).where(handover.c.state == "open"))
    assert (row.incomer, row.reason, row.said) == ("b", "ill", True)
    puts_on(register, "d", at(6, 9), at(7))
    assert open_ones(register) == [("a", "d", at(6, 9), "turn")]
    takes_over(register, "office")
    assert register.on("office") == ["d"]


def test_who_confirmed_ahead_may_still_say_that_they_cannot(register: Register) -> None:
    register.passes(at(6, 7, 55))
    takes_over(register, "office")
    [held] = register.does(handing.standing)
    assert register.does(lambda c: handing.cannot(c, held, "b", "ill", "live", register.now))
    register.passes(at(6, 8, 1))
    assert register.on("office") == ["a"]


def test_where_the_outgoer_has_left_the_incomer_is_on_duty_unconfirmed(register: Register) -> None:
    register.passes(at(6, 8, 5))
    leaves(register, "a")
    assert register.on("office") == ["b"]
    assert open_ones(register) == [(None, "b", at(6), "alone")]
    assert register.rows(select(audit.c.n).where(audit.c.action == "take over unconfirmed"))
    register.passes(at(6, 20))
    assert register.on("office") == ["b"]
    takes_over(register, "office")
    assert (register.on("office"), open_ones(register)) == (["b"], [])


def test_where_the_incomer_has_left_the_outgoer_stays_and_in_a_planned_gap_nobody(
    register: Register,
) -> None:
    register.passes(at(6, 8, 5))
    leaves(register, "b")
    assert (register.on("office"), open_ones(register)) == (["a"], [])
    register.passes(at(7))
    assert open_ones(register) == [("a", "c", at(7), "turn")]
    days = {**DAILY["layers"][0], "only": {"days": "mon-sun", "hours": "08:00-20:00"}}
    register.rosters(CONFIRMED | {"layers": [days]})
    register.passes(at(7, 19, 59))
    assert register.on("office") == ["a"]
    register.passes(at(7, 20))
    assert (register.on("office"), open_ones(register)) == ([], [])


def test_a_shift_that_moves_is_asked_for_anew(register: Register) -> None:
    register.passes(at(6, 7, 55))
    register.rosters(CONFIRMED | {"layers": [DAILY["layers"][0] | {"hand-over": "08:30"}]})
    register.passes(at(6, 7, 56))
    assert open_ones(register) == []
    register.passes(at(6, 8, 20))
    assert open_ones(register) == [("a", "b", at(6, 8, 30), "ahead")]


def test_where_nobody_need_confirm_any_more_the_roster_holds_at_once(register: Register) -> None:
    register.passes(at(6, 9))
    register.rosters(DAILY)
    register.passes(at(6, 9, 1))
    assert (register.on("office"), open_ones(register)) == (["b"], [])
    register.rosters(CONFIRMED)
    register.passes(at(7, 9))
    assert open_ones(register) == [("b", "c", at(7), "turn")]
    register.rosters()
    assert open_ones(register) == []


def test_of_what_a_stopped_service_missed_the_last_turn_is_asked_for(register: Register) -> None:
    register.now = at(10, 9)
    register.does(lambda c: hand_over(c, SHANGHAI, "live", register.now))
    assert open_ones(register) == [("a", "c", at(10), "turn")]
    [row] = register.rows(select(handover.c.must_by).where(handover.c.state == "open"))
    assert row.must_by == at(10, 9, 20)


def test_a_clock_set_back_over_the_turn_asks_for_it_ahead_again(register: Register) -> None:
    register.passes(at(6, 8, 5))
    register.now = at(6, 7, 5)
    register.does(lambda c: c.execute(update(roster).values(next=register.now)))
    register.passes(at(6, 7, 6))
    assert (register.on("office"), len(open_ones(register))) == (["a"], 1)
    register.passes(at(6, 8, 1))
    assert (register.on("office"), len(open_ones(register))) == (["a"], 1)


@pytest.mark.parametrize(("first", "turn"), [
    ("2026-03-07", datetime(2026, 3, 8, 12, tzinfo=UTC)), ("2026-10-31", datetime(2026, 11, 1, 13, tzinfo=UTC)),
])  # fmt: skip
def test_it_is_asked_for_ten_minutes_ahead_on_the_wall_when_the_clock_jumps(
    first: str, turn: datetime
) -> None:
    """In New York the night of 11 hours ends at 12:00 UTC, the one of 13 at 13:00."""
    zone, register = ZoneInfo("America/New_York"), Register()
    rules = {"post": "office", "confirm": "30 minutes", "layers": [
        {"people": ["a", "b"], "every": "12 hours", "hand-over": "20:00", "from": first},
    ]}  # fmt: skip
    register.does(lambda c: import_rosters(c, {"office": rules}, zone, "live", register.now, "config"))
    for register.now in (turn - timedelta(hours=8), turn - timedelta(minutes=10)):
        register.does(lambda c: c.execute(update(roster).values(next=register.now)))
        register.does(lambda c: hand_over(c, zone, "live", register.now))
        if register.now < turn - timedelta(hours=1):
            takes_over_in(register, zone)
    assert open_ones(register) == [("a", "b", turn, "ahead")]
    [row] = register.rows(select(handover.c.must_by).where(handover.c.state == "open"))
    assert row.must_by == turn + timedelta(minutes=30)


def takes_over_in(register: Register, zone: ZoneInfo) -> None:
    def does(connection: Any) -> None:
        held = handing.open_at(connection, "office")
        handing.take_over(connection, held, held.incomer, "live", register.now)
        hand_over(connection, zone, "live", register.now)

    register.does(does)


MOVES = st.one_of(
    st.tuples(st.just("passes"), st.sampled_from([1, 9, 10, 11, 60, 7 * 60, 12 * 60, 24 * 60, 50 * 60])),
    st.tuples(st.sampled_from(["confirms", "cannot", "restarts"]), st.just("")),
    st.tuples(st.just("leaves"), st.sampled_from("abc")),
    st.tuples(st.just("puts on"), st.sampled_from("abcd")),
    st.tuples(st.just("roster"), st.sampled_from(["abc", "ca", "b", "dcb"])),
)


@pytest.mark.sqlite  # a database for each of its examples
@settings(max_examples=60, deadline=None)
@given(st.lists(MOVES, max_size=14))
def test_whatever_happens_somebody_is_there_and_nobody_twice(moves: list[tuple[str, Any]]) -> None:
    register = Register()
    register.rosters(CONFIRMED)
    register.passes(at(5))
    for what, given_ in moves:
        before = register.on("office")
        held = register.does(lambda c: handing.open_at(c, "office"))
        if what == "passes":
            register.passes(register.now + timedelta(minutes=given_))
        elif what == "confirms" and held is not None:
            takes_over(register, "office")
            begun = held.due <= register.now
            assert register.on("office")[0] == (held.incomer if begun else before[0])
        elif what == "cannot" and held is not None:
            register.does(lambda c, h=held: handing.cannot(c, h, h.incomer, "x", "live", register.now))
            register.passes(register.now)
            assert register.on("office") == before
        elif what == "restarts":  # all is looked at again, and nothing comes of it
            register.does(lambda c: c.execute(update(roster).values(next=register.now)))
            register.passes(register.now)
            assert register.on("office") == before
        elif what == "leaves":
            leaves(register, given_)
            assert given_ not in register.on("office")
        elif what == "puts on":
            _puts_on_if_it_can(register, given_)
        elif what == "roster":
            register.rosters(CONFIRMED | {"layers": [DAILY["layers"][0] | {"people": list(given_)}]})
            register.passes(register.now)
        _holds(register, before, what)


def _puts_on_if_it_can(register: Register, who: str) -> None:
    try:
        puts_on(register, who, register.now, register.now + timedelta(hours=5))
    except SuianError:  # the change of before is in its way, or they are on duty already
        register.passes(register.now)


def _holds(register: Register, before: list[str], what: str) -> None:
    on = register.on("office")
    known = {r.id for r in register.rows(select(person.c.id).where(person.c.active))}
    now = register.does(
        lambda c: shifts_of(c, "office", SHANGHAI, register.now, register.now + timedelta(seconds=1)))[0]
    # Never empty for want of an answer: somebody of the shift, or whoever was there, is.
    assert on or not (now.people or set(before) & known), (before, what)
    # Whoever is new there is of the shift that runs, or has confirmed it.
    assert set(on) <= set(before) | set(now.people) or what == "passes"
    rows = register.rows(select(handover).where(handover.c.state == "open"))
    assert len(rows) <= 1
    for row in rows:  # who is asked is not on duty, unless nobody was there to stay
        assert row.incomer not in on or row.outgoer is None or row.due > register.now
    served = register.rows(select(duty).where(duty.c.ended.is_(None)).where(duty.c.post == "office"))
    assert [r.rank for r in served] == list(range(len(served)))
