"""Whichever parser reads a file, it says the same, at the same places."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.cyaml import CParser
from ruamel.yaml.error import YAMLError

from alerting.yamlfile import read_tree

ROOT = Path(__file__).parents[1]
FILES = sorted([ROOT / "config.yaml", *ROOT.glob("rules/**/*.yaml"), *ROOT.glob("exercises/**/*.yaml")])
SAMPLES = {
    "clocks in a list": "decide: [20:00, 05:30]\n",
    "words that YAML 1.1 takes for others": "a: [on, NO, yes, ~, 017, 0o17, 1_000, 1e3, 2026-01-20]\n",
    "a value that touches its key": 'a: {b: c:d, "e":f}\n',
    "folded and literal": "a: >\n  one\n  two\nb: |\n  three\n\n  four\nc: 冰 '雪'\n",
    "a key that comes twice": "a: 1\nb: 2\na: 3\n",
    "anchors": "a: &x {b: 1}\nc: *x\nd: [*y]\n",
    "an open bracket": "a:\n  b: [1, 2\nc: 3\n",
    "two documents": "a: 1\n---\nb: 2\n",
    "a tab for an indent": "a:\n\tb: 1\n",
    "nothing": "# only a remark\n",
}


def flat(node: Any) -> Any:
    """A tree with the type, place and style of everything in it."""
    if isinstance(node, CommentedMap):
        held = [(k, node.lc.key(k), node.lc.value(k), flat(v)) for k, v in node.items()]
        return (node.lc.line, node.lc.col, node.fa.flow_style(), held)
    if isinstance(node, CommentedSeq):
        items = [(node.lc.item(n), flat(v)) for n, v in enumerate(node)]
        return (node.lc.line, node.lc.col, node.fa.flow_style(), items)
    return (type(node), repr(node))


def said(read: Any, text: str) -> Any:
    try:
        return flat(read(text))
    except YAMLError as error:
        return str(error)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_the_shipped_files_say_the_same(path: Path) -> None:
    text = path.read_text("utf-8")
    assert flat(read_tree(text)) == flat(YAML(typ="rt").load(text))


@pytest.mark.parametrize("text", SAMPLES.values(), ids=list(SAMPLES))
def test_what_is_read_differently_elsewhere_is_read_the_same_here(text: str) -> None:
    assert said(read_tree, text) == said(YAML(typ="rt").load, text)


def test_the_book_is_read_the_quick_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not, unnoticed, twice."""
    seen: list[Any] = []

    def load(self: YAML, text: str) -> Any:
        seen.append(self.Parser)
        return plain(self, text)

    plain = YAML.load
    monkeypatch.setattr(YAML, "load", load)
    read_tree((ROOT / "rules" / "measures.yaml").read_text("utf-8"))
    assert len(seen) == 1
    assert isinstance(seen[0](loader=None), CParser)
