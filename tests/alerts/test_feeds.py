"""Warnings of several feeds: copies, ends, chains, and a feed that falls silent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from alerting.alerts import FactBook
from alerting.calendar import Calendar
from alerting.places import load_places
from alerting.places.areas import named_rank
from alerting.signals import Area, Warning
from alerting.vocabulary import Level
from alerting.vocabulary.official import shipped
from connectors.typed import typed_warning
from tests.alerts.county import ROOT, START, STORY, ZONE, County

EVERY = timedelta(minutes=5)
COUNTY, ELSEWHERE = Area(codes=("990101",)), Area(codes=("110000",))
VALLEY, RIDGE = Area(circles=((26.5, 106.5, 1.0),)), Area(circles=((26.52, 106.55, 1.0),))


@pytest.fixture
def facts() -> FactBook:
    places = load_places(STORY / "county" / "zones.csv", STORY / "county" / "sites.csv")
    calendar = Calendar.load(ROOT.parent / "rules" / "calendar.yaml", ZONE)
    made = FactBook(places, calendar, {"cap-city": EVERY, "cap-province": EVERY})
    made.heard("cap-city", START)
    made.heard("cap-province", START)
    return made


def typed(issuer: str, level: str, *codes: str) -> Warning:
    return typed_warning("road-icing", level, Area(codes=codes, names=() if codes else ("测试县",)),
                         issuer, "", START, None, "zhao", shipped())  # fmt: skip


def level_of(facts: FactBook) -> str:
    return Level(int(facts.levels("road-icing", START)[0])).name


def test_a_fax_ranks_as_the_office_it_names(facts: FactBook) -> None:
    facts.take_warning(said("520000000000", "blue", sender="某省气象台", area=COUNTY))
    facts.take_warning(typed("某省气象台", "orange", "990101"))
    assert level_of(facts) == "orange", "the graver of two of one rank"
    facts.take_warning(said("W2", "yellow", sender="990100"))
    assert level_of(facts) == "yellow", "the city's feed over the province's fax"
    facts.take_warning(typed("某省某市某县气象台", "red", "990101"))
    assert level_of(facts) == "red", "the county's fax over the city's feed"
    facts.take_warning(said("W3", "blue", sender="990101"))
    assert level_of(facts) == "red", "beside the county's feed"


@pytest.mark.parametrize(
    ("office", "rank"),
    [("青岚县气象台", 3), ("贵州省贵阳市南明区气象台", 3), ("贵阳市气象台", 2), ("黔南州气象台", 2),
     ("贵州省气象台", 1), ("广西壮族自治区气象台", 1), ("重庆市气象台", 1), ("重庆市渝北区气象台", 3),
     ("中央气象台", 1), ("大兴安岭地区气象台", 2), ("Hekou County Met Office", 3),
     ("City of X", 2), ("Provincial Met Office", 1), ("the met office", 0)],
)  # fmt: skip
def test_what_an_offices_name_says(office: str, rank: int) -> None:
    assert named_rank(office) == rank


def said(identifier: str, level: Any = "orange", action: Any = "alert", *, by: str = "cap-city",
         minutes: int = 0, references: Sequence[str] = (), area: Area = COUNTY,
         hazard: str = "road-icing", **more: Any) -> Warning:  # fmt: skip
    return Warning(
        source=by, issued=START + timedelta(minutes=minutes), identifier=identifier,
        sender=more.pop("sender", "990101"), action=action, references=tuple(references),
        hazard=hazard, event=hazard, level=level, area=area, **more,
    )  # fmt: skip


def level(facts: FactBook, minutes: int = 0, hazard: str = "road-icing") -> int:
    """The official level somewhere in the county: the highest, so that elsewhere is no matter."""
    return int(facts.levels(hazard, START + timedelta(minutes=minutes)).max())


def unsure(facts: FactBook, minutes: int, hazard: str = "road-icing") -> bool:
    return bool((facts.at(START + timedelta(minutes=minutes)).warning(hazard) < 0).all())


# One warning on two feeds


def test_the_same_warning_on_two_feeds_is_one_and_ends_with_the_first_cancel(
    facts: FactBook,
) -> None:
    facts.take_warning(said("W1"))
    facts.take_warning(said("W1", by="cap-province"))
    assert len(facts.warnings) == 1
    assert level(facts, 4) == 3
    facts.take_warning(said("C1", action="cancel", by="cap-province", references=["W1"], minutes=5))
    assert level(facts, 6) == 0
    facts.take_warning(said("W1", by="cap-city"))  # its index still lists it
    assert level(facts, 6) == 0


def test_a_copy_that_names_fewer_places_takes_none_away(facts: FactBook) -> None:
    facts.take_warning(said("W1"))
    facts.take_warning(said("W1", by="cap-province", area=ELSEWHERE))
    assert level(facts) == 3


def test_a_later_text_under_the_same_number_takes_the_place_of_the_first(facts: FactBook) -> None:
    facts.take_warning(said("W1", "orange"))
    facts.take_warning(said("W1", "yellow", minutes=30))
    assert level(facts, 31) == 2
    facts.take_warning(said("W1", "orange", by="cap-province"))  # the copy came late
    assert level(facts, 31) == 2


def test_two_hazards_under_one_number_stand_side_by_side(facts: FactBook) -> None:
    facts.take_warning(said("W1"))
    facts.take_warning(said("W1", hazard="fog", by="cap-province"))
    assert (level(facts), level(facts, hazard="fog")) == (3, 3)
    facts.take_warning(said("C", action="cancel", references=["W1"], minutes=1))
    assert (level(facts, 2), level(facts, 2, "fog")) == (0, 0)


# Chains


def test_offices_that_name_the_first_of_a_chain_end_all_of_it(facts: FactBook) -> None:
    facts.take_warning(said("W1", "yellow"))
    facts.take_warning(said("U1", "orange", "update", references=["W1"], minutes=60))
    facts.take_warning(said("U2", "blue", "update", references=["W1"], minutes=120))
    assert level(facts, 121) == 1  # U2 took the place of U1 too
    facts.take_warning(said("C", "blue", "cancel", references=["W1"], minutes=180))
    assert level(facts, 181) == 0


def test_a_chain_that_comes_in_the_wrong_order_ends_the_same(facts: FactBook) -> None:
    facts.take_warning(said("C", "blue", "cancel", references=["W1"], minutes=180))
    facts.take_warning(said("U2", "blue", "update", references=["W1"], minutes=120))
    facts.take_warning(said("W1", "yellow"))
    facts.take_warning(said("U1", "orange", "update", references=["W1"], minutes=60))
    assert level(facts, 181) == 0


def test_updates_of_one_warning_for_two_areas_stand_side_by_side(facts: FactBook) -> None:
    facts.take_warning(said("W1"))
    facts.take_warning(said("U1", "red", "update", references=["W1"], minutes=1, area=VALLEY))
    facts.take_warning(said("U2", "yellow", "update", references=["W1"], minutes=2, area=RIDGE))
    assert level(facts, 3) == 4


def test_an_update_after_a_cancel_is_in_force(facts: FactBook) -> None:
    facts.take_warning(said("W1"))
    facts.take_warning(said("C", action="cancel", references=["W1"], minutes=10))
    facts.take_warning(said("U1", "yellow", "update", references=["W1"], minutes=20))
    assert level(facts, 21) == 2


def test_somebody_else_s_update_of_the_same_root_ends_only_what_it_names(facts: FactBook) -> None:
    facts.take_warning(said("U1", "orange", "update", references=["W1"]))
    facts.take_warning(said("U9", "blue", "update", references=["W1"], minutes=5, sender="110000"))
    assert level(facts, 6) == 3


def test_what_refers_to_a_number_nobody_knows_stands_for_itself(facts: FactBook) -> None:
    facts.take_warning(said("U1", "yellow", "update", references=["never-seen"]))
    facts.take_warning(said("C1", action="cancel", references=["never-seen-either"], minutes=1))
    assert level(facts, 2) == 2


# Exercises


def test_an_office_s_exercise_opens_nothing_real_and_ends_nothing() -> None:
    real = County(exercise=False)
    real.forecast()
    real.warns("orange", status="exercise")
    assert real.changes("icing") == []
    real.warns("orange", identifier="W2")
    real.warns("orange", "cancel", "W3", references=("W2",), status="exercise")
    assert real.engine.facts.levels("road-icing", real.now).max() == 3
    playing = County()
    playing.forecast()
    playing.warns("orange", status="exercise")
    assert playing.changes("icing") == [("opened", 3)]


def test_a_cancel_that_names_nothing_ends_what_the_office_said_of_the_hazard_there(
    facts: FactBook,
) -> None:
    # The lists of 12379 and NMC say "lifted" without a number.
    facts.take_warning(said("W1"))
    facts.take_warning(said("F1", hazard="fog"))
    facts.take_warning(said("V1", area=VALLEY, sender="990102"))
    facts.take_warning(said("L1", action="cancel", references=["L1"], minutes=60))
    assert (level(facts, 61), level(facts, 61, "fog")) == (3, 3)  # the valley's is another office's
    facts.take_warning(said("V2", action="cancel", references=["V2"], minutes=61, sender="990102",
                            area=RIDGE))  # fmt: skip
    assert level(facts, 62) == 3  # it lifts the ridge's, of which there is none


def test_a_warning_stamped_ahead_of_our_clock_is_in_force_when_it_comes(facts: FactBook) -> None:
    early = said("W1", minutes=8 * 60).model_copy(update={"accepted": START})
    facts.take_warning(early)
    assert level(facts) == 3
    facts.heard("cap-city", START + timedelta(minutes=25 * 60))
    assert level(facts, 25 * 60) == 0  # without an end, 24 h from then


# Silence


def test_of_two_feeds_the_silent_one_alone_is_named(facts: FactBook) -> None:
    facts.take_warning(said("W1", "yellow", by="cap-city"))
    facts.take_warning(said("W2", "orange", by="cap-province", hazard="fog"))
    facts.heard("cap-province", START + timedelta(minutes=11))
    assert facts.silent(START + timedelta(minutes=11)) == ["cap-city"]


def test_what_is_held_stays_and_what_a_silent_feed_may_have_said_is_unknown(
    facts: FactBook,
) -> None:
    facts.take_warning(said("W1", "yellow", by="cap-city"))
    assert not unsure(facts, 1)
    facts.heard("cap-province", START + timedelta(minutes=11))
    assert level(facts, 11) == 2
    assert unsure(facts, 11)
    facts.heard("cap-city", START + timedelta(minutes=12))
    assert not unsure(facts, 12)


def test_a_feed_that_promises_nothing_is_never_silent(facts: FactBook) -> None:
    facts.feeds = {"fax": None, "cap-city": EVERY}
    assert facts.silent(START) == []
    assert facts.silent(START + timedelta(days=9)) == ["cap-city"]


def test_the_warning_that_is_named_is_the_one_that_counts(facts: FactBook) -> None:
    """The county's yellow goes before the province's red: the message must not say red."""
    facts.take_warning(said("P1", "red", sender="990000"))
    facts.take_warning(said("C1", "yellow", sender="990101"))
    columns = np.arange(len(facts.places.columns))
    named = facts.official("road-icing", columns, START)
    assert named is not None
    assert (named.warning.identifier, level(facts)) == ("C1", 2)
    assert facts.official("fog", columns, START) is None


# Where feeds are missing or silent


def test_a_warning_typed_in_counts_where_no_feed_is_configured() -> None:
    county = County(feeds={})
    county.forecast()
    county.warns("orange")
    assert county.changes("icing") == [("opened", 3)]


def test_what_ran_out_while_its_feed_was_silent_may_have_been_prolonged(facts: FactBook) -> None:
    facts.take_warning(said("W1", expires=START + timedelta(minutes=20)))
    facts.take_warning(said("P1", "yellow", by="cap-province", hazard="fog",
                            expires=START + timedelta(minutes=3)))  # fmt: skip
    facts.heard("cap-province", START + timedelta(minutes=5))
    assert level(facts, 60) == 3, "nobody has said that it is over"
    assert level(facts, 60, "fog") == 0, "its feed still spoke after it had run out"
    facts.heard("cap-city", START + timedelta(minutes=61))
    assert level(facts, 62) == 0


def test_a_county_is_meant_without_what_its_own_table_adds_in_brackets(facts: FactBook) -> None:
    county = facts.places.by_id[facts.places.county]
    assert county.name.endswith("（虚构）")
    facts.take_warning(said("N1", area=Area(names=(county.name.removesuffix("（虚构）"),))))
    assert level(facts) == 3


def signal(identifier: str, level: str, hour: int, **more: Any) -> Warning:
    said = {"source": "cap-city", "issued": START + timedelta(hours=hour), "identifier": identifier,
            "sender": "某县气象台", "action": "alert", "hazard": "road-icing", "event": "道路结冰",
            "level": level, "area": Area(codes=("990101000000",))} | more  # fmt: skip
    return Warning.model_validate(said)


@pytest.mark.parametrize("level", ["yellow", "red"])
def test_the_latest_signal_of_an_office_takes_the_place_of_its_own_of_that_kind(
    facts: FactBook, level: str
) -> None:
    facts.take_warning(signal("A", "orange", -2))
    facts.take_warning(signal("B", level, -1))
    assert level_of(facts) == level
    facts.take_warning(signal("A", "orange", -2))  # the same once more
    assert level_of(facts) == level


def test_an_update_of_what_never_came_is_its_office_s_latest(facts: FactBook) -> None:
    """The red it grew out of would stand for days; what it names may still come, and changes nothing."""
    between = signal("B", "red", -2, action="update", references=("A",))
    facts.take_warning(signal("A", "red", -3))
    facts.take_warning(signal("C", "orange", -1, action="update", references=("B",)))
    assert level_of(facts) == "orange"
    facts.take_warning(signal("A", "red", -3))  # its list still holds it
    facts.take_warning(between)
    assert level_of(facts) == "orange"


def test_an_update_of_another_of_its_office_s_leaves_the_first_in_force(facts: FactBook) -> None:
    facts.take_warning(signal("A", "orange", -3))
    facts.take_warning(signal("B", "blue", -2, onset=START + timedelta(hours=6)))
    facts.take_warning(signal("C", "yellow", -1, action="update", references=("B",)))
    assert level_of(facts) == "orange"


@pytest.mark.parametrize("action", ["alert", "update"])
@pytest.mark.parametrize(
    "more",
    [
        {"sender": "某市气象台"},  # another office
        {"hazard": "fog"},
        {"area": Area(codes=("990101100000",), above=1200.0)},  # a part alone
        {"onset": START + timedelta(hours=6)},  # beside it, for later
        {"issued": START - timedelta(hours=3)},  # came late
    ],
)
def test_what_does_not_take_its_place_leaves_it_in_force(
    facts: FactBook, more: dict[str, Any], action: str
) -> None:
    references = ("never-came",) if action == "update" else ()
    facts.take_warning(signal("A", "orange", -2))
    facts.take_warning(signal("B", "yellow", -1, action=action, references=references, **more))
    assert level_of(facts) == "orange"


def test_elsewhere_an_office_s_warnings_of_one_kind_stand_side_by_side(facts: FactBook) -> None:
    facts.take_warning(signal("A", "orange", -2, sender="opendata@dwd.de"))
    facts.take_warning(signal("B", "yellow", -1, sender="opendata@dwd.de"))
    late = signal("C", "blue", -1, sender="opendata@dwd.de", action="update", references=("never-came",))
    facts.take_warning(late)
    assert level_of(facts) == "orange"
