"""What the web asks of the service: the station's attributes, and reading off the event loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar, cast

from sqlalchemy import Connection
from starlette.requests import HTTPConnection

from alerting.places import Places
from alerting.runtime import Runtime
from alerting.signals import Signal
from alerting.store import Store, Writer

T = TypeVar("T")


class Station(Protocol):
    """The running service, as the pages and the API see it.

    `blind` gives {rule, place, since}, `undecidable` {rule, place, level, missing}, `sources`
    {name, state, spoke, due, waits_for, error}, all times aware; `exercise` {state: playing | ended |
    none, title: {zh, en}, realm, clock}. `engines` holds the realms that can say what is blind.
    """

    config: Any
    runtime: Runtime
    store: Store
    writer: Writer
    places: Places
    book: Any
    channels: Mapping[str, Any]
    connectors: Mapping[str, Any]
    engines: Mapping[str, Any]
    dispatcher: Any

    async def publish(self, realm_id: str, signals: list[Signal]) -> list[str]:
        """Keep signals; gives the ids of the new ones, after the commit."""
        ...

    async def hear(
        self, person: str, channel: str, text: str, *, reply_to: str = "", message: str = ""
    ) -> bool:
        """A person's words on a channel, as an answer of theirs; False for a stranger's."""
        ...

    def now(self, realm_id: str) -> datetime:
        """The realm's own clock."""
        ...

    def life(self, realm_id: str) -> Any: ...

    def blind(self, realm_id: str) -> list[dict[str, Any]]: ...

    def undecidable(self, realm_id: str) -> list[dict[str, Any]]: ...

    def sources(self) -> list[dict[str, Any]]: ...

    @property
    def exercise(self) -> dict[str, Any]: ...

    async def start_exercise(self) -> str:
        """Play the configured storm again, in a new realm; gives its id."""
        ...


def station_of(connection: HTTPConnection) -> Station:
    return cast(Station, connection.app.state.station)


async def read(station: Station, work: Callable[[Connection], T]) -> T:
    """Run `work` on a reading connection, off the event loop."""

    def in_pool() -> T:
        with station.store.read() as connection:
            return work(connection)

    return await station.runtime.in_thread("web", in_pool)
