"""The bus as a table: a signal is taken once, and its position is moved by one who knows where it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import event, text, update

from alerting.bus import EmbeddedBus, newest_by_source
from alerting.errors import SuianError
from alerting.service.clock import LIVE, open_live
from alerting.signals import KINDS, Forecast, Spot, Tick, encode
from alerting.store import Store
from alerting.store.schema import realm

NOW = datetime(2026, 1, 20, 6, tzinfo=UTC)
BUS = EmbeddedBus()


def tick(hour: int) -> Tick:
    return Tick(source="clock", issued=NOW + timedelta(hours=hour))


@pytest.fixture
def store(database: str, tmp_path: Path) -> Store:
    made = Store(tmp_path / "suian.db")
    made.write(lambda c: open_live(c, NOW, True))
    return made


def positions(store: Store) -> dict[int, int]:
    with store.read() as connection:
        return BUS.positions(connection, LIVE)


def test_a_signal_is_new_once_and_read_in_the_order_of_acceptance(store: Store) -> None:
    first = store.write(lambda c: BUS.publish(c, LIVE, [tick(2), tick(1)], NOW))
    again = store.write(lambda c: BUS.publish(c, LIVE, [tick(1), tick(3), tick(2)], NOW))
    with store.read() as connection:
        records = BUS.read(connection, LIVE, 0)
        later = BUS.read(connection, LIVE, records[1].seq)
    assert [r.id for r in records] == first + again
    assert (len(first), len(again)) == (2, 1)
    assert [r.id for r in later] == again
    store.close()


def test_a_run_packed_beforehand_is_stamped_when_it_is_kept(store: Store) -> None:
    """Packing takes seconds for a country, and the writer is everybody's."""
    values = {"temperature": np.array([[1.5], [-2.0]], np.float32)}
    run = Forecast("model", NOW, NOW, (Spot("p", 26.5, 106.5, 900.0),), values)
    later = NOW + timedelta(seconds=3)
    new = store.write(lambda c: BUS.publish(c, LIVE, [run], later, {run.id: encode(run)}))
    with store.read() as connection:
        (record,) = BUS.read(connection, LIVE, 0)
    kept = record.signal()
    assert isinstance(kept, Forecast)
    assert (new, kept.id, kept.accepted) == ([run.id], run.id, later)
    assert (kept.values["temperature"] == values["temperature"]).all()
    store.close()


def test_a_run_that_says_again_what_was_said_before_another_is_another(store: Store) -> None:
    """Within a minute: mild, cold, and mild as before. The last is no repetition of the first."""
    def said(seconds: int, degrees: float) -> Forecast:
        at, values = NOW + timedelta(seconds=seconds), {"temperature": np.array([[degrees]], np.float32)}
        return Forecast("model", at, NOW, (Spot("p", 26.5, 106.5, 900.0),), values)

    runs = [said(0, 5.0), said(1, -6.0), said(2, 5.0), said(2, 5.0)]
    new = [store.write(lambda c, one=one: BUS.publish(c, LIVE, [one], NOW)) for one in runs]  # type: ignore[misc]
    assert new == [[runs[0].id], [runs[1].id], [runs[2].id], []]
    store.close()


def test_who_was_overtaken_moves_nothing_and_keeps_nothing(store: Store) -> None:
    store.write(lambda c: BUS.publish(c, LIVE, [tick(1), tick(2)], NOW))
    with store.read() as connection:
        first, second = (r.seq for r in BUS.read(connection, LIVE, 0))
    store.write(lambda c: BUS.taken(c, LIVE, {0: 0}, first))

    def late(connection: object) -> None:  # it read the same signal, and was paused meanwhile
        BUS.publish(connection, LIVE, [tick(9)], NOW)  # type: ignore[arg-type]
        BUS.taken(connection, LIVE, {0: 0}, first)  # type: ignore[arg-type]

    with pytest.raises(SuianError, match="another process has taken signals of live"):
        store.write(late)
    with pytest.raises(SuianError, match="another process"):
        store.write(lambda c: BUS.still(c, LIVE, {0: 0}))
    store.write(lambda c: BUS.still(c, LIVE, {0: first}))
    assert positions(store) == {0: first}
    with store.read() as connection:
        assert [r.seq for r in BUS.read(connection, LIVE, first)] == [second], "what it did went with it"
    store.close()


def test_what_each_source_said_last_is_known_by_kind(store: Store) -> None:
    for source, hour in (("clock", 1), ("another", 2), ("clock", 3), ("b", 4)):
        at = NOW + timedelta(hours=hour)
        store.write(lambda c, source=source, at=at: BUS.publish(c, LIVE, [Tick(source=source, issued=at)], at))
    with store.read() as connection:
        found = newest_by_source(connection, LIVE, KINDS)
        assert newest_by_source(connection, "exercise-1", KINDS) == {}
    assert {key: (one.issued, one.accepted) for key, one in found.items()} == {
        ("tick", source): (NOW + timedelta(hours=hour),) * 2 for source, hour in (("clock", 3), ("another", 2), ("b", 4))
    }  # fmt: skip
    store.close()


def test_a_start_reads_back_what_is_young_enough_and_has_been_taken(store: Store) -> None:
    for hour in range(6):
        at = NOW + timedelta(hours=hour)
        store.write(lambda c, hour=hour, at=at: BUS.publish(c, LIVE, [tick(hour)], at))
    with store.read() as connection:
        seqs = [one.seq for one in BUS.read(connection, LIVE, 0)]
        back = BUS.history(connection, LIVE, NOW + timedelta(hours=2), seqs[4])
        assert [one.seq for one in back] == seqs[2:5]
        assert BUS.history(connection, LIVE, NOW + timedelta(hours=9), seqs[5]) == []
        assert [one.seq for one in BUS.history(connection, LIVE, NOW - timedelta(hours=9), seqs[5])] == seqs
    store.close()


def test_whether_a_signal_waits_is_asked_of_the_newest_however_many_there_were(store: Store) -> None:
    """Loops ask it many times a minute, and of years of signals all but none wait."""
    store.write(lambda c: BUS.publish(c, LIVE, [tick(1)], NOW))
    kept_as, quick = ("BYTEA", "ANALYZE") if store.shared else ("BLOB", "SELECT 1")
    for statement in (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)"
        " INSERT INTO signal (realm, id, kind, source, issued, accepted, body)"
        f" SELECT 'live', 'x' || i, 'tick', 'clock', '2026', '2026', CAST('' AS {kept_as}) FROM n",
        "UPDATE position SET taken = (SELECT max(seq) FROM signal)", quick,
    ):
        store.write(lambda c, statement=statement: c.execute(text(statement)))
    asked = []
    event.listen(store._engine, "before_cursor_execute", lambda _c, _cursor, *said: asked.append(said[:2]))
    with store.read() as connection:
        assert not BUS.waiting(connection, LIVE)
        statement, given = asked[-1]
        explained = "EXPLAIN" if store.shared else "EXPLAIN QUERY PLAN"
        way = " ".join(str(row[-1]) for row in connection.exec_driver_sql(f"{explained} {statement}", given))
    assert ("(seq > $0)" if store.shared else "signal_by_realm (realm=? AND seq>?)") in way, way
    assert "Seq Scan on signal" not in way
    store.close()


def test_what_came_before_the_clock_was_set_back_is_remembered(store: Store) -> None:
    store.write(lambda c: BUS.publish(c, LIVE, [tick(1)], NOW))
    store.write(lambda c: c.execute(update(realm).values(clock=NOW - timedelta(hours=1))))
    store.write(lambda c: BUS.publish(c, LIVE, [tick(2)], NOW - timedelta(hours=1)))
    with store.read() as connection:
        first, second = (r.seq for r in BUS.read(connection, LIVE, 0))
        back = BUS.history(connection, LIVE, NOW - timedelta(days=62), second)
    assert [one.seq for one in back] == [first, second]
    store.close()
