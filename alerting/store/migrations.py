"""Schema changes in order, each a function; Alembic keeps the number of the last one applied.

They live in code rather than in an Alembic script folder so that an installed package can migrate a
county's database at start, in one transaction, without a command.
"""

from __future__ import annotations

from functools import cache

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Table, insert, inspect, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable, ExecutableDDLElement

from alerting.errors import SuianError
from alerting.store import schema_reach
from alerting.store.schema import (
    asker,
    audit,
    bus_position,
    contact,
    delivery,
    escalation,
    holder,
    measure,
    metadata,
    notice,
    position,
    pursuit,
    response,
    response_step,
    returned,
)
from alerting.store.schema_callout import callee, callout, callout_alert, callout_report
from alerting.store.schema_drill import drill
from alerting.store.schema_duty import duty, handover, roster, roster_change, shift_exercise


def _first(connection: Connection) -> None:
    for statement in todays(connection.dialect.name):
        connection.exec_driver_sql(statement)


@cache
def todays(kind: str) -> tuple[str, ...]:
    """What makes today's tables in an empty database of a kind; written out once a process."""
    dialect = postgresql.dialect if kind == "postgresql" else sqlite.dialect
    made: list[ExecutableDDLElement] = [CreateTable(table) for table in tables()]
    made += [CreateIndex(index) for table in tables() for index in table.indexes]
    return tuple(str(one.compile(dialect=dialect())) for one in made)


def _answers_tell(connection: Connection) -> None:
    # A database made from today's tables has it already.
    if "told" not in {c["name"] for c in inspect(connection).get_columns("answer")}:
        connection.execute(text("ALTER TABLE answer ADD COLUMN told JSON NOT NULL DEFAULT '{}'"))


def _told_is_read_from_notices(connection: Connection) -> None:
    if "told" in {c["name"] for c in inspect(connection).get_columns("alert")}:
        connection.execute(text("ALTER TABLE alert DROP COLUMN told"))


def _measures_keep_their_title(connection: Connection) -> None:
    if "title" not in {c["name"] for c in inspect(connection).get_columns("measure")}:
        connection.execute(text("ALTER TABLE measure ADD COLUMN title JSON"))


def _nothing_succeeds_a_measure(connection: Connection) -> None:
    if "successor" in {c["name"] for c in inspect(connection).get_columns("measure")}:
        connection.execute(text("ALTER TABLE measure DROP COLUMN successor"))


def _measures_meet(connection: Connection) -> None:
    metadata.tables["meeting"].create(connection, checkfirst=True)
    known = {c["name"] for c in inspect(connection).get_columns("measure")}
    for name, kind in (("waits", "JSON"), ("attested", "VARCHAR(27)"), ("attested_by", "VARCHAR")):
        if name not in known:
            connection.execute(text(f"ALTER TABLE measure ADD COLUMN {name} {kind}"))


def _responses_and_returns(connection: Connection) -> None:
    metadata.create_all(connection, tables=[returned, response, response_step])


def _a_month_is_found(connection: Connection) -> None:
    for table, name in (("alert", "alert_by_end"), ("measure", "measure_by_end"),
                        ("signal", "signal_by_kind"), ("pursuit", "pursuit_by_time"),
                        ("delivery", "delivery_by_time"), ("answer", "answer_by_time")):  # fmt: skip
        [index] = [one for one in metadata.tables[table].indexes if one.name == name]
        connection.execute(CreateIndex(index, if_not_exists=True))


def _measures_have_an_end(connection: Connection) -> None:
    known = {c["name"] for c in inspect(connection).get_columns("measure")}
    for name, kind in (("begins", "VARCHAR(27)"), ("ends", "VARCHAR(27)"), ("successor", "VARCHAR")):
        if name not in known:
            connection.execute(text(f"ALTER TABLE measure ADD COLUMN {name} {kind}"))


def _measures_know_their_day_and_gate(connection: Connection) -> None:
    known = {c["name"] for c in inspect(connection).get_columns("measure")}
    for name, kind in (("day", "VARCHAR"), ("gate", "BOOLEAN")):
        if name not in known:
            connection.execute(text(f"ALTER TABLE measure ADD COLUMN {name} {kind}"))


def _questions_and_what_people_typed_are_found(connection: Connection) -> None:
    for table, name in (("notice", "notice_by_question"), ("signal", "signal_by_source")):
        [index] = [one for one in metadata.tables[table].indexes if one.name == name]
        connection.execute(CreateIndex(index, if_not_exists=True))


def _askers_know_their_hours(connection: Connection) -> None:
    """Of whoever asked before, the measure's own hours are the nearest that is known. Where an end had
    been taken off because somebody was to look, it is over."""
    connection.execute(text(
        "UPDATE measure SET ends = coalesce(ended, proposed) WHERE ends IS NULL"
        " AND CAST(arguments AS TEXT) LIKE '%\"until\"%'"
        " AND (ended IS NOT NULL OR state = 'lift proposed')"))
    known = {c["name"] for c in inspect(connection).get_columns("asker")}
    for name in ("begins", "ends"):
        if name not in known:
            connection.execute(text(f"ALTER TABLE asker ADD COLUMN {name} VARCHAR(27)"))
            connection.execute(text(
                f"UPDATE asker SET {name} = (SELECT {name} FROM measure WHERE id = asker.measure)"))
    [one_open] = [i for i in measure.indexes if i.name == "measure_one_open"]
    if "timed" not in {c["name"] for c in inspect(connection).get_columns("measure")}:
        connection.execute(text("ALTER TABLE measure ADD COLUMN timed BOOLEAN"))
        connection.execute(text("UPDATE measure SET timed = (begins IS NOT NULL OR ends IS NOT NULL)"))
    connection.execute(text("DROP INDEX IF EXISTS measure_one_open"))
    connection.execute(CreateIndex(one_open))
    [by_end] = [i for i in asker.indexes if i.name == "asker_by_end"]
    connection.execute(CreateIndex(by_end, if_not_exists=True))


def _posts_have_rosters(connection: Connection) -> None:
    metadata.create_all(connection, tables=[roster, roster_change, duty])


def _people_are_reached_with_care(connection: Connection) -> None:
    """Digests, fair turns, budgets, verified addresses. Whoever was reached so far is verified: an
    upgrade must leave nobody without a loud channel."""
    metadata.create_all(connection, tables=[schema_reach.digest, schema_reach.verification])
    known = {c["name"] for c in inspect(connection).get_columns("delivery")}
    for name, kind in (("rule", "VARCHAR NOT NULL DEFAULT ''"), ("bound", "VARCHAR(27)"),
                       ("turn", "INTEGER NOT NULL DEFAULT 0"), ("digest", "INTEGER"),
                       ("summary", "BOOLEAN NOT NULL DEFAULT '0'")):  # fmt: skip
        if name not in known:
            connection.execute(text(f"ALTER TABLE delivery ADD COLUMN {name} {kind}"))
    for index in delivery.indexes:
        if index.name in ("delivery_by_digest", "delivery_by_budget"):
            connection.execute(CreateIndex(index, if_not_exists=True))
    if "verified" not in {c["name"] for c in inspect(connection).get_columns(contact.name)}:
        connection.execute(text("ALTER TABLE contact ADD COLUMN verified VARCHAR(27)"))
        now = ("""to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS".000000Z"')"""
               if connection.dialect.name == "postgresql"
               else "strftime('%Y-%m-%dT%H:%M:%S.000000Z', 'now')")  # fmt: skip
        connection.execute(text(f"UPDATE contact SET verified = {now}"))


def _policies_say_whom_and_how_loud(connection: Connection) -> None:
    metadata.create_all(connection, tables=[schema_reach.heard])
    known = {c["name"] for c in inspect(connection).get_columns("notice")}
    for name, kind in (("who", "VARCHAR NOT NULL DEFAULT 'on-duty'"),
                       ("loudness", "INTEGER NOT NULL DEFAULT 0")):  # fmt: skip
        if name not in known:
            connection.execute(text(f"ALTER TABLE notice ADD COLUMN {name} {kind}"))
    # What was given up in silence is called again, at the slow pace, from now on.
    connection.execute(text("UPDATE pursuit SET deadline = opened WHERE state = 'open'"
                            " AND deadline IS NULL AND end_reason = 'exhausted'"))  # fmt: skip


def _drills_are_kept(connection: Connection) -> None:
    metadata.create_all(connection, tables=[drill])
    if "drill" not in {c["name"] for c in inspect(connection).get_columns("realm")}:
        connection.execute(text("ALTER TABLE realm ADD COLUMN drill INTEGER"))


def _decisions_are_changed_and_confirmed(connection: Connection) -> None:
    for table, columns in (("measure", ("signed JSON", "put JSON")), ("post", ("deputy VARCHAR",))):
        known = {c["name"] for c in inspect(connection).get_columns(table)}
        for column in columns:
            if column.split()[0] not in known:
                connection.execute(text(f"ALTER TABLE {table} ADD COLUMN {column}"))


def _measures_are_ordered_ahead(connection: Connection) -> None:
    if "ahead" not in {c["name"] for c in inspect(connection).get_columns("measure")}:
        connection.execute(text("ALTER TABLE measure ADD COLUMN ahead VARCHAR(27)"))


def _measures_are_corrected(connection: Connection) -> None:
    if "corrects" not in {c["name"] for c in inspect(connection).get_columns("measure")}:
        connection.execute(text("ALTER TABLE measure ADD COLUMN corrects JSON"))


def _duty_is_handed_over(connection: Connection) -> None:
    metadata.create_all(connection, tables=[handover])


def _flagged_changes_know_what_they_were(connection: Connection) -> None:
    if "was" not in {c["name"] for c in inspect(connection).get_columns("roster_change")}:
        connection.execute(text("ALTER TABLE roster_change ADD COLUMN was VARCHAR"))
        # A swap that nobody has taken does not come into force by itself.
        connection.execute(text("UPDATE roster_change SET was = 'asked' WHERE state = 'flagged'"))


def _townships_are_called_out(connection: Connection) -> None:
    metadata.create_all(connection, tables=[callout, callout_alert, callee, callout_report])


def _digests_know_their_sort(connection: Connection) -> None:
    """It stood behind the band before: "red check"."""
    if "sort" not in {c["name"] for c in inspect(connection).get_columns("digest")}:
        connection.execute(text("ALTER TABLE digest ADD COLUMN sort VARCHAR NOT NULL DEFAULT ''"))
    for band in ("red", "orange", "lower"):
        connection.execute(
            text("UPDATE digest SET sort = substr(band, :behind), band = :band WHERE band LIKE :both"),
            {"behind": len(band) + 2, "band": band, "both": f"{band} %"},
        )


def _leases_have_an_owner(connection: Connection) -> None:
    if "leased_by" not in {c["name"] for c in inspect(connection).get_columns("delivery")}:
        connection.execute(text("ALTER TABLE delivery ADD COLUMN leased_by VARCHAR"))


def _what_is_wrong_is_found(connection: Connection) -> None:
    """What the watch looks for every half minute must not take it through all that ever was."""
    for index in (*notice.indexes, *delivery.indexes, *audit.indexes):
        if index.name in ("notice_by_pursuit", "delivery_dead", "audit_set_aside"):
            index.create(connection, checkfirst=True)


def _a_rate_is_kept_by_all(connection: Connection) -> None:
    schema_reach.rate.create(connection, checkfirst=True)


def _notices_know_their_cause(connection: Connection) -> None:
    if "cause" not in {c["name"] for c in inspect(connection).get_columns("notice")}:
        connection.execute(text("ALTER TABLE notice ADD COLUMN cause VARCHAR"))


def _what_was_passed_over(connection: Connection) -> None:
    """0024 and 0025 came after 0026: a database that was of 0026 by then never got them."""
    _measures_are_corrected(connection)
    _townships_are_called_out(connection)


def _what_is_old_is_found(connection: Connection) -> None:
    """Of a long history. What each source said last is found by the order in which it came."""
    names = ("notice_loose", "escalation_by_pursuit", "audit_by_subject", "audit_to_seal")
    for index in (*notice.indexes, *escalation.indexes, *audit.indexes):
        if index.name in names:
            index.create(connection, checkfirst=True)
    connection.execute(text("DROP INDEX IF EXISTS signal_by_source"))
    [by_source] = [one for one in metadata.tables["signal"].indexes if one.name == "signal_by_source"]
    by_source.create(connection)


def _turns_begin_with_an_exercise(connection: Connection) -> None:
    metadata.create_all(connection, tables=[shift_exercise])


def _pages_of_a_long_history_are_quick(connection: Connection) -> None:
    names = ("delivery_by_realm", "alert_by_state", "escalation_by_measure", "pursuit_by_state",
             "notice_held")  # fmt: skip
    for table in tables():
        for index in table.indexes:
            if index.name in names:
                index.create(connection, checkfirst=True)


def _queues_have_an_order(connection: Connection) -> None:
    # They were of all rows: of what has been sent, too.
    for name in ("delivery_by_provider", "delivery_to_send"):
        connection.execute(text(f"DROP INDEX IF EXISTS {name}"))
    wanted = {"delivery_by_provider", "delivery_queue", "notice_corrections", "holder_by_person",
              "duty_by_person", "delivery_later", "contact_stopped"}  # fmt: skip
    for table in (delivery, notice, holder, duty, contact):
        for index in table.indexes:
            if index.name in wanted:
                connection.execute(CreateIndex(index, if_not_exists=True))


def _places_are_shared_out(connection: Connection) -> None:
    """A realm and a topic had one position each."""
    if "share" not in {c["name"] for c in inspect(connection).get_columns("signal")}:
        connection.execute(text("ALTER TABLE signal ADD COLUMN share INTEGER"))
    if "taken" in {c["name"] for c in inspect(connection).get_columns("realm")}:
        metadata.create_all(connection, tables=[position])
        connection.execute(text("INSERT INTO position SELECT id, 0, taken FROM realm"))
        connection.execute(text("ALTER TABLE realm DROP COLUMN taken"))
    if "part" not in {c["name"] for c in inspect(connection).get_columns("bus_position")}:
        held = connection.execute(text("SELECT topic, next FROM bus_position")).all()
        bus_position.drop(connection)
        bus_position.create(connection)
        for topic, after in held:
            connection.execute(insert(bus_position).values(topic=topic, part=0, next=after))


def _the_newest_of_a_long_log_is_found(connection: Connection) -> None:
    for index in audit.indexes:
        if index.name in ("audit_by_realm", "audit_milestones"):
            connection.execute(CreateIndex(index, if_not_exists=True))


def _whoever_reads_a_topic_says_how_it_goes(connection: Connection) -> None:
    known = {c["name"] for c in inspect(connection).get_columns("bus_position")}
    for name, kind in (
        ("topic_id", "VARCHAR"), ("unread", "INTEGER"), ("oldest", "VARCHAR(27)"),
        ("looked", "VARCHAR(27)"), ("error", "VARCHAR"), ("missing", "INTEGER"),
        ("missing_at", "VARCHAR(27)"),
    ):  # fmt: skip
        if name not in known:
            connection.execute(text(f"ALTER TABLE bus_position ADD COLUMN {name} {kind}"))


def _a_crowd_is_told(connection: Connection) -> None:
    wanted = {"notice_nobody", "notice_next", "notice_queue", "delivery_lane", "pursuit_deadlines",
              "pursuit_of_post", "pursuit_subjects"}  # fmt: skip
    for table in (delivery, notice, pursuit):
        for index in table.indexes:
            if index.name in wanted:
                connection.execute(CreateIndex(index, if_not_exists=True))
    # They were of all that is over, too. Last: from here on nobody may read until all is committed.
    for name in ("pursuit_due", "notice_due"):
        connection.execute(text(f"DROP INDEX IF EXISTS {name}"))


MIGRATIONS = {
    "0001": _first, "0002": _answers_tell, "0003": _told_is_read_from_notices,
    "0004": _measures_keep_their_title, "0005": _nothing_succeeds_a_measure,
    "0006": _measures_meet, "0007": _responses_and_returns, "0008": _a_month_is_found,
    "0009": _measures_have_an_end, "0010": _measures_know_their_day_and_gate,
    "0011": _questions_and_what_people_typed_are_found, "0012": _askers_know_their_hours,
    "0013": _posts_have_rosters, "0015": _people_are_reached_with_care,
    "0018": _policies_say_whom_and_how_loud,
    "0021": _drills_are_kept,
    "0022": _decisions_are_changed_and_confirmed,
    "0023": _measures_are_ordered_ahead,
    "0024": _measures_are_corrected,
    "0025": _townships_are_called_out,
    "0026": _duty_is_handed_over,
    "0027": _flagged_changes_know_what_they_were,
    "0028": _digests_know_their_sort,
    "0029": _leases_have_an_owner,
    "0030": _what_is_wrong_is_found,
    "0031": _a_rate_is_kept_by_all,
    "0032": _notices_know_their_cause,
    "0033": _what_was_passed_over,
    "0034": _what_is_old_is_found,
    "0035": _turns_begin_with_an_exercise,
    "0036": _pages_of_a_long_history_are_quick,
    "0037": _queues_have_an_order,
    "0038": _places_are_shared_out,
    "0039": _the_newest_of_a_long_log_is_found,
    "0040": _whoever_reads_a_topic_says_how_it_goes,
    "0041": _a_crowd_is_told,
}  # fmt: skip


def upgrade(connection: Connection) -> None:
    """Bring the database to the newest revision.

    Raises SuianError for a database that a newer suian has written.
    """
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in MIGRATIONS:
        raise SuianError(
            f"this database was written by a newer suian (schema {current})",
            mend="Start that version, or restore a copy made before.",
        )
    if current is None:  # today's tables need none of the later changes
        _first(connection)
        stamp(connection, newest())
        return
    for revision, change in MIGRATIONS.items():
        if revision > current:
            change(connection)
            stamp(connection, revision)


def tables() -> list[Table]:
    """All of today's, each after those it refers to."""
    return metadata.sorted_tables


def newest() -> str:
    """The revision of today's tables."""
    return max(MIGRATIONS)


def stamp(connection: Connection, revision: str) -> None:
    """Note of which revision the tables are."""
    MigrationContext.configure(connection)._ensure_version_table()
    connection.execute(text("DELETE FROM alembic_version"))
    connection.execute(text("INSERT INTO alembic_version VALUES (:r)"), {"r": revision})
