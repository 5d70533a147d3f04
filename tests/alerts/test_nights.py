"""Closures of a night and schools of a day, asked for by several: whose end counts, what is decided
anew, what another takes over. Each was wrong once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from alerting import chase
from alerting.alerts import by_hand, measures, timed
from alerting.alerts.asking import ask, drop, join
from alerting.alerts.ledger import Ledger
from alerting.alerts.named_days import end_past
from alerting.alerts.notices import Facts
from alerting.alerts.recurring import ask_again
from alerting.alerts.settling import meanwhile, settle
from alerting.errors import Refused
from alerting.signals import Report, Tick
from alerting.store.schema import asker, measure
from tests.alerts.county import STORY, ZONE, County

ROAD = "G99-K12"
OFFICER, DEPUTY = "person:zhao", "person:wang"
MORE = """\
  hold:
    title: {zh: 夜间禁行, en: Night ban}
    form: propose
    decider: regulator
    carrier: field
    lifter: regulator
    yields: [convoy]
    do: {zh: 劝返大客车, en: Turn coaches back}
    sms: {zh: 劝返大客车, en: Turn coaches back}
    by-minutes: 30
    check: true
    road: holds
    look: {zh: 走完全段, en: drive all of it}
    arguments: &hours
      from: {stricter: earlier, optional: true, zh: "{value}起", en: "from {value}"}
      until: {stricter: later, optional: true, zh: "至{value}", en: "until {value}"}
  shut:
    title: {zh: 夜间封闭, en: Night closure}
    form: propose
    decider: regulator
    carrier: field
    lifter: regulator
    do: {zh: 逐段封闭道路, en: Close stretch by stretch}
    sms: {zh: 逐段封闭道路, en: Close stretch by stretch}
    by-minutes: 30
    check: true
    road: closes
    look: {zh: 走完全段, en: drive all of it}
    supersedes: [hold]
    arguments: *hours
  release:
    title: {zh: 分批放行, en: Staged release}
    form: order
    carrier: field
    lifter: field
    do: {zh: 带道放行车辆, en: Lead them through}
    sms: {zh: 带道放行车辆, en: Lead them through}
    by-minutes: 30
    conflicts: [shut]
    yields: [shut]
    check: true
    arguments: *hours
  one-lane:
    title: {zh: 单车道通行, en: One lane}
    form: order
    carrier: field
    lifter: field
    do: {zh: 轮流放行两个方向, en: Let each way pass in turn}
    sms: {zh: 轮流放行两个方向, en: Let each way pass in turn}
    by-minutes: 30
    check: true
    needs-first: [hold]
    arguments: *hours
  convoy:
    title: {zh: 编队通行, en: Convoy}
    form: order
    carrier: field
    lifter: field
    do: {zh: 编队放行大客车, en: Let coaches pass in a convoy}
    sms: {zh: 编队放行大客车, en: Let coaches pass in a convoy}
    by-minutes: 30
    check: true
    conflicts: [hold]
    arguments: *hours
  no-class:
    title: {zh: 停课, en: No classes}
    form: propose
    decider: regulator
    carrier: field
    lifter: regulator
    do: {zh: 通知家长不到校, en: Tell the parents}
    sms: {zh: 通知家长不到校, en: Tell the parents}
    by-minutes: 30
    named-day: true
"""
NIGHTS = """\
  - id: night
    hazard: fog
    place: road-section
    basis: [M-01]
    levels:
      yellow: {when: (visibility < 500 m) within 30 h, ask: ["hold 20:00 08:00", "no-class"]}
      orange: {when: (visibility < 200 m) within 30 h, ask: ["shut 20:30 08:00"]}
    clear: visibility >= 750 m
    hold: 2 h
    decide: ["16:00"]
    audience: [township]
    cases:
      - {name: dense fog, given: {at: "2026-01-20 16:00", visibility: [150]}, expect: {level: orange, onset: 0 h}}
"""


class Nights(County):
    """The test county with measures for hours and for days, driven from 20 January, local time."""

    def at(self, day_and_time: str) -> datetime:
        return datetime.fromisoformat(f"2026-01-{day_and_time}").replace(tzinfo=ZONE).astimezone(UTC)

    def until(self, day_and_time: str) -> None:
        """On to a local time, every end and beginning on the way done when it comes."""
        end = self.at(day_and_time)
        for _ in range(500):
            with self.store.read() as c:
                _, due = chase.look(c, self.life, self.now)
            if due is None or due > end:
                break
            self.now = max(self.now, due)
            self.store.write(lambda c: chase.step(c, self.life, self.now))
        else:
            pytest.fail("something stays due and is never done")
        self.now = end

    def strikes(self, *, late: timedelta = timedelta()) -> None:
        """The clock strikes now, and is heard `late`."""
        issued, self.now = self.now, self.now + late
        self.takes(Tick(source="clock", issued=issued))
        self.store.write(lambda c: (end_past(c, self.life, self.now),
                                    ask_again(c, self.life, issued, self.now)))  # fmt: skip

    def asks(self, by: str, name: str, level: int = 3, day: str | None = None, **given: str) -> None:
        place = self.life.places.by_id[ROAD]
        facts = Facts("road-traffic", "fog", ROAD, level)
        self.in_ledger(lambda ledger: ask(ledger, name, place, given, facts, by, self.now, day=day))

    def orders(self, name: str, day: str | None = None, **given: str) -> str:
        """By hand, through the report that a page makes."""
        detail = {"measure": name, "reason": "x", "arguments": given} | ({"day": day} if day else {})
        said = Report(source="t", issued=self.now, act="order", person=OFFICER.removeprefix("person:"),
                      subject=f"place:{ROAD}", detail=detail)  # fmt: skip
        return self.store.write(lambda c: by_hand(c, self.life, said))

    def no_longer(self, by: str) -> None:
        facts = Facts("road-traffic", "fog", ROAD, 3)
        self.in_ledger(lambda ledger: drop(ledger, by, set(), facts, self.now))

    def in_ledger(self, work: Callable[[Ledger], Any]) -> None:
        def all_of_it(connection: Connection) -> None:
            with Ledger(connection, self.life) as ledger:
                work(ledger)

        self.store.write(all_of_it)

    def every(self, name: str) -> list[Any]:
        with self.store.read() as c:
            return list(c.execute(
                select(measure).where(measure.c.measure == name).order_by(measure.c.number)))

    def newest(self, name: str) -> Any:
        return self.every(name)[-1]

    def does(self, act: Any, name: str, *more: Any) -> None:
        key = self.newest(name).id
        assert self.store.write(lambda c: act(c, self.life, key, "wang", self.now, *more)), act

    def settles(self, second: str, answer: str) -> None:
        assert self.store.write(lambda c: settle(c, self.life, second, answer, "wang", self.now))

    def in_force(self, name: str) -> None:
        self.does(measures.approve, name)
        self.does(measures.in_force, name)

    def asking(self, name: str) -> set[str]:
        key = self.newest(name).id
        with self.store.read() as c:
            return set(c.execute(
                select(asker.c.asker).where(asker.c.measure == key, asker.c.ended.is_(None))
            ).scalars())


@pytest.fixture
def county(tmp_path: Path) -> Nights:
    book = tmp_path / "book"
    shutil.copytree(STORY / "book", book)
    for name, more in (("measures.yaml", MORE), ("roads.yaml", NIGHTS)):
        with (book / name).open("a", encoding="utf-8") as file:
            file.write(more)
    return Nights(book=book)


def local(row_time: datetime | None) -> str | None:
    return None if row_time is None else f"{row_time.astimezone(ZONE):%d %H:%M}"


# Whose end counts


def test_of_two_signed_ends_the_later_holds_whatever_their_clocks(county: Nights) -> None:
    county.until("21 06:00")
    county.asks(OFFICER, "shut", until="11:00")
    county.in_force("shut")
    county.asks(DEPUTY, "shut", until="13:00")
    assert local(county.newest("shut").ends) == "21 13:00"
    county.does(measures.in_force, "shut")  # asked for longer, it was issued again
    county.until("21 12:00")
    held = county.newest("shut")
    assert (held.state, local(held.ends)) == ("in force", "21 13:00")
    assert county.asking("shut") == {DEPUTY}
    county.until("21 13:00")
    assert county.newest("shut").state == "expired"


def test_a_persons_end_stays_their_own_when_an_alert_has_joined_and_gone(county: Nights) -> None:
    county.until("21 06:00")
    county.asks(OFFICER, "shut", until="09:00")
    county.in_force("shut")
    county.asks("live.night.G99-K12.1", "shut")  # with no end
    assert county.newest("shut").ends is None
    county.until("21 10:00")
    assert county.asking("shut") == {"live.night.G99-K12.1"}
    county.no_longer("live.night.G99-K12.1")
    assert county.newest("shut").state == "lift proposed", "nobody asks: somebody looks"


def test_while_an_alert_asks_past_its_end_somebody_must_look(county: Nights) -> None:
    county.until("21 06:00")
    county.asks("live.night.G99-K12.1", "shut", until="08:00")
    county.in_force("shut")
    county.asks(OFFICER, "shut", until="12:00")
    county.does(measures.in_force, "shut")
    county.until("21 08:00")
    assert county.newest("shut").state == "in force", "it is signed until noon"
    county.until("21 12:00")
    assert county.newest("shut").state == "lift proposed"
    assert "12:00" in county.notices()[-1].facts["reason"]["zh"]
    county.asks(OFFICER, "shut", until="15:00")
    looked_at, asked = county.every("shut")
    assert (looked_at.state, asked.state) == ("lift proposed", "proposed"), "another decision"
    county.no_longer("live.night.G99-K12.1")
    county.until("21 15:00")
    assert county.every("shut")[0].state == "lift proposed", "only a look opens it"


def test_a_rise_after_the_end_asks_for_the_next_hours(county: Nights) -> None:
    county.until("21 06:00")
    county.asks("live.night.G99-K12.1", "shut", until="08:00")
    county.in_force("shut")
    county.until("21 22:00")
    assert county.newest("shut").state == "lift proposed"
    county.asks("live.night.G99-K12.1", "shut", level=4, until="08:00")
    last, tonight = county.every("shut")
    assert (last.state, tonight.state, local(tonight.ends)) == ("lift proposed", "proposed", "22 08:00")


def test_hours_that_do_not_meet_are_two_decisions(county: Nights) -> None:
    county.until("21 06:00")
    county.asks(OFFICER, "shut", until="09:00")
    county.in_force("shut")
    county.asks(OFFICER, "shut", **{"from": "22:00", "until": "23:00"})
    now, later = county.every("shut")
    assert (now.state, local(now.ends)) == ("in force", "21 09:00"), "as it was"
    assert (later.state, local(later.begins), local(later.due)) == ("proposed", "21 22:00", None)
    county.does(measures.refuse, "shut", "no")
    county.until("21 09:00")
    assert [m.state for m in county.every("shut")] == ["expired", "refused"]


def test_who_orders_for_now_leaves_the_night_that_is_signed(county: Nights) -> None:
    county.until("20 15:00")
    county.asks("live.night.G99-K12.1", "shut", **{"from": "20:30", "until": "08:00"})
    county.in_force("shut")  # ready ahead
    county.asks(OFFICER, "shut", until="18:00")
    night, now = county.every("shut")
    assert (night.state, local(night.begins), night.version) == ("in force", "20 20:30", 1)
    assert (now.state, now.begins) == ("proposed", None)
    county.does(measures.withdraw, "shut", "not needed")
    assert county.every("shut")[0].state == "in force", "withdrawing the day's takes nothing off"


def test_hours_that_grow_from_now_on_are_ordered_anew(county: Nights) -> None:
    county.until("20 15:00")
    county.asks("live.night.G99-K12.1", "shut", **{"from": "20:30", "until": "08:00"})
    county.in_force("shut")
    county.asks(OFFICER, "shut", until="21:00")
    [held] = county.every("shut")
    assert (held.state, held.begins, held.version) == ("issued", None, 2)


def test_a_decider_is_told_when_the_hours_they_are_asked_about_change(county: Nights) -> None:
    county.until("20 15:00")
    county.asks(OFFICER, "shut", **{"from": "20:00", "until": "22:00"})
    county.asks(DEPUTY, "shut", **{"from": "21:00", "until": "23:00"})
    county.no_longer(OFFICER)
    [held] = county.every("shut")
    assert (local(held.begins), local(held.ends)) == ("20 21:00", "20 23:00")
    asked = [n.facts["measures"][0] for n in county.notices() if n.kind == "decide"]
    assert len(asked) == 3
    assert datetime.fromisoformat(asked[-1]["begins"]) == held.begins


def test_a_night_without_an_end_that_began_a_moment_ago_is_tonight(county: Nights) -> None:
    county.until("20 20:05")
    county.asks(OFFICER, "hold", **{"from": "20:00"})
    assert local(county.newest("hold").begins) == "20 20:00"


def test_a_fall_after_the_end_asks_for_nothing_more(county: Nights) -> None:
    first_night(county)
    county.until("21 08:00")
    held = county.newest("shut")
    facts = Facts("road-traffic", "fog", ROAD, 2)
    given = {"from": "21:00", "until": "07:00"}
    county.in_ledger(lambda ledger: join(
        ledger, ledger.measure(held.id), given, facts, "live.night.G99-K12.1", county.now))
    assert county.newest("shut").state == "lift proposed"
    assert len(county.every("shut")) == 1


def test_who_signed_but_could_not_order_is_told_that_its_time_is_over(county: Nights) -> None:
    county.asks(OFFICER, "shut", until="17:00")
    county.does(measures.approve, "shut")
    key = county.newest("shut").id
    county.store.write(lambda c: c.execute(measure.update().where(measure.c.id == key).values(
        state="approved", issued=None, waits={"why": "first", "for": [], "post": "office"})))
    county.until("20 17:00")
    assert county.newest("shut").state == "expired"
    told = {n.post: n.facts["reason"]["zh"] for n in county.notices() if n.kind == "lifted"}
    assert told == dict.fromkeys(("transport", "office"), "到时自动结束，未曾下达")


NIGHT = {"from": "20:30", "until": "08:00"}
ALERT = "live.night.G99-K12.1"


def test_who_asks_again_means_what_they_asked_for_and_no_two_become_one(county: Nights) -> None:
    county.until("20 16:00")
    county.asks(OFFICER, "shut", until="18:00")
    county.asks(ALERT, "shut", **NIGHT)
    county.asks(DEPUTY, "shut", until="21:00")  # meets both
    county.asks(ALERT, "shut", level=4, **NIGHT)
    county.asks("live.other.G99-K12.1", "shut", **NIGHT)
    day, night = county.every("shut")
    assert (local(day.ends), local(night.ends), night.level) == ("20 21:00", "21 08:00", 4)
    county.until("21 09:00")
    assert [m.state for m in county.every("shut")] == ["expired", "expired"], "nobody signed"


def test_the_night_is_asked_for_though_somebody_holds_the_road_till_late(county: Nights) -> None:
    first_night(county)
    county.until("21 06:00")
    county.asks(OFFICER, "shut", until="23:00")
    county.does(measures.in_force, "shut")
    county.until("21 15:00")
    fog(county)
    county.until("21 16:00")
    county.strikes()
    held, night = county.every("shut")
    assert (held.state, local(held.ends)) == ("in force", "21 23:00")
    assert (night.state, local(night.begins), local(night.ends)) == ("proposed", "21 20:30", "22 08:00")


def test_a_fall_lets_the_hours_be_that_were_signed(county: Nights) -> None:
    first_night(county)
    county.until("21 07:30")
    held, facts = county.newest("shut"), Facts("road-traffic", "fog", ROAD, 2)
    given = {"from": "21:00", "until": "07:00"}
    county.in_ledger(lambda ledger: join(ledger, ledger.measure(held.id), given, facts, ALERT, county.now))
    assert local(county.newest("shut").ends) == "21 08:00"


def test_a_look_that_is_owed_stays_owed_when_somebody_asks_for_an_hour_more(county: Nights) -> None:
    county.until("21 04:00")
    county.asks(ALERT, "shut", until="08:00")
    county.in_force("shut")
    county.no_longer(ALERT)
    assert county.newest("shut").state == "lift proposed"
    county.asks(OFFICER, "shut", until="09:00")
    county.until("21 09:00")
    assert [m.state for m in county.every("shut")] == ["lift proposed", "expired"]


def test_without_hours_there_is_one_whatever_its_state(county: Nights) -> None:
    county.asks(ALERT, "shut")
    county.in_force("shut")
    county.no_longer(ALERT)
    assert county.newest("shut").state == "lift proposed"
    county.asks(OFFICER, "shut")
    [held] = county.every("shut")
    assert (held.state, county.asking("shut")) == ("issued", {OFFICER})
    county.asks("live.other.G99-K12.1", "shut", until="18:00")
    county.until("20 19:00")
    county.asks("live.other.G99-K12.1", "shut")
    assert len(county.every("shut")) == 1


def test_what_is_to_be_looked_at_is_not_taken_over(county: Nights) -> None:
    county.until("21 04:00")
    county.asks(ALERT, "hold", until="08:00")
    county.in_force("hold")
    county.until("21 09:00")
    county.asks(OFFICER, "shut", until="12:00")
    county.in_force("shut")
    county.until("21 12:00")
    assert county.newest("hold").state == "lift proposed"


def test_an_afternoon_takes_nothing_over_from_the_night(county: Nights) -> None:
    county.until("20 15:00")
    county.asks(ALERT, "hold", **NIGHT)
    county.in_force("hold")
    county.asks(OFFICER, "shut", until="18:00")
    county.in_force("shut")
    assert county.newest("hold").state == "in force"


# Night after night


def fog(county: Nights) -> None:
    county.forecast(visibility=[150] * 48)


def first_night(county: Nights) -> None:
    """Both are asked for at 16:00, signed, and in force; the closure takes over at 20:30."""
    county.until("20 15:00")
    fog(county)
    county.until("20 16:00")
    county.strikes()
    assert [local(county.newest(n).begins) for n in ("hold", "shut")] == ["20 20:00", "20 20:30"]
    for name in ("hold", "shut"):
        county.in_force(name)


def test_what_is_ready_ahead_takes_over_when_its_hours_begin(county: Nights) -> None:
    first_night(county)
    county.until("20 20:29")
    assert county.newest("hold").state == "in force", "until half past eight it alone holds"
    county.until("20 20:30")
    assert county.newest("hold").state == "superseded"
    assert not county.store.write(lambda c: timed.do_what_is_due(c, county.life, county.now))


def test_both_are_asked_for_on_the_second_night(county: Nights) -> None:
    first_night(county)
    county.until("21 08:00")
    assert county.newest("shut").state == "lift proposed"
    county.does(measures.attest, "shut")
    county.until("21 15:00")
    fog(county)
    county.until("21 16:00")
    county.strikes()
    for name in ("hold", "shut"):
        assert (county.newest(name).number, county.newest(name).state) == (2, "proposed"), name


def test_tonight_is_asked_for_though_nobody_has_looked_at_last_night(county: Nights) -> None:
    first_night(county)
    county.until("21 15:00")
    fog(county)
    county.until("21 16:00")
    county.strikes()
    for name in ("hold", "shut"):
        assert (county.newest(name).number, county.newest(name).state) == (2, "proposed"), name
    county.in_force("shut")
    county.until("21 21:00")
    last, tonight = county.every("shut")
    assert (last.state, tonight.state) == ("lift proposed", "in force")
    county.store.write(lambda c: measures.attest(c, county.life, last.id, "wang", county.now))
    assert [m.state for m in county.every("shut")] == ["lifted", "in force"]


def test_what_waits_for_its_look_is_shut_still_for_what_conflicts_with_it(county: Nights) -> None:
    county.until("21 06:00")
    county.asks("live.night.G99-K12.1", "shut", until="08:00")
    county.in_force("shut")
    county.asks(OFFICER, "release", **{})
    assert county.newest("release").waits["why"] == "conflict"
    county.does(measures.withdraw, "release", "x")
    county.until("21 10:00")
    assert county.newest("shut").state == "lift proposed"
    county.asks(OFFICER, "release", **{})
    assert county.newest("release").waits["why"] == "conflict"
    county.does(measures.withdraw, "release", "x")
    county.does(measures.attest, "shut")
    county.asks("live.night.G99-K12.1", "shut", **{"from": "22:00", "until": "23:00"})
    county.asks(OFFICER, "release", **{})
    assert county.newest("release").waits["why"] == "conflict", "it has no end of its own"


def test_hours_that_grow_into_what_conflicts_are_asked_about(county: Nights) -> None:
    first_night(county)  # shut until 08:00
    county.asks(DEPUTY, "release", **{"from": "09:00", "until": "11:00"})
    assert county.newest("release").state == "issued"
    until_noon = {"from": "20:30", "until": "12:00"}
    for _ in range(2):  # asked for twice, it is one question
        county.asks(OFFICER, "shut", **until_noon)
        shut, more = county.every("shut")
        assert (shut.state, local(shut.ends)) == ("in force", "21 08:00")
        assert (local(more.begins), local(more.ends)) == ("21 08:00", "21 12:00")
        assert (more.state, more.waits["why"]) == ("proposed", "conflict")
        assert county.newest("release").state == "issued"
    county.settles(more.id, "keep-first")
    assert [r.state for r in county.every("shut")] == ["in force", "refused"]
    county.asks(OFFICER, "shut", **until_noon)  # asked once more: another question
    county.settles(county.newest("shut").id, "take-second")
    assert county.newest("release").state == "withdrawn"
    county.does(measures.approve, "shut")
    assert [r.state for r in county.every("shut")] == ["in force", "refused", "issued"]


def test_who_asks_again_for_hours_that_were_refused_is_heard(county: Nights) -> None:
    """An order by hand that is taken and does nothing opened the road by the clock."""
    county.until("21 06:00")
    county.orders("shut", until="08:00")
    county.in_force("shut")
    county.asks(DEPUTY, "release", **{"from": "09:00", "until": "11:00"})
    county.settles(county.orders("shut", until="12:00"), "keep-first")
    county.does(measures.withdraw, "release", "x")
    [shut, _] = county.every("shut")
    assert county.orders("shut", until="12:00") == shut.id
    assert local(county.every("shut")[0].ends) == "21 12:00"


def test_however_many_ask_for_more_it_is_one_question(county: Nights) -> None:
    first_night(county)  # shut until 08:00
    county.asks(DEPUTY, "release", **{"from": "09:00", "until": "11:00"})
    county.asks(OFFICER, "shut", **{"from": "20:30", "until": "12:00"})
    county.asks(DEPUTY, "shut", **{"from": "20:30", "until": "13:00"})
    shut, more = county.every("shut")
    assert (local(more.begins), local(more.ends)) == ("21 08:00", "21 13:00")
    assert more.arguments == {"from": "08:00", "until": "13:00"}, "as its hours are"
    assert (local(shut.ends), county.newest("release").state) == ("21 08:00", "issued")


def test_hours_that_grow_both_ways_are_parted(county: Nights) -> None:
    county.asks(OFFICER, "shut", **{"from": "20:30", "until": "08:00"})
    county.in_force("shut")
    county.asks(DEPUTY, "release", **{"from": "17:00", "until": "18:00"})
    for _ in range(2):
        county.asks(OFFICER, "shut", **{"from": "16:00", "until": "10:00"})
        assert [(local(m.begins), local(m.ends)) for m in county.every("shut")] == [
            ("20 20:30", "21 10:00"), ("20 16:00", "20 20:30")]  # fmt: skip


def test_what_stands_past_its_end_suspends_what_was_ordered_for_after_it(county: Nights) -> None:
    county.asks("live.night.G99-K12.1", "shut", until="20:00")
    county.in_force("shut")
    county.asks(DEPUTY, "release", **{"from": "21:00", "until": "23:00"})
    assert county.newest("release").state == "issued"
    county.until("20 20:30")
    assert county.newest("shut").state == "lift proposed"
    release = county.newest("release")
    assert (release.state, release.waits["why"]) == ("approved", "conflict")
    county.does(measures.attest, "shut")  # they looked: nothing is to be decided any more
    assert county.newest("release").state == "issued"


def test_nobodys_silence_lets_go_what_is_to_be_looked_at(county: Nights) -> None:
    county.asks("live.night.G99-K12.1", "hold", until="20:00")
    county.in_force("hold")
    county.asks(DEPUTY, "convoy", **{"from": "21:00", "until": "23:00"})
    county.until("20 20:10")
    assert county.newest("hold").state == "lift proposed"
    convoy = county.newest("convoy")
    assert not county.store.write(lambda c: meanwhile(c, county.life, convoy.id, county.now))
    assert county.newest("convoy").state == "approved"


def test_who_orders_by_hand_hears_of_the_hours_they_named(county: Nights) -> None:
    late = {"from": "22:00", "until": "23:00"}
    early = county.orders("shut", until="18:00")
    assert (early, county.orders("shut", **late)) == tuple(m.id for m in county.every("shut"))
    assert county.orders("shut", until="18:00") == early, "asked again, nothing is new"


def test_what_is_needed_first_is_so_for_all_the_hours_of_what_needs_it(county: Nights) -> None:
    county.asks(OFFICER, "one-lane", until="18:00")
    assert (county.newest("one-lane").waits["why"], local(county.newest("hold").ends)) == ("first", "20 18:00")
    county.in_force("hold")
    county.asks(DEPUTY, "one-lane", until="23:00")
    assert [local(county.newest(name).ends) for name in ("one-lane", "hold")] == ["20 23:00"] * 2
    assert county.newest("hold").state == "issued", "asked for longer, it was issued again"


def test_what_is_needed_first_asks_before_it_grows_into_what_conflicts(county: Nights) -> None:
    county.asks(OFFICER, "one-lane", until="18:00")
    county.in_force("hold")
    county.asks(DEPUTY, "convoy", **{"from": "19:00", "until": "22:00"})
    county.asks(DEPUTY, "one-lane", until="23:00")
    hold, more = county.every("hold")
    assert (local(hold.ends), local(more.begins), local(more.ends)) == (
        "20 18:00", "20 18:00", "20 23:00")  # fmt: skip
    assert more.waits["why"] == "conflict"


def test_a_place_that_is_gone_stops_nobody_else(county: Nights) -> None:
    first_night(county)
    county.until("20 21:00")
    county.asks(OFFICER, "shut", until="23:00")  # joins
    county.life.places.by_id.pop(ROAD)
    county.does(measures.withdraw, "shut", "thawed")
    assert county.newest("hold").state == "superseded"


def test_what_was_withdrawn_does_not_come_back_through_an_older_one(county: Nights) -> None:
    first_night(county)
    county.until("21 08:00")
    county.does(measures.attest, "shut")
    county.until("21 15:00")
    fog(county)
    county.until("21 16:00")
    county.strikes()
    for name in ("hold", "shut"):
        county.does(measures.withdraw, name, "thawed")
    county.until("22 15:00")
    fog(county)
    county.until("22 16:00")
    county.strikes()
    assert [county.newest(n).number for n in ("hold", "shut")] == [2, 2]


def test_a_stroke_heard_late_asks_for_no_night_that_is_over(county: Nights) -> None:
    first_night(county)
    county.until("21 08:00")
    county.does(measures.attest, "shut")
    fog(county)
    county.until("21 16:00")
    county.strikes(late=timedelta(hours=17))  # heard at nine on the 22nd
    asked = county.newest("shut")
    assert (local(asked.proposed), local(asked.begins)) == ("22 09:00", "22 20:30")


def test_under_its_successor_nothing_is_proposed_and_all_who_ask_get_it_back(county: Nights) -> None:
    first_night(county)
    county.until("20 21:00")
    key = county.orders("hold", until="07:00")
    assert key == county.newest("hold").id, "it is told which does not need to be ordered"
    assert (county.newest("hold").number, county.newest("hold").state) == (1, "superseded")
    county.does(measures.withdraw, "shut", "thawed")
    back = county.newest("hold")
    assert (back.number, back.state, local(back.ends)) == (2, "issued", "21 08:00")
    assert county.asking("hold") == {OFFICER, "live.night.G99-K12.1"}


def test_what_comes_back_for_longer_than_was_signed_is_put_to_its_decider(county: Nights) -> None:
    first_night(county)
    county.until("21 07:00")
    county.orders("hold", until="12:00")
    county.until("21 08:00")
    county.until("21 09:00")
    county.does(measures.attest, "shut")
    back = county.newest("hold")
    assert (back.number, back.state, local(back.ends)) == (2, "proposed", "21 12:00")


# Days that are named


def test_tomorrow_ordered_today_leaves_today_as_it_is(county: Nights) -> None:
    county.until("20 11:00")
    county.asks(OFFICER, "no-class")
    county.in_force("no-class")
    county.until("20 14:00")
    county.asks(OFFICER, "no-class", day="2026-01-21")
    today, tomorrow = county.every("no-class")
    assert [(m.day[-2:], m.state) for m in (today, tomorrow)] == [
        ("20", "in force"), ("21", "proposed")]  # fmt: skip
    county.asks(DEPUTY, "no-class", day="2026-01-21")
    assert len(county.every("no-class")) == 2
    county.until("20 20:00")
    county.strikes()
    assert [m.state for m in county.every("no-class")] == ["expired", "proposed"]
    assert not [n for n in county.notices() if n.kind == "lifted"], "what follows speaks for itself"


def test_a_run_that_says_less_loosens_nothing_while_the_alert_is_higher(county: Nights) -> None:
    county.until("20 15:00")
    fog(county)
    county.until("20 16:00")
    county.strikes()
    assert county.newest("no-class").level == 3
    county.does(measures.approve, "no-class")
    was = county.newest("no-class")
    county.forecast(visibility=[400] * 48)  # yellow; one run lets nothing fall
    county.now = county.at("20 16:00") + timedelta(minutes=1)
    county.takes(Tick(source="clock", issued=county.at("20 16:00")))
    now = county.newest("no-class")
    assert county.alerts()[-1].level == 3
    assert (now.level, now.version, now.state) == (was.level, was.version, "issued")


def test_what_falls_at_its_own_hour_asks_for_the_next_day_all_the_same(county: Nights) -> None:
    county.until("20 15:00")
    fog(county)
    county.until("20 16:00")
    county.strikes()
    thinner = [9000] * 12 + [400] * 36
    county.until("21 08:00")
    county.forecast(visibility=thinner)
    county.until("21 14:00")
    county.forecast(visibility=thinner)  # two runs agree; two hours on, the orange falls
    for hour in (14, 15, 16):
        assert (county.alerts()[-1].level, county.newest("no-class").day) == (3, "2026-01-21")
        county.until(f"21 {hour}:00")
        county.strikes()
    assert (county.alerts()[-1].level, county.newest("no-class").day) == (2, "2026-01-22")
    assert (county.newest("no-class").state, county.newest("no-class").level) == ("proposed", 2)


def test_by_hand_a_day_is_named_and_none_that_is_over(county: Nights) -> None:
    county.until("20 14:00")

    county.orders("no-class", day="2026-01-23")
    assert county.newest("no-class").day == "2026-01-23"
    county.orders("no-class")
    assert county.newest("no-class").day == "2026-01-21", "nobody said: the next morning"
    county.asks("response:r", "no-class")
    assert len(county.every("no-class")) == 2, "a response joins the nearest"
    for wrong in ("2026-01-19", "soon", "2027-06-01"):
        with pytest.raises(Refused, match="day"):
            county.orders("no-class", day=wrong)
    county.until("20 20:30")
    with pytest.raises(Refused, match="over"):
        county.orders("no-class", day="2026-01-20")
