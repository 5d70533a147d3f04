"""Why a level holds at a place, at its worst point: for the row, the page and the message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from alerting.alerts.facts import FactBook
from alerting.places.roads import CLOSED
from alerting.rulebook import Rule, Why, sentence
from alerting.signals import Incident
from alerting.vocabulary.incidents import incident_named
from alerting.weather import Fields

SEP = {"zh": "；", "en": "; "}
LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a level holds at a place: the rule book's explanation, ready for the row and the reader."""

    why: dict[str, Any]
    sentence: dict[str, str]
    onset: datetime | None = None
    until: datetime | None = None
    official: dict[str, Any] | None = None
    bulletin: dict[str, str] = field(default_factory=dict)  # what happened elsewhere, in one line


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
    official = official_at(facts, rule.hazard, columns, now)
    titles = facts.calendar.titles()
    words = {language: sentence(why, language, zone, titles) for language in ("zh", "en")}
    said = why.json() | {"point": fields.columns[why.column].point_id, "sentence": words}
    if official is not None:
        said["official"] = official
    bulletin: dict[str, str] = {}
    if accident := facts.bulletin(rule.incidents, now):
        bulletin = told_of(accident, zone)
    elif CLOSED in rule.reports:
        bulletin = _told_closed(facts, fields.columns[int(columns[0])].place, now, zone)
    if bulletin:
        said["bulletin"] = bulletin
        if rule.facts_only:  # the bulletin is all of the reason
            words = {}
        said["sentence"] = {
            one: SEP[one[:2]].join((told, words[one[:2]])) if words else told
            for one, told in bulletin.items()
        }
    onset, until = why.stretch(level)
    if onset is None and official is not None:
        onset = datetime.fromisoformat(official["onset"])
    return Finding(said, words, onset, until, official, bulletin)


def _told_closed(facts: FactBook, place: str, now: datetime, zone: ZoneInfo) -> dict[str, str]:
    """Who has closed the road that a section of ours meets, and why; {} where nobody has."""
    closure = facts.roads.met_by(place, now)
    if closure is None:
        return {}
    until = closure.told.until
    local = until.astimezone(zone) if until is not None else None
    return {
        "zh": closure.words("zh", f"{local.month}月{local.day}日{local:%H:%M}" if local else ""),
        "en": closure.words("en", f"{local:%d %b %H:%M}" if local else ""),
    }


def official_at(
    facts: FactBook, hazard: str, columns: NDArray[np.intp], now: datetime
) -> dict[str, Any] | None:
    """The official warning that counts at these columns, as whys and triggers tell of it."""
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


def told_of(bulletin: Incident, zone: ZoneInfo) -> dict[str, str]:
    """What a bulletin says in one line: where, when, what, who was hurt.

    Where and who were typed by a person, at any length: what they wrote in Chinese is quoted to an
    English reader as it came, and "zh-brief" and "en-brief" are the line without it, for where there is
    no room.
    """
    named, at = incident_named(bulletin.incident), bulletin.at.astimezone(zone)
    place, hurt = bulletin.place, bulletin.casualties
    zh, day = f"{at.month}月{at.day}日发生{named['zh']}", f"on {at.day} {at:%b}"
    en = f"{named['en']} {day}" if _is_chinese(place) else f"{named['en']} at {place} {day}"
    if hurt and not _is_chinese(hurt):
        en += f" ({hurt})"
    quoted = [f"“{text}”" for text in (place, hurt) if _is_chinese(text)]
    return {
        "zh": f"{place}{zh}（{hurt}）" if hurt else f"{place}{zh}",
        "en": f"{en}, as reported: {', '.join(quoted)}" if quoted else en,
        "zh-brief": zh, "en-brief": f"{named['en']} {day}",
    }  # fmt: skip


def _is_chinese(text: str) -> bool:
    return any(sign >= "\u2e80" for sign in text)  # from the radicals on, full-width signs among them
