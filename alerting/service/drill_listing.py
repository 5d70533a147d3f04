"""Drills as pages, the API and the command show them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from alerting.people import everybody
from alerting.service import callout_figures, drill_figures, drills
from alerting.service.drill_script import SOURCE
from alerting.signals import Report, decode
from alerting.store.schema import answer, post, signal
from alerting.store.schema_drill import drill

SHOWN = 50  # past drills in the list


def listed(connection: Connection, organiser: bool) -> list[dict[str, Any]]:
    """Scheduled and running drills, then past ones, the newest first. Whoever may hold none sees
    nothing of one that is unannounced and still to come."""
    rows = connection.execute(select(drill).order_by(drill.c.due.desc(), drill.c.id.desc())).all()
    shown = [row for row in rows if organiser or not _secret(row)]
    order = {"running": 0, "scheduled": 1}
    shown.sort(key=lambda row: order.get(row.state, 2))
    ahead = [row for row in shown if row.state in order]
    return [_plain(row) for row in ahead + [r for r in shown if r.state not in order][:SHOWN]]


def report(connection: Connection, number: int, organiser: bool) -> dict[str, Any] | None:
    """One drill with its figures, and those of the last one of the same plan; None where there is none
    that this reader may know of."""
    row = drills.one(connection, number)
    if row is None or (_secret(row) and not organiser):
        return None
    before = connection.execute(
        select(drill)
        .where(drill.c.plan == row.plan, drill.c.state == "ended", drill.c.id < row.id)
        .order_by(drill.c.id.desc()).limit(1)
    ).one_or_none()  # fmt: skip
    made = _plain(row)
    made["figures"] = _figures(connection, row.realm) if row.realm else None
    made["not_played"] = _not_played(connection, row.realm) if row.realm else []
    made["before"] = None
    if before is not None and row.realm:
        made["before"] = _plain(before) | {"figures": _figures(connection, before.realm)}
    return made


def _figures(connection: Connection, realm: str) -> dict[str, Any]:
    called = drill_figures.people(connection, realm)
    names = {one.id: {"zh": one.called("zh"), "en": one.called("en")} for one in everybody(connection)}
    titles = {row.id: {"zh": row.title, "en": row.title_en or row.title}
              for row in connection.execute(select(post))}  # fmt: skip
    return {
        "called": len({one.person for one in called}),
        "woken": len({one.person for one in called if one.seconds is not None}),
        "tiers": drill_figures.by_tier(called),
        "callouts": callout_figures.by_tier(callout_figures.callees(connection, realm)),
        "channels": drill_figures.by_channel(connection, realm),
        "wants": drill_figures.by_want(connection, realm),
        "people": [
            {"tier": one.tier, "person": one.person,
             "name": names.get(one.person, {"zh": one.person, "en": one.person}),
             "post": one.post, "title": titles.get(one.post, {"zh": one.post, "en": one.post}),
             "at": one.at, "messages": one.messages, "channels": one.channels,
             "seconds": one.seconds, "via": one.via}
            for one in called
        ],
    }  # fmt: skip


def _not_played(connection: Connection, realm: str) -> list[dict[str, Any]]:
    """Steps of the script that the service refused, with the reason."""
    rows = connection.execute(
        select(answer.c.id, answer.c.reason, answer.c.told, signal.c.body)
        .join(signal, (signal.c.id == answer.c.id) & (signal.c.realm == answer.c.realm))
        .where(answer.c.realm == realm, answer.c.outcome == "refused", signal.c.source == SOURCE)
        .order_by(signal.c.seq)
    )  # fmt: skip
    found = []
    for row in rows:
        said = decode(row.body)
        assert isinstance(said, Report)
        found.append({"step": said.detail.get("step"), "act": said.act, "told": dict(row.told)})
    return found


def _secret(row: Row[Any]) -> bool:
    return row.state == "scheduled" and not row.announced


def _plain(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id, "plan": row.plan, "title": dict(row.title), "state": row.state, "due": row.due,
        "announced": row.announced, "told": row.told, "by": row.by, "asked": row.at,
        "reason": row.reason, "realm": row.realm, "started": row.started, "ends": row.ends,
        "ended": row.ended, "how": row.how, "ended_by": row.ended_by, "remark": row.remark,
        "gaps": [{"from": datetime.fromisoformat(a), "until": datetime.fromisoformat(b)}
                 for a, b in row.gaps],
    }  # fmt: skip
