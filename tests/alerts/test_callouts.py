"""A call-out's life in the alerts' own transaction: risen, come back, of the whole county, of nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from alerting import chase
from alerting.alerts import episodes
from alerting.alerts.finding import Finding
from alerting.alerts.ledger import Ledger
from alerting.rulebook.calling import Calling
from alerting.service import callout_figures
from alerting.signals import Report
from alerting.store.schema import notice, pursuit
from alerting.store.schema_callout import callee, callout
from alerting.vocabulary import Level
from tests.alerts.county import County

CALLING = {
    "questions": {
        "commander": {"zh": "现场指挥", "en": "who commands"},
        "help": {"zh": "要否支援", "en": "is help needed", "kind": "yes-no"},
        "harm": {"zh": "伤亡", "en": "hurt", "kind": "number"},
    },
    "call-outs": {
        "orange": {"call": {"township": ["commander"]}},
        "red": {"call": {"township": ["commander", "help"]}, "at-the-end": ["harm"]},
    },
}


class Called:
    """The test county with call-outs; alerts come and go by hand."""

    def __init__(self) -> None:
        self.county = County()
        book = replace(self.county.life.book, calling=Calling.model_validate(CALLING))
        self.life = replace(self.county.life, book=book)
        self.now = self.county.now

    def rises(self, level: str, place: str = "G99-K12", rule: str = "fog") -> None:
        found = Finding(why={}, sentence={})
        self._write(lambda ledger: episodes.rise(
            ledger, self.life.book.rules_by_id[rule], self.life.places.by_id[place],
            int(Level[level]), found, "test", self.now))  # fmt: skip

    def clears(self, place: str = "G99-K12", rule: str = "fog") -> None:
        found = Finding(why={}, sentence={})
        self._write(lambda ledger: episodes.fall(
            ledger, self.life.book.rules_by_id[rule], self.life.places.by_id[place], 0, found, True,
            "test", self.now))  # fmt: skip

    def _write(self, work: Any) -> None:
        def all_of_it(connection: Any) -> None:
            with Ledger(connection, self.life) as ledger:
                work(ledger)
            chase.step(connection, self.life, self.now)

        self.county.store.write(all_of_it)

    def passes(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)

    def reports(self, who: str = "li", **form: str) -> str:
        return self._says(who, "report", {"form": form})

    def ticks(self, who: str, how: str = "phone", reason: str = "已接通") -> str:
        return self._says(who, "tick", {"arguments": {"how": how}, "reason": reason})

    def _says(self, who: str, act: str, detail: dict[str, Any]) -> str:
        [sheet] = [one for one in self.rows(callout) if one.state != "closed"]
        report = Report(source="web", issued=self.now, act=act, person=who, channel="page",
                        subject=f"callout:{sheet.id}", detail={"post": "township", **detail})  # fmt: skip
        return str(self.county.store.write(lambda c: chase.take(c, self.life, report)))

    def rows(self, table: Any, *where: Any) -> list[Any]:
        with self.county.store.read() as connection:
            return list(connection.execute(select(table).where(*where)))

    def waits(self) -> list[str]:
        return [p.wants for p in self.rows(pursuit, pursuit.c.state == "open",
                                           pursuit.c.wants.in_(["report", "closing"]))]  # fmt: skip


@pytest.fixture
def called() -> Called:
    return Called()


def test_a_rise_asks_anew_what_the_higher_level_asks(called: Called) -> None:
    called.rises("orange")
    called.passes(2)
    assert called.reports(commander="张三") == "taken"
    assert called.waits() == []
    called.passes(10)
    called.rises("red")
    [one] = called.rows(callee)
    assert [q["id"] for q in one.asked] == ["commander", "help"]
    assert (one.reported, one.report_by) == (None, called.now + timedelta(minutes=15))
    assert called.waits() == ["report"]
    [sheet] = called.rows(callout)
    assert (sheet.level, sheet.state) == (Level.red, "open")
    assert called.reports(commander="张三", help="no") == "taken"
    [row] = callout_figures.by_tier(called.rows(callee))
    assert (row["called"], row["woken_median"], row["reported_median"]) == (1, 120, 120), "the first call"


def test_what_comes_back_before_its_closing_report_goes_on_as_it_was(called: Called) -> None:
    called.rises("red")
    called.reports(commander="张三", help="no")
    called.passes(60)
    called.clears()
    assert [one.state for one in called.rows(callout)] == ["closing"]
    assert called.waits() == ["closing"]
    called.passes(20)
    called.rises("red")
    [sheet] = called.rows(callout)
    assert (sheet.state, sheet.ended, sheet.number) == ("open", None, 1)
    assert called.waits() == ["report"]
    called.clears()
    called.passes(5)
    assert called.reports(harm="0") == "taken"
    assert [one.state for one in called.rows(callout)] == ["closed"]
    called.passes(30)
    called.rises("red")
    assert sorted(one.number for one in called.rows(callout)) == [1, 2]


def test_a_report_for_one_who_is_not_theirs_is_refused(called: Called) -> None:
    called.rises("red")
    assert called.reports("chen", commander="张三", help="no") == "refused"
    assert called.reports("zhao", commander="张三") == "taken"  # on duty at the office, and it falls short
    [one] = called.rows(callee)
    assert (one.woken, one.reported) == (None, None)
    assert called.reports("admin", help="no") == "taken"
    [one] = called.rows(callee)
    assert (one.woken_by, one.reported) == ("admin", called.now)


def test_only_the_office_ticks_off_and_says_how_and_why(called: Called) -> None:
    called.rises("red")
    assert called.ticks("li") == "refused"
    assert called.ticks("chen") == "refused"
    assert called.ticks("zhao", how="pigeon") == "refused"
    assert called.ticks("zhao", reason="") == "refused"
    assert called.waits() == ["report"]
    called.passes(3)
    assert called.ticks("zhao", how="in person") == "taken"
    assert called.ticks("admin") == "repeated"
    assert called.waits() == []
    [one] = called.rows(callee)
    assert (one.ticked_by, one.ticked_how, one.reported) == ("zhao", "in person", None)
    [row] = callout_figures.by_tier([one])
    assert (row["woken"], row["ticked"], row["never"], row["woken_median"]) == (0, 1, 0, None)


def test_another_hazard_is_another_call_out(called: Called) -> None:
    called.rises("red")
    called.rises("orange", rule="icing")
    called.rises("yellow", rule="icing", place="bridge-1")
    assert sorted(one.hazard for one in called.rows(callout)) == ["fog", "road-icing"]
    assert len(called.rows(notice, notice.c.kind == "callout")) == 2


def test_a_zone_without_a_township_post_calls_the_duty_office(called: Called) -> None:
    called.county.store.write(lambda c: c.exec_driver_sql("UPDATE post SET active = 0 WHERE id = 'township'"))
    called.rises("red")
    assert [one.post for one in called.rows(callee)] == ["office"]
