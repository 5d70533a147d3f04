"""What was found, where, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """An error keeps the book from loading; a warning is for its author to judge. `where` is
    file:line:column."""

    level: Literal["error", "warning"]
    where: str
    what: str
    mend: str = ""


def warn(where: str, what: str, mend: str) -> Finding:
    return Finding("warning", where, what, mend)
