"""What may be played beside a drill of people: nothing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from alerting.errors import Refused
from alerting.service import drills
from alerting.service.clock import open_exercise
from alerting.service.player import Player
from alerting.store import Store

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
