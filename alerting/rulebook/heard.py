"""Facts, each asked once for a whole evaluation however many rules and tiles want it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alerting.weather.sight import Facts

Words = dict[str, NDArray[np.int8]]


class Heard:
    """The `Facts` of one moment, remembered as they are asked for."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._warnings: Words = {}
        self._days: Words = {}
        self._reports: Words = {}
        self.can_warn = facts.can_warn
        self.season, self.holiday, self.incident = facts.season, facts.holiday, facts.incident

    def warning(self, hazard: str) -> NDArray[np.int8]:
        if hazard not in self._warnings:
            self._warnings[hazard] = self._facts.warning(hazard)
        return self._warnings[hazard]

    def on_day(self, kind: str) -> NDArray[np.int8]:
        if kind not in self._days:
            self._days[kind] = self._facts.on_day(kind)
        return self._days[kind]

    def reported(self, word: str) -> NDArray[np.int8]:
        if word not in self._reports:
            self._reports[word] = self._facts.reported(word)
        return self._reports[word]
