"""One process of the service: everything it holds, and the few things others may ask of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast
from weakref import WeakKeyDictionary

import structlog
from sqlalchemy import Connection

from alerting import chase
from alerting.alerts import FactBook, Life
from alerting.alerts.departed import close_departed, departed
from alerting.alerts.engine import Engine
from alerting.alerts.rule_places import rule_places
from alerting.alerts.standing import load as load_standings
from alerting.alerts.standing import unknown_counts, unknown_since
from alerting.audit import newest, record
from alerting.bus import EmbeddedBus, KafkaBus, Shares
from alerting.chase import consent, shift_exercise
from alerting.dispatch import Dispatcher, make_channels
from alerting.errors import Refused, SuianError
from alerting.rulebook import Book, Bound
from alerting.runtime import Runtime
from alerting.service import good_book
from alerting.service.clock import (
    LIVE,
    Realm,
    end_left_over,
    open_exercise,
    open_live,
    realms,
)
from alerting.service.clock_set import TOLERATED, last_seen, move_timers
from alerting.service.county import County, sync_people
from alerting.service.feeds import Feeds, live_feeds
from alerting.service.loop import Rounds
from alerting.service.player import Player
from alerting.service.seeing_again import see_again
from alerting.service.sources import source_states
from alerting.service.story import accepted
from alerting.signals import Forecast, Report, Signal, Spot, encode
from alerting.store import Store, Writer
from alerting.store.link import ALIVE, PROCESS, Link, lives
from alerting.telemetry import Tally, make_traces
from alerting.weather import Column, Fields, FieldSettings

log = structlog.get_logger()
LARGE = 500  # spots of a run, from which on the writer does not wait for its packing
REBUILD_FROM = timedelta(days=62)  # daily values reach 60 days back


class Station:
    """Raises SuianError where the county or the database cannot be used."""

    def __init__(self, county: County, runtime: Runtime, store: Store) -> None:
        self.county, self.runtime, self.store = county, runtime, store
        self.config, self.places, self.book = county.config, county.places, county.book
        self.connectors = county.connectors
        self.book_problem = county.book_problem  # what is wrong with the folder's book, or ""
        self._offered: Book | None = None
        self.name = f"{PROCESS}{runtime.token(8)}" if store.shared else ""  # among several
        self.tally = Tally()
        self.traces = make_traces(self.config.telemetry.otlp, self.name)
        self.writer = Writer(store, runtime, self.tally)
        bus = self.config.bus
        shares = Shares(bus.partitions, self.places, self.config.weather.observation_km)
        self.bus = EmbeddedBus(shares)
        access = bus.access()
        self.kafka = (
            KafkaBus(access, bus.topic, shares, alone=not store.shared) if access else None
        )
        # The shares of the places for which this process takes signals: several settle that at work.
        self.acts_for = frozenset[int]() if store.shared else shares.all
        self.plays = not store.shared  # and whether it takes those of exercises, of all places
        self.spots = tuple(
            Spot(p.id, p.lat, p.lon, p.elevation) for p in self.places.points().values()
        )
        self.point_ids = frozenset(spot.id for spot in self.spots)
        self._feeds: dict[str, Feeds] = {LIVE: live_feeds(self.config, self.connectors)}
        self._realms: dict[str, Realm] = {}
        self._failed: set[tuple[str, int]] = set()
        self.judging = asyncio.Lock()  # a signal; the clock is moved between two, never in one
        self.engines: dict[str, Engine] = {}
        self._undecidable: WeakKeyDictionary[Bound, list[dict[str, Any]]] = WeakKeyDictionary()
        self._rebuilding = asyncio.Lock()  # a realm that opens must not miss a book that changes
        self.loops: dict[str, Rounds] = {}  # how each loop of the process goes
        # What this process does of all, and its link with the others; see process.loops_of.
        self.role, self.link = "all", cast(Link | None, None)
        self.started = runtime.now()
        store.write(self._open)
        self.channels = make_channels(self.config.channels, runtime, self.config.url)
        self.dispatcher = Dispatcher(
            store=store, writer=self.writer, runtime=runtime, channels=self.channels,
            book=self.book, places=self.places, sender=self._sender(), zone=self.config.county.zone,
            url=self.config.url, now_of=self.now, quiet=self.config.quiet, owner=self.name,
            known_to_live=lambda: self.known_to_live, tally=self.tally, traces=self.traces,
        )  # fmt: skip
        self.player = Player(self)
        self.engines[LIVE] = self._engine(self._realms[LIVE], self._feeds[LIVE], self.book)
        if gone := self.departed(LIVE):
            store.write(lambda c: close_departed(c, self.life(LIVE), gone, self.now(LIVE)))

    def _open(self, connection: Connection) -> None:
        if not self.store.shared:  # else another process may be playing it
            end_left_over(connection)
        live = open_live(connection, self.runtime.now(), self.config.county.fictional)
        sync_people(connection, self.county, LIVE, self.runtime.now())
        self._realms = {LIVE: live}
        seen, now = last_seen(connection), self.runtime.now()
        # Set back while the service was down. Of several, another's clock may only be ahead of ours.
        if seen is not None and now < seen - TOLERATED and not self.store.shared:
            move_timers(connection, self.life(LIVE), now - seen, now)
        self._realms = realms(connection) | {LIVE: live}
        self.bus.divide(connection, self.store.shared and lives(connection, ALIVE))

    def _sender(self) -> dict[str, str]:
        county = self.config.county
        return {
            "zh": county.sender or county.name, "en": county.sender_en or county.name_en,
        }  # fmt: skip

    # Realms

    def running(self) -> list[Realm]:
        """Realms whose clock goes on, the real world first."""
        return [r for r in self._realms.values() if r.ended is None and r.id in self.engines]

    def going_on(self) -> list[Realm]:
        """The same, and the exercises that another of several processes plays."""
        return [r for r in self._realms.values() if r.ended is None and r.kind != "desk"]

    def realm(self, realm_id: str) -> Realm:
        return self._realms[realm_id]

    def realms(self) -> list[Realm]:
        return list(self._realms.values())

    def now(self, realm_id: str) -> datetime:
        """The time by the realm's own clock, UTC."""
        return self._realms[realm_id].at(self.runtime.now())

    def life(self, realm_id: str) -> Life:
        return self._life(self._realms[realm_id], self.book)

    def _life(self, realm: Realm, book: Book) -> Life:
        return Life(realm.id, realm.exercise, book, self.places, book.policies,
                    self.config.county.zone, duties=realm.drill is None)  # fmt: skip

    async def open_exercise(
        self, title: dict[str, str], begins: datetime, speed: float, feeds: Feeds
    ) -> Realm:
        """A realm of its own for an exercise, with sources of its own."""
        now = self.runtime.now()
        made = await self.writer.write(lambda c: open_exercise(c, title, now, begins, speed))
        # In real time it stands at its beginning until the player lets it run on.
        await self.join(made if self.runtime.virtual else replace(made, limit=begins), feeds)
        return made

    async def join(self, made: Realm, feeds: Feeds) -> None:
        """Let an exercise whose realm is in the database take part in this process."""
        async with self._rebuilding:
            for ended in [r for r in self._realms.values() if r.ended is not None]:
                self.engines.pop(ended.id, None)  # a storm's fields are large; nothing asks for them
                self._feeds.pop(ended.id, None)
            engine = await self._rebuilt(made, feeds, self.book)
            self._realms[made.id], self._feeds[made.id] = made, feeds
            self.engines[made.id] = engine
        self.writer.tell()  # loops go by what runs here

    def let_run(self, realm_id: str, by: timedelta) -> None:
        """Let an exercise's clock run on by so much of its own time."""
        self._realms[realm_id] = self._realms[realm_id].goes_on(self.runtime.now(), by)

    def idle(self, realm_id: str) -> bool:
        """Whether all that has come due in a realm has been done."""
        now = self.now(realm_id)
        with self.store.read() as connection:
            if self.bus.waiting(connection, realm_id):
                return False
            if chase.has_work(connection, self.life(realm_id), now):
                return False
        return not self.dispatcher.has_work()

    def cadences(self, realm_id: str) -> dict[str, timedelta]:
        """How often each source of weather of a realm speaks, in a realm that still runs."""
        feeds = self._feeds.get(realm_id)
        return {s.name: s.cadence for s in feeds.weather} if feeds is not None else {}

    def goes_on(self, loop: str) -> None:
        """A long round of a loop has come a step further: it does not stand still."""
        rounds = self.loops.get(loop)
        if rounds is not None and rounds.ended is not None:
            rounds.ended = self.runtime.elapsed()

    @property
    def known_to_live(self) -> bool:
        """Whether the other processes of its database, if it has any, know that this one lives."""
        return self.link is None or self.runtime.virtual or self.name in self.link.held

    def clock_set(self, by: timedelta) -> None:
        """The machine's clock was moved; that of an exercise goes on where it was."""
        self._realms = {
            key: replace(one, started=one.started + by) if one.kind == "exercise" and one.ended is None
            else one for key, one in self._realms.items()
        }  # fmt: skip

    def know_realms(self) -> None:
        """Take up realms that were opened without an engine; clocks that are held back stay so."""
        with self.store.read() as connection:
            self._realms = realms(connection) | self._realms
        self.writer.tell()

    def refresh_realms(self) -> None:
        """Where any has changed, all are told."""
        before = self._realms
        with self.store.read() as connection:
            self._realms = realms(connection)
        if self._realms != before:
            self.writer.tell()

    # Signals

    async def publish(
        self, realm_id: str, signals: list[Signal], packed: Mapping[str, bytes] | None = None
    ) -> list[str]:
        """Keep signals for the engine; returns, with the ids that are new, after the commit. `packed`
        are bodies by id that whoever calls has made already."""
        new = await self._publish(realm_id, signals, packed or {})
        accepted(realm_id, signals, set(new))
        return new

    async def _publish(
        self, realm_id: str, signals: list[Signal], packed: Mapping[str, bytes]
    ) -> list[str]:
        if self.kafka is not None:
            kafka, at = self.kafka, self.now(realm_id)
            return await self.runtime.in_thread(
                "kafka-write", lambda: kafka.publish(realm_id, signals, at)
            )
        runs = [s for s in signals if isinstance(s, Forecast) and len(s.spots) >= LARGE]
        if runs:
            made = await self.runtime.in_thread("pack", lambda: {s.id: encode(s) for s in runs})
            packed = {**packed, **made}
        at = self.now(realm_id)
        people_first = all(isinstance(s, Report) for s in signals)
        return await self.writer.write(
            lambda c: self.bus.publish(c, realm_id, signals, at, packed), first=people_first
        )

    async def reload_engine(self, realm_id: str) -> None:
        """Make a realm's memory anew from what is committed; pages are shown the old one meanwhile."""
        async with self._rebuilding:
            realm, feeds = self._realms[realm_id], self._feeds[realm_id]
            self.engines[realm_id] = await self._rebuilt(realm, feeds, self.book)

    async def _rebuilt(self, realm: Realm, feeds: Feeds, book: Book) -> Engine:
        """Beside the event loop: with 10,000 places it takes seconds, and people's answers must not
        wait for it."""
        return await self.runtime.in_thread("engine", lambda: self._engine(realm, feeds, book))

    def _engine(self, realm: Realm, feeds: Feeds, book: Book) -> Engine:
        life, now = self._life(realm, book), realm.at(self.runtime.now())
        settings = self.config.weather
        columns = [
            Column(place.id, point.id, point.lat, point.lon, point.elevation,
                   bridge=place.kind == "bridge")
            for place, point in self.places.columns
        ]
        fields = Fields(columns, self.config.county.zone, feeds.weather, FieldSettings(
            horizon_hours=settings.horizon_hours, day_starts_at=settings.day_starts_at,
            observation_km=settings.observation_km,
            observation_height_m=settings.observation_height_m,
            agreement_hours=settings.agreement_hours, heating_base=settings.heating_base,
            lapse_k_per_km=settings.lapse_k_per_km, fire_start=settings.fire_start,
        ))  # fmt: skip
        fields.need(book.quantities)
        facts = FactBook(self.places, self.county.calendar, dict(feeds.warnings))
        ids = {rule: places.ids for rule, places in rule_places(life).items()}
        with self.store.read() as connection:
            # Positions first: who moves one after that is noticed, see EngineLoop.
            positions = self.bus.positions(connection, realm.id)
            standings = load_standings(connection, realm.id, ids)
            seen = self._seen(realm.id, positions)
            # Its time goes on with the signals: what came before others took over is judged as it came.
            now = min([now, *(r.accepted for r in self.bus.read(connection, realm.id, seen, 1))])
            records = self.bus.history(connection, realm.id, now - REBUILD_FROM, seen)
        engine = Engine(life, fields, facts, self._tags(), standings, feeds.cadence,
                        self.bus.shares, seen, positions)  # fmt: skip
        see_again(engine, records, now)
        engine.look(now)
        return engine

    def shares_in(self, realm_id: str) -> frozenset[int]:
        """The shares of the places for which this process takes the signals of a realm."""
        if realm_id == LIVE:
            return self.acts_for
        return self.bus.shares.all if self.plays else frozenset()

    def _seen(self, realm_id: str, positions: dict[int, int]) -> int:
        """Up to which signal a memory reaches: whoever acts goes on from there for the last of its
        shares; the others look on, at all that anybody has taken."""
        mine = [at for share, at in positions.items() if share in self.shares_in(realm_id)]
        return min(mine) if mine else max(positions.values())

    def departed(self, realm_id: str) -> list[str]:
        """Open alerts whose rule or place has left the county's files."""
        places = {r: frozenset(p.ids) for r, p in self.engines[realm_id].places.items()}
        with self.store.read() as connection:
            return departed(connection, self.life(realm_id), places)

    async def offer_book(self, book: Book) -> None:
        """Have the engine go over to a changed book before it takes its next signal."""
        self._offered = book
        now = self.runtime.now()

        def note(connection: Connection) -> None:
            if newest(connection, LIVE, "load rules") != book.version:  # each process loads them
                record(connection, LIVE, now, "service", "load rules", book.version, {})

        await self.writer.write(note)
        self.writer.tell()  # it is taken up by the engine, which else waits for signals

    async def take_offered_book(self) -> bool:
        """Go over to the book offered; only while no signal is half done. False where there is none.

        All realms, pages and messages change over in one moment, when every memory is there.
        """
        book = self._offered
        if book is None:
            return False
        async with self._rebuilding:
            made = {
                realm.id: await self._rebuilt(realm, self._feeds[realm.id], book)
                for realm in self.running()
            }
            self.book = self.county.book = book
            self.dispatcher.use_book(book)
            self.engines.update(made)
        if self._offered is book:
            self._offered = None
        self.writer.tell()  # strokes and deadlines go by the book
        try:
            good_book.keep(book, self.config.data)
        except SuianError as error:  # it is in use all the same; the log says that no copy is kept
            log.warning("the rule book could not be kept", error=error.text())
        return True

    def _tags(self) -> dict[str, list[bool]]:
        """For every tag that a place has, the columns of such places."""
        return {
            tag: [tag in place.tags for place, _ in self.places.columns]
            for tag in {t for p in self.places.by_id.values() for t in p.tags}
        }

    async def hear(
        self, person: str, channel: str, text: str, *, reply_to: str = "", message: str = ""
    ) -> bool:
        """A person's words on a channel, as an answer of theirs; False for a stranger's."""
        clocks = {one.id: self.now(one.id) for one in self.going_on()}
        stops = self.channels[channel].stops
        loud = [name for name, one in self.channels.items() if one.loudness > 0]

        def in_pool() -> chase.Routed | bool | None:
            with self.store.read() as connection:
                if chase.heard_before(connection, person, channel, message):
                    return True
                if consent.is_code(connection, person, channel, reply_to, text):
                    return self._own(consent.VERIFY, person, channel, reply_to, text, message)
                if shift_exercise.is_answer(connection, person, text, clocks):
                    return self._own(shift_exercise.ACT, person, channel, reply_to, text, message)
                return chase.route(
                    connection, person, text, clocks, channel=channel, reply_to=reply_to,
                    message=message, stops=stops, loud=loud,
                )  # fmt: skip

        routed = await self.runtime.in_thread("web", in_pool)
        if routed is None or isinstance(routed, bool):
            return routed is not None
        await self.publish(routed.realm, [routed.report])
        return True

    def _own(
        self, act: str, person: str, channel: str, reply_to: str, text: str, message: str
    ) -> chase.Routed:
        """What somebody says of themselves, whatever messages wait: a code said back from the address
        it was sent to, that they are there."""
        detail = {"channel": channel, "reply_to": reply_to, "text": text}
        return chase.Routed(LIVE, Report(
            id=chase.id_of(person, channel, message), source="reply", issued=self.now(LIVE),
            act=act, person=person, channel=channel, subject=f"person:{person}",
            detail=detail,
        ))  # fmt: skip

    def failed_before(self, realm_id: str, seq: int) -> bool:
        """Whether this signal has failed once already; remembers that it has."""
        again = (realm_id, seq) in self._failed
        self._failed.add((realm_id, seq))
        return again

    # What pages and the watch ask

    @property
    def exercise(self) -> dict[str, Any]:
        return self.player.state

    async def start_exercise(self) -> str:
        if self.store.shared:
            raise Refused(
                "a storm is played by a service of one process: this one shares its database",
                mend="Play it where the config has no `database:`; drills of people can be held here.",
                zh="本服务由多个进程共用数据库，不能播放演示风暴；可组织人员演练。",
            )
        return await self.player.start()

    def sources(self, connection: Connection) -> list[dict[str, Any]]:
        """Every source that is on: when it last spoke, when it is due, what it waits for."""
        return source_states(connection, self.connectors, self.engines[LIVE], self.started,
                             self.now(LIVE))  # fmt: skip

    def blind(self, connection: Connection, realm_id: str) -> list[dict[str, Any]]:
        """(rule, place) pairs that have been unknown for two cadences; of several processes none has
        all of them in mind."""
        engine, now = self.engines[realm_id], self.now(realm_id)
        if not self.store.shared:
            return engine.blind(now)
        found = unknown_since(connection, realm_id, now - 2 * engine.cadence)
        # What has left the files was closed, and is remembered still.
        places = self.places.by_id
        return [o for o in found if o["rule"] in engine.places and o["place"] in places]

    def blind_counts(self, connection: Connection, realm_id: str) -> dict[str, int]:
        """By rule, how many places are blind; without the rules that see."""
        engine, now = self.engines[realm_id], self.now(realm_id)
        if not self.store.shared:
            return engine.blind_counts(now)
        found = unknown_counts(connection, realm_id, now - 2 * engine.cadence)
        return {rule: count for rule, count in found.items() if rule in engine.places}

    def undecidable(self, realm_id: str) -> list[dict[str, Any]]:
        """(rule, place, level) that no configured source can decide, with what is missing.

        Pages ask at every look: it is gone through once for each bound book, 15 us a rule and place.
        """
        engine = self.engines[realm_id]
        bound = engine.bound
        if bound in self._undecidable:
            return self._undecidable[bound]
        found = []
        for rule_id, places in engine.places.items():
            for place in places.ids:
                lo, hi = self.places.place_range[place]
                for level, missing in bound.undecidable_at(rule_id, lo, hi).items():
                    found.append(
                        {"rule": rule_id, "place": place, "level": level, "missing": missing}
                    )
        self._undecidable[bound] = found
        return found

    def points(self) -> dict[str, int]:
        """How many commits and sends this process has come to: where a test may kill it."""
        return {"commits": self.store.commits, "sends": self.dispatcher.sends}

    async def close(self) -> None:
        await self.dispatcher.close()
        if self.kafka is not None:
            self.kafka.close()
        self.runtime.close()
        self.store.close()
        self.traces.close()
