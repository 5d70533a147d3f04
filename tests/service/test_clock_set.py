"""The clock a process goes by: steady whatever is done to the machine's, until it follows that."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerting.runtime import RealRuntime

HOUR, MOMENT = timedelta(hours=1), timedelta(seconds=2)


@pytest.mark.parametrize("by", [-HOUR, HOUR])
def test_a_process_goes_on_steadily_until_it_follows_the_machine(by: timedelta) -> None:
    runtime = RealRuntime()
    assert abs(runtime.drift()) < MOMENT
    then, up = runtime._followed
    runtime._followed = then - by, up  # as if the machine's clock had been set since
    before = runtime.now()
    assert abs(runtime.drift() - by) < MOMENT
    runtime.follow()
    assert abs(runtime.drift()) < MOMENT
    assert abs(runtime.now() - before - by) < MOMENT
