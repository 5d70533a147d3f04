"""The four levels, in the order in which they rise, and the bands that messages never mix."""

from __future__ import annotations

from enum import IntEnum


class Level(IntEnum):
    """blue < yellow < orange < red; 0 stands for no level at all in arrays, and has no name."""

    blue = 1
    yellow = 2
    orange = 3
    red = 4

    @property
    def band(self) -> str:
        """The level band: red, orange, or what is below."""
        return self.name if self >= Level.orange else "lower"


NAMES = {
    "zh": {1: "蓝色", 2: "黄色", 3: "橙色", 4: "红色"},
    "en": {1: "blue", 2: "yellow", 3: "orange", 4: "red"},
}


def colour_in(text: str) -> Level | None:
    """The level a warning's own words name, Chinese or English; None where they name none.

    The last colour wins: "黄色升级为橙色" and "upgraded the orange signal to red" end on the new one.
    """
    words = {
        "蓝色": Level.blue, "黄色": Level.yellow, "橙色": Level.orange, "红色": Level.red,
        "blue": Level.blue, "yellow": Level.yellow, "orange": Level.orange, "red": Level.red,
        "amber": Level.orange,
    }  # fmt: skip
    lowered = text.lower()
    found: list[tuple[int, Level]] = []
    for word, level in words.items():
        at = lowered.rfind(word)
        while at >= 0 and word.isascii() and not _stands_alone(lowered, at, len(word)):
            at = lowered.rfind(word, 0, at)
        if at >= 0:
            found.append((at, level))
    return max(found)[1] if found else None


def _stands_alone(text: str, at: int, length: int) -> bool:
    before = text[at - 1] if at else " "
    after = text[at + length] if at + length < len(text) else " "
    return not ((before.isascii() and before.isalpha()) or (after.isascii() and after.isalpha()))
