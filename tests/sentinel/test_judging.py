"""What the sentinel makes of a heartbeat: nothing, silence, or a lie."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alerting.sentinel.judging import faults
from alerting.sentinel.memory import Memory
from alerting.sentinel.settings import Limits
from alerting.sentinel.wire import Heartbeat

NOW = datetime(2026, 1, 19, 18, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=1)
ZONE = ZoneInfo("Asia/Shanghai")


def held(*, ago: float = 20, ahead: float = 0, sent: float | None = None, **said: Any) -> Memory:
    """A heartbeat heard so many seconds ago; `sent` so many seconds before now."""
    beat = Heartbeat(challenge="", nonce="", at=NOW, county={"zh": "县", "en": "county"},
                     exercise=False, **said)  # fmt: skip
    return Memory(heard=NOW - timedelta(seconds=ago), beat=beat, ahead=ahead,
                  sent=None if sent is None else NOW - timedelta(seconds=sent))  # fmt: skip


@pytest.mark.parametrize(("memory", "kinds"), [
    (held(), set()),
    (held(ago=179), set()),
    (held(ago=180), {"silent"}),
    (held(ago=400, ahead=500, signal_age=900), {"silent"}),  # what it said then is no news
    (held(signal_age=299), set()),
    (held(signal_age=300), {"signals"}),
    (held(unsent_age=299), set()),
    (held(unsent_age=300), {"unsent"}),  # none was ever sent
    (held(unsent_age=300, sent=1000), {"unsent"}),
    (held(unsent_age=300, sent=60), set()),  # others go out: the service can say so itself
    (held(sent=90000), set()),  # a quiet day: nothing was due
    (held(ahead=60), set()),
    (held(ahead=61), {"clock"}),
    (held(ahead=-61), {"clock"}),
    (held(standing={"engine": 299, "seal": 0}), set()),
    (held(standing={"engine": 300, "seal": 0}), {"loops"}),
    (held(standing={"engine": 300}, signal_age=300, ahead=99), {"loops", "signals", "clock"}),
])  # fmt: skip
def test_what_is_wrong_by_a_heartbeat(memory: Memory, kinds: set[str]) -> None:
    found = faults(memory, LONG_AGO, NOW, Limits(), ZONE)
    assert set(found) == kinds
    assert all(said["zh"] and said["en"] for said in found.values())


def test_what_came_before_it_listened_is_not_missed() -> None:
    memory = held(ago=3600)
    assert faults(memory, NOW - timedelta(seconds=179), NOW, Limits(), ZONE) == {}
    said = faults(memory, NOW - timedelta(seconds=180), NOW, Limits(), ZONE)
    assert said["silent"]["zh"] == "服务自01:00起没有心跳"


def test_one_that_never_came_is_waited_for_longer() -> None:
    assert faults(Memory(), NOW - timedelta(seconds=599), NOW, Limits(), ZONE) == {}
    assert set(faults(Memory(), NOW - timedelta(seconds=600), NOW, Limits(), ZONE)) == {"silent"}


def test_the_words_say_how_long_and_since_when() -> None:
    said = faults(held(unsent_age=420, sent=3620, ahead=-75, standing={"engine": 400}), LONG_AGO, NOW,
                  Limits(), ZONE)  # fmt: skip
    assert said["unsent"]["en"] == "a message has waited 7 min to be sent, the last was sent 00:59"
    assert said["clock"]["zh"] == "服务的时钟比哨兵慢75秒"
    assert said["loops"]["en"] == "parts of it stand still: engine"
