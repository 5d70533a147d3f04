"""Replay: a recorded history through the live code, in memory, faster than the clock.

A history is a file of JSON lines, in the order in which the signals were accepted; each line is an
envelope (docs/signals.md) with `accepted`, the time at which it came in, in UTC. Without `accepted`
the line's `issued` stands for it. A line `{"kind": "clock", "at": …}` moves the clock there and says
nothing else: the first one says when the service was started, the last one how long it went on.

A storm's folder (exercises/…) is replayed as an exercise, its people answering as they are described.

On the way every hour ticks as it does in the service, and at an hour the tick is taken before what
came in at that same time. Lines accepted at the same instant came in together, as the signals of one
request do: all are kept before anybody is told of the first. Nothing is polled and nobody is told:
every channel is the silent console.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

from alerting.dispatch.channels import Configured
from alerting.errors import BadInput
from alerting.runtime import VirtualRuntime
from alerting.service.chase_loop import ChaseLoop
from alerting.service.clock import LIVE
from alerting.service.county import County, without_broker
from alerting.service.dispatch_loop import DispatchLoop
from alerting.service.duty_loop import DutyLoop
from alerting.service.engine_loop import EngineLoop
from alerting.service.head_loop import HeadLoop
from alerting.service.listing import alerts
from alerting.service.loop import Loop, Loops
from alerting.service.seal_loop import SealLoop
from alerting.service.station import Station
from alerting.service.storms import load_storm
from alerting.service.tick_loop import TickLoop
from alerting.service.watch_loop import WatchLoop
from alerting.signals import Forecast, Signal, Tick, from_envelope
from alerting.store import Store

CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class Came:
    """What came in at a time; None: the clock moved there and nothing came."""

    at: datetime
    signal: Signal | None


def read_history(path: Path) -> list[Came]:
    """The lines of a history, in order. Raises BadInput that names the line."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        raise BadInput(
            "this is no text in UTF-8", where=str(path),
            mend="A history is a file of JSON lines; see docs/signals.md.",
        ) from None  # fmt: skip
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=str(path)) from None
    found = list(_lines(path, text))
    if not found:
        raise BadInput("there is no signal in this history", where=str(path))
    for number, (before, after) in enumerate(pairwise(found), start=2):
        if after.at < before.at:
            raise BadInput(
                f"signal {number} was accepted at {after.at:%Y-%m-%dT%H:%MZ}, before the one above it",
                where=str(path), mend="A history stands in the order in which it was accepted.",
            )  # fmt: skip
    return found


def _lines(path: Path, text: str) -> Iterator[Came]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        where = f"{path}, line {number}"
        try:
            body = json.loads(line)
            if not isinstance(body, dict):
                raise ValueError("an envelope is an object")
            stamp = body.pop("accepted", None)
            if body.get("kind") == CLOCK:
                yield Came(_time(body.get("at")), None)
                continue
            signal = from_envelope(body)
            yield Came(_time(stamp) if stamp is not None else signal.issued, _unstamped(signal))
        except BadInput as error:
            raise BadInput(error.what, where=where, mend=error.mend) from None
        except ValueError as error:
            raise BadInput(f"this line cannot be read: {error}", where=where,
                           mend="See docs/signals.md for the format.") from None  # fmt: skip


def _time(text: Any) -> datetime:
    at = datetime.fromisoformat(str(text))
    if at.tzinfo is None:
        raise ValueError(f"the time {text!r} needs its zone, e.g. 2026-01-20T08:00:00Z")
    return at.astimezone(UTC)


def _unstamped(signal: Signal) -> Signal:
    """The stamp is set anew by the replayed service, as it was the first time."""
    if isinstance(signal, Forecast):
        return replace(signal, accepted=None)
    return signal.model_copy(update={"accepted": None})


async def replay(
    county: County, history: Sequence[Came], until: datetime | None = None
) -> list[dict[str, Any]]:
    """All alerts that the history leads to, as `GET /api/v1/alerts?state=all` lists them.

    `until` lets the clock run on after the last line.
    """
    station, loops = _set_up(
        county, history[0].at, ticks=not any(_hourly(c.signal) for c in history)
    )
    runtime = station.runtime
    try:
        await loops.settle()
        for at, together in groupby(history, key=lambda came: came.at):
            if at > runtime.now():
                await loops.advance(at - runtime.now())
            if signals := [came.signal for came in together if came.signal is not None]:
                await station.publish(LIVE, signals)
                await loops.settle()
        if until is not None and until > runtime.now():
            await loops.advance(until - runtime.now())
        return _listed(station, LIVE)
    finally:
        await station.close()


async def replay_storm(county: County, folder: Path) -> list[dict[str, Any]]:
    """All alerts of a storm played to its end, its people answering. Raises BadInput."""
    storm = load_storm(folder, county.places)
    exercise = county.config.exercise.model_copy(update={"play": folder, "speed": 1.0})
    config = county.config.model_copy(update={"exercise": exercise})
    station, loops = _set_up(replace(county, config=config), storm.begins, ticks=True)
    try:
        await loops.settle()
        realm = await station.player.start(simulated=True)
        await loops.advance(storm.ends - storm.begins)
        return _listed(station, realm)
    finally:
        await station.close()


def _set_up(county: County, start: datetime, *, ticks: bool) -> tuple[Station, Loops]:
    """A station in memory and its loops, all but the one that polls.

    Without `ticks` the history brings its own: it is a record of the service itself.
    """
    runtime = VirtualRuntime(start)
    station = Station(_silent(county), runtime, Store(":memory:"))
    station.connectors = {}  # nobody asks them, and the watch must not take that for silence
    loops: list[Loop] = [DutyLoop(station), TickLoop(station)] if ticks else [DutyLoop(station)]
    loops += [station.player, EngineLoop(station), ChaseLoop(station), DispatchLoop(station),
              WatchLoop(station), HeadLoop(station), SealLoop(station)]  # fmt: skip
    made = Loops(runtime, loops)
    station.writer.on_commit(made.wake)
    return station, made


def _listed(station: Station, realm: str) -> list[dict[str, Any]]:
    with station.store.read() as connection:
        return alerts(connection, station.places, station.book, realm, "all")


def _hourly(signal: Signal | None) -> bool:
    return isinstance(signal, Tick) and not signal.subject


def _silent(county: County) -> County:
    """The same county, whose channels keep their names and reach nobody, nor do its signals."""
    channels = {
        name: Configured(use="console", on=c.on, silent=True)  # type: ignore[call-arg]
        for name, c in county.config.channels.items()
    }
    config = county.config.model_copy(update={"channels": channels})
    return without_broker(replace(county, config=config))


def as_json(rows: Sequence[dict[str, Any]]) -> str:
    """The listing as text, sorted, so that two of the same history are equal byte for byte."""
    key = ("realm", "rule", "place", "opened", "id")
    ordered = sorted(rows, key=lambda row: [str(row[k]) for k in key])
    return json.dumps(ordered, ensure_ascii=False, indent=1, sort_keys=True)
