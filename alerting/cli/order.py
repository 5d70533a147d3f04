"""`suian order`: a measure by hand, as a rule would ask for it."""

from __future__ import annotations

from typing import Annotated

import typer

from alerting.cli.given import CONFIG, Arguments, As, ConfigPath, Reason, argument_of
from alerting.cli.office import post, say_next
from alerting.service.config import load_config


def order(
    measure: Annotated[str, typer.Argument(help="Its name; `suian check --measures` lists them.")],
    place: Annotated[str, typer.Argument(help="The id of a zone or site.")],
    reason: Reason,
    argument: Arguments = [],  # noqa: B006 (typer reads it, nobody writes it)
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
        "arguments": dict(argument_of(a) for a in argument),
    } | ({"day": day} if day else {})  # fmt: skip
    say_next(post(load_config(config), "/api/v1/measures", body, "order", who))
