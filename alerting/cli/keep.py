"""`suian keep`: an alert stays until a person ends it, whatever its rule finds."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from alerting.cli.given import CONFIG, As, ConfigPath, Reason
from alerting.cli.office import post, say_next
from alerting.service.config import load_config


def keep(
    alert: Annotated[str, typer.Argument(help="The id of an alert.")],
    reason: Reason,
    who: As = "",
    config: ConfigPath = CONFIG,
) -> None:
    """Keep an alert open until a person withdraws it, with a reason."""
    path = f"/api/v1/alerts/{quote(alert, safe='')}/keep"
    say_next(post(load_config(config), path, {"reason": reason}, "order", who))
