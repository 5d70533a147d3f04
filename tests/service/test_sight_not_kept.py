"""A Sight is views of the fields, which the next signal changes in place. Here each is handed out as a copy
that turns to dust with the next signal; what comes of it is the same, so nobody keeps one over it."""

from __future__ import annotations

import asyncio
from dataclasses import fields as parts_of
from dataclasses import is_dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from alerting.signals import Forecast, Observation
from alerting.store.schema import alert
from alerting.weather import Fields
from tests.service.test_shared_out import City, Workers
from tests.service.test_shared_out import city as _city
from tests.service.test_together import FOG, live, same

city = _city  # the county of three

CLEAR = ("run", 9000.0, 8.0)
FOG_AND_ICE = ("run", 40.0, -3.0)
STEPS = [
    CLEAR, ("said", FOG), ("hour",), ("said", [("valley", 0, 9000.0, 8.0)]),
    ("said", [("valley", 20, 40.0, None), ("valley", 0, 9000.0, None), ("seat", 0, 150.0, -1.0),
              ("north", 20, 40.0, None), ("west", 0, None, -3.0)]),
    FOG_AND_ICE, ("hour",), ("said", [("pass", 0, 400.0, -3.0), ("north", 0, 9000.0, 8.0)]), CLEAR,
    ("hour",), ("hour",), ("said", [("west", 0, 40.0, 8.0), ("west", 0, 9000.0, 8.0)]), ("hour",),
]  # fmt: skip
DUST = {"f": np.nan, "b": True, "i": -1, "u": 0}


class Dust:
    """What was handed out since the last signal."""

    def __init__(self) -> None:
        self.handed: list[np.ndarray[Any, Any]] = []
        self.turned = 0

    def copy(self, of: Any) -> Any:
        if isinstance(of, np.ndarray):
            self.handed.append(made := of.copy())
            return made
        if isinstance(of, dict):
            return {key: self.copy(one) for key, one in of.items()}
        return of

    def settle(self) -> None:
        for one in self.handed:
            one[...] = DUST[one.dtype.kind]
        self.turned += len(self.handed)
        self.handed.clear()

    def copied(self, sight: Any) -> Any:
        """With its values and days in arrays of its own; what it knows of facts is not the fields'."""
        if not is_dataclass(sight):
            return self.copy(sight)
        given = {one.name: getattr(sight, one.name) for one in parts_of(sight)}
        for name, held in given.items():
            if name == "daily":
                given[name] = {q: {kind: self.copied(day) for kind, day in kinds.items()}
                               for q, kinds in held.items()}  # fmt: skip
            elif name != "facts":
                given[name] = self.copy(held)
        return type(sight)(**given)


@pytest.fixture
def dust(monkeypatch: pytest.MonkeyPatch) -> Dust:
    made = Dust()
    sight, run, said, advance = (
        Fields.sight, Fields.take_forecast, Fields.take_observations, Fields.advance,
    )  # fmt: skip

    def take_forecast(self: Fields, one: Forecast) -> Any:
        made.settle()
        return run(self, one)

    def take_observations(self: Fields, *some: Observation) -> Any:
        made.settle()
        return said(self, *some)

    def advances(self: Fields, now: datetime) -> None:
        if now > self._now:
            made.settle()
        advance(self, now)

    monkeypatch.setattr(Fields, "sight", lambda *given: made.copied(sight(*given)))
    monkeypatch.setattr(Fields, "take_forecast", take_forecast)
    monkeypatch.setattr(Fields, "take_observations", take_observations)
    monkeypatch.setattr(Fields, "advance", advances)
    return made


def test_nobody_keeps_a_sight_over_the_next_signal(
    city: City, dust: Dust, monkeypatch: pytest.MonkeyPatch
) -> None:
    dusty = Workers(city, 1)
    try:
        asyncio.run(live([dusty], STEPS))
        assert dust.turned > 1000
        monkeypatch.undo()
        plain = Workers(city, 1)
        try:
            asyncio.run(live([plain], STEPS))
            assert len(dusty.rows_of(alert)) > 3
            same(plain, dusty)
        finally:
            plain.closes()
    finally:
        dusty.closes()
