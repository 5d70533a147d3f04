"""Why a level holds at a place, at its worst point: for the row, the page and the message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from alerting.alerts.facts import FactBook
from alerting.rulebook import Rule, Why, sentence
from alerting.weather import Fields

LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a level holds at a place: the rule book's explanation, ready for the row and the reader."""

    why: dict[str, Any]
    sentence: dict[str, str]
    onset: datetime | None = None
    until: datetime | None = None
    official: dict[str, Any] | None = None


def find(
    fields: Fields,
    facts: FactBook,
    rule: Rule,
    columns: NDArray[np.intp],
    told: Sequence[Why],
    level: int,
    now: datetime,
    zone: ZoneInfo,
) -> Finding:
    """Explain `level` of `rule` at the columns of one place. Of what is `told` of its worst points,
    that counts at which the level comes first."""
    why = min(told, key=lambda w: w.stretch(level)[0] or LAST)
    official = _official(facts, rule.hazard, columns, now)
    titles = facts.calendar.titles()
    words = {language: sentence(why, language, zone, titles) for language in ("zh", "en")}
    said = why.json() | {"point": fields.columns[why.column].point_id, "sentence": words}
    if official is not None:
        said["official"] = official
    onset, until = why.stretch(level)
    if onset is None and official is not None:
        onset = datetime.fromisoformat(official["onset"])
    return Finding(said, words, onset, until, official)


def _official(
    facts: FactBook, hazard: str, columns: NDArray[np.intp], now: datetime
) -> dict[str, Any] | None:
    held = facts.official(hazard, columns, now)
    if held is None:
        return None
    warning = held.warning
    return {
        "level": warning.level,
        "issuer": warning.sender,
        "issued": warning.issued.isoformat(),
        "onset": (warning.onset or warning.issued).isoformat(),
        "headline": warning.headline,
        "identifier": warning.identifier,
    }
