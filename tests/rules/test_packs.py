"""The shipped book: it loads, its cases pass, and what it says can be read by whom it concerns."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerting.calendar import Calendar
from alerting.dispatch.lines import in_gsm_7
from alerting.dispatch.segments import segments
from alerting.dispatch.wording import FORMS_ONLY
from alerting.people import read_people, read_posts
from alerting.places import Places, load_places
from alerting.rulebook import Book, load_book
from alerting.rulebook.check import check_folder
from alerting.rulebook.nodes import Happened, walk
from alerting.rulebook.wording import fact_words
from alerting.service import drill_plans
from alerting.service.config import load_config
from alerting.service.county import County, load_county
from alerting.service.forms import form_notes
from alerting.vocabulary import SECTORS, Level
from alerting.vocabulary.answers import ANSWERS
from tests.rules.every_message import composed, messages, texts, ways, with_parts

ROOT = Path(__file__).parents[2]
RULES = ROOT / "rules"
COUNTY = ROOT / "county"
# Left open for the district; the English says the same as often.
OPEN = {"zh": "待填", "en": "to be filled in"}
# On which kinds of place a pack's rules run.
PLACES_OF = {
    "road-traffic": {"road-section", "bridge"},
    "construction": {"building-site"},
    "coal-mines": {"mine"},
    "hazardous-chemicals": {"chemical-plant"},
    "non-coal-mines": {"quarry"},
    "industry": {"factory"},
    "town-gas": {"gas-facility"},
    "fire-safety": {"crowded-place", "zone"},
    "forest-fire": {"forest"},
    "geological": {"hazard-point"},
    "civil-affairs": {"care-home"},
    "culture-tourism": {"scenic-spot"},
    "agriculture": {"farm"},
    "water": {"reservoir", "water-works"},
    "education": {"school"},
    "city-operation": {"zone", "water-works"},
    "pipelines": {"pipeline-section"},
    "power-telecom": {"power-line"},
    "cross-sector": {"zone", "county"},
}
# The hazards and occasions of a row that its rules must answer to.
TRIGGERS_OF = {
    "road-traffic": {"H-01", "H-02", "H-03", "H-04", "H-05", "C-03"},
    "construction": {"H-01", "H-03", "H-05", "H-06", "C-03"},
    "coal-mines": {"C-02", "C-05", "H-01", "H-11"},
    "hazardous-chemicals": {"H-05", "C-03", "H-11"},
    "non-coal-mines": {"H-01", "H-03", "H-05", "H-08"},
    "industry": {"H-05", "C-01", "H-11"},
    "town-gas": {"H-05", "C-05"},
    "fire-safety": {"H-05", "H-06", "C-03", "H-10"},
    "forest-fire": {"H-06", "H-07", "C-04"},
    "geological": {"H-08", "H-01"},
    "civil-affairs": {"H-03", "H-05"},
    "culture-tourism": {"H-01", "H-03", "H-04", "C-03"},
    "agriculture": {"H-01", "H-03", "H-05"},
    "water": {"H-05", "H-08"},
    "education": {"H-01", "H-02", "H-03", "H-04", "H-05"},
    "city-operation": {"H-01", "H-03", "H-05"},
    "pipelines": {"H-05", "H-08"},
    "power-telecom": {"H-03", "H-06", "H-09", "C-05"},
    "cross-sector": {"C-01", "C-03", "C-04", "C-06"},
}
# Sectors whose calendar duties begin by day.
BY_DAY = ("road-traffic", "construction", "forest-fire", "culture-tourism", "power-telecom",
          "cross-sector")  # fmt: skip
# Measures that close, move people or forbid: somebody signs, and something safe happens meanwhile.
GRAVE = ("total-fire-ban", "close-forest", "evacuate-slope", "close-road-below", "move-residents",
         "close-scenic", "lower-reservoir", "suspend-classes", "night-ban",
         "night-closure", "lower-pressure", "melt-line")  # fmt: skip


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    return Calendar.load(RULES / "calendar.yaml", ZoneInfo("Asia/Shanghai"))


@pytest.fixture(scope="module")
def book() -> Book:
    return load_book(RULES)


@pytest.fixture(scope="module")
def places() -> Places:
    return load_places(COUNTY / "zones.csv", COUNTY / "sites.csv")


@pytest.fixture(scope="module")
def county() -> County:
    return load_county(load_config(ROOT / "config.yaml"))


def test_check_has_nothing_to_say() -> None:
    """No error, and no warning either: every case passes, every rule clears beyond its trigger."""
    assert [f"{f.where}: {f.what} {f.mend}" for f in check_folder(RULES)] == []


def test_the_packs_are_there(book: Book) -> None:
    assert set(book.titles) >= set(PLACES_OF)
    for sector, kinds in PLACES_OF.items():
        assert {r.place for r in book.rules if r.sector == sector} == kinds, sector


def test_amounts_are_stricter_at_the_turn_of_the_year(book: Book) -> None:
    """C-01: coaches, night closures and iced lines, where more is at stake then."""
    for name in ("road-glaze", "road-night-wetter", "line-ice"):
        value, unit = book.numbers[name].inside("year-end")
        assert unit == book.numbers[name].unit, name
        assert value < book.numbers[name].value, name


@pytest.mark.parametrize("sector", TRIGGERS_OF)
def test_every_trigger_of_the_row_has_a_rule(book: Book, sector: str) -> None:
    """A rule names its sector's row and what sets it off."""
    rules = [r for r in book.rules if r.sector == sector]
    row = SECTORS[sector][0]
    assert all(row in r.basis for r in rules), sector
    assert TRIGGERS_OF[sector] <= {basis for r in rules for basis in r.basis}


def test_a_number_is_a_choice_of_the_district_that_some_rule_names(book: Book) -> None:
    """districts.yaml holds no number that changes nothing."""
    packs = "".join(p.read_text("utf-8") for p in RULES.glob("*.yaml"))
    assert {n for n in book.numbers if not re.search(rf"\${n}(?![\w-])", packs)} == set()


def test_an_accident_elsewhere_becomes_an_inspection_by_a_date(book: Book) -> None:
    """D-05: an order with a deadline of days and something to report back."""
    elsewhere = [r for r in book.rules if r.hazard == "incident"]
    assert {r.sector for r in elsewhere} >= {
        "coal-mines", "hazardous-chemicals", "non-coal-mines", "industry", "town-gas", "fire-safety",
    }  # fmt: skip
    for rule in elsewhere:
        asked = [book.measures[a.measure] for step in rule.levels.values() for a in step.ask]
        (order,) = [m for m in asked if "D-05" in m.basis]
        assert order.form == "order", rule.id
        assert (order.by_minutes or 0) >= 24 * 60, rule.id
        assert order.report is not None, rule.id


def test_every_kind_of_accident_is_told_to_whoever_sends_bulletins(book: Book) -> None:
    """A kind that no rule looks for moves nothing, so the page on signals lists those that do."""
    said = (ROOT / "docs" / "signals.md").read_text("utf-8")
    kinds = {n.incident for r in book.rules for step in r.levels.values()
             for n in walk(step.when) if isinstance(n, Happened)}  # fmt: skip
    assert {kind for kind in kinds if f"`{kind}`" not in said} == set()


def test_what_halts_work_is_proposed_and_something_happens_at_once(book: Book) -> None:
    """M-19: who must sign is named, the halt ends by a check, and nobody waits idle meanwhile."""
    for name in ("mine-halt", "chemical-shutdown", "quarry-halt", "gas-homes-first"):
        halt = book.measures[name]
        assert halt.form == "propose", name
        assert halt.decider == halt.lifter == "regulator", name
        assert halt.check, name
        assert halt.interim, name
        assert all(book.measures[m].decider is None for m in halt.interim), name
        asking = {Level[level] for r in book.rules for level, step in r.levels.items()
                  if any(a.measure == name for a in step.ask)}  # fmt: skip
        assert asking, name
        assert min(asking) >= Level.orange, name


def test_what_is_grave_is_proposed_and_something_happens_at_once(book: Book) -> None:
    """A named post signs; until then an interim that needs no signature; somebody looks before the end."""
    for name in GRAVE:
        grave = book.measures[name]
        assert grave.form == "propose", name
        assert grave.decider is not None, name
        assert grave.check, name
        assert grave.interim, name
        assert all(book.measures[m].decider is None for m in grave.interim), name
        asking = {Level[level] for r in book.rules for level, step in r.levels.items()
                  if any(a.measure == name for a in step.ask)}  # fmt: skip
        assert asking, name
        assert min(asking) >= Level.orange, name


def test_a_tag_that_a_rule_names_is_on_some_site_and_in_the_documents(
    book: Book, places: Places
) -> None:
    """A rule whose tag nobody has runs nowhere, and a district must know what to write."""
    said = (ROOT / "docs" / "rules.md").read_text("utf-8")
    for rule in book.rules:
        here = [p for p in places.of_kind(rule.place) if rule.tags <= p.tags]
        assert here, rule.id
        assert {tag for tag in rule.tags if f"`{tag}`" not in said} == set(), rule.id


def test_what_may_be_reported_is_in_the_documents(book: Book) -> None:
    said = (ROOT / "docs" / "signals.md").read_text("utf-8")
    assert {word for word in book.reported if f"`{word}`" not in said} == set()


def test_what_may_be_reported_and_what_happened_elsewhere_have_names_in_both_languages(
    book: Book,
) -> None:
    for fact in (*(f"reported {w}" for w in book.reported),
                 *(f"incident {k} within 360 h" for k in book.incidents)):  # fmt: skip
        zh, en = (fact_words(fact, None, language, {}) for language in ("zh", "en"))
        assert not re.search(r"[a-z]", zh), (fact, zh)
        assert "-" not in en.replace("hot-work", ""), (fact, en)


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
    asked |= {a.measure for plan in book.plans.values() for grades in plan.asks.values()
              for asks in grades.values() for a in asks}  # fmt: skip
    interim = {m for measure in book.orderable.values() for m in measure.interim}
    by_hand = {"staged-release", "slope-return"}
    the_watch = {"check-source", "check-channel"}
    assert set(book.orderable) == asked | interim | by_hand | the_watch


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


def test_an_order_fits_its_sms_wherever_it_is_given(county: County) -> None:
    """With place, times, deadline and how to answer: three segments hold each order of the book."""
    assert not list(form_notes(county, datetime(2026, 1, 20, tzinfo=UTC)))


def test_every_sms_of_the_book_has_three_segments_at_most(book: Book, places: Places) -> None:
    """At the place of which there is most to say, with all that can be given, in an exercise, which says
    so first; English as GSM-7, but for what was reported in Chinese."""
    for about, language, made in composed(book, places, 3, exercise=True):
        assert made.segments <= 3, f"{about} {language}: {made.text}"
        if language == "en" and "as reported: " not in made.text:
            assert segments(made.text).encoding == "GSM-7", f"{about}: {made.text}"


def test_every_kind_of_message_is_among_them(book: Book, places: Places) -> None:
    """But for those whose words are the service's own: what it answers, what ails it, who is on duty; and
    what several are sent as."""
    asked = ways(book, places)
    found = {kind for kind, _ in asked}
    files = {file.stem for file in (ROOT / "alerting/dispatch/texts/en").glob("[a-z]*.j2")}
    assert files - found == {"bundle", "digest", "drill", "message", "head", "reply", "response", "roster",
                             "service", "stopped"}  # fmt: skip
    assert {wants for _, wants in asked} == {"", *ANSWERS, *FORMS_ONLY}


# Who reads these gets what to do in more than two segments of Chinese, and how to answer in the third.
LONG = {"chemical-keep-heat", "chemical-shutdown", "close-section", "hold-vehicles",
        "icing-response-decision", "late-start", "night-ban", "night-closure", "receive-pupils",
        "rest-buses", "road-night-ice", "slope-return", "suspend-classes"}  # fmt: skip
# What a kind asks in words of its own, before it names the measure.
VERBS = {"check": ("请检查现场", "Check on site"), "decide": ("请决定", "Decide"),
         "confirm": ("请追认或撤回", "confirm or take back"), "question": ("请核实", "Check and answer"),
         "handover": ("请确认接班", "onfirm that you take over")}  # fmt: skip


def test_the_first_segment_says_who_what_where_and_when_and_begins_with_what_to_do(
    book: Book, places: Places
) -> None:
    """At the place of which there is most to say; how to answer follows at once, and why comes last."""
    found = 0
    for about, language, news, words, made in with_parts(book, places):
        count = segments(made.text)
        if language == "en" and count.encoding != "GSM-7":
            continue  # it quotes what a person typed in Chinese
        room = {1: 160, 2: 153} if language == "en" else {1: 70, 2: 67}
        first = made.text[: room[min(count.segments, 2)]]
        shown = in_gsm_7 if language == "en" else str
        parts = [words.place(news)] if news.kind == "reopened" else [words.head(news), words.place(news)]
        for part in ("某县应急办" if language == "zh" else "County EMO", *parts):
            assert shown(part) in first, (about, news.kind, made.text)
        assert shown(words.span(news)) in first or shown(words.moment(news)) in first, made.text
        does = VERBS.get(news.kind, (words.do(news)[:6],) * 2)[language == "en"]
        if news.kind != "superseded":  # 接替: what took its place comes before
            assert shown(does) in first, (about, news.kind, made.text)
        answers = shown(words.answers([news], "K7", {})) if news.asks else ""
        if answers:
            found += 1
            at = made.text.index(answers)
            why = made.text.find("依据：" if language == "zh" else "Why:")
            assert why == -1 or why > at or news.kind == "question", made.text
            if language == "zh" and about not in LONG and news.wants != "conflict":
                assert at + len(answers) <= 2 * room[2], (about, news.kind, made.text)
    assert found > 3000


def test_a_text_says_no_time_that_its_deadline_says(book: Book) -> None:
    """Two times in a message are one too many: a reader takes the later."""
    hour = re.compile(r"\d{1,2}时(?!间)|\d\d:\d\d")
    for name, measure in book.measures.items():
        if measure.by_clock is None:
            continue
        for language in ("zh", "en"):
            found = hour.findall(measure.sms[language])
            assert not found, f"{name}: {found}"


def test_warning_words_are_left_to_the_met_office(book: Book, places: Places) -> None:
    """Meteorology Law, art. 22: what rules find is advice, never called 预警 or a warning, in no message of
    the book and in no text of it."""
    said = [*messages(book, places)]
    assert len(said) > 3000
    said += [(r.id, t) for r in book.rules for t in (*r.title.values(), *(r.impact or {}).values())]
    said += [(name, t) for name, m in book.measures.items() for t in texts(m.model_dump())]
    for about, text in said:
        # The duty office may be told to enter the met office's own warnings.
        ours = text.replace("人工录入预警", "").replace("type its warnings in", "")
        assert not re.search(r"预警|\bwarnings?\b", ours, re.I), (about, text)


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


def test_school_is_decided_in_the_evening_or_at_dawn(book: Book) -> None:
    """Who decides is the education bureau, a school gets its notices ready meanwhile, and pupils who
    are there already are another matter, at any hour."""
    grave = {"late-start", "suspend-buses", "suspend-classes"}
    for name in grave:
        measure = book.measures[name]
        assert (measure.form, measure.decider) == ("propose", "regulator")
        assert measure.interim == ["ready-parents"]
    for rule in book.rules:
        asked = {a.measure for step in rule.levels.values() for a in step.ask}
        if asked & grave:
            assert rule.decide == (time(20), time(5, 30)), rule.id
            assert "on school-day" in next(iter(rule.levels.values())).text, rule.id
        if "suspend-classes" in asked:
            assert "receive-pupils" in asked, rule.id
        if "keep-pupils" in asked:
            assert not rule.decide
            assert not asked & grave
    assert book.measures["suspend-classes"].check
    assert book.measures["suspend-buses"].check


def test_a_night_closure_is_the_polices_and_comes_in_stages(book: Book) -> None:
    """First vehicles of risk from 20:00, then all from 20:30, decided in time to tell drivers."""
    (rule,) = [r for r in book.rules if r.id == "road-night-ice"]
    assert rule.decide == (time(16),)
    asked = [{a.measure for a in step.ask} for step in rule.levels.values()]
    assert asked == [{"night-ban"}, {"night-closure", "escort-essential"}]
    for name, hour in (("night-ban", "20时起"), ("night-closure", "20时30分起")):
        measure = book.measures[name]
        assert (measure.form, measure.decider, measure.check) == ("propose", "regulator", True)
        assert measure.interim
        assert hour in measure.do["zh"]
        assert {"salt-truck", "ambulance"} <= set(measure.exempts)
    given = {a.measure: a.arguments for step in rule.levels.values() for a in step.ask}
    assert given["night-ban"] == {"vehicles": ["coach", "dangerous-goods", "tour-bus"],
                                  "from": "20:00", "until": "08:00"}  # fmt: skip
    assert given["night-closure"] == {"from": "20:30", "until": "08:00", "passing": "exit-only"}
    assert book.measures["night-closure"].supersedes == ["night-ban"]


def test_a_road_is_opened_after_a_look_at_ice_and_salt(book: Book) -> None:
    for name, measure in book.measures.items():
        if measure.road == "closes":
            assert measure.check, name
            assert measure.look is not None, name
            assert "撒盐" in measure.look["zh"], name


def test_what_only_the_calendar_asks_wakes_nobody(book: Book) -> None:
    """A season begins at midnight; what it asks for begins by day."""
    for rule in book.rules:
        if rule.hazard == "season" and rule.sector in BY_DAY:
            assert rule.decide, rule.id
            assert all(time(6) <= at <= time(18) for at in rule.decide), rule.id


def test_holds_are_those_of_the_hazard(book: Book) -> None:
    """Two hours, three where there is ice or snow, six and more in the cold."""
    least = {"fog": 2, "gale": 2, "snow": 3, "road-icing": 3, "freezing-rain": 3, "cold-wave": 6,
             "rainstorm": 3, "slope": 6, "energy": 6, "fire": 6,
             "frost": 3}  # fmt: skip
    for rule in book.rules:
        if not rule.facts_only:
            assert rule.hold.total_seconds() / 3600 >= least[rule.hazard], rule.id


def test_every_measure_finds_its_posts_in_the_county(book: Book, places: Places) -> None:
    """Carrier, decider and lifter each resolve to a post of that tier, nearest up from the place."""
    people = read_people(COUNTY / "people.csv", {"console"}, set())
    posts = read_posts(COUNTY / "posts.csv", places, {p["id"] for p in people})
    for rule in book.rules:
        here = [places.by_id[p] for p in places.with_columns(rule.place)]
        here = [p for p in here if rule.tags <= p.tags]
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
                        "school": 3, "chemical-plant": 2, "quarry": 2, "factory": 2,
                        "gas-facility": 2, "crowded-place": 2, "pipeline-section": 2,
                        "power-line": 3}.items():  # fmt: skip
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


def test_every_plan_of_a_drill_can_be_held(county: County) -> None:
    plans = {one.name: one for one in drill_plans.listed(county)}
    assert {name: one.fault for name, one in plans.items()} == {"icy-morning": "", "winter-storm": ""}
    assert plans["icy-morning"].kind == "script"
