"""Ordered now, confirmed after: in whatever order things happen, an order that nobody has signed is
before its decider, and one that they took back is gone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from alerting.alerts import by_hand
from alerting.alerts.asking import ask
from alerting.alerts.notices import Facts
from alerting.alerts.orders import OPEN_WORK, unconfirmed
from alerting.rulebook import Measure
from alerting.signals import Report
from alerting.store.schema import answer, measure, meeting, notice, pursuit
from tests.chase.builders import ROAD, Book, County

AHEAD = {
    "lead": {"carrier": "field", "lifter": "field", "decider": "regulator", "by_minutes": 60},
    "way": {"carrier": "field", "lifter": "field", "conflicts": ["lead"], "by_minutes": 60},
    "no-class": {"carrier": "field", "lifter": "field", "decider": "regulator", "named_day": True},
    "clear-first": {"carrier": "field", "lifter": "field", "decider": "regulator",
                    "needs_first": ["guide 50 km/h"], "interim": ["speed-limit 40 km/h"], "by_minutes": 60},
}  # fmt: skip


class Ahead(Book):
    measures = Book.measures | {
        name: Measure(
            title={"zh": name, "en": name}, form="propose", sector="road-traffic",
            do={"zh": name, "en": name}, sms={"zh": name, "en": name},
            arguments={"km_h": {"stricter": "lower", "unit": "km/h", "optional": True}}, **given,
        )
        for name, given in AHEAD.items()
    }  # fmt: skip
    confirm_after = frozenset({"lead", "no-class", "clear-first", "close"})


class Waits(Ahead):
    confirm_after = frozenset()


def a_county() -> County:
    county = County()
    county.life = replace(county.life, book=Ahead())
    county.alert()
    return county


def asked(county: County, kind: str = "confirm") -> list[Any]:
    return county.rows(notice, notice.c.kind == kind)


def test_what_is_held_by_a_conflict_goes_ahead_once_that_is_settled() -> None:
    county = a_county()
    county.order("way")
    lead = county.order("lead", level=4, km_h=40.0)
    county.wait(25)  # the regulator is silent: the office is called
    assert (county.measure(lead).state, asked(county)) == ("proposed", [])
    county.say("office", "both", f"measure:{lead}", channel="api")
    one = county.measure(lead)
    assert (one.state, unconfirmed(one)) == ("issued", True)
    assert ("confirm", "regulator") in county.open()


def test_who_settles_the_conflict_as_its_decider_is_not_asked_again() -> None:
    county = a_county()
    county.order("way")
    lead = county.order("lead", by="a1")
    county.step()
    county.say("regulator", "take-second", f"measure:{lead}", channel="api")
    one = county.measure(lead)
    assert (one.state, one.decided_by, asked(county)) == ("issued", "regulator", [])


def test_a_conflict_that_it_loses_ends_the_question() -> None:
    county = a_county()
    lead = county.order("lead")
    way = county.order("way")
    county.step()
    assert ("confirm", "regulator") in county.open()
    county.say("regulator", "take-second", f"measure:{way}", channel="api")
    assert county.measure(lead).state == "withdrawn"
    assert [p for p in county.open() if p[0] == "confirm"] == []
    assert county.say("regulator", "approve", f"measure:{lead}", channel="api") == "late"


def test_what_must_be_in_force_first_comes_first_and_meanwhile_its_interim_stands_in() -> None:
    county = a_county()
    one = county.order("clear-first")
    county.step()
    assert (county.measure(one).state, asked(county)) == ("approved", [])
    assert {m.measure for m in county.measures() if m.state == "issued"} == {"guide", "speed-limit"}
    [guide] = [m for m in county.measures() if m.measure == "guide"]
    county.say("police", "in-force", f"measure:{guide.id}", channel="api")
    assert county.measure(one).state == "issued"
    assert len(asked(county)) == 1


def test_what_closes_a_road_waits_whatever_a_district_wrote() -> None:
    """`check` refuses such a file; a book that was loaded otherwise does not order it either."""
    county = a_county()
    book = Ahead()
    book.measures = Ahead.measures | {
        "close": Ahead.measures["close"].model_copy(update={"road": "closes"})
    }
    county.life = replace(county.life, book=book)
    close = county.order("close")
    county.step()
    assert county.measure(close).state == "proposed"
    assert ("decision", "regulator") in county.open()


def test_less_than_was_put_is_put_anew_and_the_older_message_confirms_nothing() -> None:
    county = a_county()
    county.alert(name="other")
    lead = county.order("lead", km_h=60.0)
    county.order("lead", by="other", km_h=40.0)
    county.step()
    before = county.latest("regulator").code
    county.drop("other")
    county.step()
    assert county.measure(lead).arguments == {"km_h": 60.0}
    assert asked(county)[-1].facts["measures"][0]["arguments"] == {"km_h": 60.0}
    after = county.latest("regulator").code
    assert county.text("regulator", f"1 {before}") == "late"
    assert county.text("regulator", f"1 {after}") == "taken"
    assert county.measure(lead).decided_by == "regulator"


def test_an_answer_to_the_proposal_confirms_no_order_that_has_gone_ahead_since() -> None:
    county = a_county()
    county.life = replace(county.life, book=Waits())
    county.alert(name="other", level=3)
    lead = county.order("lead", km_h=60.0)
    county.step()
    proposal = county.latest("regulator").code
    county.life = replace(county.life, book=Ahead())  # a district says so meanwhile
    county.order("lead", level=3, by="other", km_h=40.0)
    county.step()
    assert county.measure(lead).state == "issued"
    assert [p for p in county.open() if p[1] == "regulator"] == [("confirm", "regulator")]
    assert county.text("regulator", f"1 {proposal}") == "late"


def test_it_ends_before_anybody_confirms_it_and_its_decider_hears_so() -> None:
    county = a_county()
    lead = county.order("lead")
    county.step()
    county.drop()
    county.step()
    assert county.measure(lead).state == "lifted"
    told = county.rows(notice, notice.c.kind == "lifted", notice.c.post == "regulator-post")
    assert [n.measure for n in told] == [lead]
    assert county.open() == []


def test_the_second_of_two_hears_what_the_first_decided() -> None:
    county = a_county()
    lead = county.order("lead", level=4)
    county.wait(45)  # the regulator is silent, the township may not sign, the office is called
    assert county.say("office", "approve", f"measure:{lead}", channel="api") == "taken"
    assert county.say("regulator", "refuse", f"measure:{lead}", channel="api", reason="no") == "repeated"
    assert (county.measure(lead).decided_by, county.measure(lead).state) == ("office", "issued")


def test_what_a_person_took_back_waits_for_its_signature_for_a_day() -> None:
    county = a_county()
    first = county.order("lead")
    county.step()
    with_reason = Report(source="test", issued=county.now, act="withdraw", person="office",
                         subject=f"measure:{first}", detail={"reason": "wrong road"})  # fmt: skip
    county.store.write(lambda c: by_hand(c, county.life, with_reason))
    county.step()
    second = county.order("lead")
    assert county.measure(second).state == "proposed"
    county.say("regulator", "refuse", f"measure:{second}", channel="api", reason="no")
    county.drop()
    third = county.order("lead")
    assert county.measure(third).state == "proposed"
    county.drop()  # it waits, and goes again before anybody has signed
    assert county.measure(third).state == "withdrawn"
    assert county.measure(county.order("lead")).state == "proposed", "the refusal is not a day old"
    county.drop()
    county.wait(25 * 60)
    assert county.measure(county.order("lead")).state == "issued"


def test_what_was_refused_for_a_named_day_is_not_ordered_ahead_for_that_day() -> None:
    county = a_county()

    def orders(day: str) -> Any:
        facts = Facts("road-traffic", "fog", "road-1", 2)
        county.write(lambda ledger: ask(ledger, "no-class", ROAD, {}, facts, "a1", county.now, day=day))
        return county.rows(measure, measure.c.day == day)[-1]

    first = orders("2013-12-12")
    assert first.state == "issued"
    county.step()
    county.say("regulator", "refuse", f"measure:{first.id}", channel="api", reason="no")
    county.wait(26 * 60)
    assert orders("2013-12-11").state == "issued", "of another day nobody has said anything"
    assert orders("2013-12-12").state == "proposed"


def test_who_was_called_for_the_first_question_is_not_called_for_the_next() -> None:
    county = a_county()
    county.life = replace(county.life, book=Waits())
    shut = county.order("close", level=3, km_h=40.0)
    county.wait(100)  # the regulator is silent, the township may not sign, the office is called
    assert ("decision", "office") in county.open()
    subject = f"measure:{shut}"
    assert county.say("regulator", "approve-changed", subject, channel="api",
                      arguments={"km_h": 60.0}, reason="dry") == "taken"  # fmt: skip
    county.order("close", level=4, km_h=20.0)
    county.step()
    assert county.say("office", "approve", subject, channel="api") == "refused", "it is the regulator's"
    assert county.measure(shut).arguments == {"km_h": 60.0}
    county.wait(100)  # silent again
    assert county.say("office", "approve", subject, channel="api") == "taken"
    assert county.measure(shut).arguments == {"km_h": 20.0}
    county.order("close", level=4, km_h=20.0)
    assert county.say("office", "approve-changed", subject, channel="api",
                      arguments={"km_h": 30.0}, reason="a slip") == "taken", "what they signed is theirs"  # fmt: skip


STEPS = st.one_of(
    st.tuples(st.just("order"), st.sampled_from(("lead 40", "lead 60", "way 0", "clear-first 0"))),
    st.tuples(st.just("raise"), st.sampled_from(("lead 20", "lead 60"))),
    st.tuples(st.just("drop"), st.sampled_from(("a1", "a2"))),
    st.tuples(st.just("wait"), st.sampled_from(("5", "70", "300"))),
    st.tuples(st.sampled_from(("police", "regulator", "office")),
              st.sampled_from(("approve", "refuse", "change", "in-force", "keep-first", "take-second",
                               "both"))),
)  # fmt: skip


@settings(max_examples=30, deadline=None)
@example(steps=[("order", "lead 40"), ("order", "way 0"), ("wait", "300"), ("office", "both")])
@example(steps=[("order", "lead 60"), ("regulator", "change"), ("raise", "lead 20"),
                ("regulator", "refuse")])  # fmt: skip
@example(steps=[("order", "way 0"), ("order", "lead 40"), ("office", "both"), ("drop", "a1")])
@given(steps=st.lists(STEPS, min_size=2, max_size=12))
def test_what_went_ahead_is_before_its_decider_until_they_have_spoken(
    steps: list[tuple[str, str]],
) -> None:
    county = a_county()
    county.alert(name="a2", level=3)
    for who, what in steps:
        name, _, number = what.partition(" ")
        if who in ("order", "raise"):
            county.order(name, level=2 if who == "order" else 4, by="a1" if who == "order" else "a2",
                         **({"km_h": float(number)} if float(number) else {}))  # fmt: skip
        elif who == "drop":
            county.drop(what)
        elif who == "wait":
            county.wait(float(what))
        else:
            for row in county.rows(measure, measure.c.ended.is_(None)):
                given = {"arguments": {"km_h": 30.0}} if what == "change" else {}
                county.say(who, "approve-changed" if what == "change" else what,
                           f"measure:{row.id}", channel="api", reason="so", text="so", **given)  # fmt: skip
        county.step()
        holds(county)


def holds(county: County) -> None:
    waited = {(p.measure, p.wants) for p in county.rows(pursuit, pursuit.c.state == "open")}
    questions = {m.second for m in county.rows(meeting, meeting.c.state == "open")}
    for row in county.measures():
        due = unconfirmed(row) and row.issued is not None
        assert ((row.id, "confirm") in waited) == due, f"{row.id} {row.state}"
        if (row.id, "decision") in waited:
            assert row.state == "proposed" or row.put is not None
        if row.decider and row.issued is not None:
            assert row.ahead is not None or row.decided_by is not None, "ordered by nobody's word"
        if row.id in questions and row.waits is not None:
            assert row.state not in OPEN_WORK
    for one in county.rows(answer, answer.c.act == "refuse", answer.c.outcome == "taken"):
        said = county.measure(one.measure)
        assert said.ended is not None or said.signed is not None, "taken back, and it stands"
