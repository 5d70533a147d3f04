"""Plays a storm as an exercise: its signals as they come due, and its people as they behave.

People answer as anybody would: in words, on the channel that reached them, read by the same code.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import Connection, Row, select

from alerting.alerts import Life
from alerting.alerts.notices import Facts
from alerting.chase import calls
from alerting.errors import BadInput, Refused
from alerting.service import drills
from alerting.service.clock import Realm, end_exercise
from alerting.service.feeds import Feeds
from alerting.service.storm_text import Behaviour
from alerting.service.storms import Storm, load_storm
from alerting.signals import Signal
from alerting.store.schema import delivery, delivery_notice, notice
from alerting.vocabulary import Level
from alerting.vocabulary.answers import CALLED

if TYPE_CHECKING:
    from alerting.service.station import Station

log = structlog.get_logger()
AT_A_TIME = timedelta(minutes=2)  # of a storm's time, before what came due must be done
OFTEN = timedelta(milliseconds=50)
STOPPED = "a real alert or order of orange or red"
OVER = "played to its end"
GIVEN_WAY = "a drill of people began"
# What the messages must want for a person to do each thing, and the digit that says it.
WANTS = {"acknowledge": ("acknowledge", "1"), "in_force": ("ordered", "2"),
         "cannot": ("ordered", "3"), "decide": ("decision", "1"),
         "attest": ("check", "1")}  # fmt: skip
REPORTS_AFTER = timedelta(minutes=6)  # somebody awake, who is asked what a call-out asks


class Player:
    """At most one exercise at a time."""

    name = "player"

    def __init__(self, station: Station) -> None:
        self._station = station
        self._starting = asyncio.Lock()
        self._storm: Storm | None = None
        self._realm: Realm | None = None
        self._stand_ins = False  # whether the storm's people answer in place of the real ones
        self._queue: list[tuple[datetime, Signal]] = []
        self._said: list[tuple[datetime, int, str, str]] = []  # due, delivery, person, words
        self._met: set[int] = set()  # deliveries whose readers' answers are planned

    @property
    def playing(self) -> bool:
        return self._realm is not None and self._station.realm(self._realm.id).ended is None

    @property
    def state(self) -> dict[str, Any]:
        """As pages show it."""
        if self._realm is None or self._storm is None:
            return {"state": "none", "title": {"zh": "", "en": ""}, "realm": None, "clock": None,
                    "missing": []}  # fmt: skip
        return {
            "state": "playing" if self.playing else "ended",
            "title": self._storm.title,
            "realm": self._realm.id,
            "clock": self._station.now(self._realm.id),
            "reason": self._station.realm(self._realm.id).reason,
            "begins": self._storm.begins,
            "ends": self._storm.ends,
            "speed": self._realm.speed,
            "source": self._storm.source,
            "missing": self._storm.missing,
        }

    async def start(self, *, simulated: bool = False) -> str:
        """Play the configured storm in a new realm; gives its id. Raises BadInput for a bad one.

        In a real county nobody answers for its people, but where all is `simulated` and reaches nobody.
        """
        async with self._starting:  # pressed twice: one after the other
            return await self._start(simulated or self._station.config.county.fictional)

    async def _start(self, made_up: bool) -> str:
        with self._station.store.read() as connection:
            if drills.running(connection) is not None:
                raise Refused("a drill is under way", mend="Wait until it has ended, or stop it.",
                              zh="正在进行演练，请等它结束，或先将其结束。")  # fmt: skip
        if self.playing and self.drill is None:
            await self.stop("started again")
        exercise = self._station.config.exercise
        if exercise.play is None:
            raise BadInput("the config names no exercise", mend="Set `exercise: {play: FOLDER}`.")
        storm = load_storm(exercise.play, self._station.places)
        realm = await self._station.open_exercise(
            storm.title, storm.begins, exercise.speed, Feeds(storm.weather, storm.warnings)
        )
        self._take_up(storm, realm, made_up)
        return realm.id

    async def play(self, storm: Storm, realm: Realm) -> None:
        """Play a drill of people in its realm, from its beginning or, after a death of the service,
        from where it was: what has come in already is the same signal and changes nothing."""
        async with self._starting:
            if self.playing:  # begun in the moment in which the drill was written down
                await self.stop(GIVEN_WAY)
            await self._station.join(realm, Feeds(storm.weather, storm.warnings))
            self._take_up(storm, realm, self._station.config.county.fictional)

    def _take_up(self, storm: Storm, realm: Realm, stand_ins: bool) -> None:
        self._storm, self._realm, self._stand_ins = storm, realm, stand_ins
        self._queue = sorted(storm.signals, key=lambda s: s[0])
        self._said, self._met = [], set()

    async def stop(self, reason: str) -> None:
        if self._realm is None:
            return
        realm, at = self._realm, self._station.now(self._realm.id)

        def end(connection: Connection) -> None:
            if realm.drill is not None:
                how = {STOPPED: "real", OVER: "over"}.get(reason, "interrupted")
                end_drill(connection, self._station, drills.one(connection, realm.drill), how)
            elif end_exercise(connection, realm, at, reason) and reason == STOPPED:
                _tell_players(connection, self._station.life(realm.id), at)

        await self._station.writer.write(end)
        self._station.refresh_realms()

    @property
    def drill(self) -> int | None:
        """The number of the drill that is played now."""
        return self._realm.drill if self._realm is not None and self.playing else None

    def next_due(self) -> datetime | None:
        if not self.playing or self._realm is None or self._storm is None:
            return None
        due = [self._storm.ends, *(at for at, _ in self._queue[:1]), *(s[0] for s in self._said)]
        at = self._station.realm(self._realm.id).machine_time(min(due))
        if self._station.runtime.virtual or self._realm.drill is not None:
            return at  # whatever else concerns it is committed, and wakes it
        return min(at, self._station.runtime.now() + OFTEN)

    async def step(self) -> bool:
        if not self.playing or self._realm is None or self._storm is None:
            return False
        held_back = self._realm.drill is None and not self._station.runtime.virtual
        if held_back and self._station.idle(self._realm.id):
            self._station.let_run(self._realm.id, AT_A_TIME)
        now = self._station.now(self._realm.id)
        if await self._real_world_calls():
            return True
        if now >= self._storm.ends:
            await self.stop(OVER)
            return True
        realm, queue = self._realm, self._queue
        due = [s for at, s in queue if at <= now]
        if due:
            await self._station.publish(realm.id, due)
            del queue[: len(due)]  # not before: what could not be written down is played again
        if self._realm is not realm:
            return True  # another was begun meanwhile: what is said now is not for its clock
        self._plan()
        said = await self._speak(now)
        return bool(due) or said

    async def _real_world_calls(self) -> bool:
        """A real alert of orange or red, opened by weather, warning, incident or hand, stops it; a
        drill of people stops for all real work of those levels."""
        look = drills.real_alert if self.drill is None else drills.real_work
        with self._station.store.read() as connection:
            real = look(connection)
        if real is None:
            return False
        await self.stop(STOPPED)
        return True

    def _plan(self) -> None:
        """For each message that has reached its reader: what they will answer, and when."""
        assert self._realm is not None
        assert self._storm is not None
        if not self._stand_ins:
            return
        with self._station.store.read() as connection:
            for row in self._reached(connection, self._realm.id):
                if row.id not in self._met:
                    self._met.add(row.id)
                    wants = self._wanted(connection, row)
                    how = self._storm.behaviour(row.person)
                    self._will(row, wants, how, row.at)
                    self._will_report(connection, row, how)
        self._said.sort()

    def _will(self, row: Any, wants: dict[str, list[str]], how: Behaviour, since: datetime) -> None:
        """`wants`: what the message waits for, and the letters it waits for it under."""
        if how.silent:
            return
        if how.says and "acknowledge" in wants:
            self._said.append((since + timedelta(minutes=1), row.id, row.person, how.says))
        if how.then is not None:
            self._will(row, wants, how.then, since)
        for act, (wanted, digit) in WANTS.items():
            after = getattr(how, act)
            if after is None or wanted not in wants:
                continue
            # One word acknowledges all that a message carried; the rest is said letter by letter.
            letters = [""] if act == "acknowledge" else wants[wanted]
            for letter in letters:
                self._said.append(
                    (since + after, row.id, row.person, f"{digit}{letter} {row.code}")
                )

    def _will_report(self, connection: Connection, row: Any, how: Behaviour) -> None:
        """Who is called out wakes, passes it on where there is a list, and answers what is asked as its
        examples do."""
        facts = connection.execute(
            select(notice.c.facts)
            .join(delivery_notice, delivery_notice.c.notice == notice.c.id)
            .where(delivery_notice.c.delivery == row.id, notice.c.wants.in_(CALLED))
        ).scalars().first()  # fmt: skip
        if facts is None or how.silent or how.acknowledge is None:
            return
        awake = row.at + how.acknowledge
        values = " ".join(str((q.get("example") or {}).get("zh") or "无") for q in facts["questions"])
        said = [(awake, "1"), (row.at + how.report if how.report else awake + REPORTS_AFTER,
                               f"5 {values}")]  # fmt: skip
        if facts.get("passes_on"):
            said.append((awake + timedelta(minutes=1), "6"))
        self._said += [(at, row.id, row.person, f"{words} {row.code}") for at, words in said]

    @staticmethod
    def _reached(connection: Connection, realm: str) -> list[Any]:
        return list(
            connection.execute(
                select(
                    delivery.c.id,
                    delivery.c.person,
                    delivery.c.code,
                    delivery.c.letters,
                    delivery.c.at,
                )
                .where(delivery.c.realm == realm)
                .where(delivery.c.state.in_(["accepted", "delivered", "read"]))
            )
        )

    @staticmethod
    def _wanted(connection: Connection, row: Any) -> dict[str, list[str]]:
        letter_of = {number: letter for letter, number in (row.letters or {}).items()}
        wants: dict[str, list[str]] = {}
        for one in connection.execute(
            select(notice.c.id, notice.c.wants, notice.c.measure)
            .join(delivery_notice, delivery_notice.c.notice == notice.c.id)
            .where(delivery_notice.c.delivery == row.id, notice.c.wants != "")
            .order_by(notice.c.id)
        ):
            letter = letter_of.get(one.id, "")
            # What went ahead of a signature is decided all the same.
            wants.setdefault("decision" if one.wants == "confirm" else one.wants, []).append(letter)
            if one.measure is not None and one.wants in ("acknowledge", "in-force"):
                # Only what was ordered can be in force, or cannot be; plain news is acknowledged.
                wants.setdefault("ordered", []).append(letter)
        return {
            wanted: [x for x in letters if x] or [""] if len(letter_of) > 1 else [""]
            for wanted, letters in wants.items()
        }

    async def _speak(self, now: datetime) -> bool:
        said = self._said
        due = [s for s in said if s[0] <= now]
        for _, _, person, words in due:
            await self._station.hear(person, "console", words)
            del said[0]  # not before: what nobody heard is said again
            if self._said is not said:
                break  # another was begun meanwhile, and these words are for nothing in it
        return bool(due)


def end_drill(
    connection: Connection,
    station: Station,
    row: Row[Any] | None,
    how: str,
    by: str | None = None,
    remark: str = "",
) -> bool:
    """End a drill and its realm in the caller's transaction, and tell its players; False where it had
    ended."""
    now = station.runtime.now()
    if row is None or not drills.end(connection, row.id, how, now, by, remark):
        return False
    realm = station.realm(row.realm)
    at = realm.at(now)
    end_exercise(connection, realm, at, STOPPED if how == "real" else how)
    said = {} if how == "real" else drills.ended_said(how)
    _tell_players(connection, station.life(realm.id), at, said)
    return True


def _tell_players(
    connection: Connection, life: Life, at: datetime, said: dict[str, str] | None = None
) -> None:
    """Everyone whom a message of the exercise reached hears that it is over: what was played must
    not be taken for what is ordered from now on."""
    facts = Facts("", "", life.places.county, int(Level.orange)).json()
    for person in drills.reached(connection, life.realm):
        calls.tell(connection, life, "stopped", facts, said or {}, at, person=person)
