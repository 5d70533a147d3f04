"""YAML that remembers where everything stands, so that an error can name file, line and column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from alerting.rulebook.faults import worded
from alerting.yamlfile import read_tree

Key = tuple[str | int, ...]


class Document:
    """The content of one YAML file: plain values in `data`, and the place of each.

    `problems` collects "file:line:column: what mend" lines; a file that is not YAML has one problem
    and no data.
    """

    def __init__(self, path: FilePath, content: bytes) -> None:
        self.path, self.problems = path, list[str]()
        try:
            raw = content.decode("utf-8")
        except UnicodeDecodeError:
            raw = ""
            self.problems.append(f"{path}:1:1: this is not UTF-8 text. Save the file as UTF-8.")
        self._lines = raw.splitlines()
        self.tree: Any = None
        try:
            self.tree = _tree(raw)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line, mark.column) if mark else (0, 0)
            what = " ".join(str(error.problem or error.context).split())
            self._report(line, column, f"this is not YAML: {what}.",
                         "Check the indent, quotes and brackets there.")  # fmt: skip
        except YAMLError as error:
            self._report(0, 0, f"this is not YAML: {' '.join(str(error).split())}.", "")
        self.data: Any = _plain(self.tree)

    def problem(self, key: Key, what: str, mend: str, offset: int | None = None) -> None:
        """Note a problem with the value at `key`; `offset` counts characters of its text."""
        line, column = self.position(key, offset)
        self._report(line, column, what, mend)

    def problems_of(
        self, error: ValidationError, under: Key = (), docs: str = "docs/rules.md"
    ) -> None:
        """Note what pydantic found, in words of the file; `docs` is the page that lists its keys."""
        for found in error.errors():
            key = under + tuple(p for p in found["loc"] if p != "[key]")
            name = ".".join(str(p) for p in key) or "the file"
            self.problem(key, *worded(found, name, docs))

    def where(self, key: Key, offset: int | None = None) -> str:
        line, column = self.position(key, offset)
        return f"{self.path}:{line + 1}:{column + 1}"

    def position(self, key: Key, offset: int | None = None) -> tuple[int, int]:
        """Line and column, from 0, of the value at `key`, or of the nearest thing around it."""
        node, line, column, value = self.tree, 0, 0, self.data
        for step in key:
            try:
                if isinstance(node, CommentedMap):
                    # A number as a key is a text in `data`.
                    written = next((k for k in node if str(k) == str(step)), step)
                    line, column = node.lc.value(written)
                    node, value = node[written], value[str(step)]
                    continue
                if isinstance(node, CommentedSeq) and isinstance(step, int):
                    line, column = node.lc.item(step)
                node, value = node[step], value[step]
            except (KeyError, IndexError, TypeError):
                return line, column
        if offset is None or not isinstance(value, str):
            return line, column
        return self._within(line, column, value, offset)

    def _within(self, line: int, column: int, text: str, offset: int) -> tuple[int, int]:
        """Walk the raw file beside the text it gave, so that quotes and folds do not matter."""
        if self._lines[line][column : column + 1] in ("|", ">"):
            line, column = line + 1, 0
        at = (line, column)
        for char in text[: offset + 1].rstrip() if offset < len(text) else text:
            if char.isspace():
                continue
            while line < len(self._lines):
                column = self._lines[line].find(char, column)
                if column >= 0:
                    break
                line, column = line + 1, 0
            else:
                return at
            at, column = (line, column), column + 1
        return at if offset < len(text) else (at[0], at[1] + 1)

    def _report(self, line: int, column: int, what: str, mend: str) -> None:
        text = f"{self.path}:{line + 1}:{column + 1}: {what} {mend}".rstrip()
        if text not in self.problems:
            self.problems.append(text)


@lru_cache(maxsize=64)
def _tree(raw: str) -> Any:
    """The tree of a file; nobody changes it. Where one file of a book changes, the others are as they
    were."""
    return read_tree(raw)


def _plain(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {str(k): _plain(v) for k, v in node.items()}
    if isinstance(node, str):
        return str(node)
    if isinstance(node, Sequence):
        return [_plain(v) for v in node]
    if isinstance(node, bool):
        return bool(node)
    if isinstance(node, float):
        return float(node)
    return int(node) if isinstance(node, int) else node
