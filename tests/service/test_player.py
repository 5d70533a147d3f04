"""What may be played beside a drill of people: nothing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import update

from alerting.errors import Refused
from alerting.service import drills
from alerting.service.clock import open_exercise
from alerting.service.player import Player
from alerting.store import Store
from alerting.store.schema import asker, measure
from alerting.vocabulary import Level
from tests.chase.builders import County

NOW = datetime(2026, 1, 20, 6, tzinfo=UTC)
TITLE = {"zh": "道路结冰演练", "en": "Road icing drill"}


def test_a_storm_that_is_started_again_in_the_moment_a_drill_begins_is_refused() -> None:
    store = Store(":memory:")
    number = store.write(lambda c: drills.ask(c, "ice", TITLE, NOW, False, "admin", "季度演练", NOW))
    realm = store.write(lambda c: open_exercise(c, TITLE, NOW, NOW, 1.0, drill=number))
    store.write(lambda c: drills.begin(c, number, realm.id, None, NOW, NOW + timedelta(hours=1)))
    # Of a station its county and database alone: nothing of it runs.
    station = SimpleNamespace(
        store=store, realm=lambda _: realm,
        config=SimpleNamespace(county=SimpleNamespace(fictional=True), exercise=SimpleNamespace(play=None)),
    )  # fmt: skip
    player = Player(cast("Any", station))
    player._realm = realm
    with pytest.raises(Refused, match="a drill is under way"):
        asyncio.run(player.start())
    with store.read() as connection:
        held = drills.running(connection)
    assert held is not None
    assert held.id == number
    store.close()


def test_what_is_in_force_and_unsigned_is_work_that_a_drill_waits_for() -> None:
    county = County()
    key = county.order("close", level=int(Level.red))
    county.store.write(lambda c: c.execute(update(asker).values(asker="person:li", level=int(Level.red))))

    def stands(**values: Any) -> str | None:
        county.store.write(lambda c: c.execute(update(measure).where(measure.c.id == key).values(**values)))
        with county.store.read() as connection:
            return drills.real_work(connection)

    assert stands(state="in force", ahead=None) is None
    assert stands(ahead=county.now) == key, "its decider is being called to confirm it"
    assert stands(decided_by="regulator") is None
    assert stands(state="lift proposed") == key
