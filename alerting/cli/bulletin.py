"""`suian bulletin MONTH`: the safety committee's monthly report, to print, to send on, or as data."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table
from sqlalchemy import Connection, select

from alerting.cli.given import CONFIG, ConfigPath, store_of, word_of
from alerting.errors import BadInput
from alerting.places import load_places
from alerting.rulebook import load_book
from alerting.runtime import RealRuntime
from alerting.service.bulletin import bulletin as made_of
from alerting.service.bulletin import month_of
from alerting.service.bulletin.layout import Paper, paper
from alerting.service.config import Config, load_config
from alerting.store.schema import realm as realm_table

out = Console(highlight=False, markup=False)


class Form(StrEnum):
    text = "text"
    html = "html"
    json = "json"


class Language(StrEnum):
    zh = "zh"
    en = "en"


def bulletin(
    month: Annotated[str, typer.Argument(metavar="MONTH", help="Such as 2026-12.")],
    lang: Annotated[
        Language, typer.Option("--lang", parser=word_of(Language), metavar="[zh|en]",
                               help="The language of text and html."),
    ] = Language.zh,
    form: Annotated[
        Form, typer.Option("--format", parser=word_of(Form), metavar="[text|html|json]",
                           help="For the terminal, for a printer or for programs."),
    ] = Form.text,
    realm: Annotated[str, typer.Option(help="live, or an exercise.")] = "live",
    config: ConfigPath = CONFIG,
) -> None:  # fmt: skip
    """Print the bulletin of a month: alerts, lead, answers, decisions, what is open.

    It needs no running service. Exercises are never counted with the real world."""
    settings = load_config(config)
    store = store_of(settings)
    try:
        with store.read() as connection:
            made = _made(connection, settings, month, realm)
    finally:
        store.close()
    if form is Form.json:
        print(json.dumps(made, ensure_ascii=False, indent=1))
        return
    county = {"zh": settings.county.name, "en": settings.county.name_en or settings.county.name}
    drawn = paper(made, county, settings.county.zone, lang)
    if form is Form.html:
        from alerting.web.drawing import (
            alone,  # the web is large, and the terminal needs none of it
        )

        print(alone("bulletin_alone.html", lang, paper=drawn))
        return
    _tell(drawn)


def _made(connection: Connection, config: Config, month: str, realm: str) -> dict[str, Any]:
    now = _now(connection, realm)
    kept = config.keep.alerts_days if realm == "live" else None
    wanted = month_of(month, config.county.zone, now, kept)
    places = load_places(config.county.zones, config.county.sites)
    book = load_book(config.rules)
    return made_of(connection, places, book, config.county.zone, wanted, now, realm)


def _now(connection: Connection, realm: str) -> datetime:
    """The realm's own time: of an exercise, that of its last signal."""
    rows = {row.id: row for row in connection.execute(select(realm_table))}
    if realm == "live":
        if realm not in rows:
            raise BadInput("nothing has been recorded yet",
                           mend="Start the service once: `suian serve`.")  # fmt: skip
        return RealRuntime().now()
    if realm not in rows:
        raise BadInput(f"there is no realm {realm!r}", mend=f"There are: {', '.join(rows)}.")
    held = rows[realm]
    clock: datetime = held.clock or held.begins
    return clock


def _tell(drawn: Paper) -> None:
    out.print(drawn.title, style="bold")
    for line in drawn.head:
        out.print(line)
    for number, line in enumerate(drawn.findings, 1):
        out.print(f"{number}. {line}", soft_wrap=True)  # Chinese has no blanks to break at
    for section in drawn.sections:
        out.print(f"\n{section.title}", style="bold")
        for note in section.notes:
            out.print(note, soft_wrap=True)
        if section.rows:
            table = Table(*(Column(c, overflow="fold") for c in section.columns), box=None)
            for row in section.rows:
                table.add_row(*row)
            out.print(table)
