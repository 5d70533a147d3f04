"""What the web has of the service: the station, and reading off the event loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from sqlalchemy import Connection
from starlette.requests import HTTPConnection

from alerting.service.station import Station

__all__ = ["Station", "read", "station_of"]

T = TypeVar("T")


def station_of(connection: HTTPConnection) -> Station:
    return cast(Station, connection.app.state.station)


async def read(station: Station, work: Callable[[Connection], T]) -> T:
    """Run `work` on a reading connection, off the event loop."""

    def in_pool() -> T:
        with station.store.read() as connection:
            return work(connection)

    return await station.runtime.in_thread("web", in_pool)
