"""What a newcomer is promised within the first minute of `make run`: ten hours of the storm.

The repository's own county and storm, the real loops on a clock moved by hand, the real terminal text.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from alerting.cli.narrate import Narrator
from alerting.runtime import VirtualRuntime
from alerting.service.config import load_config
from alerting.service.county import load_county
from alerting.service.process import loops_of
from alerting.service.station import Station
from alerting.store import Store

ROOT = Path(__file__).parents[2]
MINUTE = 60  # seconds, of ten minutes of storm each


@dataclass
class Terminal:
    """What was printed, in order, and the second of the first minute in which it was."""

    messages: list[tuple[int, str]] = field(default_factory=list)
    lines: list[tuple[int, str]] = field(default_factory=list)
    second: int = 0

    def told(self, pattern: str) -> int:
        """The second in which a line of the narration first said so."""
        return self._first(self.lines, pattern)

    def sent(self, pattern: str) -> int:
        return self._first(self.messages, pattern)

    @staticmethod
    def _first(printed: list[tuple[int, str]], pattern: str) -> int:
        found = next((at for at, text in printed if re.search(pattern, text)), None)
        assert found is not None, f"{pattern!r} was not seen"
        return found


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    seen = Terminal()
    folder = tmp_path_factory.mktemp("first-minute")
    config = load_config(ROOT / "config.yaml").model_copy(update={"data": folder})
    station = Station(load_county(config), VirtualRuntime(datetime(2026, 11, 26, tzinfo=UTC)),
                      Store(folder / "suian.db"))  # fmt: skip
    station.channels["console"].sink = lambda text: seen.messages.append((seen.second, text))
    asyncio.run(_first_minute(station, seen))
    return seen


async def _first_minute(station: Station, seen: Terminal) -> None:
    paper = StringIO()
    narrator = Narrator(station, Console(file=paper, width=300))
    loops = loops_of(station)
    await loops.settle()
    await station.start_exercise()
    for seen.second in range(MINUTE):
        await loops.advance(timedelta(seconds=1))
        narrator.tell()
        seen.lines += [(seen.second, line) for line in paper.getvalue().splitlines()]
        paper.seek(0)
        paper.truncate()
    await station.close()


def test_signals_arrive(terminal: Terminal) -> None:
    assert terminal.told("预报到达") == 0
    terminal.told("实况 7 条")
    terminal.told("官方预警：.*道路结冰黄色")
    terminal.told("官方预警：.*升级为橙色")


def test_alerts_rise_are_held_and_clear(terminal: Terminal) -> None:
    opened = terminal.told("▲ 出现 低能见度黄色")
    held = terminal.told("= 暂不解除，观察中：低能见度黄色")
    cleared = terminal.told("▼ 解除 低能见度")
    assert opened < held < cleared < 45
    terminal.told("▲ 升级 降雪积雪橙色")


def test_measures_are_ordered_acknowledged_and_reported_in_force(terminal: Terminal) -> None:
    assert (terminal.told("■ 下达措施：限速通行") <= terminal.told("✓ .* 已收到：限速通行")
            < terminal.told("✔ .* 已落实：限速通行"))  # fmt: skip


def test_each_message_is_seen_as_its_reader_gets_it(terminal: Terminal) -> None:
    terminal.sent("【演练】【雾岭县应急办】(.|\n)*命令：设置限速")
    terminal.sent("EXERCISE Wuling EMO")


def test_one_answers_wrongly_and_gets_a_hint(terminal: Terminal) -> None:
    terminal.told(r"\? 顾经理回复“在工地")
    terminal.sent("未能读懂。请回复数字")


def test_one_post_has_nobody_on_it(terminal: Terminal) -> None:
    terminal.told("升级叫应：高坪乡政府 → .*（此岗无人）")


def test_one_is_silent_and_the_next_is_called(terminal: Terminal) -> None:
    terminal.told("升级叫应：高速公路养护二队 → .*（无人应答）")


def test_one_run_never_comes(terminal: Terminal) -> None:
    terminal.told("✗ 02:00 的预报没有来")
