"""`suian replay HISTORY`: what the live code makes of recorded signals."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import structlog
import typer
from rich.console import Console

from alerting.cli.given import CONFIG, ConfigPath, Format, FormatOption, local
from alerting.errors import BadInput
from alerting.service.config import load_config
from alerting.service.county import load_county
from alerting.service.replay import as_json, read_history, replay_storm
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
    """Run a history through the live code in memory.

    Nothing is polled, nobody is told."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    settings = load_config(config)
    end = _time(until) if until else None
    county = load_county(settings)
    if history.is_dir():
        rows = asyncio.run(replay_storm(county, history))
    else:
        rows = asyncio.run(play(county, read_history(history), end))
    if format_ is Format.json:
        print(as_json(rows))
    else:
        _print(rows, settings.county.zone)


def _time(text: str) -> datetime:
    wrong = BadInput(f"--until {text!r} is no time", mend="Write it like 2013-02-10T00:00Z.")
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise wrong from None
    if at.tzinfo is None:
        raise wrong
    return at


def _print(rows: list[dict[str, Any]], zone: ZoneInfo) -> None:
    for row in rows:
        opened, onset = local(row["opened"], zone), local(row["onset"], zone)
        closed = local(row["closed"], zone) if row["closed"] else "…"
        out.print(
            f"{row['peak']:<7} {row['rule']} @ {row['place']}: {opened} → {closed}"
            f", onset 起始 {onset}, {len(row['measures'])} measures 措施,"
            f" {len(row['escalations'])} escalations 升级"
        )
    out.print(f"{len(rows)} alerts 条 ({zone.key})")
