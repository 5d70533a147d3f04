"""A call-out's life in the alerts' own transaction: risen, come back, of the whole county, of nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from alerting import chase
from alerting.alerts import episodes
from alerting.alerts.finding import Finding
from alerting.alerts.ledger import Ledger
from alerting.chase.ladder import ladder
from alerting.chase.open_items import counted, open_items
from alerting.dispatch.superseding import all_over, ended_of
from alerting.dispatch.withholding import _before
from alerting.people import post_by_id
from alerting.places import Place
from alerting.rulebook.calling import Calling
from alerting.service import callout_figures, callout_listing
from alerting.service.clock import now_beside
from alerting.service.clock_set import move_timers
from alerting.signals import Report
from alerting.store.schema import holder, notice, post, pursuit
from alerting.store.schema_callout import callee, callout
from alerting.vocabulary import Level
from tests.alerts.county import County

CALLING = {
    "questions": {
        "commander": {"zh": "现场指挥", "en": "who commands"},
        "help": {"zh": "要否支援", "en": "is help needed", "kind": "yes-no", "help": True},
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
        fog = book.rules_by_id["fog"]
        more = (replace(fog, id="thick-fog", audience=("regulator",)), replace(fog, id="whole"))
        book = replace(book, rules=(*book.rules, *more))
        self.life = replace(self.county.life, book=book)
        self.now = self.county.now

    def plans(self, call_outs: dict[str, Any]) -> None:
        calling = Calling.model_validate({**CALLING, "call-outs": call_outs})
        self.life = replace(self.life, book=replace(self.life.book, calling=calling))

    def adds_post(self, post_id: str, tier: str, place: str, person: str) -> None:
        self.county.store.write(lambda c: (
            c.execute(insert(post).values(id=post_id, tier=tier, sector="", place=place, title=post_id,
                                          title_en=post_id)),
            c.execute(insert(holder).values(post=post_id, person=person, rank=0))))  # fmt: skip

    def adds_zone(self, code: str) -> None:
        self.life.places.by_id[code] = Place(code, "zone", code, code, (), parent="990101000000")

    def through(self, site: str, *zones: str) -> None:
        self.life.places.by_id[site] = replace(self.life.places.by_id[site], zones=zones)

    def steps(self) -> None:
        self.county.store.write(lambda c: chase.step(c, self.life, self.now))

    def sends_all(self) -> None:
        """All that is due has gone out, as far as the engine and the chase can see."""
        self.county.store.write(lambda c: c.execute(
            update(notice).where(notice.c.state == "due").values(state="carried")))  # fmt: skip

    def tree(self) -> list[dict[str, Any]]:
        [sheet] = self.rows(callout)
        with self.county.store.read() as connection:
            found = callout_listing.shown(connection, self.life.places, self.life.book, sheet.id, self.now)
        assert found is not None
        return list(found["tree"])

    def falls(self, level: str, place: str = "G99-K12", rule: str = "fog") -> None:
        found = Finding(why={}, sentence={})
        self._write(lambda ledger: episodes.fall(
            ledger, self.life.book.rules_by_id[rule], self.life.places.by_id[place],
            int(Level[level]), found, True, "test", self.now))  # fmt: skip

    def rises(self, level: str, place: str = "G99-K12", rule: str = "fog") -> None:
        self.rise_together(level, (rule, place))

    def rise_together(self, level: str, *both: tuple[str, str]) -> None:
        """In one transaction, as of one run."""
        found = Finding(why={}, sentence={})
        self._write(lambda ledger: [episodes.rise(
            ledger, self.life.book.rules_by_id[rule], self.life.places.by_id[place],
            int(Level[level]), found, "test", self.now) for rule, place in both])  # fmt: skip

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


def test_who_is_called_at_the_higher_level_alone_is_called_by_the_rise(called: Called) -> None:
    called.plans({
        "orange": {"call": {"township": ["commander"]}, "pass-on": {"to": ["village"], "ask": ["commander"]}},
        "red": {"call": {"township": ["commander"], "duty-office": ["commander"]},
                "pass-on": {"to": ["village"], "at-once": True, "ask": ["commander"]}},
    })  # fmt: skip
    called.adds_post("v1", "village", "990101100000", "chen")
    called.rises("orange")
    assert [one.post for one in called.rows(callee)] == ["township"]
    called.rises("red")
    assert {(one.post, one.parent) for one in called.rows(callee)} == {
        ("township", None), ("office", None), ("v1", "township")}  # fmt: skip


def test_who_was_ticked_off_is_waited_for_again_after_a_rise(called: Called) -> None:
    called.rises("orange")
    called.passes(5)
    assert called.ticks("zhao") == "taken"
    assert called.tree()[0]["state"] == "ticked"
    called.passes(30)
    called.rises("red")
    assert called.waits() == ["report"]
    [one] = called.tree()
    assert (one["state"], one["late"]) == ("awake", "")
    called.passes(16)
    assert called.tree()[0]["late"] == "report"


def test_what_fell_and_rises_again_is_asked_anew(called: Called) -> None:
    called.rises("red")
    assert called.reports(commander="张三", help="no") == "taken"
    called.sends_all()
    called.passes(180)
    called.falls("yellow")
    assert called.waits() == []
    called.sends_all()
    called.passes(180)
    called.rises("red")
    assert called.waits() == ["report"], "a rise voids what was answered"
    assert called.rows(notice, notice.c.kind == "callout")[-1].level == Level.red


def test_a_rise_to_what_they_were_last_told_asks_nothing_anew(called: Called) -> None:
    called.rises("red")
    assert called.reports(commander="张三", help="no") == "taken"
    called.sends_all()
    called.falls("yellow")  # and nobody has been told
    called.rises("red")
    assert called.waits() == []
    assert len(called.rows(notice, notice.c.kind == "callout")) == 1


def test_a_rise_of_what_nobody_has_been_told_of_is_a_rise(called: Called) -> None:
    called.rises("blue")
    told = called.rows(notice, notice.c.kind == "open")
    called.county.store.write(lambda c: c.execute(
        update(notice).where(notice.c.kind == "open").values(state="withheld")))  # fmt: skip
    # An update that was still to be sent is taken back by the rise, as nothing that was told.
    called.county.store.write(lambda c: c.execute(insert(notice).values(
        [{**{k: v for k, v in one._mapping.items() if k != "id"}, "kind": "update", "state": "due"}
         for one in told])))  # fmt: skip
    called.rises("red")
    assert called.waits() == ["report"]


def test_what_has_fallen_is_called_for_at_the_pace_of_where_it_stands(called: Called) -> None:
    called.rises("red")
    called.sends_all()
    called.falls("yellow")
    called.passes(6)
    called.steps()
    [held] = called.rows(pursuit, pursuit.c.wants == "report")
    assert held.level == Level.yellow
    assert held.deadline > called.now + timedelta(minutes=20), "yellow is no reason to ring every 5 minutes"
    called.passes(25)
    called.steps()
    last = called.rows(notice, notice.c.pursuit == held.id)[-1]
    assert (last.kind, last.level, last.facts["level"]) == ("reminder", Level.yellow, Level.yellow)


def test_what_joins_later_is_told_and_called_for_until_it_was_received(called: Called) -> None:
    called.rises("red")
    assert called.reports(commander="张三", help="no") == "taken"
    called.sends_all()
    called.rises("red", rule="thick-fog", place="bridge-1")  # a rule that tells no township
    assert called.waits() == [], "what was reported stands"
    [news] = called.rows(notice, notice.c.post == "township", notice.c.kind == "open", notice.c.state == "due")
    assert (news.wants, news.facts["place"]) == ("acknowledge", "bridge-1")
    called.sends_all()
    called.clears(place="bridge-1", rule="thick-fog")
    [over] = called.rows(notice, notice.c.post == "township", notice.c.kind == "clear")
    assert (over.state, over.facts["place"]) == ("due", "bridge-1")


def test_what_the_message_of_a_call_out_told_of_is_told_to_be_over(called: Called) -> None:
    called.rise_together("red", ("fog", "G99-K12"), ("thick-fog", "bridge-1"))
    [news] = called.rows(notice, notice.c.post == "township", notice.c.kind == "open",
                         notice.c.alert.contains("thick-fog"))  # fmt: skip
    assert news.state == "withheld"
    called.sends_all()
    called.clears(place="bridge-1", rule="thick-fog")
    [over] = called.rows(notice, notice.c.post == "township", notice.c.kind == "clear")
    with called.county.store.read() as connection:
        assert _before(connection, over, ()) is not None, "its start was told"


def test_a_call_names_the_places_that_stand_now(called: Called) -> None:
    called.rises("red")
    called.sends_all()
    called.rises("red", rule="thick-fog", place="bridge-1")
    called.passes(6)
    called.steps()
    last = called.rows(notice, notice.c.wants == "report")[-1]
    assert (last.kind, last.facts["places"]) == ("reminder", ["G99-K12", "bridge-1"])


def test_help_that_is_asked_for_after_the_first_alert_is_over_reaches_the_office(called: Called) -> None:
    called.rises("red")
    called.rises("red", rule="thick-fog", place="bridge-1")
    called.clears()
    assert called.reports(commander="张三", help="yes") == "taken"
    called.steps()
    [cry] = called.rows(notice, notice.c.post == "office", notice.c.wants == "acknowledge")
    with called.county.store.read() as connection:
        assert not all_over([cry], ended_of(connection, [cry])), "it is not over before it was sent"
    [held] = called.rows(pursuit, pursuit.c.post == "office")
    assert held.state == "open"


def test_a_road_through_two_townships_calls_both_out_and_a_bureau_once(called: Called) -> None:
    called.plans({"red": {"call": {"township": ["commander"], "regulator": ["commander"]}}})
    called.adds_zone("990101200000")
    called.adds_post("town2", "township", "990101200000", "qian")
    called.through("G99-K12", "990101100000", "990101200000")
    called.rises("red")
    assert sorted((one.callout.split(".")[2], one.post) for one in called.rows(callee)) == [
        ("990101100000", "township"), ("990101100000", "transport"), ("990101200000", "town2")]  # fmt: skip
    called.rises("red", rule="thick-fog", place="bridge-1")  # in the first alone
    called.clears()
    assert {one.zone: one.state for one in called.rows(callout)} == {
        "990101100000": "open", "990101200000": "closed"}  # fmt: skip
    called.steps()
    assert sorted(p.post for p in called.rows(pursuit, pursuit.c.wants == "report",
                                              pursuit.c.state == "open")) == ["township", "transport"]  # fmt: skip


def test_a_road_that_is_clear_again_is_told_to_a_township_that_is_called_for_something_else(called: Called) -> None:
    called.adds_zone("990101200000")
    called.adds_post("town2", "township", "990101200000", "qian")
    called.through("bridge-1", "990101200000")
    called.rises("red", rule="thick-fog", place="bridge-1")
    called.sends_all()
    called.through("G99-K12", "990101100000", "990101200000")
    called.rises("red")
    called.sends_all()
    called.clears()
    over = called.rows(notice, notice.c.post == "town2", notice.c.kind == "clear")
    assert [(one.state, one.facts["place"]) for one in over] == [("due", "G99-K12")]


def test_a_silent_village_of_a_call_out_of_the_county_falls_to_who_passed_it_on(called: Called) -> None:
    called.plans({"red": {"call": {"township": ["commander"]},
                          "pass-on": {"to": ["village"], "at-once": True, "ask": ["commander"]}}})
    called.adds_post("v1", "village", "990101100000", "chen")
    called.rises("red", rule="whole", place="990101000000")
    called.steps()
    with called.county.store.read() as connection:
        [held] = connection.execute(select(pursuit).where(pursuit.c.post == "v1")).all()
        assert [p.id for p in ladder(connection, called.life, held, "", "990101000000")] == [
            "v1", "township", "office"]  # fmt: skip


def test_who_reports_for_another_wakes_nobody(called: Called) -> None:
    called.rises("red")
    called.passes(4)
    assert called.reports("admin", commander="张三", help="no") == "taken"
    [row] = callout_figures.by_tier(called.rows(callee))
    assert (row["woken"], row["ticked"], row["never"], row["reported"]) == (0, 1, 0, 1)
    assert called.tree()[0]["state"] == "reported"


@pytest.mark.parametrize("by", [timedelta(hours=-1), timedelta(hours=1)])
def test_a_clock_that_is_set_moves_a_call_out_with_all_that_counts_from_it(called: Called, by: timedelta) -> None:
    called.rises("red")
    called.passes(2)
    assert called.reports(commander="张三") == "taken"  # and it falls short
    called.county.store.write(lambda c: move_timers(c, called.life, by, called.now + by))
    called.now += by
    called.passes(1)
    [one] = called.tree()
    assert (one["woken_after"], one["minutes"], one["late"]) == (120, 3, "")
    assert one["next_call"] is not None
    assert called.reports(help="no") == "taken"
    [one] = called.rows(callee)
    assert (one.reported - one.called, one.report_by - one.called) == (
        timedelta(minutes=3), timedelta(minutes=15)), "what was said before the clock was set counts"  # fmt: skip


def test_whoever_comes_on_duty_at_the_office_takes_over_the_call_outs(called: Called) -> None:
    called.rises("red", rule="whole", place="990101000000")
    called.adds_zone("990101200000")
    called.rises("red")
    with called.county.store.read() as connection:
        office = post_by_id(connection, "office")
        assert office is not None
        items = [one for one in open_items(connection, called.life, office) if one.kind == "call-out"]
    assert [(one.kind, one.place["zh"], one.about["zh"]) for one in items] == [
        ("call-out", "测试县（虚构）", "大雾叫应未报告1/1"), ("call-out", "东山镇", "大雾叫应未报告1/1")]  # fmt: skip
    assert counted(items)["en"] == "2 open: 2 call-outs under way"


def test_a_reader_beside_the_service_goes_by_the_clock_of_the_realm(called: Called) -> None:
    with called.county.store.read() as connection:
        at = now_beside(connection, "live", called.now + timedelta(minutes=20))
        assert at == called.now + timedelta(minutes=20)
        assert now_beside(connection, "live", called.now + timedelta(days=300)) == (
            called.now + timedelta(hours=1)), "the service has not run since"  # fmt: skip
        assert now_beside(connection, "nowhere", called.now) is None


def test_call_outs_are_listed_by_the_sector_of_their_alerts(called: Called) -> None:
    called.rises("red")
    places = called.life.places
    with called.county.store.read() as connection:
        for sector, count in (("", 1), ("road-traffic", 1), ("mining", 0)):
            assert len(callout_listing.listed(connection, places, "live", "all", called.now, sector)) == count


def test_who_wakes_after_the_office_was_called_answers_for_themselves_and_is_called_on(called: Called) -> None:
    called.rises("red")
    for _ in range(2):
        called.sends_all()
        called.passes(6)
        called.steps()
    [held] = called.rows(pursuit, pursuit.c.wants == "report")
    assert held.at_post == "office"
    called.sends_all()
    assert called._says("li", "acknowledge", {}) == "taken", "on the page, though the office was called last"
    called.passes(30)
    called.steps()
    last = called.rows(notice, notice.c.pursuit == held.id, notice.c.state == "due")
    assert {(one.kind, one.post) for one in last} == {("reminder", "office"), ("reminder", "township")}
    assert [one.facts.get("for") is None for one in last if one.post == "township"] == [True]
    assert called.reports(commander="张三", help="no") == "taken"


def test_what_is_over_is_not_called_for_at_the_pace_of_an_alarm(called: Called) -> None:
    called.rises("red")
    called.reports(commander="张三", help="no")
    called.sends_all()
    called.clears()
    called.passes(31)
    called.steps()
    [held] = called.rows(pursuit, pursuit.c.wants == "closing")
    assert held.deadline == called.now + timedelta(minutes=30)
