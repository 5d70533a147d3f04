"""What the environment says of the machine goes over what the config says: the same file serves in
every form, on one box and in containers."""

from __future__ import annotations

from typing import Any

from alerting.errors import BadInput
from alerting.secret import secret
from alerting.store.postgres import is_url, with_password
from alerting.variable import Variable

PORT = Variable("SUIAN_PORT", "in place of `port`")
LISTENS = Variable("SUIAN_ADDRESS", "in place of `address`")
KAFKA = Variable("SUIAN_KAFKA", "in place of `bus.kafka`")
ADDRESS = Variable("SUIAN_DATABASE", "in place of `database`", is_secret=True)
PASSWORD = Variable("SUIAN_DATABASE_PASSWORD", "the password in `database`", is_secret=True)


def overridden(said: dict[str, Any]) -> None:
    """Put what the environment says over what a config says. Raises BadInput."""
    if port := PORT.get():
        if not port.isdigit():
            raise BadInput(f"{PORT.name}={port!r} is no port number")
        said["port"] = int(port)
    if address := LISTENS.get():
        said["address"] = address
    if kafka := KAFKA.get():
        bus = said.get("bus") or {}
        if not isinstance(bus, dict):
            raise BadInput(f"{bus!r} is no group of settings", where="bus",
                           mend="It is written bus: {kafka: HOST:PORT}.")  # fmt: skip
        said["bus"] = dict(bus) | {"kafka": kafka}
    if database := secret(ADDRESS.name):
        said["database"] = database
    if password := secret(PASSWORD.name):
        said["database"] = _opened(str(said.get("database") or ""), password)


def _opened(database: str, password: str) -> str:
    """The address with the password in it. Raises BadInput."""
    if not is_url(database):
        raise BadInput(
            f"{PASSWORD.name} is set, and there is no database that it opens",
            mend="Set `database: postgresql://…` in the config, or SUIAN_DATABASE.",
        )
    return with_password(database, password)
