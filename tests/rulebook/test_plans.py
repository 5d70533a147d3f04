"""Plans of emergency responses: read with the rules, and refused with the place of what is wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from alerting.rulebook.files import read_files, version
from alerting.rulebook.loading import read_book
from alerting.rulebook.plans import GRADES, PlanMeasure
from alerting.service.good_book import keep, kept

ROOT = Path(__file__).parents[2]
STORIES = ROOT / "tests" / "scenarios"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The stories' rules with their plan."""
    here = tmp_path / "rules"
    shutil.copytree(STORIES / "book", here)
    shutil.copytree(STORIES / "plans", here / "plans")
    return here


def changed(folder: Path, old: str, new: str) -> list[str]:
    """What is wrong with the rules once a text of the plan is another; without their own path."""
    path = folder / "plans" / "icing.yaml"
    said = path.read_text("utf-8")
    assert old in said
    path.write_text(said.replace(old, new, 1), "utf-8")
    return [p.removeprefix(f"{path}:") for p in read_book(folder)[1]]


def test_grades_accumulate_and_the_gravest_words_win(folder: Path) -> None:
    book, problems = read_book(folder)
    assert problems == []
    plan = book.plans["icing"]
    asked = {g: [a.text for a in plan.asked("traffic-police", GRADES[g])] for g in ("IV", "III", "I")}
    assert asked == {"IV": ["guide"], "III": ["guide", "speed-limit 50 km/h"],
                     "I": ["guide", "speed-limit 50 km/h"]}  # fmt: skip
    path = folder / "plans" / "icing.yaml"
    path.write_text(path.read_text("utf-8").replace("IV: [guide]", "IV: [speed-limit 60 km/h]"))
    plan = read_book(folder)[0].plans["icing"]
    assert [a.text for a in plan.asked("traffic-police", 3)] == ["speed-limit 50 km/h"]
    assert [a.text for a in plan.asked("traffic-police", 4)] == ["speed-limit 60 km/h"]


def test_its_own_measures_are_nobodys_to_order(folder: Path) -> None:
    book, _ = read_book(folder)
    own = {name for name, m in book.measures.items() if isinstance(m, PlanMeasure)}
    assert own == {"icing-response-decision", "icing-response-report"}
    assert own.isdisjoint(book.orderable)


def test_what_the_district_has_to_fill_in_is_counted(folder: Path) -> None:
    book, _ = read_book(folder)
    assert book.plans["icing"].unfilled == 2  # the document's number, and a number of zones


@pytest.mark.parametrize(("old", "new", "where", "says"), [
    ("ask: {IV: [halt]}", "ask: {IV: [hold]}", "25:16", "there is no measure 'hold'"),
    ("III: [speed-limit 50 km/h]", "III: [speed-limit 50 m]", "20:42", "km/h"),
    ("rules: [fog, icing]", "rules: [fogg]", "12:15", "there is no rule 'fogg'"),
    ("{warning: [road-icing], level: yellow}", "{warning: [ice], level: yellow}", "8:7",
     "'ice' is no hazard"),
    ("{warning: [road-icing], level: yellow}", "{level: yellow}", "8:7", "names one of rules"),
    ("ask: {IV: [halt]}", "ask: {II: [halt]}", "25:15", "the plan has no grade II"),
    ("tier: field", "tier: police", "18:11", "'police' is no tier"),
    ("id: housing", "id: traffic-police", "21:9", "stands here twice"),
    ("number: 待填\n", "", "1:1", "number is missing"),
])  # fmt: skip
def test_a_fault_is_named_with_its_place(
    folder: Path, old: str, new: str, where: str, says: str
) -> None:
    [problem] = changed(folder, old, new)
    assert says in problem
    assert problem.startswith(f"{where}:"), problem


def test_a_changed_plan_is_another_book_and_is_kept_with_it(folder: Path, tmp_path: Path) -> None:
    book, _ = read_book(folder)
    keep(book, tmp_path / "var")
    here = kept(tmp_path / "var")
    assert here is not None
    assert read_book(here)[0].plans.keys() == {"icing"}
    changed(folder, "zones: 1", "zones: 2")
    assert version(read_files(folder)[0]) != book.version


def test_a_form_needs_a_look_before_it_is_lifted(folder: Path) -> None:
    path = folder / "measures.yaml"
    form = "    return: [{id: checked, zh: 处数, en: places}]\n"
    path.write_text(path.read_text("utf-8").replace("    by-minutes: 30\n", f"    by-minutes: 30\n{form}", 1))
    assert any("add check: true" in problem for problem in read_book(folder)[1])
