"""Cases give what they say, and `check` finds what a careful reader would."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerting.errors import BadInput
from alerting.rulebook import check_folder, load_book, loading
from alerting.rulebook.cases import failure, failures
from alerting.rulebook.pack import Case
from tests.rulebook.sights import FOG, MEASURES, folder, rule


def outcome(made, given, **expect):
    case = Case.model_validate({"name": "c", "given": given, "expect": expect})
    return failure(made, case, {})


COLD = rule(
    "change(daily_min(temperature), 24 h) > -4 K",
    hazard="cold-wave",
    blue="(change(daily_min(temperature), 24 h) <= -8 K and daily_min(temperature) <= 4 degC) within 24 h",
)
SCHOOL = rule("rain < 1 mm", yellow="rain >= 1 mm and on school-day")


@pytest.mark.parametrize(
    ("made", "given", "expect"),
    [
        (COLD, {"days": {"first": -1, "daily_min(temperature)": [6, -4]}}, {"level": "blue"}),
        (COLD, {"days": {"first": 0, "daily_min(temperature)": [6, -4]}}, {"level": "blue", "onset": "16 h"}),
        (COLD, {"days": {"first": -1, "daily_min(temperature)": [6, 1, 1]}}, {"level": "none"}),
        (SCHOOL, {"rain": [2], "on": "school-day"}, {"level": "yellow"}),
        (SCHOOL, {"rain": [2]}, {"level": "none", "clear": False}),
        (SCHOOL, {"rain": [None], "on": ["school-day"]}, {"level": "unknown", "clear": "unknown"}),
        (SCHOOL, {"temperature": [2]}, {"level": "undecidable"}),
    ],
)
def test_what_a_case_gives(made, given, expect):
    assert outcome(made, given, **expect) == ""


def test_facts_of_a_case():
    made = rule(None, yellow="season year-end or reported icing or incident roof-fall within 7 d",
                orange="holiday spring-festival", red="warning snow >= orange")  # fmt: skip
    assert outcome(made, {}, level="none") == ""
    for given in ({"season": "year-end"}, {"reported": ["icing"]}, {"incidents": "roof-fall"}):
        assert outcome(made, given, level="yellow", onset="0 h") == ""
    assert outcome(made, {"holiday": "spring-festival"}, level="orange") == ""
    assert outcome(made, {"warnings": {"snow": "red"}}, level="red") == ""
    assert outcome(made, {"warnings": {"snow": "unknown"}}, level="unknown") == ""


def test_the_official_level_is_a_floor_in_cases_too():
    made = rule(yellow="visibility < 200 m", orange="visibility < 100 m")
    assert outcome(made, {"visibility": [900], "warnings": {"fog": "red"}}, level="orange") == ""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"visibilty": [3]}, "is no quantity"),
        ({"at": "at dawn"}, "local time"),
        ({"days": {"min(temperature)": [3]}}, "daily_min(temperature)"),
    ],
)
def test_a_case_that_cannot_be_run_says_why(given, said):
    assert said in outcome(COLD, given, level="none")


def warnings(path, pack=FOG, measures=MEASURES):
    found = check_folder(folder(path, pack, measures), {"year-end"})
    assert {f.level for f in found} <= {"warning"}, found
    return [f.what for f in found]


def test_a_good_folder_has_no_findings(tmp_path):
    assert warnings(tmp_path) == []


def test_lints(tmp_path):
    overlapping = FOG.replace("clear: visibility >= 500 m", "clear: visibility >= 100 m")
    assert "is true at values that meet 'visibility < 200 m'" in warnings(tmp_path, overlapping)[0]
    bare = FOG[: FOG.index("    cases:")]
    assert "has no case" in warnings(tmp_path, bare)[0]
    swapped = FOG.replace("visibility < 200 m for 1 h) within 12 h", "visibility < 80 m for 1 h) within 6 h")
    assert "yellow never shows" in warnings(tmp_path, swapped)[0]
    twins = MEASURES + MEASURES[MEASURES.index("  close:") :].replace("  close:", "  shut:")
    (refused,) = check_folder(folder(tmp_path, measures=twins))
    assert refused.level == "error"
    assert "shut reads the same as close" in refused.what


def test_errors_come_with_place_and_mend(tmp_path):
    pack = FOG.replace("[guide, speed", "[giude, speed").replace("< 100 m", "< 100 K")
    found = check_folder(folder(tmp_path, pack))
    assert [f.level for f in found] == ["error", "error"]
    assert all(f.where.startswith(str(tmp_path / "pack.yaml")) for f in found)
    assert "Did you mean guide?" in found[0].what + found[0].mend


def test_the_example_of_the_guide_for_authors_loads(tmp_path):
    """docs/rules.md must not teach what does not load."""
    guide = (Path(__file__).parents[2] / "docs" / "rules.md").read_text("utf-8")
    blocks = [b.split("```")[0] for b in guide.split("```yaml\n")[1:]]
    pack, districts, declared = blocks[:3]
    pack = pack.replace("cases: [...]", "cases: []")
    (tmp_path / "districts.yaml").write_text(districts, "utf-8")
    measures = "measures:\n" + "\n".join(
        [declared.removeprefix("measures:\n"), *(
            f"  {name}: {{title: {{zh: {name}, en: {name}}}, form: notify, carrier: field, "
            f"lifter: field, do: {{zh: {name}, en: {name}}}, sms: {{zh: {name}, en: {name}}}}}"
            for name in ("guide", "close", "night-ban")
        )]
    )  # fmt: skip
    book = load_book(folder(tmp_path, pack, measures.replace('["..."]', '["M-01"]')))
    assert book.rules[0].tags == {"expressway"}
    assert book.numbers["mine-snow"].inside("year-end") == (8, "cm")
    assert book.measures["speed-limit"].by_minutes == 30


def test_cases_of_one_content_are_run_once_a_process_unless_they_fail(tmp_path: Path, monkeypatch):
    runs = []
    monkeypatch.setattr(loading, "failures", lambda book: runs.append(book.version) or failures(book))
    # Of no other test's content: each begins as one that the process has not seen.
    sound = FOG.replace("title:", "# once\ntitle:", 1)
    load_book(folder(tmp_path, sound))
    load_book(folder(tmp_path, sound))
    assert len(runs) == 1
    wrong = sound.replace("expect: {level: red", "expect: {level: none", 1)
    assert wrong != sound
    for _ in range(2):
        with pytest.raises(BadInput, match="does not come out"):
            load_book(folder(tmp_path, wrong))
    assert len(runs) == 3


def test_a_rule_left_out_for_a_season_nobody_knows_has_not_passed_its_cases(tmp_path: Path):
    text = FOG.replace("red:\n        when: ", "red:\n        when: season year-end and ", 1)
    assert text != FOG
    here = folder(tmp_path, text)
    assert any("no season" in f.what for f in check_folder(here, {"another"}))
    with pytest.raises(BadInput, match="does not come out"):
        load_book(here, {"year-end"})
