"""What the environment says of the machine goes over what the config says: the same file serves in
every form, on one box and in containers."""

from __future__ import annotations

import os
from typing import Any

from alerting.errors import BadInput
from alerting.secret import secret
from alerting.store.postgres import is_url, with_password

ADDRESS, PASSWORD = "SUIAN_DATABASE", "SUIAN_DATABASE_PASSWORD"


def overridden(said: dict[str, Any]) -> None:
    """Put SUIAN_PORT, SUIAN_ADDRESS, SUIAN_KAFKA and the secrets SUIAN_DATABASE and
    SUIAN_DATABASE_PASSWORD (or their …_FILE) over what a config says. Raises BadInput."""
    if port := os.environ.get("SUIAN_PORT"):
        if not port.isdigit():
            raise BadInput(f"SUIAN_PORT={port!r} is no port number")
        said["port"] = int(port)
    if address := os.environ.get("SUIAN_ADDRESS"):
        said["address"] = address
    if kafka := os.environ.get("SUIAN_KAFKA"):
        bus = said.get("bus") or {}
        if not isinstance(bus, dict):
            raise BadInput(f"{bus!r} is no group of settings", where="bus",
                           mend="It is written bus: {kafka: HOST:PORT}.")  # fmt: skip
        said["bus"] = dict(bus) | {"kafka": kafka}
    if database := secret(ADDRESS):
        said["database"] = database
    if password := secret(PASSWORD):
        said["database"] = _opened(str(said.get("database") or ""), password)


def _opened(database: str, password: str) -> str:
    """The address with the password in it. Raises BadInput."""
    if not is_url(database):
        raise BadInput(
            f"{PASSWORD} is set, and there is no database that it opens",
            mend="Set `database: postgresql://…` in the config, or SUIAN_DATABASE.",
        )
    return with_password(database, password)
