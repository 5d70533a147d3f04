"""A channel that hangs or refuses holds up no other channel, and little of its own red."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from sqlalchemy import insert

from alerting.dispatch import Around, Dispatcher, Message, Sent
from alerting.dispatch.channels import Channel, Passing, Unusable
from alerting.dispatch.channels import console as console_module
from alerting.dispatch.channels.base import PerPerson
from alerting.dispatch.channels.twilio import Channel as Twilio
from alerting.dispatch.channels.twilio import Options
from alerting.dispatch.outbox import Room
from alerting.dispatch.traffic import Traffic
from alerting.runtime import RealRuntime
from alerting.store import Writer
from alerting.store.schema import realm
from tests.dispatch.hall import START, ZONE, Hall, Phone, book, places, run
from tests.scenarios.standin import ACCOUNT, SENDER, TOKEN, StandIn

SMITH, CHEN = "+447700900105", "+447700900101"


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", TOKEN)
    with StandIn() as made:
        yield made


def in_real_time(hall: Hall, runtime: RealRuntime, channels: dict[str, Channel]) -> Dispatcher:
    return Dispatcher(
        store=hall.store, writer=Writer(hall.store, runtime), runtime=runtime, channels=channels,
        book=book(), places=places(), sender={"zh": "雾岭县应急办", "en": "Wuling EMO"}, zone=ZONE,
        url="http://here", now_of=lambda _: runtime.now(),
    )  # fmt: skip


async def until(true: Callable[[], bool]) -> None:
    for _ in range(500):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")


def states(hall: Hall, **match: str) -> set[str]:
    return {d.state for d in hall.deliveries(**match)}


def test_messages_that_hang_leave_red_and_other_channels_their_way(
    hall: Hall, provider: StandIn
) -> None:
    """The provider takes what goes to one number and never answers: more than fill the channel."""

    async def story() -> None:
        runtime = RealRuntime()
        options = Options(account=ACCOUNT, sender=SENDER, base_url=provider.address, concurrency=8,
                          timeout_seconds=30, per_person=PerPerson())  # fmt: skip
        sms = Twilio(options, Around("sms", runtime, "http://here"))
        console = Phone("console", runtime)
        dispatcher = in_real_time(hall, runtime, {"sms": sms, "console": console})
        provider.hang(SMITH)
        for round_ in range(12):
            hall.tell(None, kind="reply", person="smith", round=round_)  # none is digested
        while await dispatcher.step():
            pass
        await until(lambda: provider.attempts >= 6)
        hall.tell("police", kind="reminder", round=1)  # chen's second contact: the console
        hall.tell("police", level=4)
        while await dispatcher.step():
            pass
        await until(lambda: states(hall, person="chen") == {"accepted"})
        assert [(d.channel, d.band) for d in hall.deliveries(person="chen")] == [
            ("sms", "red"), ("console", "lower")]  # fmt: skip
        assert states(hall, person="smith") == {"sending", "bound"}
        provider.release()
        await dispatcher.close()
        runtime.close()

    run(story())


class Slow(Phone):
    """Answers nothing but red until it is let go."""

    def __init__(self, name: str, runtime: object) -> None:
        super().__init__(name, runtime)
        self.let_go = asyncio.Event()

    async def send(self, message: Message) -> Sent:
        if message.band != "red":
            await self.let_go.wait()
        return await super().send(message)


def test_what_is_kept_for_red_is_closed_to_exercises(hall: Hall) -> None:
    hall.store.write(lambda c: c.execute(insert(realm).values(
        id="exercise-1", kind="exercise", title={}, exercise=True, started=START, begins=START,
        speed=1.0)))  # fmt: skip

    async def story() -> None:
        runtime = RealRuntime()
        slow = Slow("sms", runtime)
        slow.concurrency = 4
        dispatcher = in_real_time(hall, runtime, {"sms": slow})
        for round_ in range(5):
            hall.tell("site", kind="reminder", wants="decision", round=round_)  # none is digested
        await dispatcher.step()
        assert len(dispatcher._tasks) == 3
        hall.tell("police", realm="exercise-1", level=4)
        await dispatcher.step()
        assert states(hall, band="red") == {"bound"}
        assert not dispatcher.has_work()
        hall.tell("police", level=4)
        await dispatcher.step()
        await until(lambda: states(hall, realm="live", band="red") == {"accepted"})
        assert states(hall, realm="exercise-1") == {"bound"}
        slow.let_go.set()
        while states(hall) != {"accepted"}:
            await dispatcher.step()
            await asyncio.sleep(0.01)
        await dispatcher.close()
        runtime.close()

    run(story())


def test_what_waits_for_a_channel_that_refuses_us_goes_elsewhere_at_once(hall: Hall) -> None:
    hall.phone.concurrency = 1
    hall.phone.answers = [Unusable("HTTP 401")]
    told = [hall.tell("police", level=4) for _ in range(12)]
    hall.goes()
    assert not hall.phone.got
    by_console = [n for d in hall.deliveries(channel="console", state="accepted")
                  for n in hall.carried(d.id)]  # fmt: skip
    assert sorted(by_console) == told
    assert len(hall.deliveries(channel="sms", state="superseded")) > 1


def test_who_has_no_other_way_or_may_have_it_already_waits_until_the_channel_is_tried_again(
    hall: Hall,
) -> None:
    hall.phone.answers = [Passing("timeout", unsure=True)]
    maybe = hall.tell("police", level=4)  # she has a console, too: it may have arrived
    hall.goes()
    hall.passes(seconds=40)
    hall.phone.answers = [Unusable("HTTP 401")]
    only = hall.tell("site")
    hall.goes()
    hall.passes(minutes=4)
    assert not hall.phone.got
    assert not hall.console.got
    hall.passes(minutes=2)
    assert {n for m in hall.phone.got for n in hall.carried(m.delivery)} == {maybe, only}
    assert hall.dispatcher.unusable == set()


def test_a_lease_that_ran_out_is_left_alone_while_its_channel_refuses_us(hall: Hall) -> None:
    hall.tell("police")
    hall.takes()  # and nothing more is heard of that attempt
    hall.phone.answers = [Unusable("HTTP 401")]
    hall.tell("site", level=4)
    hall.goes()
    hall.passes(minutes=4)
    assert not hall.phone.got
    assert not hall.console.got
    hall.passes(minutes=2)
    assert [(d.person, d.state, d.resends) for d in hall.deliveries()] == [
        ("chen", "accepted", 1), ("smith", "accepted", 0)]  # fmt: skip


def test_a_terminal_that_takes_no_more_holds_up_nobody(hall: Hall) -> None:
    """Ctrl-S, or a pipe that nobody reads: what is printed waits, by a channel as loud as any."""
    goes_on = threading.Event()
    printed: list[str] = []

    def sink(text: str) -> None:
        assert goes_on.wait(30)
        printed.append(text)

    async def story() -> None:
        runtime = RealRuntime()
        console = console_module.Channel(console_module.Options(timeout_seconds=0.5),
                                         Around("console", runtime), sink)  # fmt: skip
        console.loudness = 1  # else a second call does not go there
        phone = Phone("sms", runtime)
        dispatcher = in_real_time(hall, runtime, {"sms": phone, "console": console})
        hall.tell("police", kind="reminder", round=1)
        hall.tell("police", kind="reminder", round=2)
        await dispatcher.step()
        hall.tell("site")
        await dispatcher.step()
        await until(lambda: states(hall, channel="sms") == {"accepted"})
        given_up = {"may have arrived: the console takes nothing"}
        await until(lambda: {d.error for d in hall.deliveries(channel="console")} == given_up)
        goes_on.set()
        await dispatcher.close()
        runtime.close()
        assert len(printed) == 1  # the other was not begun, and is not printed late

    run(story())


def test_red_is_leased_ahead_and_nothing_else_waits_for_a_slot(hall: Hall) -> None:
    hall.phone.concurrency = 100
    traffic = Traffic({"sms": hall.phone})

    def begins(number: int, urgent: bool) -> Room:
        for _ in range(number):
            traffic.begins(SimpleNamespace(channel="sms", urgent=urgent), START)  # type: ignore[arg-type]
        return traffic.rooms(START)["sms"]

    assert traffic.rooms(START)["sms"] == Room(100, 75)
    assert begins(90, urgent=True) == Room(35, 10), "what is less urgent has a slot each, or is not leased"
    assert begins(10, urgent=False) == Room(25, 0)
    assert begins(25, urgent=True) == Room(0, 0)
    hall.phone.rate = 5.0
    assert Traffic({"sms": hall.phone}).rooms(START)["sms"] == Room(5, 5), "a rate leaves nothing to wait for"
