"""What a policy says of whom, how loud and when; and what it means that it may change at any moment."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, insert, update

from alerting.store.schema import delivery, holder, notice, person, post, pursuit
from tests.chase.builders import County, policies


def county_with(*more: str, on: str = "office", **steps: object) -> County:
    """`more` people stand on the list of a post behind the one on duty."""
    made = County(policy=policies(**steps))
    made.alert()
    for rank, name in enumerate(more, 1):
        made.store.write(lambda c, name=name: c.execute(insert(person).values(
            id=name, name=name, name_en=name, language="en", role="answer")))  # fmt: skip
        made.store.write(lambda c, name=name, rank=rank: c.execute(insert(holder).values(
            post=f"{on}-post", rank=rank, person=name)))  # fmt: skip
    return made


def test_the_last_rung_is_a_list_of_people_who_are_all_called_and_one_answer_ends_it():
    county = county_with("deputy", "driver", times=1)
    county.news("township")
    county.wait(31)
    assert all(len(county.phone(name)) == 1 for name in ("office", "deputy", "driver"))
    assert county.text("driver", "1") == "taken"
    county.wait(600)
    assert len(county.phone("deputy")) == 1


def test_the_duty_office_itself_is_called_on_duty_first_and_then_all_of_it():
    county = county_with("deputy")
    county.news("office")
    county.wait(59)
    assert len(county.phone("office")) == 2
    assert not county.phone("deputy")
    county.wait(2)
    assert len(county.phone("deputy")) == 1
    assert not county.climbs()


def test_everyone_is_asked_until_each_has_said_so():
    county = county_with("mate", on="township", carrier={"who": "everyone"})
    county.news("township")
    county.wait(1)
    assert county.text("township", "1") == "taken"
    assert county.text("township", "1 收到") == "repeated"
    county.wait(30)
    called = [[t for t in county.phone(who) if not t.startswith("reply")] for who in ("township", "mate")]
    assert [len(texts) for texts in called] == [1, 2]
    assert county.text("mate", "1") == "taken"
    assert county.open() == []
    county.wait(600)
    assert not county.climbs()


def test_a_rise_asks_everyone_anew():
    county = county_with("mate", on="township", carrier={"who": "everyone"})
    county.news("township")
    county.wait(1)
    county.text("township", "1")
    county.news("township", level=3, kind="raise")
    county.wait(1)
    assert county.text("mate", "1") == "taken"
    assert county.open() == [("acknowledge", "township")]
    assert county.text("township", "1") == "taken"
    assert county.open() == []


def test_who_has_left_the_list_is_not_waited_for():
    county = county_with("mate", on="township", carrier={"who": "everyone"})
    county.news("township")
    county.wait(1)
    county.store.write(lambda c: c.execute(
        update(person).where(person.c.id == "mate").values(active=False)))  # fmt: skip
    assert county.text("township", "1") == "taken"
    assert county.open() == []


def test_unread_is_called_again_sooner_and_louder_and_read_has_its_whole_time():
    county = county_with(carrier={"loudness": [1, 2], "unread": {"lower": 3}})
    county.order()
    county.wait(3)
    calls = county.rows(notice, notice.c.pursuit.is_not(None))
    assert [(n.round, n.loudness) for n in calls] == [(0, 1), (1, 2)]
    county.wait(29)
    assert not county.climbs(), "the last call of a step has its whole time"

    county = county_with(carrier={"loudness": [1, 2], "unread": {"lower": 3}})
    county.order()
    county.wait(1)
    county.store.write(lambda c: c.execute(update(delivery).values(state="read")))
    county.wait(28)
    assert len(county.phone("police")) == 1
    county.wait(1)
    assert len(county.phone("police")) == 2


def test_a_changed_policy_holds_from_the_next_step_and_calls_nobody_twice():
    county = county_with()
    county.order()
    county.wait(61)
    assert county.climbs() == [("police", "regulator", "silent")]
    short = policies(times=1, regulator={"wait": {"red": 5, "orange": 5, "lower": 5}})
    county.life = type(county.life)(
        "live", False, county.life.book, county.life.places, short, county.life.zone
    )
    county.wait(30)
    assert [climb[1] for climb in county.climbs()] == ["regulator", "township"]
    assert len(county.phone("regulator")) == 1, "it was called by the old words, once"
    assert len(county.phone("police")) == 2
    [held] = county.rows(pursuit)
    assert held.deadline - county.now <= timedelta(minutes=30)


def test_all_of_everyone_have_answered_once_who_had_not_has_left():
    county = county_with("mate", on="township", carrier={"who": "everyone"})
    county.news("township")
    county.wait(1)
    assert county.text("township", "1") == "taken"
    county.store.write(lambda c: c.execute(delete(holder).where(holder.c.person == "mate")))
    county.wait(120)
    assert county.open() == []
    assert not county.climbs(), "nobody is called above for somebody who is not there"


def test_a_rise_after_everybody_was_called_in_vain_is_called_at_its_own_pace():
    county = county_with("deputy")
    county.news("township")
    county.wait(60 * 24)
    [held] = county.rows(pursuit)
    assert held.end_reason == "exhausted"
    before = len(county.phone("office"))
    county.news("township", level=4, kind="raise")
    county.wait(30)
    assert len(county.phone("office")) - before >= 6, "red is called every five minutes again"


def named_deputy(county: County, of: str, deputy: str) -> None:
    county.store.write(lambda c: c.execute(
        update(post).where(post.c.id == f"{of}-post").values(deputy=f"{deputy}-post")))  # fmt: skip


def test_a_deputy_that_is_a_rung_above_keeps_its_place_and_the_office_is_the_last():
    county = county_with()
    named_deputy(county, "police", "office")
    county.order(level=4)
    county.wait(60 * 6)
    assert county.climbs()[-1][1] == "office"
    assert county.open() == [("acknowledge", "office")]


def test_a_deputy_who_is_the_same_person_is_not_called_by_another_name():
    county = county_with()
    county.store.write(lambda c: c.execute(insert(post).values(
        id="vice-post", tier="regulator", sector="x", place="county", title="vice", title_en="vice")))
    county.store.write(lambda c: c.execute(insert(holder).values(
        post="vice-post", rank=0, person="regulator")))  # fmt: skip
    named_deputy(county, "regulator", "vice")
    county.order("close", level=4)
    county.wait(60)
    assert "vice" not in {to for _, to, _ in county.climbs()}
