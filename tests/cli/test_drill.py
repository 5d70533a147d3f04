"""`suian drill`: a plan is checked, a drill held, reported and ended through the running service."""

from __future__ import annotations

import json

from tests.cli.conftest import Folder
from tests.cli.test_by_hand import served

__all__ = ["served"]

SCRIPT = """\
title: {zh: 引导演练, en: Guide drill}
lasts: 30 min
steps:
  - after: 0 min
    order: {measure: guide, place: road-1, level: orange, reason: 假定追尾}
"""


def test_a_drill_from_the_command_line(served: Folder) -> None:
    served.write("exercises/guide/script.yaml", SCRIPT.replace("guide, place", "gide, place"))
    served.run("drill", "check", "guide", code=2).says("script.yaml:5:22", "no measure 'gide'")
    served.run("drill", "check", "gone", code=2).says("no plan 'gone'", "There are: guide")
    served.run("drill", "start", "guide", "--reason", "试", "--as", "li", code=2).says("方案", "gide")
    served.write("exercises/guide/script.yaml", SCRIPT)
    served.run("drill", "check", "guide").says("ok", "引导演练", "30 min")
    served.run("drill", "start", "guide", "--reason", "季度演练", "--as", "li").says("演练已开始", "/drills/1")
    served.run("drill", "start", "guide", "--reason", "再来", "--as", "li", code=2).says("另一场演练正在进行")
    served.run("drill", "schedule", "guide", "2020-01-01 08:00", "--reason", "晚了", "--as", "li",
               code=2).says("ahead")  # fmt: skip
    served.run("drill", "schedule", "guide", "someday", "--reason", "x", "--as", "li", code=2).says("no time")
    served.run("drill", "list").says("guide", "running", "li", "季度演练")
    served.run("drill", "stop", "1", "--reason", "够了", "--as", "li").says("演练已结束")
    served.run("drill", "report", "1").says("引导演练", "ended stopped", "一线 field force", "王交警")
    made = json.loads(served.run("drill", "report", "1", "--format", "json").out)
    assert (made["plan"], made["ended_by"], made["figures"]["woken"]) == ("guide", "li", 0)
    served.run("drill", "report", "9", code=2).says("no drill 9")
