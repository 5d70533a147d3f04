"""An answer is to what was handed over: not to what a provider refused and is tried again."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, select

from alerting.dispatch.channels import Passing
from alerting.store.schema import holder, measure, notice, post, pursuit
from tests.dispatch.hall import Hall, facts, ordered
from tests.dispatch.test_digest import front

DOWN = "HTTP 503"


def states(hall: Hall, *measures: str) -> list[str]:
    """Of the orders' receipts."""
    asked = select(pursuit.c.state).where(pursuit.c.wants == "acknowledge")
    with hall.store.read() as c:
        return [c.execute(asked.where(pursuit.c.measure == one)).scalar_one() for one in measures]


def two_summaries(hall: Hall) -> tuple[Any, Any]:
    """A storm's first summary, and a second of two red orders more that the provider refuses."""
    hall.passes(minutes=5)
    front(hall, 40)
    hall.passes(minutes=1)
    front(hall, 2, first=500)
    hall.phone.answers = [Passing(DOWN)] * 9
    hall.passes(seconds=61)
    first, second = hall.deliveries(summary=True)
    assert second.state == "sending"
    return first, second


@pytest.mark.parametrize("how", ["1 {code}", "1", "1 全部", ""])
def test_an_answer_to_one_summary_is_none_to_the_next_that_never_left(hall: Hall, how: str) -> None:
    first, second = two_summaries(hall)
    if how:
        assert hall.says(how.format(code=first.code)) == "taken"
    else:
        assert hall.presses(first.id) == "taken"
    assert states(hall, "m0", "m39", "m500", "m501") == ["answered", "answered", "open", "open"]
    assert hall.deliveries(id=second.id)[0].state == "sending"
    got = len(hall.phone.got)
    hall.phone.answers = []
    hall.passes(minutes=10)
    assert len(hall.phone.got) > got, "the second goes out yet"
    hall.says("1")
    assert states(hall, "m500", "m501") == ["answered", "answered"]


@pytest.mark.parametrize("how", ["1", "1 全部"])
def test_nothing_answers_what_a_provider_refused(hall: Hall, how: str) -> None:
    hall.phone.answers = [Passing(DOWN)] * 9
    hall.passes(minutes=5)
    front(hall, 1)
    hall.passes(seconds=5)
    assert hall.deliveries()[-1].state == "sending"
    assert hall.says(how) == "not-understood"
    assert states(hall, "m0") == ["open"]


def test_what_may_have_arrived_can_be_answered(hall: Hall) -> None:
    hall.phone.answers = [Passing("the line broke", unsure=True)]
    hall.passes(minutes=5)
    front(hall, 1)
    hall.passes(seconds=5)
    assert hall.says("1") == "taken"
    assert states(hall, "m0") == ["answered"]


def test_an_answer_on_the_page_closes_no_message_that_has_more_to_say(hall: Hall) -> None:
    hall.phone.answers = [Passing(DOWN)]
    hall.passes(minutes=5)
    one, two = front(hall, 2)
    hall.goes()
    [sent] = hall.deliveries()
    assert hall.carried(sent.id) == [one, two]
    hall.takes_in(hall.report("acknowledge", f"notice:{one}"))
    assert states(hall, "m0", "m1") == ["answered", "open"]
    assert hall.deliveries()[0].state == "sending", "the other is still to be told"
    hall.passes(minutes=10)
    assert len(hall.phone.got) == 1


@pytest.fixture
def office(hall: Hall) -> Hall:
    """Smith is the duty office too."""
    hall.store.write(lambda c: c.execute(insert(post).values(
        id="office", tier="duty-office", sector="", place="99", title="值班室", title_en="Duty office", active=True)))  # fmt: skip
    hall.store.write(lambda c: c.execute(insert(holder).values(post="office", rank=0, person="smith")))
    return hall


@pytest.mark.parametrize(("digit", "said"), [("4", "asks for support"), ("3", "cannot carry it out")])
def test_a_cry_for_help_to_a_digest_is_heard_at_once_though_no_place_is_said(office: Hall, digit: str, said: str) -> None:
    office.passes(minutes=5)
    front(office, 40)
    office.passes(minutes=1)
    [summary] = office.deliveries(summary=True)
    assert office.says(f"{digit} {summary.code}") == "taken"
    office.goes()
    [told] = office.deliveries(person="smith")
    for word in (said, "digest of 40", "call them back"):
        assert word in told.text, told.text
    reply = office.deliveries(person="chen")[-1].text
    assert "值班室" in reply
    assert "是哪一处" in reply
    assert states(office, "m0", "m39") == ["open", "open"], "nothing was received by it"
    assert office.says(f"{digit} {summary.code}") == "repeated"
    office.goes()
    assert len(office.deliveries(person="smith")) == 1
    assert office.says(f"2 {summary.code}") == "not-understood"


def checks(hall: Hall, count: int) -> None:
    """Each place is looked at for itself before what was ordered there is lifted."""
    now = hall.runtime.now()

    def write(c: Any) -> None:
        for n in range(count):
            c.execute(insert(measure).values(
                id=f"c{n}", realm="live", measure="close", object=f"p{n}", carrier="police", number=1,
                state="lift proposed", level=4, arguments={}, proposed=now))  # fmt: skip
            waits = c.execute(insert(pursuit).values(
                realm="live", wants="check", measure=f"c{n}", post="police", level=4, state="open",
                rung=0, round=0, at_post="police", opened=now)).inserted_primary_key[0]  # fmt: skip
            c.execute(insert(notice).values(
                realm="live", kind="check", measure=f"c{n}", pursuit=waits, post="police", level=4, wants="check",
                created=now, due=now, state="due",
                facts=facts(level=4, place=f"p{n}", measures=[ordered(f"c{n}", "close")])))  # fmt: skip

    hall.store.write(write)


def test_two_hundred_checks_are_a_few_messages_and_a_list(hall: Hall) -> None:
    hall.passes(minutes=5)
    checks(hall, 200)
    hall.passes(minutes=3)
    assert len(hall.phone.got) <= 4
    assert sum(len(hall.carried(d.id)) for d in hall.deliveries()) == 200
    [summary] = hall.deliveries(summary=True)
    for said in ("项待答复", "【请检查】大雾红色", f"/a/{summary.link}"):
        assert said in summary.text, summary.text
    assert "全部收到" not in summary.text
    for text in (f"1 {summary.code}", f"收到 {summary.code}", f"2 {summary.code}"):
        assert hall.says(text) == "not-understood", "no digit says that a place was looked at"
    hall.goes()
    assert "汇总短信不能用数字答复" in hall.deliveries()[-1].text
    with hall.store.read() as c:
        assert set(c.execute(select(measure.c.state)).scalars()) == {"lift proposed"}


def test_a_decision_alone_after_many_keeps_its_digits(hall: Hall) -> None:
    hall.passes(minutes=5)
    checks(hall, 30)
    hall.passes(minutes=3)
    hall.measure("d1", decider="police")
    key = hall.tell(kind="decide", level=4, wants="decision", measure="d1", facts={"measures": [ordered("d1", "close")]})
    hall.goes()
    told = hall.deliveries()[-1]
    assert hall.carried(told.id) == [key]
    assert "同意回1" in told.text
