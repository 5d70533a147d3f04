"""Measures that a reader could not tell apart: their texts are equal but for names and numbers.

No two sectors share a text; what differs only in whose it is belongs into one measure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Literal, NamedTuple

from alerting.rulebook.measures import Measure
from alerting.vocabulary import PLACE_KINDS, SECTORS, TIERS
from alerting.vocabulary.languages import LANGUAGES, Language

# Digits, and the numerals of a count: 三级, 两小时. 一 alone is in too many words.
_NUMBERS = re.compile(r"\d+(?:\.\d+)?|[零〇两二三四五六七八九十百千]+")


class Twin(NamedTuple):
    """`name` says under `part` in `language` what `first` says already."""

    name: str
    first: str
    part: Literal["do", "sms"]
    language: Language


def twins(measures: Mapping[str, Measure]) -> Iterator[Twin]:
    """Each measure that says what an earlier one says, once."""
    said: dict[tuple[str, str, str], str] = {}
    for name, measure in measures.items():
        found: Twin | None = None
        for part in ("do", "sms"):
            for language in LANGUAGES:
                text = getattr(measure, part)[language]
                first = said.setdefault((part, language, bare(text)), name)
                if first != name and found is None:
                    found = Twin(name, first, part, language)
        if found is not None:
            yield found


def bare(text: str) -> str:
    """The text without names of sectors, places and posts, numbers, blanks and marks."""
    kept = _NUMBERS.sub("", _names().sub("", text.lower()))
    return "".join(c for c in kept if c.isalnum())


@cache
def _names() -> re.Pattern[str]:
    names = {n.lower() for _, zh, en in SECTORS.values() for n in (zh, en)}
    names |= {n.lower() for pair in (*PLACE_KINDS.values(), *TIERS.values()) for n in pair}
    # The longest first, so that 非煤矿山 goes whole and not 煤矿 out of it; English words end as words.
    each = sorted(names, key=lambda n: (-len(n), n))
    return re.compile("|".join(rf"\b{re.escape(n)}s?\b" if n.isascii() else re.escape(n) for n in each))
