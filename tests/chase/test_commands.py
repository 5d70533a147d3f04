"""A command by text in a real database: which world it is for, and that two confirmations do it once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import insert

from alerting import chase
from alerting.store.schema import delivery, notice, realm, signal
from tests.chase.builders import START, Book, County


class Orderable(Book):
    orderable = Book.measures


def a_county() -> County:
    county = County()
    county.life = replace(county.life, book=Orderable())  # type: ignore[arg-type]
    return county


def said_back(county: County) -> str:
    """The newest of what the duty office was told in answer to a text."""
    return str(county.rows(notice, notice.c.person == "office")[-1].facts["reason"]["zh"])


def drill(county: County) -> None:
    """An exercise that has written to the duty office."""

    def begin(c: Any) -> None:
        c.execute(insert(realm).values(id="drill-1", kind="exercise", title={}, exercise=True,
                                       started=START, begins=START, speed=1.0))  # fmt: skip
        c.execute(insert(delivery).values(
            realm="drill-1", person="office", channel="sms", address="phone-office", band="lower", round=0,
            state="answered", language="zh", text="", code="HHH", link="x", letters={}, created=county.now,
            at=county.now))  # fmt: skip

    county.store.write(begin)


def test_an_order_without_a_code_says_that_it_is_real_while_an_exercise_runs() -> None:
    county = a_county()
    county.alert()
    county.news("office")
    county.step()
    county.text("office", "1")
    assert county.text("office", "下令 guide 50 road-1 浓雾") == "taken"
    assert said_back(county).startswith("请确认")
    drill(county)
    county.text("office", "下令 guide 50 road-1 浓雾")
    assert said_back(county).startswith("真实指令，不是演练。请确认")
    assert county.measures() == []


def test_two_confirmations_that_were_read_before_either_was_done_do_it_once() -> None:
    county = a_county()
    county.text("office", "下令 guide 50 road-1 浓雾")
    code = county.latest("office").code
    with county.store.read() as c:
        first, second = (
            chase.route(c, "office", text, {"live": county.now}, channel="sms", reply_to="phone-office",
                        message=text) for text in (f"1 {code}", f"1{code}"))  # fmt: skip
    assert first is not None
    assert second is not None
    assert first.report.id != second.report.id
    assert county.store.write(lambda c: chase.confirmed_before(c, first.report)) is None
    county.store.write(lambda c: chase.note(c, county.life, first.report, chase.Outcome("taken", {})))
    again = county.store.write(lambda c: chase.confirmed_before(c, second.report))
    assert again is not None
    assert again.outcome == "repeated"
    dropped = first.report.model_copy(update={
        "id": "x", "act": "drop", "subject": f"delivery:{county.latest('office').id}", "detail": {}})
    assert county.take(dropped) == "repeated", "it is done, and nobody is told that it was dropped"


def test_a_confirmation_has_the_id_of_its_text() -> None:
    county = a_county()
    county.text("office", "下令 guide 50 road-1 浓雾")
    with county.store.read() as c:
        made = chase.route(c, "office", "1", {"live": county.now}, channel="sms",
                           reply_to="phone-office", message="SM1")  # fmt: skip
    assert made is not None
    assert (made.report.act, made.report.id) == ("order", chase.id_of("office", "sms", "SM1"))


def test_a_text_that_was_taken_up_in_an_exercise_is_known_in_every_realm() -> None:
    county = a_county()
    drill(county)
    county.store.write(lambda c: c.execute(insert(signal).values(
        realm="drill-1", id=chase.id_of("office", "sms", "SM1"), kind="report", source="reply",
        issued=county.now, accepted=county.now, body=b"")))  # fmt: skip
    with county.store.read() as c:
        assert chase.heard_before(c, "office", "sms", "SM1")
        assert not chase.heard_before(c, "office", "sms", "SM2")
        assert not chase.heard_before(c, "office", "sms", "")
