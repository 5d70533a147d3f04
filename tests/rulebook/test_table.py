"""docs/rule-table.md is what the shipped rules say."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerting.rulebook import load_book
from alerting.rulebook.table import HEADS, PAGES, rule_table

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def book():
    return load_book(ROOT / "rules")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_is_the_shipped_book_s(book, language):
    written = (ROOT / "docs" / PAGES[language]).read_text("utf-8")
    assert written == rule_table(book, language), "run: suian docs rules"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_ask_is_a_row_of_as_many_cells(book, language):
    rows = [line for line in rule_table(book, language).splitlines() if line.startswith("| ")][2:]
    asks = [(r, s, a) for r in book.rules for s in r.levels.values() for a in s.ask]
    assert len(rows) == len(asks)
    assert {row.replace("\\|", "").count("|") for row in rows} == {len(HEADS[language]) + 1}
    for rule, step, ask in asks:
        assert any(f"`{rule.id}`" in row and f"`{ask.measure}`" in row and " ".join(step.text.split()) in row
                   for row in rows)  # fmt: skip


def test_who_decides_and_on_what_ground_is_said(book):
    (row,) = [r for r in rule_table(book, "en").splitlines() if "`close-section`" in r and "`road-fog`" in r]
    for words in ("Road traffic", "fog", "red", "sector regulator", "field force", "M-01",
                  "Road Traffic Safety Law, art. 40"):  # fmt: skip
        assert words in row
    (row,) = [r for r in rule_table(book, "zh").splitlines() if "`close-section`" in r and "`road-fog`" in r]
    for words in ("道路交通", "大雾", "红色", "行业主管部门", "封闭路段", "道路交通安全法第40条"):
        assert words in row
