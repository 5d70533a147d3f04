"""NUL is part of no text: PostgreSQL keeps it in none, and whoever sends one means nothing by it. It is
left out where texts come in, so that none is refused where it is written down."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import NoneType
from typing import Any

NUL = "\0"
_NO_TEXT = frozenset({float, int, bool, NoneType, datetime})  # most of what comes by the thousand


def without_nul(said: Any) -> Any:
    """The same without NUL: a text, or what is made of texts."""
    if type(said) in _NO_TEXT:
        return said
    if isinstance(said, str):
        return said.replace(NUL, "") if NUL in said else said
    if isinstance(said, Mapping):
        return {without_nul(key): without_nul(value) for key, value in said.items()}
    if isinstance(said, list | tuple):
        return [without_nul(one) for one in said]
    return said
