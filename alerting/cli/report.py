"""`suian report`: what a person sees at a place ("the bridge is iced"), or that it has ended."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from alerting.cli.given import CONFIG, As, ConfigPath
from alerting.cli.office import post, say_next
from alerting.service.config import load_config


def report(
    place: Annotated[str, typer.Argument(help="The id of a zone or site.")],
    word: Annotated[str, typer.Argument(help="What is seen, as rules name it: icing.")],
    ended: Annotated[bool, typer.Option("--ended", help="It has ended.")] = False,
    realm: Annotated[str, typer.Option(help="live, or a running exercise.")] = "live",
    who: As = "",
    config: ConfigPath = CONFIG,
) -> None:
    """Say what is seen at a place; rules with `reported …` look at it."""
    act = "report-ended" if ended else "reported"
    path = f"/api/v1/places/{quote(place, safe='')}/{act}"
    say_next(post(load_config(config), path, {"word": word, "realm": realm}, "answer", who))
