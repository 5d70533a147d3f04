"""No failure is the end of a message in silence, and no crash loses one."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select, update

from alerting.dispatch import Sent, outbox
from alerting.dispatch.channels import Passing, Permanent, Unusable
from alerting.dispatch.outbox import Outcome
from alerting.dispatch.traffic import Traffic
from alerting.store.schema import audit, contact, delivery
from tests.dispatch.hall import START, Hall, run


def minutes(hall: Hall) -> float:
    return (hall.runtime.now() - START).total_seconds() / 60


def test_a_passing_failure_is_tried_again_at_one_two_four_minutes(hall: Hall) -> None:
    hall.phone.answers = [Passing("HTTP 500")] * 3
    hall.tell("site")
    hall.goes()
    tries = [0.0]
    while (due := hall.dispatcher.next_due()) is not None:
        hall.runtime.move_to(due)
        tries.append(minutes(hall))
        hall.goes()
    pauses = [b - a for a, b in pairwise(tries)]
    for pause, base in zip(pauses, (1, 2, 4), strict=True):
        assert base * 0.8 <= pause <= base * 1.2
    assert hall.deliveries()[0].state == "accepted"
    assert hall.deliveries()[0].attempts == 4


def test_jitter_parts_what_was_refused_together(hall: Hall) -> None:
    hall.phone.answers = [Passing("HTTP 429")] * 2
    for post in ("site", "police"):
        hall.tell(post)
    hall.goes()
    first, second = hall.deliveries()
    assert first.next_try != second.next_try


def test_retry_after_is_kept(hall: Hall) -> None:
    hall.phone.answers = [Passing("HTTP 429", 300)]
    hall.tell()
    hall.goes()
    assert hall.dispatcher.next_due() == START + timedelta(minutes=5)
    hall.passes(minutes=4.9)
    assert not hall.phone.got
    hall.passes(minutes=0.2)
    assert len(hall.phone.got) == 1


@pytest.mark.parametrize(("level", "tries"), [(4, 2), (3, 3), (2, 4)])
def test_what_is_urgent_changes_its_way_sooner(hall: Hall, level: int, tries: int) -> None:
    hall.phone.answers = [Passing("HTTP 500")] * 9
    hall.tell(level=level)
    hall.passes(minutes=20)
    assert 9 - len(hall.phone.answers) == tries
    assert [(d.channel, d.state) for d in hall.deliveries()] == [
        ("sms", "superseded"), ("console", "accepted")]  # fmt: skip


def test_what_can_never_work_goes_to_the_next_contact_at_once(hall: Hall) -> None:
    hall.phone.answers = [Permanent("21211 no valid number")]
    key = hall.tell(kind="reminder", wants="acknowledge", round=0)
    hall.goes()
    first, second = hall.deliveries()
    assert (first.state, first.final) == ("superseded", True)
    assert first.error == f"21211 no valid number; sent as #{second.id} on console"
    assert (second.state, second.fallback_of, second.round) == ("accepted", first.id, 0)
    assert hall.carried(second.id) == [key]
    # Written anew for its channel: with a link where it cannot be answered.
    assert f"/a/{second.link}" in second.text
    assert second.link != first.link


def test_where_no_contact_is_left_it_is_dead_and_on_record(hall: Hall) -> None:
    hall.phone.answers = [Permanent("21610 opted out")]
    hall.console.answers = [Permanent("closed")]
    hall.tell()
    hall.goes()
    first, second = hall.deliveries()
    assert (first.state, second.state, second.final, second.error) == (
        "superseded", "dead", True, "closed")  # fmt: skip
    with hall.store.read() as c:
        entry = c.execute(select(audit).where(audit.c.action == "dead letter")).one()
    assert entry.subject == f"delivery:{second.id}"
    assert entry.change["person"] == "chen"
    assert hall.dispatcher.next_due() is None


def test_a_contact_that_was_stopped_is_not_fallen_back_to(hall: Hall) -> None:
    hall.store.write(lambda c: c.execute(
        update(contact).where(contact.c.channel == "console").values(stopped=START)))  # fmt: skip
    hall.phone.answers = [Permanent("21211")]
    hall.tell()
    hall.goes()
    assert [d.state for d in hall.deliveries()] == ["dead"]


def test_a_channel_that_refuses_us_stops_and_its_messages_go_elsewhere(hall: Hall) -> None:
    hall.phone.answers = [Unusable("HTTP 401")]
    hall.tell("site")
    hall.goes()
    assert hall.dispatcher.unusable == {"sms"}
    # Smith has no other contact: his waits, uncounted. Chen's next news goes to his console.
    hall.tell("police")
    hall.goes()
    assert [(d.person, d.channel, d.state) for d in hall.deliveries()][1] == (
        "chen", "console", "accepted")  # fmt: skip
    hall.passes(minutes=4)
    assert not hall.phone.got
    hall.passes(minutes=2)
    assert [m.person for m in hall.phone.got] == ["smith"]
    assert hall.deliveries()[0].attempts == 1
    assert hall.dispatcher.unusable == set()


def test_a_channel_that_left_the_config_does_not_keep_its_messages(hall: Hall) -> None:
    hall.phone.answers = [Passing("HTTP 429", 60)]
    hall.tell()
    hall.goes()
    hall.channels = {"console": hall.console}
    hall.begin()
    hall.passes(minutes=2)
    assert hall.deliveries()[-1].channel == "console"
    assert hall.deliveries()[-1].state == "accepted"


def test_a_mistake_of_a_channel_loses_nothing(hall: Hall) -> None:
    hall.phone.answers = [KeyError("sid")]
    hall.tell("site")
    hall.goes()
    assert "KeyError" in hall.deliveries()[0].error
    hall.passes(minutes=2)
    assert hall.deliveries()[0].state == "accepted"
    assert hall.deliveries()[0].resends == 1


def leased(hall: Hall, *, arrived: bool) -> int:
    """A delivery whose process died between the lease and the settling."""
    hall.tell("site")
    now = hall.runtime.now()
    [one] = hall.takes()
    if arrived:
        hall.phone.has.add(one.message.delivery)
        hall.phone.got.append(one.message)
    assert hall.deliveries()[0].leased_until == now + outbox.LEASE
    return one.message.delivery


def test_after_a_crash_a_channel_that_can_be_asked_is_asked(hall: Hall) -> None:
    hall.phone.can_ask = True  # type: ignore[misc]
    key = leased(hall, arrived=True)
    hall.begin()
    hall.passes(minutes=2)
    [sent] = hall.deliveries()
    assert hall.phone.asked == [key]
    assert len(hall.phone.got) == 1
    assert (sent.state, sent.provider_id, sent.resends) == ("accepted", "found", 0)


@pytest.mark.parametrize("answer", [Unusable("the account is closed"), Passing("busy")])
def test_who_could_not_be_asked_is_asked_again_before_anything_is_sent(
    hall: Hall, answer: Exception
) -> None:
    hall.phone.can_ask = True  # type: ignore[misc]
    key = leased(hall, arrived=True)
    hall.phone.says = [answer]
    hall.begin()
    hall.passes(minutes=5)
    [sent] = hall.deliveries()
    assert hall.phone.asked == [key, key]
    assert len(hall.phone.got) == 1
    assert (sent.state, sent.provider_id, sent.resends, sent.error) == ("accepted", "found", 0, "")


def test_after_a_crash_what_never_arrived_is_sent(hall: Hall) -> None:
    hall.phone.can_ask = True  # type: ignore[misc]
    leased(hall, arrived=False)
    hall.begin()
    hall.passes(minutes=2)
    assert len(hall.phone.got) == 1
    assert hall.deliveries()[0].resends == 0


def test_elsewhere_it_is_sent_again_with_the_same_code_and_counted(hall: Hall) -> None:
    leased(hall, arrived=True)
    hall.begin()
    hall.passes(minutes=2)
    [sent] = hall.deliveries()
    assert [m.code for m in hall.phone.got] == [sent.code, sent.code]
    assert sent.resends == 1


def test_a_lease_that_runs_out_is_taken_again_without_a_restart(hall: Hall) -> None:
    leased(hall, arrived=False)
    hall.dispatcher._traffic = Traffic(hall.channels)  # whoever sent it is gone
    hall.passes(seconds=89)
    assert not hall.phone.got
    hall.passes(seconds=2)
    assert len(hall.phone.got) == 1


def test_an_answer_that_was_quicker_than_the_provider_stays(hall: Hall) -> None:
    key = leased(hall, arrived=False)
    hall.changes(delivery, key, state="answered")
    for came in (Sent("accepted", "P9"), None):
        failed = None if came else Permanent("21211")
        hall.store.write(lambda c, s=came, f=failed: outbox.settle(
            c, hall.dispatcher._drafts, [outbox.Outcome(key, s, f)], hall.runtime.now(), hall.now_of))  # fmt: skip
        assert hall.deliveries()[0].state == "answered"
    assert len(hall.deliveries()) == 1
    assert hall.deliveries()[0].provider_id == "P9"


@pytest.mark.parametrize(("second", "resends"), [("P2", 1), ("P1", 0), (None, 0)])
def test_what_two_processes_sent_is_counted(hall: Hall, second: str | None, resends: int) -> None:
    """The first stood still in the middle of its send; another asked, in vain, and sent."""
    key = leased(hall, arrived=False)
    for sid in ("P1", second):
        hall.store.write(lambda c, sid=sid: outbox.settle(
            c, hall.dispatcher._drafts, [outbox.Outcome(key, Sent("accepted", sid))],
            hall.runtime.now(), hall.now_of))  # fmt: skip
    assert hall.deliveries()[0].resends == resends


def test_red_is_taken_first_and_no_more_than_there_is_room(hall: Hall) -> None:
    hall.phone.concurrency = 2
    for level in (1, 3, 4):
        hall.tell(level=level)
    with hall.store.read() as c:
        assert not c.execute(select(delivery)).all()
    claimed = hall.takes()
    assert claimed[0].message.band == "red"
    assert len(claimed) == 2


def test_a_rate_is_ours_to_keep(hall: Hall) -> None:
    hall.phone.rate = 2
    for level in (1, 3, 4):
        hall.tell(level=level)
    hall.goes()
    assert len(hall.phone.got) == 2
    assert hall.dispatcher.next_due() == START + timedelta(seconds=1)
    hall.passes(seconds=1)
    assert len(hall.phone.got) == 3


def test_what_failed_is_settled_few_at_a_time_and_what_arrived_all_at_once() -> None:
    went = [outbox.Outcome(n, sent=Sent("accepted")) for n in range(60)]
    failed = [outbox.Outcome(n, failed=Permanent("21211")) for n in range(60, 85)]
    first, rest = outbox.parted(went + failed)
    assert first == went + failed[:10]
    assert [len(part) for part in outbox.parted(rest)] == [10, 5]
    assert outbox.parted(went) == (went, [])


@pytest.mark.parametrize(("level", "longest"), [(4, 120), (3, 300), (2, 900)])
def test_a_provider_that_asks_us_to_wait_for_ever_is_not_waited_for(hall: Hall, level: int, longest: int) -> None:
    """A moment of its own clock, in milliseconds, where seconds to wait are meant."""
    hall.phone.answers = [Passing("HTTP 503", 1764300000000.0)]
    told = hall.tell(level=level)
    hall.passes(seconds=longest + 5)
    assert hall.notice(told).state == "carried"
    assert hall.deliveries(state="accepted")


@pytest.mark.parametrize("lives", [True, False])
def test_who_is_not_known_to_live_writes_down_what_came_and_leases_nothing_more(hall: Hall, lives: bool) -> None:
    """Others would end its leases, and send what it sends."""
    hall.phone.concurrency = 1
    dispatcher = hall.begin("a", lives)
    hall.tell()
    hall.tell("site")
    run(dispatcher._begin())
    [one] = run(dispatcher._take(run(dispatcher._plans(True, False))))
    dispatcher._traffic.ends(one)
    dispatcher._outcomes = [Outcome(one.message.delivery, sent=Sent("accepted", "P1"))]
    assert dispatcher._more == {"sms"}
    run(dispatcher._settle_all())
    assert sorted(row.state for row in hall.deliveries()) == ["accepted", "sending" if lives else "bound"]
