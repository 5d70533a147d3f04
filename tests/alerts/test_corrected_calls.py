"""A level put right by hand, and who is called out for it: whoever the call of the wrong level reached
hears what holds, and nobody who should be called is left out."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, select, update

from alerting.alerts import episodes
from alerting.alerts.by_hand import by_hand
from alerting.alerts.finding import Finding
from alerting.alerts.ledger import Ledger
from alerting.people.reached import REACHED
from alerting.signals import Report
from alerting.store.schema import delivery, delivery_notice, notice
from alerting.store.schema_callout import callout
from alerting.vocabulary import Level
from tests.alerts.test_callouts import Called

FOG = "live.fog.G99-K12.1"


class Corrected(Called):
    """What is due goes out when a story says so."""

    def opens(self, level: str, rule: str = "fog", place: str = "G99-K12") -> None:
        self.by_hand("open", f"rule:{rule}", place=place, level=level)

    def both_rise(self, level: str, *places: str) -> None:
        """In one moment, as a front brings it."""
        rule, found = self.life.book.rules_by_id["fog"], Finding(why={}, sentence={})

        def rise(ledger: Ledger) -> None:
            for place in places:
                episodes.rise(ledger, rule, self.life.places.by_id[place], int(Level[level]), found,
                              "test", self.now)  # fmt: skip

        self._write(rise)

    def corrects(self, alert: str = FOG, **right: str) -> None:
        self.by_hand("correct", f"alert:{alert}", **right)

    def by_hand(self, act: str, subject: str, **detail: str) -> None:
        report = Report(source="test", issued=self.now, act=act, person="admin", subject=subject,
                        detail={"reason": "听错了"} | detail)  # fmt: skip
        self.county.store.write(lambda c: by_hand(c, self.life, report))
        self._write(lambda ledger: None)

    def sends(self) -> None:
        def send(c: Any) -> None:
            due = c.execute(select(notice).where(notice.c.state == "due", notice.c.post.is_not(None))).all()
            for n, one in enumerate(due):
                c.execute(update(notice).where(notice.c.id == one.id).values(state="carried"))
                key = c.execute(insert(delivery).values(
                    realm="live", person="li", channel="sms", address="", band="red", round=0,
                    state="delivered", language="zh", text="", code=f"{one.id}", link=f"{one.id}.{n}",
                    letters={}, created=self.now, at=self.now)).inserted_primary_key[0]  # fmt: skip
                c.execute(insert(delivery_notice).values(delivery=key, notice=one.id))

        self.county.store.write(send)

    def due(self, post: str = "township") -> list[tuple[str, int]]:
        return [(one.kind, one.level) for one in
                self.rows(notice, notice.c.state == "due", notice.c.post == post)
                if one.who != REACHED]  # fmt: skip


@pytest.fixture
def called() -> Corrected:
    return Corrected()


def test_a_level_put_right_upwards_calls_out(called: Corrected) -> None:
    called.opens("yellow")
    called.sends()
    called.passes(1)
    called.corrects(level="red")
    [sheet] = called.rows(callout)
    assert (sheet.state, sheet.level) == ("open", Level.red)
    assert called.due() == [("callout", Level.red), ("correction", Level.red)]
    assert called.waits() == ["report"]


def test_what_calls_nobody_out_any_more_ends_the_call_and_the_called_hear_what_holds(
    called: Corrected,
) -> None:
    called.opens("red")
    called.sends()
    called.passes(1)
    called.corrects(level="yellow")
    assert [one.state for one in called.rows(callout)] == ["closed"]
    assert called.due() == [("correction", Level.yellow)]
    assert called.waits() == []


def test_who_is_to_be_called_is_called_though_the_first_call_was_wrong_and_not_sent(
    called: Corrected,
) -> None:
    called.opens("red")
    called.passes(1)
    called.corrects(level="orange")  # at which they are called out too
    assert called.due() == [("callout", Level.orange)]
    assert called.waits() == ["report"]
    called.sends()
    called.passes(1)
    called.corrects(level="yellow")
    called.passes(1)
    called.corrects(level="orange")
    assert called.due()[-2:] == [("callout", Level.orange), ("correction", Level.orange)]


def test_where_another_alert_calls_out_the_call_goes_on(called: Corrected) -> None:
    called.opens("red")
    called.opens("red", place="bridge-1")
    called.sends()
    called.passes(1)
    called.corrects(level="yellow")
    assert [(one.state, one.level) for one in called.rows(callout)] == [("open", Level.red)]
    assert called.waits() == ["report"]


def test_who_was_told_of_a_place_by_a_call_out_alone_hears_that_it_was_wrong(called: Corrected) -> None:
    called.both_rise("red", "G99-K12", "bridge-1")  # the call-out of the first names the second too
    called.sends()
    called.passes(1)
    called.by_hand("keep", "alert:live.fog.bridge-1.1")
    called.corrects("live.fog.bridge-1.1", level="yellow")
    assert called.due() == [("correction", Level.yellow)]
