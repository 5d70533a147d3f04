"""A service of several processes and its sentinel, in real time."""

from __future__ import annotations

import os
import signal as os_signal
from collections.abc import Callable

import requests

from tests.scenarios.apart import Apart
from tests.scenarios.lookout import SECRET, VARIABLE, Lookout
from tests.scenarios.nursery import Nursery
from tests.scenarios.standin import StandIn


def test_of_several_processes_one_tells_the_sentinel_and_another_goes_on_telling(
    make_apart: Callable[..., Apart], provider: StandIn, nursery: Nursery
) -> None:
    with StandIn() as elsewhere:
        town = make_apart()
        lookout = Lookout(town.folder, elsewhere, nursery)
        town.writes_config(sentinels=lookout.sentinels())
        secret = {VARIABLE: SECRET}
        try:
            lookout.runs()
            town.starts("web", **secret)
            first = town.starts("engine", **secret)
            town.waits_until(lambda: town.holds(first, "chase"))
            town.waits_until(lambda: lookout.heard() is not None)
            second = town.starts("engine", **secret)
            before = lookout.heard()
            os.kill(first.pid, os_signal.SIGSTOP)  # it says nothing any more; its locks are free soon
            town.waits_until(lambda: town.holds(second, "chase"))
            town.waits_until(lambda: lookout.heard() != before)
            assert "calls" not in lookout.log()
            assert elsewhere.messages == []
            page = requests.get(f"{town.url}/?lang=zh", timeout=30).text
            assert "正常应答" in page, "the process of the pages has it from the database"
            first.goes_on()
        finally:
            lookout.dies()
