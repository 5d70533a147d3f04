"""Options that several commands take, in the same words everywhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

import typer

from alerting.errors import BadInput
from alerting.service.config import Config
from alerting.service.unfinished import refuse_unfinished
from alerting.store import Store


class Format(StrEnum):
    table = "table"
    json = "json"


E = TypeVar("E", bound=StrEnum)


def word_of(words: type[E]) -> Callable[[str], E]:
    """A parser of one of the words; typer's own speaks of a "Value error"."""

    def parse(text: str) -> E:
        if text not in [w.value for w in words]:
            raise typer.BadParameter(f"{text!r} is none of {', '.join(words)}.")
        return words(text)

    return parse


ConfigPath = Annotated[Path, typer.Option("--config", help="The county's config.")]
CONFIG = Path("config.yaml")
FormatOption = Annotated[
    Format,
    typer.Option("--format", parser=word_of(Format), metavar="[table|json]",
                 help="For people or for programs."),
]  # fmt: skip
Reason = Annotated[str, typer.Option("--reason", help="Why: it is recorded and told.")]
As = Annotated[
    str,
    typer.Option("--as", envvar="SUIAN_AS", show_envvar=False,
                 help="The id of who does it (or SUIAN_AS), where several may."),
]  # fmt: skip
Arguments = Annotated[
    list[str], typer.Option("--argument", help="name=value (40, or 40km/h), or name=a+b for words.")
]


def argument_of(text: str) -> tuple[str, Any]:
    """One --argument. Raises BadInput."""
    name, is_there, value = text.partition("=")
    if not is_there or not name or not value:
        raise BadInput(
            f"--argument {text!r} cannot be read", mend="Write name=value, e.g. speed=40."
        )
    try:
        return name, float(value)  # in the measure's own unit
    except ValueError:
        return name, value


def local(at: datetime | str | None, zone: ZoneInfo) -> str:
    """A time for people, in the county's zone; "–" for none. Texts are ISO times with their zone."""
    moment = datetime.fromisoformat(at) if isinstance(at, str) and at else at
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" if isinstance(moment, datetime) else "–"


def moment(option: str, text: str, zone: ZoneInfo) -> datetime:
    """A time as a person gives it to a command: 2026-01-20 08:00 in the county's zone, or with its own.
    Raises BadInput that names the option."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadInput(f"{option} {text!r} is no time",
                       mend="Write it like 2026-01-20 14:30.") from None  # fmt: skip
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)


def store_of(config: Config) -> Store:
    """The county's database. Raises SuianError where it cannot be used."""
    refuse_unfinished(config)
    return Store(config.kept_in)
