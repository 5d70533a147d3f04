"""A running process: the station, its loops, and whoever moves its clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from alerting.service.book_loop import BookLoop
from alerting.service.chase_loop import ChaseLoop
from alerting.service.clock_loop import ClockLoop, Timed
from alerting.service.dispatch_loop import DispatchLoop
from alerting.service.drill_loop import DrillLoop
from alerting.service.duty_loop import DutyLoop
from alerting.service.engine_loop import EXERCISES, EngineLoop, Term
from alerting.service.follow_loop import FollowLoop
from alerting.service.head_loop import HeadLoop
from alerting.service.kafka_loop import KafkaLoop
from alerting.service.keep_loop import KeepLoop
from alerting.service.lease_loop import LeaseLoop
from alerting.service.link_loop import Alone, LinkLoop
from alerting.service.loop import Loop, Loops
from alerting.service.poll_loop import PollLoop
from alerting.service.seal_loop import SealLoop
from alerting.service.sentinel_loop import SentinelLoop
from alerting.service.shift_loop import ShiftLoop
from alerting.service.station import Station
from alerting.service.tick_loop import TickLoop
from alerting.service.watch_loop import WatchLoop
from alerting.service.word_loop import WordLoop
from alerting.store.link import PATIENCE, Link

Role = Literal["all", "ingest", "engine", "dispatch", "web"]
ROLES: dict[Role, str] = {
    "all": "all of it: the only process of a database of its own, or one of several like it",
    "ingest": "polls the sources, strikes the hours",
    "engine": "takes signals, hands posts over, chases, watches, seals, keeps",
    "dispatch": "sends",
    "web": "pages, API, what providers call back",
}
# What one process at a time may do, by the role whose processes are asked.
ALONE: dict[Role, tuple[str, ...]] = {
    "ingest": ("schedule",), "engine": ("engine", "chase", "seal"), "dispatch": (), "web": (),
    "all": ("schedule", "engine", "chase", "seal"),
}  # fmt: skip


def loops_of(station: Station, role: Role = "all") -> Loops:
    """The loops of one process, in the order in which a signal passes through them."""
    wanted = (*ALONE[role], station.name)
    # Under a clock that is moved by hand nobody knows when the next word comes.
    patience = "0" if station.runtime.virtual else PATIENCE
    # Where there is a broker, it is that which shares out the places.
    works = role in ("engine", "all") and station.kafka is None
    shares = station.bus.shares.count if works else 0
    store = station.store
    link = Link(store.url, wanted, patience, shares, store.sender) if store.shared else None
    loops = of_one(station) if link is None else of_several(station, role, link)
    made = Loops(station.runtime, loops, station.loops)
    station.role, station.link = role, link
    station.writer.on_commit(made.wake)
    return made


def of_one(station: Station) -> list[Loop]:
    """Of the one process of a database of its own."""
    kafka = [KafkaLoop(station, station.kafka)] if station.kafka is not None else []
    loops: list[Loop] = [
        BookLoop(station), DutyLoop(station), ShiftLoop(station), TickLoop(station), DrillLoop(station),
        station.player, PollLoop(station), *kafka, EngineLoop(station), ChaseLoop(station),
        DispatchLoop(station), WatchLoop(station), HeadLoop(station), SealLoop(station),
        SentinelLoop(station), KeepLoop(station),
    ]  # fmt: skip
    return [ClockLoop(station, timed(loops)), *loops]


def of_several(station: Station, role: Role, link: Link) -> list[Loop]:
    """Of one of several processes: each thing is done by one of those that may."""
    loops: list[Loop] = [BookLoop(station)]
    if role in ("ingest", "all"):
        loops += [Alone(one, link, "schedule") for one in (TickLoop(station), PollLoop(station))]
    if role in ("engine", "all"):
        loops += [Alone(one, link, "chase") for one in (DutyLoop(station), ShiftLoop(station))]
        # Whoever plays a drill takes its signals, and must be the one that chases in it.
        loops += [Alone(one, link, "chase") for one in (DrillLoop(station), station.player)]
        loops += _engine(station, link)
        loops += [Alone(one, link, "chase") for one in (ChaseLoop(station), SentinelLoop(station))]
    if role in ("dispatch", "all"):
        # A dispatcher whom the others do not know to live must lease nothing.
        loops += [LeaseLoop(station), Alone(DispatchLoop(station), link, station.name)]
    if role in ("engine", "all"):
        loops.append(Alone(WatchLoop(station), link, "engine"))
        last: list[Loop] = [HeadLoop(station), SealLoop(station), KeepLoop(station)]
        loops += [Alone(one, link, "seal") for one in last]
    loops += [WordLoop(station), FollowLoop(station)]
    return [LinkLoop(station, link, timed(loops)), *loops]


def timed(loops: Sequence[Loop]) -> list[Timed]:
    """Those that keep times of the machine's clock in memory."""
    own = [one.loop if isinstance(one, Alone) else one for one in loops]
    return [one for one in own if isinstance(one, Timed)]


def _engine(station: Station, link: Link) -> list[Loop]:
    """Of any number of processes each acts for a part of the places, and one for exercises."""
    kafka, shares = station.kafka, station.bus.shares.all

    def terms() -> frozenset[Term]:
        played = link.times("chase")
        exercises = frozenset({(EXERCISES, played)} if played else ())
        if kafka is None:
            return link.shares | exercises
        return exercises | {(part, kafka.generation) for part in kafka.assigned & shares}

    engine = EngineLoop(station, terms)
    return [engine] if kafka is None else [KafkaLoop(station, kafka), engine]
