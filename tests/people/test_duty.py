"""Who is on duty now: written down at every hand-over, asked by everybody in the same way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, insert, select, update

from alerting.people import import_rosters, list_of, posts_held
from alerting.people.duty import BATCH, hand_over, next_hand_over
from alerting.store.schema import audit, holder, person, post
from alerting.store.schema_duty import duty, roster
from tests.people.register import DAILY, SHANGHAI, Register, at


@pytest.fixture
def register() -> Register:
    return Register()


def test_before_its_first_turn_a_post_is_held_as_the_table_says(register: Register) -> None:
    register.rosters(DAILY)
    register.passes(at(5, 7, 59))
    assert register.on("office") == ["d"]
    register.passes(at(5))
    assert register.on("office") == ["a"]
    assert register.on("police") == ["c", "d"]


def test_a_post_is_handed_over_at_the_end_of_each_turn(register: Register) -> None:
    register.rosters(DAILY)
    register.passes(at(8, 7, 59))
    assert register.on("office") == ["c"]
    assert register.does(lambda c: posts_held(c, ["b", "c", "d"])) == {
        "b": set(), "c": {"office", "police"}, "d": {"police"},
    }  # fmt: skip
    register.passes(at(8))
    assert register.on("office") == ["a"]
    assert [(r.person, r.began, r.ended) for r in register.rows(select(duty))] == [
        ("a", at(5), at(6)), ("b", at(6), at(7)), ("c", at(7), at(8)), ("a", at(8), None),
    ]  # fmt: skip
    handed = register.rows(select(audit.c.change).where(audit.c.action == "hand over"))
    assert handed[-1].change == {"from": ["c"], "to": ["a"]}


def test_what_a_stopped_service_missed_is_made_up_for(register: Register) -> None:
    register.rosters(DAILY)
    register.passes(at(5))
    register.now = at(10, 9)
    register.does(lambda c: hand_over(c, SHANGHAI, "live", register.now))
    assert register.on("office") == ["c"]


def test_nobody_is_on_duty_in_a_gap(register: Register) -> None:
    days = {**DAILY["layers"][0], "only": {"days": "mon-sun", "hours": "08:00-20:00"}}
    register.rosters(DAILY | {"layers": [days]})
    register.passes(at(6, 19))
    assert register.on("office") == ["b"]
    register.passes(at(6, 20))
    assert register.on("office") == []
    register.passes(at(7))
    assert register.on("office") == ["c"]


def test_who_has_left_is_on_duty_no_more_and_nobody_takes_their_turn(register: Register) -> None:
    register.rosters(DAILY)
    register.passes(at(5, 9))

    def leaves(connection: Any) -> None:
        connection.execute(update(person).where(person.c.id == "a").values(active=False))
        connection.execute(update(roster).values(next=register.now))

    register.does(leaves)
    register.passes(at(5, 10))
    assert register.on("office") == []
    register.passes(at(6))
    assert register.on("office") == ["b"]


def test_a_roster_that_is_taken_away_gives_the_post_back(register: Register) -> None:
    assert register.rosters(DAILY) == 1
    register.passes(at(6))
    assert register.rosters(DAILY) == 0
    assert register.rosters() == 1
    assert register.on("office") == ["d"]
    assert register.rows(select(duty).where(duty.c.ended.is_(None))) == []


def test_a_changed_roster_holds_at_once(register: Register) -> None:
    register.rosters(DAILY)
    register.passes(at(5, 9))
    layer = {**DAILY["layers"][0], "people": ["b", "c"]}
    register.rosters(DAILY | {"layers": [layer]})
    register.passes(at(5, 9, 1))
    assert register.on("office") == ["b"]


def test_a_county_changes_over_a_batch_at_a_time(register: Register) -> None:
    posts = [f"post-{n}" for n in range(BATCH + 5)]

    def many(connection: Any) -> None:
        for one in posts:
            connection.execute(insert(post).values(id=one, tier="field", place="x", title=one, title_en=""))

    register.does(many)
    register.rosters(*(DAILY | {"post": one} for one in posts))
    register.now = at(6)
    looked = [register.does(lambda c: hand_over(c, SHANGHAI, "live", register.now)) for _ in range(3)]
    assert looked == [BATCH, 5, 0]
    assert {tuple(register.on(one)) for one in posts} == {("b",)}


def test_a_night_of_eleven_hours_is_handed_over_when_the_wall_says_so(register: Register) -> None:
    """In March the clock jumps from 2 to 3 while somebody is on duty."""
    zone = ZoneInfo("America/New_York")
    rules = {"post": "office", "layers": [
        {"people": ["a", "b"], "every": "12 hours", "hand-over": "20:00", "from": "2026-03-07"},
    ]}  # fmt: skip
    register.does(lambda c: import_rosters(c, {"office": rules}, zone, "live", register.now, "config"))
    register.now = datetime(2026, 3, 7, 20, tzinfo=zone).astimezone(UTC)
    register.does(lambda c: hand_over(c, zone, "live", register.now))
    assert register.does(next_hand_over) == register.now + timedelta(hours=11)


def begins(first: str, *people: str) -> dict[str, Any]:
    """The office's roster, from a day on."""
    return DAILY | {"layers": [{**DAILY["layers"][0], "from": first, "people": list(people)}]}


def gap(register: Register) -> tuple[datetime, datetime] | None:
    [row] = register.rows(select(roster).where(roster.c.post == "office"))
    return (row.gap_begins, row.gap_ends) if row.gap_begins else None


def test_until_its_roster_begins_a_post_that_posts_csv_leaves_empty_is_a_gap(register: Register) -> None:
    register.does(lambda c: c.execute(delete(holder).where(holder.c.post == "office")))
    register.rosters(begins("2026-06-01", "a"))
    register.passes(at(3, 9))
    held = gap(register)
    assert held == (at(1), datetime(2026, 6, 1, tzinfo=UTC)), "one gap, and it began when it was found"
    register.does(lambda c: c.execute(insert(holder).values(post="office", rank=0, person="d")))
    register.passes(at(4, 10))
    assert gap(register) is None, "d holds it until then"


def test_a_roster_that_begins_later_leaves_the_one_in_force_until_then(register: Register) -> None:
    register.does(lambda c: c.execute(delete(holder).where(holder.c.post == "office")))
    register.rosters(DAILY)
    register.passes(at(7))
    assert register.rosters(begins("2026-01-12", "d", "b")) == 1
    assert register.rosters(begins("2026-01-12", "d", "b")) == 0, "it is as the file says"
    register.passes(at(8))
    assert register.on("office") == ["a"]
    assert {p.id for p in register.does(lambda c: list_of(c, "office"))} == set("abcd")
    # It is put off once more, and the one in force is still the first.
    register.rosters(begins("2026-01-13", "d", "b"))
    register.passes(at(12))
    assert register.on("office") == ["b"]
    register.passes(at(13))
    assert register.on("office") == ["d"]
    assert gap(register) is None
    assert {p.id for p in register.does(lambda c: list_of(c, "office"))} == set("db")
    handed = register.rows(select(duty.c.person).order_by(duty.c.n))
    assert "".join(one.person for one in handed) == "abcabcabd"
