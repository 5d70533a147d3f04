"""`suian new rule`: what it writes loads and passes at once; what it cannot write it refuses kindly."""

from __future__ import annotations

import pytest

from alerting.rulebook import check_folder, load_book
from tests.cli.conftest import MEASURES, PACK, Folder

FOG = ("--sector", "road-traffic", "--hazard", "fog", "--place", "zone", "--quantity", "visibility",
       "--side", "below")  # fmt: skip


def clean(county: Folder) -> list[str]:
    return [f.what for f in check_folder(county.path / "rules")]


def test_into_an_existing_pack(county: Folder) -> None:
    before = (county.path / "rules/trial.yaml").read_text("utf-8")
    ran = county.run("new", "rule", "valley-fog", *FOG, "--yellow", "200 m", "--red", "0.05 km",
                     "--ask", "guide", "--ask", "red: speed-limit 40 km/h")  # fmt: skip
    ran.says("trial.yaml:31", "suian check")
    after = (county.path / "rules/trial.yaml").read_text("utf-8")
    assert after.startswith(before)
    made = load_book(county.path / "rules").rules_by_id["valley-fog"]
    assert list(made.levels) == ["yellow", "red"]
    assert made.levels["red"].text == "(visibility < 50 m) within 12 h"
    assert made.levels["red"].ask[0].arguments == {"speed": 40.0}
    assert made.clear_text == "visibility >= 300 m"
    assert {c.expect.level for c in made.cases} == {"yellow", "red", "none", "unknown"}
    assert {c.expect.clear for c in made.cases} >= {True, False, "unknown"}
    assert clean(county) == []


@pytest.mark.parametrize(
    "words",
    [
        ("--quantity", "wind_gust", "--side", "above", "--blue", "39 km/h", "--orange", "75 km/h"),
        ("--quantity", "temperature", "--side", "below", "--yellow", "-4 degC", "--red", "-10 degC", "--over", "6"),
        ("--quantity", "temperature", "--side", "above", "--orange", "35", "--within", "0", "--clear", "33"),
        ("--quantity", "snowfall", "--side", "above", "--blue", "2.5 mm", "--yellow", "4", "--over", "12"),
        ("--quantity", "humidity", "--side", "below", "--yellow", "30 %", "--over", "3"),
        ("--quantity", "fire_danger", "--side", "above", "--yellow", "20", "--orange", "31"),
    ],
    ids=lambda w: " ".join(w[1:4:2]),
)
def test_into_a_new_pack(county: Folder, words: tuple[str, ...]) -> None:
    county.run("new", "rule", "first", "--sector", "education", "--hazard", "gale", "--place", "school",
               "--ask", "guide", *words).says("education.yaml:5")  # fmt: skip
    assert "first" in load_book(county.path / "rules").rules_by_id
    assert clean(county) == []
    county.run("new", "rule", "second", "--sector", "education", "--hazard", "gale", "--place", "school",
               "--ask", "guide", *words).says("education.yaml:")  # fmt: skip
    assert clean(county) == []
    county.run("check").says("ok", "4 rules")


def test_at_a_terminal_it_asks(county: Folder) -> None:
    answers = ["education", "fog", "school", "visibility", "below", "orange", "100 m", "guide"]
    said, code = county.run_on_a_terminal("new", "rule", "asked", typed="".join(f"{a}\n" for a in answers))
    assert code == 0, said
    assert "education.yaml" in said
    assert load_book(county.path / "rules").rules_by_id["asked"].levels["orange"].ask[0].measure == "guide"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("Fog!", *FOG), "'Fog!' cannot be a rule's name"),
        (("fog-test", *FOG), "stands there already"),
        (("n", "--sector", "roads"), "'roads' is no sector"),
        (("n", *FOG), "--blue, --yellow, --orange or --red is missing"),
        (("n", *FOG, "--yellow", "200 m"), "--ask is missing"),
        (("n", *FOG, "--yellow", "thick"), "yellow: 'thick' is no number"),
        (("n", *FOG, "--yellow", "3 degC"), "visibility is in m"),
        (("n", *FOG, "--yellow", "50", "--red", "200", "--ask", "guide"), "red at 200 is no worse than yellow"),
        (("n", *FOG, "--yellow", "200", "--clear", "100", "--ask", "guide"), "would clear at 100"),
        (("n", *FOG, "--yellow", "200", "--ask", "giude"), "Did you mean guide?"),
        (("n", *FOG, "--yellow", "200", "--ask", "red: guide"), "no threshold for 'red'"),
        (("n", *FOG, "--yellow", "200", "--ask", "speed-limit"), "needs its argument speed"),
        (("n", *FOG[:-3], "rain", "--side", "below", "--yellow", "2", "--over", "6", "--ask", "guide"), "no danger"),
        (("n", *FOG, "--yellow", "50", "--red", "49.5", "--ask", "guide"), "would not load, and nothing is written"),
    ],
)  # fmt: skip
def test_it_refuses_kindly_and_writes_nothing(county: Folder, words: tuple[str, ...], said: str) -> None:
    county.run("new", "rule", *words, code=2).says(said)
    assert sorted(p.name for p in (county.path / "rules").iterdir()) == [
        "calendar.yaml", "measures.yaml", "trial.yaml",
    ]  # fmt: skip
    assert (county.path / "rules/trial.yaml").read_text("utf-8") == PACK


def test_a_pack_it_cannot_add_to_and_a_broken_book(county: Folder) -> None:
    words = ("n", *FOG, "--yellow", "200", "--ask", "guide")
    head, _, rules = PACK.partition("rules:\n")
    county.write("rules/trial.yaml", f"rules:\n{rules}{head}")
    county.run("new", "rule", *words, code=2).says("trial.yaml", "last key is `rules`", "Move `rules:`")
    county.write("rules/measures.yaml", MEASURES.replace("carrier: field", "carrier: nobody", 1))
    county.run("new", "rule", *words, code=2).says("measures.yaml:", "'nobody' is no tier")


def test_pages_and_schemas_are_written_where_they_are_wanted(county: Folder) -> None:
    county.run("docs", "rules").says("docs/rule-table.zh.md", "docs/rule-table.md")
    assert "`heat-test`" in (county.path / "docs/rule-table.md").read_text("utf-8")
    county.run("docs", "schema")
    assert (county.path / "rules/schema/pack.json").is_file()
    county.run("check").says("ok")
