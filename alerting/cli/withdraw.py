"""`suian withdraw`: an alert or a measure by hand; everyone it reached hears of it."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from alerting.cli.given import CONFIG, As, ConfigPath, Reason
from alerting.cli.office import kind_of, post, say_next
from alerting.service.config import load_config


def withdraw(
    what: Annotated[str, typer.Argument(help="The id of an alert or a measure.")],
    reason: Reason,
    who: As = "",
    config: ConfigPath = CONFIG,
) -> None:
    """Withdraw an alert or a measure by hand, with a reason."""
    settings = load_config(config)
    path = f"/api/v1/{kind_of(settings, what)}s/{quote(what, safe='')}/withdraw"
    say_next(post(settings, path, {"reason": reason}, "order", who))
