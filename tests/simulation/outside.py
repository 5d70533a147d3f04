"""What comes in: sources and people, who say a thing again until they have heard that it was taken."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from alerting.service.clock import LIVE
from alerting.signals import Area, Forecast, Report, Signal, Spot, Warning
from alerting.store.schema import measure, signal
from tests.simulation.ground import START, ground, raw_of
from tests.simulation.plan import END, ZONES, Said
from tests.simulation.processes import NoAnswer

if TYPE_CHECKING:
    from tests.simulation.world import World

APART = 0.05  # seconds between two signals of the undisturbed run: none overtakes the other
AGAIN = 20.0  # seconds between two tries
MILD = 5.0  # degC


@dataclass(frozen=True, slots=True)
class Heard:
    """What a run took: when, by a signal's number, and of which measure each answer spoke."""

    at: Mapping[int, float]
    meant: Mapping[int, str]


class Outside:
    def __init__(self, world: World, heard: Heard | None) -> None:
        self._world = world
        self._given = None if heard is None else heard.at
        # By number, of which measure somebody speaks: that which they know of when they say it first.
        self._meant: dict[int, str] = {} if heard is None else dict(heard.meant)
        self.taken: set[int] = set()  # numbers of what its source heard was taken
        self.ids: dict[int, str] = {}  # by number, the signal's id
        self.moot: set[int] = set()  # answers to what was never asked
        self._kept: dict[str, float] = {}  # by a signal's id, when the store took it, whoever heard of it
        raw = raw_of(world.engine)
        raw.create_function("kept", 1, lambda id_: self._kept.update({id_: world.clock.seconds}))
        raw.execute("CREATE TEMP TRIGGER IF NOT EXISTS keeps AFTER INSERT ON main.signal BEGIN SELECT kept(NEW.id); END")

    def begins(self) -> None:
        for one in self._world.plan.said:
            if self._given is None:
                if one.fate != "lost":
                    self._world.task(self._says(one, one.at + one.late))
            elif one.number in self._given:
                self._world.task(self._says(one, self._given[one.number]))

    def heard(self) -> Heard:
        """When each was taken, in the order in which it was: one that was taken before its process died
        was taken then, whenever its source heard of it."""
        numbers = {id_: number for number, id_ in self.ids.items() if number in self.taken}
        rows = self._world.rows(signal)
        order = [numbers[row.id] for row in sorted(rows, key=lambda row: row.seq) if row.id in numbers]
        found: dict[int, float] = {}
        at = END
        for number in reversed(order):
            at = min(self._kept[self.ids[number]], at - APART)
            found[number] = at
        return Heard(found, self._meant)

    async def _says(self, one: Said, at: float) -> None:
        await asyncio.sleep(at - self._world.clock.seconds)
        deaf = 1 if one.fate == "unheard" and self._given is None else 0
        often = 2 if one.fate == "twice" and self._given is None else 1
        while often:
            made = self._signal(one)
            if made is None:
                self.moot.add(one.number)
                self._world.tells(f"{one.kind} {one.number}: there is nothing to answer")
                return
            self.ids[one.number] = made.id
            try:
                new = await self._world.ask(lambda s, made=made: s.publish(LIVE, [made]))
            except (NoAnswer, Exception) as error:
                self._world.tells(f"{one.kind} {one.number} is not taken: {type(error).__name__}")
                await asyncio.sleep(AGAIN)
                continue
            self._world.tells(f"{one.kind} {one.number} is taken{'' if new else ' again'}")
            self.taken.add(one.number)
            if deaf:
                deaf -= 1
                await asyncio.sleep(AGAIN)
                continue
            often -= 1

    def _signal(self, one: Said) -> Signal | None:
        values: dict[str, Any] = one.values
        # By the clock of whoever says it, which nobody sets; said again it is the same.
        issued = START + timedelta(seconds=one.at)
        if one.kind == "warning":
            return Warning(
                source="office", issued=issued, expires=issued + timedelta(days=5), identifier=f"W{one.number}",
                sender="虚构县气象台", action=values["action"],
                references=(values["of"],) if values["of"] else (), hazard="road-icing", event="道路结冰",
                level=values["level"], area=Area(codes=(values["zone"],)),
            )  # fmt: skip
        if one.kind == "forecast":
            degrees = np.array([values["cold"].get(zone, MILD) for zone in ZONES], np.float32)
            points = ground().county.places.points().values()
            spots = tuple(Spot(p.id, p.lat, p.lon, p.elevation) for p in points)
            return Forecast(
                "model", issued, issued.replace(minute=0, second=0, microsecond=0) - timedelta(hours=6),
                spots, {"temperature": np.tile(degrees, (60, 1))},
            )  # fmt: skip
        if one.kind == "order":
            return self._report(one, "zhao", "order", f"place:{values['place']}", measure=values["measure"],
                                level=values["level"], reason="团雾", arguments={})  # fmt: skip
        if one.number not in self._meant:
            held = self._world.rows(measure, measure.c.measure == values["measure"],
                                    measure.c.object == values["place"])  # fmt: skip
            if not held:
                return None
            self._meant[one.number] = max(held, key=lambda row: row.number).id
        meant = f"measure:{self._meant[one.number]}"
        return self._report(one, values["who"], values["act"], meant, reason="现场情况")

    def _report(self, one: Said, who: str, act: str, subject: str, **detail: Any) -> Report:
        return Report(id=f"report:{one.number}", source="page", issued=START + timedelta(seconds=one.at), act=act,
                      person=who, channel="page", subject=subject, detail=detail)  # fmt: skip
