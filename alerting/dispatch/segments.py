"""How many SMS a text really is, counted before it is sent.

GSM 03.38: 160 units alone, 153 each when joined; one character outside of it turns the whole message
into UCS-2, 70 alone, 67 each when joined. Units are UTF-16 there, so an emoji is two.
"""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")  # each sent behind an escape: two units


class Count(NamedTuple):
    encoding: str  # "GSM-7" or "UCS-2"
    units: int
    segments: int


def segments(text: str) -> Count:
    """What an SMS of this text costs. The signature must be part of the text."""
    if all(c in _BASIC or c in _EXTENDED for c in text):
        widths = [2 if c in _EXTENDED else 1 for c in text]
        alone, joined, encoding = 160, 153, "GSM-7"
    else:
        widths = [2 if ord(c) > 0xFFFF else 1 for c in text]
        alone, joined, encoding = 70, 67, "UCS-2"
    units = sum(widths)
    if units <= alone:
        return Count(encoding, units, 1)
    if 2 not in widths:
        return Count(encoding, units, ceil(units / joined))
    return Count(encoding, units, _parts(widths, joined))


def _parts(widths: list[int], room: int) -> int:
    # An escaped character or a surrogate pair is never cut in two: the rest of a part stays empty.
    parts, used = 1, 0
    for width in widths:
        if used + width > room:
            parts, used = parts + 1, 0
        used += width
    return parts
