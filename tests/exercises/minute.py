"""The first minute of `make run`, played once for all who look at it: ten hours of the storm.

The repository's own county and storm, the real loops on a clock moved by hand, the real terminal text.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

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


def play(folder: Path) -> tuple[Station, Terminal]:
    """The station at the end of the minute, and what its terminal showed."""
    seen = Terminal()
    config = load_config(ROOT / "config.yaml").model_copy(update={"data": folder})
    station = Station(load_county(config), VirtualRuntime(datetime(2026, 11, 26, tzinfo=UTC)),
                      Store(folder / "suian.db"))  # fmt: skip
    station.channels["console"].sink = lambda text: seen.messages.append((seen.second, text))
    asyncio.run(_first_minute(station, seen))
    return station, seen


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
