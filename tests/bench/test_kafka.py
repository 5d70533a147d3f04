"""The bench of Kafka at a tiny size: workers open the same alerts, and the bare consumer reads as much."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import kafka as bench
from tests import kafka_broker, postgres_server


def test_two_workers_open_every_alert_once_and_the_bare_consumer_reads_every_record(
    tmp_path: Path, kafka: kafka_broker.Broker, postgres: postgres_server.Server
) -> None:
    contest = bench.Contest(bench.COUNTIES, tmp_path, kafka, postgres)
    made = bench.hold(contest, (2,), 1)
    assert set(made) == {"2 workers", "bare consumer"}
    assert all(rate > 0 for rates in made.values() for rate in rates)


@pytest.mark.parametrize(("each", "so"), [
    ([[0, 1], [2, 3]], True), ([[0, 1, 2, 3]], True), ([[0, 1, 2, 3], []], False), ([[0, 1], [2]], False),
    ([[0, 1, 2, 3], [2, 3]], False),
])  # fmt: skip
def test_nothing_is_published_before_everybody_has_partitions_of_their_own(each: list[list[int]], so: bool) -> None:
    assert bench._shared_out(each) is so


def test_the_partitions_a_worker_has_are_those_of_its_last_word(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text('{"partitions": [0, 1, 2, 3], "event": "partitions are assigned"}\n岁安 suian: engine\n'
                   '{"partitions": [2], "event": "partitions are assigned"}\n')  # fmt: skip
    assert bench._assigned(log) == [2]
