"""A running process: the station, its loops, and whoever moves its clock."""

from __future__ import annotations

from alerting.service.book_loop import BookLoop
from alerting.service.chase_loop import ChaseLoop
from alerting.service.clock_loop import ClockLoop
from alerting.service.dispatch_loop import DispatchLoop
from alerting.service.drill_loop import DrillLoop
from alerting.service.duty_loop import DutyLoop
from alerting.service.engine_loop import EngineLoop
from alerting.service.head_loop import HeadLoop
from alerting.service.kafka_loop import KafkaLoop
from alerting.service.loop import Loop, Loops
from alerting.service.poll_loop import PollLoop
from alerting.service.seal_loop import SealLoop
from alerting.service.station import Station
from alerting.service.tick_loop import TickLoop
from alerting.service.watch_loop import WatchLoop


def loops_of(station: Station) -> Loops:
    """All loops of one process, in the order in which a signal passes through them."""
    book, tick = BookLoop(station), TickLoop(station)
    poll, watch = PollLoop(station), WatchLoop(station)
    clock = ClockLoop(station, [book, tick, poll, watch, station.dispatcher])
    into_bus: list[Loop] = [
        clock, book, DutyLoop(station), tick, DrillLoop(station), station.player, poll,
    ]  # fmt: skip
    if station.kafka is not None:
        into_bus.append(KafkaLoop(station, station.kafka))
    loops = Loops(
        station.runtime,
        [
            *into_bus, EngineLoop(station), ChaseLoop(station), DispatchLoop(station),
            watch, HeadLoop(station), SealLoop(station),
        ],
        station.loops,
    )  # fmt: skip
    station.writer.on_commit(loops.wake)
    return loops
