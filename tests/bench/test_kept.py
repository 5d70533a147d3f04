"""What a bench saw is kept and shown: the newest of each target, and nothing else of the page is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import kept
from bench.page import put
from bench.rounds import Target
from tests.simulation import breaks, campaign

ROOT = Path(__file__).parents[2]


def test_the_newest_of_each_target_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "var" / "bench.jsonl"
    for figure in (1.2, 2.5):
        kept.Run("outbox").ended([Target("times a bare client", figure, 2.0)], file)
    kept.Run("saved 10").ended([Target("memory", 1.4, 1.25, at_least=False)], file)
    assert len(file.read_text("utf-8").splitlines()) == 3
    lines = kept.table(kept.read(file)).splitlines()
    assert lines[2].startswith("| outbox | times a bare client | ≥ 2 | 2.5 | met | ")
    assert lines[3].startswith("| saved 10 | memory | ≤ 1.25 | 1.4 | **missed** | ")
    assert lines[-1] == "1 of 2 are met."


def test_a_table_is_put_between_its_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- a -->\nold\n<!-- /a -->\nafter\n", "utf-8")
    for text in ("| x |", "| y |"):
        put(page, "a", text)
        assert page.read_text("utf-8") == f"before\n<!-- a -->\n\n{text}\n\n<!-- /a -->\nafter\n"
    with pytest.raises(SystemExit, match="<!-- b -->"):
        put(page, "b", "z")


@pytest.mark.parametrize(("page", "name"), [
    (campaign.PAGE, "simulation"), (breaks.PAGE, "breaks"), (campaign.PAGE, "campaign"), (kept.PAGE, "targets"),
])  # fmt: skip
def test_every_table_has_its_place(tmp_path: Path, page: Path, name: str) -> None:
    copy = tmp_path / page.name
    copy.write_text((ROOT / page).read_text("utf-8"), "utf-8")
    put(copy, name, "| new |")
    assert "\n| new |\n" in copy.read_text("utf-8")


def test_a_break_that_was_changed_is_played_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaks, "STATE", tmp_path / "breaks.json")
    monkeypatch.setattr(breaks, "copied", lambda folder: folder)
    asked: list[str] = []

    def found(_copy: Path, one: breaks.Break) -> str:
        asked.append(one.name)
        return f"seed 7: {one.story.partition('|')[0]}: partition 0 stands at 5"

    monkeypatch.setattr(breaks, "found", found)
    assert breaks.play("", anew=False) == 0
    assert breaks.play("", anew=False) == 0
    assert len(asked) == len(breaks.BREAKS), "what is known is not played again"
    assert "| 7 second | end: partition 0 stands at 5 |" in breaks.table(breaks.read())
    text = breaks.STATE.read_text("utf-8").replace("if False:", "if True:")
    breaks.STATE.write_text(text, "utf-8")
    assert breaks.play("receipts", anew=False) == 0
    assert len(asked) == len(breaks.BREAKS) + 1
