"""What who is called again is told of the first message: when it went out, what changed since."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from alerting.alerts.life import Life
from alerting.alerts.signing import put_arguments
from alerting.chase import words
from alerting.store.schema import alert, delivery, delivery_notice, measure, notice
from alerting.vocabulary import NAMES
from alerting.vocabulary.answers import CALLED


def first_message(
    connection: Connection, life: Life, pursuit: Any, calls: tuple[str, ...]
) -> dict[str, Any] | None:
    """`sent` (ISO) and what `changed` {zh, en}, of the first message about the pursuit's subject to
    its post; None where none has gone out. `calls` are the kinds of notice that only repeat one."""
    about = "measure" if pursuit.measure else "alert"
    if pursuit.measure is None and pursuit.alert is None:
        about = "pursuit"
    given = {"measure": pursuit.measure, "alert": pursuit.alert, "pursuit": pursuit.id,
             "wants": pursuit.wants, "realm": life.realm, "post": pursuit.post}  # fmt: skip
    asked = _first(about, pursuit.wants in CALLED, calls)
    first = connection.execute(asked, given).one_or_none()
    if first is None:
        return None
    changed = [
        one for one in (
            _level(first.level, pursuit.level), _order(connection, life, first.facts, pursuit.wants),
            _onset(connection, life, first.facts, pursuit.alert),
        ) if one is not None
    ]  # fmt: skip
    said = words.both("，".join(c["zh"] for c in changed) or "情况未变",
                      ", ".join(c["en"] for c in changed) or "nothing has changed")  # fmt: skip
    return {"sent": first.sent.isoformat(), "changed": said}


@cache
def _first(about: str, of_a_call: bool, calls: tuple[str, ...]) -> Select[Any]:
    """Made once for each kind of subject: every call again asks it."""
    same = notice.c[about] == bindparam(about)
    if about == "alert":
        same &= notice.c.measure.is_(None)
    if of_a_call:  # the plain news of the same alert is another matter
        same &= notice.c.wants == bindparam("wants")
    return (
        select(notice.c.facts, notice.c.level, delivery.c.created.label("sent"))
        .join(delivery_notice, delivery_notice.c.notice == notice.c.id)
        .join(delivery, delivery.c.id == delivery_notice.c.delivery)
        .where(same, notice.c.realm == bindparam("realm"), notice.c.post == bindparam("post"),
               notice.c.wants != "", notice.c.kind.not_in(calls))
        .order_by(notice.c.id, delivery.c.id)
        .limit(1)
    )  # fmt: skip


def _level(before: int, now: int) -> words.Words | None:
    if before == now:
        return None
    return words.both(f"级别由{NAMES['zh'][before]}变为{NAMES['zh'][now]}",
                      f"{NAMES['en'][before]} has become {NAMES['en'][now]}")  # fmt: skip


def _order(
    connection: Connection, life: Life, facts: dict[str, Any], wants: str
) -> words.Words | None:
    """What is asked of the measure has changed: a lower limit, say; or what is put to its decider."""
    for given in facts.get("measures") or ():
        row = connection.execute(select(measure).where(measure.c.id == given.get("id"))).one_or_none()
        definition = life.book.measures.get(given["measure"])
        if row is None or definition is None:
            continue
        was = dict(given.get("arguments") or {})
        now = put_arguments(row) if wants == "decision" else dict(row.arguments)
        zh = (definition.say(was, "zh"), definition.say(now, "zh"))
        en = (definition.say(was, "en"), definition.say(now, "en"))
        if zh[0] != zh[1] and zh[1]:
            return words.both(f"要求由{zh[0] or '未限定'}改为{zh[1]}",
                              f"{en[0] or 'no figure'} has become {en[1]}")  # fmt: skip
    return None


def _onset(
    connection: Connection, life: Life, facts: dict[str, Any], key: str | None
) -> words.Words | None:
    """It is now expected at another hour."""
    held = connection.execute(select(alert.c.onset).where(alert.c.id == key)).one_or_none()
    said = facts.get("onset")
    if held is None or held.onset is None or not said:
        return None
    before = datetime.fromisoformat(said)
    if before == held.onset:
        return None
    was, now = life.local(before), life.local(held.onset)
    return words.both(f"开始时间由{was.day}日{was:%H:%M}改为{now.day}日{now:%H:%M}",
                      f"its start has moved from {was:%d %b %H:%M} to {now:%d %b %H:%M}")  # fmt: skip
