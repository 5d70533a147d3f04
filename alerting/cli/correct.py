"""`suian correct`: what was wrong of an alert or a measure by hand; everyone it reached hears of it."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer

from alerting.cli.given import CONFIG, Arguments, As, ConfigPath, Reason, argument_of
from alerting.cli.office import kind_of, post, say_next
from alerting.errors import BadInput
from alerting.service.config import load_config


def correct(
    what: Annotated[str, typer.Argument(help="The id of an alert or a measure.")],
    reason: Reason,
    level: Annotated[str, typer.Option(help="The right level.")] = "",
    place: Annotated[str, typer.Option(help="The id of the right zone or site.")] = "",
    argument: Arguments = [],  # noqa: B006 (typer reads it, nobody writes it)
    day: Annotated[str, typer.Option(help="2026-01-21, of a measure for a named day.")] = "",
    who: As = "",
    config: ConfigPath = CONFIG,
) -> None:
    """Correct an alert or a measure that was ordered by hand; what is not named stays as it is."""
    settings = load_config(config)
    kind = kind_of(settings, what)
    right: dict[str, Any] = {"level": level, "place": place, "day": day,
                             "arguments": dict(argument_of(a) for a in argument)}  # fmt: skip
    body = {name: value for name, value in right.items() if value}
    if not body:
        raise BadInput("nothing is named that was wrong",
                       mend="Give --level, --place, --argument or --day, as it should be.")  # fmt: skip
    if kind == "alert" and not {"arguments", "day"}.isdisjoint(body):
        raise BadInput("an alert has a level and a place, no argument and no day")
    path = f"/api/v1/{kind}s/{quote(what, safe='')}/correct"
    say_next(post(settings, path, body | {"reason": reason}, "order", who))
