"""`suian raise`: an alert to a higher level by hand; a person keeps it from then on."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from alerting.cli.given import CONFIG, As, ConfigPath, Reason
from alerting.cli.office import post, say_next
from alerting.service.config import load_config


def raise_(
    alert: Annotated[str, typer.Argument(help="The id of an alert.")],
    level: Annotated[str, typer.Argument(help="yellow, orange or red.")],
    reason: Reason,
    who: As = "",
    config: ConfigPath = CONFIG,
) -> None:
    """Raise an alert by hand, with a reason."""
    path = f"/api/v1/alerts/{quote(alert, safe='')}/raise"
    say_next(post(load_config(config), path, {"level": level, "reason": reason}, "order", who))
