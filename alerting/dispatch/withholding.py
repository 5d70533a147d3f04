"""Which due notices do not go out, or not yet, and the reason that is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, exists, func, or_, select

from alerting.dispatch.lines import time_of
from alerting.dispatch.superseding import CALLS, CORRECTED, Ended, all_over, is_corrected
from alerting.dispatch.writing import NO_PERSON, Settings
from alerting.store.schema import delivery, delivery_notice, is_due, notice
from alerting.store.schema_callout import SAYS_IT, callout_alert
from alerting.vocabulary import Level

HOUR = timedelta(hours=1)
UPDATES_AN_HOUR = 2
# Who begins a shift within so long after the morning hears of it at night: they plan their sleep by it.
SHIFT_SOON = timedelta(hours=12)
# News nobody asked for that raises nothing. Openings and rises are told at once; orders, decisions,
# checks, questions, replies and the chase do not count.
UNASKED = ("update", "fall", "clear")
# What goes out so soon after one another is one moment of a storm: three messages, then their summary.
MOMENT = timedelta(minutes=2)
AFTER_ITS_START = timedelta(seconds=1)
# News of an end: whoever never heard of the start needs none of it.
ENDS = ("clear", "fall", "lifted", "withdrawn")
# What tells of an alert.
NEWS = ("open", "raise", "reopen", *UNASKED)
# Of these it matters what went out before them.
LOOK_BACK = ("update", *ENDS)
# What a reader acts on; the rest of an update is for the record.
_ACTED_ON = ("level", "onset", "until", "official", "measures", "reason")


class Verdict(NamedTuple):
    """Withheld for `reason`; or, where `until` is given, held back till then."""

    reason: str
    until: datetime | None = None


def judge(
    connection: Connection,
    realm: Row[Any],
    row: Row[Any],
    ended: Ended,
    told: Sequence[Row[Any]],
    now: datetime,
    settings: Settings,
) -> Verdict | None:
    """What keeps a due notice back; None where nothing does.

    `ended` as superseding.ended_of has it; `told` are notices that go out before this one and are not
    yet written down as carried.
    """
    if realm.ended is not None and row.kind != "stopped":
        return Verdict("the exercise has ended")
    if is_corrected(row, ended):
        return Verdict(CORRECTED)
    if all_over([row], ended):
        return Verdict("it ended before it was sent")
    before = None
    if row.kind in LOOK_BACK:
        before = _before(connection, row, told)
        if row.kind in ENDS and (row.alert or row.measure) and before is None:
            waits = _start_waits(connection, row, now) if row.kind == "fall" else None
            return waits or Verdict("its start was never sent")
        if row.kind == "update" and before is not None and _same(before, row.facts):
            return Verdict("nothing a reader would act on has changed")
    late = None
    if row.kind in UNASKED and row.measure is None:
        late = _too_often(connection, row, now)
    return late or _till_morning(row, before, now, settings)


def is_news(row: Row[Any]) -> bool:
    """Whether a notice tells of an alert, or calls again for having been told: it orders and asks
    nothing, and nobody did it by hand."""
    told = row.kind in NEWS or (row.kind in CALLS and row.wants == "acknowledge")
    by_hand = row.kind in NEWS and (row.facts.get("by") or "") not in NO_PERSON
    return told and row.measure is None and not by_hand


def _till_morning(
    row: Row[Any], before: Mapping[str, Any] | None, now: datetime, settings: Settings
) -> Verdict | None:
    until = settings.quiet.until(now, settings.zone)
    if until is None or row.level > Level.blue:
        return None
    if row.kind == "roster":
        begins = time_of(row.facts.get("onset"))
        later = begins is not None and begins > until + SHIFT_SOON
        return Verdict("news of the roster waits for the morning", until) if later else None
    # Who was last told of orange or red may stand outside for it yet.
    called_out = before is not None and int(before.get("level") or 0) >= Level.orange
    if not is_news(row) or (row.kind in ENDS and called_out):
        return None
    return Verdict("blue waits for the morning", until)


# Of a long list some have it already while others are still told.
_HAD = (
    select(delivery.c.id)
    .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
    .where(delivery_notice.c.notice == notice.c.id, delivery.c.state != "superseded")
    .correlate(notice)
)


def _before(
    connection: Connection, row: Row[Any], told: Sequence[Row[Any]]
) -> Mapping[str, Any] | None:
    """The facts this post was last told of the same; None where it never heard of it."""
    name = "measure" if row.measure else "alert"
    found = {
        one.id: one.facts for one in told
        if getattr(one, name) == getattr(row, name) and one.post == row.post and one.id < row.id
    }  # fmt: skip
    stored = connection.execute(
        select(notice.c.id, notice.c.facts)
        .where(notice.c.realm == row.realm, notice.c[name] == getattr(row, name),
               notice.c.post == row.post, notice.c.id < row.id,
               or_(notice.c.state == "carried", exists(_HAD)))
        .order_by(notice.c.id.desc())
        .limit(1)
    ).first()  # fmt: skip
    if stored is not None:
        found[stored.id] = stored.facts
    if not found and row.alert is not None:
        return _by_their_call_out(connection, row)
    return found[max(found)] if found else None


def _start_waits(connection: Connection, row: Row[Any], now: datetime) -> Verdict | None:
    """What a fall was from is still to be told, and said last would stand: the fall comes after it."""
    due = connection.execute(
        select(func.max(notice.c.due))
        .where(notice.c.realm == row.realm, notice.c.alert == row.alert, notice.c.post == row.post,
               notice.c.measure.is_(None), notice.c.kind.in_(NEWS), notice.c.id < row.id,
               is_due)
    ).scalar()  # fmt: skip
    if due is None:
        return None
    return Verdict("its start is not sent yet", max(due, now + AFTER_ITS_START))


def _by_their_call_out(connection: Connection, row: Row[Any]) -> Mapping[str, Any] | None:
    """The facts of an alert that a call-out's message told of in the place of plain news, once that
    message has gone out."""
    message = notice.alias()
    went_out = exists(
        select(message.c.id)
        .join(callout_alert, callout_alert.c.callout == message.c.facts["callout"].as_string())
        .where(callout_alert.c.alert == row.alert, message.c.realm == row.realm,
               message.c.post == row.post, message.c.kind == "callout", message.c.state == "carried")
    )  # fmt: skip
    return connection.execute(
        select(notice.c.facts)
        .where(notice.c.realm == row.realm, notice.c.alert == row.alert, notice.c.post == row.post,
               notice.c.id < row.id, notice.c.state == "withheld", notice.c.reason == SAYS_IT, went_out)
        .order_by(notice.c.id.desc())
        .limit(1)
    ).scalar_one_or_none()  # fmt: skip


def _same(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    return all(_plain(before.get(k)) == _plain(now.get(k)) for k in _ACTED_ON)


def _plain(value: Any) -> Any:
    # A measure's state is not what its update is about.
    if isinstance(value, list):
        return [{k: v for k, v in m.items() if k != "state"} for m in value]
    return value or None


def _too_often(connection: Connection, row: Row[Any], now: datetime) -> Verdict | None:
    """At most two unasked updates an hour about one hazard for each post.

    An update beyond that is withheld: the page has it. An end or a fall waits for its turn, so that
    nobody stays alarmed for nothing. A storm that ends at two hundred places ends in one moment,
    however many messages that takes.
    """
    times = connection.execute(
        select(delivery.c.created)
        .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
        .join(notice, notice.c.id == delivery_notice.c.notice)
        .where(notice.c.realm == row.realm, notice.c.post == row.post,
               notice.c.kind.in_(UNASKED), notice.c.measure.is_(None),
               notice.c.facts["hazard"].as_string() == str(row.facts.get("hazard") or ""),
               delivery.c.created > now - HOUR, delivery.c.state != "superseded")
        .group_by(delivery.c.created)
        .order_by(delivery.c.created)
    ).scalars()  # fmt: skip
    moments: list[datetime] = []
    for at in times:
        if not moments or at > moments[-1] + MOMENT:
            moments.append(at)
    before = [at for at in moments if at + MOMENT < now]
    if len(before) < UPDATES_AN_HOUR:
        return None
    reason = f"{UPDATES_AN_HOUR} updates about this hazard within the hour"
    if row.kind == "update":
        return Verdict(reason)
    return Verdict(reason, before[-UPDATES_AN_HOUR] + HOUR)
