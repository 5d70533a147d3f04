"""What is over long enough is deleted with all that hangs on it; what is open or referred to stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, delete, event, func, insert, select, update

from alerting import audit
from alerting.service.clock import open_live
from alerting.service.config import Keep
from alerting.service.keeping import night
from alerting.store import Store
from alerting.store.migrations import tables
from alerting.store.schema import (
    alert,
    alert_change,
    answer,
    asker,
    delivery,
    delivery_notice,
    escalation,
    measure,
    notice,
    person,
    position,
    pursuit,
    realm,
    response,
    signal,
)
from alerting.store.schema import audit as audit_table
from alerting.store.schema_callout import callout
from alerting.store.schema_drill import drill
from alerting.store.schema_reach import digest

NOW = datetime(2026, 12, 1, tzinfo=UTC)
OLD, YOUNG = NOW - timedelta(days=300), NOW - timedelta(days=10)
KEEP = Keep(signals_days=100, alerts_days=200, audit_days=250, exercises_days=30)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "suian.db")
    made.write(lambda c: open_live(c, OLD, True))
    yield made
    made.close()


class Past:
    """Writes what once was."""

    def __init__(self, store: Store, of: str = "live") -> None:
        self.store, self.of = store, of

    def alert(self, n: int, closed: datetime | None = OLD, rule: str = "fog") -> str:
        key = f"{self.of}.{rule}.p.{n}"
        self._add(alert, id=key, realm=self.of, rule=rule, place="p", episode=n, sector="s", hazard="fog",
                  state="closed" if closed else "open", level=1, peak=1, opened=OLD, updated=OLD,
                  closed=closed, why={})  # fmt: skip
        self._add(alert_change, realm=self.of, alert=key, at=OLD, what="opened", level=1, by="x", why={})
        return key

    def measure(self, n: int, by: str, ended: datetime | None = OLD) -> str:
        key = f"{self.of}.close.p.q.{n}"
        self._add(measure, id=key, realm=self.of, measure="close", object="p", carrier="q", number=n,
                  state="lifted", level=1, arguments={}, proposed=OLD, ended=ended)  # fmt: skip
        self._add(asker, measure=key, asker=by, realm=self.of, level=1, arguments={}, since=OLD)
        return key

    def told(self, *, state: str = "carried", message: str = "read", pursued: str = "answered", **of: str) -> int:
        """A notice with its pursuit, escalation, message and answer; gives the message."""
        waited = self._add(pursuit, realm=self.of, wants="acknowledge", post="q", level=1, state=pursued, rung=0,
                           round=0, at_post="q", opened=OLD, **of)  # fmt: skip
        self._add(escalation, realm=self.of, pursuit=waited, from_post="q", to_post="r", at=OLD, reason="silent")
        said = self._add(notice, realm=self.of, kind="open", level=1, created=OLD, due=OLD, state=state, facts={},
                         pursuit=waited, **of)  # fmt: skip
        sent = self._add(delivery, realm=self.of, person="chen", channel="sms", address="+1", band="red", round=0,
                         state=message, language="zh", text="x", code="H6", link="x", letters={}, created=OLD,
                         at=OLD)  # fmt: skip
        self._add(delivery_notice, delivery=sent, notice=said)
        self._add(answer, id=f"{self.of} answer {sent}", realm=self.of, person="chen", channel="sms", delivery=sent,
                  act="acknowledge", at=OLD, outcome="taken", **of)  # fmt: skip
        return sent

    def called(self, n: int) -> None:
        """A call-out, and a digest of what was sent for it."""
        self._add(callout, id=f"{self.of}.c.{n}", realm=self.of, hazard="fog", zone="z", number=n,
                  alert=self.alert(n, rule="ice"), sector="s", level=1, state="closed", opened=OLD, closed=OLD)  # fmt: skip
        self._add(person, id=f"p{n}", name="x", language="zh", role="answer")
        self._add(digest, realm=self.of, person=f"p{n}", channel="sms", band="red", begun=OLD, last=OLD, ended=OLD)

    def signal(self, kind: str, at: datetime, source: str = "model") -> int:
        number = self._add(signal, realm=self.of, id=f"{kind} {source} {at}", kind=kind, source=source, issued=at,
                           accepted=at, body=b"")  # fmt: skip
        self.store.write(lambda c: c.execute(delete(position).where(position.c.realm == self.of)))
        self._add(position, realm=self.of, share=0, taken=number)
        return number

    def _add(self, table: Table, **values: Any) -> Any:
        return self.store.write(lambda c: c.execute(insert(table).values(values)).inserted_primary_key[0])


def passes(store: Store, keep: Keep = KEEP, size: int = 2) -> list[int]:
    """A whole night, and the sealer after each batch; gives the rows of each."""
    rows = []
    for work in night(store, keep, NOW, lambda: size):
        rows.append(store.write(work))
        store.write(audit.seal)
    return rows


def there(store: Store, *of: Table) -> dict[str, int]:
    with store.read() as connection:
        return {one.name: connection.execute(select(func.count()).select_from(one)).scalar_one() for one in of}


def ids(store: Store, of: Table) -> list[str]:
    with store.read() as connection:
        return list(connection.execute(select(of.c.id).order_by(of.c.id)).scalars())


HANGS = (alert_change, asker, notice, pursuit, escalation, delivery, delivery_notice, answer)


def test_what_is_over_goes_with_all_that_hangs_on_it(store: Store) -> None:
    past = Past(store)
    for n in range(1, 8):
        one = past.alert(n)
        past.told(alert=one)
        past.told(alert=one, measure=past.measure(n, by=one))
    past.alert(1, rule="ice")
    past.alert(2, rule="ice")
    passes(store)
    # Of each the newest stays: the next one is numbered after it.
    assert ids(store, alert) == ["live.fog.p.7", "live.ice.p.2"]
    assert ids(store, measure) == ["live.close.p.q.7"]
    assert there(store, *HANGS) == {one.name: 2 for one in HANGS} | {"asker": 1}
    assert sum(passes(store)) == 0, "and the next night finds nothing"


def test_a_table_says_by_which_option_its_rows_go(store: Store) -> None:
    past = Past(store)
    for n in range(1, 3):
        past.told(measure=past.measure(n, by=past.alert(n)))
        past.told()
        past.called(n)
        past.signal("warning", OLD + timedelta(hours=n))
    emptied = set[str]()

    def deleted(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("DELETE FROM "):
            emptied.add(statement.split()[2])

    event.listen(store._engine, "before_cursor_execute", deleted)
    passes(store, Keep(alerts_days=200))
    assert emptied == {one.name for one in tables() if "alerts_days" in one.info["kept"]}


def test_nothing_goes_where_nothing_is_said(store: Store) -> None:
    past = Past(store)
    for n in range(1, 4):
        past.told(alert=past.alert(n))
        past.signal("forecast", OLD + timedelta(hours=n))
    assert passes(store, Keep()) == []
    assert there(store, alert, signal) == {"alert": 3, "signal": 3}


@pytest.mark.parametrize("why", ["young", "open", "asked", "waited for", "due", "bound", "sending", "speaks", "called"])
def test_what_is_open_or_referred_to_stays(store: Store, why: str) -> None:
    past = Past(store)
    one = past.alert(1, closed={"young": YOUNG, "open": None}.get(why, OLD))
    past.alert(2, closed=YOUNG)
    if why == "asked":  # by it: a measure that is not over
        past.measure(1, by=one, ended=None)
        past.measure(2, by="person:x", ended=YOUNG)
    past.told(alert=one, pursued="open" if why == "waited for" else "answered",
              state="due" if why == "due" else "carried",
              message=why if why in ("bound", "sending") else "read")  # fmt: skip
    if why == "speaks":
        store.write(lambda c: c.execute(insert(response).values(
            id="r", realm="live", plan="icing", number=1, title={}, state="in force", wanted=1,
            trigger={"alerts": [one]}, proposed=OLD)))  # fmt: skip
    if why == "called":
        from alerting.store.schema_callout import callout

        store.write(lambda c: c.execute(insert(callout).values(
            id="c", realm="live", hazard="fog", zone="z", number=1, alert=one, sector="s", level=1,
            state="closed", opened=OLD, ended=OLD, closed=OLD)))  # fmt: skip
    passes(store)
    assert ids(store, alert) == [one, "live.fog.p.2"]
    assert there(store, notice, delivery, pursuit) == {"notice": 1, "delivery": 1, "pursuit": 1}


def test_a_message_that_carries_something_else_too_stays(store: Store) -> None:
    past = Past(store)
    sent = past.told(alert=past.alert(1))
    past.alert(2, closed=YOUNG)
    with store.read() as connection:
        [first] = connection.execute(select(notice.c.id)).scalars()
    past.told(alert="live.fog.p.2")
    with store.read() as connection:
        second = connection.execute(select(func.max(notice.c.id))).scalar_one()
    store.write(lambda c: c.execute(insert(delivery_notice).values(delivery=sent, notice=second)))
    assert first != second
    passes(store)
    assert there(store, notice, delivery) == {"notice": 1, "delivery": 2}


def test_the_weather_goes_first_and_what_was_said_stays_with_the_alerts(store: Store) -> None:
    past = Past(store)
    for n in range(5):
        past.signal("forecast", NOW - timedelta(days=150 - n))
        past.signal("warning", NOW - timedelta(days=150 - n), "office")
    silent = past.signal("forecast", NOW - timedelta(days=170), "silent since")
    not_taken = past.signal("observation", NOW - timedelta(days=160))
    store.write(lambda c: c.execute(update(position).values(taken=not_taken - 1)))
    passes(store)
    with store.read() as connection:
        kept = connection.execute(select(signal.c.kind, signal.c.seq)).all()
    assert [seq for kind, seq in kept if kind == "forecast"] == [9, silent], "the newest of each source"
    assert [seq for kind, seq in kept if kind == "observation"] == [not_taken]
    assert len([kind for kind, _ in kept if kind == "warning"]) == 5


def test_an_exercise_leaves_its_name_and_its_seal(store: Store) -> None:
    given = {"kind": "exercise", "title": {}, "exercise": True, "started": OLD, "begins": OLD, "speed": 1.0}
    store.write(lambda c: c.execute(insert(realm), [
        given | {"id": "exercise-1", "ended": OLD + timedelta(hours=2), "drill": None},
        given | {"id": "exercise-2", "ended": None, "drill": None},
        given | {"id": "exercise-3", "ended": YOUNG, "drill": None},
        given | {"id": "exercise-4", "ended": OLD + timedelta(hours=2), "drill": 1}]))  # fmt: skip
    store.write(lambda c: c.execute(insert(drill).values(
        id=1, plan="p", title={}, state="ended", due=OLD, announced=True, by="x", at=OLD, reason="",
        realm="exercise-4")))  # fmt: skip
    for number in range(1, 5):
        past = Past(store, f"exercise-{number}")
        past.told(alert=past.alert(1))
        past.measure(1, by=f"exercise-{number}.fog.p.1")
        past.signal("warning", OLD)
        for n in range(6):
            store.write(lambda c, n=n, of=past.of: audit.record(c, of, OLD, "x", "did", str(n), {}))
    store.write(audit.seal)
    passes(store)
    passes(store)
    with store.read() as connection:
        for table in tables():
            if "realm" in table.c and table not in (realm, audit_table, drill):
                of = connection.execute(select(table.c.realm).distinct()).scalars().all()
                assert "exercise-1" not in of, table.name
        kept = connection.execute(select(audit_table.c.number).where(audit_table.c.realm == "exercise-1")
                                  .order_by(audit_table.c.number)).scalars().all()  # fmt: skip
        assert audit.verify(connection) == []
    assert kept == [6, 7], "the last entry, and that the others were taken off"
    assert len(ids(store, realm)) == 5
    assert ids(store, alert) == [f"exercise-{n}.fog.p.1" for n in (2, 3, 4)], "one runs, one is young, one a drill"


def test_the_log_is_cut_at_a_head_that_went_out(store: Store) -> None:
    heads = []
    for day in range(300, 0, -1):
        at = NOW - timedelta(days=day)
        store.write(lambda c, at=at: audit.record(c, "live", at, "x", "did", "y", {}))
        store.write(audit.seal)
        with store.read() as connection:
            number, digest = audit.head(connection, "live")
        heads.append(digest)
        if day % 7 == 0:  # somebody was there to send it to
            store.write(lambda c, at=at, number=number, digest=digest: audit.record(
                c, "live", at, "service", "send head", "o", {"number": number, "hash": digest}))  # fmt: skip
    passes(store)
    with store.read() as connection:
        assert audit.verify(connection) == []
        assert audit.head(connection, "live")[0] == there(store, audit_table)["audit"], "taken off the next night"
    passes(store, size=7)
    with store.read() as connection:
        first = connection.execute(select(audit_table).order_by(audit_table.c.n).limit(1)).one()
        assert first.hash in heads
        assert first.at == NOW - timedelta(days=252)
        assert audit.first_kept(connection, "live") == first.number
        assert audit.verify(connection, first.hash) == []
        assert audit.verify(connection, heads[-1]) == []
        [gone] = audit.verify(connection, heads[0])
    assert "older than what `keep:` has left" in gone.what
    # What is left still cannot be changed, the entry it begins with least of all.
    store.write(lambda c: c.execute(update(audit_table).where(audit_table.c.n == first.n).values(who="nobody")))
    with store.read() as connection:
        [broken] = audit.verify(connection)
    assert broken.what == f"entry {first.number} was changed"
    store.write(lambda c: c.execute(audit_table.delete().where(audit_table.c.n == first.n)))
    with store.read() as connection:
        [broken] = audit.verify(connection)
    assert broken.what == f"entry {first.number} is missing"


def test_what_was_taken_off_without_a_word_is_missing(store: Store) -> None:
    for n in range(5):
        store.write(lambda c, n=n: audit.record(c, "live", OLD, "x", "did", str(n), {}))
    store.write(audit.seal)
    store.write(lambda c: audit.cut(c, "live", 3, NOW))
    with store.read() as connection:
        assert audit.verify(connection) == [], "not sealed yet: the chain is walked from its beginning"
    store.write(lambda c: c.execute(audit_table.delete().where(audit_table.c.number < 3)))
    with store.read() as connection:
        assert [one.what for one in audit.verify(connection)] == ["entry 1 is missing"]
    store.write(audit.seal)
    with store.read() as connection:
        assert audit.verify(connection) == []
