"""The campaign's short form: a storm over real servers in which everything is killed, as the undisturbed
one in the end. `python -m tests.campaign` tells three of every fault there is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import kafka_broker, postgres_server
from tests.campaign.faults import FAULTS
from tests.campaign.run import campaign, recovered
from tests.conftest import lacking

SHORT = ("everything killed",)


@pytest.mark.kafka
@pytest.mark.timeout(900)
def test_a_storm_in_which_all_is_killed_ends_as_the_undisturbed_one(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    if what := kafka_broker.missing():
        lacking(f"a real Kafka broker {what}")
    if postgres_server.programs() is None:
        lacking("a real PostgreSQL")
    chosen = [one for one in FAULTS if one.name in SHORT]
    runs = list(campaign(len(SHORT), tmp_path / "campaign.jsonl", chosen))
    wrong = [f"{one['fault']}: {one['wrong']}\n{one['log']}" for one in runs if one["wrong"]]
    assert not wrong, "\n".join(wrong)
    assert {one["fault"] for one in runs} == set(SHORT)
    record_property("figures", ", ".join(f"{one['fault']}: recovered {recovered(one)}" for one in runs))
