"""Loading a folder: what a book holds, and where its errors point."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerting.errors import BadInput
from alerting.rulebook import load_book
from alerting.rulebook.measures import AskError, read_ask, strictest_asks
from tests.rulebook.sights import FOG, MEASURES, folder


def problems(path, **changed):
    with pytest.raises(BadInput) as caught:
        load_book(folder(path, **changed), {"year-end"})
    return str(caught.value).splitlines()[1:]


def test_a_book_holds_rules_measures_and_a_version(tmp_path):
    book = load_book(folder(tmp_path))
    (fog,) = book.rules
    assert book.rules_by_id["fog"] is fog
    assert list(fog.levels) == ["yellow", "orange", "red"]
    assert (fog.hold, fog.reach) == (timedelta(hours=2), timedelta(hours=13))
    assert book.quantities == fog.clear_quantities == {"visibility"}
    assert fog.title == {"zh": "大雾", "en": "fog"}
    assert book.measures["close"].interim == ["guide"]
    assert book.measures["close"].muster_minutes == 30
    again = load_book(folder(tmp_path)).version
    assert again == book.version
    assert load_book(folder(tmp_path, FOG.replace("500 m", "400 m"))).version != again


@pytest.mark.parametrize(("hazard", "hours"), [("fog", 2), ("road-icing", 3), ("cold-wave", 6)])
def test_holds_by_default(tmp_path, hazard, hours):
    book = load_book(folder(tmp_path, FOG.replace("hazard: fog", f"hazard: {hazard}")))
    assert book.rules[0].hold == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("old", "new", "token", "what"),
    [
        ("visibility < 200 m", "visibility < 200 degC", "200 degC", "cannot be compared"),
        ("visibility < 200 m", "visibilty < 200 m", "visibilty", "Did you mean visibility?"),
        ("(visibility < 200 m for 1 h) within 12 h", '"(visibility < 200 m for 1 h) within 12 x"',
         "12 x", "not a duration"),
        ("(visibility < 200 m for 1 h) within 12 h", ">-\n          (visibility < 200 m\n          for 1 hm) within 12 h",
         "1 hm", "not a duration"),
        ("guide, speed", "giude, speed", "giude", "Did you mean guide?"),
        ("speed-limit 60 km/h", "speed-limit 60 m", "60 m", "cannot be compared"),
        ("speed-limit 60 km/h", "speed-limit 60 km/h now", "now", "more than speed-limit takes"),
        ("speed-limit 60 km/h", "speed-limit", "speed-limit]", "needs its argument speed"),
        ("place: road-section", "place: motorway", "motorway", "is no kind of place"),
        ("hazard: fog", "hazard: mist", "mist", "is no hazard"),
        ("clear: visibility >= 500 m", "clear: visibility > 500", "500", "has no unit"),
        ("clear: visibility >= 500 m", "hold: 90 min\n    clear: visibility >= 500 m", "90 min", "whole number"),
        ("      red:", "      purple:", "when: (visibility < 50 m", "'purple' is none of what there is"),
        ("or observed visibility < 50 m", "or season new-year", "new-year", "the calendar has no season"),
        ("sector: road-traffic", "sector: roads", "roads", "is no sector"),
        ("    basis: [M-01]\n", "", "id: fog", "rules.0.basis is missing"),
        ("    levels:", "    colour: red\n    levels:", "red", "not a key of this file"),
        ("title: {zh: 道路交通, en: Road traffic}", "title: {zh: 道路交通", "", "not YAML"),
    ],
)  # fmt: skip
def test_errors_name_file_line_and_column_of_the_token(tmp_path, old, new, token, what):
    assert old in FOG
    text = FOG.replace(old, new, 1)
    found = next(p for p in problems(tmp_path, pack=text) if what in p)
    file, line, column = found.split(": ")[0].rsplit(":", 2)
    assert file == str(tmp_path / "pack.yaml")
    if token == "speed-limit]":
        assert text.splitlines()[int(line) - 1][int(column) - 1 :].startswith("]")
    elif token:
        assert text.splitlines()[int(line) - 1][int(column) - 1 :].startswith(token)


def test_all_problems_are_listed_at_once(tmp_path):
    text = FOG.replace("visibility < 200 m", "rain < 3 K").replace("[close]", "[shut]")
    assert len(problems(tmp_path, pack=text, measures=MEASURES.replace("[guide]", "[gone]"))) == 3


def test_a_rule_on_weather_needs_a_clear(tmp_path):
    (found,) = problems(tmp_path, pack=FOG.replace("    clear: visibility >= 500 m\n", ""))
    assert "has no clear" in found
    facts = """sector: coal-mines
title: {zh: 煤矿, en: Coal mines}
rules:
  - {id: year-end, hazard: season, place: mine, basis: [M-03],
     levels: {yellow: {when: season year-end, ask: [guide]}}}
"""
    (rule,) = load_book(folder(tmp_path, facts), {"year-end"}).rules
    assert rule.facts_only
    assert rule.reach == timedelta(0)


def test_a_book_that_fails_its_own_case_does_not_load(tmp_path):
    text = FOG.replace("expect: {level: red, onset: 2 h}", "expect: {level: orange, onset: 1 h, ask: [guide]}")
    said = "\n".join(problems(tmp_path, pack=text))
    assert "case 'dense fog at dawn' of fog" in said
    assert "level  expected orange  got red" in said
    assert "onset  expected 1 h     got 2 h" in said
    assert "expected guide   got close, guide, speed-limit 40 km/h" in said
    assert "visibility 40 m < 50 m at 07:00 on 20 Jan" in said


def test_the_same_rule_twice_is_named_with_both_places(tmp_path):
    (tmp_path / "other.yaml").write_text(FOG, "utf-8")
    (found,) = problems(tmp_path)
    assert "stands in" in found
    assert "other.yaml:4:9" in found


def test_asks_and_the_strictest_of_them(tmp_path):
    measures = load_book(folder(tmp_path)).measures
    asks = [read_ask(t, measures) for t in (
        "speed-limit 60 km/h", "speed-limit 40km/h", "speed-limit 10 m/s",
        "ban-vehicles coach", "ban-vehicles dangerous-goods+coach", "guide",
    )]  # fmt: skip
    made = strictest_asks(measures, asks)
    assert made == {"speed-limit": {"speed": 36.0}, "guide": {},
                    "ban-vehicles": {"classes": ["coach", "dangerous-goods"]}}  # fmt: skip
    assert measures["ban-vehicles"].say(made["ban-vehicles"], "zh") == "客车、危化品车"
    assert measures["speed-limit"].say(made["speed-limit"], "zh") == "36公里/小时"
    with pytest.raises(AskError, match="Known: coach"):
        read_ask("ban-vehicles lorry", measures)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("yields: [guide]", "close does not conflict with guide. Name it under conflicts"),
        ("conflicts: [guide]\n    yields: [gone]", "there is no measure 'gone'"),
        ("needs-first: [close]", "close would wait for itself"),
        ("needs-first: [speed-limit]", "speed-limit needs its argument speed"),
        ("needs-first: [speed-limit 60 kg]", "speed"),
        ("needs-first: [gone 60 km/h]", "there is no measure 'gone'"),
        ("supersedes: [gone]", "there is no measure 'gone'. Declare it in this file"),
        ("supersedes: [close]", "close would be ended by what it ends. Take one of them out"),
        ("exempts: {ambulance: {zh: 救护车, en: ambulances, maybe: true}}", "maybe"),
        ("gate: true\n    arguments: {until: {stricter: later, optional: true}}",
         "what has a gate has no end by the clock: it lifts by its four attestations alone. Take"
         " the argument until out, or gate: true"),
        ("gate: true\n    named-day: true", "it lifts by its four attestations alone. Take named-day"
         " out, or gate: true"),
    ],
)
def test_what_measures_say_of_each_other_must_be_possible(tmp_path, given, said):
    before = "    title: {zh: 封闭, en: Close}\n"
    assert before in MEASURES
    found = problems(tmp_path, measures=MEASURES.replace(before, f"{before}    {given}\n"))
    assert any(said in line and "measures.yaml:" in line for line in found), found


def test_two_do_not_yield_to_each_other_and_a_round_of_waiting_does_not_load(tmp_path):
    guide = "    title: {zh: 巡逻引导, en: Guide traffic}\n"
    close = "    title: {zh: 封闭, en: Close}\n"
    text = MEASURES.replace("guide: &plain", "guide: &plain\n    conflicts: [close]\n    yields: [close]")
    text = text.replace(close, f"{close}    conflicts: [guide]\n    yields: [guide]\n")
    assert any("yield to each other" in line for line in problems(tmp_path, measures=text))
    text = MEASURES.replace(guide, f"{guide}    needs-first: [speed-limit]\n", 1)
    text = text.replace("    title: {zh: 限速, en: Speed limit}\n",
                        "    title: {zh: 限速, en: Speed limit}\n    needs-first: [guide]\n")
    assert any("would wait for itself" in line for line in problems(tmp_path, measures=text))


def test_what_ends_another_in_a_round_does_not_load_and_each_end_of_it_is_shown(tmp_path):
    guide, limit, close = "巡逻引导, en: Guide traffic", "限速, en: Speed limit", "封闭, en: Close"
    text = MEASURES
    for title, ends in ((guide, "close"), (limit, "guide"), (close, "speed-limit")):
        line = f"    title: {{zh: {title}}}\n"
        assert line in text
        text = text.replace(line, f"{line}    supersedes: [{ends}]\n", 1)
    found = problems(tmp_path, measures=text)
    assert len(found) == 3, found
    for line, name in zip(found, ("guide", "speed-limit", "close"), strict=True):
        assert f"{name} would be ended by what it ends" in line
        number, column = line.split(": ")[0].rsplit(":", 2)[1:]
        assert text.splitlines()[int(number) - 1][int(column) - 1 :] in (
            "close]", "guide]", "speed-limit]")  # fmt: skip


def test_what_a_gate_holds_is_not_ended_by_what_has_none(tmp_path):
    limit = "    title: {zh: 限速, en: Speed limit}\n"
    close = "    title: {zh: 封闭, en: Close}\n"
    gated = MEASURES.replace(limit, f"{limit}    check: true\n    gate: true\n", 1)
    text = gated.replace(close, f"{close}    supersedes: [speed-limit]\n")
    (found,) = problems(tmp_path, measures=text)
    assert "close would end speed-limit, which a gate holds" in found
    assert "Give close gate: true" in found
    both = text.replace(close, f"{close}    gate: true\n")
    load_book(folder(tmp_path, measures=both), {"year-end"})
