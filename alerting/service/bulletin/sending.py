"""The month's messages and those given up, and the exercises, which are told of apart."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from sqlalchemy import Table, func, select

from alerting.service.bulletin.window import Row, Window, hours
from alerting.service.listing import utc
from alerting.store.schema import alert, delivery, pursuit, realm


def messages(window: Window) -> Row:
    """How many messages went out on which channel, and whom those did not reach that were given up."""
    sent: Counter[str] = Counter()
    dead: Counter[tuple[str, str]] = Counter()
    for row in window.connection.execute(
        select(delivery.c.channel, delivery.c.person, delivery.c.state, func.count().label("n"))
        .where(delivery.c.realm == window.realm, window.falls(delivery.c.created))
        .group_by(delivery.c.channel, delivery.c.person, delivery.c.state)
    ):
        sent[row.channel] += row.n
        if row.state == "dead":
            dead[row.channel, row.person] += row.n
    letters = sorted(dead.items(), key=lambda one: (-one[1], one[0]))
    return {
        "sent": sum(sent.values()), "by_channel": dict(sorted(sent.items())),
        "dead": sum(dead.values()),
        "dead_letters": [{"channel": channel, "who": window.who(person), "messages": n}
                         for (channel, person), n in letters],
    }  # fmt: skip


def exercises(window: Window) -> list[Row]:
    """The exercises that were started within the month, by the machine's clock, each with its own
    figures: none of them is counted anywhere else."""
    found = window.connection.execute(
        select(realm).where(realm.c.kind == "exercise", window.falls(realm.c.started))
        .order_by(realm.c.started, realm.c.id)
    ).all()  # fmt: skip
    ids = [row.id for row in found]
    alerts, sent = _count(window, alert, ids), _count(window, delivery, ids)
    asked: dict[str, list[Any]] = defaultdict(list)
    for row in window.connection.execute(
        select(pursuit.c.realm, pursuit.c.state, pursuit.c.rung, func.count().label("n"))
        .where(pursuit.c.realm.in_(ids), pursuit.c.wants == "acknowledge")
        .group_by(pursuit.c.realm, pursuit.c.state, pursuit.c.rung)
    ):
        asked[row.realm].append(row)
    return [
        {"realm": row.id, "title": dict(row.title), "started": utc(row.started),
         # By its own clock, which may lie in another year.
         "hours": hours([(row.begins, row.ended)]) if row.ended else None,
         "reason": row.reason, "alerts": alerts[row.id],
         "messages": sent[row.id], "asked": sum(one.n for one in asked[row.id]),
         "woken": sum(one.n for one in asked[row.id] if one.state == "answered")}
        for row in found
    ]  # fmt: skip


def _count(window: Window, table: Table, realms: list[str]) -> Counter[str]:
    rows = window.connection.execute(
        select(table.c.realm, func.count().label("n"))
        .where(table.c.realm.in_(realms)).group_by(table.c.realm)
    )  # fmt: skip
    return Counter({row.realm: row.n for row in rows})
