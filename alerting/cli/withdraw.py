"""`suian withdraw`: an alert or a measure by hand; everyone it reached hears of it."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer
from sqlalchemy import select

from alerting.cli.given import CONFIG, As, ConfigPath, Reason, store_of
from alerting.cli.office import post, say_next
from alerting.errors import BadInput
from alerting.service.config import Config, load_config
from alerting.store.schema import alert, measure


def withdraw(
    what: Annotated[str, typer.Argument(help="The id of an alert or a measure.")],
    reason: Reason,
    who: As = "",
    config: ConfigPath = CONFIG,
) -> None:
    """Withdraw an alert or a measure by hand, with a reason."""
    settings = load_config(config)
    path = f"/api/v1/{_kind(settings, what)}s/{quote(what, safe='')}/withdraw"
    say_next(post(settings, path, {"reason": reason}, "order", who))


def _kind(config: Config, key: str) -> str:
    store = store_of(config)
    try:
        with store.read() as connection:
            for kind, table in (("alert", alert), ("measure", measure)):
                if connection.execute(select(table.c.id).where(table.c.id == key)).first():
                    return kind
    finally:
        store.close()
    raise BadInput(
        f"there is no alert and no measure {key!r}",
        mend="The page, or GET /api/v1/alerts?state=all, shows their ids.",
    )
