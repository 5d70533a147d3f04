"""The notices the chase writes: calling again, calling the next rung, replies, the duty office told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, insert, select, update

from alerting.alerts.life import Life
from alerting.alerts.orders import unconfirmed
from alerting.chase.called import as_it_stands, still_asked
from alerting.chase.cause import cause_of, say_called
from alerting.chase.ladder import step_of
from alerting.chase.since import first_message
from alerting.chase.words import title_of
from alerting.people import post_by_id
from alerting.store.schema import alert, delivery, delivery_notice, measure, notice
from alerting.vocabulary.answers import CALLED


@dataclass(frozen=True, slots=True)
class About:
    """What a notice of no pursuit is about; `alert` and `measure` are ids."""

    alert: str | None
    measure: str | None
    level: int


NOTHING = About(None, None, 1)
# Kinds the chase writes itself; every other notice that wants an answer is a fresh one.
CALLS = ("reminder", "escalation")
CRIES = ("escalation", "service")  # kinds by which somebody who calls for help is told of, see `cry`
TAKE_OVER = "handover"  # the kind of all that calls whoever is to come on duty, see handing_over


def call(
    connection: Connection,
    life: Life,
    pursuit: Any,
    post: str,
    kind: str,
    reason: dict[str, str],
    at: datetime,
    *,
    rung: int,
    round_: int,
    by: str = "",
) -> None:
    """Write a notice to a post on behalf of a pursuit, with the facts as they stand now."""
    facts = facts_of(connection, life, pursuit)
    if pursuit.wants in CALLED and post != pursuit.post:  # it is to be answered for somebody
        silent = post_by_id(connection, pursuit.post)
        facts["for"] = {"zh": title_of(silent, "zh"), "en": title_of(silent, "en")}
    if said := cried(connection, pursuit):
        reason = {"zh": f"{said['zh']}。{reason['zh']}", "en": f"{said['en']}. {reason['en']}"}
    step = step_of(connection, life, pursuit, post, round_)
    due = pursuit.must_by.isoformat() if pursuit.must_by else facts.get("due")
    facts |= {"level": pursuit.level, "reason": reason, "by": by, "due": due,
              "first": first_message(connection, life, pursuit, CALLS)}  # fmt: skip
    cause = cause_of(connection, life, pursuit=pursuit.id)
    say_called(cause, pursuit.id, post, rung, round_)
    connection.execute(
        insert(notice).values(
            realm=life.realm, kind=kind, alert=pursuit.alert, measure=pursuit.measure,
            pursuit=pursuit.id, post=post, wants=pursuit.wants, rung=rung, round=round_,
            level=pursuit.level, created=at, due=at, state="due", facts=facts, who=step.who,
            loudness=step.loud(round_), cause=cause,
        )
    )  # fmt: skip


def tell(
    connection: Connection,
    life: Life,
    kind: str,
    facts: dict[str, Any],
    reason: dict[str, str],
    at: datetime,
    *,
    post: str | None = None,
    person: str | None = None,
    alert_id: str | None = None,
    measure_id: str | None = None,
    wants: str = "",
    by: str = "",
) -> None:
    """Write a notice that belongs to no pursuit yet: a reply, support asked for, nobody reached.

    Who calls for help is heard though what they were told of is over: with it their message would end
    before it was sent.
    """
    facts = facts | {"reason": reason, "by": by}
    if kind == "escalation" or (kind == "service" and wants):
        alert_id, measure_id = not_over(connection, alert_id, measure_id)
    connection.execute(
        insert(notice).values(
            realm=life.realm, kind=kind, alert=alert_id, measure=measure_id, post=post,
            person=person, wants=wants, level=max(1, int(facts["level"])), created=at, due=at,
            state="due", facts=facts,
            cause=cause_of(connection, life, measure=measure_id, alert=alert_id),
        )
    )  # fmt: skip


def not_over(
    connection: Connection, alert_id: str | None, measure_id: str | None
) -> tuple[str | None, str | None]:
    """The two ids, as far as they are of what is open still."""
    stands = select(alert.c.id).where(alert.c.id == alert_id, alert.c.state == "open")
    goes_on = select(measure.c.id).where(measure.c.id == measure_id, measure.c.ended.is_(None))
    return (connection.execute(stands).scalar_one_or_none(),
            connection.execute(goes_on).scalar_one_or_none())


def is_cry(row: Any) -> bool:
    """Whether this notice is the first that somebody is told of a call for help."""
    return bool(row.wants == "acknowledge" and row.kind in CRIES and row.rung == 0 and row.round == 0)


def cry() -> ColumnElement[bool]:
    """The same, as a condition on notices."""
    return and_(notice.c.wants == "acknowledge", notice.c.kind.in_(CRIES), notice.c.rung == 0,
                notice.c.round == 0)  # fmt: skip


# What each lapse of a deadline asks, made once: to build a statement takes as long as to ask it.
_CRIED = (
    select(notice.c.facts["reason"])
    .where(notice.c.pursuit == bindparam("pursuit"), cry())
    .order_by(notice.c.id.desc())
    .limit(1)
)
_FACTS = (
    select(notice.c.facts)
    .where(notice.c.pursuit == bindparam("pursuit"))
    .order_by(notice.c.kind.in_(CALLS), notice.c.id.desc())
    .limit(1)
)
_OF_NOTICE = delivery_notice.c.notice == bindparam("notice")
_CARRIED_AT = (
    select(delivery.c.created)
    .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
    .where(_OF_NOTICE)
    .order_by(delivery.c.created)
    .limit(1)
)
_WAS_READ = (
    select(delivery.c.id)
    .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
    .where(_OF_NOTICE, delivery.c.state.in_(("read", "answered")))
    .limit(1)
)
_LATEST_CALL = (
    select(notice)
    .where(notice.c.pursuit == bindparam("pursuit"), notice.c.post == bindparam("post"),
           notice.c.state != "withheld")
    .order_by(notice.c.id.desc())
    .limit(1)
)  # fmt: skip
_MEASURE = select(measure).where(measure.c.id == bindparam("measure"))


def cried(connection: Connection, pursuit: Any) -> dict[str, str]:
    """The words with which help was asked for, where that is what a pursuit waits to be heard: whoever
    is called next has not read the first message. {} where it is not."""
    return dict(connection.execute(_CRIED, {"pursuit": pursuit.id}).scalar_one_or_none() or {})


def facts_of(connection: Connection, life: Life, pursuit: Any) -> dict[str, Any]:
    """What the newest notice about the pursuit's subject said, its measures as they stand now."""
    mine = connection.execute(_FACTS, {"pursuit": pursuit.id}).scalar_one_or_none()
    if mine is None and pursuit.measure is not None:
        mine = connection.execute(
            select(notice.c.facts)
            .where(notice.c.measure == pursuit.measure, notice.c.wants != "",
                   notice.c.post == pursuit.post)
            .order_by(notice.c.id.desc())
            .limit(1)
        ).scalar_one_or_none()  # fmt: skip
    facts = dict(mine) if mine is not None else bare_facts(connection, life, pursuit)
    for said in ("first", "for"):  # of a call: the next one says it anew
        facts.pop(said, None)
    facts["measures"] = [_as_it_stands(connection, m) for m in facts.get("measures", [])]
    if pursuit.wants in CALLED:  # what was answered already is not asked again
        facts["questions"] = still_asked(connection, facts, pursuit.post, pursuit.wants)
        facts |= as_it_stands(connection, facts["callout"])
    if pursuit.wants == "decision":
        facts["measures"] = [_as_put(connection, m) for m in facts["measures"]]
    return facts


def bare_facts(connection: Connection, life: Life, about: Any) -> dict[str, Any]:
    """Facts for a notice where no earlier one can lend them. `about` has alert, measure, level."""
    held = connection.execute(select(alert).where(alert.c.id == about.alert)).one_or_none()
    row = connection.execute(select(measure).where(measure.c.id == about.measure)).one_or_none()
    place = row.object if row else held.place if held else life.places.county
    definition = life.book.measures.get(row.measure) if row else None
    sector = held.sector if held else definition.sector if definition else ""
    return {
        "rule": held.rule if held else "", "sector": sector,
        "hazard": held.hazard if held else "", "place": place, "level": about.level,
        "was": about.level, "onset": None, "until": None, "why": {}, "official": None,
        "measures": [], "reason": {}, "by": "", "due": None,
    }  # fmt: skip


def carried_at(connection: Connection, notice_id: int) -> datetime | None:
    """When a notice was bound to a person; None while it has not been."""
    return connection.execute(_CARRIED_AT, {"notice": notice_id}).scalar_one_or_none()


def was_read(connection: Connection, notice_id: int) -> bool:
    """Whether somebody who carries it has opened its message; a channel that cannot tell says no."""
    return connection.execute(_WAS_READ, {"notice": notice_id}).first() is not None


def latest_call(connection: Connection, pursuit: Any) -> Any | None:
    """The last notice by which the pursuit called the rung it stands on."""
    given = {"pursuit": pursuit.id, "post": pursuit.at_post}
    return connection.execute(_LATEST_CALL, given).one_or_none()


def take_back(connection: Connection, pursuit_id: int, why: str) -> int:
    """Withhold the pursuit's own calls that nobody has been sent yet; gives how many."""
    result = connection.execute(
        update(notice)
        .where(notice.c.pursuit == pursuit_id, notice.c.state == "due",
               notice.c.kind.in_((*CALLS, TAKE_OVER)))
        .values(state="withheld", reason=why)
    )  # fmt: skip
    return result.rowcount


def _as_put(connection: Connection, said: dict[str, Any]) -> dict[str, Any]:
    """What its decider is asked anew, in place of what they signed, which stands meanwhile."""
    asked = select(measure.c.put).where(measure.c.id == said.get("id"))
    put = connection.execute(asked).scalar_one_or_none()
    if put is None:
        return said
    return said | {"state": "proposed"} | {k: put[k] for k in ("arguments", "begins", "ends") if put[k]}


def _as_it_stands(connection: Connection, said: dict[str, Any]) -> dict[str, Any]:
    row = connection.execute(_MEASURE, {"measure": said.get("id")}).one_or_none()
    if row is None:
        return said
    return said | {"state": row.state, "arguments": row.arguments, "ahead": unconfirmed(row)}
