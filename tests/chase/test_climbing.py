"""Silence, vacant posts, dead letters, lapsed deadlines: who is called next, when and why."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from alerting import chase
from alerting.store.schema import alert, delivery, measure, notice, person, post, pursuit
from tests.chase.builders import START, County, policies


@pytest.fixture
def county() -> County:
    made = County()
    made.alert()
    return made


def test_silence_is_called_again_and_then_climbs(county):
    county.order()
    county.wait(0)
    assert len(county.phone("police")) == 1
    county.wait(30)
    assert [t.split(":")[0] for t in county.phone("police")] == ["order", "reminder"]
    assert not county.climbs()
    county.wait(30)
    assert county.climbs() == [("police", "regulator", "silent")]
    assert "police has not answered" in county.phone("regulator")[0]
    with county.store.read() as c:
        assert chase.look(c, county.life, county.now) == (False, county.now + timedelta(minutes=30))
    county.wait(120)
    assert [c[1] for c in county.climbs()] == ["regulator", "township", "office"]


def test_the_reminder_says_what_is_wanted_and_by_when(county):
    county.order()
    county.wait(30)
    assert "acknowledge by 21:00" in county.phone("police")[-1]


def test_acknowledged_at_once_nothing_more_comes_but_the_deadline_for_in_force(county):
    key = county.order()
    county.wait(5)
    assert county.text("police", "1") == "taken"
    assert county.measure(key).state == "acknowledged"
    assert county.open() == [("in-force", "police")]
    before = len(county.phone("police"))
    county.wait(24)
    assert len(county.phone("police")) == before
    assert not county.climbs()
    county.wait(2)
    assert county.climbs() == [("police", "regulator", "overdue")]
    assert county.measure(key).overdue == START + timedelta(minutes=30)


def test_in_force_ends_it_all(county):
    key = county.order()
    county.wait(5)
    county.text("police", "1")
    county.wait(5)
    assert county.text("police", "2") == "taken"
    assert county.measure(key).state == "in force"
    county.wait(600)
    assert not county.open()
    assert not county.climbs()


def test_a_vacant_post_is_passed_at_once(county):
    county.vacate("police")
    county.order()
    county.wait(0)
    assert county.climbs() == [("police", "regulator", "nobody")]
    assert "nobody holds the post police" in county.phone("regulator")[0]


def test_two_vacant_posts_are_both_passed_at_the_same_minute(county):
    county.vacate("police")
    county.vacate("regulator")
    county.order()
    county.wait(0)
    assert county.climbs() == [("police", "regulator", "nobody"), ("regulator", "township", "nobody")]


def test_everyone_vacant_is_said_once_and_called_on(county):
    for name in ("police", "regulator", "township", "office"):
        county.vacate(name)
    county.order()
    county.wait(60 * 24)
    assert [p.end_reason for p in county.rows(pursuit)] == ["exhausted"]
    assert [n.kind for n in county.rows(notice, notice.c.kind == "service")] == ["service"]


def test_a_dead_letter_climbs_at_once_but_not_while_a_fallback_lives(county):
    county.order()
    county.wait(1)
    key = county.latest("police").id
    fallback = county.carry_again(key)
    for one, climbed in ((key, 0), (fallback, 1)):
        county.store.write(lambda c, one=one: c.execute(
            update(delivery).where(delivery.c.id == one).values(state="dead")))  # fmt: skip
        county.wait(0)
        assert len(county.climbs()) == climbed
    assert county.climbs() == [("police", "regulator", "undelivered")]
    county.wait(0)
    assert len(county.climbs()) == 1


def test_the_last_rung_is_called_so_often_and_then_the_duty_office_hears_that_nobody_answers():
    county = County(policy=policies(1, 3))
    county.alert()
    county.order()
    county.wait(60 * 4)
    calls = [n for n in county.rows(notice, notice.c.post == "office-post") if n.pursuit]
    assert [(n.kind, n.round) for n in calls] == [("escalation", 0), ("reminder", 1), ("reminder", 2)]
    assert county.rows(pursuit)[0].end_reason == "exhausted"
    county.wait(60 * 2)
    assert len([n for n in county.rows(notice, notice.c.post == "office-post") if n.pursuit]) > len(calls)
    assert county.text("office", "1") == "taken"
    assert county.rows(pursuit)[0].state == "answered"


def test_a_duty_office_has_nobody_above_it(county):
    county.news("office")
    county.wait(60 * 24)
    assert not county.climbs()
    calls = county.life.policies.of(2, "acknowledge").last.times
    slowly = (24 * 60 - calls * 30) // 120  # then every two hours
    assert len(county.phone("office")) == calls + 1 + slowly, "and once that nobody answers"


def test_after_an_outage_of_three_delays_one_message_comes(county):
    county.order()
    county.wait(0)
    county.sleep(95)
    assert len(county.phone("police")) == 2
    assert not county.climbs()
    with county.store.read() as c:
        assert c.execute(select(pursuit.c.deadline)).scalar_one() == county.now + timedelta(minutes=30)


def test_a_call_that_dispatch_has_not_sent_is_not_doubled(county):
    county.dispatching = False
    county.order()
    county.wait(31)
    assert len(county.rows(notice)) == 1
    county.dispatching = True
    county.wait(0)
    assert len(county.phone("police")) == 1


def test_time_counts_from_when_the_message_was_carried(county):
    county.dispatching = False
    county.order()
    county.step()
    county.now += timedelta(minutes=20)
    county.dispatching = True
    county.wait(15)
    assert len(county.phone("police")) == 1
    county.wait(15)
    assert len(county.phone("police")) == 2


def test_a_closed_alert_ends_its_chase_and_takes_back_what_was_not_sent(county):
    county.news("township")
    county.wait(5)
    county.close_alert()
    county.wait(600)
    assert len(county.phone("township")) == 1
    assert [p.state for p in county.rows(pursuit)] == ["ended"]


def test_a_lifted_measure_ends_its_chase(county):
    county.order()
    county.wait(5)
    county.drop()
    county.wait(600)
    assert not county.open()
    assert not county.climbs()


def test_a_reminder_that_the_answer_overtook_is_not_sent(county):
    county.order("guide")
    county.wait(29)
    county.dispatching = False
    county.wait(2)
    assert county.text("police", "1") == "taken"
    county.dispatching = True
    county.wait(0)
    assert not [t for t in county.phone("police") if t.startswith("reminder")]


def test_nothing_to_do_is_seen_without_writing(county):
    county.order()
    county.wait(0)
    with county.store.read() as c:
        assert chase.look(c, county.life, county.now) == (False, START + timedelta(minutes=30))


def test_a_decision_that_is_due_soon_leaves_time_for_somebody_above(county):
    county.order("close", onset=county.now + timedelta(minutes=60))
    county.wait(29)
    assert len(county.phone("regulator")) == 1
    county.wait(2)
    assert "decide by 20:45" in county.phone("regulator")[-1], "half the time that was left"
    county.wait(15)
    assert county.climbs() == [("regulator", "township", "silent")]
    county.wait(12)
    assert len(county.phone("township")) >= 2, "called again before it is too late"


def test_who_may_not_decide_is_not_woken_for_a_decision(county):
    county.store.write(lambda c: c.execute(update(person).where(person.c.id == "township").values(role="answer")))
    county.order("close", onset=county.now + timedelta(minutes=60))
    county.wait(59)
    assert county.climbs() == [("regulator", "office", "silent")]
    assert not county.phone("township")


def test_nor_is_a_deputy_who_may_not(county):
    county.store.write(lambda c: c.execute(
        update(post).where(post.c.id == "regulator-post").values(deputy="police-post")))  # fmt: skip
    county.order("close", onset=county.now + timedelta(minutes=60))
    county.wait(59)
    assert [climb[1] for climb in county.climbs()] == ["township", "office"]


def test_a_decision_with_time_enough_waits_as_the_policy_says(county):
    county.order("close", onset=county.now + timedelta(hours=12))
    county.wait(59)
    assert len(county.phone("regulator")) == 1
    county.wait(2)
    assert [t.split(":")[0] for t in county.phone("regulator")] == ["decide", "reminder"]


def test_who_is_called_again_hears_when_it_was_first_said_and_what_changed_since(county):
    county.order(km_h=60)
    county.wait(30)
    called = [n for n in county.rows(notice) if n.kind == "reminder"][-1]
    assert called.facts["first"] == {
        "sent": START.isoformat(), "changed": {"zh": "情况未变", "en": "nothing has changed"},
    }  # fmt: skip
    county.store.write(lambda c: c.execute(update(alert).values(onset=START)))
    county.store.write(lambda c: c.execute(
        update(measure).values(arguments={"km_h": 40})))  # fmt: skip
    county.wait(30)
    climbed = [n for n in county.rows(notice) if n.kind == "escalation"][-1]
    assert climbed.facts["first"]["sent"] == START.isoformat()
    assert climbed.facts["first"]["changed"]["en"] == "60 has become 40"
    assert climbed.facts["measures"][0]["arguments"] == {"km_h": 40}


def test_who_has_not_been_told_yet_is_not_silent(county):
    """Blue in the night, a digest, a budget: the message is due later, and the chase waits with it."""
    county.news()
    later = county.now + timedelta(hours=6)
    county.store.write(lambda c: c.execute(update(notice).values(due=later, reason="blue waits")))
    county.sleep(200)
    assert not county.climbs()
    county.sleep(160)
    county.wait(29)
    assert len(county.phone("township")) == 1
    assert not county.climbs()


def test_news_that_was_muted_is_chased_by_nobody(county):
    county.dispatching = False
    county.news()
    county.step()
    county.store.write(lambda c: c.execute(update(notice).values(state="withheld", reason="muted")))
    county.wait(40)
    assert county.open() == []
    assert not county.climbs()
    assert [p.end_reason for p in county.rows(pursuit)] == ["nothing was sent that could be answered"]
