"""An answer is to what was handed over: not to what a provider refused and is tried again."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from alerting.dispatch.channels import Passing
from alerting.store.schema import pursuit
from tests.dispatch.hall import Hall
from tests.dispatch.test_digest import front

DOWN = "HTTP 503"


def states(hall: Hall, *numbers: int) -> list[str]:
    with hall.store.read() as c:
        return [c.execute(select(pursuit.c.state).where(pursuit.c.id == n)).scalar_one() for n in numbers]


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
    assert states(hall, 1, 40, 501, 502) == ["answered", "answered", "open", "open"]
    assert hall.deliveries(id=second.id)[0].state == "sending"
    got = len(hall.phone.got)
    hall.phone.answers = []
    hall.passes(minutes=10)
    assert len(hall.phone.got) > got, "the second goes out yet"
    hall.says("1")
    assert states(hall, 501, 502) == ["answered", "answered"]


@pytest.mark.parametrize("how", ["1", "1 全部"])
def test_nothing_answers_what_a_provider_refused(hall: Hall, how: str) -> None:
    hall.phone.answers = [Passing(DOWN)] * 9
    hall.passes(minutes=5)
    front(hall, 1)
    hall.passes(seconds=5)
    assert hall.deliveries()[-1].state == "sending"
    assert hall.says(how) == "not-understood"
    assert states(hall, 1) == ["open"]


def test_what_may_have_arrived_can_be_answered(hall: Hall) -> None:
    hall.phone.answers = [Passing("the line broke", unsure=True)]
    hall.passes(minutes=5)
    front(hall, 1)
    hall.passes(seconds=5)
    assert hall.says("1") == "taken"
    assert states(hall, 1) == ["answered"]


def test_an_answer_on_the_page_closes_no_message_that_has_more_to_say(hall: Hall) -> None:
    hall.phone.answers = [Passing(DOWN)]
    hall.passes(minutes=5)
    one, two = front(hall, 2)
    hall.goes()
    [sent] = hall.deliveries()
    assert hall.carried(sent.id) == [one, two]
    hall.takes_in(hall.report("acknowledge", f"notice:{one}"))
    assert states(hall, 1, 2) == ["answered", "open"]
    assert hall.deliveries()[0].state == "sending", "the other is still to be told"
    hall.passes(minutes=10)
    assert len(hall.phone.got) == 1
