"""The one id that goes through everything: that of the signal with which a story began.

What the engine writes on a signal has it from `Life.cause`. What the chase writes later, by its own
clock, has it from what was written before about the same; an answer from the message that it answers.
"""

from __future__ import annotations

import structlog
from sqlalchemy import Connection, select

from alerting.alerts.life import Life
from alerting.signals import Report
from alerting.store.schema import delivery_notice, notice

log = structlog.get_logger()
# What a report's subject may name that we have told somebody of.
_ABOUT = {"measure": notice.c.measure, "alert": notice.c.alert}


def cause_of(
    connection: Connection, life: Life, *, pursuit: int | None = None,
    measure: str | None = None, alert: str | None = None,
) -> str | None:  # fmt: skip
    """Of what is written about one of these; the first that is given and has a cause."""
    if life.cause:
        return life.cause
    for column, key in (
        (notice.c.pursuit, pursuit), (notice.c.measure, measure), (notice.c.alert, alert),
    ):  # fmt: skip
        if key is None:
            continue
        found = select(notice.c.cause).where(column == key, notice.c.cause.is_not(None))
        cause = connection.execute(found.order_by(notice.c.id).limit(1)).scalar()
        if cause is not None:
            return str(cause)
    return None


def say_called(cause: str | None, pursuit: int, post: str, rung: int, round_: int) -> None:
    """In the log: nobody has answered, and this rung is called."""
    log.info("called again", cause=cause, pursuit=pursuit, post=post, rung=rung, round=round_)


def answers_to(connection: Connection, report: Report) -> str:
    """The cause of what a report answers; its own id where it answers nothing of ours and begins
    something itself."""
    kind, _, key = report.subject.partition(":")
    known = select(notice.c.cause).where(notice.c.cause.is_not(None)).order_by(notice.c.id).limit(1)
    if kind == "delivery" and key.isdecimal():
        carried = known.join(delivery_notice, delivery_notice.c.notice == notice.c.id)
        known = carried.where(delivery_notice.c.delivery == int(key))
    elif kind == "notice" and key.isdecimal():
        known = known.where(notice.c.id == int(key))
    elif kind in _ABOUT:
        known = known.where(_ABOUT[kind] == key)
    else:
        return report.id
    return connection.execute(known).scalar() or report.id
