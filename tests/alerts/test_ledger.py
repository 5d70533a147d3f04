"""The rows of one transaction: written together, and only if nobody else changed them meanwhile."""

from __future__ import annotations

import pytest
from sqlalchemy import event, select, update

from alerting.alerts import episodes
from alerting.alerts.asking import ask
from alerting.alerts.finding import Finding
from alerting.alerts.ledger import Ledger
from alerting.alerts.notices import Facts, posts_told, tell, withhold
from alerting.errors import Refused, SuianError
from alerting.store.schema import alert, audit, notice
from tests.alerts.county import County


@pytest.fixture
def county():
    made = County()
    made.forecast(visibility=[80.0] * 12)
    assert made.changes()
    return made


def the_alert(county):
    with county.store.read() as connection:
        return connection.execute(select(alert).where(alert.c.rule == "fog")).first()


def test_a_row_that_somebody_else_changed_gives_the_whole_transaction_up(county):
    held = the_alert(county)

    def lose(connection):
        with Ledger(connection, county.life) as ledger:
            row = ledger.alert(held.id)
            ledger.record(county.now, "loser", "change", held.id, {})
            connection.execute(update(alert).where(alert.c.id == held.id).values(state="withdrawn"))
            ledger.change(row, level=4)

    with pytest.raises(SuianError, match="1 of 1 rows of alert were changed by somebody else"):
        county.store.write(lose)
    assert the_alert(county) == held
    with county.store.read() as connection:
        assert connection.execute(select(audit).where(audit.c.who == "loser")).all() == []


def test_what_fails_on_the_way_writes_nothing(county):
    held = the_alert(county)

    def fail(connection):
        with Ledger(connection, county.life) as ledger:
            ledger.change(ledger.alert(held.id), level=4)
            raise Refused("not like this")

    def refused(connection):
        with pytest.raises(Refused):
            fail(connection)

    county.store.write(refused)
    assert the_alert(county) == held


def test_notices_of_this_transaction_count_with_those_before_it(county):
    held = the_alert(county)

    def work(connection):
        with Ledger(connection, county.life) as ledger:
            office = ledger.resolve("duty-office", "", held.place)
            facts = Facts("road-traffic", "fog", held.place, 2)
            tell(ledger, "update", office, facts, county.now, alert=held.id)
            assert office.id in posts_told(ledger, "alert", held.id)
            before = len(ledger.notices("alert", held.id)) - 1
            assert before > 0
            assert withhold(ledger, held.id, ("update",), "overtaken") == 1
            return before

    before = county.store.write(work)
    with county.store.read() as connection:
        rows = connection.execute(
            select(notice).where(notice.c.alert == held.id).order_by(notice.c.id)
        ).all()
    assert len(rows) == before + 1
    assert (rows[-1].kind, rows[-1].state, rows[-1].reason) == ("update", "withheld", "overtaken")


def test_many_askers_take_no_more_statements_than_one(county):
    """What made a front slow: 33 statements an alert."""
    held = the_alert(county)
    place = county.life.places.by_id[held.place]
    name = next(iter(county.life.book.measures))

    def statements(askers):
        seen = []

        def note(_connection, _cursor, statement, *_):
            seen.append(statement)

        def work(connection):
            event.listen(connection, "before_cursor_execute", note)
            with Ledger(connection, county.life) as ledger:
                for n in range(askers):
                    facts = Facts("road-traffic", "fog", held.place, 2)
                    by = f"person:{askers}-{n}"
                    ask(ledger, name, place, {}, facts, by, county.now)

        county.store.write(work)
        return [s for s in seen if s.startswith(("INSERT", "UPDATE", "DELETE"))]

    statements(1)
    assert len(statements(30)) <= len(statements(1)) + 1


def test_a_fall_is_word_of_the_data_and_whether_it_stands_is_asked_anew(county):
    held = the_alert(county)
    place = county.life.places.by_id[held.place]

    def data_fail(connection):
        with Ledger(connection, county.life) as ledger:
            episodes.held_by_unknown(ledger, ledger.alert(held.id), county.now, ask_now=True)

    def it_falls(connection):
        with Ledger(connection, county.life) as ledger:
            calm = Finding({}, {"zh": "", "en": ""})
            rule = county.life.book.rules_by_id["fog"]
            episodes.fall(ledger, rule, place, held.level - 1, calm, True, "s", county.now)

    for work in (data_fail, data_fail, it_falls, data_fail):
        county.store.write(work)
    assert the_alert(county).held_by_unknown is not None
    assert [n.kind for n in county.notices()].count("question") == 2
