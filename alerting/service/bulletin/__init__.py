"""The safety committee's monthly bulletin (C-06, D-08): what a month was, from what is stored.

A fixed number of queries, however much happened. One realm alone: an exercise is never counted with
the real world, whose bulletin only names the exercises that were held.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from alerting.places import Places
from alerting.service.bulletin import advisories, answering, deciding, sending, warnings
from alerting.service.bulletin.findings import findings
from alerting.service.bulletin.month import Month, month_of
from alerting.service.bulletin.window import Row, Window
from alerting.service.listing import Titles, utc
from alerting.store.schema import alert, delivery
from alerting.store.schema import realm as realm_table

__all__ = ["Month", "bulletin", "month_of", "months"]


def bulletin(
    connection: Connection, places: Places, book: Titles, zone: ZoneInfo, month: Month,
    now: datetime, realm: str = "live",
) -> Row:  # fmt: skip
    """The bulletin of a month that has begun, by the realm's clock, whose time is `now`.

    Times are ISO in UTC, `from` to `until` with `until` left out; `as_of` is when it was asked for
    while the month is not over, null afterwards; leads and medians are minutes, ages days. Names are
    {zh, en}. `empty` where nothing at all happened. An exercise's own has no `exercises`: null.
    """
    start, over = month.begins(zone), month.after.begins(zone)
    end = min(over, now)
    window = Window.through(connection, realm, start, end, places, book)
    stood, called = advisories.read(window), answering.calls(window)
    ordered, said = answering.orders(window), deciding.answers(window)
    held = connection.execute(select(realm_table).where(realm_table.c.id == realm)).one()
    made: Row = {
        "month": month.text, "from": utc(start), "until": utc(over),
        "as_of": utc(now) if now < over else None, "realm": realm, "exercise": bool(held.exercise),
        "alerts": advisories.by_hazard(stood),
        "warnings": warnings.received(window),
        "lead": advisories.leads(window, stood),
        "tiers": answering.by_tier(window, called, ordered),
        "posts": answering.by_post(window, called, ordered),
        "deciding": answering.decided(window, called),
        "decisions": deciding.decisions(window, said),
        "responses": deciding.responses(window),
        "open": deciding.still_open(window, ordered),
        "gates": deciding.gates(window, ordered, said),
        "unseen": advisories.unseen(window, stood),
        "messages": sending.messages(window),
        "exercises": sending.exercises(window) if held.kind == "live" else None,
    }  # fmt: skip
    nothing = not any(made[part] for part in ("alerts", "tiers", "decisions", "responses", "open",
                                              "gates", "unseen", "exercises"))  # fmt: skip
    nothing = nothing and not made["warnings"]["by"] and not made["messages"]["sent"]
    return made | {"empty": nothing, "findings": findings(made)}


def months(connection: Connection, zone: ZoneInfo, now: datetime, realm: str = "live") -> list[Month]:
    """The months of which there is anything to tell, and the one that runs now, the newest first."""
    firsts = [
        connection.execute(select(func.min(at)).where(of == realm)).scalar_one()
        for of, at in ((alert.c.realm, alert.c.opened), (delivery.c.realm, delivery.c.created))
    ]  # fmt: skip
    month = Month.at(now, zone)
    first = Month.at(min((at for at in firsts if at is not None), default=now), zone)
    found = [month]
    while month > first:
        month = month.before
        found.append(month)
    return found
