"""`suian docs`: pages and schemas that are written from the rules, their models and the service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from alerting.calendar import Calendar
from alerting.cli.given import CONFIG, ConfigPath
from alerting.cli.operations import operations_page
from alerting.errors import SuianError
from alerting.rulebook import load_book
from alerting.rulebook.schema import schemas, text_of
from alerting.rulebook.table import PAGES, rule_table
from alerting.service.config import load_config


def rules(
    config: ConfigPath = CONFIG,
    folder: Annotated[Path, typer.Option(help="Where the two pages are written.")] = Path("docs"),
) -> None:
    """Write what each rule asks as one table, in Chinese and in English."""
    settings = load_config(config)
    calendar = Calendar.load(settings.calendar, settings.county.zone)
    book = load_book(settings.rules, set(calendar.names()))
    for language, name in PAGES.items():
        _write(folder / name, rule_table(book, language))


def schema(
    folder: Annotated[
        Path | None, typer.Option(help="Where they are written; left out: schema/ beside the rules.")
    ] = None,
    config: ConfigPath = CONFIG,
) -> None:
    """Write JSON Schemas of packs, measures, policies, rosters, districts and calendar, for editors."""
    for name, made in schemas().items():
        _write((folder or load_config(config).rules / "schema") / name, text_of(made))


def operations(
    config: ConfigPath = CONFIG,
    folder: Annotated[Path, typer.Option(help="Where the page is written.")] = Path("docs"),
    alarms: Annotated[Path, typer.Option(help="Prometheus's rules.")] = Path(
        "deploy/prometheus/rules.yml"
    ),
) -> None:
    """Write what there is to look up: commands, loops, options, variables, figures, alarms, tables."""
    _write(folder / "operations.md", operations_page(load_config(config), alarms))


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise SuianError(f"cannot be written: {error.strerror}", where=str(path),
                         mend="Check its folder's rights.") from None  # fmt: skip
    print(path)
