"""Times as people give them to commands, read in one way by all of them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerting.cli.given import moment
from alerting.errors import BadInput

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize("text", ["2026-01-20 14:30", " 2026-01-20T14:30 ", "2026-01-20 06:30+00:00",
                                  "2026-01-20T06:30Z"])  # fmt: skip
def test_a_time_is_the_countys_unless_it_names_its_zone(text: str) -> None:
    at = moment("--at", text, ZONE)
    assert at.utcoffset() is not None
    assert at == datetime(2026, 1, 20, 14, 30, tzinfo=ZONE)


@pytest.mark.parametrize("text", ["", "yesterday", "14:30", "2026-02-30 08:00"])
def test_what_is_no_time_is_refused_by_the_name_of_its_option(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        moment("--from", text, ZONE)
    assert f"--from {text!r} is no time" in refused.value.text()
    assert "2026-01-20 14:30" in refused.value.mend


def test_no_command_reads_local_times_by_itself() -> None:
    """`replay` takes only times with their zone: a recording may be another county's."""
    here = Path(__file__).parents[2] / "alerting" / "cli"
    reads = {p.name for p in here.glob("*.py") if ".replace(tzinfo=" in p.read_text("utf-8")}
    assert reads == {"given.py"}
