"""A channel's rate where several processes send from one database: all of them together keep it."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from alerting.dispatch import rates
from tests.dispatch.hall import Hall, crowd


@pytest.mark.parametrize(("rate", "seconds", "each"), [(3.0, 1, 3), (0.5, 2, 1)])
def test_two_that_send_from_one_database_keep_one_rate(
    hall: Hall, rate: float, seconds: int, each: int
) -> None:
    """Whoever is first; and the other neither asks in a spin nor sleeps past its turn."""
    hall.phone.rate = rate
    both = [hall.begin("one"), hall.begin("two")]
    for post in crowd(hall, 20):
        hall.tell(post)
    went, window = [0], timedelta(seconds=seconds)
    for _ in range(4):
        for hall.dispatcher in both:
            hall.goes()
        went.append(len(hall.phone.got))
        assert {one.next_due() for one in both} == {hall.runtime.now() + window}
        hall.runtime.advance(window)
        both.reverse()
    assert [b - a for a, b in pairwise(went)] == [each] * 4


def test_one_that_begins_keeps_to_what_others_have_sent(hall: Hall) -> None:
    hall.phone.rate = 3.0
    hall.begin("one")
    first, *others = crowd(hall, 6)
    hall.tell(first)
    hall.goes()
    for post in others:
        hall.tell(post)
    hall.begin("two")
    hall.goes()
    assert len(hall.phone.got) == 3


def test_what_a_clock_that_was_ahead_has_noted_holds_up_nobody(hall: Hall) -> None:
    now = hall.runtime.now()
    noted = [now - timedelta(hours=1), now - timedelta(seconds=0.5), now, now + timedelta(hours=8)]
    assert rates.counting(noted, 2.0, now) == noted[1:3]
