"""`suian replay HISTORY`: what the live code makes of recorded signals."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
from rich.console import Console
from rich.table import Table

from alerting.cli.given import CONFIG, ConfigPath, Format, FormatOption
from alerting.errors import BadInput
from alerting.service.config import load_config
from alerting.service.county import load_county
from alerting.service.replay import as_json, read_history
from alerting.service.replay import replay as play

out = Console(highlight=False, soft_wrap=True)


def replay(
    history: Annotated[Path, typer.Argument(help="JSON lines of envelopes, or a storm's folder.")],
    until: Annotated[
        str, typer.Option(help="Let the clock run on to this time after the last signal.")
    ] = "",
    format_: FormatOption = Format.table,
    config: ConfigPath = CONFIG,
) -> None:
    """Run a history through the live code in memory: nothing is polled, nobody is told."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    settings = load_config(config)
    end = _time(until) if until else None
    rows = asyncio.run(play(load_county(settings), read_history(history), end))
    if format_ is Format.json:
        print(as_json(rows))
    else:
        _print(rows)


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise BadInput(f"--until {text!r} is no time", mend="Write it like 2013-02-10T00:00Z.")
    return at


def _print(rows: list[dict[str, Any]]) -> None:
    table = Table("rule", "place", "peak", "opened", "onset", "closed", "measures", "escalations",
                  title="Alerts 预警提示", title_justify="left", box=None)  # fmt: skip
    for row in rows:
        table.add_row(
            row["rule"], row["place"], row["peak"], row["opened"], row["onset"] or "-",
            row["closed"] or "-", str(len(row["measures"])), str(len(row["escalations"])),
        )  # fmt: skip
    out.print(table)
    out.print(f"{len(rows)} alerts 条")
