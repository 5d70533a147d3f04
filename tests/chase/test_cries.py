"""Who calls for help is called for until somebody has answered, whatever becomes of what it was about."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from alerting.chase.open_items import gravest, open_items
from alerting.people import post_by_id
from alerting.store.schema import delivery, notice, pursuit
from tests.chase.builders import County

BUS, SCHOOL = "SOS, bus in the ditch", "救命 school roof fell"
TWO_HOURS = 120


@pytest.fixture
def county() -> County:
    made = County()
    made.alert()
    return made


def cried_for(county: County, words: str) -> list[Any]:
    """The messages to the duty office that say these words, oldest first."""
    return county.rows(delivery, delivery.c.person == "office", delivery.c.text.contains(words))


def in_the_county(county: County, words: str) -> None:
    """Someone in the township asks for help because of the alert."""
    county.news("township")
    county.wait(1)
    assert county.text("township", words) == "taken"
    county.wait(1)


def test_a_cry_goes_on_though_its_alert_ends_before_anybody_has_answered(county: County) -> None:
    in_the_county(county, "4 two trapped")
    assert len(cried_for(county, "two trapped")) == 1
    county.close_alert()
    county.wait(TWO_HOURS)
    assert len(cried_for(county, "two trapped")) > 1
    assert len([text for text in county.phone("regulator") if "two trapped" in text]) > 1
    assert {c.subject for c in county.audited("chase on")} == {f"pursuit:{p.id}" for p in county.rows(
        pursuit, pursuit.c.state == "open")}  # fmt: skip
    assert county.text("office", "1") == "taken"
    assert not county.open()


def test_the_message_that_told_of_it_first_is_answered_as_ever(county: County) -> None:
    in_the_county(county, "4 two trapped")
    first = county.latest("office")
    county.close_alert()
    county.wait(1)
    assert county.text("office", f"1 {first.code}") == "taken"
    assert county.open() == [("acknowledge", "regulator")]


def test_a_cry_goes_on_though_its_order_is_lifted_before_anybody_has_answered(county: County) -> None:
    key = county.order()
    county.wait(1)
    assert county.text("police", "4 crew hurt") == "taken"
    county.wait(1)
    county.drop()
    county.step()
    assert county.measure(key).ended is not None or county.measure(key).state == "lift proposed"
    county.wait(TWO_HOURS)
    assert len(cried_for(county, "crew hurt")) > 1
    assert ("acknowledge", "office") in county.open()


def test_what_waits_for_no_help_ends_with_its_alert(county: County) -> None:
    county.news("office")
    county.wait(1)
    county.close_alert()
    county.wait(1)
    assert not county.open()


@pytest.mark.parametrize("why", ["it ended before it was sent", "corrected before it was sent"])
def test_a_cry_that_was_held_back_goes_out(county: County, why: str) -> None:
    county.news("township")
    county.wait(1)
    county.dispatching = False
    county.text("township", "4 two trapped")
    county.store.write(lambda c: c.execute(
        update(notice).where(notice.c.state == "due").values(state="withheld", reason=why)))  # fmt: skip
    county.close_alert()
    county.dispatching = True
    county.step()
    if why.startswith("it ended"):
        assert cried_for(county, "two trapped"), "it is not over, and not late"
    county.wait(TWO_HOURS)
    assert cried_for(county, "two trapped")
    assert ("acknowledge", "office") in county.open()


def before_the_chase_comes_by(county: County, monkeypatch: pytest.MonkeyPatch, words: str, why: str = "") -> None:
    """Someone in the township cries for help and the alert ends, before either is seen; `why` holds the message
    back meanwhile, as dispatch does."""
    with monkeypatch.context() as patch:
        patch.setattr(county, "step", lambda: 0)
        assert county.text("township", words) == "taken"
        if why:
            county.store.write(lambda c: c.execute(
                update(notice).where(notice.c.state == "due", notice.c.kind == "escalation")
                .values(state="withheld", reason=why)))  # fmt: skip
        county.close_alert()


@pytest.mark.parametrize("why", ["it ended before it was sent", "corrected before it was sent"])
def test_a_cry_is_heard_though_it_was_held_back_before_the_chase_had_seen_it(
    county: County, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    county.news("township")
    county.wait(1)
    before_the_chase_comes_by(county, monkeypatch, "4 two trapped", why)
    county.step()
    assert ("acknowledge", "office") in county.open()
    if why.startswith("it ended"):
        assert cried_for(county, "two trapped"), "it is not over, and not late"
    county.wait(TWO_HOURS)
    assert cried_for(county, "two trapped")


def test_the_same_cry_again_asks_for_one_answer_though_its_alert_is_over_by_then(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by the simulation: the process that chases was dead while the alert ended."""
    in_the_county(county, "4 two trapped")
    assert county.text("township", "4 three trapped") == "taken"
    before_the_chase_comes_by(county, monkeypatch, "4 two trapped")
    county.step()
    assert county.open().count(("acknowledge", "office")) == 1


def test_two_cries_about_nothing_that_is_open_are_answered_one_by_one(county: County) -> None:
    county.text("police", BUS)
    county.wait(1)
    bus = county.latest("office")
    county.text("township", SCHOOL)
    county.wait(1)
    school = county.latest("office")
    assert county.text("office", f"1 {school.code}") == "taken"
    called = len(cried_for(county, "bus in the ditch"))
    county.wait(TWO_HOURS)
    assert len(cried_for(county, "bus in the ditch")) > called
    assert len(cried_for(county, "school roof")) == 1
    assert county.text("office", f"1 {bus.code}") == "taken"
    assert not county.open()


def test_who_is_called_again_is_told_when_this_cry_came(county: County) -> None:
    for who, words in (("police", BUS), ("township", SCHOOL)):
        county.text(who, words)
        county.wait(2)
    came = [one.created for one in county.rows(delivery, delivery.c.person == "office")]
    county.wait(TWO_HOURS)
    calls = {n.pursuit: n for n in county.rows(notice, notice.c.kind == "reminder")}
    assert [calls[key].facts["first"]["sent"] for key in sorted(calls)] == [at.isoformat() for at in came]


def test_help_that_two_ask_of_the_same_answer_is_two_cries(county: County) -> None:
    """Who is called for the one and asks for help themselves, does so for the other too."""
    for who, words in (("police", BUS), ("township", SCHOOL)):
        county.text(who, words)
        county.wait(1)
        assert county.text("office", f"4 {county.latest('office').code} send a truck") == "taken"
    assert [o for o in county.outcomes() if o[0] == "office"] == [("office", "support", "taken")] * 2


def test_the_same_cry_again_rings_again_and_asks_for_one_answer(county: County) -> None:
    for _ in range(3):
        county.text("police", BUS)
        county.wait(1)
    assert len(cried_for(county, "bus in the ditch")) == 3
    assert county.open() == [("acknowledge", "office")]
    first = cried_for(county, "bus in the ditch")[0]
    assert county.text("office", f"1 {first.code}") == "taken"
    assert not county.open()
    county.text("police", BUS)
    assert county.open() == [("acknowledge", "office")], "it was answered, and is called again"


def test_help_for_one_of_many_is_called_for_though_the_gravest_is_over(county: County) -> None:
    county.news("township")
    county.alert(name="b22", level=2)
    county.news("township", alert="b22")
    county.wait(1)
    county.store.write(lambda c: c.execute(
        update(delivery).where(delivery.c.person == "township").values(summary=True, digest=1)))  # fmt: skip
    sent = county.latest("township")
    county.close_alert()
    county.close_alert("b22")
    county.wait(1)
    assert county.say("township", "support", f"delivery:{sent.id}", text="two trapped") == "taken"
    assert not county.audited("chase on"), "it never hung on what is over"
    county.wait(TWO_HOURS)
    assert len(cried_for(county, "two trapped")) > 1
    assert ("acknowledge", "office") in county.open()


def test_whoever_comes_on_duty_takes_over_the_cries_that_hang_on_nothing(county: County) -> None:
    county.text("police", BUS)
    county.wait(1)

    def items(post: str) -> list[Any]:
        with county.store.read() as connection:
            found = post_by_id(connection, f"{post}-post")
            assert found is not None
            return open_items(connection, county.life, found)

    [one] = items("office")
    assert (one.kind, one.level, one.alert, one.measure) == ("unanswered", 4, None, None)
    assert "bus in the ditch" in one.about["en"]
    assert "bus in the ditch" in gravest([one])["en"]
    assert items("regulator") == []
    county.text("office", "1")
    assert items("office") == []
