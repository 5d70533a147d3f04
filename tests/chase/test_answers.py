"""Answers: which message they are to, what they change, and what the person is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from alerting import chase
from alerting.alerts import measures
from alerting.dispatch import segments
from alerting.dispatch.superseding import all_over, ended_of
from alerting.people import import_people
from alerting.signals import Report
from alerting.store.schema import (
    alert,
    answer,
    contact,
    delivery,
    delivery_notice,
    holder,
    measure,
    notice,
    person,
    pursuit,
    realm,
)
from alerting.vocabulary import Level
from tests.chase.builders import START, County


@pytest.fixture
def county() -> County:
    made = County()
    made.alert()
    return made


def test_cannot_goes_to_the_next_rung_at_once_with_the_persons_words(county):
    key = county.order()
    county.wait(5)
    assert county.text("police", "3 没有盐") == "taken"
    assert county.climbs() == [("police", "regulator", "cannot")]
    assert "没有盐" in county.rows(notice, notice.c.kind == "escalation")[0].facts["reason"]["zh"]
    assert county.measure(key).cannot == county.now
    assert county.open() == [("in-force", "regulator")]
    assert "regulator is called now" in county.phone("police")[-1]


def test_in_force_after_cannot_counts_and_ends_the_chase(county):
    key = county.order()
    county.wait(5)
    county.text("police", "3")
    county.wait(5)
    assert county.text("police", "2") == "taken"
    assert (county.measure(key).state, county.measure(key).cannot) == ("in force", None)
    county.wait(600)
    assert not county.open()
    assert len(county.climbs()) == 1


def test_cannot_after_in_force_opens_the_chase_again(county):
    key = county.order()
    county.wait(5)
    county.text("police", "2")
    county.wait(5)
    assert county.say("police", "cannot", f"measure:{key}", reason="iced over") == "taken"
    assert county.measure(key).state == "acknowledged"
    assert county.climbs() == [("police", "regulator", "cannot")]
    assert county.outcomes() == [("police", "in-force", "taken"), ("police", "cannot", "taken")]


def test_the_same_cannot_twice_is_noted_once(county):
    county.order()
    county.wait(5)
    county.text("police", "3")
    assert county.text("police", "3") == "repeated"
    assert len(county.climbs()) == 1


def test_all_the_way_up_nobody_can_and_the_calls_go_on(county):
    key = county.order()
    county.wait(1)
    for who in ("police", "regulator", "township", "office"):
        county.text(who, "3")
    assert [c[2] for c in county.climbs()] == ["cannot"] * 3
    assert "nobody above" in county.phone("office")[-1]
    assert county.measure(key).cannot is not None
    calls = len(county.phone("office"))
    county.wait(31)
    assert len(county.phone("office")) == calls + 1


def test_a_rise_voids_the_acknowledgement(county):
    county.news("township", level=2)
    county.wait(5)
    assert county.text("township", "1") == "taken"
    county.news("township", level=3, kind="raise")
    county.wait(0)
    assert county.open() == [("acknowledge", "township")]
    assert county.rows(pursuit, pursuit.c.state == "open")[0].level == 3
    county.wait(10)
    assert county.phone("township")[-1].startswith("reminder")


def test_an_order_made_stricter_must_be_acknowledged_anew(county):
    key = county.order(km_h=60)
    county.wait(5)
    county.text("police", "1")
    county.order(km_h=40)
    county.wait(0)
    assert county.measure(key).state == "issued"
    assert county.open() == [("acknowledge", "police")]


def test_an_answer_to_the_message_before_the_rise_does_not_count_for_it(county):
    county.news("township", level=2)
    county.wait(5)
    old = county.latest("township").id
    county.news("township", level=4, kind="raise")
    county.wait(0)
    assert county.say("township", "acknowledge", f"delivery:{old}") == "late"
    assert "newer message" in county.phone("township")[-1]
    assert county.open() == [("acknowledge", "township")]
    assert county.text("township", "1") == "taken"
    assert not county.open()


def test_an_answer_that_crosses_a_rise_nobody_has_sent_yet(county):
    county.order(km_h=60)
    county.wait(5)
    county.dispatching = False
    county.order(km_h=40)
    assert county.text("police", "1") == "late"
    assert county.open() == [("acknowledge", "police")]


def test_a_rise_reaches_the_rung_that_is_being_called(county):
    county.news("township", level=2)
    county.wait(61)
    assert county.climbs() == [("township", "office", "silent")]
    before = len(county.phone("office"))
    county.news("township", level=4, kind="raise")
    county.wait(0)
    assert len(county.phone("office")) == before + 1
    assert "raised" in county.phone("office")[-1]


def test_late_says_so_and_changes_nothing(county):
    county.news("township")
    county.wait(5)
    county.close_alert()
    assert county.text("township", "1") == "late"
    assert "ended at 20:05" in county.phone("township")[-1]
    assert county.rows(alert)[0].woken is None


def test_an_acknowledgement_after_in_force_changes_nothing(county):
    key = county.order()
    county.wait(5)
    county.text("police", "2")
    assert county.text("police", "1") == "repeated"
    assert county.measure(key).state == "in force"
    assert not county.open()


def test_two_people_answer_at_once_and_the_second_hears_who_was_first(county):
    county.order()
    county.wait(61)
    assert county.text("regulator", "1") == "taken"
    assert county.text("police", "1") == "repeated"
    assert "21:01 by regulator" in county.phone("police")[-1]
    assert county.open() == [("in-force", "regulator")]


def test_who_acknowledged_from_above_is_the_one_asked_when_it_is_not_in_force(county):
    county.order("guide")
    county.wait(60)
    county.text("regulator", "1")
    calls = len(county.phone("regulator"))
    county.wait(31)
    assert county.phone("regulator")[calls:] != []
    assert county.climbs()[-1] == ("regulator", "township", "overdue")


def test_a_report_delivered_twice_changes_nothing(county):
    county.order()
    county.wait(5)
    with county.store.read() as c:
        routed = chase.route(c, "police", "3 no salt", {"live": county.now}, channel="sms",
                             message="SM1")  # fmt: skip
        again = chase.route(c, "police", "3 no salt", {"live": county.now}, channel="sms",
                             message="SM1")  # fmt: skip
    assert routed.report.id == again.report.id
    county.take(routed.report)
    replies = len(county.phone("police"))
    assert county.take(again.report) == "taken"
    assert len(county.phone("police")) == replies
    assert len(county.outcomes()) == 1


def test_another_persons_delivery_is_refused(county):
    key = county.order()
    county.wait(5)
    theirs = county.latest("police").id
    assert county.say("township", "in-force", f"delivery:{theirs}") == "refused"
    assert county.measure(key).state == "issued"
    assert "not sent to you" in county.phone("township")[-1]
    assert county.audited("refused")[0].who == "township"


@pytest.mark.parametrize("subject", ["delivery:999", "delivery:x", "notice:999", "notice:x",
                                     "measure:none", "alert:none", "nonsense", ""])  # fmt: skip
def test_what_does_not_exist_is_refused(county, subject):
    county.order()
    county.wait(5)
    assert county.say("police", "acknowledge", subject) == "refused"
    assert county.open() == [("acknowledge", "police")]


def test_strangers_get_nothing_and_are_written_down(county):
    county.order()
    county.wait(5)
    before = len(county.rows(notice))
    assert county.say("nobody-we-know", "acknowledge", "measure:x") == ""
    assert county.text("nobody-we-know", "1") == ""
    assert len(county.rows(notice)) == before
    assert county.audited("answer of a stranger")


def test_several_measures_need_a_letter_but_one_receipt_covers_them(county):
    speed, guide = county.order("speed-limit"), county.order("guide")
    county.wait(5)
    assert sorted(county.latest("police").letters) == ["A", "B"]
    assert county.text("police", "2") == "not-understood"
    assert "2A" in county.phone("police")[-1]
    assert county.text("police", "1") == "taken"
    assert {county.measure(k).state for k in (speed, guide)} == {"acknowledged"}
    assert county.text("police", "2B") == "taken"
    assert (county.measure(speed).state, county.measure(guide).state) == ("acknowledged", "in force")


def test_what_is_only_begun_is_not_taken_for_done_but_a_reason_to_refuse_may_say_later(county):
    key = county.order()
    county.wait(1)
    assert county.text("police", "2 马上") == "not-understood"
    assert county.text("police", "2 salting soon") == "not-understood"
    assert county.measure(key).state == "issued"
    closing = county.order("close")
    county.wait(1)
    assert county.text("regulator", "2 wait until later") == "taken"
    assert county.measure(closing).state == "refused"


def test_a_bare_digit_with_two_messages_open_lists_them_with_their_codes(county):
    county.order("speed-limit")
    county.wait(1)
    county.order("guide")
    county.wait(1)
    first, second = (d.code for d in county.rows(delivery, delivery.c.person == "police"))
    assert county.text("police", "1") == "not-understood"
    assert first in county.phone("police")[-1]
    assert second in county.phone("police")[-1]
    assert county.text("police", f"1 {first}") == "taken"
    assert county.text("police", "1") == "not-understood"  # both still wait: for in force and receipt
    assert county.text("police", f"1{second}") == "taken"


def test_all_that_waits_is_acknowledged_at_once_and_nothing_is_decided_or_done(county):
    speed = county.order("speed-limit")
    county.wait(1)
    closing = county.order("close")
    county.wait(1)
    county.news("regulator")
    county.wait(1)
    guide = county.order("guide")
    county.wait(1)
    assert county.text("police", "1 全部") == "taken"
    assert {county.measure(k).state for k in (speed, guide)} == {"acknowledged"}
    assert "2 noted as received, no more than that" in county.phone("police")[-1]
    assert "2 to be carried out, the first by 20:30: answer 2 to each" in county.phone("police")[-1]
    assert county.text("police", "1 全部") == "not-understood"
    assert "Nothing waits for a receipt" in county.phone("police")[-1]
    asked = next(d.code for d in county.rows(delivery, delivery.c.person == "regulator"))
    assert county.text("regulator", "all received") == "taken"
    assert "1 noted as received" in county.phone("regulator")[-1]
    assert f"1 want their own answer: {asked} close at Road 1, decide" in county.phone("regulator")[-1]
    assert county.measure(closing).state == "proposed"
    assert county.open() == [("decision", "regulator"), ("in-force", "police"),
                             ("in-force", "police")]  # fmt: skip


@pytest.mark.parametrize("words", ["2 全部", "全部已执行", "all done", "全部同意"])
def test_of_all_at_once_nothing_is_said_but_receipt(county, words):
    speed = county.order("speed-limit")
    county.wait(1)
    county.order("guide")
    county.wait(1)
    assert county.text("police", words) == "not-understood"
    assert "1 all" in county.phone("police")[-1]
    assert county.measure(speed).state == "issued"
    assert county.text("police", "1") == "not-understood"
    assert "all received: 1 all" in county.phone("police")[-1]


def test_all_is_of_one_realm_and_the_live_one_comes_first(county):
    county.order("speed-limit")
    county.wait(1)
    county.store.write(lambda c: c.execute(insert(realm).values(
        id="exercise-1", kind="exercise", title={}, exercise=True, started=START, begins=START,
        speed=1.0)))  # fmt: skip
    county.store.write(lambda c: c.execute(insert(alert).values(
        id="e1", realm="exercise-1", rule="fog", place="road-1", episode=1, sector="road-traffic",
        hazard="fog", state="open", level=2, peak=2, opened=county.now, updated=county.now, why={})))  # fmt: skip
    drill = county.store.write(lambda c: c.execute(insert(notice).values(
        realm="exercise-1", kind="open", post="police-post", level=2, wants="acknowledge", alert="e1",
        created=county.now, due=county.now, state="carried", facts={})).inserted_primary_key[0])  # fmt: skip
    sent = county.store.write(lambda c: c.execute(insert(delivery).values(
        realm="exercise-1", person="police", channel="sms", address="x", band="lower", round=0,
        state="delivered", language="en", text="drill", code="W6", link="w", letters={},
        created=county.now, at=county.now)).inserted_primary_key[0])  # fmt: skip
    county.store.write(lambda c: c.execute(insert(delivery_notice).values(
        delivery=sent, notice=drill)))  # fmt: skip
    clocks = {"live": county.now, "exercise-1": county.now}
    with county.store.read() as c:
        routed = chase.route(c, "police", "ALL 1", clocks, channel="sms")
    assert (routed.realm, routed.report.detail["elsewhere"]) == ("live", 1)
    assert county.take(routed.report) == "taken"
    assert "1 in the exercise not counted" in county.phone("police")[-1]


def test_reminders_of_one_order_are_one_open_message(county):
    county.order()
    county.wait(31)
    assert len(county.rows(delivery, delivery.c.person == "police")) == 2
    assert county.text("police", "1") == "taken"


def test_an_old_code_still_answers_its_own_message(county):
    county.order()
    county.wait(1)
    code = county.latest("police").code
    county.wait(31)
    assert county.text("police", f"1 {code}") == "taken"


def test_the_code_of_a_message_given_up_and_sent_anew_answers_what_both_carry(county):
    key = county.order()
    county.wait(1)
    first = county.latest("police")
    again = county.carry_again(first.id)
    county.store.write(lambda c: c.execute(update(delivery).where(delivery.c.id == again).values(
        code="Y7", state="bound", next_try=county.now + timedelta(minutes=5))))  # fmt: skip

    def gives_up(**handed_over: str) -> None:
        county.store.write(lambda c: c.execute(update(delivery).where(
            delivery.c.id == first.id).values(state="superseded", **handed_over)))  # fmt: skip

    gives_up()
    assert county.text("police", f"1 {first.code}") == "not-understood"  # it never left the house
    gives_up(provider_id="SM1")
    assert county.text("police", f"1 {first.code}") == "taken"
    assert county.measure(key).state == "acknowledged"
    states = {d.id: (d.state, d.next_try) for d in county.rows(delivery)}
    assert states[first.id] == states[again] == ("answered", None)


def test_nonsense_is_hinted_three_times_and_then_met_with_silence(county):
    county.order()
    county.wait(1)
    for _ in range(5):
        assert county.text("police", "在开会") == "not-understood"
    assert len([t for t in county.phone("police") if t.startswith("reply")]) == 3
    assert len(county.audited("silence")) == 2
    assert county.text("police", "1") == "taken"


def test_hints_are_counted_within_the_hour_and_within_the_realm(county):
    county.order("speed-limit")
    county.wait(1)
    county.order("guide")
    county.wait(1)

    def hints() -> int:
        return len([t for t in county.phone("police") if t.startswith("reply")])

    # As in an exercise, where the same person has erred as often as one may.
    county.store.write(lambda c: c.execute(insert(realm).values(
        id="exercise-1", kind="exercise", title={}, exercise=True, started=START, begins=START,
        speed=600.0)))  # fmt: skip
    county.store.write(lambda c: c.execute(insert(answer), [
        {"id": f"x{n}", "realm": "exercise-1", "person": "police", "channel": "sms",
         "act": "not-understood", "at": county.now, "outcome": "not-understood", "reason": ""}
        for n in range(3)
    ]))  # fmt: skip
    for _ in range(4):
        assert county.text("police", "1") == "not-understood"
    assert hints() == 3
    county.wait(61)
    for count in (4, 5):
        assert county.text("police", "1") == "not-understood"
        assert hints() == count, "an hour later they are told again which messages wait"


def test_support_is_told_above_and_the_chase_for_in_force_goes_on(county):
    key = county.order()
    county.wait(5)
    assert county.text("police", "4 要两台撒盐车") == "taken"
    assert "要两台撒盐车" in county.phone("regulator")[-1]
    assert "要两台撒盐车" in county.phone("office")[-1]
    assert county.measure(key).state == "acknowledged"
    assert ("in-force", "police") in county.open()
    assert ("acknowledge", "regulator") in county.open()
    assert county.text("regulator", "1") == "taken"
    assert ("in-force", "police") in county.open()


def test_the_first_answer_of_the_field_wakes_the_alert_once(county):
    county.news("township")
    county.order()
    county.wait(5)
    county.text("township", "1")
    assert county.rows(alert)[0].woken is None
    county.wait(2)
    county.text("police", "1")
    county.wait(2)
    county.text("police", "2")
    assert county.rows(alert)[0].woken == START + timedelta(minutes=7)


def test_a_decision_is_the_deciders_and_says_so(county):
    key = county.order("close")
    county.wait(5)
    assert county.measure(key).state == "proposed"
    assert county.say("police", "approve", f"measure:{key}") == "refused"
    assert "for regulator to decide" in county.phone("police")[-1]
    assert county.text("regulator", "1") == "taken"
    assert county.measure(key).state == "issued"
    assert county.measure(key).decided_by == "regulator"
    assert county.open() == [("acknowledge", "police")]
    assert county.say("regulator", "refuse", f"measure:{key}", reason="no") == "repeated"


def test_two_is_refusal_where_a_decision_is_asked(county):
    key = county.order("close")
    county.wait(5)
    assert county.text("regulator", "2 车流太大") == "taken"
    assert county.measure(key).state == "refused"
    assert not [p for p in county.open() if p[0] == "decision"]
    assert county.text("regulator", "1") == "late"


def test_the_holder_without_the_role_does_not_decide(county):
    key = county.order("close")
    county.wait(5)
    county.store.write(lambda c: c.execute(
        update(person).where(person.c.id == "regulator").values(role="answer")))  # fmt: skip
    assert county.text("regulator", "1") == "refused"
    assert county.measure(key).state == "proposed"


def test_who_may_only_look_answers_nothing_by_any_way(county):
    key = county.order()
    county.wait(1)
    sent = county.latest("police").id
    county.store.write(lambda c: c.execute(
        update(person).where(person.c.id == "police").values(role="view")))  # fmt: skip
    assert county.text("police", "1") == "refused"
    assert "may only look" in county.phone("police")[-1]
    for act, subject in (("acknowledge", f"delivery:{sent}"), ("in-force", f"measure:{key}"),
                         ("acknowledge", "alert:a1"), ("cannot", f"delivery:{sent}")):  # fmt: skip
        assert county.say("police", act, subject, channel="link") == "refused"
    assert county.measure(key).state == "issued"
    assert county.open() == [("acknowledge", "police")]
    county.wait(61)
    assert ("police", "regulator", "silent") in county.climbs()


def test_an_undecided_measure_climbs_and_whoever_was_called_may_decide(county):
    key = county.order("close", level=4)
    county.wait(21)
    assert county.climbs()[0] == ("regulator", "township", "silent")
    county.wait(20)
    assert county.climbs()[1] == ("township", "office", "silent")
    assert county.text("office", "同意") == "taken"
    assert county.measure(key).decided_by == "office"


def in_force_closure(county):
    key = county.order("close")
    county.wait(1)
    county.text("regulator", "1")
    county.wait(1)
    county.text("police", "2")
    county.wait(1)
    county.drop()
    county.wait(0)
    return key


def test_a_check_is_attested_and_the_measure_lifted(county):
    key = in_force_closure(county)
    assert county.measure(key).state == "lift proposed"
    assert county.open() == [("check", "regulator")]
    assert county.text("regulator", "1") == "taken"
    assert county.measure(key).state == "lifted"
    assert county.say("regulator", "attest", f"measure:{key}") == "repeated"


def test_a_check_that_keeps_the_measure_is_asked_again_later(county):
    key = in_force_closure(county)
    county.wait(5)
    assert county.text("regulator", "2 桥面仍有冰") == "taken"
    assert county.measure(key).state == "lift proposed"
    calls = len(county.phone("regulator"))
    county.wait(55)
    assert len(county.phone("regulator")) == calls
    county.wait(10)
    assert len(county.phone("regulator")) == calls + 1
    assert not county.climbs()


def test_from_the_page_who_may_order_answers_for_others_and_nobody_else(county):
    key = county.order()
    county.wait(5)
    assert county.say("township", "in-force", f"measure:{key}", channel="api") == "refused"
    assert county.say("office", "in-force", f"measure:{key}", channel="api") == "taken"
    assert county.measure(key).state == "in force"
    assert not county.phone("office")


def test_an_alert_is_acknowledged_for_oneself_alone(county):
    county.news("township")
    county.news("office")
    county.wait(5)
    assert county.say("office", "acknowledge", "alert:a1", channel="api") == "taken"
    assert county.open() == [("acknowledge", "township")]


def test_a_button_in_a_message_means_the_newest_there_about_the_same(county):
    county.news("township", level=2)
    county.news("township", level=3, kind="raise")
    county.wait(0)
    sent = county.latest("township")
    first = county.rows(notice)[0]
    assert county.say("township", "acknowledge", f"notice:{first.id}", channel="link",
                      delivery=sent.id) == "taken"  # fmt: skip
    assert not county.open()


def test_an_answer_lifts_a_delivery_from_any_state(county):
    county.order()
    county.wait(1)
    key = county.latest("police").id
    for state in ("sending", "dead", "read"):
        county.store.write(lambda c, state=state: c.execute(
            update(delivery).where(delivery.c.id == key).values(state=state)))  # fmt: skip
        county.say("police", "acknowledge", f"delivery:{key}")
        assert county.rows(delivery, delivery.c.id == key)[0].state == "answered"


def test_stop_takes_the_address_out_and_tells_the_duty_office(county):
    county.order()
    county.wait(1)
    assert county.text("police", "STOP") == "taken"
    assert county.rows(contact, contact.c.person == "police")[0].stopped == county.now
    assert "police stopped messages" in county.phone("office")[-1]
    assert county.open() == [("acknowledge", "police")]


def test_a_stop_from_an_address_that_is_not_on_record_is_told_to_the_duty_office(county):
    assert county.say("police", "stop", "person:police", reply_to="another-phone") == "taken"
    assert county.rows(contact, contact.c.person == "police")[0].stopped is None
    assert "police stopped messages" in county.phone("office")[-1]


def test_who_stops_the_last_way_to_them_is_sent_nothing_and_the_office_hears_it(county):
    county.store.write(lambda c: c.execute(insert(contact).values(
        person="police", rank=5, channel="voice", address="landline")))  # fmt: skip
    county.text("police", "STOP")
    assert "the last way to them" not in county.phone("office")[-1]
    confirmed = county.rows(notice, notice.c.kind == "reply")
    assert len(confirmed) == 1, "on the landline"
    county.store.write(lambda c: c.execute(
        update(contact).where(contact.c.address == "landline").values(stopped=county.now)))
    county.text("police", "STOP")
    assert "the last way to them" in county.phone("office")[-1]
    assert len(county.rows(notice, notice.c.kind == "reply")) == 1


def test_who_stops_all_that_rings_is_told_of_in_orange_though_a_page_is_left(county):
    county.store.write(lambda c: c.execute(insert(contact).values(
        person="police", rank=5, channel="console", address="police")))  # fmt: skip
    county.say("police", "stop", "person:police", reply_to="phone-police", loud=["sms", "voice"])
    [told] = county.rows(notice, notice.c.kind == "service")
    assert told.level == Level.orange
    assert "wakes nobody" in told.facts["reason"]["en"]
    assert "Nothing more goes to you on sms" in county.phone("police")[-1]


def test_the_same_wish_over_and_over_is_told_to_the_office_once(county):
    county.store.write(lambda c: c.execute(insert(contact).values(
        person="police", rank=5, channel="voice", address="landline")))  # fmt: skip
    assert [county.text("police", "STOP") for _ in range(3)] == ["taken", "repeated", "repeated"]
    assert [county.text("police", "START") for _ in range(6)] == ["taken", *["repeated"] * 5]
    assert len(county.rows(notice, notice.c.kind == "service")) == 2
    assert len(county.rows(notice, notice.c.kind == "reply")) == 2 + 3


@pytest.mark.parametrize("words", ["received", "I am on leave until Monday"])
def test_two_machines_do_not_answer_each_other_for_ever(county, words):
    """A phone that answers by itself to whatever comes, our own replies included."""
    county.news("police")
    county.step()
    for _ in range(12):
        county.text("police", words)
        county.wait(1)
    assert len(county.rows(notice, notice.c.kind == "reply")) <= 4
    assert county.audited("silence")


def test_a_machine_that_was_asked_nothing_is_not_answered_for_ever_either(county):
    for _ in range(12):
        county.text("police", "I am on leave until Monday")
        county.wait(1)
    told = [one.facts["reason"]["en"] for one in county.rows(notice, notice.c.kind == "reply")]
    assert told == ["No message waits for your answer"] * 3


def test_support_asked_of_a_message_that_does_not_offer_it_is_heard_too(county):
    county.order("close")
    county.step()
    assert ("decision", "regulator") in county.open()
    assert county.text("regulator", "4 需要支援") == "not-understood"
    assert county.rows(notice, notice.c.post == "office-post", notice.c.level == Level.red)


def test_a_digit_to_what_is_answered_by_a_form_is_shown_the_form(county):
    county.order("halt")
    county.step()
    county.drop()
    county.step()
    assert ("gate", "police") in county.open()
    assert county.text("police", "7") == "not-understood"
    code = county.rows(delivery, delivery.c.person == "police")[-2].code
    assert f"{code} is answered by the form behind its link" in county.phone("police")[-1]


@pytest.mark.parametrize("words", ["4", "4 the road slides", "need support, truck on its side", "需要支援", "HELP"])
def test_a_call_for_help_waits_for_no_code(county, words):
    county.order("speed-limit")
    county.wait(2)
    county.order("close", by="a2")
    county.wait(2)
    county.order("guide", by="a3")
    county.wait(2)
    assert county.text("police", words) == "not-understood"
    [called] = county.rows(notice, notice.c.kind == "service", notice.c.post == "office-post")
    assert called.level == Level.red
    assert called.wants == "acknowledge"
    assert words in called.facts["reason"]["en"]
    assert "duty office" in county.phone("police")[-1]
    assert "add the code" in county.phone("police")[-1]
    assert county.text("police", "3") == "not-understood"
    assert len(county.rows(notice, notice.c.kind == "service", notice.c.post == "office-post")) == 1


def test_a_list_of_what_waits_is_a_few_with_the_newest_and_how_many_more(county):
    for n in range(12):
        name, level = "b" * 3 * (n + 2), 4 if n == 3 else 2
        county.alert(name=name, level=level)
        county.news("police", alert=name, level=level)
        county.wait(2)
    red, newest = county.rows(delivery, delivery.c.band == "red", delivery.c.person == "police")[-1], county.latest("police")
    county.text("police", "1")
    said = county.phone("police")[-1]
    assert "12 messages wait" in said
    assert f" {red.code} " in said, said
    assert f" {newest.code} " in said, said
    assert "and 7 more" in said
    assert segments(said).segments <= 3


def test_start_takes_the_address_in_again_and_tells_both(county):
    county.order()
    county.wait(1)
    county.text("police", "退订")
    assert county.text("police", "START") == "taken"
    assert county.rows(contact, contact.c.person == "police")[0].stopped is None
    assert "police takes messages on sms again" in county.phone("office")[-1]
    assert "Messages go to you on sms again" in county.phone("police")[-1]


def test_an_imported_contact_keeps_its_stop_and_a_changed_one_has_none(county):
    county.text("police", "STOP")
    row = {"id": "police", "name": "police", "name_en": "Chief", "language": "en",
           "role": "answer", "contacts": [("sms", "phone-police")]}  # fmt: skip

    def imported(**changes) -> list:
        county.store.write(
            lambda c: import_people(c, [row | changes], "live", county.now, "office"))
        return [c.stopped for c in county.rows(contact, contact.c.person == "police")]

    assert imported() == [county.now]
    assert imported(contacts=[("sms", "phone-new"), ("sms", "phone-police")]) == [None, county.now]
    assert imported(contacts=[("sms", "phone-new")]) == [None]


def test_a_word_to_news_that_asks_nothing_is_thanked_for(county):
    key = county.order()
    county.wait(1)
    county.text("police", "2")
    county.store.write(lambda c: measures.withdraw(
        c, county.life, key, "office", county.now, "false alarm"))  # fmt: skip
    county.wait(1)
    sent = next(d for d in county.rows(delivery) if "withdrawn" in d.text)
    assert county.text("police", f"1 {sent.code}") == "taken"
    assert "needs no answer" in county.phone("police")[-1]


def test_messages_of_a_realm_that_ended_or_is_too_old_are_not_meant(county):
    county.order()
    county.wait(1)
    code = county.latest("police").code
    county.store.write(lambda c: c.execute(insert(realm).values(
        id="exercise-1", kind="exercise", title={}, exercise=True, started=START, begins=START,
        speed=600.0, ended=county.now)))  # fmt: skip
    county.store.write(lambda c: c.execute(insert(delivery).values(
        realm="exercise-1", person="police", channel="sms", address="x", band="red", round=0,
        state="delivered", language="en", text="drill", code="W6", link="w", letters={},
        created=county.now, at=county.now)))  # fmt: skip
    assert county.text("police", "1 W6") == "not-understood"
    county.now += timedelta(days=31)
    clocks = {"live": county.now, "exercise-1": county.now}
    with county.store.read() as c:
        routed = chase.route(c, "police", f"1 {code}", clocks, channel="sms")
    assert routed.report.act == "not-understood"


def test_the_realms_own_clock_stamps_the_report(county):
    county.order()
    county.wait(1)
    theirs = START + timedelta(minutes=20)  # whatever the machine's clock shows
    with county.store.read() as c:
        routed = chase.route(c, "police", "1", {"live": theirs}, channel="sms")
    assert routed.report.issued == theirs


def test_nobody_left_unseen_by_an_unknown_act(county):
    county.order()
    county.wait(1)
    made = Report(source="t", issued=county.now, act="dance", person="police", channel="sms",
                  subject=f"delivery:{county.latest('police').id}")  # fmt: skip
    assert county.take(made) == "not-understood"
    assert county.rows(measure)[0].state == "issued"


def test_the_one_asked_for_support_who_cannot_help_passes_it_on_alone(county):
    county.order()
    county.wait(5)
    county.text("police", "4 要人")
    asked = county.latest("regulator").code
    assert county.text("regulator", f"3 {asked} 也没人") == "taken"
    assert county.climbs() == [("regulator", "township", "cannot")]
    assert ("in-force", "police") in county.open()


def test_from_the_page_the_order_is_meant_as_it_stands(county):
    key = county.order(km_h=60)
    county.wait(61)
    county.text("regulator", "1")
    county.order(km_h=40)
    county.wait(0)
    assert county.say("regulator", "acknowledge", f"measure:{key}", channel="api") == "taken"
    assert county.measure(key).state == "acknowledged"
    assert county.say("regulator", "in-force", f"measure:{key}", channel="api") == "taken"
    assert county.measure(key).state == "in force"


def test_cannot_from_below_is_told_to_whoever_is_being_called_already(county):
    key = county.order()
    county.wait(1)
    county.text("police", "1")
    county.wait(30)
    assert county.climbs() == [("police", "regulator", "overdue")]
    assert county.say("police", "cannot", f"measure:{key}", reason="snowed in") == "taken"
    assert len(county.climbs()) == 1
    assert "snowed in" in county.phone("regulator")[-1]


def test_who_is_called_because_it_is_overdue_gets_time_once(county):
    county.order()
    county.wait(1)
    county.text("police", "1")
    county.wait(30)
    assert county.text("regulator", "1") == "taken"
    until = county.rows(pursuit, pursuit.c.state == "open")[0].deadline
    county.wait(5)
    assert county.text("regulator", "1") == "repeated"
    assert county.rows(pursuit, pursuit.c.state == "open")[0].deadline == until


@pytest.mark.parametrize(("said", "outcome"), [
    ("收到，有两人被困", "taken"), ("1 Received, two people trapped", "taken"), ("4救命", "taken"),
    ("快来救人啊！", "not-understood"),
])  # fmt: skip
def test_a_cry_for_help_is_called_to_the_duty_office_whatever_it_answers(county, said, outcome):
    county.order()
    county.wait(1)
    assert county.text("police", said) == outcome
    county.wait(1)
    calls = [n for n in county.rows(notice, notice.c.post == "office-post") if n.wants]
    assert len(calls) == 1
    assert calls[0].kind in ("escalation", "service")
    assert county.open()[-1] == ("acknowledge", "office"), "it is called until it answers"
    assert "office" in county.phone("police")[-1]


@pytest.mark.parametrize("said", ["4 桥上有人", "收到，有两人被困"])
def test_a_cry_for_help_is_heard_though_what_it_answers_is_over(county, said):
    county.news("police")
    county.wait(1)
    county.close_alert()
    county.text("police", said)
    (call,) = [n for n in county.rows(notice, notice.c.post == "office-post") if n.wants]
    with county.store.read() as connection:
        assert not all_over([call], ended_of(connection, [call])), "it would end before it is sent"
    county.wait(1)
    assert county.open()[-1] == ("acknowledge", "office"), "it is called until it answers"


def test_a_cry_of_somebody_of_whom_nothing_is_asked_is_heard_too(county):
    county.text("police", "SOS, bus in the ditch")
    county.wait(1)
    (call,) = [n for n in county.rows(notice, notice.c.post == "office-post") if n.wants]
    assert (call.level, call.facts["hazard"]) == (4, "service")
    assert "bus in the ditch" in call.facts["reason"]["en"]


def test_where_whoever_is_on_duty_at_the_office_is_out_of_reach_its_whole_list_is_called_at_once(county):
    county.store.write(lambda c: c.execute(insert(holder).values(
        post="office-post", rank=1, person="regulator")))  # fmt: skip
    county.text("police", "SOS, bus in the ditch")
    county.wait(0)
    county.store.write(lambda c: c.execute(
        update(delivery).where(delivery.c.person == "office").values(state="dead")))  # fmt: skip
    assert county.phone("regulator") == []
    county.step()
    (text,) = county.phone("regulator")
    assert "bus in the ditch" in text, "they have not read the first"
    county.text("regulator", "1")
    assert county.open() == []


def test_that_nobody_is_trapped_is_no_cry(county):
    county.order()
    county.wait(1)
    county.text("police", "1 收到，无人被困")
    county.text("police", "received, nobody is injured")
    county.wait(1)
    assert not [n for n in county.rows(notice, notice.c.post == "office-post") if n.wants]
