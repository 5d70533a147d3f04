"""Why somebody refused, asked for once where they did not say; the refusal counts at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, exists, select

from alerting.alerts import measures
from alerting.alerts.life import Life
from alerting.chase import decision_words, handing_over, handing_words, reply_words
from alerting.chase.outcomes import Outcome
from alerting.people import Person
from alerting.signals import Report
from alerting.store.schema import answer, delivery

OWED_FOR = timedelta(hours=1)
REFUSED = ("refuse", "cannot-take-over")


def owed(
    connection: Connection, person_id: str, now: Mapping[str, datetime]
) -> Any | None:
    """The message that somebody refused by text within the hour and gave no reason for."""
    given = answer.alias()
    same = (given.c.measure == answer.c.measure) | (
        answer.c.measure.is_(None) & (given.c.delivery == answer.c.delivery))
    since = exists(select(given.c.id).where(
        given.c.person == person_id, given.c.act == "reason", same))
    last = connection.execute(
        select(answer)
        .where(answer.c.person == person_id, answer.c.act.in_(REFUSED), answer.c.outcome == "taken",
               answer.c.text == "", answer.c.delivery.is_not(None), ~since)
        .order_by(answer.c.at.desc(), answer.c.id.desc())
        .limit(1)
    ).one_or_none()  # fmt: skip
    if last is None or last.realm not in now or now[last.realm] - last.at > OWED_FOR:
        return None
    return connection.execute(select(delivery).where(delivery.c.id == last.delivery)).one()


def give(
    connection: Connection, life: Life, who: Person, report: Report, at: datetime
) -> tuple[Outcome, Any | None]:
    """Their words become the reason of what they refused; gives the outcome and that refusal."""
    refused = connection.execute(
        select(answer)
        .where(answer.c.person == who.id, answer.c.act.in_(REFUSED), answer.c.outcome == "taken",
               answer.c.delivery == int(report.subject.partition(":")[2]))
        .order_by(answer.c.at.desc(), answer.c.id.desc())
        .limit(1)
    ).one_or_none()  # fmt: skip
    if refused is None:
        return Outcome("not-understood", reply_words.nothing_asked(), "nothing was refused"), None
    reason = str(report.detail.get("text", "")).strip()
    if refused.act != "refuse":
        handing_over.reason_given(connection, life, refused.notice, who, reason, at)
        return Outcome("taken", handing_words.reason_noted()), refused
    told = measures.give_reason(connection, life, refused.measure, who.id, at, reason)
    return Outcome("taken", decision_words.reason_noted(told=told)), refused
