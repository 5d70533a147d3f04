"""`suian incident`: a bulletin of an accident elsewhere becomes an inspection of the same sectors."""

from __future__ import annotations

from typing import Annotated

import typer

from alerting.cli.given import CONFIG, As, ConfigPath, Reason, moment
from alerting.cli.office import post
from alerting.service.config import load_config


def incident(
    kind: Annotated[str, typer.Argument(help="As rules name it: confined-space, fire.")],
    place: Annotated[str, typer.Argument(help="Where it happened, as the bulletin says.")],
    at: Annotated[str, typer.Option(help="When: 2026-01-20 14:30, local, or with its zone.")],
    reason: Reason,
    casualties: Annotated[str, typer.Option(help="Who was hurt.")] = "",
    text: Annotated[str, typer.Option(help="The rest of the bulletin.")] = "",
    realm: Annotated[str, typer.Option(help="live, or a running exercise.")] = "live",
    who: As = "",
    config: ConfigPath = CONFIG,
) -> None:
    """Type in a bulletin of an accident; rules that look for its kind ask for inspections."""
    loaded = load_config(config)
    happened = moment("--at", at, loaded.county.zone)
    body = {"kind": kind, "place": place, "at": happened.isoformat(), "casualties": casualties,
            "text": text, "reason": reason, "realm": realm}  # fmt: skip
    said = post(loaded, "/api/v1/incidents", body, "order", who)["next"]
    print(f"{said['zh']} {said['en']}")
