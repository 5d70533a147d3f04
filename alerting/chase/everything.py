"""One acknowledgement of all that waits for a person in a realm, and what it leaves to be answered.

It says "received" of everything that can be received, and nothing more: no order is reported as
carried out by it, nothing is decided, checked or signed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from alerting.alerts.life import Life
from alerting.chase import hints, words
from alerting.chase.acts import fits
from alerting.chase.joined import named
from alerting.chase.waiting import waited_for
from alerting.people import Person
from alerting.signals import Report
from alerting.store.schema import pursuit
from alerting.vocabulary.answers import CALLED


def receipts(connection: Connection, realm: str, person_id: str, at: datetime) -> list[Any]:
    """The notices of a realm that one acknowledgement of everything would answer, by its clock."""
    return receivable(waited_for(connection, realm, person_id, at))


def receivable(waiting: Sequence[Any]) -> list[Any]:
    """Of notices that wait, those that an acknowledgement answers."""
    return [n for n in waiting if fits("acknowledge", n.wants, n.measure is not None)]


def told(
    connection: Connection, life: Life, who: Person, report: Report, taken: Sequence[Any]
) -> words.Words:
    """What follows: how many were received, by when the first must be in force, what wants its own
    answer yet, and how many wait in a realm that was not meant."""
    at = report.accepted or report.issued
    waiting = waited_for(connection, life.realm, who.id, at)
    apart = {n.id for n in receivable(waiting)}
    # A report is not given by saying that it was asked for.
    left = [(n.code, named(connection, life, n), n.wants) for n in waiting
            if n.id not in apart or n.wants in CALLED]  # fmt: skip
    due = connection.execute(
        select(pursuit).where(
            pursuit.c.realm == life.realm, pursuit.c.state == "open", pursuit.c.wants == "in-force",
            pursuit.c.measure.in_({n.measure for n in taken if n.measure is not None}),
        )
    ).all()  # fmt: skip
    first = min((p.must_by if p.must_by > at else p.deadline for p in due if p.deadline), default=None)
    return hints.all_received(life, len(taken), len({p.measure for p in due}), first, left,
                              int(report.detail.get("elsewhere") or 0))  # fmt: skip
