"""Alerts: what a rule has open on a place. Opening, rising, falling, clearing, reopening.

Every change commits together with its measures, notices and audit entry, in the caller's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from alerting.alerts import measures
from alerting.alerts.life import GAP, Life
from alerting.alerts.notices import Facts, posts_told, tell, withhold
from alerting.audit import record
from alerting.people import Post, resolve
from alerting.places import Place
from alerting.store.schema import alert, alert_change, notice
from alerting.vocabulary import Level

# Made once, see measures.py.
_BY_ID = select(alert).where(alert.c.id == bindparam("key"))
_LATEST = (
    select(alert)
    .where(
        alert.c.realm == bindparam("realm"),
        alert.c.rule == bindparam("rule"),
        alert.c.place == bindparam("place"),
    )
    .order_by(alert.c.episode.desc())
    .limit(1)
)
_ORDERED = select(notice.c.post).where(
    notice.c.alert == bindparam("key"),
    notice.c.created == bindparam("at"),
    notice.c.measure.is_not(None),
)
NEWS = ("open", "raise", "fall", "clear", "reopen", "update")


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a level holds at a place: the rule book's explanation, ready for the row and the reader."""

    why: dict[str, Any]
    sentence: dict[str, str]
    onset: datetime | None = None
    until: datetime | None = None
    official: dict[str, Any] | None = None


def rise(
    connection: Connection,
    life: Life,
    rule: Any,
    place: Place,
    level: int,
    finding: Finding,
    by: str,
    at: datetime,
) -> str:
    """Open an alert, reopen the one that cleared within the gap, or raise the one that is open.

    Gives the alert's id.
    """
    held = _latest(connection, life, rule.id, place.id)
    if held is not None and held.state == "open":
        if level <= held.level:  # kept by hand at a level as high
            refresh(connection, life, held.id, finding, by, at)
            return str(held.id)
        return _raise(connection, life, rule, place, held, level, finding, by, at)
    if held is not None and held.state == "closed" and at - held.closed <= GAP:
        return _reopen(connection, life, rule, place, held, level, finding, by, at)
    episode = 1 + (held.episode if held is not None else 0)
    new = f"{life.realm}.{rule.id}.{place.id}.{episode}"
    connection.execute(
        insert(alert),
        {
            "id": new, "realm": life.realm, "rule": rule.id, "place": place.id, "episode": episode,
            "sector": rule.sector, "hazard": rule.hazard, "state": "open", "level": level,
            "peak": level, "told": level, "official": _official(finding), "opened": at,
            "onset": finding.onset, "until": finding.until, "updated": at, "why": finding.why,
        },
    )  # fmt: skip
    _note(connection, life, new, "opened", level, by, at, finding.why)
    _spread(connection, life, rule, place, new, "open", 0, level, finding, at)
    return new


def fall(
    connection: Connection,
    life: Life,
    rule: Any,
    place: Place,
    level: int,
    finding: Finding,
    by: str,
    at: datetime,
) -> None:
    """Lower an open alert, to `level` 0: clear it. What only the higher levels asked is dropped."""
    held = _latest(connection, life, rule.id, place.id)
    if held is None or held.state != "open" or held.kept_by:
        return
    cleared = level == 0
    values: dict[str, Any] = {"updated": at, "why": finding.why, "held_by_unknown": None}
    if cleared:
        values |= {"state": "closed", "closed": at}
    else:
        values |= {"level": level, "onset": finding.onset, "until": finding.until}
    connection.execute(
        update(alert).where(alert.c.id == held.id, alert.c.state == "open").values(**values)
    )
    _note(connection, life, held.id, "cleared" if cleared else "fell", level, by, at, finding.why)
    facts = _facts(rule, place, level or held.level, held.level, finding)
    if not cleared:
        withhold(connection, held.id, ("fall", "update"), "overtaken by the next change")
    _tell_fall(connection, life, rule, place, held, cleared, facts, at)
    keep = _asked(rule, level)
    measures.drop(connection, life, held.id, {a.measure for a in keep}, facts, at)
    for wanted in keep:  # arguments of the lower level, looser than before
        measures.ask(connection, life, wanted.measure, place, wanted.arguments,
                     facts, held.id, at)  # fmt: skip


def refresh(
    connection: Connection, life: Life, alert_key: str, finding: Finding, by: str, at: datetime
) -> None:
    """Same level, another onset or end. Recorded; sent only if a reader would act on it."""
    held = _row(connection, alert_key)
    if held is None or held.state != "open":
        return
    same = (finding.onset, finding.until, _official(finding))
    if same == (held.onset, held.until, held.official):
        return
    connection.execute(
        update(alert)
        .where(alert.c.id == alert_key)
        .values(onset=finding.onset, until=finding.until, why=finding.why, updated=at,
                official=_official(finding))
    )  # fmt: skip
    _note(connection, life, alert_key, "updated", held.level, by, at, finding.why)
    if not _worth_telling(held, finding, at):
        return
    rule = life.book.rules_by_id.get(held.rule)
    if rule is None:
        return
    facts = _facts(rule, life.places.by_id[held.place], held.level, held.level, finding)
    for post in _audience(connection, life, rule, held.place):
        tell(connection, life.realm, "update", post, facts, at, alert=alert_key)


def close(
    connection: Connection, life: Life, alert_key: str, how: str, by: str, at: datetime, reason: str
) -> bool:
    """End an alert by hand or because its rule or place has gone; it reaches all who were told."""
    held = _row(connection, alert_key)
    if held is None or held.state != "open":
        return False
    connection.execute(
        update(alert)
        .where(alert.c.id == alert_key, alert.c.state == "open")
        .values(state=how, closed=at, updated=at)
    )
    _note(connection, life, alert_key, how, held.level, by, at, {"reason": reason})
    facts = facts_of_alert(connection, life, alert_key)
    if facts is None:
        return True
    facts = facts.saying(reason={"zh": reason, "en": reason}, by=by)
    told = posts_told(connection, alert=alert_key)
    withhold(connection, alert_key, NEWS, "withdrawn before it was sent")
    measures.drop(connection, life, alert_key, set(), facts, at)
    from alerting.people import post_by_id

    for post_id in sorted(told):
        post = post_by_id(connection, post_id)
        if post is not None:
            tell(connection, life.realm, "withdrawn", post, facts, at, alert=alert_key)
    return True


def held_by_unknown(
    connection: Connection, life: Life, alert_key: str, at: datetime, ask_now: bool
) -> None:
    """Shown so at once; after two cadences the duty office is asked whether to withdraw it."""
    held = _row(connection, alert_key)
    if held is None or held.state != "open":
        return
    if held.held_by_unknown is None:
        connection.execute(update(alert).where(alert.c.id == alert_key).values(held_by_unknown=at))
    if not ask_now or held.asked_to_withdraw is not None:
        return
    connection.execute(update(alert).where(alert.c.id == alert_key).values(asked_to_withdraw=at))
    office = resolve(connection, life.places, "duty-office", "", held.place)
    facts = facts_of_alert(connection, life, alert_key)
    if office is not None and facts is not None:
        said = {
            "zh": "数据中断，仅凭缺测维持。请核实后决定保持或撤回。",
            "en": "Held only by missing data. Check, then keep or withdraw it.",
        }
        tell(connection, life.realm, "question", office, facts.saying(reason=said), at,
             alert=alert_key, wants="acknowledge")  # fmt: skip


def facts_of_alert(connection: Connection, life: Life, alert_key: str) -> Facts | None:
    held = _row(connection, alert_key)
    if held is None:
        return None
    return Facts(
        held.sector, held.hazard, held.place, held.level, rule=held.rule, was=held.level,
        onset=held.onset, until=held.until, why=held.why.get("sentence", {}),
        official=held.why.get("official"),
    )  # fmt: skip


def _raise(
    connection: Connection,
    life: Life,
    rule: Any,
    place: Place,
    held: Any,
    level: int,
    finding: Finding,
    by: str,
    at: datetime,
) -> str:
    connection.execute(
        update(alert)
        .where(alert.c.id == held.id, alert.c.state == "open")
        .values(level=level, peak=max(level, held.peak), onset=finding.onset, until=finding.until,
                updated=at, why=finding.why, official=_official(finding), held_by_unknown=None,
                asked_to_withdraw=None)
    )  # fmt: skip
    _note(connection, life, held.id, "raised", level, by, at, finding.why)
    # A fall nobody was told of and that is over: a rise to what readers know is no news.
    withhold(connection, held.id, ("fall", "update"), "the level has come back")
    _spread(connection, life, rule, place, held.id, "raise", held.level, level, finding, at,
            news=level > held.told)  # fmt: skip
    if level > held.told:
        connection.execute(update(alert).where(alert.c.id == held.id).values(told=level))
    return str(held.id)


def _reopen(
    connection: Connection,
    life: Life,
    rule: Any,
    place: Place,
    held: Any,
    level: int,
    finding: Finding,
    by: str,
    at: datetime,
) -> str:
    connection.execute(
        update(alert)
        .where(alert.c.id == held.id)
        .values(state="open", closed=None, level=level, peak=max(level, held.peak),
                onset=finding.onset, until=finding.until, updated=at, why=finding.why,
                official=_official(finding), held_by_unknown=None, asked_to_withdraw=None)
    )  # fmt: skip
    _note(connection, life, held.id, "reopened", level, by, at, finding.why)
    unsent = withhold(connection, held.id, ("clear",), "the level has come back")
    news = not unsent or level > held.told
    _spread(connection, life, rule, place, held.id, "reopen", 0, level, finding, at, news=news)
    connection.execute(
        update(alert)
        .where(alert.c.id == held.id)
        .values(told=max(level, held.told if unsent else 0))
    )
    return str(held.id)


def _spread(
    connection: Connection,
    life: Life,
    rule: Any,
    place: Place,
    alert_key: str,
    kind: str,
    was: int,
    level: int,
    finding: Finding,
    at: datetime,
    news: bool = True,
) -> None:
    """Ask the measures of the level and all below; tell the audience that has no order to carry."""
    facts = _facts(rule, place, level, was, finding)
    for wanted in _asked(rule, level):
        measures.ask(
            connection, life, wanted.measure, place, wanted.arguments, facts, alert_key, at
        )
    if not news:
        return
    ordered = set(connection.execute(_ORDERED, {"key": alert_key, "at": at}).scalars())
    for post in _audience(connection, life, rule, place.id):
        if post.id not in ordered:
            tell(connection, life.realm, kind, post, facts, at, alert=alert_key,
                 wants="acknowledge")  # fmt: skip


def _tell_fall(
    connection: Connection,
    life: Life,
    rule: Any,
    place: Place,
    held: Any,
    cleared: bool,
    facts: Facts,
    at: datetime,
) -> None:
    """A fall before onset waits for the morning, except for those already ordered."""
    begun = held.onset is None or held.onset <= at
    due = at if begun else life.morning_after(at)
    told = posts_told(connection, alert=held.id)
    for post in _audience(connection, life, rule, place.id):
        if post.id in told:  # who never heard of it needs no end of it
            tell(connection, life.realm, "clear" if cleared else "fall", post, facts, at,
                 alert=held.id, due=due)  # fmt: skip
    if due == at:
        connection.execute(
            update(alert).where(alert.c.id == held.id).values(told=0 if cleared else facts.level)
        )


def _asked(rule: Any, level: int) -> list[Any]:
    """The measures of a level and of all below; of one measure the strictest level's words."""
    asked: dict[str, Any] = {}
    for name, step in rule.levels.items():
        if Level[name] <= level:
            for wanted in step.ask:
                asked[wanted.measure] = wanted
    return list(asked.values())


def _audience(connection: Connection, life: Life, rule: Any, place: str) -> list[Post]:
    posts: dict[str, Post] = {}
    for tier in rule.audience:
        post = resolve(connection, life.places, tier, rule.sector, place)
        if post is not None:
            posts[post.id] = post
    return list(posts.values())


def _facts(rule: Any, place: Place, level: int, was: int, finding: Finding) -> Facts:
    return Facts(
        rule.sector, rule.hazard, place.id, level, rule=rule.id, was=was, onset=finding.onset,
        until=finding.until, why=finding.sentence, official=finding.official,
    )  # fmt: skip


def _worth_telling(held: Any, finding: Finding, at: datetime) -> bool:
    """A reader acts on an onset that comes at least an hour sooner and has not begun."""
    if held.onset is None or finding.onset is None or finding.onset <= at:
        return False
    return bool((held.onset - finding.onset).total_seconds() >= 3600)


def _official(finding: Finding) -> int:
    return int(Level[finding.official["level"]]) if finding.official else 0


def _note(
    connection: Connection,
    life: Life,
    alert_key: str,
    what: str,
    level: int,
    by: str,
    at: datetime,
    why: dict[str, Any],
) -> None:
    connection.execute(
        insert(alert_change),
        {
            "realm": life.realm,
            "alert": alert_key,
            "at": at,
            "what": what,
            "level": level,
            "by": by,
            "why": why,
        },
    )
    record(connection, life.realm, at, by, what, alert_key, {"level": level})


def _latest(connection: Connection, life: Life, rule: str, place: str) -> Any:
    return connection.execute(
        _LATEST, {"realm": life.realm, "rule": rule, "place": place}
    ).one_or_none()


def _row(connection: Connection, alert_key: str) -> Any:
    return connection.execute(_BY_ID, {"key": alert_key}).one_or_none()
