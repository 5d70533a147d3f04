"""Three values as bits, eight columns a byte.

The planes of a condition are uint8 (2, ..., bytes): where it is *true*, and where it is *possible*:
true or unknown. Where nothing is unknown the two are one, and only one is kept: (1, ..., bytes).
So `and` is &, `or` is | (one plane beside two stands for both), and `not` turns every bit and swaps the
planes, which is Kleene's logic. Bits beyond the last column mean nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from alerting.rulebook.nodes import And, Or

Bools = NDArray[np.bool_]
Bits = NDArray[np.uint8]
Columns = slice | NDArray[np.intp]  # of a sight: side by side, or picked out


def width(columns: Columns) -> int:
    return columns.stop - columns.start if isinstance(columns, slice) else len(columns)


def packed(said: Bools) -> Bits:
    """(..., columns) to (..., bytes)."""
    return np.packbits(said, axis=-1)


def unpacked(bits: Bits, columns: int) -> Bools:
    """(..., bytes) to (..., columns)."""
    return np.unpackbits(bits, axis=-1, count=columns).view(np.bool_)


def both(true: Bools, possible: Bools) -> Bits:
    return np.array([packed(true), packed(possible)])


def joined(node: And | Or, parts: Sequence[Bits]) -> Bits:
    """Planes, or answers, under one `and` or `or`."""
    ufunc = np.bitwise_and if isinstance(node, And) else np.bitwise_or
    made = parts[0]
    for part in parts[1:]:
        made = ufunc(made, part)
    return made


def negated(of: Bits) -> Bits:
    return ~of[::-1]
