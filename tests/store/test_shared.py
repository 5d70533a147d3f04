"""A database that several processes share: what one alone may do, and how the others hear of a commit."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DatabaseError

from alerting.errors import BadInput, SuianError
from alerting.store import Store, postgres
from alerting.store.link import ANY, Link
from alerting.store.postgres import session
from alerting.store.schema import setting
from tests.postgres_server import Server

pytestmark = pytest.mark.sqlite  # not twice: these are of the other one


@pytest.fixture
def address(postgres: Server) -> str:
    return postgres.fresh()


def put(store: Store, key: str) -> None:
    store.write(lambda c: c.execute(insert(setting).values(key=key, value="")))


def test_one_of_two_holds_a_thing_and_the_other_takes_it_when_that_is_gone(address: str) -> None:
    first, second = Link(address, ["chase", "seal"]), Link(address, ["chase"])
    first.turn(0)
    second.turn(0)
    assert (first.held, second.held) == ({"chase", "seal"}, set())
    first.turn(0)
    assert first.held == {"chase", "seal"}, "what is held is not asked for twice"
    first.close()
    until = time.monotonic() + 10
    while not second.held and time.monotonic() < until:  # the server's own process ends after ours
        second.turn(0.05)
    assert second.held == {"chase"}
    second.close()


def test_a_start_waits_for_whoever_brings_the_tables_up_to_date(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(postgres._SETTINGS, "lock_timeout", "50ms")
    opened: list[Store] = []
    running = Store(address)
    with postgres.session(address) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [postgres.WRITING])
        start = threading.Thread(target=lambda: opened.append(Store(address)))
        start.start()
        with pytest.raises(DatabaseError, match="lock timeout"):  # whoever runs is told and tries again
            put(running, "a")
        start.join(0.3)
        assert start.is_alive()
    start.join(10)
    assert opened
    for store in (running, *opened):
        store.close()


def test_who_says_nothing_loses_it(address: str) -> None:
    stopped, other = Link(address, ["chase"]), Link(address, ["chase"])
    stopped.turn(0)
    began = time.monotonic()
    while not other.held:
        assert time.monotonic() - began < 10
        other.turn(0.2)
    assert time.monotonic() - began > 2, "a slow turn loses nothing"
    with pytest.raises(SuianError, match="does not answer"):
        stopped.turn(0)
    assert not stopped.held
    stopped.turn(0)
    assert not stopped.held, "the other has it now"
    stopped.close()
    other.close()


def test_a_commit_is_news_to_the_others_and_a_transaction_that_fails_is_not(address: str) -> None:
    mine, other = Store(address), Link(address, [])
    other.turn(0)
    put(mine, "a")
    assert other.turn(5)
    with pytest.raises(DatabaseError):
        put(mine, "a")
    assert not other.turn(0.2)
    other.close()
    mine.close()


def test_one_transaction_at_a_time_writes_and_each_sees_all_before_it(address: str) -> None:
    """Two that count the rows and add one: neither may count the same."""
    stores, seen = [Store(address), Store(address)], []

    def add(connection: object) -> None:
        rows = connection.execute(select(func.count()).select_from(setting)).scalar_one()  # type: ignore[attr-defined]
        time.sleep(0.005)
        connection.execute(insert(setting).values(key=f"n{rows}", value=""))  # type: ignore[attr-defined]
        seen.append(rows)

    def many(store: Store) -> None:
        for _ in range(10):
            store.write(add)

    threads = [threading.Thread(target=many, args=[one]) for one in stores]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(seen) == list(range(20))
    for store in stores:
        store.close()


def test_who_is_stopped_in_the_middle_of_a_transaction_holds_nobody_up_for_long(address: str) -> None:
    stopped, other, failed = Store(address), Store(address), []

    def stands_still(connection: object) -> None:
        connection.execute(insert(setting).values(key="half", value=""))  # type: ignore[attr-defined]
        begun.set()
        goes_on.wait(20)

    def write() -> None:
        try:
            stopped.write(stands_still)
        except DatabaseError as error:
            failed.append(error)

    begun, goes_on = threading.Event(), threading.Event()
    thread = threading.Thread(target=write)
    thread.start()
    assert begun.wait(10)
    put(other, "whole")
    assert thread.is_alive(), "nobody had to wait for its end"
    goes_on.set()
    thread.join()
    assert len(failed) == 1
    put(stopped, "again")
    with other.read() as connection:
        assert set(connection.execute(select(setting.c.key)).scalars()) == {"whole", "again"}
    stopped.close()
    other.close()


def test_a_reader_sees_one_state_and_writes_nothing(address: str) -> None:
    store = Store(address)
    with store.read() as connection:
        before = connection.execute(select(func.count()).select_from(setting)).scalar_one()
        put(store, "meanwhile")
        assert connection.execute(select(func.count()).select_from(setting)).scalar_one() == before
        with pytest.raises(DatabaseError, match="read-only"):
            connection.execute(insert(setting).values(key="b", value=""))
    store.close()


def test_a_database_of_another_encoding_is_refused(postgres: Server) -> None:
    other = postgres.empty(encoding="LATIN1")
    with pytest.raises(SuianError, match="createdb"):
        Store(other)


def test_a_server_out_of_reach_and_an_address_that_is_none_are_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SuianError, match=r"cannot be opened.*127\.0\.0\.1") as out:
        Store("postgresql://suian:secret@127.0.0.1:9/suian")
    assert "secret" not in out.value.text()
    with pytest.raises(BadInput, match="no address of a database"):
        Store("postgresql://127.0.0.1:port/suian")
    assert not list(tmp_path.iterdir())


def test_what_is_there_is_kept_when_it_is_opened_again(address: str) -> None:
    store = Store(address)
    put(store, "kept")
    store.close()
    again = Store(address)
    with again.read() as connection:
        assert connection.execute(text("SELECT key FROM setting")).scalar_one() == "kept"
    again.close()


def test_shares_are_taken_in_equal_parts_by_whoever_is_there(address: str) -> None:
    first, second, third = (Link(address, [], shares=5) for _ in range(3))
    first.turn(0)
    assert first.shares == {(n, 1) for n in range(5)}
    for _ in range(2):  # the newcomer is counted, then has what the other left
        second.turn(0)
        first.turn(0)
    second.turn(0)
    assert sorted(map(len, (first.shares, second.shares))) == [2, 3]
    for _ in range(3):
        for one in (third, first, second):
            one.turn(0)
    assert sorted(map(len, (first.shares, second.shares, third.shares))) == [1, 2, 2]
    assert sorted(n for one in (first, second, third) for n, _ in one.shares) == list(range(5))
    first.close()
    until = time.monotonic() + 10
    while len(second.shares | third.shares) < 5 and time.monotonic() < until:
        second.turn(0.05)
        third.turn(0.05)
    assert sorted(map(len, (second.shares, third.shares))) == [2, 3]
    second.close()
    third.close()


def test_where_there_are_parts_enough_none_of_those_who_are_there_is_idle(address: str) -> None:
    links = [Link(address, [], shares=4) for _ in range(5)]
    for there, parts in ((1, [4]), (2, [2, 2]), (3, [1, 1, 2]), (4, [1, 1, 1, 1]), (5, [0, 1, 1, 1, 1])):
        for _ in range(3):
            for one in links[:there]:
                one.turn(0)
        assert sorted(len(one.shares) for one in links[:there]) == parts
        assert sorted(n for one in links for n, _ in one.shares) == list(range(4))
    for one in links:
        one.close()


def test_news_says_which_tables_others_wrote_and_nothing_of_our_own(address: str) -> None:
    mine, theirs = Store(address), Store(address)
    link = Link(address, [], sender=mine.sender)
    link.turn(0)
    put(mine, "a")
    assert link.turn(0.2) == frozenset()
    put(theirs, "b")
    assert link.turn(5) == {"setting"}
    theirs.write(lambda c: None)
    assert link.turn(5) == ANY, "of what it does not know it may be any"
    with session(address) as old:
        old.execute("NOTIFY suian")  # as a process of an earlier release says it
    assert link.turn(5) == ANY
    for one in (link, mine, theirs):
        one.close()
