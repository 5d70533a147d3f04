"""Which realm a page is about: the one asked for, else the one a reader would look for first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Request
from sqlalchemy import Connection, func, select

from alerting.store.schema import alert, realm
from alerting.web.desk import read, station_of

LIVE = "live"


async def shown_of_realm(
    request: Request, show: Callable[[Connection, str], dict[str, Any]], asked: str | None = None
) -> dict[str, Any]:
    """What `show` reads of the realm a page is about (by its id), and the realm's row as `realm`.

    `asked` names the realm where the address does not.
    """
    station = station_of(request)
    named = asked or request.query_params.get("realm")

    def work(connection: Connection) -> dict[str, Any]:
        row = _chosen(connection, named, station.config.county.fictional)
        return {"realm": row, **show(connection, row.id)}

    return await read(station, work)


def realms_shown(connection: Connection) -> list[Any]:
    """The real world and the last exercise: what a reader can switch between."""
    rows = connection.execute(select(realm).order_by(realm.c.started.desc(), realm.c.id.desc()))
    every = rows.all()
    live = [r for r in every if r.kind == "live"]
    return live + [r for r in every if r.kind == "exercise"][:1]


def _chosen(connection: Connection, asked: str | None, fictional: bool) -> Any:
    """The row of the realm asked for; else the exercise that plays; else, in a fictional county, the
    last one that was played, with its offers. What is open in the real world goes before an exercise
    that has ended, and in a real county before one that plays; duties of the season do not.
    """
    rows = {row.id: row for row in connection.execute(select(realm))}
    if asked in rows:
        return rows[asked]
    last = next((r for r in realms_shown(connection) if r.kind == "exercise"), None)
    if last is None:
        return rows[LIVE]
    if last.ended is None and fictional:
        return last
    goes_on = last.ended is None or fictional
    return last if goes_on and not open_live(connection, duties=False) else rows[LIVE]


def open_live(connection: Connection, duties: bool = True) -> int:
    """How many alerts are open in the real world; without `duties` only those that weather, warnings,
    incidents or people opened."""
    rows = select(func.count()).where(alert.c.realm == LIVE, alert.c.state == "open")
    if not duties:
        rows = rows.where(alert.c.hazard.not_in(["season", "service"]))
    return int(connection.execute(rows).scalar_one())
