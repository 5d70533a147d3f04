"""`suian road closed|reopened`: what a neighbour tells of a road that goes on in our county."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from alerting.cli.given import CONFIG, As, ConfigPath, moment, word_of
from alerting.cli.office import post, say_next
from alerting.service.config import load_config


class What(StrEnum):
    closed = "closed"
    reopened = "reopened"


def road(
    what: Annotated[What, typer.Argument(parser=word_of(What), metavar="closed|reopened")],
    number: Annotated[str, typer.Argument(help="The road, as sites.csv has it: G399.")],
    from_km: Annotated[float, typer.Argument(help="From this kilometre, the lower one.")],
    to_km: Annotated[float, typer.Argument(help="To this kilometre.")],
    by: Annotated[str, typer.Option(help="Who says so: the neighbour's traffic police.")],
    reason: Annotated[str, typer.Option(help="Why they closed it.")] = "",
    until: Annotated[str, typer.Option(help="2026-01-21 08:00, local, or with its zone.")] = "",
    direction: Annotated[
        str, typer.Option(help="both, up (to the higher kilometres) or down.")
    ] = "both",
    realm: Annotated[str, typer.Option(help="live, or a running exercise.")] = "live",
    who: As = "",
    config: ConfigPath = CONFIG,
) -> None:
    """Tell of a road that a neighbour closed, or opened again: our sections that meet it guide, hold
    and divert until then."""
    loaded = load_config(config)
    body: dict[str, Any] = {
        "road": number, "from_km": from_km, "to_km": to_km, "by": by, "reason": reason,
        "direction": direction, "realm": realm,
    }  # fmt: skip
    if until:
        body["until"] = moment("--until", until, loaded.county.zone).isoformat()
    say_next(post(loaded, f"/api/v1/roads/{what}", body, "answer", who))
