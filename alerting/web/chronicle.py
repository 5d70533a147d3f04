"""What has just happened in a realm, in one line each: for the terminal, and for a page's first look.

It is read from the rows that hold it anyway (signals, audit entries, answers) and keeps nothing of its
own but how far it has read. What happened in one breath to many places is one line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from alerting.alerts.orders import title_of
from alerting.chase.words import NOT_DONE
from alerting.rulebook.plans import NAMES as NAMES_OF_GRADES
from alerting.rulebook.plans import SIGNS, level_of
from alerting.service import listing
from alerting.signals import Warning, decode
from alerting.store.schema import alert, answer, audit, measure, response, signal, standing
from alerting.vocabulary import NAMES, Level
from alerting.web.desk import Station
from alerting.web.labels import ESCALATION_REASONS
from alerting.web.names import people_named, post_titles

Said = dict[str, str]
# By the audit log's action: its mark, what is said in Chinese and in English.
OF_ALERTS = {
    "opened": ("▲", "出现", "opens"), "reopened": ("▲", "再次出现", "opens again"),
    "raised": ("▲", "升级", "rises"), "fell": ("▼", "降级", "falls"),
    "cleared": ("▼", "解除", "clears"), "closed": ("▼", "结束", "ends"),
    "withdrawn": ("▼", "撤回", "withdrawn"), "correct": ("◆", "更正", "corrected"),
}  # fmt: skip
OF_MEASURES = {
    "waits": ("□", "待决定", "to be decided"),
    "order ahead": ("■", "先行下达，待追认", "ordered ahead of its signature"),
    "confirm": ("✓", "已追认", "confirmed"),
    "issue measure": ("■", "下达措施", "ordered"), "acknowledged": ("✓", "已收到", "acknowledged"),
    "in force": ("✔", "已落实", "in force"), "cannot carry out": ("✗", "无法执行", "cannot be done"),
    "overdue": ("✗", "超时未落实", "overdue"), "refused": ("✗", "不同意", "refused"),
    "ask about a conflict": ("□", "与另一项冲突，待决定", "conflicts with another, to be decided"),
    "suspend": ("□", "暂停，等待决定", "on hold until decided"),
    "wait": ("□", "等待须先落实的措施", "waits for what comes first"),
    "attested": ("✓", "复工四项已确认，待签字", "four points attested, to be signed"),
    "refuse attestation": ("✗", "复工四项不全，未受理", "attestation refused"),
    "send back": ("✗", "未予签字，退回", "sent back unsigned"),
    "propose lift": ("□", "拟解除", "lifting proposed"), "lifted": ("▼", "解除措施", "lifted"),
    "end passed": ("□", "到原定时间，仍被要求", "past its end, still asked for"),
    "correct": ("◆", "更正", "corrected"),
    "expired": ("▼", "到期结束", "expired"), "superseded": ("▼", "由另一项接替", "superseded"),
}  # fmt: skip
OF_RESPONSES = {
    "propose response": ("□", "提请会商", "put to consultation"),
    "start response": ("▲", "启动", "starts"), "change response": ("▲", "调整为", "changes to"),
    "end response": ("▼", "终止", "ends"), "decline response": ("✗", "不同意", "declined"),
}  # fmt: skip
TROUBLE = {"cannot carry out", "overdue", "refused", "refuse attestation", "send back"}
MARKS = {"escalate": "↗", "nobody reached": "✗", "not-understood": "?"}
NAMED = 2  # of many places; the rest is a count
COMMA = {"zh": "、", "en": ", "}


@dataclass(frozen=True, slots=True)
class Event:
    """`at` by the realm's clock; `level` 0 to 4; `trouble` where somebody should look."""

    at: datetime
    mark: str
    said: Said
    level: int = 0
    trouble: bool = False


@dataclass(slots=True)
class _Breath:
    """One thing that happened to several places, in one breath."""

    event: Event
    places: list[Said] = field(default_factory=list)

    def told(self) -> Event:
        names = {one["zh"]: one for one in self.places}
        said = dict(self.event.said)
        for language in said if names else ():
            shown = COMMA[language].join(one[language] for one in list(names.values())[:NAMED])
            more = len(names) - NAMED
            tail = {"zh": f"等 {len(names)} 处", "en": f" and {more} more"}[language]
            said[language] += f" {shown}{tail if more > 0 else ''}"
        return replace(self.event, said=said)


class Chronicle:
    """Starts with what happens from now on, or `back` audit entries earlier; reads on from there."""

    def __init__(
        self, connection: Connection, station: Station, realm: str, back: int | None = 0
    ) -> None:
        """`back` counts audit entries and signals of the realm; None: from its beginning."""
        self._station, self._realm = station, realm
        self._seq = self._n = 0
        self._holding: set[tuple[str, str]] = set()
        if back is not None:
            self._n = _nth_last(connection, audit.c.n, audit.c.realm == realm, back)
            self._seq = _nth_last(connection, signal.c.seq, signal.c.realm == realm, back)

    def news(self, connection: Connection) -> list[Event]:
        """What has happened since it was last asked, oldest first."""
        found = [*self._came_in(connection), *self._was_done(connection), *self._held(connection)]
        return sorted(found, key=lambda e: e.at)

    def _came_in(self, connection: Connection) -> list[Event]:
        rows = connection.execute(
            select(signal.c.seq, signal.c.kind, signal.c.accepted, signal.c.body)
            .where(signal.c.realm == self._realm, signal.c.seq > self._seq)
            .where(signal.c.kind.in_(["forecast", "observation", "warning"]))
            .order_by(signal.c.seq)
        ).all()
        if not rows:
            return []
        self._seq = rows[-1].seq
        found = [_arrival(r) for r in rows if r.kind != "observation"]
        measured = [r.accepted for r in rows if r.kind == "observation"]
        for at in dict.fromkeys(measured):
            n = measured.count(at)
            found.append(Event(at, "→", {"zh": f"实况 {n} 条", "en": f"{n} observations"}))
        return found

    def _was_done(self, connection: Connection) -> list[Event]:
        rows = connection.execute(
            select(audit.c.n, audit.c.at, audit.c.who, audit.c.action, audit.c.subject,
                   audit.c.change, alert.c.rule, alert.c.place, measure.c.measure,
                   measure.c.title, measure.c.object, measure.c.level, measure.c.state)
            .outerjoin(alert, alert.c.id == audit.c.subject)
            .outerjoin(measure, measure.c.id == audit.c.subject)
            .where(audit.c.realm == self._realm, audit.c.n > self._n)
            .order_by(audit.c.n)
        ).all()  # fmt: skip
        if not rows:
            return []
        self._n = rows[-1].n
        posts, people = post_titles(connection), people_named(connection)
        breaths: dict[tuple[object, ...], _Breath] = {}
        for row in rows:
            made = self._event(connection, row, posts, people)
            if made is not None:
                event, place = made
                key = (event.at.replace(second=0, microsecond=0), event.mark, event.said["zh"])
                breath = breaths.setdefault(key, _Breath(event))
                breath.places += [place] if place is not None else []
        return [breath.told() for breath in breaths.values()]

    def _event(
        self, connection: Connection, row: Any, posts: dict[str, Said], people: dict[str, Said]
    ) -> tuple[Event, Said | None] | None:
        """What an audit entry tells of, and where; None for what only the log needs."""
        if row.rule is not None and row.action in OF_ALERTS:
            return self._of_alert(row)
        if row.action in OF_RESPONSES:
            return self._of_response(connection, row, people), None
        if row.measure is not None:
            return self._of_measure(row, people)
        change = row.change
        if row.action == "escalate":
            a, b = (posts.get(change[k], _as_is(change[k])) for k in ("from", "to"))
            zh, en = ESCALATION_REASONS.get(change["reason"], (change["reason"],) * 2)
            said = {"zh": f"升级叫应：{a['zh']} → {b['zh']}（{zh}）",
                    "en": f"next rung: {a['en']} → {b['en']} ({en})"}  # fmt: skip
        elif row.action == "nobody reached":
            last = posts.get(change["post"], _as_is(change["post"]))
            zh, en = NOT_DONE[change["wants"]]
            said = {"zh": f"{zh}，最后叫的是{last['zh']}",
                    "en": f"{en}, the last called was {last['en']}"}  # fmt: skip
        elif row.action == "not-understood":
            who, words = people.get(row.who, _as_is(row.who)), _words(connection, row.who, row.at)
            said = {"zh": f"{who['zh']}回复“{words}”，不算应答，已回提示",
                    "en": f"{who['en']} says “{words}”: no answer, a hint went back"}  # fmt: skip
        else:
            return None
        return Event(row.at, MARKS[row.action], said, 0, True), None

    def _of_alert(self, row: Any) -> tuple[Event, Said]:
        mark, zh, en = OF_ALERTS[row.action]
        level = row.change.get("level", 0)
        rule = self._station.book.rules_by_id.get(row.rule)
        title = rule.title if rule is not None else _as_is(row.rule)
        said = {"zh": f"{zh} {title['zh']}{_colour(level, 'zh')}",
                "en": f"{en}: {title['en']} {_colour(level, 'en')}".rstrip()}  # fmt: skip
        return Event(row.at, mark, said, level), self._place(row.place)

    def _of_response(self, connection: Connection, row: Any, people: dict[str, Said]) -> Event:
        mark, zh, en = OF_RESPONSES[row.action]
        grade = row.change["grade"]
        title = connection.execute(
            select(response.c.title).where(response.c.id == row.subject)
        ).scalar_one()
        who = people.get(row.who, _as_is(""))
        step = (f"{SIGNS[grade]}级", f"grade {NAMES_OF_GRADES[grade]}") if grade else ("终止", "end")
        shown = step if grade or row.action != "end response" else ("", "")
        said = {"zh": f"{who['zh']} {zh}{shown[0]}：{title['zh']}".strip(),
                "en": f"{who['en']} {en} {shown[1]}: {title['en']}".replace(" :", ":").strip()}
        return Event(row.at, mark, said, level_of(grade), row.action == "decline response")

    def _of_measure(self, row: Any, people: dict[str, Said]) -> tuple[Event, Said] | None:
        action = row.action
        if row.measure in self._station.book.plan_of:  # told of as its response
            return None
        if action == "propose measure" and row.state == "proposed":
            action = "waits"
        if action not in OF_MEASURES:
            return None
        mark, zh, en = OF_MEASURES[action]
        title = title_of(self._station.book, row.measure, row.title)
        who = people.get(row.who, _as_is(""))
        said = {"zh": f"{who['zh']} {zh}：{title['zh']}".strip(),
                "en": f"{who['en']} {en}: {title['en']}".strip()}  # fmt: skip
        return Event(row.at, mark, said, row.level, action in TROUBLE), self._place(row.object)

    def _held(self, connection: Connection) -> list[Event]:
        """Alerts whose cause is over and that wait out their hold."""
        rows = connection.execute(
            select(standing.c.rule, standing.c.place, standing.c.hold_since, standing.c.level)
            .where(standing.c.realm == self._realm, standing.c.level > 0)
            .where(standing.c.hold_since.is_not(None))
            .order_by(standing.c.rule, standing.c.place)
        ).all()
        fresh = [r for r in rows if (r.rule, r.place) not in self._holding]
        self._holding = {(r.rule, r.place) for r in rows}
        breaths: dict[str, _Breath] = {}
        for row in fresh:
            rule = self._station.book.rules_by_id.get(row.rule)
            if rule is None:
                continue
            said = {"zh": f"暂不解除，观察中：{rule.title['zh']}{_colour(row.level, 'zh')}",
                    "en": f"held for now: {rule.title['en']} {_colour(row.level, 'en')}"}  # fmt: skip
            event = Event(row.hold_since, "=", said, row.level)
            breaths.setdefault(row.rule, _Breath(event)).places.append(self._place(row.place))
        return [breath.told() for breath in breaths.values()]

    def _place(self, place: str) -> Said:
        return listing.place_name(self._station.places, place)


def _arrival(row: Any) -> Event:
    if row.kind == "forecast":  # unpacked it would be megabytes
        return Event(row.accepted, "→", {"zh": "预报到达", "en": "a forecast comes in"})
    try:
        one = decode(row.body)
    except ValueError:  # the engine has set it aside and the watch says so
        return Event(row.accepted, "→", {
            "zh": "收到一条无法读取的预警", "en": "a warning comes in that cannot be read",
        })  # fmt: skip
    assert isinstance(one, Warning)
    lifted = one.action == "cancel"
    en = "lifted" if lifted else one.level
    return Event(row.accepted, "→", {
        "zh": f"官方预警：{one.headline}", "en": f"official warning, {one.hazard}: {en}",
    }, 0 if lifted else int(Level[one.level]))  # fmt: skip


def _colour(level: int, language: str) -> str:
    return NAMES[language].get(level, "")


def _nth_last(
    connection: Connection, column: Any, where: ColumnElement[bool], back: int
) -> int:
    """The number of the row `back` rows before the last; 0 where there are not so many."""
    rows = select(column).where(where).order_by(column.desc()).offset(back).limit(1)
    return int(connection.execute(rows).scalar() or 0)


def _words(connection: Connection, who: str, at: datetime) -> str:
    """What a person said that nobody understood."""
    said = connection.execute(
        select(answer.c.text)
        .where(answer.c.person == who, answer.c.outcome == "not-understood", answer.c.at <= at)
        .order_by(answer.c.at.desc())
        .limit(1)
    ).scalar()
    return str(said or "")


def _as_is(key: str) -> Said:
    """What has left the county's tables keeps its id."""
    return {"zh": key, "en": key}


def latest(connection: Connection, station: Station, realm: str, limit: int) -> Iterable[Event]:
    """The last `limit` events of a realm, the newest first."""
    events = Chronicle(connection, station, realm, back=10 * limit).news(connection)
    return list(reversed(events[-limit:]))
