"""`suian respond`: what the post of a plan decides about its emergency response."""

from __future__ import annotations

from typing import Annotated

import typer

from alerting.cli.given import CONFIG, As, ConfigPath
from alerting.cli.office import post, say_next
from alerting.service.config import load_config


def respond(
    plan: Annotated[str, typer.Argument(help="The plan, as its file in rules/plans/ names it.")],
    grade: Annotated[str, typer.Argument(help="IV, III, II, I, end, or decline.")],
    note: Annotated[str, typer.Option(help="Of the consultation: who sat, what was found.")],
    realm: Annotated[str, typer.Option(help="live, or a running exercise.")] = "live",
    who: As = "",
    config: ConfigPath = CONFIG,
) -> None:
    """Start, change or end an emergency response, as the post that decides."""
    body = {"plan": plan, "grade": grade, "reason": note, "realm": realm}
    say_next(post(load_config(config), "/api/v1/responses", body, "decide", who))
