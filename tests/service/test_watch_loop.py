"""The watch on the real store, where what it looks for cannot be brought about from outside: a queue
that nobody takes from, an entry that nobody seals. The rest has stories through the whole process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, select, update
from sqlalchemy.exc import OperationalError

from alerting import audit
from alerting.bus import Access, KafkaBus
from alerting.people import handing, import_rosters, person_by_id
from alerting.people.duty import hand_over
from alerting.people.roster_changes import Desk, override
from alerting.runtime import VirtualRuntime
from alerting.service.engine_loop import EngineLoop
from alerting.service.seal_loop import SealLoop
from alerting.service.station import Station
from alerting.service.watch_loop import EVERY_VIRTUAL, WatchLoop
from alerting.signals import Observation
from alerting.store.schema import alert, notice, person, signal
from alerting.store.schema import audit as audit_log
from alerting.store.schema_duty import AT_ONCE, roster
from alerting.vocabulary import Level
from alerting.weather import Fields
from tests.service.small import START, small_station


class Watched:
    """A station whose loops are stepped one at a time: what is not stepped is what is broken."""

    def __init__(self, station: Station, clock: VirtualRuntime) -> None:
        self.station, self.clock = station, clock
        self._watch, self._others = WatchLoop(station), (EngineLoop(station), SealLoop(station))

    def does(self, coroutine: Any) -> Any:
        return asyncio.run(coroutine)

    def works(self) -> None:
        """The other loops have their turn, until nothing is left to do."""
        while any(self.does(loop.step()) for loop in self._others):
            pass

    def looks_around(self, before: Callable[[], None] = lambda: None) -> None:
        self.clock.advance(EVERY_VIRTUAL)
        before()
        self.does(self._watch.step())

    def alerts(self) -> list[tuple[str, str, str, str]]:
        with self.station.store.read() as connection:
            rows = connection.execute(select(alert).order_by(alert.c.opened, alert.c.id))
            return [(r.sector, r.rule, r.place, r.state) for r in rows]

    def why(self, rule: str) -> str:
        with self.station.store.read() as connection:
            rows = connection.execute(select(alert.c.why).where(alert.c.rule == rule).order_by(alert.c.id))
            return str(rows.scalars().all()[-1]["sentence"]["en"])

    def told(self) -> list[str]:
        with self.station.store.read() as connection:
            rows = connection.execute(select(notice.c.post, notice.c.kind).order_by(notice.c.id))
            return [f"{r.post}: {r.kind}" for r in rows]


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    station, clock = small_station(tmp_path)
    made = Watched(station, clock)
    made.works()
    yield made
    made.does(station.close())


def test_a_signal_that_nobody_takes_is_a_stuck_queue(watched: Watched) -> None:
    seen = Observation(source="stations", issued=START, station="s", lat=26.5, lon=106.5, at=START,
                       values={"visibility": 9000.0})  # fmt: skip
    watched.does(watched.station.publish("live", [seen]))
    watched.looks_around()
    assert ("service", "queue-stuck", "source:engine", "open") in watched.alerts()
    assert "office: open" in watched.told()
    watched.works()
    watched.looks_around()
    assert ("service", "queue-stuck", "source:engine", "closed") in watched.alerts()
    assert "office: clear" in watched.told()


def test_what_waits_in_the_broker_is_a_stuck_queue_whoever_reads_it(watched: Watched) -> None:
    station, clock = watched.station, watched.clock
    kafka = station.kafka = KafkaBus(Access("127.0.0.1:9"), "signals", station.bus.shares)

    def reads(count: int, since: timedelta, error: str = "") -> None:
        def note(connection: Connection) -> None:
            kafka.topic.looked(connection, {0: (count, clock.now() - since)}, clock.now())
            kafka.topic.failed(connection, [0], error)

        station.store.write(note)

    stuck = ("service", "queue-stuck", "source:kafka", "open")
    minute = timedelta(minutes=1)
    watched.looks_around(lambda: reads(0, 60 * minute))
    assert stuck not in watched.alerts()
    watched.looks_around(lambda: reads(7, minute / 60))
    assert stuck not in watched.alerts()
    watched.looks_around(lambda: reads(7, 5 * minute, "KeyError: 'x'"))
    assert stuck in watched.alerts()
    assert "7 records wait in partition 0 of Kafka: KeyError" in watched.why("queue-stuck")
    watched.looks_around(lambda: reads(0, minute))
    assert stuck not in watched.alerts()
    watched.looks_around()  # the last look is ten minutes old
    assert stuck in watched.alerts()
    assert "nobody reads partition 0" in watched.why("queue-stuck")


def test_records_that_were_gone_before_they_were_read_are_told_for_a_day(watched: Watched) -> None:
    station, clock = watched.station, watched.clock
    kafka = station.kafka = KafkaBus(Access("127.0.0.1:9"), "signals", station.bus.shares)

    def reads(lost: bool = False) -> None:
        def note(connection: Connection) -> None:
            kafka.topic.looked(connection, {0: (0, None)}, clock.now())
            if lost:
                kafka.topic.missed(connection, 0, 30, clock.now())

        station.store.write(note)

    gone = ("service", "signals-missing", "source:kafka", "open")
    watched.looks_around(lambda: reads(lost=True))
    assert gone in watched.alerts()
    assert watched.why("signals-missing").startswith("30 accepted records were gone from partition 0")
    clock.advance(timedelta(days=1))
    watched.looks_around(reads)
    assert gone not in watched.alerts()


def test_an_entry_that_nobody_seals_is_told_after_a_minute(watched: Watched) -> None:
    watched.looks_around()
    assert watched.alerts() == []
    at = watched.clock.now() + EVERY_VIRTUAL - timedelta(seconds=59)
    watched.station.store.write(lambda c: audit.record(c, "live", at, "li", "x", "y", {}))
    watched.looks_around()
    assert watched.alerts() == [], "a minute is not over"
    watched.looks_around()
    assert watched.alerts() == [("service", "log-unsealed", "source:audit", "open")]
    assert watched.told() == ["office: open"]
    watched.works()
    watched.looks_around()
    assert watched.alerts() == [("service", "log-unsealed", "source:audit", "closed")]


def test_a_signal_that_fails_twice_is_set_aside_and_told(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise ValueError("this one cannot be taken")

    monkeypatch.setattr(Fields, "take_observations", fails)
    seen = Observation(source="stations", issued=START, station="s", lat=26.5, lon=106.5, at=START,
                       values={"visibility": 900.0})  # fmt: skip
    watched.does(watched.station.publish("live", [seen]))
    with pytest.raises(ValueError):
        watched.works()  # the loop would be tried again
    watched.works()
    watched.looks_around()
    assert ("service", "signal-set-aside", "source:engine", "open") in watched.alerts()


def test_a_disk_that_is_full_twice_is_no_fault_of_the_signal(watched: Watched) -> None:
    """There is room again a moment later: enough to set the signal aside, or to open what it should."""
    station, refuses = watched.station, [0]

    @event.listens_for(station.store._engine, "begin")
    def room(connection: Any) -> None:
        full = refuses[0] > 0 and connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql(f"PRAGMA max_page_count = {1 if full else 1 << 30}")
        refuses[0] -= full

    seen = Observation(source="stations", issued=START, station="s", lat=26.5, lon=106.5, elevation=900,
                       at=START, values={"visibility": 40.0})  # fmt: skip
    watched.does(station.publish("live", [seen]))
    refuses[0] = 2
    for _ in range(2):  # the loop would be tried again
        with pytest.raises(OperationalError, match="disk is full"):
            watched.works()
    assert watched.alerts() == []
    watched.works()
    assert ("road-traffic", "fog", "G99-K12", "open") in watched.alerts()


def test_a_stored_signal_that_cannot_be_read_is_set_aside_and_told_and_the_rest_go_on(
    watched: Watched,
) -> None:
    def seen(station: str, sight: float) -> Observation:
        return Observation(source="stations", issued=START, station=station, lat=26.5, lon=106.5,
                           elevation=900, at=START, values={"visibility": sight})  # fmt: skip

    station = watched.station
    ids = watched.does(
        station.publish("live", [seen("a", 9000.0), seen("b", 8000.0), seen("c", 40.0)])
    )
    for at, garbage in ((0, b"fnot packed"), (1, b'j{"kind": "of an older version"}')):
        station.store.write(
            lambda c, at=at, garbage=garbage: c.execute(
                update(signal).where(signal.c.id == ids[at]).values(body=garbage)
            )
        )
    watched.works()
    with station.store.read() as connection:
        said = connection.execute(select(audit_log).where(audit_log.c.action == "set aside"))
        assert [row.subject for row in said] == ids[:2]
    assert ("road-traffic", "fog", "G99-K12", "open") in watched.alerts(), "by the third"
    watched.looks_around()
    assert ("service", "signal-set-aside", "source:engine", "open") in watched.alerts()
    assert "office: open" in watched.told()
    watched.does(station.reload_engine("live"))
    assert station.engines["live"].standings["fog"].level.max() == 4


SUNDAYS_BY_NOBODY = {"police": {"post": "police", "layers": [
    {"people": ["chen"], "every": "1 week", "hand-over": "08:00", "from": "2026-01-19",
     "only": {"days": "mon-sat", "hours": "00:00-24:00"}},
]}}  # fmt: skip


def rosters(watched: Watched, rules: dict[str, Any]) -> None:
    zone = watched.station.config.county.zone

    def write(connection: Any) -> None:
        import_rosters(connection, rules, zone, "live", watched.clock.now(), "test")
        hand_over(connection, zone, "live", watched.clock.now())

    watched.station.store.write(write)


def changes(watched: Watched, begins: datetime, ends: datetime, kind: Any = "replace") -> None:
    """Director Wang stands in at the police."""
    zone = watched.station.config.county.zone

    def write(connection: Any) -> None:
        wang = person_by_id(connection, "wang")
        assert wang is not None
        desk = Desk(connection, zone, "live", watched.clock.now(), wang)
        override(desk, "police", kind, begins, ends, person="wang", reason="培训")
        hand_over(connection, zone, "live", watched.clock.now())

    watched.station.store.write(write)


def of_the_roster(watched: Watched) -> list[tuple[str, str, int, str]]:
    """What the office was told of rosters: rule, kind, level, sentence."""
    watched.works()
    watched.looks_around()
    with watched.station.store.read() as connection:
        rows = connection.execute(
            select(alert.c.rule, notice.c.kind, notice.c.level, notice.c.facts)
            .join(alert, alert.c.id == notice.c.alert)
            .where(alert.c.rule.startswith("roster"), notice.c.post == "office")
            .order_by(notice.c.id)
        )
        return [(r.rule, r.kind, r.level, r.facts["why"]["zh"]) for r in rows]


def test_a_gap_in_a_roster_is_told_ahead_and_again_when_it_is_near(watched: Watched) -> None:
    rosters(watched, SUNDAYS_BY_NOBODY)  # it is a Tuesday
    sunday = "交警大队1月25日00:00至1月26日00:00无人值班"
    [(rule, kind, level, said)] = of_the_roster(watched)
    assert (rule, kind, level) == ("roster-gap", "open", Level.blue)
    assert sunday in said
    watched.clock.advance(timedelta(days=3, hours=12))
    rule, kind, level, said = of_the_roster(watched)[-1]
    assert (rule, kind, level) == ("roster-gap", "raise", Level.orange)
    assert sunday in said
    # This Sunday is filled, the next is not.
    changes(watched, datetime(2026, 1, 24, 16, tzinfo=UTC), datetime(2026, 1, 25, 16, tzinfo=UTC), "add")
    rule, kind, level, said = of_the_roster(watched)[-1]
    assert (rule, kind, level) == ("roster-gap", "fall", Level.blue)
    assert "2月1日00:00至2月2日00:00" in said
    rosters(watched, {})
    assert of_the_roster(watched)[-1][:2] == ("roster-gap", "clear")


def test_a_gap_of_the_duty_office_says_that_its_whole_list_is_called(watched: Watched) -> None:
    [layer] = SUNDAYS_BY_NOBODY["police"]["layers"]
    rosters(watched, {"office": {"post": "office", "layers": [layer | {"people": ["zhao"]}]}})
    [(rule, _, _, said)] = of_the_roster(watched)
    assert rule == "roster-gap"
    assert "届时将呼叫其名单上的所有人" in said
    assert "上一级" not in said, "nobody stands above it"


def test_a_change_that_meets_its_shift_no_more_is_told(watched: Watched) -> None:
    daily = {"people": ["chen", "li"], "every": "1 day", "hand-over": "08:00", "from": "2026-01-19"}
    rosters(watched, {"police": {"post": "police", "layers": [daily]}})
    changes(watched, datetime(2026, 1, 22, tzinfo=UTC), datetime(2026, 1, 23, tzinfo=UTC))
    assert of_the_roster(watched) == []
    rosters(watched, {"police": {"post": "police", "layers": [daily | {"hand-over": "09:00"}]}})
    [(rule, kind, level, said)] = of_the_roster(watched)
    assert (rule, kind, level) == ("roster-change", "open", Level.blue)
    assert "交警大队1月22日08:00至1月23日08:00的调班（wang安排）" in said


HANDED_OVER = {"police": {"post": "police", "confirm": True, "layers": [
    {"people": ["chen", "wang"], "every": "1 day", "hand-over": "14:30", "from": "2026-01-19"},
]}}  # fmt: skip


def test_where_whoever_was_to_come_has_left_it_is_said_who_stays(watched: Watched) -> None:
    zone = watched.station.config.county.zone
    rosters(watched, HANDED_OVER)

    def confirms(connection: Any) -> None:
        held = handing.open_at(connection, "police")
        assert held is not None
        handing.take_over(connection, held, "chen", "live", watched.clock.now())
        hand_over(connection, zone, "live", watched.clock.now())

    def leaves(connection: Any) -> None:
        connection.execute(update(person).where(person.c.id == "wang").values(active=False))
        connection.execute(update(roster).values(next=AT_ONCE))
        hand_over(connection, zone, "live", watched.clock.now())

    watched.station.store.write(confirms)
    watched.clock.advance(timedelta(minutes=31))
    watched.station.store.write(leaves)
    rule, _, level, said = of_the_roster(watched)[-1]
    assert (rule, level) == ("roster-gap", Level.orange)
    assert "1月20日14:31至1月21日14:30无接班人员，陈警官继续值班" in said


def test_a_hand_over_that_nobody_confirms_is_a_trouble_until_somebody_does(watched: Watched) -> None:
    rosters(watched, HANDED_OVER)  # nobody was there before: chen is, and must confirm
    watched.looks_around()
    assert ("service", "hand-over-open", "roster:police", "open") not in watched.alerts()
    watched.clock.advance(timedelta(minutes=20))
    watched.looks_around()
    assert ("service", "hand-over-open", "roster:police", "open") in watched.alerts()

    def confirms(connection: Any) -> None:
        held = handing.open_at(connection, "police")
        assert held is not None
        handing.take_over(connection, held, "chen", "live", watched.clock.now())

    watched.station.store.write(confirms)
    watched.looks_around()
    assert ("service", "hand-over-open", "roster:police", "closed") in watched.alerts()


BY_DAY = {"people": ["chen"], "every": "1 day", "hand-over": "08:00", "from": "2026-01-19",
          "only": {"hours": "08:00-16:00"}}  # fmt: skip
EVENING_AND_NIGHT = {"police": {"post": "police", "layers": [
    BY_DAY, BY_DAY | {"people": ["li"], "only": {"hours": "18:00-24:00"}},
]}}  # fmt: skip


def test_each_gap_is_told_though_another_was_before_it(watched: Watched) -> None:
    rosters(watched, EVENING_AND_NIGHT)  # Tuesday 14:00: nobody from 16 to 18, nobody from 0 to 8
    assert "1月20日16:00至1月20日18:00" in of_the_roster(watched)[-1][3]
    told = len(of_the_roster(watched))
    changes(watched, datetime(2026, 1, 20, 8, tzinfo=UTC), datetime(2026, 1, 20, 10, tzinfo=UTC), "add")
    said = of_the_roster(watched)
    [(rule, kind, level, words)] = said[told:]
    assert (rule, kind, level) == ("roster-gap", "reopen", Level.orange)
    assert "1月21日00:00至1月21日08:00" in words
    assert of_the_roster(watched) == said, "once"


def withdraws(watched: Watched, rule: str) -> None:
    now = watched.clock.now()
    watched.station.store.write(lambda c: c.execute(
        update(alert).where(alert.c.rule == rule).values(state="withdrawn", closed=now)
    ))  # fmt: skip


def test_a_gap_that_was_withdrawn_when_far_is_told_when_near(watched: Watched) -> None:
    rosters(watched, SUNDAYS_BY_NOBODY)
    told = of_the_roster(watched)
    withdraws(watched, "roster-gap")
    watched.clock.advance(timedelta(days=3))
    assert of_the_roster(watched) == told, "it is as it was withdrawn"
    watched.clock.advance(timedelta(hours=12))
    assert [one[:3] for one in of_the_roster(watched)[len(told):]] == [
        ("roster-gap", "open", Level.orange)]  # fmt: skip


def test_each_change_that_is_void_is_told(watched: Watched) -> None:
    daily = {"people": ["chen", "li"], "every": "1 day", "hand-over": "08:00", "from": "2026-01-19"}
    rosters(watched, {"police": {"post": "police", "layers": [daily]}})
    for day in (22, 25):
        changes(watched, datetime(2026, 1, day, tzinfo=UTC), datetime(2026, 1, day + 1, tzinfo=UTC))
    feast = {"from": "2026-01-22 08:00", "to": "2026-01-23 08:00",
             "layers": [{"people": ["chen"] * 3 + ["li"], "every": "1 day", "hand-over": "08:00"}]}
    rosters(watched, {"police": {"post": "police", "layers": [daily], "temporary": [feast]}})
    assert "1月22日08:00至1月23日08:00的调班" in of_the_roster(watched)[-1][3]
    withdraws(watched, "roster-change")
    later = feast | {"to": "2026-01-26 08:00"}
    rosters(watched, {"police": {"post": "police", "layers": [daily], "temporary": [later]}})
    rule, kind, _, words = of_the_roster(watched)[-1]
    assert (rule, kind) == ("roster-change", "open")
    assert "等2项" in words
