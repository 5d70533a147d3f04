"""Tables of Markdown."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(_cell(one) for one in line)} |" for line in lines) + "\n"


def code(text: object) -> str:
    return f"`{text}`" if str(text) else ""


def first_words(docstring: str | None) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join(inspect.cleandoc(docstring or "").split("\n\n")[0].split())


def first_sentence(docstring: str | None) -> str:
    words = first_words(docstring)
    end = words.find(". ")
    return words if end < 0 else words[: end + 1]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
