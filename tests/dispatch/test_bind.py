"""Who is told, when, in how many messages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, update

from alerting.dispatch import Composer
from alerting.dispatch.bind import Plan, bind
from alerting.dispatch.compose import Composed
from alerting.dispatch.superseding import CORRECTED
from alerting.store.schema import alert, contact, delivery, holder, measure, notice, person, realm
from alerting.store.schema_duty import AT_ONCE, duty, roster
from tests.dispatch.hall import START, ZONE, Hall, book, ordered, places, run

ORDER = {"kind": "order", "wants": "acknowledge"}
WRONG = {"measures": [ordered()],
         "corrects": {"place": "road", "level": 2, "measures": [ordered(limit=40.0)]}}  # fmt: skip


def test_the_person_is_whoever_holds_the_post_now(hall: Hall) -> None:
    key = hall.tell(due=START + timedelta(minutes=5))
    hall.roster("police", "smith")
    hall.passes(minutes=5)
    [sent] = hall.deliveries()
    assert (sent.person, sent.language, sent.address) == ("smith", "en", "+447700900105")
    assert hall.notice(key).state == "carried"
    assert hall.notice(key).person == "smith"


def verified(hall: Hall, channel: str) -> None:
    hall.store.write(lambda c: c.execute(
        update(contact).where(contact.c.channel == channel).values(verified=START)
    ))  # fmt: skip


def test_a_changed_number_stays_before_a_page_that_nobody_hears(hall: Hall) -> None:
    """Everything of chen's is verified, and then people.csv gives a new number."""
    verified(hall, "console")
    hall.console.loudness = 0
    hall.tell(**ORDER, level=4)
    hall.goes()
    assert [d.channel for d in hall.deliveries()] == ["sms"]


def test_of_two_as_loud_the_verified_one_is_tried_first(hall: Hall) -> None:
    verified(hall, "console")
    hall.console.loudness = hall.phone.loudness
    hall.tell(**ORDER, level=4)
    hall.goes()
    assert [d.channel for d in hall.deliveries()] == ["console"]


def test_whoever_the_roster_has_on_duty_besides_is_called_too(hall: Hall) -> None:
    def both(connection: Any) -> None:
        connection.execute(insert(roster).values(post="police", rules={}, begun=True, next=AT_ONCE))
        for rank, one in enumerate(("chen", "smith")):
            connection.execute(insert(duty).values(post="police", rank=rank, person=one, began=START))

    hall.store.write(both)
    key = hall.tell(**ORDER, level=4)
    hall.goes()
    assert [d.person for d in hall.deliveries()] == ["chen", "smith"]
    hall.tell(kind="reminder", wants="acknowledge", level=4, round=1)
    hall.passes(minutes=6)
    assert [d.person for d in hall.deliveries()] == ["chen", "smith"] * 2
    assert hall.notice(key).state == "carried"
    # The second holder of posts.csv is only called where nothing reaches the first.
    hall.store.write(lambda c: c.execute(delete(roster)))
    hall.store.write(lambda c: c.execute(insert(holder).values(post="police", rank=1, person="smith")))
    hall.tell(**ORDER, level=4)
    hall.passes(minutes=6)
    assert [d.person for d in hall.deliveries()][4:] == ["chen"]


def test_notices_due_at_one_moment_in_one_band_are_one_message(hall: Hall) -> None:
    keys = [hall.tell(), hall.tell(level=1)]
    hall.goes()
    [sent] = hall.deliveries()
    assert hall.carried(sent.id) == keys
    assert "共2条" in sent.text


def test_bands_are_never_mixed(hall: Hall) -> None:
    for level in (1, 2, 3, 4):
        hall.tell(level=level)
    hall.goes()
    assert sorted(d.band for d in hall.deliveries()) == ["lower", "orange", "red"]


def test_the_first_goes_at_once_and_what_follows_within_30_s_goes_in_one(hall: Hall) -> None:
    hall.tell()
    hall.goes()
    assert len(hall.phone.got) == 1
    hall.passes(seconds=10)
    second, third = hall.tell(), hall.tell()
    hall.passes(seconds=19)
    assert len(hall.phone.got) == 1
    hall.passes(seconds=1)
    assert len(hall.phone.got) == 2
    assert hall.carried(hall.deliveries()[1].id) == [second, third]
    hall.passes(seconds=30)
    hall.tell()
    hall.goes()
    assert len(hall.phone.got) == 3


def test_red_waits_for_nothing(hall: Hall) -> None:
    hall.tell()
    hall.goes()
    hall.tell(level=3)
    hall.tell(level=4)
    hall.goes()
    assert [d.band for d in hall.deliveries()] == ["lower", "red"]
    hall.passes(seconds=31)
    assert [d.band for d in hall.deliveries()] == ["lower", "red", "orange"]


def test_a_reply_goes_at_once_to_where_the_answer_came_from(hall: Hall) -> None:
    hall.tell()
    hall.goes()
    hall.tell(None, "reply", person="chen",
              facts={"to": {"channel": "console", "address": "chen"}, "reason": {"zh": "收到"}})  # fmt: skip
    hall.goes()
    assert hall.console.got[0].text.splitlines()[1].startswith("收到")
    # And a reply does not make news wait for it.
    hall.passes(seconds=30)
    hall.tell(None, "reply", person="chen")
    hall.goes()
    hall.tell()
    hall.goes()
    assert len(hall.phone.got) == 3


@pytest.mark.parametrize(
    ("post", "reason"),
    [("vacant", "nobody holds the post"), ("dumb", "no channel that works reaches mute")],
)
def test_nobody_is_an_end_of_its_own(hall: Hall, post: str, reason: str) -> None:
    key = hall.tell(post)
    hall.goes()
    assert not hall.deliveries()
    assert (hall.notice(key).state, hall.notice(key).reason) == ("nobody", reason)


def test_the_first_on_the_roster_is_told_and_the_next_where_nothing_reaches_them(hall: Hall) -> None:
    for post_id in ("police", "dumb"):
        hall.store.write(lambda c, p=post_id: c.execute(
            holder.insert().values(post=p, rank=1, person="smith")))  # fmt: skip
    hall.tell("police")
    hall.goes()
    assert [d.person for d in hall.deliveries()] == ["chen"]
    hall.tell("dumb")
    hall.goes()
    assert [d.person for d in hall.deliveries()] == ["chen", "smith"]


def test_a_later_round_is_a_later_contact_and_stays_with_the_last(hall: Hall) -> None:
    for round_ in (0, 1, 2):
        hall.tell(kind="reminder", wants="acknowledge", round=round_)
        hall.passes(seconds=31)
    assert [d.channel for d in hall.deliveries()] == ["sms", "console", "console"]


def test_a_later_round_is_never_a_quieter_contact(hall: Hall) -> None:
    hall.channels["console"].loudness = 0  # type: ignore[attr-defined]
    for round_ in (0, 1, 2):
        hall.tell(kind="reminder", wants="acknowledge", round=round_)
        hall.passes(seconds=31)
    assert [d.channel for d in hall.deliveries()] == ["sms", "sms", "sms"]


def test_who_may_not_decide_is_not_woken_by_a_question(hall: Hall) -> None:
    hall.store.write(lambda c: c.execute(
        holder.insert().values(post="police", rank=1, person="smith")))  # fmt: skip
    roles = {"chen": "decide", "smith": "answer"}
    for name, role in roles.items():
        hall.store.write(lambda c, n=name, r=role: c.execute(
            person.update().where(person.c.id == n).values(role=r)))  # fmt: skip
    hall.measure()
    hall.tell("police", kind="decide", wants="decision", measure="m1", who="any one",
              facts={"measures": [ordered()]})  # fmt: skip
    hall.passes(seconds=31)
    assert [d.person for d in hall.deliveries()] == ["chen"]


def test_what_is_answered_otherwise_is_another_message(hall: Hall) -> None:
    hall.measure()
    hall.measure("m2")
    hall.tell(**ORDER, measure="m1", facts={"measures": [ordered()]})
    hall.tell(kind="decide", wants="decision", measure="m2",
              facts={"measures": [ordered("m2", "close", "proposed")]})  # fmt: skip
    hall.goes()
    texts = [d.text for d in hall.deliveries()]
    assert len(texts) == 2
    assert not any("同意" in t and "已执行" in t for t in texts)


def test_several_orders_in_one_message_have_letters(hall: Hall) -> None:
    keys = []
    for name in ("m1", "m2"):
        hall.measure(name)
        keys.append(hall.tell(**ORDER, measure=name, facts={"measures": [ordered(name)]}))
    hall.goes()
    [sent] = hall.deliveries()
    assert sent.letters == dict(zip("AB", keys, strict=True))


def test_a_bundle_too_long_for_sms_is_parted(hall: Hall) -> None:
    keys = [hall.tell() for _ in range(12)]
    hall.goes()
    sent = hall.deliveries()
    assert len(sent) > 1
    assert all(d.segments <= 3 for d in sent)
    assert sorted(n for d in sent for n in hall.carried(d.id)) == keys


def test_codes_differ_and_are_not_used_again_for_30_days(hall: Hall) -> None:
    for _ in range(45):
        hall.tell(level=4)
        hall.goes()
        hall.passes(seconds=61)  # more in a minute would be a digest
    codes = [d.code for d in hall.deliveries()]
    assert len(set(codes)) == 45
    assert not set("".join(codes)) & set("01234ABCDEFGILOQSZ")
    for one in hall.deliveries():
        hall.changes(one._mapping and __import__("alerting.store.schema", fromlist=["delivery"]).delivery,
                     one.id, state="answered")  # fmt: skip
    hall.passes(days=31)
    hall.tell()
    hall.goes()
    assert hall.deliveries()[-1].code == codes[0]


# What is withheld


def test_at_most_two_unasked_updates_an_hour_about_one_hazard(hall: Hall) -> None:
    hall.alert()
    keys = []
    for n in range(4):
        keys.append(hall.tell(kind="update", alert="live.fog.road.1",
                              facts={"onset": f"2026-01-25T1{n}:00:00+00:00"}))  # fmt: skip
        hall.passes(minutes=5)
    assert [hall.notice(k).state for k in keys] == ["carried", "carried", "withheld", "withheld"]
    assert "within the hour" in hall.notice(keys[2]).reason
    # Another hazard, an order and a rise do not count.
    rise = hall.tell(kind="raise", level=3, facts={"was": 2})
    other = hall.tell(kind="update", facts={"hazard": "snow"})
    hall.passes(minutes=2)
    assert {hall.notice(k).state for k in (rise, other)} == {"carried"}
    hall.passes(minutes=60)
    later = hall.tell(kind="update", alert="live.fog.road.1", facts={"onset": None})
    hall.goes()
    assert hall.notice(later).state == "carried"


def test_an_end_beyond_the_two_waits_for_its_turn(hall: Hall) -> None:
    hall.alert()
    for n in range(2):
        hall.tell(kind="update", alert="live.fog.road.1",
                  facts={"onset": f"2026-01-25T1{n}:00:00+00:00"})  # fmt: skip
        hall.passes(minutes=5)
    hall.changes(alert, "live.fog.road.1", state="closed")
    key = hall.tell(kind="clear", alert="live.fog.road.1")
    hall.goes()
    assert hall.notice(key).state == "due"
    hall.passes(minutes=51)
    assert hall.notice(key).state == "carried"
    assert "解除" in hall.phone.got[-1].text


def test_a_storm_that_ends_at_200_places_has_not_ended_for_half_the_night(hall: Hall) -> None:
    """Two updates an hour, and its ends came fifteen each half hour."""
    hall.passes(minutes=5)
    for n in range(200):
        key = hall.alert(f"live.fog.p{n}.1", place=f"p{n}")
        hall.tell(level=3, alert=key, facts={"place": f"p{n}"})
    hall.passes(minutes=90)
    for n in range(2):
        hall.tell(kind="update", level=3, alert=f"live.fog.p{n}.1",
                  facts={"place": f"p{n}", "onset": "2026-01-25T13:00:00+00:00"})  # fmt: skip
        hall.passes(minutes=25)
    before, ends = len(hall.phone.got), []
    for n in range(200):
        hall.changes(alert, f"live.fog.p{n}.1", state="closed")
        ends.append(hall.tell(kind="clear", level=3, alert=f"live.fog.p{n}.1", facts={"place": f"p{n}", "was": 3}))
    hall.passes(minutes=20)
    assert {hall.notice(n).state for n in ends} == {"carried"}
    assert len(hall.phone.got) - before <= 5


def test_a_fall_is_told_after_its_start_though_that_waits(hall: Hall) -> None:
    """Else what is sent last is the higher level, and stands."""
    hall.alert(level=3)
    start = hall.tell(level=3, alert="live.fog.road.1", due=START + timedelta(minutes=1))
    hall.changes(alert, "live.fog.road.1", level=2)
    fall = hall.tell(kind="fall", alert="live.fog.road.1", facts={"was": 3})
    hall.goes()
    assert hall.notice(fall).reason == "its start is not sent yet"
    hall.passes(minutes=2)
    first, last = hall.deliveries()
    assert (hall.carried(first.id), hall.carried(last.id)) == ([start], [fall])
    assert "降" in last.text


def test_an_update_that_changes_nothing_to_act_on_is_withheld(hall: Hall) -> None:
    hall.alert()
    hall.tell(alert="live.fog.road.1")
    hall.passes(minutes=1)
    key = hall.tell(kind="update", alert="live.fog.road.1", facts={"why": {"zh": "另一时次"}})
    hall.goes()
    assert hall.notice(key).state == "withheld"


def test_who_never_heard_of_the_start_is_not_told_of_the_end(hall: Hall) -> None:
    hall.alert()
    start = hall.tell(alert="live.fog.road.1", due=START + timedelta(minutes=1))
    hall.changes(alert, "live.fog.road.1", state="closed")
    end = hall.tell(kind="clear", alert="live.fog.road.1", due=START + timedelta(minutes=1))
    hall.passes(minutes=2)
    assert not hall.deliveries()
    assert hall.notice(start).reason == "it ended before it was sent"
    assert hall.notice(end).reason == "its start was never sent"


def test_a_withdrawal_reaches_who_got_the_wrong_message_though_off_duty(hall: Hall) -> None:
    hall.measure()
    hall.tell(**ORDER, measure="m1", facts={"measures": [ordered()]})
    hall.goes()
    hall.roster("police", "smith")
    hall.changes(measure, "m1", ended=START)
    hall.passes(minutes=1)
    hall.tell(kind="withdrawn", measure="m1", facts={"measures": [ordered()]})
    hall.goes()
    assert [d.person for d in hall.deliveries()] == ["chen", "smith", "chen"]


def test_a_withdrawal_reaches_all_of_a_list_that_were_called(hall: Hall) -> None:
    hall.store.write(lambda c: c.execute(
        holder.insert().values(post="police", rank=1, person="smith")))  # fmt: skip
    hall.measure()
    hall.tell(**ORDER, measure="m1", who="any one", facts={"measures": [ordered()]})
    hall.goes()
    assert {d.person for d in hall.deliveries()} == {"chen", "smith"}
    hall.changes(measure, "m1", ended=START)
    hall.passes(minutes=1)
    hall.tell(kind="withdrawn", measure="m1", facts={"measures": [ordered()]})
    hall.goes()
    assert [d.person for d in hall.deliveries()][2:] == ["chen", "smith"]


# What was bound and no longer fits


def test_a_reader_who_left_before_the_first_send_is_superseded(hall: Hall) -> None:
    from alerting.dispatch.channels import Passing

    hall.phone.answers = [Passing("HTTP 429", 120)]
    key = hall.tell()
    hall.goes()
    assert (hall.deliveries()[0].state, hall.deliveries()[0].leased_until) == ("sending", None)
    hall.roster("police", "smith")
    hall.passes(minutes=3)
    assert [(d.person, d.state) for d in hall.deliveries()] == [
        ("chen", "superseded"), ("smith", "accepted")]  # fmt: skip
    assert hall.notice(key).state == "carried"


def test_what_may_have_arrived_stays_with_its_reader(hall: Hall) -> None:
    from alerting.dispatch.channels import Passing

    hall.phone.answers = [Passing("timeout", unsure=True)]
    hall.tell()
    hall.goes()
    hall.roster("police", "smith")
    hall.passes(minutes=3)
    assert [(d.person, d.state, d.resends) for d in hall.deliveries()] == [("chen", "accepted", 1)]


def test_an_unsent_message_about_what_has_ended_is_not_sent(hall: Hall) -> None:
    from alerting.dispatch.channels import Passing

    hall.phone.answers = [Passing("HTTP 429", 60)]
    hall.alert()
    key = hall.tell(alert="live.fog.road.1")
    hall.goes()
    hall.changes(alert, "live.fog.road.1", state="closed")
    hall.passes(minutes=2)
    assert not hall.phone.got
    assert hall.notice(key).state == "withheld"
    assert hall.deliveries()[0].state == "superseded"


def test_what_was_corrected_before_it_was_sent_is_not_sent(hall: Hall) -> None:
    from alerting.dispatch.channels import Passing

    hall.phone.answers = [Passing("HTTP 429", 60)]
    hall.measure()
    key = hall.tell(**ORDER, measure="m1", facts={"measures": [ordered()]})
    hall.goes()
    hall.passes(seconds=1)
    right = hall.tell(**ORDER | {"kind": "correction"}, measure="m1", facts=WRONG)
    hall.passes(minutes=2)
    assert [d.state for d in hall.deliveries()] == ["superseded", "accepted"]
    assert (hall.notice(key).state, hall.notice(key).reason) == ("withheld", CORRECTED)
    assert (hall.notice(right).state, len(hall.phone.got)) == ("carried", 1)
    assert "【更正】" in hall.phone.got[0].text


def test_of_a_bundle_what_was_not_corrected_goes_out(hall: Hall) -> None:
    from alerting.dispatch.channels import Passing

    hall.phone.answers = [Passing("HTTP 429", 60)]
    hall.measure(), hall.measure("m2")
    wrong = hall.tell(**ORDER, measure="m1", facts={"measures": [ordered()]})
    other = hall.tell(**ORDER, measure="m2", facts={"measures": [ordered("m2", limit=30.0)]})
    hall.goes()
    assert hall.carried(hall.deliveries()[0].id) == [wrong, other]
    hall.passes(seconds=1)
    hall.tell(**ORDER | {"kind": "correction"}, measure="m1", facts=WRONG)
    hall.passes(minutes=2)
    assert (hall.notice(wrong).state, hall.notice(other).state) == ("withheld", "carried")
    said = "".join(m.text for m in hall.phone.got)
    assert (said.count("30公里/小时"), said.count("【更正】"), len(hall.phone.got)) == (1, 1, len(hall.phone.got))


def test_what_may_have_arrived_and_was_corrected_is_not_sent_again_but_counts_as_told(
    hall: Hall,
) -> None:
    from alerting.dispatch.channels import Passing

    hall.phone.answers = [Passing("timeout", unsure=True)]
    hall.measure()
    hall.tell(**ORDER, measure="m1", facts={"measures": [ordered()]})
    hall.goes()
    hall.roster("police", "smith")
    hall.passes(seconds=1)
    hall.tell(kind="correction", measure="m1", facts=WRONG)
    hall.passes(minutes=3)
    assert [(d.person, d.state) for d in hall.deliveries()] == [
        ("chen", "superseded"), ("smith", "accepted"), ("chen", "accepted")]  # fmt: skip
    assert all("更正" in m.text or "CORRECTION" in m.text for m in hall.phone.got)


def test_a_second_of_a_list_who_was_reached_hears_of_the_end(hall: Hall) -> None:
    hall.store.write(lambda c: c.execute(insert(holder).values(post="police", rank=1, person="smith")))
    hall.measure()
    hall.tell(**ORDER, measure="m1", who="everyone", facts={"measures": [ordered()]})
    hall.goes()
    hall.changes(measure, "m1", ended=START)
    hall.passes(minutes=1)
    hall.tell(kind="withdrawn", measure="m1", facts={"measures": [ordered()]})
    hall.goes()
    assert sorted(d.person for d in hall.deliveries()) == ["chen", "chen", "smith", "smith"]

def test_an_exercise_that_has_ended_says_only_so(hall: Hall) -> None:
    late, stop = hall.tell(due=START + timedelta(hours=1)), hall.tell(kind="stopped")
    hall.changes(realm, "live", ended=START)
    hall.goes()
    assert hall.notice(late).state in ("due", "withheld")
    assert hall.notice(stop).state == "carried"
    assert len(hall.phone.got) == 1
    assert "演练中止" in hall.phone.got[0].text


# Between reading and binding


def planned(hall: Hall) -> list[Plan]:
    run(hall.dispatcher._begin())
    return hall.dispatcher._plan()


def test_while_a_text_is_composed_the_writer_is_free(hall: Hall) -> None:
    class Slow(Composer):
        def compose(self, *given: Any) -> Composed:
            hall.tell("site")  # an answer or a signal is written as well
            return super().compose(*given)

    hall.dispatcher._drafts.composer = Slow(book(), places(), ZONE, {"zh": "办", "en": "EMO"})
    hall.tell("police")
    run(hall.dispatcher.step())
    assert len(hall.phone.got) == 1


@pytest.mark.parametrize("more", [{"state": "withheld", "reason": "answered before it was sent"},
                                  {"due": START + timedelta(hours=1)}])  # fmt: skip
def test_a_notice_that_was_changed_since_it_was_read_is_not_sent(
    hall: Hall, more: dict[str, Any]
) -> None:
    key, other = hall.tell("police"), hall.tell("site")
    plans = planned(hall)
    hall.changes(notice, key, **more)
    assert [hall.store.write(lambda c, p=one: bind(c, p)) for one in plans] == [1]
    assert [d.person for d in hall.deliveries()] == ["smith"]
    assert {name: getattr(hall.notice(key), name) for name in more} == more
    assert hall.notice(other).state == "carried"


def test_who_was_written_to_since_it_was_read_waits_and_has_another_code(hall: Hall) -> None:
    first = hall.tell("police")
    early, late = planned(hall), planned(hall)
    assert hall.store.write(lambda c: bind(c, early[0])) == 1
    second = hall.tell("police")
    assert hall.store.write(lambda c: bind(c, late[0])) == 0
    [one] = hall.deliveries()
    assert hall.carried(one.id) == [first]
    hall.passes(seconds=30)
    assert hall.notice(second).state == "carried"
    assert len({d.code for d in hall.deliveries()}) == len({d.link for d in hall.deliveries()}) == 2


def test_an_end_is_not_told_where_its_start_could_not_be_bound(hall: Hall) -> None:
    hall.alert()
    start = hall.tell(alert="live.fog.road.1", level=1)
    end = hall.tell(kind="withdrawn", alert="live.fog.road.1", level=3)
    [plan] = planned(hall)
    assert {e["state"] for e in plan.ends.values()} == {"carried"}
    hall.changes(notice, start, state="withheld", reason="overtaken")
    assert hall.store.write(lambda c: bind(c, plan)) == 0
    hall.goes()
    assert hall.notice(end).reason == "its start was never sent"


def test_who_left_the_post_or_whose_alert_ended_since_it_was_read_is_not_told(hall: Hall) -> None:
    hall.alert()
    over, left = hall.tell("site", alert="live.fog.road.1"), hall.tell("police")
    plans = planned(hall)
    hall.roster("police", "smith")
    hall.changes(alert, "live.fog.road.1", state="closed")
    hall.dispatcher._plan = lambda: plans  # type: ignore[method-assign]
    assert hall.takes() == []
    hall.begin()
    hall.goes()
    assert hall.notice(over).reason == "it ended before it was sent"
    assert [(d.person, d.state) for d in hall.deliveries() if hall.carried(d.id) == [left]] == [
        ("chen", "superseded"), ("smith", "accepted")]  # fmt: skip


def test_a_realm_that_is_just_being_opened_holds_up_no_other(hall: Hall) -> None:
    hall.store.write(lambda c: c.execute(realm.insert().values(
        id="exercise-1", kind="exercise", title={}, exercise=True, started=START, begins=START,
        speed=1.0)))  # fmt: skip
    clocks = {"live": START}
    hall.dispatcher._now_of = clocks.__getitem__
    hall.tell("police")
    hall.goes()
    assert len(hall.phone.got) == 1


def in_exercise(hall: Hall, key: str, code: str, made: datetime, own: datetime, **more: Any) -> None:
    """A message to Chen in an exercise whose clock shows `own`, made after those that are there."""
    hall.store.write(lambda c: c.execute(realm.insert().values(
        id=key, kind="exercise", title={}, exercise=True, started=made, begins=own, speed=600.0,
        **more)))  # fmt: skip
    hall.store.write(lambda c: c.execute(delivery.insert().values(
        realm=key, person="chen", channel="sms", address="x", band="red", round=0, state="answered",
        language="zh", text="演练", code=code, link=key, letters={}, created=own, at=own)))  # fmt: skip


def test_no_code_of_any_realm_comes_again_within_30_days(hall: Hall) -> None:
    """Answered or not, ended or not: who holds an exercise's message must not answer a live alert."""
    storm = START.replace(year=2013)
    in_exercise(hall, "exercise-1", "H6", START, storm, ended=storm)
    in_exercise(hall, "exercise-2", "H7", START, START + timedelta(days=400))  # still runs

    def next_code() -> str:
        hall.tell("police", level=4)
        hall.goes()
        return str(hall.deliveries(realm="live")[-1].code)

    assert [next_code(), next_code()] == ["H9", "J6"]
    hall.passes(days=20)
    assert next_code() == "J7"
    hall.passes(days=10.5)
    # An exercise's old message comes before what is certainly older than 30 days, by the machine.
    assert next_code() == "H6"
    assert next_code() == "H7"
    assert next_code() == "J9"  # H9 and J6 still wait for an answer


def test_an_exercise_takes_no_code_that_a_live_message_had(hall: Hall) -> None:
    hall.tell("police", level=4)
    hall.goes()
    hall.changes(delivery, 1, state="answered")
    far = START + timedelta(days=4000)
    hall.store.write(lambda c: c.execute(realm.insert().values(
        id="exercise-1", kind="exercise", title={}, exercise=True, started=START, begins=far,
        speed=600.0)))  # fmt: skip
    hall.dispatcher._now_of = {"live": START, "exercise-1": far}.__getitem__
    hall.tell("police", level=4, realm="exercise-1", created=far, due=far)
    hall.goes()
    assert [d.code for d in hall.deliveries()] == ["H6", "H7"]


# What cannot be written


def broken(hall: Hall, person_id: str) -> None:
    """From now on no message to this person can be written."""

    class Broken(Composer):
        def compose(self, news: Any, language: str, *given: Any) -> Composed:
            if language == ("en" if person_id == "smith" else "zh"):
                raise KeyError("place")
            return super().compose(news, language, *given)

    hall.dispatcher._drafts.composer = Broken(book(), places(), ZONE, {"zh": "办", "en": "EMO"})


def test_a_message_that_cannot_be_written_stops_nobody_and_calls_the_next_rung(hall: Hall) -> None:
    broken(hall, "smith")
    lost, sent = hall.tell("site"), hall.tell("police")
    hall.goes()
    assert (hall.notice(lost).state, hall.notice(sent).state) == ("nobody", "carried")
    assert hall.notice(lost).reason == "the message cannot be written: KeyError: 'place'"


def test_one_reader_waits_while_the_others_message_cannot_be_written(hall: Hall) -> None:
    hall.measure()
    hall.tell(**ORDER, measure="m1", facts={"measures": [ordered()]})
    hall.goes()
    hall.roster("police", "smith")
    hall.changes(measure, "m1", ended=START)
    hall.passes(seconds=40)
    hall.tell("dumb", "reply", person="chen")  # no news: it makes nobody wait
    hall.roster("dumb", "chen")
    hall.tell("dumb")
    hall.goes()  # chen was written to just now, smith was not
    broken(hall, "smith")
    key = hall.tell(kind="withdrawn", measure="m1", facts={"measures": [ordered()]})
    hall.goes()
    assert (hall.notice(key).state, hall.notice(key).reason[:7]) == ("due", "bundled")
    hall.passes(seconds=31)
    assert "撤回" in hall.phone.got[-1].text
    assert hall.phone.got[-1].person == "chen"
    assert hall.notice(key).state == "nobody"
