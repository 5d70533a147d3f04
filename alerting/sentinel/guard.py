"""The sentinel's one loop: judge, call the next and louder, say when all is well.

Whoever is called first is on duty now, by the last good heartbeat: a dead service's roster is still
known. At each call another is called besides, until somebody says that they look after it; who was
called before is called on the next louder contact. Behind the duty list stand the people of
sentinel.yaml.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from alerting.dispatch.channels import Channel, Failed, Message
from alerting.runtime import Runtime
from alerting.sentinel import words
from alerting.sentinel.judging import EXERCISES, faults
from alerting.sentinel.memory import Alarm, Turn, keep, recall
from alerting.sentinel.settings import Settings
from alerting.sentinel.wire import Answer, Heartbeat, Reader, Words

log = structlog.get_logger()
EVERY = timedelta(seconds=10)
ASLEEP = timedelta(seconds=60)  # without a word or a round of its own, the sentinel has heard nothing
AGAIN = timedelta(seconds=60)  # after an exercise's message that nobody took
SET = timedelta(seconds=2)  # a clock that moves by more was set
Text = Callable[[Reader], str]


class Guard:
    name = "sentinel"

    def __init__(
        self, settings: Settings, runtime: Runtime, channels: Mapping[str, Channel], secret: bytes
    ) -> None:
        self._settings, self._runtime, self._channels = settings, runtime, channels
        self.secret, self._zone = secret, ZoneInfo(settings.timezone)
        self.memory = recall(settings.memory)
        self._since = self._looked = runtime.now()
        self._challenge = runtime.token()

    # What comes in

    def hear(self, beat: Heartbeat) -> tuple[bool, Answer]:
        """Take a heartbeat whose signature was proved: whether it is a new one, and the answer."""
        now, memory = self._runtime.now(), self.memory
        fresh = hmac.compare_digest(beat.challenge.encode(), self._challenge.encode())
        if fresh:
            self._challenge = self._runtime.token()
            memory.beat, memory.heard = beat, now
            memory.ahead = (beat.at - now).total_seconds()
            memory.sent = beat.sent and beat.sent - timedelta(seconds=memory.ahead)
            memory.turns = {
                one.n: memory.turns.get(one.n)
                or Turn(person=one.person, must_by=now + timedelta(seconds=one.left))
                for one in beat.exercises
            }
            for one in beat.exercises:
                memory.turns[one.n].there = one.answered
            keep(memory, self._settings.memory)
        calling = tuple(memory.alarm.faults.values()) if memory.alarm else ()
        answered = tuple(n for n, turn in memory.turns.items() if turn.here)
        return fresh, Answer(nonce=beat.nonce, challenge=self._challenge, at=now, calling=calling,
                             answered=answered)  # fmt: skip

    def reader_at(self, channel: str, address: str) -> Reader | None:
        """Whose address it is; strangers are nobody."""
        return next((r for r in self._readers() if (channel, address) in r.contacts), None)

    def reader_of(self, token: str) -> tuple[Reader, str] | None:
        """Whose link it is, and what it opens: alarm or turn; None when that is over."""
        alarm, turns = self.memory.alarm, self.memory.turns
        opens = {alarm.token: "alarm"} if alarm else {}
        opens |= {f"turn {n}": "turn" for n, turn in turns.items() if not turn.here}
        return next(((r, what) for of, what in opens.items() for r in self._readers()
                     if self._link(of, r) == token), None)  # fmt: skip

    async def take(self, who: Reader) -> None:
        """Somebody says that they are there: all that they were asked is answered."""
        mine = [t for t in self.memory.turns.values() if t.person == who.id and t.asked and not t.here]
        for turn in mine:
            turn.here = True
        alarm, limits = self.memory.alarm, self._settings.limits
        taken = alarm if alarm and alarm.called.get(who.id) and not alarm.taken_by else None
        if taken is not None:
            taken.taken_by = who.id
            taken.next = self._runtime.now() + timedelta(seconds=limits.trusted)
            log.warning("taken", by=who.name)
        keep(self.memory, self._settings.memory)
        if mine:
            await self._tell([who], lambda r: words.reached(r.language, self._county()[0]))
        if taken is not None:
            absent = taken.faults.keys() <= EXERCISES
            minutes = 0 if absent else round(limits.trusted / 60)
            await self._tell(self._reached(taken), lambda r: words.taken(
                r.language, *self._county(), who.called(r.language), minutes))  # fmt: skip

    # The loop

    def next_due(self) -> datetime | None:
        return self._looked + EVERY

    async def step(self) -> bool:
        self._follow()
        now, limits = self._runtime.now(), self._settings.limits
        if now - self._looked > ASLEEP:
            log.warning("the sentinel itself stood still", since=self._looked.isoformat())
            self._since = now
        self._looked = now
        await self._ask_turns(now)
        found = faults(self.memory, self._since, now, limits, self._zone)
        alarm, heard = self.memory.alarm, self.memory.heard
        if alarm is not None and (heard is None or heard < self._since):
            # Nothing has come since the sentinel began or woke: what was wrong has not been mended.
            found = alarm.faults | found
        if found and alarm is None:
            alarm = self.memory.alarm = Alarm(
                token=self._runtime.token(), began=now, faults=found, next=now
            )
        if alarm is None:
            return False
        if found:
            return await self._call(alarm, found, now)
        alarm.since = alarm.since or now
        if now - alarm.since < timedelta(seconds=limits.well):
            return False
        self.memory.alarm = None
        keep(self.memory, self._settings.memory)
        began = f"{alarm.began.astimezone(self._zone):%H:%M}"
        log.warning("all is well again", began=alarm.began.isoformat())
        await self._tell(self._reached(alarm),
                         lambda r: words.well(r.language, *self._county(), began))  # fmt: skip
        return True

    async def _ask_turns(self, now: datetime) -> None:
        """Write to whoever has come on duty; again, as long as it is not too late, where that reached
        nobody."""
        for n, turn in list(self.memory.turns.items()):
            who = next((one for one in self._readers() if one.id == turn.person), None)
            late = turn.must_by <= now or (turn.tried is not None and now < turn.tried + AGAIN)
            if turn.asked or who is None or late:
                continue
            turn.tried, link = now, self._address(f"turn {n}", who)
            text = words.turn(who.language, self._county()[0], link)
            turn.asked = await self._send(who, text, 1, link)
            keep(self.memory, self._settings.memory)

    async def _call(self, alarm: Alarm, found: dict[str, Words], now: datetime) -> bool:
        """The next call, where it is time for it; at once where something else is wrong besides."""
        if not found.keys() <= alarm.faults.keys() and alarm.taken_by:
            alarm.taken_by, alarm.next = "", now
        alarm.faults, alarm.since = found, None
        # Of an exercise nothing changes while its turn lasts: who looks after it is not rung again.
        if now < alarm.next or (alarm.taken_by and found.keys() <= EXERCISES):
            return False
        alarm.taken_by = ""
        alarm.round, alarm.next = alarm.round + 1, now + timedelta(seconds=self._settings.limits.again)
        log.error("calls", faults=[one["en"] for one in found.values()], round=alarm.round)
        readers = self._readers()
        if found.keys() <= EXERCISES:  # who does not answer is called last
            silent = {turn.person for turn in self.memory.silent(now)}
            readers.sort(key=lambda one: one.id in silent)
        before = [one for one in readers if one.id in alarm.called]
        for reader in readers:  # one more; and the next one too where that reaches nobody
            if reader not in before and await self._ring(alarm, reader):
                break
        await asyncio.gather(*(self._ring(alarm, one) for one in before))
        keep(self.memory, self._settings.memory)
        return True

    async def _ring(self, alarm: Alarm, reader: Reader) -> bool:
        times = alarm.called.get(reader.id, 0) + 1
        alarm.called[reader.id] = times
        link = self._address(alarm.token, reader)
        text = words.alarm(reader.language, *self._county(), alarm.faults.values(), times, link,
                           alarm.faults.keys() <= EXERCISES)  # fmt: skip
        reached = await self._send(reader, text, times, link)
        if reached and reader.id not in alarm.reached:
            alarm.reached.append(reader.id)
        return reached

    async def _tell(self, readers: Sequence[Reader], text: Text) -> None:
        await asyncio.gather(*(self._send(one, text(one), 1) for one in readers))

    async def _send(self, reader: Reader, text: str, times: int, link: str = "") -> bool:
        """On the contact that is as much louder as the call is later, or else on another."""
        ways = sorted((one for one in reader.contacts if one[0] in self._channels),
                      key=lambda one: self._channels[one[0]].loudness)  # fmt: skip
        ways = [one for one in ways if self._channels[one[0]].loudness] or ways
        first = min(times, len(ways)) - 1
        for channel, address in [*ways[first:], *ways[:first][::-1]]:
            self.memory.messages += 1
            message = Message(
                delivery=self.memory.messages, realm="sentinel", exercise=self._county()[1],
                address=address, person=reader.id, reader=reader.called(reader.language), post="",
                language=reader.language, band="red", subject="", text=text, code="", link=link,
                created=self._runtime.now(),
            )  # fmt: skip
            try:
                await self._channels[channel].send(message)
            except Failed as error:
                log.error("could not call", whom=reader.name, channel=channel, why=error.reason)
            except Exception:  # a channel's own mistake: the next contact, and the others, are called
                log.exception("could not call", whom=reader.name, channel=channel)
            else:
                log.warning("called", whom=reader.name, channel=channel)
                return True
            finally:  # to wait for a provider is not to sleep
                self._looked = self._runtime.now()
        return False

    # Whom, and about what

    def _readers(self) -> list[Reader]:
        """The duty list as it was last heard, then the people of the last resort who are not on it."""
        beat = self.memory.beat
        known = list(beat.duty) if beat is not None else []
        held = {contact for one in known for contact in one.contacts}
        known += [r for r in self._settings.last_resort() if held.isdisjoint(r.contacts)]
        return [r for r in known if any(channel in self._channels for channel, _ in r.contacts)]

    def _reached(self, alarm: Alarm) -> list[Reader]:
        return [one for one in self._readers() if one.id in alarm.reached]

    def _county(self) -> tuple[Words, bool]:
        beat = self.memory.beat
        return (beat.county, beat.exercise) if beat is not None else (words.UNKNOWN, False)

    def _address(self, of: str, reader: Reader) -> str:
        return f"{self._settings.url}/t/{self._link(of, reader)}"

    def _link(self, of: str, reader: Reader) -> str:
        """The link of one reader's messages: by it we know who has opened it."""
        said = f"{of} {reader.id}".encode()
        return hmac.new(self.secret, said, hashlib.sha256).hexdigest()[:24]

    def _follow(self) -> None:
        """Go by the machine's clock; where somebody has set it, what is counted goes on as it was."""
        by = self._runtime.drift()
        self._runtime.follow()
        if abs(by) <= SET:
            return
        log.warning("the clock was set", by=str(by))
        self._since, self._looked = self._since + by, self._looked + by
        memory, alarm = self.memory, self.memory.alarm
        memory.heard, memory.sent = memory.heard and memory.heard + by, memory.sent and memory.sent + by
        memory.ahead -= by.total_seconds()
        if alarm is not None:
            alarm.next, alarm.since = alarm.next + by, alarm.since and alarm.since + by
        for turn in memory.turns.values():
            turn.must_by, turn.tried = turn.must_by + by, turn.tried and turn.tried + by
