"""What all tests share: the shared folder where it is present, and the optional parts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import kafka_broker

ROOT = Path(__file__).parent.parent
REQUIRED = bool(os.environ.get("SUIAN_REQUIRE_ALL"))


def lacking(what: str) -> None:
    """Skip for want of an optional part; where every part is required, fail instead."""
    if REQUIRED:
        pytest.fail(f"required here and missing: {what}")
    pytest.skip(what)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of captured payloads and recorded weather, where this machine has it."""
    folder = Path(os.environ.get("SUIAN_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        lacking("the folder of captured payloads (SUIAN_SHARED) is not on this machine")
    return folder


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[kafka_broker.Broker]:
    """One broker for the whole run."""
    if what := kafka_broker.missing():
        lacking(f"a real Kafka broker {what}")
    broker = kafka_broker.Broker(tmp_path_factory.mktemp("kafka"))
    broker.start()
    yield broker
    broker.stop()
