"""Observations of one moment that the engine takes together: evaluated in layers (alerts.layers), and
written in the order in which they were kept, in as few transactions as what they change allows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection

from alerting.alerts import responses
from alerting.alerts.changes import Changes, commit
from alerting.alerts.engine import SLICE, Engine
from alerting.alerts.layers import decide, layers
from alerting.alerts.triggers import officials
from alerting.bus import Record
from alerting.service.story import Story, nothing_came
from alerting.signals import OBSERVATION, Observation, Tick, stamped_by
from alerting.store.database import Death
from alerting.telemetry import about

if TYPE_CHECKING:
    from alerting.service.station import Station

TOGETHER = 1000  # at most: what a country's stations say in a second
REVIEW = "review:"  # a tick that has the home share look at the plans


class Said(NamedTuple):
    """An observation in the log; `mine` where this process acts for a share that it can concern."""

    record: Record
    signal: Observation
    mine: bool


def together(
    records: Collection[Record], now: datetime, held: Collection[int], since: datetime | None = None
) -> list[Said]:
    """The first of these records as far as they are observations accepted in one moment. One that
    cannot be read ends them: it is told of when its turn comes."""
    found: list[Said] = []
    for one in records:
        if one.kind != OBSERVATION:
            break
        try:
            signal = stamped_by(one.signal(), now, since)
        except ValueError:
            break
        if not isinstance(signal, Observation) or (
            found and signal.accepted != found[0].signal.accepted
        ):
            break
        found.append(Said(one, signal, one.share is None or one.share in held))
    return found


@dataclass(slots=True)
class Batch:
    """`was` are the positions of the shares they concern, from which alone these may be moved."""

    station: Station
    realm: str
    said: list[Said]
    was: Mapping[int, int]

    async def take(self, die: Death) -> None:
        station, engine = self.station, self.station.engines[self.realm]
        began = station.runtime.now()
        changed = await station.runtime.in_thread("engine", lambda: self._decide(engine))
        stories = {n: self._story(n, began) for n in changed}
        if changed:
            die.at("before")
        await self._commit(engine, changed)
        for number, story in stories.items():
            story.committed(len(changed[number]))
        quiet = [one for n, one in enumerate(self.said) if one.mine and n not in changed]
        nothing_came(station, self.realm, [(one.record.seq, one.signal) for one in quiet])

    def _story(self, number: int, began: datetime) -> Story:
        one = self.said[number]
        story = Story(self.station, self.realm, one.record.seq, one.signal, one.signal.id, began)
        story.judged()
        return story

    def _decide(self, engine: Engine) -> dict[int, list[Changes]]:
        now = self._now
        beside = engine.elsewhere(self.was)
        changed: dict[int, list[Changes]] = {}
        for numbers in layers(engine, [one.signal for one in self.said]):
            of = [self.said[number] for number in numbers]
            touched = engine.see_together([one.signal for one in of if one.mine], now)
            engine.see_together([one.signal for one in of if not one.mine], now)
            layer = {number: self.said[number].signal for number in numbers}
            changed |= decide(engine, layer, now, touched, beside)
        return changed

    async def _commit(self, engine: Engine, changed: Mapping[int, list[Changes]]) -> None:
        station, was = self.station, dict(self.was)
        bus, told = station.bus, officials(engine.facts, engine.life.book, self._now)
        for numbers in _parts(changed, len(self.said)):
            upto = self.said[numbers[-1]].record.seq

            def a_part(
                connection: Connection, numbers: range = numbers, was: dict[int, int] = was,
                upto: int = upto,
            ) -> None:  # fmt: skip
                wrote = [number for number in numbers if number in changed]
                for number in wrote:
                    life = replace(engine.life, cause=self.said[number].signal.id)
                    with about(life.cause, signal=life.cause):
                        for changes in changed[number]:
                            commit(connection, life, changes)
                        if bus.shares.home in was:
                            responses.review(connection, life, told, self._now)
                if bus.shares.home in was:
                    if not wrote:  # time alone may have ended what a plan waits for
                        life = replace(engine.life, cause=self.said[numbers[-1]].signal.id)
                        responses.review(connection, life, told, self._now)
                elif wrote:
                    look = Tick(source="engine", issued=self._now, subject=f"{REVIEW}{upto}:{min(was)}")
                    bus.publish(connection, self.realm, [look], self._now)
                bus.taken(connection, self.realm, was, upto)

            await station.writer.write(a_part)
            was = dict.fromkeys(was, upto)

    @property
    def _now(self) -> datetime:
        signal = self.said[0].signal
        return signal.accepted or signal.issued


def _parts(changed: Mapping[int, list[Changes]], count: int) -> Iterator[range]:
    """Numbers that are written in one transaction: not much more than a slice changes at most."""
    first, size = 0, 0
    for number in range(count):
        size += sum(len(one.all) + len(one.unknown) for one in changed.get(number, ()))
        if size >= SLICE or number == count - 1:
            yield range(first, number + 1)
            first, size = number + 1, 0
