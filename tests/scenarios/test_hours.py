"""The hour that struck while nobody was there is made up."""

from __future__ import annotations

from sqlalchemy import select

from alerting.store.schema import signal
from tests.scenarios.town import Town


def hours_ticked(town: Town) -> list[int]:
    store = town.store()
    with store.read() as connection:
        rows = connection.execute(
            select(signal.c.issued).where(signal.c.kind == "tick", signal.c.source == "clock")
        )
        found = sorted(r.issued.hour for r in rows)
    store.close()
    return found


def test_an_hour_that_struck_while_the_process_was_down_is_ticked_at_its_start(town: Town) -> None:
    town.passes(minutes=119)  # 07:59
    assert hours_ticked(town) == [7]
    town.dies()
    town.begin(town.now.replace(hour=8, minute=2))
    assert hours_ticked(town) == [7, 8]
