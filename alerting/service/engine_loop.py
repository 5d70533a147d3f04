"""Takes signals in order, slice by slice, for the shares of the places that this process acts for; each
is marked done in the transaction of its effects. An exercise is taken whole by whoever plays it.

What a signal leads to once for the whole realm (an answer, a plan's proposal) is done with the home
share: see bus.shares.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Connection, bindparam, delete, func, insert, select

from alerting import chase
from alerting.alerts import by_hand, closed_roads, responses, standing, unknown
from alerting.alerts.changes import Changes, commit
from alerting.alerts.departed import close_departed
from alerting.alerts.engine import Engine
from alerting.alerts.life import Life
from alerting.alerts.named_days import end_past
from alerting.alerts.recurring import ask_again, order_again
from alerting.alerts.triggers import Officials, officials
from alerting.alerts.work import Work
from alerting.audit import record
from alerting.bus import Overtaken, Record, let_go, let_go_by
from alerting.errors import Refused
from alerting.service.engine_batch import REVIEW, TOGETHER, Batch, Said, together
from alerting.service.seeing_again import see_again
from alerting.service.story import Story
from alerting.signals import OBSERVATION, Report, Signal, Tick, stamped_by
from alerting.store.database import Death
from alerting.store.faults import of_the_store
from alerting.store.schema import SET_ASIDE, audit, is_set_aside, slice_done
from alerting.telemetry import about

if TYPE_CHECKING:
    from alerting.service.station import Station

log = structlog.get_logger()
BATCH = 50
BY_HAND = ("open", "raise", "order", "keep", "withdraw", "correct", "respond")
Term = tuple[int, int]  # a share, and which time that it is had
EXERCISES = -1  # in place of a share: exercises, which are not shared out
_DONE = select(slice_done.c.slice).where(
    slice_done.c.realm == bindparam("realm"), slice_done.c.seq == bindparam("seq")
)


class EngineLoop:
    """`terms` gives the shares that this process is to act for now, each with a number that is another
    when it may have been others' meanwhile: all of them where it is the only one."""

    name = "engine"
    heeds = frozenset({"signal"})

    def __init__(
        self, station: Station, terms: Callable[[], frozenset[Term]] | None = None
    ) -> None:
        self._station = station
        whole = frozenset((one, 0) for one in (EXERCISES, *station.bus.shares.all))
        self._terms = terms or (lambda: whole)
        self._had = frozenset[Term]() if station.store.shared else whole
        self._die = Death.from_environment("take")  # N: of the signals that change something
        self._unsure: set[str] = set()  # realms whose memory is not what was committed
        self._alone: dict[str, int] = {}  # by realm up to which signal each is taken by itself

    def next_due(self) -> datetime | None:
        return None

    async def step(self) -> bool:
        station, terms = self._station, self._terms()
        had, self._had = self._had, terms
        station.acts_for = frozenset(share for share, _ in terms if share != EXERCISES)
        station.plays = any(share == EXERCISES for share, _ in terms)
        if terms - had:  # others have taken signals of these places until now
            self._unsure |= {realm.id for realm in station.running()}
            station.refresh_realms()
        if not terms:
            return False
        worked = await self._take_offered_book()
        for realm in station.running():
            await self._forget(realm.id)
            engine = station.engines[realm.id]
            with station.store.read() as connection:
                records = station.bus.read(connection, realm.id, engine.seen, BATCH)
                positions = station.bus.positions(connection, realm.id) if records else {}
            records += await self._more(realm.id, records)
            held = station.shares_in(realm.id)
            mine = {share: at for share, at in positions.items() if share in held}
            if any(at > engine.taken.get(share, at) for share, at in mine.items()):
                # Another that believed to act for these places has taken some signals since: what it
                # decided is not in this memory.
                self._unsure.add(realm.id)
                worked = True
                continue
            while records:
                worked = True
                async with station.judging:
                    if station.engines[realm.id] is not engine:
                        break  # its memory was made anew meanwhile
                    said = await self._together(realm.id, records, mine)
                    some = records[: max(len(said), 1)]
                    was = {
                        share: at for share, at in mine.items()
                        if any(at < one.seq and one.share in (None, share) for one in some)
                    }  # fmt: skip
                    if not was:
                        see_again(engine, some, station.now(realm.id))
                    elif len(said) > 1:
                        if not await self._take_together(realm.id, said, was):
                            break
                    elif not await self._take(realm.id, some[0], was):
                        break
                    engine.seen = some[-1].seq
                moved = dict.fromkeys(was, some[-1].seq)
                mine |= moved
                engine.taken |= moved
                del records[: len(some)]
                station.goes_on(self.name)
        return worked

    async def _more(self, realm: str, records: list[Record]) -> list[Record]:
        """What follows these, of observations, which are small and can be taken together."""
        if len(records) < BATCH or any(one.kind != OBSERVATION for one in records):
            return []
        bus, store, last = self._station.bus, self._station.store, records[-1].seq

        def read() -> list[Record]:
            with store.read() as connection:
                more = bus.observations_after(connection, realm, last, TOGETHER - BATCH)
                return bus.read(connection, realm, last, more) if more else []

        return await self._station.runtime.in_thread("engine", read)

    async def _together(
        self, realm: str, records: list[Record], mine: Mapping[int, int]
    ) -> list[Said]:
        """What may be taken at once from the first record on; nothing where that is to be taken by
        itself. Off the event loop, for to unpack some hundreds takes milliseconds."""
        if len(records) < 2 or records[0].kind != OBSERVATION:
            return []
        return await self._station.runtime.in_thread(
            "engine", lambda: self._of_one_moment(realm, records, mine)
        )

    def _of_one_moment(
        self, realm: str, records: list[Record], mine: Mapping[int, int]
    ) -> list[Said]:
        first = records[0].seq
        if first <= self._alone.get(realm, 0):
            return []
        if any(at >= first for at in mine.values()):  # others have taken some of these for a share
            return []
        with self._station.store.read() as connection:
            half = connection.execute(
                select(func.min(slice_done.c.seq)).where(slice_done.c.realm == realm)
            ).scalar()
        whole = [one for one in records if half is None or one.seq < half]
        now, since = self._span(realm)
        return together(whole, now, mine, since)

    async def _take_together(self, realm: str, said: list[Said], was: dict[int, int]) -> bool:
        """False where that failed: then each is taken by itself, so that one alone is set aside."""
        first, last = said[0].record, said[-1].record
        with about(first.id, signal=first.id):
            try:
                await Batch(self._station, realm, said, was).take(self._die)
                return True
            except Exception as error:
                log.exception("signals failed", realm=realm, count=len(said))
                await self._make_anew(realm, error)
                self._alone[realm] = last.seq
                return False

    async def _make_anew(self, realm: str, error: Exception) -> None:
        """After a failure that left the memory ahead of what was committed. Raises it where it says
        nothing of the signal: a full disk, or another process that was quicker."""
        self._unsure.add(realm)
        await self._forget(realm)
        if isinstance(error, Overtaken) or of_the_store(error):
            raise error

    async def _forget(self, realm: str) -> None:
        """What was decided in memory but not committed, or committed by others; where the store cannot
        be read either, again before the next signal is looked at."""
        if realm in self._unsure:
            await self._station.reload_engine(realm)
            self._unsure.discard(realm)

    async def _take_offered_book(self) -> bool:
        station = self._station
        if not await station.take_offered_book():
            return False
        for realm in station.running():
            life, at = station.life(realm.id), station.now(realm.id)
            if gone := station.departed(realm.id):
                await station.writer.write(
                    lambda c, life=life, gone=gone, at=at: close_departed(c, life, gone, at)  # type: ignore[misc]
                )
        return True

    async def _take(self, realm: str, one: Record, was: dict[int, int]) -> bool:
        """For some shares: `was` are their positions before it, from which alone they may be moved.
        False where it was set aside for what it led to."""
        try:
            # What was stamped before the clock was set back was there by now; what was stamped since is
            # no older than what is remembered.
            signal = stamped_by(one.signal(), *self._span(realm))
        except ValueError as error:
            # It will not read better a second time, and nothing was decided on it that must be
            # forgotten.
            log.error("signal cannot be read", realm=realm, signal=one.id, error=str(error))
            await self._set_aside(realm, one, was, error)
            return True
        cause = self._cause(signal)
        with about(cause, signal=signal.id):
            return await self._judge(realm, one, was, signal, cause)

    def _span(self, realm: str) -> tuple[datetime, datetime | None]:
        """Now, never before what is remembered: a clock that goes back a little, as of several machines
        one may, must not take out of force what was heard a moment ago. And the last remembered, never
        after now: what comes of a signal is due at once."""
        heard = max(self._station.engines[realm].spoke.values(), default=None)
        now = self._station.now(realm)
        return (now, None) if heard is None else (max(now, heard), min(now, heard))

    def _cause(self, signal: Signal) -> str:
        """The id that all that comes of it carries: a person's answer is part of an older story."""
        if not isinstance(signal, Report):
            return signal.id
        with self._station.store.read() as connection:
            return chase.answers_to(connection, signal)

    async def _judge(
        self, realm: str, one: Record, was: dict[int, int], signal: Signal, cause: str
    ) -> bool:
        station, now = self._station, signal.accepted or signal.issued
        engine = station.engines[realm]
        story = Story(station, realm, one.seq, signal, cause)
        try:
            touched = engine.see(signal, now)
            if (gone := let_go_by(signal)) is not None:
                engine.let_go(*gone)
            beside = engine.elsewhere(was)
            done = await self._done(realm, one.seq) - beside
            work = await station.runtime.in_thread(
                "engine", lambda: engine.work(signal, now, touched, done | beside)
            )
            story.judged()
            slices = await self._commit(realm, engine, was, one.seq, signal, cause, work, done)
            story.committed(slices)
            return True
        except Exception as error:
            log.exception("signal failed", realm=realm, signal=one.id)
            await self._make_anew(realm, error)
            if not station.failed_before(realm, one.seq):
                raise
            await self._set_aside(realm, one, was, error)
            return False

    async def _commit(
        self, realm: str, engine: Engine, was: dict[int, int], seq: int, signal: Signal, cause: str,
        work: Work, done: set[int],
    ) -> int:  # fmt: skip
        """Gives how many slices had something to write."""
        bus, life = self._station.bus, replace(engine.life, cause=cause)
        slices = [s for s in engine.slices(work) if s not in done]
        if slices:
            self._die.at("before")
        for number in slices[:-1]:
            changes = await self._changes(engine, work, number)

            def a_slice(
                connection: Connection, number: int = number, changes: Changes = changes
            ) -> None:
                bus.still(connection, realm, was)
                commit(connection, life, changes)
                connection.execute(insert(slice_done).values(realm=realm, seq=seq, slice=number))

            await self._station.writer.write(a_slice)
        last = await self._changes(engine, work, slices[-1]) if slices else None

        now = signal.accepted or signal.issued
        told = officials(engine.facts, life.book, now)

        def the_last(connection: Connection) -> None:
            if (gone := let_go_by(signal)) is not None:
                standing.forget(connection, realm, *gone)
            if last is not None:
                commit(connection, life, last)
            if isinstance(signal, Tick) and not signal.subject:
                self._strike(connection, life, signal, was)
            if bus.shares.home in was:
                self._once(connection, life, signal, told)
            elif slices or done:  # it may be what a plan waits for
                look = Tick(source="engine", issued=now, subject=f"{REVIEW}{seq}:{min(was)}")
                bus.publish(connection, realm, [look], now)
            if written := [*slices[:-1], *done]:
                connection.execute(
                    delete(slice_done).where(slice_done.c.realm == realm, slice_done.c.seq == seq)
                    .where(slice_done.c.slice.in_(written))
                )  # fmt: skip
            bus.taken(connection, realm, was, seq)

        await self._station.writer.write(the_last, first=isinstance(signal, Report))
        return len(slices)

    def _strike(
        self, connection: Connection, life: Life, tick: Tick, shares: Collection[int]
    ) -> None:
        """What a stroke of the clock leads to at the places of these shares."""
        now, share_of = tick.accepted or tick.issued, self._station.bus.shares.of_place

        def mine(place: str) -> bool:
            return share_of(place) in shares

        order_again(connection, life, tick.issued, now, mine)
        end_past(connection, life, now, mine)
        ask_again(connection, life, tick.issued, now, mine)

    def _once(
        self, connection: Connection, life: Life, signal: Signal, told: Officials
    ) -> None:
        """What the signal leads to once, however many shares it concerns."""
        bus, now = self._station.bus, signal.accepted or signal.issued
        if isinstance(signal, Report):
            _take_report(connection, life, signal)
            # Whoever acts for the place has its alert in mind still.
            bus.publish(connection, life.realm, (
                Tick(source="engine", issued=now, subject=let_go(rule, place))
                for rule, place in unknown.called_off(connection, life.realm, now)
            ), now)  # fmt: skip
        responses.review(connection, life, told, now)

    async def _changes(self, engine: Engine, work: Work, number: int) -> Changes:
        return await self._station.runtime.in_thread(
            "engine", lambda: engine.changes(work, number)
        )

    async def _done(self, realm: str, seq: int) -> set[int]:
        with self._station.store.read() as connection:
            return set(connection.execute(_DONE, {"realm": realm, "seq": seq}).scalars())

    async def _set_aside(
        self, realm: str, one: Record, was: dict[int, int], error: Exception
    ) -> None:
        """A signal that cannot be read, or fails twice, must not stop all that come after it; the
        watch speaks of it."""
        beside = self._station.engines[realm].elsewhere(was)

        def aside(connection: Connection) -> None:
            known = select(audit.c.n).where(
                audit.c.realm == realm, is_set_aside, audit.c.subject == one.id
            )
            if connection.execute(known).first() is None:  # by no other share
                # Of now: the watch counts those of a day, and what waited longer was missed no less.
                record(connection, realm, self._station.now(realm), "service", SET_ASIDE, one.id,
                       {"error": str(error)[:500]})  # fmt: skip
            connection.execute(  # nothing more of it is on its way
                delete(slice_done).where(slice_done.c.realm == realm, slice_done.c.seq == one.seq)
                .where(slice_done.c.slice.not_in(beside))
            )  # fmt: skip
            self._station.bus.taken(connection, realm, was, one.seq)

        await self._station.writer.write(aside)
        self._station.tally.set_aside(self._station.realm(realm).kind)


def _take_report(connection: Connection, life: chase.Life, report: Report) -> None:
    """What a person says: by hand, an answer, or something seen (which the engine has taken)."""
    again = chase.confirmed_before(connection, report) if report.act in BY_HAND else None
    if again is not None:
        chase.note(connection, life, report, again)
    elif report.act in BY_HAND:
        try:
            changed = by_hand(connection, life, report)
            told = chase.held_back(connection, life, changed)
            chase.note(connection, life, report, chase.Outcome("taken", told))
        except Refused as refusal:
            said = {"zh": f"未执行：{refusal.zh}", "en": f"Not done: {refusal.what}"}
            chase.note(connection, life, report, chase.Outcome("refused", said, refusal.what))
            record(connection, life.realm, report.accepted or report.issued, report.person,
                   "refused", report.subject, {"act": report.act, "why": refusal.what})  # fmt: skip
    elif report.act in ("reported", "report-ended", *closed_roads.ACTS):
        chase.note(connection, life, report, chase.Outcome("taken", {}))
        record(connection, life.realm, report.accepted or report.issued, report.person,
               report.act, report.subject, dict(report.detail))  # fmt: skip
    else:
        chase.take(connection, life, report)
