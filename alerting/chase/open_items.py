"""What is open at a post: what whoever comes on duty there takes over, the gravest first.

Of the real world. The duty office takes over everything; another post what is asked of it, what it
carries, decides or lifts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, case, false, func, or_, select, true

from alerting.alerts.life import Life
from alerting.alerts.orders import title_of
from alerting.chase import calls, words
from alerting.chase.ladder import DUTY_OFFICE
from alerting.people import Post
from alerting.people.policy import DECISIONS
from alerting.store.schema import alert, measure, pursuit, realm
from alerting.store.schema_callout import callee, callout
from alerting.vocabulary import HAZARDS, NAMES
from alerting.vocabulary.answers import CALLED, HANDOVER

NAMED = 3  # in a short message
# What an item is, the most pressing first: (Chinese, English of one, of several).
KINDS = {
    "overdue": ("超时", "overdue", "overdue"),
    "undecided": ("待决", "to be decided", "to be decided"),
    "unanswered": ("待答", "unanswered", "unanswered"),
    "call-out": ("叫应", "call-out under way", "call-outs under way"),
    "trouble": ("告警", "alarm", "alarms"),
    "drill": ("演练", "drill", "drills"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One thing: `kind` of KINDS, what it is and where in both languages, since when; `alert` and
    `measure` are its ids, as far as it has any."""

    kind: str
    level: int
    about: words.Words
    place: words.Words
    since: datetime
    alert: str | None = None
    measure: str | None = None

    def json(self) -> dict[str, Any]:
        return asdict(self) | {"since": self.since.isoformat()}


def open_items(connection: Connection, life: Life, post: Post) -> list[Item]:
    """All that is open for a post in the realm of `life`."""
    found: dict[str, Item] = {}
    for item in (
        *_of_measures(connection, life, post), *_of_pursuits(connection, life, post),
        *_call_outs(connection, life, post), *_troubles(connection, life, post),
        *_drills(connection, post),
    ):  # fmt: skip
        key = item.measure or item.alert or f"{item.kind}:{item.about['zh']}:{item.place['zh']}"
        found.setdefault(key, item)
    order = list(KINDS)
    return sorted(found.values(), key=lambda i: (-i.level, order.index(i.kind), i.since))


def counted(items: Sequence[Item]) -> words.Words:
    """How many of each kind, in one sentence."""
    if not items:
        return words.both("目前没有待办事项", "nothing is open")
    counts = Counter(item.kind for item in items)
    said = [(KINDS[kind], counts[kind]) for kind in KINDS if counts[kind]]
    zh = "、".join(f"{kind[0]}{n}" for kind, n in said)
    en = ", ".join(f"{n} {kind[1 if n == 1 else 2]}" for kind, n in said)
    return words.both(f"未结{len(items)}项：{zh}", f"{len(items)} open: {en}")


def gravest(items: Sequence[Item]) -> words.Words:
    """The first few by name; {} where there is none."""
    if not items:
        return {}
    more = len(items) - NAMED
    zh = "；".join(f"{NAMES['zh'][i.level]}{i.place['zh']}{i.about['zh']}" for i in items[:NAMED])
    en = "; ".join(
        f"{NAMES['en'][i.level]} {i.about['en']}{' at ' if i.place['en'] else ''}{i.place['en']}"
        for i in items[:NAMED]
    )
    return words.both(zh + (f"等{len(items)}项" if more > 0 else ""),
                      en + (f" and {more} more" if more > 0 else ""))  # fmt: skip


def _of_measures(connection: Connection, life: Life, post: Post) -> list[Item]:
    """Those that wait for a decision, and those that are not in force in time."""
    undecided = (measure.c.state == "proposed") | measure.c.put.is_not(None)
    rows = connection.execute(
        select(measure).where(
            measure.c.realm == life.realm, measure.c.ended.is_(None),
            undecided | (measure.c.overdue.is_not(None) & measure.c.in_force.is_(None)),
            _theirs(post, measure.c.carrier, measure.c.decider, measure.c.lifter),
        ).order_by(measure.c.id)
    )  # fmt: skip
    return [
        Item("overdue" if row.overdue is not None else "undecided", max(1, row.level),
             title_of(life.book, row.measure, row.title), _place(life, row.object),
             row.overdue or row.proposed, None, row.id)
        for row in rows
    ]  # fmt: skip


def _of_pursuits(connection: Connection, life: Life, post: Post) -> list[Item]:
    """What is waited for, whoever is called for it now; among it cries that hang on nothing."""
    rows = connection.execute(
        select(pursuit, measure.c.measure.label("named"), measure.c.title.label("titled"),
               measure.c.object, alert.c.rule, alert.c.hazard, alert.c.place)
        .outerjoin(measure, measure.c.id == pursuit.c.measure)
        .outerjoin(alert, alert.c.id == pursuit.c.alert)
        .where(pursuit.c.realm == life.realm, pursuit.c.state == "open",
               pursuit.c.wants != HANDOVER,
               # The office takes over the call-out, whoever of it is silent.
               pursuit.c.wants.not_in(CALLED if post.tier == DUTY_OFFICE else ()),
               or_(alert.c.hazard.is_(None), alert.c.hazard != "service"),
               or_(pursuit.c.measure.is_not(None), pursuit.c.alert.is_not(None),
                   pursuit.c.wants == "acknowledge"),
               _theirs(post, pursuit.c.post, pursuit.c.at_post))
        .order_by(pursuit.c.id)
    )  # fmt: skip
    found = []
    for row in rows:
        about = (title_of(life.book, row.named, row.titled) if row.measure is not None
                 else words.advisory_title(life, row.rule, row.hazard) if row.alert is not None
                 else _both(calls.cried(connection, row)))  # fmt: skip
        kind = "undecided" if row.wants in DECISIONS else "unanswered"
        place = _place(life, row.object or row.place)
        news = row.alert if row.measure is None else None
        found.append(Item(kind, max(1, row.level), about, place, row.opened, news, row.measure))
    return found


def _call_outs(connection: Connection, life: Life, post: Post) -> list[Item]:
    """Those that are not closed, with how many have not reported: the duty office's alone."""
    if post.tier != DUTY_OFFICE:
        return []
    reported = or_(callee.c.reported.is_not(None), callee.c.ticked >= callee.c.asked_at)
    closed = or_(callee.c.closing_by.is_(None), callee.c.closed.is_not(None))
    answered = or_(and_(callout.c.state == "open", reported),
                   and_(callout.c.state == "closing", closed))  # fmt: skip
    rows = connection.execute(
        select(callout, func.count(callee.c.post).label("called"),
               func.count(case((answered, 1))).label("answered"))
        .join(callee, callee.c.callout == callout.c.id)
        .where(callout.c.realm == life.realm, callout.c.state != "closed")
        .group_by(callout.c.id).order_by(callout.c.id)
    )  # fmt: skip
    return [
        Item("call-out", max(1, row.level), _how_far(row), _place(life, row.zone), row.opened)
        for row in rows
    ]


def _how_far(row: Row[Any]) -> words.Words:
    hazard, left = HAZARDS[row.hazard], row.called - row.answered
    closing = row.state == "closing"
    zh = f"{hazard.zh}叫应{'待结束报告' if closing else '未报告'}{left}/{row.called}"
    en = f"{hazard.en} call-out, {left} of {row.called} have not {'closed' if closing else 'reported'}"
    return words.both(zh, en)


def _troubles(connection: Connection, life: Life, post: Post) -> list[Item]:
    """What is wrong with the service itself, blind places among it: the duty office's alone."""
    if post.tier != DUTY_OFFICE:
        return []
    rows = connection.execute(
        select(alert).where(alert.c.realm == life.realm, alert.c.state == "open",
                            alert.c.sector == "service").order_by(alert.c.opened)
    )  # fmt: skip
    return [Item("trouble", row.level, _both(_sentence(row)), words.both("", ""), row.opened, row.id)
            for row in rows]  # fmt: skip


def _drills(connection: Connection, post: Post) -> list[Item]:
    if post.tier != DUTY_OFFICE:
        return []
    rows = connection.execute(
        select(realm).where(realm.c.kind == "exercise", realm.c.ended.is_(None))
        .order_by(realm.c.id)
    )  # fmt: skip
    return [Item("drill", 1, _both(row.title), words.both("", ""), row.started) for row in rows]


def _sentence(row: Row[Any]) -> dict[str, str]:
    return dict((row.why or {}).get("sentence") or {"zh": row.rule, "en": row.rule})


def _both(said: dict[str, str]) -> words.Words:
    return words.both(said["zh"], said.get("en") or said["zh"])


def _theirs(post: Post, *columns: Any) -> Any:
    if post.tier == DUTY_OFFICE:
        return true()
    return or_(false(), *(column == post.id for column in columns))


def _place(life: Life, key: str | None) -> words.Words:
    place = life.places.by_id.get(key or "")
    return words.both(place.called("zh"), place.called("en")) if place is not None else (
        words.both("", ""))  # fmt: skip
