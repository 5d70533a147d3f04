"""How 900 people behave at night; the same for the same seed.

A third are asleep: a text wakes none of them, a call wakes seven in ten, and three in a hundred of all
have their phone off. Whoever is awake reads a text within four minutes. What they say is what the
message asks for: read and answered in words, by the same code as anybody's.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

ASLEEP, OFF, WAKES = 1 / 3, 0.03, 0.7
READS = (0.5, 4.0)  # minutes until a text is read by whoever is awake
WOKEN = (0.5, 2.0)  # and until somebody whom a call woke has answered
REPORTS = (3.0, 9.0)  # until a report is written, counted from the answer
DONE = (8.0, 25.0)  # until a measure is in force
SHORT = 0.2  # of first reports leave something out
# What is said to a message, by what it wants: the digit alone.
SAYS = {"acknowledge": "1", "decision": "1", "confirm": "1", "check": "1", "conflict": "1", "wait": "1"}
REPORT = {"township": "5 张三 3 0 已撒盐 否", "village": "5 李四 0 已转移 否", "closing": "5 0 是 无"}


@dataclass(slots=True)
class Someone:
    asleep: bool
    off: bool
    short: bool  # leaves something out of the first report


@dataclass(slots=True)
class People:
    """`due` holds what they will say: (when, person, words)."""

    seed: int
    known: dict[str, Someone] = field(default_factory=dict)
    due: list[tuple[datetime, str, str, str]] = field(default_factory=list)
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def meet(self, people: list[str]) -> None:
        for name in people:
            draw = self._random.random
            self.known[name] = Someone(draw() < ASLEEP, draw() < OFF, draw() < SHORT)

    def reached(self, at: datetime, delivery: Any, asked: list[Any], tier: str) -> None:
        """A message is there: what they will say to it, if anything."""
        who = self.known[delivery.person]
        if who.off:
            return
        if who.asleep and (delivery.channel == "text" or self._random.random() > WAKES):
            return
        after = self._minutes(WOKEN if delivery.channel == "call" else READS)
        who.asleep = False  # whoever was woken stays up
        wants = {one.wants for one in asked}
        code, letters = delivery.code, delivery.letters or {}
        if "report" in wants or "closing" in wants:
            self._reports(at + after, delivery, who, "closing" if "closing" in wants else tier, code)
            return
        if "acknowledge" in wants:  # one word for all that a message holds
            self._will(at + after, delivery, f"1 {code}")
        for one in asked if letters else asked[:1]:
            letter = next((k for k, v in letters.items() if v == one.id), "")
            if one.wants in SAYS and one.wants != "acknowledge":
                self._will(at + after, delivery, f"{SAYS[one.wants]}{letter} {code}")
            elif one.wants == "in-force":
                self._will(at + after, delivery, f"2{letter} {code}")
            elif one.measure is not None and not delivery.summary:
                self._will(at + after + self._minutes(DONE), delivery, f"2{letter} {code}")

    def _reports(
        self, at: datetime, delivery: Any, who: Someone, tier: str, code: str
    ) -> None:
        self._will(at, delivery, f"1 {code}")
        if tier == "township":
            self._will(at + timedelta(seconds=30), delivery, f"6 {code}")
        words = REPORT.get(tier, REPORT["village"])
        written = at + self._minutes(REPORTS)
        if who.short and tier != "closing":
            self._will(written, delivery, f"{' '.join(words.split()[:2])} {code}")
            written += self._minutes(REPORTS)
        self._will(written, delivery, f"{words} {code}")

    def _will(self, at: datetime, delivery: Any, words: str) -> None:
        self.due.append((at, delivery.person, delivery.channel, words))

    def _minutes(self, span: tuple[float, float]) -> timedelta:
        return timedelta(minutes=self._random.uniform(*span))
