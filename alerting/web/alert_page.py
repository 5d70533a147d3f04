"""What the page of one alert shows: what happened, why, its measures, messages and answers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, or_, select

from alerting.chase.together import put_together
from alerting.service import listing
from alerting.service.held import held
from alerting.store.schema import (
    alert,
    alert_change,
    answer,
    asker,
    audit,
    delivery,
    delivery_notice,
    notice,
    realm,
)
from alerting.web.desk import Station
from alerting.web.names import people_named, post_titles, responses_named
from alerting.web.officials import ended_officials
from alerting.web.reasons import levels_read
from alerting.web.sent import as_shown

MESSAGES = ANSWERS = 200  # that the page shows, of however many


def alert_page(connection: Connection, station: Station, alert_id: str) -> dict[str, Any] | None:
    """Everything of the page but its words; None where there is no such alert."""
    row = listing.one_alert(connection, station.places, station.book, alert_id)
    if row is None:
        return None
    ids = [m["id"] for m in row["measures"]]
    asked = [m for m in row["measures"]
             if m["state"] in ("proposed", "lift proposed") or m["unconfirmed"]]  # fmt: skip
    together = put_together(connection, [m["id"] for m in asked])
    for one in asked:
        one["together"] = together[one["id"]]
    people = people_named(connection)
    return {
        "alert": row,
        "point": _point(station, row),
        "levels_read": levels_read(row["why"], station.county.calendar.titles()),
        "doers": _doers(connection, station, row),
        "ended_officials": ended_officials(connection, station, row["realm"], [row]),
        "realm": connection.execute(select(realm).where(realm.c.id == row["realm"])).one(),
        "people": people,
        "posts": post_titles(connection),
        "changes": _changes(connection, alert_id),
        "ledger": _ledger(connection, ids),
        **_sent(connection, alert_id, ids, people),
        "held": held(connection, station.places, row["realm"], alert=alert_id, measures=ids),
        **_answers(connection, alert_id, ids),
    }


def _point(station: Station, row: dict[str, Any]) -> dict[str, str] | None:
    """What the worst point is called: by its own name, else as the place it stands for, its height."""
    key = row["why"].get("point")
    if not key:
        return None
    held = next(((p, at) for p, at in station.places.columns if at.id == key), None)
    if held is None:  # it has left the county's tables
        return {"zh": key, "en": key}
    place, at = held
    named = {"zh": at.name or place.name, "en": at.name_en or at.name or place.called("en")}
    return {one: f"{said} {at.elevation:.0f} m" for one, said in named.items()}


def _doers(connection: Connection, station: Station, row: dict[str, Any]) -> dict[str, Any]:
    """Who does what in the ledgers, by the key the log has: this alert, others, the service."""
    ids = [m["id"] for m in row["measures"]]
    asked = connection.execute(
        select(alert).where(alert.c.id.in_(select(asker.c.asker).where(asker.c.measure.in_(ids))))
    )
    found = {one.id: _alert_named(station, one) for one in asked}
    found |= responses_named(connection)
    # An interim measure is asked for by the one it stands in for.
    found |= {m["id"]: m["title"] for m in row["measures"]}
    by_hand = {f"person:{key}": named for key, named in people_named(connection).items()}
    this = {"zh": "本条风险提示", "en": "this advisory"}
    return found | by_hand | {row["id"]: this, "service": {"zh": "系统", "en": "the service"}}


def _alert_named(station: Station, one: Any) -> dict[str, str]:
    rule = station.book.rules_by_id.get(one.rule)
    place = listing.place_name(station.places, one.place)
    title = rule.title if rule is not None else {"zh": one.rule, "en": one.rule}
    return {language: f"{title[language]} {place[language]}" for language in ("zh", "en")}


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


def _answers(connection: Connection, alert_id: str, ids: list[str]) -> dict[str, Any]:
    """The newest ANSWERS, oldest first, and how many there are."""
    these = or_(answer.c.alert == alert_id, answer.c.measure.in_(ids))
    newest = connection.execute(
        select(answer).where(these).order_by(answer.c.at.desc(), answer.c.id.desc()).limit(ANSWERS)
    ).all()
    in_all = connection.execute(select(func.count()).select_from(answer).where(these)).scalar_one()
    return {"answers": newest[::-1], "answers_in_all": in_all}


def _sent(
    connection: Connection, alert_id: str, ids: list[str], people: dict[str, Any]
) -> dict[str, Any]:
    """How many messages are in which state, and MESSAGES of them: what arrived at nobody first, then
    the newest. A crowd's are too many to be read, and for a page."""
    of_this = (
        select(delivery_notice.c.delivery)
        .join(notice, notice.c.id == delivery_notice.c.notice)
        .where(or_(notice.c.alert == alert_id, notice.c.measure.in_(ids)))
    )
    counted = connection.execute(
        select(delivery.c.state, func.count()).where(delivery.c.id.in_(of_this))
        .group_by(delivery.c.state).order_by(func.count().desc(), delivery.c.state)
    ).all()  # fmt: skip
    rows = connection.execute(
        select(delivery).where(delivery.c.id.in_(of_this))
        .order_by(delivery.c.state != "dead", delivery.c.id.desc()).limit(MESSAGES)
    )  # fmt: skip
    shown = [as_shown(row, people.get(row.person, {"zh": row.person})) for row in rows]
    return {"sent": shown, "sent_states": [tuple(one) for one in counted],
            "sent_in_all": sum(n for _, n in counted)}  # fmt: skip
