"""The shipped book: it loads, its cases pass, and what it says can be read by whom it concerns."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerting.calendar import Calendar
from alerting.people import read_people, read_posts
from alerting.places import Places, load_places
from alerting.rulebook import Book, load_book
from alerting.rulebook.check import check_folder
from alerting.vocabulary import SECTORS, Level

ROOT = Path(__file__).parents[2]
RULES = ROOT / "rules"
COUNTY = ROOT / "county"
# Left open for the district; the English says the same as often.
OPEN = {"zh": "待填", "en": "to be filled in"}
PLACES_OF = {"road-traffic": "road-section", "construction": "building-site", "coal-mines": "mine"}


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    return Calendar.load(RULES / "calendar.yaml", ZoneInfo("Asia/Shanghai"))


@pytest.fixture(scope="module")
def book() -> Book:
    return load_book(RULES)


@pytest.fixture(scope="module")
def places() -> Places:
    return load_places(COUNTY / "zones.csv", COUNTY / "sites.csv")


def test_check_has_nothing_to_say() -> None:
    """No error, and no warning either: every case passes, every rule clears beyond its trigger."""
    assert [f"{f.where}: {f.what} {f.mend}" for f in check_folder(RULES)] == []


def test_the_three_packs_are_there(book: Book) -> None:
    assert set(book.titles) >= set(PLACES_OF)
    for rule in book.rules:
        if rule.sector in PLACES_OF:
            assert rule.place == PLACES_OF[rule.sector], rule.id
    hazards = {r.hazard for r in book.rules if r.sector == "road-traffic"}
    assert hazards == {"snow", "road-icing", "freezing-rain", "fog"}


def test_every_level_is_reached_and_every_edge_is_tried(book: Book) -> None:
    """A rule has a case for each of its levels, one that opens nothing, and, where it looks at the
    weather, one for missing data and both answers to whether it is over."""
    for rule in book.rules:
        levels = {case.expect.level for case in rule.cases}
        assert set(rule.levels) <= levels, rule.id
        assert "none" in levels, rule.id
        if not rule.facts_only:
            assert "unknown" in levels, rule.id
            assert {case.expect.clear for case in rule.cases} >= {True, False}, rule.id


def test_every_measure_is_asked_for_or_stands_for_a_person_to_order(book: Book) -> None:
    asked = {a.measure for r in book.rules for step in r.levels.values() for a in step.ask}
    interim = {m for measure in book.measures.values() for m in measure.interim}
    by_hand = {"staged-release"}
    the_watch = {"check-source", "check-channel"}
    assert set(book.measures) == asked | interim | by_hand | the_watch


def test_every_measure_says_in_both_languages_what_is_to_be_done(book: Book) -> None:
    for name, measure in book.measures.items():
        for words in (measure.title, measure.do, measure.sms, measure.by, measure.report):
            if words is None:
                continue
            assert words["zh"].strip(), name
            assert words["en"].strip(), name
            assert words["en"].isascii(), f"{name}: {words['en']}"
            assert any("一" <= c <= "鿿" for c in words["zh"]), name
        assert measure.basis, name
        for argument in measure.arguments.values():
            for word, said in argument.words.items():
                assert said["zh"], f"{name} {word}"
                assert said["en"], f"{name} {word}"


def test_every_rule_names_itself_and_its_danger_in_both_languages(book: Book) -> None:
    for rule in book.rules:
        assert rule.impact is not None, rule.id
        for words in (rule.title, rule.impact):
            assert words["zh"].strip(), rule.id
            assert words["en"].strip(), rule.id


def test_no_two_measures_read_the_same(book: Book) -> None:
    for part in ("title", "do", "sms"):
        for language in ("zh", "en"):
            texts = [getattr(m, part)[language] for m in book.measures.values()]
            assert len(texts) == len(set(texts)), f"{part} {language}"


def test_a_short_message_stays_short(book: Book) -> None:
    """An SMS names place, level and onset besides; the phrase must leave room for them."""
    for name, measure in book.measures.items():
        assert len(measure.sms["zh"]) <= 20, name
        assert len(measure.sms["en"]) <= 50, name


def test_warning_words_are_left_to_the_met_office(book: Book) -> None:
    """Meteorology Law, art. 22: what rules find is advice, never called 预警."""
    said = [w["zh"] for m in book.measures.values() for w in (m.title, m.do, m.sms)]
    said += [w["zh"] for r in book.rules for w in (r.title, r.impact or {"zh": ""})]
    for text in said:
        # The duty office may be told to enter the met office's own warnings.
        assert "预警" not in text.replace("人工录入预警", ""), text


def test_the_nine_measures_are_left_to_the_district(book: Book) -> None:
    """Their text was never published: nine slots in each language, and no word besides."""
    measure = book.measures["upgraded-control"]
    for language, slot in OPEN.items():
        text = measure.do[language]  # type: ignore[literal-required]
        assert text.count(slot) == 9
        for number in range(1, 10):
            assert f"({number}){slot}" in text.replace("（", "(").replace("）", ")").replace(
                ") ", ")"
            )
    (rule,) = [r for r in book.rules if any(a.measure == "upgraded-control"
               for s in r.levels.values() for a in s.ask)]  # fmt: skip
    assert rule.sector == "coal-mines"
    assert rule.facts_only


def test_what_the_rules_ask_of_the_calendar_it_knows(calendar: Calendar) -> None:
    assert load_book(RULES, frozenset(calendar.names())).rules


def test_closing_a_road_is_proposed_and_something_happens_at_once(book: Book) -> None:
    """Road Traffic Safety Law, art. 40: the traffic police decide."""
    close = book.measures["close-section"]
    assert close.form == "propose"
    assert close.decider is not None
    assert close.check
    assert close.interim
    assert all(book.measures[name].decider is None for name in close.interim)
    asking = [r for r in book.rules if any(
        a.measure == "close-section" for s in r.levels.values() for a in s.ask)]  # fmt: skip
    for rule in asking:
        for name, step in rule.levels.items():
            if any(a.measure == "close-section" for a in step.ask):
                assert Level[name] is Level.red, rule.id


def test_speed_limits_only_fall_as_levels_rise(book: Book) -> None:
    for rule in book.rules:
        speeds = [
            a.arguments["speed"]
            for step in rule.levels.values()
            for a in step.ask
            if a.measure == "speed-limit"
        ]
        assert speeds == sorted(speeds, key=lambda s: -float(s)), rule.id  # type: ignore[arg-type]


def test_holds_are_those_of_the_hazard(book: Book) -> None:
    """Two hours, three where there is ice or snow, six and more in the cold."""
    least = {"fog": 2, "gale": 2, "snow": 3, "road-icing": 3, "freezing-rain": 3, "cold-wave": 6}
    for rule in book.rules:
        if not rule.facts_only:
            assert rule.hold.total_seconds() / 3600 >= least[rule.hazard], rule.id


def test_every_measure_finds_its_posts_in_the_county(book: Book, places: Places) -> None:
    """Carrier, decider and lifter each resolve to a post of that tier, nearest up from the place."""
    people = read_people(COUNTY / "people.csv", {"console"}, set())
    posts = read_posts(COUNTY / "posts.csv", places, {p["id"] for p in people})
    for rule in book.rules:
        here = [p for p in places.by_id.values() if p.kind == rule.place]
        assert here, rule.place
        for place in here:
            upward = list(places.upward(place.id))
            for step in rule.levels.values():
                for ask in step.ask:
                    measure = book.measures[ask.measure]
                    sector = measure.sector or rule.sector
                    for tier in filter(None, (measure.carrier, measure.decider, measure.lifter)):
                        assert any(
                            p["tier"] == tier and p["sector"] in ("", sector)
                            and p["place"] in upward
                            for p in posts
                        ), f"{ask.measure}: no {tier} of {sector} for {place.id}"  # fmt: skip


def test_the_county_is_fictional_to_the_last_address(places: Places) -> None:
    """No code, number or road that could be somebody's: codes of a province that is not, consoles."""
    county = places.by_id[places.county]
    assert "虚构" in county.name
    assert "fictional" in county.name_en
    assert all(p.id.startswith("9901") for p in places.by_id.values() if p.kind == "zone")
    for person in read_people(COUNTY / "people.csv", {"console"}, set()):
        assert person["contacts"] == [("console", person["id"])]
        assert person["name_en"]


def test_the_county_has_what_the_demo_shows(places: Places) -> None:
    zones = [p for p in places.by_id.values() if p.kind == "zone" and p.id != places.county]
    assert len(zones) == 12
    for zone in zones:
        low, high = sorted(p.elevation for p in zone.points)
        assert 700 <= low < high <= 2100, zone.id
    kinds = [p.kind for p in places.by_id.values()]
    assert 8 <= kinds.count("road-section") <= 10
    for kind, count in {"bridge": 1, "tunnel-mouth": 1, "pass": 1, "building-site": 2, "mine": 1,
                        "school": 1}.items():  # fmt: skip
        assert kinds.count(kind) == count


def test_one_post_is_vacant_and_readers_differ_in_language(places: Places) -> None:
    people = read_people(COUNTY / "people.csv", {"console"}, set())
    posts = read_posts(COUNTY / "posts.csv", places, {p["id"] for p in people})
    assert [p["id"] for p in posts if not p["holders"]] == ["township-gaoping"]
    assert {p["language"] for p in people} == {"zh", "en"}
    holding = {h for p in posts for h in p["holders"]}
    assert {p["id"] for p in people} - holding == {"admin", "viewer"}
    townships = {p["place"] for p in posts if p["tier"] == "township"}
    zones = {p.id for p in places.by_id.values() if p.kind == "zone"} - {places.county}
    assert townships == zones
    assert {p["sector"] for p in posts} - {""} <= set(SECTORS)


def test_somebody_hears_of_the_vacant_post(places: Places) -> None:
    """A road section lies first in the vacant township, so that the demo runs into it."""
    sections = [p for p in places.by_id.values() if p.kind == "road-section"]
    gaoping = "990100106000"
    first = [list(places.upward(p.id))[1] for p in sections]
    assert gaoping in first
