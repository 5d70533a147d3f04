"""What is told of a correction, and to whom: everybody whom the wrong message reached.

`corrects` of a measure is {"of", "was", "by", "reason", "told"}: the id of the measure that was wrong
(its own, or that of the one at another place), how it stood, who put it right and why, and when that
was told; None while it waits for its decider to sign.

What was bound before a correction of the same and not sent yet is not sent any more: see
dispatch/superseding.py.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select

from alerting.alerts.ledger import Ledger
from alerting.alerts.notices import Facts, in_both, tell
from alerting.alerts.orders import describe, issue, tell_carrier
from alerting.errors import Refused
from alerting.people.reached import REACHED, handed_over
from alerting.store.rows import Row
from alerting.store.schema import delivery, delivery_notice, notice

KIND = "correction"
NEWS = ("open", "raise", "reopen")  # left out where a call-out says it
# What is said of something else than how it stands: answers, and that it is over.
_NOT_OF_IT = ("reply", "withdrawn", "lifted", "reopened", "superseded", "refused")


def nothing_to_correct() -> Refused:
    """What is said to who corrects something to what it is already (decision 0141)."""
    return Refused("it is so already: say what should be done otherwise; a reason alone is not sent"
                   " anew",
                   zh="与现在相同，没有可更正之处，请写明改为什么。只改原因不再通知。")  # fmt: skip


def to_be_told(row: Row) -> bool:
    """Whether a correction of a measure waits for its decider to sign it."""
    return row.corrects is not None and row.corrects["told"] is None


def reached(ledger: Ledger, about: str, key: str) -> set[str]:
    """The posts whose notices about this "alert" or "measure" have gone out to somebody; of an alert
    also those to whom a call-out told of it in its place."""
    return (_by_their_call(ledger, key) if about == "alert" else set()) | set(ledger.connection.execute(
        select(notice.c.post).distinct()
        .join(delivery_notice, delivery_notice.c.notice == notice.c.id)
        .join(delivery, delivery.c.id == delivery_notice.c.delivery)
        .where(notice.c[about] == key, notice.c.post.is_not(None), handed_over())
    ).scalars())  # fmt: skip


def _by_their_call(ledger: Ledger, alert: str) -> set[str]:
    left_out = {one.post for one in ledger.notices("alert", alert)
                if one.post and one.state == "withheld" and one.kind in NEWS}  # fmt: skip
    said = {sheet.alert for sheet in ledger.callouts.of_alert(alert)}
    if not (left_out and said):
        return set()
    return left_out & set(ledger.connection.execute(
        select(notice.c.post).distinct()
        .join(delivery_notice, delivery_notice.c.notice == notice.c.id)
        .join(delivery, delivery.c.id == delivery_notice.c.delivery)
        .where(notice.c.alert.in_(said), notice.c.kind == "callout", handed_over())
    ).scalars())  # fmt: skip


def bound_to(ledger: Ledger, about: str, key: str) -> set[str]:
    """The posts that have a message of it, sent or not: only a correction keeps back what is not."""
    told = (n for n in ledger.notices(about, key) if n.post and n.state == "carried")
    return {n.post for n in told if about == "measure" or n.measure is None}


def take_back_unsent(ledger: Ledger, about: str, key: str) -> None:
    """What is still to be told of it as it was."""
    for one in ledger.notices(about, key):
        of_it = about == "measure" or one.measure is None  # what an alert orders stands by itself
        if of_it and one.state == "due" and one.kind not in _NOT_OF_IT:
            ledger.change(one, state="withheld", reason="corrected before it was sent")


def tell_reached(
    ledger: Ledger, facts: Facts, at: datetime, posts: Collection[str], answering: Collection[str],
    alert: str | None = None, measure: str | None = None,
) -> None:  # fmt: skip
    """Tell these posts and whoever was reached for them. Who holds one of `answering` now has a notice
    of their own that waits for an answer: of these only the others are told here."""
    for key in sorted(posts):
        post = ledger.post(key)
        if post is not None:
            tell(ledger, KIND, post, facts, at, alert=alert, measure=measure,
                 who=REACHED if key in answering else "")  # fmt: skip


def tell_correction(ledger: Ledger, row: Row, facts: Facts, at: datetime) -> None:
    """A measure as it was put right. Where what is to be done has changed it is issued anew, and what
    was said to the wrong one does not count."""
    wrong = row.corrects["was"]
    ledger.change(row, corrects=row.corrects | {"told": at.isoformat()})
    posts = reached(ledger, "measure", row.id)
    take_back_unsent(ledger, "measure", row.id)
    facts = facts.saying(
        place=row.object, level=row.level, by=row.corrects["by"],
        reason=in_both(row.corrects["reason"]), corrects=wrongly(wrong),
    )  # fmt: skip
    heard = row.carrier in posts
    knows = heard or row.carrier in bound_to(ledger, "measure", row.id)
    anew = not heard or _to_do(wrong) != _to_do(describe(row, ledger.life.measure(row.measure)))
    if anew:
        issue(ledger, row, facts if knows else facts.saying(corrects={}), at,
              kind=KIND if knows else "order")  # fmt: skip
    else:
        tell_carrier(ledger, row, KIND, facts, at)
    said = facts.saying(measures=(describe(row, ledger.life.measure(row.measure)),), due=None)
    others = posts if anew else posts - {row.carrier}
    tell_reached(ledger, said, at, others, {row.carrier}, measure=row.id,
                 alert=ledger.alert_of(row.id))  # fmt: skip


def wrongly(was: dict[str, Any]) -> dict[str, Any]:
    """A measure as it stood, as notices carry it."""
    return {"place": was["object"], "level": was["level"], "measures": [was]}


def as_it_stands(ledger: Ledger, row: Row) -> dict[str, Any]:
    return describe(row, ledger.life.measure(row.measure)) | {"level": row.level}


def _to_do(described: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(described.get(key) for key in ("arguments", "day", "begins", "ends"))
