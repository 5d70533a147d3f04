"""Segments are counted as carriers count them."""

from __future__ import annotations

import pytest

from alerting.dispatch import segments


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("^{}\\[~]|€", "GSM-7", 18, 1),
        ("a" * 159 + "€", "GSM-7", 161, 2),
        ("雪" * 70, "UCS-2", 70, 1),
        ("雪" * 71, "UCS-2", 71, 2),
        ("雪" * 134, "UCS-2", 134, 2),
        ("雪" * 135, "UCS-2", 135, 3),
        ("a" * 70 + "雪", "UCS-2", 71, 2),
        ("😀" * 35, "UCS-2", 70, 1),
        ("😀" * 36, "UCS-2", 72, 2),
        # 67 is odd: a pair that would be cut leaves one unit empty, 33 in each part.
        ("😀" * 67, "UCS-2", 134, 3),
        ("【演练】`", "UCS-2", 5, 1),
    ],
)
def test_segments(text: str, encoding: str, units: int, count: int) -> None:
    assert segments(text) == (encoding, units, count)
