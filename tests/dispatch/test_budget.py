"""So many messages a person and channel, a part of them kept for the real world's red."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from alerting.dispatch.channels.base import Passing, Permanent, PerPerson
from alerting.dispatch.channels.twilio import Options
from alerting.store.schema import contact, delivery, delivery_notice, holder, realm
from tests.dispatch.hall import START, Hall, ordered


def limited(hall: Hall, **per_person: int) -> Hall:
    hall.phone.per_person, hall.phone.reserve_for_red = PerPerson(**per_person), 0.5
    return hall


def answered(hall: Hall) -> None:
    hall.store.write(lambda c: c.execute(update(delivery).values(state="answered")))


def tells(hall: Hall, count: int, post: str = "site", **more: Any) -> list[int]:
    """So many messages, each of its own, a minute apart."""
    found = []
    for _ in range(count):
        found.append(hall.tell(post, **more))
        hall.passes(seconds=61)
        answered(hall)
    return found


def test_what_is_over_the_budget_waits_for_its_turn_and_says_so(hall: Hall) -> None:
    limited(hall, hour=6)
    told = tells(hall, 4)
    assert [hall.notice(n).state for n in told] == ["carried"] * 3 + ["due"]
    assert hall.notice(told[3]).reason == "the budget of sms for one person is used up"
    assert hall.notice(told[3]).due == START + timedelta(hours=1)
    hall.passes(hours=1)
    assert hall.notice(told[3]).state == "carried"


def test_the_reserve_is_for_red_which_goes_even_when_that_is_used_up(hall: Hall) -> None:
    limited(hall, hour=6)
    tells(hall, 4)
    red = tells(hall, 4, level=4)
    assert [hall.notice(n).state for n in red] == ["carried"] * 4
    assert len(hall.phone.got) == 7, "nobody is left untold of red for a budget of ours"


def test_what_is_over_it_goes_to_the_next_channel_where_there_is_one(hall: Hall) -> None:
    limited(hall, hour=6)
    tells(hall, 4, post="police")
    assert [d.channel for d in hall.deliveries()] == ["sms", "sms", "sms", "console"]


def test_twilios_own_budget_lets_digests_of_two_bands_speak_all_through_an_hour(hall: Hall) -> None:
    """Somebody with SMS alone, asleep, while orange and yellow come in every minute."""
    hall.phone.per_person = Options.model_fields["per_person"].default
    hall.phone.reserve_for_red = Options.model_fields["reserve_for_red"].default
    hall.tell("site", level=3)
    hall.tell("site", level=2)
    for _ in range(65):
        hall.tell("site", level=3)
        hall.tell("site", level=2)
        hall.passes(seconds=60)
    for band in ("orange", "lower"):
        at = sorted(d.created for d in hall.deliveries(band=band))
        assert max(b - a for a, b in itertools.pairwise(at)) <= timedelta(minutes=2)
        assert hall.runtime.now() - at[-1] <= timedelta(minutes=2)


ORDER = {"kind": "order", "level": 3, "wants": "acknowledge"}


@pytest.mark.parametrize("window", ["hour", "day"])
def test_what_wants_an_answer_is_held_by_no_budget_of_an_hour_or_a_day(hall: Hall, window: str) -> None:
    limited(hall, **{window: 6})
    tells(hall, 4)
    assert hall.notice(hall.tell("site")).state == "due"
    hall.measure("m9")
    key = hall.tell("site", measure="m9", **ORDER)
    hall.goes()
    assert hall.notice(key).state == "carried"


def test_what_wants_an_answer_waits_a_minute_at_most_whatever_else_is_said(hall: Hall) -> None:
    limited(hall, minute=2)
    hall.tell(None, "reply", person="smith", facts={"reason": {"en": "noted"}})
    hall.goes()
    key = hall.tell("site", measure=hall.measure("m9"), **ORDER)
    hall.goes()
    assert hall.notice(key).state == "due"
    for _ in range(3):
        hall.passes(seconds=25)
        hall.tell(None, "reply", person="smith", facts={"reason": {"en": "noted"}})
        hall.goes()
    assert hall.notice(key).state == "carried"


@pytest.mark.parametrize("kind", ["withdrawn", "lifted", "correction"])
def test_what_holds_no_more_is_not_said_tomorrow(hall: Hall, kind: str) -> None:
    """Twenty messages a day is what some gateways take: an order taken back must not stand until then."""
    limited(hall, day=4)
    hall.measure("m9")
    hall.tell("site", measure="m9", **ORDER)
    hall.passes(seconds=61)
    tells(hall, 3)
    key = hall.tell("site", kind, 3, measure="m9", facts={"measures": [ordered("m9")], "wrong": {}, "right": {}})
    hall.passes(seconds=61)
    assert hall.notice(key).state == "carried"


def test_an_exercise_takes_nothing_from_the_real_world(hall: Hall) -> None:
    limited(hall, hour=6)
    hall.store.write(lambda c: c.execute(insert(realm).values(
        id="exercise-1", kind="exercise", title={}, exercise=True, started=START, begins=START, speed=1.0)))  # fmt: skip
    tells(hall, 3, realm="exercise-1")
    assert [hall.notice(n).state for n in tells(hall, 4)] == ["carried"] * 3 + ["due"]


@pytest.mark.parametrize("told", [{"level": 4}, ORDER])
def test_red_and_what_wants_an_answer_never_move_to_a_page_that_is_silent(hall: Hall, told: dict[str, Any]) -> None:
    limited(hall, day=4)
    hall.console.loudness = 0
    tells(hall, 2, post="police")
    for n in range(4):
        tells(hall, 1, post="police", measure=hall.measure(f"m{n}"), **told)
    assert [d.channel for d in hall.deliveries()] == ["sms"] * 6
    tells(hall, 1, post="police")
    assert hall.deliveries()[-1].channel == "console", "news may"


def test_whoever_was_told_on_another_channel_is_not_told_again(hall: Hall) -> None:
    """Everybody of a list is called: who is held back keeps the notice due, and nobody hears it twice."""
    hall.store.write(lambda c: c.execute(insert(holder).values(post="police", rank=1, person="smith")))
    limited(hall, hour=2)
    tells(hall, 1, post="police")
    tells(hall, 1)
    key = hall.tell("police", who="any one")
    hall.passes(hours=2)
    with hall.store.read() as c:
        got = list(c.execute(select(delivery.c.person).join(
            delivery_notice, delivery_notice.c.delivery == delivery.c.id).where(delivery_notice.c.notice == key)).scalars())  # fmt: skip
    assert sorted(got) == ["chen", "smith"]


def test_exercises_never_take_the_reserve_and_use_the_same_phone(hall: Hall) -> None:
    limited(hall, hour=6)
    hall.store.write(lambda c: c.execute(insert(realm).values(
        id="exercise-1", kind="exercise", title={}, exercise=True, started=START, begins=START, speed=2.0)))  # fmt: skip
    tells(hall, 2, realm="exercise-1", level=4)
    tells(hall, 1)
    waits = tells(hall, 1, realm="exercise-1", level=4)
    assert hall.notice(waits[0]).state == "due"
    assert hall.notice(tells(hall, 1, level=4)[0]).state == "carried"


def test_a_reply_is_never_held_back(hall: Hall) -> None:
    limited(hall, minute=1)
    for _ in range(3):
        hall.tell(None, "reply", person="smith", facts={"reason": {"en": "noted"}})
        hall.goes()
    assert len(hall.phone.got) == 3


def test_a_bundle_is_parted_into_no_more_messages_than_the_budget_has_left(hall: Hall) -> None:
    limited(hall, minute=4)
    for n in range(12):
        hall.tell("site", kind="order", wants="acknowledge", measure=hall.measure(f"m{n}"), facts={"place": "town"})
    hall.goes()
    assert 1 <= len(hall.phone.got) <= 2


@pytest.mark.parametrize("wrong", [{"per_person": {"minute": 0}}, {"reserve_for_red": 1.0}, {"per_person": {"week": 3}}])
def test_a_budget_of_nothing_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Options.model_validate({"account": "AC" + "0" * 32, "sender": "+441", **wrong})


def test_what_waits_for_an_address_that_is_stopped_goes_to_the_next_at_once(hall: Hall) -> None:
    hall.phone.answers = [Passing("HTTP 503")]
    waits = hall.tell("police", level=3)
    hall.goes()
    hall.store.write(lambda c: c.execute(update(contact).where(contact.c.channel == "sms")
                                         .values(stopped=hall.runtime.now())))  # fmt: skip
    hall.tell("site")  # as the office is told, which has a step of the dispatcher follow
    hall.goes()
    assert [m.person for m in hall.console.got] == ["chen"]
    assert hall.notice(waits).state == "carried"
    [old, new] = hall.deliveries(person="chen")
    assert (old.state, new.channel, new.fallback_of) == ("superseded", "console", old.id)
    assert old.error.startswith("its owner has stopped messages to this address; sent as")
    hall.passes(minutes=30)
    assert not hall.phone.got, "nothing is sent to it again"


def test_where_nothing_else_is_left_it_ends_and_the_next_rung_is_called(hall: Hall) -> None:
    hall.phone.answers = [Passing("HTTP 503")]
    hall.tell("site", level=3)
    hall.goes()
    hall.store.write(lambda c: c.execute(update(contact).values(stopped=hall.runtime.now())))
    hall.passes(minutes=2)
    [only] = hall.deliveries()
    assert only.state == "dead"


def test_a_code_for_one_address_is_never_said_on_another(hall: Hall) -> None:
    hall.phone.answers = [Permanent("no such number")]
    hall.tell(None, "reply", person="chen", facts={"nowhere_else": True, "reason": {"zh": "请回复 482913"},
                                                   "to": {"channel": "sms", "address": "+447700900101"}})  # fmt: skip
    hall.passes(minutes=10)
    assert not hall.console.got
    assert [d.state for d in hall.deliveries()] == ["dead"]


def test_who_was_told_on_another_channel_is_not_told_again_when_others_on_the_list_are(
    hall: Hall,
) -> None:
    limited(hall, hour=1)
    hall.store.write(lambda c: c.execute(
        insert(holder).values(post="police", rank=1, person="smith")))  # fmt: skip
    tells(hall, 1, post="police"), tells(hall, 1, post="site")
    told = hall.tell("police", who="any one")
    hall.goes()
    assert hall.notice(told).state == "due", "smith has no other channel"
    hall.passes(hours=3)
    carried = [(d.person, d.channel) for d in hall.deliveries() if told in hall.carried(d.id)]
    assert carried == [("chen", "console"), ("smith", "sms")]
