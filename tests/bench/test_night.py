"""A short form of the measured night: nobody who is called out stays unknown, and nobody is flooded."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bench.night.county import Size
from bench.night.run import live, table


def test_whoever_is_called_out_is_awake_or_named_and_nobody_gets_all_of_it() -> None:
    night = asyncio.run(live(Size(villages=24, people=200), seed=2, storm_for=timedelta(minutes=25),
                             after=timedelta(minutes=1)))  # fmt: skip
    tiers = {row["tier"]: row for row in night.callees}
    assert tiers["township"]["called"] >= 14, "a road calls every township it runs through"
    assert tiers["village"]["called"] >= 20
    for row in night.callees:
        assert row["woken"] + row["ticked"] + row["never"] == row["called"]
    township = tiers["township"]
    assert township["never"] <= township["called"] * 2 / 7, "who sleeps through a text is called"
    assert township["reported"] >= 10
    assert all(post and wants for post, wants in night.open), "what is open has a name"
    assert night.alerts > 40
    assert max(night.messages) < night.notices / 20
    assert "| township |" in table(night)
