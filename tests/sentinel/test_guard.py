"""Nights of the sentinel under a clock that is moved: what it says while it, or its provider, fails too."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerting.dispatch.channels import Message, Passing, Sent
from alerting.runtime import VirtualRuntime
from alerting.sentinel.guard import Guard
from alerting.sentinel.settings import Settings
from alerting.sentinel.wire import Exercise, Heartbeat, Reader, sign

START = datetime(2026, 1, 19, 18, tzinfo=UTC)
SECRET = b"a secret of this county"
DUTY = tuple(Reader(id=one, name=one, language="en", contacts=(("sms", f"+44 {one}"),)) for one in ("zhao", "sun"))


class Phones:
    """A channel that takes every message, or holds the line for so many seconds and takes none."""

    loudness = 1

    def __init__(self, clock: VirtualRuntime) -> None:
        self._clock, self.hangs, self.rang = clock, 0.0, list[tuple[str, str]]()

    async def send(self, message: Message) -> Sent:
        if self.hangs:
            self._clock.advance(timedelta(seconds=self.hangs))
            raise Passing("no answer", unsure=True)
        self.rang.append((message.person, message.text))
        return Sent("accepted")

    def heard(self, word: str) -> list[str]:
        return [who for who, text in self.rang if word in text]


class Night:
    def __init__(self, folder: Path) -> None:
        self.clock = VirtualRuntime(START)
        self.phones = Phones(self.clock)
        self._settings = Settings.model_validate({
            "memory": folder / "sentinel.json", "channels": {"sms": {}},
            "people": [{"name": "chief", "language": "en", "contacts": {"sms": "+44 chief"}}],
        })  # fmt: skip
        self.begins()

    def begins(self) -> None:
        self.guard = Guard(self._settings, self.clock, {"sms": self.phones}, SECRET)  # type: ignore[dict-item]

    def beats(self, **said: Any) -> None:
        """A heartbeat of a service that goes well, but for what is said."""
        def beat(challenge: str) -> Heartbeat:
            return Heartbeat(challenge=challenge, nonce="n", at=self.clock.now(), exercise=False,
                             county={"zh": "县", "en": "county"}, **{"duty": DUTY, **said})  # fmt: skip

        _, answer = self.guard.hear(beat(""))
        assert self.guard.hear(beat(answer.challenge))[0]

    async def passes(self, seconds: float, alive: bool = False, **said: Any) -> None:
        for _ in range(round(seconds / 10)):
            self.clock.advance(timedelta(seconds=10))
            if alive:
                self.beats(**said)
            await self.guard.step()


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return Night(tmp_path)


def test_an_alarm_outlives_a_restart_of_the_sentinel(night: Night) -> None:
    async def story() -> None:
        night.beats()
        await night.passes(200)
        assert night.phones.heard("no heartbeat") == ["zhao"]
        night.begins()
        await night.passes(170)  # it has not listened long enough to miss anything by itself
        assert night.phones.heard("well again") == []
        assert set(night.phones.heard("no heartbeat")) == {"zhao", "sun"}, "and it goes on calling"
        await night.passes(80, alive=True)
        assert sorted(night.phones.heard("well")) == ["sun", "zhao"]

    asyncio.run(story())


def test_an_alarm_outlives_a_pause_of_the_sentinel(night: Night) -> None:
    async def story() -> None:
        night.beats()
        await night.passes(200)
        night.clock.advance(timedelta(seconds=300))
        await night.passes(170)
        assert night.phones.heard("well") == []
        assert len(night.phones.heard("no heartbeat")) > 1

    asyncio.run(story())


def test_a_provider_that_hangs_is_no_sleep_and_no_all_clear(night: Night) -> None:
    """Each try takes longer than a sentinel may stand still for all three of them."""

    async def story() -> None:
        night.beats()
        night.phones.hangs = 25
        await night.passes(400)
        rounds = night.guard.memory.alarm.round  # type: ignore[union-attr]
        night.phones.hangs = 0
        await night.passes(130)
        assert night.guard.memory.alarm.round > rounds >= 2  # type: ignore[union-attr]
        assert night.phones.heard("well") == []
        assert set(night.phones.heard("no heartbeat")) == {"zhao", "sun", "chief"}

    asyncio.run(story())


def test_who_waits_for_a_provider_still_misses_the_heartbeats(night: Night) -> None:
    """Exercises that hang one after another for longer than a sentinel may stand still."""
    turns = tuple(Exercise(n=n, person=one, left=3000, answered=False)
                  for n, one in enumerate(("zhao", "sun", "zhao")))  # fmt: skip

    async def story() -> None:
        night.phones.hangs = 25
        night.beats(exercises=turns)
        began = night.clock.now()
        while night.guard.memory.alarm is None:
            await night.passes(10)
            assert night.clock.now() - began < timedelta(seconds=400)

    asyncio.run(story())


def test_whom_no_call_reached_is_not_told_that_all_is_well(night: Night) -> None:
    async def story() -> None:
        night.beats()
        night.phones.hangs = 5
        await night.passes(200)
        night.phones.hangs = 0
        await night.passes(90, alive=True)
        assert night.guard.memory.alarm is None
        assert night.phones.rang == []

    asyncio.run(story())


def test_an_exercise_that_did_not_get_through_is_sent_again_and_nobody_is_accused(night: Night) -> None:
    def turn(left: float, answered: bool = False) -> tuple[Exercise, ...]:
        return (Exercise(n=1, person="zhao", left=left, answered=answered),)

    async def story() -> None:
        night.phones.hangs = 5
        night.beats(exercises=turn(600))
        await night.passes(30, alive=True, exercises=turn(570))
        night.phones.hangs = 0
        await night.passes(90, alive=True, exercises=turn(480))
        assert night.phones.heard("your turn begins") == ["zhao"], "once, when it could be"

    asyncio.run(story())


def test_of_whom_the_sentinel_could_not_ask_it_says_so(night: Night) -> None:
    turn = (Exercise(n=1, person="zhao", left=60, answered=True),)

    async def story() -> None:
        night.phones.hangs = 5
        night.beats(exercises=turn)
        await night.passes(60, alive=True, exercises=turn)
        night.phones.hangs = 0
        await night.passes(130, alive=True, exercises=turn)
        assert "sun" in night.phones.heard("could not be delivered")
        assert night.phones.heard("did not answer") == []

    asyncio.run(story())


def test_who_looks_after_an_unanswered_exercise_is_not_rung_again_in_that_turn(night: Night) -> None:
    turn = (Exercise(n=1, person="zhao", left=10, answered=False),)

    async def story() -> None:
        night.beats(exercises=turn)
        await night.passes(60, alive=True, exercises=turn)
        assert night.phones.heard("did not answer") == ["sun"]
        await night.guard.take(DUTY[1])
        await night.passes(4 * 3600, alive=True, exercises=turn)
        assert night.phones.heard("did not answer") == ["sun"]
        await night.passes(60, alive=True, exercises=turn, signal_age=400.0)
        assert "sun" in night.phones.heard("a signal has waited"), "of anything else at once"

    asyncio.run(story())


def test_what_a_newer_service_says_besides_is_passed_over() -> None:
    beat = Heartbeat(challenge="", nonce="n", at=START, county={"zh": "县", "en": "county"}, exercise=False)
    said = beat.model_dump_json()[:-1] + ', "mood": "fine"}'
    assert Heartbeat.model_validate_json(said) == beat
    assert sign(SECRET, "heartbeat", said.encode())


def test_a_channel_that_answers_nonsense_keeps_nobody_from_being_called(night: Night) -> None:
    class Broken(Phones):
        async def send(self, message: Message) -> Sent:
            raise TypeError("'NoneType' object is not iterable")

    duty = (Reader(id="zhao", name="zhao", language="en", contacts=(("sms", "+44 1"), ("call", "+44 1"))),)

    async def story() -> None:
        night.beats(duty=duty)
        night.guard._channels = {"sms": Broken(night.clock), "call": night.phones}  # type: ignore[dict-item]
        await night.passes(200)
        assert night.phones.heard("no heartbeat") == ["zhao"]

    asyncio.run(story())
