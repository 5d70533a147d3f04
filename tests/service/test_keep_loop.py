"""Deleting is for the night, whoever does it and however the last one went."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from alerting.service import keep_loop
from alerting.service.keep_loop import LATEST, KeepLoop
from tests.service.small import START, small_station

DAY = timedelta(days=1)


def test_what_failed_in_one_night_is_left_to_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = []

    def night(*_: Any) -> Iterator[Any]:
        begun.append(clock.now())
        raise OperationalError("SELECT", {}, Exception("the server has gone away"))
        yield

    monkeypatch.setattr(keep_loop, "night", night)
    station, clock = small_station(tmp_path)
    loop = KeepLoop(station)
    due = loop.next_due()
    assert due is not None
    clock.advance(due - START)
    with pytest.raises(OperationalError):
        asyncio.run(loop.step())
    assert loop.next_due() == due + DAY
    asyncio.run(loop.step())
    assert begun == [due]
    asyncio.run(station.close())


def test_who_takes_it_over_by_day_waits_for_the_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = []
    monkeypatch.setattr(keep_loop, "night", lambda *_: begun.append(1) or iter(()))
    station, clock = small_station(tmp_path)
    loop = KeepLoop(station)
    due = loop.next_due()
    assert due is not None
    clock.advance(due + LATEST + timedelta(minutes=1) - START)  # another did it until now
    asyncio.run(loop.step())
    assert loop.next_due() == due + DAY
    assert begun == []
    asyncio.run(station.close())
