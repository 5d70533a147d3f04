"""States never go back, in whatever order a provider says things."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from alerting.dispatch import Sent, StatusChange, apply_status, outbox
from alerting.dispatch.channels import RANK, Permanent
from alerting.dispatch.writing import Drafts
from alerting.store.schema import audit, delivery, person
from tests.dispatch.hall import Hall, run


def says(hall: Hall, state: str, **more: object) -> bool:
    given_id = hall.deliveries()[0].id
    change = StatusChange(state, **({"provider_id": "P1", "delivery": given_id} | more))  # type: ignore[arg-type]
    return run(hall.dispatcher.status("sms", change))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["settle", "accepted", "delivered", "read", "answered", "failed"]),
                min_size=1, max_size=8))  # fmt: skip
def test_a_state_never_goes_back(order: list[str]) -> None:
    with TemporaryDirectory() as folder:
        hall = Hall(Path(folder))
        hall.phone.reads = True  # type: ignore[misc]
        hall.tell("site")
        [one] = hall.takes()
        key = one.message.delivery
        seen = ["sending"]
        for what in order:
            if what == "settle":
                hall.store.write(lambda c: outbox.settle(
                    c, hall.dispatcher._drafts, [outbox.Outcome(key, Sent("accepted", "P1"))],
                    hall.runtime.now(), hall.now_of))  # fmt: skip
            elif what == "answered":
                hall.changes(delivery, key, state="answered")
            else:
                says(hall, what)
            seen.append(hall.deliveries()[0].state)
        ranks = [RANK[s] for s in seen]
        assert ranks == sorted(ranks), seen
        reached = max(RANK[s] for s in order if s in RANK) if set(order) & set(RANK) else 1
        assert RANK[seen[-1]] >= reached
        hall.store.close()


def test_a_callback_before_the_answer_to_the_send_is_not_lost(hall: Hall) -> None:
    hall.tell("site")
    [one] = hall.takes()
    assert says(hall, "delivered")
    hall.store.write(lambda c: outbox.settle(
        c, hall.dispatcher._drafts, [outbox.Outcome(one.message.delivery, Sent("accepted", "P1"))],
        hall.runtime.now(), hall.now_of))  # fmt: skip
    [sent] = hall.deliveries()
    assert (sent.state, sent.final, sent.provider_id) == ("delivered", True, "P1")


def test_one_found_by_the_provider_s_id_alone(hall: Hall) -> None:
    hall.tell("site")
    hall.goes()
    assert says(hall, "delivered", delivery=None, provider_id=hall.deliveries()[0].provider_id)
    assert not says(hall, "delivered", delivery=None, provider_id="unknown")
    assert not says(hall, "delivered", delivery=99)


def test_a_callback_twice_changes_nothing(hall: Hall) -> None:
    hall.tell("site")
    hall.goes()
    assert says(hall, "delivered")
    before = hall.deliveries()
    assert not says(hall, "delivered")
    assert hall.deliveries() == before


def test_what_could_not_be_delivered_is_sent_once_more_and_then_elsewhere(hall: Hall) -> None:
    hall.tell()
    hall.goes()
    says(hall, "failed", reason="30003 handset out of reach", again=True)
    hall.passes(minutes=4)
    assert len(hall.phone.got) == 1
    hall.passes(minutes=2)
    assert len(hall.phone.got) == 2
    again = hall.deliveries()[1]
    assert (again.channel, again.fallback_of) == ("sms", 1)
    run(hall.dispatcher.status("sms", StatusChange("failed", "P2", again.id, "30003", True)))
    hall.passes(minutes=1)
    assert [(d.channel, d.state) for d in hall.deliveries()] == [
        ("sms", "superseded"), ("sms", "superseded"), ("console", "accepted")]  # fmt: skip


def test_what_did_not_reach_somebody_who_has_left_is_dead_and_holds_up_nobody(hall: Hall) -> None:
    hall.tell()
    hall.goes()
    hall.changes(person, "chen", active=False)
    says(hall, "failed", reason="30003 handset out of reach", again=True)
    told = hall.tell("site")
    hall.passes(minutes=1)
    assert hall.notice(told).state == "carried"
    assert [(d.person, d.state) for d in hall.deliveries()] == [("chen", "dead"), ("smith", "accepted")]
    assert hall.deliveries()[0].error == "30003 handset out of reach"


def test_what_is_blocked_for_good_goes_elsewhere_at_once(hall: Hall) -> None:
    hall.tell()
    hall.goes()
    says(hall, "failed", reason="30004 blocked by the reader")
    hall.passes(seconds=3)
    assert [d.channel for d in hall.deliveries()] == ["sms", "console"]


def test_delivered_proves_a_failure_wrong(hall: Hall) -> None:
    hall.tell()
    hall.goes()
    assert says(hall, "failed", reason="30008", again=True)
    assert says(hall, "delivered")
    hall.passes(minutes=10)
    assert [(d.state, d.error) for d in hall.deliveries()] == [("delivered", "")]


def test_a_failure_after_delivery_changes_nothing(hall: Hall) -> None:
    hall.tell()
    hall.goes()
    says(hall, "delivered")
    assert not says(hall, "failed", reason="30008", again=True)
    assert hall.deliveries()[0].state == "delivered"


@pytest.mark.parametrize("reads", [False, True])
def test_delivered_is_the_end_where_reading_is_not_told(hall: Hall, reads: bool) -> None:
    hall.phone.reads = reads  # type: ignore[misc]
    hall.tell()
    hall.goes()
    assert not hall.deliveries()[0].final
    hall.store.write(lambda c: apply_status(
        c, hall.phone, StatusChange("delivered", "P1", 1), hall.now_of, hall.runtime.now()))  # fmt: skip
    assert hall.deliveries()[0].final is not reads


def test_a_channel_that_left_the_configuration_holds_up_nobody(hall: Hall) -> None:
    """Its message had not been delivered, and was to go out on it once more."""
    hall.tell()
    hall.goes()
    says(hall, "failed", reason="30003 handset out of reach", again=True)
    del hall.channels["sms"]
    hall.begin()
    told = hall.tell("police", kind="raise", level=3)
    hall.passes(minutes=6)
    assert hall.notice(told).state == "carried"
    assert [(d.id, d.channel) for d in hall.deliveries(state="superseded")] == [(1, "sms")]
    assert {d.channel for d in hall.deliveries() if d.state == "accepted"} == {"console"}


def test_a_message_that_cannot_be_written_anew_is_dead_and_stops_no_other(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Drafts.write

    def fails(self: Drafts, connection: Any, realm: Any, bundle: Any, at: Any) -> Any:
        if bundle.fallback_of is not None and bundle.person.id == "chen":
            raise KeyError("a word that is not there")
        return write(self, connection, realm, bundle, at)

    monkeypatch.setattr(Drafts, "write", fails)
    hall.phone.answers = [Permanent("no such number")]
    hall.tell()
    told = hall.tell("site")
    hall.passes(minutes=1)
    assert hall.notice(told).state == "carried"
    assert [(d.person, d.state) for d in hall.deliveries()] == [("chen", "dead"), ("smith", "accepted")]
    assert "a word that is not there" in hall.deliveries()[0].error
    with hall.store.read() as connection:
        assert connection.execute(select(audit.c.subject).where(audit.c.action == "dead letter")).scalars().all() == [
            "delivery:1"]
