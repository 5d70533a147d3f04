"""What thousands are told of: nobody waits behind them, none of them is forgotten, and what the tenth
batch costs is what the first one did. Costs are steps of the database, which no slow machine lengthens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, text, update

from alerting import chase
from alerting.chase import pursuits
from alerting.dispatch import Composer, Dispatcher, ways
from alerting.dispatch.bind import plan
from alerting.dispatch.turns import FEW, Turns
from alerting.dispatch.waiting import AT_ONCE, MESSAGES
from alerting.dispatch.writing import Drafts, Pen, Settings
from alerting.people import Policies
from alerting.runtime import VirtualRuntime
from alerting.store import Store, Writer
from alerting.store.schema import contact, holder, notice, person, post
from alerting.vocabulary import Level
from bench import queue
from tests.dispatch.hall import START, Hall, Phone, book, facts, places
from tests.steps import steps

FEW_PEOPLE, MANY = AT_ONCE + 100, 3_000
AS_MUCH = 1.5  # of the steps: an index is deeper by a page


# What it costs
@dataclass
class Crowd:
    """So many people, each with a notice and a chase; `bound` messages wait in the queue."""

    store: Store
    runtime: VirtualRuntime
    drafts: Drafts


def gathered(folder: Path, people: int, bound: bool) -> Crowd:
    store, runtime = Store(folder / f"{people}.db"), VirtualRuntime(START)
    queue.fill(store, people)
    settings = Settings({"sms": Phone("sms", runtime)}, queue.SENDER, queue.ZONE, queue.URL)
    drafts = Drafts(settings, Composer(book(), places(), queue.ZONE, queue.SENDER), runtime)

    def waits(connection: Connection) -> None:
        connection.execute(text(
            "INSERT INTO pursuit (id, realm, wants, alert, post, level, state, rung, round, at_post, opened,"
            " deadline) SELECT id, 'live', 'acknowledge', alert, post, 4, 'open', 0, 0, post, created,"
            " '2026-01-21T00:00:00.000000Z' FROM notice"))  # fmt: skip
        connection.execute(text("UPDATE notice SET wants = 'acknowledge', pursuit = id"))
        if not bound:
            connection.execute(text("DELETE FROM delivery_notice"))
            connection.execute(text("DELETE FROM delivery"))
            connection.execute(update(notice).values(state="due", facts=facts(level=4, place="99")))
            connection.execute(text(f"INSERT INTO setting VALUES ('dispatch:link-secret', '{'x' * 32}')"))

    store.write(waits)
    return Crowd(store, runtime, drafts)


@pytest.fixture(scope="module", params=[False, True], ids=["due", "bound"])
def crowds(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Crowd]]:
    folder = tmp_path_factory.mktemp("crowds")
    made = [gathered(folder, people, request.param) for people in (FEW_PEOPLE, MANY)]
    yield made
    for one in made:
        one.store.close()


def planned(crowd: Crowd, connection: Connection) -> int:
    made = sum(len(one.drafts) for one in plan(connection, crowd.drafts, lambda _: START))
    assert made in (0, MESSAGES)
    return made


def asked_for(crowd: Crowd, connection: Connection) -> object:
    dispatcher = queue.dispatcher_of(
        Writer(crowd.store, crowd.runtime), crowd.drafts.settings.channels, crowd.runtime, Dispatcher)
    return dispatcher._waiting(connection), dispatcher._deliveries_due(connection)


def life() -> chase.Life:
    rules = book()
    rules.successors = ()
    return chase.Life("live", True, rules, places(), Policies(), queue.ZONE)


def taken_up(_: Crowd, connection: Connection) -> object:
    """Which of a batch's notices are of what is waited for already."""
    rows = connection.execute(select(notice).order_by(notice.c.id).limit(pursuits.AT_ONCE)).all()
    found = pursuits._waited_for(connection, "live", rows)
    assert len(found) == pursuits.AT_ONCE
    return found


@pytest.mark.parametrize("work", [
    pytest.param(planned, id="a batch is planned"),
    pytest.param(lambda crowd, c: Turns(c), id="turns are handed out"),
    pytest.param(asked_for, id="whether anything is to be sent"),
    pytest.param(lambda crowd, c: ways.undelivered(c, crowd.drafts, START, lambda _: START),
                 id="whether anything could not be delivered"),
    pytest.param(lambda crowd, c: ways.stopped(c, crowd.drafts, lambda _: START),
                 id="whether anything waits for an address that was stopped"),
    pytest.param(lambda crowd, c: chase.look(c, life(), START), id="whether and when a chase goes on"),
    pytest.param(taken_up, id="whether what is taken up is waited for already"),
])  # fmt: skip
def test_what_a_step_costs_does_not_grow_with_the_crowd(
    crowds: list[Crowd], work: Callable[[Crowd, Connection], object]
) -> None:
    few, many = (steps(one.store, lambda c, one=one: work(one, c)) for one in crowds)  # type: ignore[misc]
    assert many <= AS_MUCH * few + 20, f"{few} for {FEW_PEOPLE} people, {many} for {MANY}"


# Who waits for whom
def listed(hall: Hall, name: str, count: int) -> str:
    """A post with so many people on its list."""

    def write(c: Connection) -> None:
        people = [f"{name}{n}" for n in range(count)]
        c.execute(insert(person), [
            {"id": one, "name": f"人{one}", "language": "zh", "role": "answer", "active": True} for one in people])
        c.execute(insert(contact), [
            {"person": one, "rank": 0, "channel": "sms", "address": f"+4478{abs(hash(one)) % 10**8:08}"}
            for one in people])  # fmt: skip
        c.execute(insert(post).values(id=name, tier="village", sector="", place="99", title=name,
                                      title_en=name, active=True))  # fmt: skip
        c.execute(insert(holder), [{"post": name, "rank": n, "person": one} for n, one in enumerate(people)])

    hall.store.write(write)
    return name


def test_everybody_on_a_long_list_is_told_once_a_batch_at_a_time(hall: Hall) -> None:
    hall.phone.concurrency = 1000
    told = hall.tell(listed(hall, "village", 2 * MESSAGES + 50), level=4, who="any one")
    hall.takes()
    assert len(hall.deliveries()) == MESSAGES
    assert hall.notice(told).state == "due", "others of the list still wait"
    hall.passes(minutes=2)  # by when what was leased is sent, too
    assert hall.notice(told).state == "carried"
    assert sorted(m.person for m in hall.phone.got) == sorted(f"village{n}" for n in range(2 * MESSAGES + 50))


def test_three_officers_of_another_place_do_not_wait_behind_a_crowd(hall: Hall) -> None:
    hall.phone.rate = 10.0
    crowd = hall.alert("live.fog.r.1", place="r", level=4)
    hall.tell(listed(hall, "village", 3 * MESSAGES), alert=crowd, level=4, who="any one")
    hall.passes(seconds=2)
    other = hall.alert("live.fog.s.1", place="s", level=4)
    hall.tell(listed(hall, "officers", 3), alert=other, level=4, who="any one")
    hall.passes(seconds=4)  # of the crowd FEW are among those of its rule, before them
    got = [m.person for m in hall.phone.got]
    assert {"officers0", "officers1", "officers2"} <= set(got)
    assert len(got) < MESSAGES // 2 + FEW


def test_who_was_told_hears_of_an_end_that_comes_while_others_of_the_list_still_wait(hall: Hall) -> None:
    hall.phone.concurrency = 1000
    alert = hall.alert("live.fog.r.1", place="r", level=Level.red)
    start = hall.tell(listed(hall, "village", 2 * MESSAGES), alert=alert, level=4, who="any one")
    hall.takes()
    hall.store.write(lambda c: c.exec_driver_sql("UPDATE alert SET state = 'closed'"))
    end = hall.tell("village", kind="clear", alert=alert, level=4, who="any one")
    hall.passes(minutes=5)
    assert hall.notice(start).state == "carried"
    assert hall.notice(end).state == "carried", "half of them know of the start"
    told = {row.person for row in hall.deliveries() if start in hall.carried(row.id)}
    assert len(told) == MESSAGES, "nobody more is told of what is over"


def test_one_of_a_long_list_who_cannot_be_written_to_silences_nobody_else(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    compose = Pen.compose

    def fails(self: Pen, bundle: Any, most: Any = None) -> Any:
        if bundle.person.id == "village7":
            raise KeyError("a word that is not there")
        return compose(self, bundle, most)

    monkeypatch.setattr(Pen, "compose", fails)
    hall.phone.concurrency = 1000
    told = hall.tell(listed(hall, "village", 2 * MESSAGES + 50), level=4, who="any one")
    hall.passes(minutes=5)
    assert len({m.person for m in hall.phone.got}) == 2 * MESSAGES + 49
    assert hall.notice(told).state == "nobody", "somebody above hears of it"
