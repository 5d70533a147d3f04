"""Alerts, answers, timers, rosters, approvals, channels, deaths and clocks at random: see witness.py for
what must hold, moves.py for what is done. `make faults` plays many more."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.laws.moves import Moves

EXAMPLES, STEPS = (400, 30) if os.environ.get("SUIAN_ALL_FAULTS") else (10, 14)

TestMachine = Moves.TestCase
TestMachine.settings = settings(
    max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.shrink),
)  # fmt: skip
TestMachine.pytestmark = pytest.mark.timeout(4 * 3600)
