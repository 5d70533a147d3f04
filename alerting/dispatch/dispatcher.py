"""The dispatcher: plans, binds, leases, sends many at once, settles in batches.

In real time a step leaves its sends under way and returns, so that one provider that hangs holds up
nobody else; under a virtual clock a step returns when all of it is done. While a queue is worked off,
the transaction that writes down what came of some leases what follows them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection, Row, func, select, text
from sqlalchemy.exc import DatabaseError

from alerting.dispatch import codes, outbox, rates, ways
from alerting.dispatch.bind import Plan, bind, plan
from alerting.dispatch.channels import Channel, Failed, Passing, Permanent, StatusChange, Unusable
from alerting.dispatch.compose import Composer
from alerting.dispatch.outbox import LATE, LEASE, Claimed, Lapsed, Outcome, Room
from alerting.dispatch.receipts import apply_status
from alerting.dispatch.traffic import Traffic
from alerting.dispatch.wording import Book
from alerting.dispatch.writing import Drafts, Settings
from alerting.people import Quiet
from alerting.places import Places
from alerting.runtime import Runtime
from alerting.store import Store, Writer
from alerting.store.database import Death
from alerting.store.faults import of_the_store
from alerting.store.schema import URGENCY, WAITING, UtcText, delivery, is_due, is_later, notice
from alerting.store.schema import realm as realm_table
from alerting.telemetry import Tally, Traces, about
from alerting.telemetry.traces import Said

log = structlog.get_logger()
PATIENCE = 3.0  # seconds that a provider may still take when the service is stopped
# With so many under way a transaction waits a moment for more to write down, or to lease, in one.
BUSY, GATHER = 16, 0.002
LOOKS_AGAIN = 0.05  # seconds from look to look while what is settled leases what follows


class Dispatcher:
    """One for a process. `sender` signs messages, in both languages; `url` is how phones reach us;
    `owner` names the process where others send from the same database; whether they know that it lives,
    `known_to_live` says: if not, they end its leases."""

    def __init__(
        self,
        *,
        store: Store,
        writer: Writer,
        runtime: Runtime,
        channels: Mapping[str, Channel],
        book: Book,
        places: Places,
        sender: Mapping[str, str],
        zone: ZoneInfo,
        url: str,
        now_of: Callable[[str], datetime],
        quiet: Quiet = Quiet(),
        owner: str = "",
        known_to_live: Callable[[], bool] = lambda: True,
        tally: Tally | None = None,
        traces: Traces | None = None,
    ) -> None:
        self._tally, self._traces = tally or Tally(), traces or Traces()
        self._store, self._writer, self._runtime, self._now_of = store, writer, runtime, now_of
        self._channels, self._owner, self._known_to_live = channels, owner, known_to_live
        self._composer = partial(Composer, places=places, zone=zone, sender=sender)
        self._drafts = Drafts(
            Settings(channels, sender, zone, url.rstrip("/"), quiet), self._composer(book), runtime,
        )  # fmt: skip
        self._traffic = Traffic(channels)
        self._tasks: set[asyncio.Task[None]] = set()
        self._outcomes: list[Outcome] = []
        self._settling: asyncio.Task[None] | None = None
        self._taking = asyncio.Lock()  # from counting the room to counting what was leased
        # Channels of which what was leased last took all the room there was: more may wait.
        self._more: frozenset[str] = frozenset()
        self._closing = False
        self._planning: asyncio.Task[list[Plan]] | None = None
        self._trouble: BaseException | None = None
        self._die = Death.from_environment("send")
        self.sends = 0  # so far, by this process
        self._started = False
        # When there will be something to do, as a step saw that found nothing; until it is asked for.
        self._foreseen: tuple[datetime | None] | None = None

    def use_book(self, book: Book) -> None:
        """What is written from now on is in a changed book's words."""
        self._drafts.composer = self._composer(book)

    @property
    def unusable(self) -> set[str]:
        """Channels that refuse us as such: a wrong password, a closed account."""
        return self._traffic.refused

    async def step(self) -> bool:
        """Plan on a reading connection, bind and lease in one transaction, send, settle. True where
        anything was done."""
        if self._trouble is not None:
            trouble, self._trouble = self._trouble, None
            raise trouble
        self._write_down()  # what the store refused before
        if not self._started:
            await self._begin()
        if self._more and self._crowded():
            await self._pause()
        plans_wait, can_send, due = self._look()
        has_work = plans_wait or can_send or self._planning is not None
        self._foreseen = None if has_work else (due,)
        if not has_work:
            return False
        plans = await self._plans(plans_wait, can_send)
        if not plans and await self._left_to_settling():
            return True
        if not (plans or can_send):
            return True
        claimed = await self._take(plans)
        if not self._runtime.virtual:
            for one in claimed:
                self._start(one)
            await self._runtime.sleep(0)  # they go out before it is looked for more
        elif claimed:
            outcomes = await asyncio.gather(*(self._send(one) for one in claimed))
            await self._writer.write(partial(self._settle, outcomes=outcomes))
        return True

    def has_work(self) -> bool:
        """Whether a step would find something to do now."""
        return any(self._look()[:2])

    def _look(self) -> tuple[bool, bool, datetime | None]:
        """Whether notices are due now, whether deliveries can be taken, and when either will be."""
        with self._store.read() as connection:
            waiting = self._waiting(connection)
            found = self._deliveries_due(connection)
        due = min([*self._notices_due(waiting), *found], default=None)
        # Asked for after what is due: a real clock has moved on meanwhile, and "now" must count.
        ready = min(found, default=datetime.max.replace(tzinfo=UTC)) <= self._runtime.now()
        return any(self._due_now(row) for row in waiting), ready, due

    def clock_set(self, by: timedelta) -> None:
        self._foreseen = None
        self._traffic.clock_set(by)

    def next_due(self) -> datetime | None:
        """By the machine's clock, when a step may find something to do."""
        if (foreseen := self._foreseen) is not None:
            self._foreseen = None
            return foreseen[0]
        with self._store.read() as connection:
            waiting = self._waiting(connection)
            found = [*self._notices_due(waiting), *self._deliveries_due(connection)]
        return min(found, default=None)

    async def status(self, channel: str, change: StatusChange) -> bool:
        """Take a provider's status callback. False where it changed nothing."""
        return await self._writer.write(
            lambda c: apply_status(c, self._channels[channel], change, self._now_of,
                                   self._runtime.now()),
            first=True,
        )  # fmt: skip

    async def close(self) -> None:
        """Let what is under way come to its end, then close the channels.

        A send that takes longer is left as a crash would leave it: leased, and asked about before it
        is sent again.
        """
        async with self._taking:  # what is being leased is sent
            self._closing = True
        if self._tasks:
            _, hanging = await asyncio.wait(self._tasks, timeout=PATIENCE)
            for task in hanging:
                task.cancel()
        for last in (self._settling, self._planning):
            if last is not None:
                await asyncio.wait([last])
        for channel in self._channels.values():
            await channel.close()

    async def _begin(self) -> None:
        """At a process's start: links have their secret, and what a dead process had leased is free."""
        with self._store.read() as connection:
            ready = codes.has_link_secret(connection)
            if not self._owner:  # else a lease may be of one that lives
                ready = ready and not outbox.any_leased(connection)
        if not ready:
            await self._writer.write(self._make_ready)
        self._started = True

    def _make_ready(self, connection: Connection) -> None:
        codes.make_link_secret(connection, self._runtime, self._runtime.now())
        if not self._owner:
            outbox.take_over(connection, self._runtime.now())

    async def _pause(self) -> None:
        """Until it is looked again; what is being planned does not wait when it is ready."""
        if self._planning is None:
            await self._runtime.sleep(LOOKS_AGAIN)
        else:
            await asyncio.wait([self._planning], timeout=LOOKS_AGAIN)

    async def _plans(self, wanted: bool, can_send: bool) -> list[Plan]:
        """What is to be bound now. In real time it is planned beside the sending: while messages are
        under way, or can be, nobody waits for it."""
        if wanted and self._planning is None:
            self._drafts.settings.unusable = set(self._traffic.left_alone(self._runtime.now()))
            if self._runtime.virtual:
                return await self._runtime.in_thread("bind", self._plan)
            self._planning = asyncio.create_task(self._runtime.in_thread("bind", self._plan))
        planning = self._planning
        if planning is not None and not can_send:
            await asyncio.wait([planning], timeout=LOOKS_AGAIN if len(self._tasks) > BUSY else None)
        if planning is None or not planning.done():
            return []
        self._planning = None
        return planning.result()

    async def _left_to_settling(self) -> bool:
        """Whether what waits is leased with what is being written down; then some of it has been, or
        what was being planned is ready."""
        if self._crowded():
            await self._runtime.sleep(GATHER)
        if not self._more or self._settling is None or self._settling.done():
            return False
        others = {self._settling} if self._planning is None else {self._settling, self._planning}
        await asyncio.wait(others, timeout=LOOKS_AGAIN, return_when=asyncio.FIRST_COMPLETED)
        return True

    def _crowded(self) -> bool:
        """Whether many are under way, and little room is left for more."""
        return len(self._tasks) > BUSY > self._traffic.most_room(self._runtime.now())

    async def _take(
        self,
        plans: Sequence[Plan] = (),
        outcomes: Sequence[Outcome] = (),
        channels: Collection[str] | None = None,
    ) -> list[Claimed]:
        """Write down what came of some, bind what was planned, and lease what can be sent, on all
        channels or on these."""
        refused = self._traffic.left_alone(self._runtime.now())
        self._drafts.settings.unusable = set(refused)
        async with self._taking:
            now = self._runtime.now()
            # Counted on the event loop alone, where sends end too.
            room = self._traffic.rooms(now)
            claimed, sent = await self._writer.write(
                partial(self._settle_and_claim, outcomes=outcomes, plans=plans, refused=refused,
                        room=room, channels=channels)
            )  # fmt: skip
            for one in claimed:
                self._traffic.begins(one, now)
            self._traffic.knows(sent)
            went = Counter(one.channel for one in claimed)
            full = {n: one.others or one.most for n, one in room.items()}
            self._more = frozenset(n for n, most in full.items() if went[n] >= most > 0)
        return claimed

    def _plan(self) -> list[Plan]:
        with self._store.read() as connection:
            return plan(connection, self._drafts, self._now_of)

    # Under a transaction

    def _settle_and_claim(
        self,
        connection: Connection,
        outcomes: Sequence[Outcome],
        plans: Sequence[Plan],
        refused: Mapping[str, datetime],
        room: Mapping[str, Room],
        channels: Collection[str] | None,
    ) -> tuple[list[Claimed], rates.Sent]:
        """What is leased; and where others send too, what all of them have sent lately."""
        now = self._runtime.now()
        outbox.settle(connection, self._drafts, outcomes, now, self._now_of)
        for made in plans:
            bind(connection, made)
        ways.stopped(connection, self._drafts, self._now_of)
        ways.undelivered(connection, self._drafts, now, self._now_of)
        ways.pass_on(connection, self._drafts, refused, now, self._now_of)
        sent = rates.read(connection, self._channels, now) if self._owner else {}
        room = rates.rooms(room, sent, self._channels, now)
        claimed = outbox.claim(
            connection, self._drafts, now, room, self._now_of, self._owner, channels
        )
        rates.add(connection, sent, claimed, now)
        return claimed, sent

    def _settle(self, connection: Connection, outcomes: Sequence[Outcome]) -> None:
        outbox.settle(connection, self._drafts, outcomes, self._runtime.now(), self._now_of)

    # Sending

    def _start(self, one: Claimed) -> None:
        task = asyncio.create_task(self._send_and_settle(one))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._trouble = task.exception()

    async def _send_and_settle(self, one: Claimed) -> None:
        try:
            outcome = await self._send(one)
        except Lapsed:
            log.warning("not sent: another has it, or may by now", delivery=one.message.delivery)
            return
        self._outcomes.append(outcome)  # looked up after the wait: a settled batch's list is gone
        self._write_down()

    def _write_down(self) -> None:
        if self._outcomes and (self._settling is None or self._settling.done()):
            self._settling = asyncio.create_task(self._settle_all())
            self._settling.add_done_callback(self._ended)

    async def _settle_all(self) -> None:
        # While one batch is written the next gathers.
        while self._outcomes:
            if len(self._tasks) > BUSY > len(self._outcomes):
                await self._runtime.sleep(GATHER)
            batch, self._outcomes = outbox.parted(self._outcomes)
            claimed: list[Claimed] = []
            leases = bool(self._more) and not self._closing and self._known_to_live()
            try:
                if leases:
                    claimed = await self._take((), batch, self._more)
                else:
                    await self._writer.write(partial(self._settle, outcomes=batch))
            except Exception as error:
                # What is known need not be asked, or sent again, after a lease. What could not be
                # leased takes nothing with it of what came: that is written alone.
                self._more = frozenset()
                if leases or of_the_store(error):
                    self._outcomes = [*batch, *self._outcomes]
                raise
            for one in claimed:
                self._start(one)

    async def _send(self, one: Claimed) -> Outcome:
        first, *others = one.message.causes or (f"delivery:{one.message.delivery}",)
        said: Said = {"delivery": one.message.delivery, "channel": one.channel}
        with about(first, **said):
            async with self._traffic.slot(one.channel):
                began, at = self._runtime.elapsed(), self._runtime.now()
                outcome = await self._attempt(one)
            took = self._runtime.elapsed() - began
            self._tally.sent(one.channel, outcome.kind, took)
            log.info("message handed over", outcome=outcome.kind, seconds=round(took, 3),
                     **({"reason": outcome.failed.reason} if outcome.failed is not None else {}),
                     **({"causes": [first, *others]} if others else {}))  # fmt: skip
        told = {**said, "realm": one.message.realm, "outcome": outcome.kind}
        self._traces.span(first, "send", at, at + timedelta(seconds=took), told, others=others)
        return outcome

    async def _attempt(self, one: Claimed) -> Outcome:
        message, channel, asking = one.message, self._channels.get(one.channel), one.ask
        try:
            if channel is None:
                raise Permanent(f"the channel {one.channel} is not configured any more")
            held = await channel.ask(message) if asking else None
            if held is not None:
                return Outcome(message.delivery, sent=held, known=True)
            asking = False
            self._must_be_ours(one)
            self.sends += 1
            # Sends run side by side: each must know for itself whether it is the one that dies.
            death = Death(int(self.sends == self._die.count), self._die.side)
            death.at("before")
            sent = await channel.send(message)
            death.at("after")
            self._traffic.works(one.channel)
            return Outcome(message.delivery, sent=sent)
        except Failed as failed:
            if isinstance(failed, Unusable):
                self._traffic.refuses(one.channel, self._runtime.now())
            return Outcome(message.delivery, failed=failed, asking=asking)
        except Lapsed:
            raise
        except Exception as error:
            # A channel's own mistake must not lose the message; it may have gone out before it.
            reason = f"{one.channel}: {type(error).__name__}: {error}"
            return Outcome(message.delivery, failed=Passing(reason, unsure=True))
        finally:
            self._traffic.ends(one)

    def _must_be_ours(self, one: Claimed) -> None:
        """Of several processes one that was stopped between a lease and its send looks first: others
        went on without it. Raises Lapsed."""
        now = self._runtime.now()
        if now >= one.until:  # it has waited too long for its turn: it is leased again
            raise Lapsed
        if not self._owner or now < one.until - LEASE + LATE:
            return
        try:
            with self._store.read() as connection:
                outbox.must_hold(connection, one, self._owner)
        except DatabaseError as error:
            raise Lapsed from error

    # What there is to do, and when

    def _waiting(self, connection: Connection) -> list[Row[Any]]:
        """For each realm in which notices wait: when the first is due, by the realm's own clock."""
        return list(connection.execute(_WAITING))

    def _due_now(self, row: Row[Any]) -> bool:
        # The clock of a realm that has ended stands still: what waits is ended as well. That of one
        # that is held back stands too; by it alone what waits there is due.
        return row.ended is not None or bool(row.due <= self._now_of(row.realm))

    def _notices_due(self, waiting: Sequence[Row[Any]]) -> list[datetime]:
        now = self._runtime.now()
        return [
            now if self._due_now(row)
            else now + (row.due - self._now_of(row.realm)) / row.speed
            for row in waiting
        ]  # fmt: skip

    def _deliveries_due(self, connection: Connection) -> list[datetime]:
        """When waiting deliveries can be taken, the earliest of each channel, urgency and state."""
        now = self._runtime.now()
        ready = connection.execute(_READY).all()
        later = connection.execute(_LATER).all()
        return [
            *(self._traffic.free_from(row.channel, now, row.urgency == 0) for row in ready),
            *(max(row.at, now if row.state == "accepted"
                  else self._traffic.free_from(row.channel, now, row.urgent)) for row in later),
        ]  # fmt: skip


# Made once, for they are asked after every commit: to build a statement takes as long as to ask it.
_FIRST_DUE = (
    select(func.min(notice.c.due)).where(notice.c.realm == realm_table.c.id, is_due)
    .scalar_subquery()
)  # fmt: skip
_WAITING = (
    select(realm_table.c.id.label("realm"), _FIRST_DUE.label("due"), realm_table.c.speed,
           realm_table.c.ended)
    .where(_FIRST_DUE.is_not(None))
)  # fmt: skip
# The queue may be long: of what is ready now, only whether there is any
# of each channel and urgency; of what is under way or is tried again, which is little, all.
_READY = text(f"""{outbox.CHANNELS}
    SELECT channel, urgency
    FROM held CROSS JOIN (SELECT 0 AS urgency UNION SELECT 1 UNION SELECT 2) AS u
    WHERE channel IS NOT NULL AND (
        SELECT 1 FROM delivery WHERE {WAITING} AND delivery.channel = held.channel
        AND {URGENCY} = u.urgency AND state <> 'sending' AND next_try IS NULL LIMIT 1
    ) IS NOT NULL""")
_at = func.coalesce(delivery.c.leased_until, delivery.c.next_try)
_LATER = (
    select(delivery.c.channel, delivery.c.state, outbox.urgent().label("urgent"),
           func.min(_at, type_=UtcText()).label("at"))
    .where(is_later)
    .group_by(delivery.c.channel, "urgent", delivery.c.state)
)  # fmt: skip
