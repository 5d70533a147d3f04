"""What one transaction knows of alerts, measures, askers and notices, and what it makes of them.

A front opens hundreds of alerts in one slice: what they need is read once for all of them
(`read_ahead`), changed in memory, and written with one statement a table. What nobody foresaw is read
when it is asked for. Rows keep the order in which they were made; nothing outlives the transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import cache
from typing import Any, Self

from sqlalchemy import Connection, Table, and_, bindparam, func, select, tuple_
from sqlalchemy.sql.elements import ColumnElement

from alerting.alerts.callout_rows import CalloutRows
from alerting.alerts.life import Life
from alerting.audit import entry, record_all
from alerting.people import Post, post_by_id, read_posts_near, resolve
from alerting.store.rows import Row, Rows
from alerting.store.schema import alert, alert_change, asker, measure, meeting, notice
from alerting.store.schema_callout import callee, callout, callout_alert

Pair = tuple[str, str]
# Of a stored notice what decides on later ones; its facts are long and stay where they are.
_NOTICE = tuple(notice.c[n] for n in ("id", "kind", "alert", "measure", "post", "level", "created",
                                          "state", "wants", "reason", "cause"))  # fmt: skip


class Ledger:
    """Use as a context: what was added and changed is written on leaving it, unless it failed."""

    def __init__(self, connection: Connection, life: Life) -> None:
        self.connection, self.life, self.realm = connection, life, life.realm
        self._rows = Rows(connection, (alert, measure, meeting, asker, callout, callout_alert, callee,
                                       notice, alert_change))  # fmt: skip
        self.callouts = CalloutRows(connection, self.realm, self._rows)
        self.change = self._rows.change
        self._alerts: dict[str, Row | None] = {}
        self._latest: dict[Pair, Row | None] = {}  # by rule and place
        self._measures: dict[str, Row | None] = {}
        self._newest: dict[Pair, dict[str, Row]] = {}  # by measure and object; by carrier
        self._for_day: dict[tuple[str, str, str], dict[str, Row]] = {}  # and by day; by carrier
        self._open_here: dict[Pair, list[Row]] = {}  # by measure and object
        self._askers: dict[str, dict[str, Row]] = {}  # by measure; by asker
        self._open_read: set[str] = set()  # keys of measures.yaml of which all open ones are known
        self._meetings: dict[str, dict[str, Row]] = {}  # by measure; by its own id
        self._asking_alerts: set[str] = set()
        self._asked_by: dict[str, set[str]] = {}  # by asker: the measures it ever asked for
        self._notices: dict[Pair, list[Row]] = {}  # by ("alert" or "measure", its id)
        self._notice_by_id: dict[int, Row] = {}
        self._entries: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        if failed is None:
            self._rows.write()
            record_all(self.connection, self._entries)

    def record(self, at: datetime, who: str, action: str, subject: str, change: Any) -> None:
        """An audit entry, committed with what it tells of."""
        self._entries.append(entry(self.realm, at, who, action, subject, change))

    def post(self, post_id: str | None) -> Post | None:
        return post_by_id(self.connection, post_id) if post_id else None

    def resolve(self, tier: str, sector: str, place: str) -> Post | None:
        return resolve(self.connection, self.life.places, tier, sector, place)

    # Alerts

    def alert(self, key: str) -> Row | None:
        if key not in self._alerts:
            self._alerts[key] = None
            self._keep(alert, self._alerts, select(alert).where(alert.c.id == key))
        return self._alerts[key]

    def latest(self, rule: str, place: str) -> Row | None:
        """The newest episode of a rule at a place."""
        if (rule, place) not in self._latest:
            self._read_latest([(rule, place)])
        return self._latest[rule, place]

    def add_alert(self, **values: Any) -> Row:
        row = self._rows.add(alert, realm=self.realm, **values)
        self._alerts[row.id] = self._latest[row.rule, row.place] = row
        self._asked_by[row.id] = set()
        self._notices["alert", row.id] = []
        return row

    def note(self, key: str, at: datetime, what: str, level: int, by: str, why: Any) -> None:
        """A change of an alert, for its page."""
        self._rows.add(alert_change, realm=self.realm, alert=key, at=at, what=what, level=level,
                       by=by, why=why)  # fmt: skip

    # Measures and who asks for them

    def measure(self, key: str) -> Row | None:
        if key not in self._measures:
            self._measures[key] = None
            self._keep(measure, self._measures, select(measure).where(measure.c.id == key))
        return self._measures[key]

    def newest(self, name: str, object_id: str, carrier: str) -> Row | None:
        """The measure of this key with the highest number, open or ended."""
        if (name, object_id) not in self._newest:
            self._read_newest([(name, object_id)])
        return self._newest[name, object_id].get(carrier)

    def said_no(self, row: Row) -> list[Row]:
        """The measures of the same key and day that were refused, or withdrawn once ordered."""
        self._keep(measure, self._measures, select(measure).where(
            measure.c.realm == self.realm, measure.c.measure == row.measure,
            measure.c.object == row.object, measure.c.carrier == row.carrier,
            measure.c.state.in_(("refused", "withdrawn"))))  # fmt: skip
        key = (row.measure, row.object, row.carrier, row.day)
        return [one for one in self._measures.values()
                if one is not None and (one.measure, one.object, one.carrier, one.day) == key
                and (one.state == "refused" or (one.state == "withdrawn" and one.issued is not None))]

    def open_at(self, name: str, object_id: str) -> list[Row]:
        """The open measures of this name at an object, in the order of their numbers."""
        if (name, object_id) not in self._open_here:
            self._read_open([(name, object_id)])
        rows = (row for row in self._open_here[name, object_id] if row.ended is None)
        return sorted(rows, key=lambda row: (row.carrier, row.number))

    def open_here(self, name: str, object_id: str, carrier: str) -> list[Row]:
        """Those of one carrier: one, or one for each day and stretch of hours."""
        return [row for row in self.open_at(name, object_id) if row.carrier == carrier]

    def for_day(self, name: str, object_id: str, carrier: str, day: str) -> Row | None:
        """The same of those for one named day."""
        key = (name, object_id, day)
        if key not in self._for_day:
            self._keep(measure, self._measures, select(measure).where(
                measure.c.realm == self.realm, measure.c.measure == name,
                measure.c.object == object_id, measure.c.day == day))  # fmt: skip
            found = [row for row in self._measures.values()
                     if row and (row.measure, row.object, row.day) == key]  # fmt: skip
            self._for_day[key] = {r.carrier: r for r in sorted(found, key=lambda r: r.number)}
        return self._for_day[key].get(carrier)

    def add_measure(self, **values: Any) -> Row:
        row = self._rows.add(measure, realm=self.realm, **values)
        self._measures[row.id] = row
        self._newest[row.measure, row.object][row.carrier] = row
        if (row.measure, row.object) in self._open_here:
            self._open_here[row.measure, row.object].append(row)
        if (row.measure, row.object, row.day) in self._for_day:
            self._for_day[row.measure, row.object, row.day][row.carrier] = row
        self._askers[row.id] = {}
        self._asked_by[row.id] = set()
        self._notices["measure", row.id] = []
        self._meetings[row.id] = {}
        return row

    def open_of(self, names: Collection[str]) -> list[Row]:
        """The open measures of these keys, oldest first; of one moment in the order of their ids."""
        missing = set(names) - self._open_read
        if missing:
            self._open_read |= missing
            self._keep(measure, self._measures, select(measure).where(
                measure.c.realm == self.realm, measure.c.measure.in_(missing),
                measure.c.ended.is_(None),
            ))  # fmt: skip
        rows = (row for row in self._measures.values() if row and row.measure in names)
        return sorted((r for r in rows if r.ended is None), key=lambda r: (r.proposed, r.id))

    def superseded_by(self, measure_id: str) -> list[Row]:
        """The measures that this one took over from, in the order of their ids."""
        return self._keep(measure, self._measures, select(measure).where(
            measure.c.successor == measure_id).order_by(measure.c.id))  # fmt: skip

    def meetings(self, measure_id: str) -> list[Row]:
        """Its conflicts with others, decided or not, in the order in which they came up."""
        if measure_id not in self._meetings:
            self._meetings[measure_id] = {}
            found = select(meeting).where(
                (meeting.c.first == measure_id) | (meeting.c.second == measure_id)
            )
            for read in self.connection.execute(found).mappings():
                row = self._known_meeting(read["id"]) or Row(meeting, dict(read), stored=True)
                self._meetings[measure_id][row.id] = row
        return sorted(self._meetings[measure_id].values(), key=lambda r: (r.opened, r.id))

    def add_meeting(self, first: Row, second: Row, **values: Any) -> Row:
        row = self._rows.add(meeting, id=f"{second.id}~{first.id}", realm=self.realm,
                             first=first.id, second=second.id, **values)  # fmt: skip
        for one in (first.id, second.id):
            self.meetings(one)
            self._meetings[one][row.id] = row
        return row

    def _known_meeting(self, key: str) -> Row | None:
        return next((held[key] for held in self._meetings.values() if key in held), None)

    def askers(self, measure_id: str) -> dict[str, Row]:
        """Who asks or once asked for a measure, by asker."""
        if measure_id not in self._askers:
            self._read_askers([measure_id])
        return self._askers[measure_id]

    def add_asker(self, measure_id: str, by: str, **values: Any) -> None:
        if by not in self._asked_by:
            self._read_asked_by([by])
        row = self._rows.add(asker, measure=measure_id, asker=by, realm=self.realm, **values)
        self.askers(measure_id)[by] = row
        self._asked_by[by].add(measure_id)
        if by not in self._measures and self.alert(by) is not None:
            self._asking_alerts.add(by)

    def asked_by(self, by: str) -> list[Row]:
        """What somebody asks for now: rows of askers, by measure."""
        if by not in self._asked_by:
            self._read_asked_by([by])
        rows = [self.askers(key)[by] for key in sorted(self._asked_by[by])]
        return [row for row in rows if row.ended is None]

    def ever_asked_by(self, by: str) -> list[Row]:
        """The measures that somebody asks for or once asked for."""
        if by not in self._asked_by:
            self._read_asked_by([by])
        rows = [self.measure(key) for key in sorted(self._asked_by[by])]
        return [row for row in rows if row is not None]

    def alert_of(self, measure_id: str, rule: str = "") -> str | None:
        """The alert that asks for a measure, for a notice to hang on: that of the rule whose facts the
        notice carries, where it asks; else the first still asking."""
        asking = [r for r in self.askers(measure_id).values() if r.asker in self._asking_alerts]
        of_rule = [r for r in asking if rule and r.asker.startswith(f"{self.realm}.{rule}.")]
        asking = of_rule or asking
        first = min(asking, key=lambda r: (r.ended is not None, r.since, r.asker), default=None)
        return None if first is None else str(first.asker)

    # Notices

    def notices(self, about: str, key: str) -> list[Row]:
        """Those that hang on an "alert" or on a "measure"; of stored ones the columns of _NOTICE."""
        if (about, key) not in self._notices:
            self._read_notices(about, [key])
        return self._notices[about, key]

    def add_notice(self, **values: Any) -> None:
        cause = self.life.cause or self._cause(values["measure"], values["alert"])
        row = self._rows.add(notice, realm=self.realm, cause=cause, **values)
        for about in ("alert", "measure"):
            if (about, values[about]) in self._notices:
                self._notices[about, values[about]].append(row)

    def _cause(self, measure_id: str | None, alert_id: str | None) -> str | None:
        """With what that began of which this is a later word, said by the clock alone."""
        for about, key in (("measure", measure_id), ("alert", alert_id)):
            before = self.notices(about, key) if key else []
            if found := next((one.cause for one in before if one.cause), None):
                return str(found)
        return None

    # Reading, for all of them at once

    def read_ahead(self, moves: Collection[Pair], still: Iterable[Pair]) -> None:
        """What the alerts of these (rule, place) need: `moves` all, `still` the alert alone."""
        self._read_latest([*moves, *still])
        if not moves:
            return
        read_posts_near(self.connection, self.life.places, {place for _, place in moves})
        held = [row.id for move in moves if (row := self._latest[move]) is not None]
        self._read_notices("alert", held)
        self._read_asked_by(held)
        book = self.life.book
        asked = {rule: _measures_of(book, rule) for rule, _ in moves}
        pairs = {(name, place) for rule, place in moves for name in asked[rule]}
        self._read_newest(pairs)
        self._read_open(pairs)
        elsewhere = set().union(*self._asked_by.values()) - self._measures.keys()
        if elsewhere:
            self._keep(measure, self._measures, select(measure).where(measure.c.id.in_(elsewhere)))
        open_ones = [key for key, row in self._measures.items() if row and row.ended is None]
        self._read_askers(open_ones)
        self._read_asked_by(open_ones)

    def _read_latest(self, pairs: Iterable[Pair]) -> None:
        missing = [pair for pair in pairs if pair not in self._latest]
        if missing:
            self._latest.update(dict.fromkeys(missing))
            newest = _newest(alert, ("rule", "place"), "episode")
            for row in self._keep(alert, self._alerts, newest, self._of_pairs(missing)):
                # One that was opened since then is newer.
                self._latest[row.rule, row.place] = self._latest.get((row.rule, row.place)) or row

    def _read_newest(self, pairs: Iterable[Pair]) -> None:
        missing = [pair for pair in pairs if pair not in self._newest]
        if missing:
            self._newest.update({pair: {} for pair in missing})
            newest = _newest(measure, ("measure", "object", "carrier"), "number")
            for row in self._keep(measure, self._measures, newest, self._of_pairs(missing)):
                if (row.measure, row.object) in self._newest:
                    self._newest[row.measure, row.object].setdefault(row.carrier, row)

    def _read_open(self, pairs: Iterable[Pair]) -> None:
        missing = [pair for pair in pairs if pair not in self._open_here]
        if not missing:
            return
        self._open_here.update({pair: [] for pair in missing})
        self._keep(measure, self._measures, _OPEN, {"realm": self.realm, "pairs": missing})
        wanted = set(missing)
        for row in self._measures.values():
            if row and row.ended is None and (row.measure, row.object) in wanted:
                self._open_here[row.measure, row.object].append(row)

    def _read_askers(self, measure_ids: Iterable[str]) -> None:
        missing = [key for key in measure_ids if key not in self._askers]
        if not missing:
            return
        self._askers.update({key: {} for key in missing})
        rows = self.connection.execute(_ASKERS, {"measures": missing}).mappings()
        for read in rows:
            values = dict(read)
            if values.pop("alert_id") is not None:
                self._asking_alerts.add(values["asker"])
            self._askers[values["measure"]][values["asker"]] = Row(asker, values, stored=True)

    def _read_asked_by(self, askers: Iterable[str]) -> None:
        missing = [by for by in askers if by not in self._asked_by]
        if not missing:
            return
        self._asked_by.update({by: set() for by in missing})
        for by, key in self.connection.execute(_ASKED_BY, {"askers": missing}):
            self._asked_by[by].add(key)

    def _read_notices(self, about: str, keys: Iterable[str]) -> None:
        missing = [key for key in keys if (about, key) not in self._notices]
        if not missing:
            return
        self._notices.update({(about, key): [] for key in missing})
        given = {"keys": missing}
        for row in self._keep(notice, self._notice_by_id, _NOTICES[about], given):
            self._notices[about, getattr(row, about)].append(row)
        for row in self._rows.added(notice):
            if getattr(row, about) in missing:
                self._notices[about, getattr(row, about)].append(row)

    def _of_pairs(self, pairs: Collection[Pair]) -> dict[str, Any]:
        """As `_newest` asks for them."""
        firsts, seconds = ({pair[n] for pair in pairs} for n in (0, 1))
        return {"realm": self.realm, "firsts": sorted(firsts), "seconds": sorted(seconds)}

    def _keep(
        self, table: Table, known: dict[Any, Any], rows: Any, given: dict[str, Any] | None = None
    ) -> list[Row]:
        """The rows of a select; of one that was met before, what has become of it here."""
        found = []
        for read in self.connection.execute(rows, given).mappings():
            if known.get(read["id"]) is None:
                known[read["id"]] = Row(table, dict(read), stored=True)
            found.append(known[read["id"]])
        return found


# Made once: each slice that changes something asks all of them.
_OPEN = select(measure).where(
    measure.c.realm == bindparam("realm"), measure.c.ended.is_(None),
    tuple_(measure.c.measure, measure.c.object).in_(bindparam("pairs", expanding=True)),
)  # fmt: skip
_ASKERS = (
    select(asker, alert.c.id.label("alert_id"))
    .outerjoin(alert, alert.c.id == asker.c.asker)
    .where(asker.c.measure.in_(bindparam("measures", expanding=True)))
)
_ASKED_BY = select(asker.c.asker, asker.c.measure).where(
    asker.c.asker.in_(bindparam("askers", expanding=True))
)
_NOTICES = {
    about: select(*_NOTICE).where(notice.c[about].in_(bindparam("keys", expanding=True)))
    .order_by(notice.c.id)
    for about in ("alert", "measure")
}  # fmt: skip


@cache
def _newest(table: Table, key: tuple[str, ...], number: str) -> Any:
    """The row with the highest `number` for each `key`, whose first two columns are given in pairs
    (and where one is named with another's second, of that too)."""
    columns = [table.c[name] for name in key]
    newest = (
        select(*columns, func.max(table.c[number]).label(number))
        .where(table.c.realm == bindparam("realm"),
               columns[0].in_(bindparam("firsts", expanding=True)),
               columns[1].in_(bindparam("seconds", expanding=True)))
        .group_by(*columns)
        .subquery()
    )  # fmt: skip
    same: list[ColumnElement[bool]] = [table.c[n] == newest.c[n] for n in (*key, number)]
    return select(table).join(newest, and_(table.c.realm == bindparam("realm"), *same))


def _measures_of(book: Any, rule_id: str) -> set[str]:
    """All that a rule may come to ask for, with what stands in until it is approved."""
    rule = book.rules_by_id.get(rule_id)
    asked = {a.measure for step in rule.levels.values() for a in step.ask} if rule else set()
    return asked | {name for one in asked for name in book.measures[one].interim_names}
