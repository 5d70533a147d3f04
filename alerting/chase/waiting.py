"""What waits for a person's answer: which of the messages that may have reached them, and why."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from alerting.alerts.orders import unconfirmed
from alerting.chase.told import GIVEN_UP, about, reached, told_by
from alerting.people.reached import handed_over
from alerting.store.schema import alert, delivery, delivery_notice, measure, notice, pursuit
from alerting.vocabulary.answers import COMMAND

KEPT = timedelta(days=30)  # how old a message may be and still be answered
# What somebody texted to be done is said back, and done only where they confirm it within this time.
CONFIRMED_WITHIN = timedelta(minutes=10)


def messages_of(connection: Connection, person_id: str, now: dict[str, datetime]) -> list[Any]:
    """Their messages of the last 30 days in realms that run, oldest first.

    One that was given up and sent anew may have reached them all the same: its code counts, once it
    was handed over. One that never left does not, and is answered by nothing.
    """
    rows = connection.execute(
        select(delivery)
        .where(delivery.c.person == person_id, delivery.c.realm.in_(list(now)), handed_over())
        .order_by(delivery.c.id)
    ).all()  # fmt: skip
    return [r for r in rows if now[r.realm] - r.created <= KEPT]


def open_ones(
    connection: Connection, theirs: list[Any], now: dict[str, datetime]
) -> list[Any]:
    """Messages that still wait for an answer, each subject in the newest that reached them."""
    covered: set[tuple[str, Any, str]] = set()
    found = []
    summed: set[int] = set()
    for held in reversed([d for d in theirs if d.state not in GIVEN_UP]):
        if held.digest in summed:
            continue  # the newest summary of its digest answers it too
        if held.summary:
            summed.add(held.digest)
        subjects = {
            (held.realm, about(row), "" if row.wants == "in-force" else
             row.wants.replace("acknowledge", ""))
            for row in told_by(connection, held)
            if row.wants and (
                to_be_confirmed(held, row, now) if row.wants == COMMAND else _waits(connection, row)
            )
        }  # fmt: skip
        if subjects - covered:
            found.append(held)
        covered |= subjects
    return list(reversed(found))


def to_be_confirmed(held: Any, row: Any, now: dict[str, datetime]) -> bool:
    """Whether what a person wanted done may still be confirmed: once, and in time."""
    return bool(held.state != "answered" and now[held.realm] - row.created <= CONFIRMED_WITHIN)


def _waits(connection: Connection, row: Any) -> bool:
    """Whether an answer to this notice would still change something."""
    if row.pursuit is not None:
        state = connection.execute(
            select(pursuit.c.state).where(pursuit.c.id == row.pursuit)
        ).scalar_one()
        if state == "open":
            return True
    elif row.measure is None and row.alert is not None:
        held = connection.execute(select(alert.c.state).where(alert.c.id == row.alert)).scalar()
        return bool(held == "open")
    if row.measure is None:
        return False
    work = connection.execute(select(measure).where(measure.c.id == row.measure)).one()
    if row.wants == "confirm":
        return unconfirmed(work)
    if row.wants == "conflict":
        return False
    wanted = {"decision": ("proposed",), "check": ("lift proposed",), "wait": ("approved",),
              "gate": ("lift proposed",), "signature": ("attested",)}  # fmt: skip
    return work.state in wanted.get(row.wants, ("issued", "acknowledged"))


def asked_by(delivery_id: int) -> Any:
    return (
        select(notice)
        .join(delivery_notice, delivery_notice.c.notice == notice.c.id)
        .where(delivery_notice.c.delivery == delivery_id, notice.c.wants != "")
        .order_by(notice.c.id)
    )


def not_replies(connection: Connection, theirs: list[Any]) -> list[Any]:
    """Of these messages those that are not our own reply to something they said."""
    told = set(connection.execute(
        select(delivery_notice.c.delivery)
        .join(notice, notice.c.id == delivery_notice.c.notice)
        .where(delivery_notice.c.delivery.in_([d.id for d in theirs]), notice.c.kind != "reply")
    ).scalars())  # fmt: skip
    return [d for d in theirs if d.id in told]


def waited_for(connection: Connection, realm: str, person_id: str, at: datetime) -> list[Any]:
    """What is open of all that reached a person within 30 days of a realm's clock, oldest first: of
    each pursuit the newest notice, with the `code` of its message."""
    rows = connection.execute(
        select(notice, delivery.c.code)
        .join(delivery_notice, delivery_notice.c.notice == notice.c.id)
        .join(delivery, delivery.c.id == delivery_notice.c.delivery)
        .join(pursuit, pursuit.c.id == notice.c.pursuit)
        .where(delivery.c.realm == realm, delivery.c.person == person_id,
               delivery.c.created >= at - KEPT, pursuit.c.state == "open", reached())
        .order_by(notice.c.id, delivery.c.id)
    ).all()  # fmt: skip
    newest = {row.pursuit: row for row in rows}
    return sorted(newest.values(), key=lambda row: row.id)
