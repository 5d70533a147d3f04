"""Every mission row that a rule, a measure, the calendar or the vocabulary names leads somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from alerting.vocabulary import HAZARDS, SECTORS

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"[HCMD]-\d\d")
BOOK = sorted((ROOT / "rules").rglob("*.yaml"))
MISSION = (ROOT / "docs" / "mission.md").read_text(encoding="utf-8")
# A row is there if its table line carries its anchor and its own number.
ROWS = {
    row
    for anchor, row in re.findall(r'^\| <a id="([^"]+)"></a>(\S+) \|', MISSION, re.MULTILINE)
    if anchor == row.lower()
}


def bases(node: Any, trail: str = "") -> Iterator[tuple[str, Any]]:
    """All values of `basis` in a document, each with where it stands."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "basis":
                yield trail, value
            else:
                yield from bases(value, f"{trail}/{key}")
    elif isinstance(node, list):
        for i, value in enumerate(node):
            name = value.get("id", i) if isinstance(value, dict) else i
            yield from bases(value, f"{trail}/{name}")


def test_the_mission_has_all_its_rows() -> None:
    counts = {"H": 11, "C": 7, "M": 19, "D": 10}
    assert {f"{kind}-{n:02}" for kind, last in counts.items() for n in range(1, last + 1)} == ROWS


@pytest.mark.parametrize("path", BOOK, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_basis_leads_to_a_row(path: Path) -> None:
    document = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    for trail, basis in bases(document):
        texts = basis if isinstance(basis, list) else [basis]
        # A basis may name a law besides, or a row in the midst of a sentence.
        named = {row for text in texts for row in ROW.findall(str(text))}
        assert named <= ROWS, f"{path.name}{trail}: no row {sorted(named - ROWS)} in mission.md"


def test_every_pack_rule_and_calendar_entry_names_a_row() -> None:
    """An entry without any row would be an order that nobody gave."""
    seen = 0
    for path in BOOK:
        document = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        if not isinstance(document, dict):
            continue
        entries = {
            **{r["id"]: r for r in document.get("rules") or [] if isinstance(r, dict)},
            **(document.get("seasons") or {}),
            **(document.get("holidays") or {}),
        }
        for name, entry in entries.items():
            assert ROW.search(str(entry.get("basis"))), f"{path.name}: {name} names no mission row"
            seen += 1
    assert seen


def test_the_vocabularys_rows_exist() -> None:
    assert {hazard.row for hazard in HAZARDS.values()} <= ROWS
    assert {row for row, _zh, _en in SECTORS.values()} <= ROWS


def test_every_sector_row_is_a_sector_of_the_vocabulary() -> None:
    assert {row for row in ROWS if row.startswith("M")} <= {row for row, *_ in SECTORS.values()}
