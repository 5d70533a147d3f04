"""What a fact is as a line of a message: plain text, a time."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime


def plain(text: str) -> str:
    """One line without control characters, markup, or brackets that could pass for a signature."""
    if not text.isprintable():
        text = "".join(" " if unicodedata.category(c) in ("Cc", "Cf") else c for c in text)
    if "<" in text:  # tags alone: "-3 °C < -2 °C, 1 mm > 0 mm" is no markup
        text = re.sub(r"</?[A-Za-z!][^>]*>", "", text)
    return " ".join(text.replace("【", "[").replace("】", "]").split())


# What English texts hold that an SMS of 160 characters a segment does not: one of these would more than
# halve what fits.
_IN_GSM_7 = {"–": "-", "—": "-", "−": "-", "≥": ">=", "≤": "<=", "°C": "C", "·": "*", "…": "...",
             "‘": "'", "’": "'", "“": '"', "”": '"'}  # fmt: skip


def in_gsm_7(text: str) -> str:
    """An English text with the signs that an SMS has."""
    for sign, ours in _IN_GSM_7.items():
        text = text.replace(sign, ours)
    return text


def time_of(given: object) -> datetime | None:
    return datetime.fromisoformat(str(given)) if given else None
