"""A database of an earlier version is brought up to date at the start, and a newer one refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, inspect, select, text

from alerting.dispatch import outbox
from alerting.errors import SuianError
from alerting.people import contacts_of
from alerting.service.clock import open_live
from alerting.store import Store
from alerting.store.migrations import MIGRATIONS
from alerting.store.schema import audit, contact, is_milestone
from alerting.store.schema_reach import digest


def way_of(connection: Connection, query: str) -> str:
    """How SQLite would go about a query."""
    rows = connection.execute(text(f"EXPLAIN QUERY PLAN {query}"))
    return " ".join(str(row.detail) for row in rows)


def columns(store: Store, table: str) -> set[str]:
    with store.read() as connection:
        return {c["name"] for c in inspect(connection).get_columns(table)}


def test_a_database_of_the_first_version_gets_what_came_later(tmp_path: Path) -> None:
    store = Store(tmp_path / "suian.db")
    store.write(lambda c: c.execute(text("ALTER TABLE answer DROP COLUMN told")))
    store.write(lambda c: c.execute(text("ALTER TABLE measure DROP COLUMN title")))
    store.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '0001'")))
    store.close()
    store = Store(tmp_path / "suian.db")
    assert "told" in columns(store, "answer")
    assert "title" in columns(store, "measure")
    assert store.revision() == max(MIGRATIONS)
    store.close()


def test_a_successor_of_an_earlier_version_is_not_taken_for_one_of_ours(tmp_path: Path) -> None:
    """It was taken out when nothing reached it, and came back with an end and a beginning."""
    store = Store(tmp_path / "suian.db")
    store.write(lambda c: c.execute(text("DROP INDEX measure_one_open")))
    store.write(lambda c: c.execute(text("ALTER TABLE measure DROP COLUMN successor")))
    store.write(lambda c: c.execute(text(
        "ALTER TABLE measure ADD COLUMN successor VARCHAR DEFAULT 'old'")))  # fmt: skip
    for name in ("begins", "ends"):
        store.write(lambda c, name=name: c.execute(text(f"ALTER TABLE measure DROP COLUMN {name}")))
    store.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '0003'")))
    store.close()
    store = Store(tmp_path / "suian.db")
    assert {"successor", "begins", "ends"} <= columns(store, "measure")
    with store.read() as connection:
        made = {c["name"]: c["default"] for c in inspect(connection).get_columns("measure")}
    assert made["successor"] is None
    store.close()


def test_whoever_was_reached_before_an_upgrade_is_verified_and_who_is_new_is_not(tmp_path: Path) -> None:
    """No county goes silent on the day it is upgraded."""
    store = Store(tmp_path / "suian.db")
    store.write(lambda c: c.execute(text(
        "INSERT INTO person (id, name, language, role) VALUES ('chen', '陈', 'zh', 'answer')")))  # fmt: skip
    store.write(lambda c: c.execute(text("ALTER TABLE contact DROP COLUMN verified")))
    store.write(lambda c: c.execute(text(
        "INSERT INTO contact (person, rank, channel, address) VALUES ('chen', 0, 'sms', '+447700900101')")))  # fmt: skip
    for index in ("delivery_by_digest", "delivery_by_budget", "delivery_queue", "delivery_lane"):
        store.write(lambda c, index=index: c.execute(text(f"DROP INDEX {index}")))
    for name in ("rule", "turn", "bound", "digest", "summary"):
        store.write(lambda c, name=name: c.execute(text(f"ALTER TABLE delivery DROP COLUMN {name}")))
    for table in ("digest", "verification"):
        store.write(lambda c, table=table: c.execute(text(f"DROP TABLE {table}")))
    store.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '0012'")))
    store.close()
    store = Store(tmp_path / "suian.db")
    assert {"rule", "turn", "bound", "digest", "summary"} <= columns(store, "delivery")
    assert {"person", "begun", "ended"} <= columns(store, "digest")
    with store.read() as connection:
        assert connection.execute(select(contact.c.verified)).scalar_one() is not None
    store.write(lambda c: c.execute(insert(contact).values(person="chen", rank=1, channel="sms", address="+2")))
    with store.read() as connection:
        assert connection.execute(select(contact.c.verified).where(contact.c.rank == 1)).scalar_one() is None
        assert [c.address for c in contacts_of(connection, "chen")] == ["+447700900101", "+2"]
    store.close()


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path / "suian.db")
    store.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    store.close()
    with pytest.raises(SuianError, match="newer suian"):
        Store(tmp_path / "suian.db")


def test_an_earlier_database_gets_the_tables_of_responses_and_forms(tmp_path: Path) -> None:
    store = Store(tmp_path / "suian.db")
    tables = ("response_step", "response", "returned")
    for name in tables:
        store.write(lambda c, name=name: c.execute(text(f"DROP TABLE {name}")))
    store.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '0006'")))
    store.close()
    store = Store(tmp_path / "suian.db")
    assert {"grade", "settled", "decision"} <= columns(store, "response")
    assert all(columns(store, name) for name in tables)
    store.close()


def test_an_earlier_database_gets_the_indexes_by_which_a_month_is_found(tmp_path: Path) -> None:
    store = Store(tmp_path / "suian.db")
    names = {"alert": "alert_by_end", "answer": "answer_by_time", "signal": "signal_by_kind"}
    for name in names.values():
        store.write(lambda c, name=name: c.execute(text(f"DROP INDEX {name}")))
    store.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '0007'")))
    store.close()
    store = Store(tmp_path / "suian.db")
    with store.read() as connection:
        for table, name in names.items():
            assert name in {one["name"] for one in inspect(connection).get_indexes(table)}
    store.close()


def test_what_was_put_together_is_found_by_an_index(tmp_path: Path) -> None:
    store = Store(tmp_path / "suian.db")
    for name in ("notice_by_question", "signal_by_source"):
        store.write(lambda c, name=name: c.execute(text(f"DROP INDEX {name}")))
    store.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '0010'")))
    store.close()
    store = Store(tmp_path / "suian.db")
    with store.read() as connection:
        for table, name in (("notice", "notice_by_question"), ("signal", "signal_by_source")):
            assert name in {one["name"] for one in inspect(connection).get_indexes(table)}
        if connection.dialect.name == "sqlite":  # PostgreSQL goes by how many rows there are: none here
            plan = way_of(connection, (
                "SELECT * FROM notice WHERE realm = 'live' AND post = 'field-road'"
                " AND wants = 'decision' AND created = '2026-01-20T08:00' AND state != 'withheld'"
                " ORDER BY id"))  # fmt: skip
            typed = way_of(connection, (
                "SELECT body FROM signal WHERE realm = 'live' AND kind = 'warning'"
                " AND source >= 'typed:' AND source < 'typed;' ORDER BY seq DESC"))  # fmt: skip
            assert "USING INDEX notice_by_question" in plan
            assert "USING INDEX signal_by_source" in typed
    store.close()


def test_whoever_asked_before_asks_for_the_measures_hours(tmp_path: Path) -> None:
    store = Store(tmp_path / "suian.db")
    store.write(lambda c: open_live(c, datetime(2026, 1, 20, tzinfo=UTC), True))
    for statement in (
        "DROP INDEX asker_by_end", "DROP INDEX measure_one_open",
        "ALTER TABLE asker DROP COLUMN begins", "ALTER TABLE asker DROP COLUMN ends",
        "CREATE UNIQUE INDEX measure_one_open ON measure (realm, measure, object, carrier)"
        " WHERE ended IS NULL",
        "INSERT INTO measure (id, realm, measure, object, carrier, number, state, level, arguments,"
        " proposed, ends) VALUES ('m', 'live', 'close', 'r', 'p', 1, 'issued', 3, '{}', '2026-01-20T00:00:00.000000Z',"
        " '2026-01-20T09:00:00.000000Z')",
        "INSERT INTO asker (measure, asker, realm, level, arguments, since)"
        " VALUES ('m', 'person:x', 'live', 3, '{}', '2026-01-20T00:00:00.000000Z')",
        "UPDATE alembic_version SET version_num = '0011'",
    ):  # fmt: skip
        store.write(lambda c, statement=statement: c.execute(text(statement)))
    store.close()
    store = Store(tmp_path / "suian.db")
    with store.read() as connection:
        assert connection.execute(text("SELECT begins, ends FROM asker")).all() == [
            (None, "2026-01-20T09:00:00.000000Z")]
        one_open = connection.execute(text(
            "SELECT sql FROM sqlite_master WHERE name = 'measure_one_open'"
            if connection.dialect.name == "sqlite"
            else "SELECT indexdef FROM pg_indexes WHERE indexname = 'measure_one_open'")).scalar_one()
    assert "coalesce(day" in one_open.lower()
    store.close()


def test_an_earlier_database_gets_the_table_of_rates(tmp_path: Path) -> None:
    store = Store(tmp_path / "suian.db")
    store.write(lambda c: c.execute(text("DROP TABLE rate")))
    store.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '0030'")))
    store.close()
    store = Store(tmp_path / "suian.db")
    assert columns(store, "rate") == {"channel", "sent"}
    assert store.revision() == max(MIGRATIONS)
    store.close()


def test_leases_of_an_earlier_database_have_no_owner(tmp_path: Path) -> None:
    store = Store(tmp_path / "suian.db")
    store.write(lambda c: c.execute(text("ALTER TABLE delivery DROP COLUMN leased_by")))
    store.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '0028'")))
    store.close()
    store = Store(tmp_path / "suian.db")
    assert "leased_by" in columns(store, "delivery")
    assert store.revision() == max(MIGRATIONS)
    store.close()


def test_an_earlier_database_gets_the_tables_of_rosters(tmp_path: Path) -> None:
    store = Store(tmp_path / "suian.db")
    for table in ("shift_exercise", "roster", "roster_change", "duty"):
        store.write(lambda c, table=table: c.execute(text(f"DROP TABLE {table}")))
    store.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '0012'")))
    store.close()
    store = Store(tmp_path / "suian.db")
    with store.read() as connection:
        there = set(inspect(connection).get_table_names())
        assert {"roster", "roster_change", "duty", "shift_exercise"} <= there
        assert "duty_now" in {i["name"] for i in inspect(connection).get_indexes("duty")}
    store.close()


def test_an_earlier_database_keeps_drills(tmp_path: Path) -> None:
    store = Store(tmp_path / "suian.db")
    for statement in ("DROP TABLE drill", "ALTER TABLE realm DROP COLUMN drill",
                      "UPDATE alembic_version SET version_num = '0015'"):  # fmt: skip
        store.write(lambda c, statement=statement: c.execute(text(statement)))
    store.close()
    store = Store(tmp_path / "suian.db")
    with store.read() as connection:
        assert "drill" in {c["name"] for c in inspect(connection).get_columns("realm")}
        assert "drill_by_state" in {i["name"] for i in inspect(connection).get_indexes("drill")}
    store.close()


def test_a_swap_that_was_flagged_earlier_comes_into_force_for_nobody(tmp_path: Path) -> None:
    store = Store(tmp_path / "suian.db")
    for statement in (
        "ALTER TABLE roster_change DROP COLUMN was",
        "INSERT INTO post (id, tier, sector, place, title, title_en, active)"
        " VALUES ('p', 'field', '', 'x', 'p', '', '1')",
        "INSERT INTO roster_change (post, kind, state, begins, ends, by, at, reason)"
        " VALUES ('p', 'replace', 'flagged', '2026-01-20T00:00:00.000000Z',"
        " '2026-01-21T00:00:00.000000Z', 'a', '2026-01-19T00:00:00.000000Z', 'x')",
        "UPDATE alembic_version SET version_num = '0022'",
    ):
        store.write(lambda c, statement=statement: c.execute(text(statement)))
    store.close()
    store = Store(tmp_path / "suian.db")
    with store.read() as connection:
        assert connection.execute(text("SELECT was FROM roster_change")).scalar_one() == "asked"
    store.close()


def test_what_a_digest_gathers_stood_behind_its_band_once(tmp_path: Path) -> None:
    store = Store(tmp_path / "suian.db")
    store.write(lambda c: open_live(c, datetime(2026, 1, 1, tzinfo=UTC), True))
    store.write(lambda c: c.execute(text(
        "INSERT INTO person (id, name, language, role) VALUES ('chen', '陈', 'zh', 'answer')")))  # fmt: skip
    store.write(lambda c: c.execute(text("ALTER TABLE digest DROP COLUMN sort")))
    for band in ("red", "red check", "orange ends", "lower signature"):
        store.write(lambda c, band=band: c.execute(text(
            "INSERT INTO digest (realm, person, channel, band, begun, last)"
            f" VALUES ('live', 'chen', 'sms', '{band}', '2026-01-01', '2026-01-01')")))  # fmt: skip
    store.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '0027'")))
    store.close()
    store = Store(tmp_path / "suian.db")
    with store.read() as connection:
        found = connection.execute(select(digest.c.band, digest.c.sort).order_by(digest.c.id)).all()
    assert [tuple(row) for row in found] == [
        ("red", ""), ("red", "check"), ("orange", "ends"), ("lower", "signature")]  # fmt: skip
    store.close()


def test_notices_of_an_earlier_database_have_no_cause_and_what_is_wrong_is_found_by_indexes(tmp_path: Path) -> None:
    store = Store(tmp_path / "suian.db")
    names = {"notice": "notice_by_pursuit", "delivery": "delivery_dead", "audit": "audit_set_aside"}
    for name in names.values():
        store.write(lambda c, name=name: c.execute(text(f"DROP INDEX {name}")))
    store.write(lambda c: c.execute(text("ALTER TABLE notice DROP COLUMN cause")))
    store.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '0029'")))
    store.close()
    store = Store(tmp_path / "suian.db")
    assert "cause" in columns(store, "notice")
    with store.read() as connection:
        for table, name in names.items():
            assert name in {one["name"] for one in inspect(connection).get_indexes(table)}
    assert store.revision() == max(MIGRATIONS)
    store.close()


@pytest.mark.sqlite
def test_an_earlier_queue_gets_its_order_and_a_callback_looks_among_what_was_taken(tmp_path: Path) -> None:
    store = Store(tmp_path / "suian.db")
    for statement in (
        "DROP INDEX delivery_queue", "DROP INDEX notice_corrections", "DROP INDEX holder_by_person",
        "DROP INDEX duty_by_person", "DROP INDEX delivery_by_provider", "DROP INDEX delivery_later",
        "CREATE INDEX delivery_to_send ON delivery (state, next_try)",
        "CREATE INDEX delivery_by_provider ON delivery (channel, provider_id)",
        "UPDATE alembic_version SET version_num = '0036'",
    ):
        store.write(lambda c, statement=statement: c.execute(text(statement)))
    store.close()
    store = Store(tmp_path / "suian.db")
    with store.read() as connection:
        queue = str(outbox._QUEUE.compile(dialect=connection.dialect))
        way = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {queue}", ("",) * queue.count("?")).all()
        by_provider = way_of(connection, "SELECT id FROM delivery WHERE channel = 'sms' AND provider_id = 'SM1'")
        held = way_of(connection, "SELECT post FROM holder WHERE person = 'chen'")
        made = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = 'delivery_by_provider'")).scalar_one()
    assert "delivery_queue" in " ".join(str(row.detail) for row in way)
    assert "TEMP B-TREE" not in " ".join(str(row.detail) for row in way), "the whole queue would be sorted"
    assert "delivery_by_provider" in by_provider
    assert "holder_by_person" in held
    assert "provider_id IS NOT NULL" in made
    store.close()


def test_one_position_becomes_that_of_the_only_share(tmp_path: Path) -> None:
    store = Store(tmp_path / "suian.db")
    store.write(lambda c: open_live(c, datetime(2026, 1, 20, tzinfo=UTC), True))
    for change in (
        "DROP TABLE position", "ALTER TABLE realm ADD COLUMN taken INTEGER NOT NULL DEFAULT 0",
        "UPDATE realm SET taken = 41", "ALTER TABLE signal DROP COLUMN share", "DROP TABLE bus_position",
        "CREATE TABLE bus_position (topic VARCHAR PRIMARY KEY, next INTEGER NOT NULL)",
        "INSERT INTO bus_position VALUES ('suian-signals', 7)",
        "UPDATE alembic_version SET version_num = '0037'",
    ):  # fmt: skip
        store.write(lambda c, change=change: c.execute(text(change)))
    store.close()
    store = Store(tmp_path / "suian.db")
    with store.read() as connection:
        assert connection.execute(text("SELECT realm, share, taken FROM position")).all() == [("live", 0, 41)]
        assert connection.execute(text("SELECT topic, part, next FROM bus_position")).all() == [
            ("suian-signals", 0, 7)]  # fmt: skip
    assert "share" in columns(store, "signal")
    assert "taken" not in columns(store, "realm")
    store.close()


def test_the_newest_of_a_log_is_found_without_reading_it(tmp_path: Path) -> None:
    names = {"audit_by_realm", "audit_milestones"}
    store = Store(tmp_path / "suian.db")
    for name in names:
        store.write(lambda c, name=name: c.execute(text(f"DROP INDEX {name}")))
    store.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '0038'")))
    store.close()
    store = Store(tmp_path / "suian.db")
    with store.read() as connection:
        assert names <= {one["name"] for one in inspect(connection).get_indexes("audit")}
        if connection.dialect.name == "sqlite":  # PostgreSQL goes by how many rows there are: none here
            sent = select(audit.c.n).where(is_milestone, audit.c.realm == "live", audit.c.action == "send head")
            asked = sent.order_by(audit.c.n.desc()).limit(1)
            way = way_of(connection, str(asked.compile(store._engine, compile_kwargs={"literal_binds": True})))
            last = way_of(connection, "SELECT at FROM audit WHERE realm = 'live' ORDER BY n DESC LIMIT 1 OFFSET 99")
            assert "USING COVERING INDEX audit_milestones" in way
            assert "USING INDEX audit_by_realm" in last
            assert "TEMP B-TREE" not in way + last
    store.close()
