"""What the page of one alert shows: what happened, why, its measures, messages and answers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, or_, select

from alerting.service import listing
from alerting.store.schema import (
    alert_change,
    answer,
    audit,
    delivery,
    delivery_notice,
    notice,
    realm,
)
from alerting.web.desk import Station
from alerting.web.names import people_named, post_titles
from alerting.web.officials import ended_officials


def alert_page(connection: Connection, station: Station, alert_id: str) -> dict[str, Any] | None:
    """Everything of the page but its words; None where there is no such alert."""
    row = listing.one_alert(connection, station.places, station.book, alert_id)
    if row is None:
        return None
    ids = [m["id"] for m in row["measures"]]
    people = people_named(connection)
    return {
        "alert": row,
        "ended_officials": ended_officials(connection, station, row["realm"], [row]),
        "realm": connection.execute(select(realm).where(realm.c.id == row["realm"])).one(),
        "people": people,
        "posts": post_titles(connection),
        "changes": _changes(connection, alert_id),
        "ledger": _ledger(connection, ids),
        "sent": _sent(connection, alert_id, ids, people),
        "answers": connection.execute(
            select(answer)
            .where(or_(answer.c.alert == alert_id, answer.c.measure.in_(ids)))
            .order_by(answer.c.at, answer.c.id)
        ).all(),
    }


def _changes(connection: Connection, alert_id: str) -> list[Any]:
    """What happened to it, the newest first; updates in a row that change no level are one line."""
    rows = connection.execute(
        select(alert_change).where(alert_change.c.alert == alert_id).order_by(alert_change.c.n)
    ).all()
    shown: list[Any] = []
    for row in rows:
        if shown and row.what == "updated" == shown[-1].what and row.level == shown[-1].level:
            shown[-1] = row
        else:
            shown.append(row)
    return shown[::-1]


def _ledger(connection: Connection, ids: list[str]) -> dict[str, list[Any]]:
    """Each measure's entries of the audit log, in their order."""
    found: dict[str, list[Any]] = {one: [] for one in ids}
    for row in connection.execute(
        select(audit).where(audit.c.subject.in_(ids)).order_by(audit.c.n)
    ):
        found[row.subject].append(row)
    return found


def _sent(
    connection: Connection, alert_id: str, ids: list[str], people: dict[str, Any]
) -> list[dict[str, Any]]:
    of_this = (
        select(delivery_notice.c.delivery)
        .join(notice, notice.c.id == delivery_notice.c.notice)
        .where(or_(notice.c.alert == alert_id, notice.c.measure.in_(ids)))
    )
    rows = connection.execute(
        select(delivery).where(delivery.c.id.in_(of_this)).order_by(delivery.c.id.desc())
    )
    return [
        {"reader": people.get(r.person, {"zh": r.person}), "channel": r.channel, "state": r.state,
         "at": r.created, "changed": r.at, "text": r.text, "error": r.error}
        for r in rows
    ]  # fmt: skip
