"""`suian order`: a measure by hand, as a rule would ask for it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from alerting.cli.given import CONFIG, As, ConfigPath, Reason
from alerting.cli.office import post, say_next
from alerting.errors import BadInput
from alerting.service.config import load_config


def order(
    measure: Annotated[str, typer.Argument(help="Its name; `suian check --measures` lists them.")],
    place: Annotated[str, typer.Argument(help="The id of a zone or site.")],
    reason: Reason,
    argument: Annotated[
        list[str],
        typer.Option("--argument", help="name=value (40, or 40km/h), or name=a+b for words."),
    ] = [],  # noqa: B006 (typer reads it, nobody writes it)
    day: Annotated[
        str, typer.Option(help="2026-01-21, of what is decided day by day; else the next morning's.")
    ] = "",
    level: Annotated[str, typer.Option(help="blue, yellow, orange or red.")] = "yellow",
    realm: Annotated[str, typer.Option(help="live, or a running exercise.")] = "live",
    who: As = "",
    config: ConfigPath = CONFIG,
) -> None:
    """Order a measure by hand, with a reason."""
    body = {
        "measure": measure, "place": place, "reason": reason, "level": level, "realm": realm,
        "arguments": dict(_argument(a) for a in argument),
    } | ({"day": day} if day else {})  # fmt: skip
    say_next(post(load_config(config), "/api/v1/measures", body, "order", who))


def _argument(text: str) -> tuple[str, Any]:
    name, is_there, value = text.partition("=")
    if not is_there or not name or not value:
        raise BadInput(
            f"--argument {text!r} cannot be read", mend="Write name=value, e.g. speed=40."
        )
    try:
        return name, float(value)  # in the measure's own unit
    except ValueError:
        return name, value
