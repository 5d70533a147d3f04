"""A noisy rule, and red, among others: who goes first, and what is not sent any more."""

from __future__ import annotations

from datetime import timedelta

from tests.dispatch.hall import START, Hall, crowd


def test_a_noisy_rule_does_not_hold_up_the_first_alert_of_a_quiet_one(hall: Hall) -> None:
    hall.phone.rate = 1.0
    hall.begin()
    for n, one in enumerate(crowd(hall, 60)):
        hall.tell(one, alert=hall.alert(f"live.fog.r{n}.1", place=f"r{n}"), facts={"rule": "fog"})
    hall.goes()
    assert len(hall.phone.got) == 1
    hall.passes(seconds=10)
    hall.tell("site", facts={"rule": "quiet", "hazard": "gale"})
    hall.passes(seconds=2)
    [sent] = hall.deliveries(person="smith")
    assert sent.state == "accepted", "second in turn, not sixtieth"
    assert sent.at - START <= timedelta(seconds=12)
    hall.passes(seconds=60)
    assert len(hall.phone.got) == 61


def test_a_batch_takes_the_first_of_every_rule(hall: Hall) -> None:
    for n in range(60):
        hall.tell("police", alert=hall.alert(f"live.fog.r{n}.1", place=f"r{n}"))
    late = hall.tell("site", facts={"rule": "quiet"})
    hall.takes()
    assert hall.notice(late).state == "carried"


def test_red_mutes_lower_news_of_the_same_hazard_and_place_that_is_still_due(hall: Hall) -> None:
    hall.alert("live.fog.road.1", level=4)
    hall.alert("live.fog.town.2")
    hall.tell()
    hall.goes()
    lower = hall.tell(level=2, alert="live.fog.town.2")  # waits its 30 s
    elsewhere = hall.tell(level=2, alert="live.fog.town.2", facts={"place": "town"})
    gale = hall.tell(level=2, alert="live.fog.town.2", facts={"hazard": "gale"})
    others = hall.tell("site", level=2, alert="live.fog.town.2")
    hall.goes()
    red = hall.tell(level=4, alert="live.fog.road.1")
    hall.passes(seconds=31)
    assert hall.notice(red).state == "carried"
    assert hall.notice(lower).state == "withheld"
    assert hall.notice(lower).reason.startswith("red about the same")
    assert [hall.notice(n).state for n in (elsewhere, gale, others)] == ["carried"] * 3


def test_a_fall_from_red_is_told_and_mutes_nothing_any_more(hall: Hall) -> None:
    hall.alert("live.fog.road.1", level=4)
    hall.tell(level=4, alert="live.fog.road.1")
    hall.passes(seconds=31)
    hall.store.write(lambda c: c.exec_driver_sql("UPDATE alert SET level = 3"))
    fall = hall.tell(level=3, kind="fall", alert="live.fog.road.1", facts={"was": 4})
    later = hall.tell(level=2, alert="live.fog.road.1", kind="open")
    hall.passes(seconds=31)
    assert [hall.notice(n).state for n in (fall, later)] == ["carried"] * 2


def test_what_a_rise_has_overtaken_is_not_told_behind_it(hall: Hall) -> None:
    hall.alert()
    hall.passes(hours=10)  # midnight
    waits = hall.tell(level=1, alert="live.fog.road.1")
    hall.goes()
    rise = hall.tell(level=3, kind="raise", alert="live.fog.road.1")
    hall.passes(hours=8)
    assert hall.notice(rise).state == "carried"
    assert (hall.notice(waits).state, hall.notice(waits).reason) == ("withheld", "its rise is told")
