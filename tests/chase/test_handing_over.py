"""Calling whoever is to come on duty: one chase a post, in the real world alone, that ends with its reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from alerting import chase
from alerting.chase.handing_over import refuse
from alerting.chase.open_items import counted, gravest, open_items
from alerting.people import handing, import_rosters, person_by_id, post_by_id
from alerting.people.duty import hand_over
from alerting.store.schema import delivery, notice, person, pursuit, realm
from alerting.store.schema_duty import handover
from tests.chase.builders import START, County

ROSTER = {"post": "township-post", "confirm": "20 minutes", "layers": [
    {"people": ["township", "police"], "every": "12 hours", "hand-over": "20:00", "from": "2013-12-07"},
]}  # fmt: skip


@pytest.fixture
def county() -> County:
    """Half an hour before the township hands over; the office stands above it."""
    made = County(now=START - timedelta(hours=12))
    made.store.write(lambda c: import_rosters(
        c, {"township-post": ROSTER}, made.life.zone, "live", made.now, "config"))  # fmt: skip
    looks(made)
    assert made.text("police", "1") == "taken"
    made.now = START - timedelta(minutes=30)
    looks(made)
    return made


def looks(county: County) -> None:
    county.store.write(lambda c: hand_over(c, county.life.zone, "live", county.now))
    county.step()


def waits(county: County, minutes: float) -> None:
    """Minute by minute, as both loops do it."""
    for _ in range(int(minutes)):
        county.wait(1)
        looks(county)


def test_one_chase_a_post_is_asked_again_louder_and_never_ends_in_silence(county: County) -> None:
    waits(county, 31)
    assert county.open() == [("handover", "township")]
    told = county.phone("township")
    assert ["It is time" not in text for text in told] == [True, False]
    waits(county, 18)
    rounds = [n.round for n in county.rows(notice, notice.c.person == "township", notice.c.wants != "")]
    assert rounds == [0, 0, 1, 2]
    assert not any("has not confirmed" in text for text in county.phone("office"))
    waits(county, 2)
    assert "police stays on duty" in county.phone("office")[-1]
    assert "police stays on duty" in county.phone("police")[-1]
    waits(county, 120)
    assert len([t for t in county.phone("office") if "has not confirmed" in t]) == 1
    [_, held] = county.rows(pursuit)
    assert (held.state, held.round >= 4, held.deadline > county.now) == ("open", True, True)
    assert county.text("township", "1") == "taken"
    assert (county.open(), county.rows(pursuit)[1].state) == ([], "answered")


def test_an_hour_that_nothing_ran_is_made_up_for_by_one_message(county: County) -> None:
    waits(county, 31)
    before = len(county.phone("township"))
    county.sleep(60)
    assert len(county.phone("township")) == before + 1


def test_when_the_roster_moves_on_what_is_not_sent_is_taken_back(county: County) -> None:
    county.dispatching = False
    waits(county, 25)
    [asked] = county.rows(notice, notice.c.kind == "handover", notice.c.state == "due")
    assert (asked.who, asked.person) == ("incomer", "township")
    county.store.write(lambda c: import_rosters(
        c, {"township-post": {k: v for k, v in ROSTER.items() if k != "confirm"}}, county.life.zone,
        "live", county.now, "config"))  # fmt: skip
    looks(county)
    [_, held] = county.rows(pursuit)
    assert (held.state, held.end_reason) == ("ended", "the roster has moved on")
    assert county.rows(notice, notice.c.id == asked.id)[0].state == "withheld"


def test_who_cannot_is_asked_why_and_called_no_more(county: County) -> None:
    waits(county, 25)
    assert county.text("township", "2") == "taken"
    assert "Please text why" in county.phone("township")[-1]
    calls = len(county.rows(notice, notice.c.wants == "handover"))
    assert county.text("township", "my child has a fever") == "taken"
    assert "my child has a fever" in county.phone("office")[-1]
    assert county.text("township", "and another thing") == "not-understood"  # it was said once
    waits(county, 90)
    assert len(county.rows(notice, notice.c.wants == "handover")) == calls
    assert county.rows(handover, handover.c.state == "open")[0].reason == "my child has a fever"
    code = next(d.code for d in reversed(_asked(county)))
    assert county.text("township", f"1 {code}") == "taken"  # they can after all
    assert county.rows(handover)[-1].state == "taken"


def test_what_is_said_before_anybody_was_called_is_heard(county: County) -> None:
    """By the page, in the moment in which it is opened."""
    county.now += timedelta(minutes=21)
    county.store.write(lambda c: hand_over(c, county.life.zone, "live", county.now))

    def says_no(connection: Any) -> None:
        held, who = handing.open_at(connection, "township-post"), person_by_id(connection, "township")
        assert held is not None
        assert held.pursuit is None
        assert who is not None
        refuse(connection, county.life, held, who, county.now, "ill")

    county.store.write(says_no)
    county.step()
    assert "township cannot take over: ill" in county.phone("office")[-1]
    assert county.open() == []


def _asked(county: County) -> list[Any]:
    return [d for d in county.rows(delivery, delivery.c.person == "township")
            if d.text.startswith("handover")]  # fmt: skip


def test_nobody_else_can_confirm_it(county: County) -> None:
    waits(county, 31)
    asked = county.rows(notice, notice.c.wants == "handover")[-1]
    assert county.say("police", "take-over", f"notice:{asked.id}") == "refused"
    assert county.say("office", "take-over", f"notice:{asked.id}") == "refused"
    assert county.rows(handover)[-1].state == "open"


def test_an_incomer_nobody_can_reach_is_told_of_at_once(county: County) -> None:
    county.dispatching = False
    waits(county, 21)
    county.store.write(lambda c: c.execute(
        update(notice).where(notice.c.state == "due").values(state="nobody", reason="no channel")))  # fmt: skip
    county.dispatching = True
    county.step()
    assert "no message reaches township" in county.phone("office")[-1]
    waits(county, 5)
    assert len([t for t in county.phone("office") if "no message reaches" in t]) == 1


def test_it_is_never_of_an_exercise(county: County) -> None:
    drill = replace(county.life, realm="exercise-1", exercise=True)
    county.store.write(lambda c: c.execute(insert(realm).values(
        id="exercise-1", kind="exercise", title={"zh": "寒潮", "en": "Cold wave"}, exercise=True,
        started=county.now, begins=county.now, speed=60)))  # fmt: skip
    county.now += timedelta(minutes=21)
    county.store.write(lambda c: hand_over(c, county.life.zone, "live", county.now))
    with county.store.read() as connection:
        assert chase.has_work(connection, county.life, county.now)
        assert not chase.has_work(connection, drill, county.now)
    assert county.store.write(lambda c: chase.step(c, drill, county.now)) == 0
    assert county.rows(pursuit, pursuit.c.state == "open") == []


def test_what_is_open_is_the_posts_own_and_at_the_office_everything(county: County) -> None:
    county.alert(level=3)
    county.order(level=3)
    county.order("close", level=4)
    county.news("township", level=3)
    county.step()
    county.store.write(lambda c: c.execute(insert(realm).values(
        id="exercise-1", kind="exercise", title={"zh": "寒潮", "en": "Cold wave"}, exercise=True,
        started=county.now, begins=county.now, speed=60)))  # fmt: skip
    county.now += timedelta(hours=2)
    county.step()

    def kinds(post: str) -> list[tuple[str, str]]:
        with county.store.read() as connection:
            found = open_items(connection, county.life, post_by_id(connection, f"{post}-post"))
        return [(item.kind, item.about["en"]) for item in found]

    assert kinds("police") == [("undecided", "close"), ("overdue", "speed-limit")]
    assert ("undecided", "close") in kinds("regulator")
    office = kinds("office")
    assert {kind for kind, _ in office} == {"overdue", "undecided", "unanswered", "drill"}
    assert len(office) == len(set(office)) == 4
    with county.store.read() as connection:
        items = open_items(connection, county.life, post_by_id(connection, "office-post"))
    assert items[0].about["en"] == "close"  # the gravest first
    assert counted(items)["zh"] == "未结4项：超时1、待决1、待答1、演练1"
    assert gravest(items)["en"].endswith("and 1 more")
    assert counted([])["en"] == "nothing is open"


def test_where_whoever_should_stay_leaves_the_incomer_hears_it_at_once(county: County) -> None:
    waits(county, 32)

    def leaves(connection: Any) -> None:
        connection.execute(update(person).where(person.c.id == "police").values(active=False))

    county.store.write(leaves)
    county.store.write(lambda c: import_rosters(
        c, {"township-post": ROSTER | {"confirm": "21 minutes"}}, county.life.zone, "live", county.now,
        "config"))  # fmt: skip
    looks(county)
    assert "You are on duty now: confirm that you take over" in county.phone("township")[-1]
    assert county.open() == [("handover", "township")]
