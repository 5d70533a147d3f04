"""What a decider signed in place of what was asked: how long it stands, whom it comes back for, what is
asked about it afterwards. Each was wrong once."""

from __future__ import annotations

import pytest

from alerting.alerts import measures
from alerting.chase.changing import changed_arguments
from alerting.errors import BadInput
from tests.alerts.test_nights import DEPUTY, OFFICER, Nights, county, local

__all__ = ["county"]

FOG, ICE = "live.night.G99-K12.1", "live.ice.G99-K12.1"
NIGHT = {"from": "20:30", "until": "08:00"}


def signs(county: Nights, name: str, by: str = "wang", **changed: str) -> None:
    row = county.newest(name)
    whole = changed_arguments(county.life, row, changed)
    assert county.store.write(
        lambda c: measures.approve(c, county.life, row.id, by, county.now, whole, "x"))


def asked(county: Nights, wants: str = "decision") -> int:
    return sum(1 for one in county.notices() if one.wants == wants)


def hours(row: object) -> tuple[str | None, str | None]:
    return local(row.begins), local(row.ends)  # type: ignore[attr-defined]


# Whose end counts


def test_a_signed_end_counts_not_the_earlier_one_of_who_asked(county: Nights) -> None:
    county.until("21 06:00")
    county.asks(OFFICER, "shut", until="09:00")
    signs(county, "shut", until="12:00")
    county.does(measures.in_force, "shut")
    county.asks(DEPUTY, "shut", until="11:00")
    county.until("21 11:59")
    assert county.newest("shut").state == "in force", "the carrier was told until 12:00"
    county.until("21 12:00")
    assert county.newest("shut").state == "expired"


def test_signed_without_an_end_only_a_look_opens_it(county: Nights) -> None:
    county.until("21 06:00")
    county.asks(OFFICER, "shut", until="09:00")
    signs(county, "shut", until="")
    county.does(measures.in_force, "shut")
    county.until("21 10:00")
    assert county.newest("shut").state == "lift proposed"
    told = next(one for one in county.notices() if one.wants == "check")
    assert "要求至09:00，批准时未定截止" in told.facts["reason"]["zh"]


def test_a_signed_end_outlasts_an_alert_that_asked_for_less(county: Nights) -> None:
    county.until("21 06:00")
    county.asks(FOG, "shut", until="09:00")
    signs(county, "shut", until="12:00")
    county.does(measures.in_force, "shut")
    county.until("21 10:00")
    county.asks(ICE, "shut", until="11:00")
    county.no_longer(ICE)
    assert county.newest("shut").state == "in force", "the fog alert asks, and it is signed until 12:00"
    county.until("21 12:00")
    assert county.newest("shut").state == "lift proposed"


# Hours that grow


def test_hours_signed_anew_that_meet_a_conflict_are_asked_about_first(county: Nights) -> None:
    county.until("20 15:00")
    county.asks(FOG, "shut", **(NIGHT | {"until": "02:00"}))
    signs(county, "shut", until="01:00")
    county.does(measures.in_force, "shut")
    county.asks(OFFICER, "release", **{"from": "03:00", "until": "06:00"})
    county.until("20 21:00")
    county.asks(FOG, "shut", level=4, **(NIGHT | {"until": "02:00"}))
    signs(county, "shut", until="05:00")
    first, more = county.every("shut")
    assert (first.state, local(first.ends)) == ("in force", "21 01:00")
    assert (more.state, hours(more), more.decided_by) == (
        "approved", ("21 01:00", "21 05:00"), "wang")  # fmt: skip
    assert (asked(county, "conflict"), county.newest("release").state) == (1, "issued")
    county.asks(FOG, "shut", level=4, **(NIGHT | {"until": "02:00"}))
    assert len(county.every("shut")) == 2
    county.settles(more.id, "take-second")
    assert county.newest("shut").state == "issued"
    assert county.newest("release").state == "withdrawn"


def test_the_rise_taken_as_it_was_put_is_asked_about_where_it_meets_a_conflict(
    county: Nights,
) -> None:
    county.until("20 15:00")
    county.asks(FOG, "shut", **NIGHT)
    signs(county, "shut", until="01:00")
    county.does(measures.in_force, "shut")
    county.until("20 21:00")
    county.asks(FOG, "shut", level=4, **NIGHT)
    county.asks(OFFICER, "release", **{"from": "03:00", "until": "06:00"})
    county.does(measures.approve, "shut")
    first, more = county.every("shut")
    assert (first.state, local(first.ends), first.level) == ("in force", "21 01:00", 4)
    assert (more.state, hours(more)) == ("approved", ("21 01:00", "21 08:00"))
    assert asked(county, "conflict") == 1
    county.asks(FOG, "shut", level=4, **NIGHT)
    assert len(county.every("shut")) == 2
    county.settles(more.id, "keep-first")
    assert [m.state for m in county.every("shut")] == ["in force", "refused"]


# Hours of a change


@pytest.mark.parametrize("wrong", [
    {"until": "18:00"},  # before it begins, not twenty hours after
    {"until": "20:30"},
    {"from": "09:00"},
])  # fmt: skip
def test_hours_that_do_not_meet_those_put_are_refused(county: Nights, wrong: dict[str, str]) -> None:
    county.until("20 15:00")
    county.asks(FOG, "shut", **NIGHT)
    with pytest.raises(BadInput, match="20 20:30 to 21 08:00") as said:
        signs(county, "shut", **wrong)
    assert "20日20:30至21日08:00" in said.value.zh
    assert county.newest("shut").state == "proposed"
    signs(county, "shut", **{"from": "20:00", "until": "09:30"})  # a little more is no slip
    assert hours(county.newest("shut")) == ("20 20:00", "21 09:30")


def test_an_end_that_has_passed_and_a_beginning_of_what_is_on_are_refused(county: Nights) -> None:
    county.until("20 15:00")
    county.asks(FOG, "shut", **NIGHT)
    signs(county, "shut", until="07:00")
    county.does(measures.in_force, "shut")
    county.until("20 22:00")
    county.asks(FOG, "shut", level=4, **NIGHT)
    with pytest.raises(BadInput):
        signs(county, "shut", until="21:30")
    with pytest.raises(BadInput, match="beginning"):
        signs(county, "shut", **{"from": "23:00"})
    signs(county, "shut", until="23:00")
    assert hours(county.newest("shut")) == ("20 20:30", "20 23:00")


# What another takes over


def test_what_was_shortened_comes_back_as_signed_after_its_successor(county: Nights) -> None:
    county.until("20 15:00")
    county.asks(FOG, "hold", **{"from": "20:00", "until": "08:00"})
    signs(county, "hold", until="07:00")
    county.does(measures.in_force, "hold")
    county.until("20 20:10")
    county.asks(ICE, "shut", **{"from": "20:00", "until": "23:00"})
    county.in_force("shut")
    county.asks(FOG, "hold", level=4, **{"from": "20:00", "until": "08:00"})
    county.no_longer(ICE)
    county.does(measures.attest, "shut")
    back = county.newest("hold")
    assert (back.state, hours(back)) == ("issued", ("20 20:00", "21 07:00"))
    assert back.put["level"] == 4, "it rose meanwhile: its decider is asked"


def test_what_was_signed_longer_comes_back_for_its_own_end(county: Nights) -> None:
    county.until("21 06:00")
    county.asks(OFFICER, "hold", until="08:00")
    signs(county, "hold", until="12:00")
    county.does(measures.in_force, "hold")
    county.asks(ICE, "shut")
    county.in_force("shut")
    county.until("21 09:00")
    county.no_longer(ICE)
    county.does(measures.attest, "shut")
    back = county.newest("hold")
    assert (back.number, back.state, local(back.ends)) == (2, "issued", "21 12:00")


# What is asked about it afterwards


def test_another_who_asks_for_what_was_cut_has_it_put_anew_the_same_does_not(county: Nights) -> None:
    county.until("20 15:00")
    county.asks(FOG, "shut", level=4, **NIGHT)
    signs(county, "shut", until="23:00")
    county.does(measures.in_force, "shut")
    county.until("20 20:40")
    county.asks(FOG, "shut", level=4, **NIGHT)
    assert asked(county) == 1
    county.asks(ICE, "shut", level=4, **NIGHT)
    put = county.notices()[-1]
    assert (put.wants, put.facts["measures"][0]["arguments"]["until"]) == ("decision", "08:00")
    assert "至23:00" in put.facts["reason"]["zh"]
    assert "2" in put.facts["reason"]["en"]
    county.no_longer(ICE)
    assert county.newest("shut").put is None
    county.asks(ICE, "shut", level=4, **NIGHT)
    county.does(measures.refuse, "shut", "no")
    before = asked(county)
    county.asks(ICE, "shut", level=4, **NIGHT)
    assert (asked(county), local(county.newest("shut").ends)) == (before, "20 23:00")


def test_stricter_at_the_same_colour_is_put_anew(county: Nights) -> None:
    county.until("20 15:00")
    county.asks(FOG, "shut", level=4, **NIGHT)
    signs(county, "shut", until="07:00")
    county.asks(FOG, "shut", level=4, **(NIGHT | {"until": "10:00"}))
    assert county.newest("shut").put["arguments"]["until"] == "10:00"
    county.does(measures.approve, "shut")
    held = county.newest("shut")
    assert (held.signed, held.put, local(held.ends)) == (None, None, "21 10:00")


def test_what_was_kept_at_red_is_asked_again_after_a_fall(county: Nights) -> None:
    county.until("20 15:00")
    county.asks(FOG, "shut", **NIGHT)
    signs(county, "shut", until="02:00")
    county.asks(FOG, "shut", level=4, **NIGHT)
    county.does(measures.refuse, "shut", "no")
    county.asks(FOG, "shut", level=4, **NIGHT)
    assert asked(county) == 2
    county.asks(FOG, "shut", level=3, **NIGHT)
    county.until("20 23:00")
    county.asks(FOG, "shut", level=4, **NIGHT)
    assert (asked(county), county.newest("shut").put["level"]) == (3, 4)


def test_who_signed_may_change_it_again_and_nobody_else(county: Nights) -> None:
    county.until("20 15:00")
    county.asks(FOG, "shut", **NIGHT)
    signs(county, "shut", until="02:00")
    with pytest.raises(AssertionError):
        signs(county, "shut", by="zhao", until="03:00")
    signs(county, "shut", until="06:00")
    held = county.newest("shut")
    assert (local(held.ends), held.version, held.signed["asked"]["until"]) == ("21 06:00", 2, "08:00")
    county.asks(FOG, "shut", **NIGHT)
    assert asked(county) == 1


# What they cut off


def test_what_was_cut_off_is_not_proposed_again(county: Nights) -> None:
    county.until("20 15:00")
    county.asks(FOG, "shut", **NIGHT)
    signs(county, "shut", until="02:00")
    county.does(measures.in_force, "shut")
    county.until("20 21:00")
    county.asks(OFFICER, "release", **{"from": "03:00", "until": "06:00"})
    assert county.newest("release").state == "issued", "the road is open by then"
    county.asks(FOG, "shut", **(NIGHT | {"from": "20:00"}))
    assert len(county.every("shut")) == 1
    county.until("21 02:30")
    for by in (FOG, ICE):
        county.asks(by, "shut", **NIGHT)
    assert [m.state for m in county.every("shut")] == ["lift proposed"], "a look is owed, no more"
    county.until("21 16:00")
    county.asks(FOG, "shut", **NIGHT)
    assert hours(county.newest("shut")) == ("21 20:30", "22 08:00"), "the next night is another"
