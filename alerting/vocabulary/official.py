"""What other offices call what they warn of, as rules/warnings.yaml has it, and what that is here."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from ruamel.yaml import YAML

from alerting.vocabulary.hazards import HAZARDS
from alerting.vocabulary.levels import Level
from alerting.vocabulary.shipped import RULES, WARNINGS

NONE = "none"
FILE = WARNINGS
SHIPPED = RULES / FILE

Colour = Literal["blue", "yellow", "orange", "red"]


def _known(word: str, known: Iterable[str], what: str) -> None:
    offered = list(known)
    if word not in offered:
        close = difflib.get_close_matches(word, offered, 1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise ValueError(f"{word!r} is no {what}; {hint}known: {', '.join(offered)}")


def _hazard(word: str) -> str:
    _known(word, HAZARDS, "hazard")
    return word


def _hazard_or_none(word: str) -> str:
    _known(word, [*HAZARDS, NONE], "hazard")
    return word


def _colour(word: str) -> str:
    _known(word, [level.name for level in Level], "colour")
    return word


def _colour_or_none(word: str) -> str:
    _known(word, [*(level.name for level in Level), NONE], "colour")
    return word


def _event(text: str) -> str:
    hazard, *colours = text.split() or [""]
    _hazard_or_none(hazard)
    if len(colours) > 1 or (colours and hazard == NONE):
        raise ValueError(f"{text!r} is a hazard and a colour (snow orange), a hazard alone, or none")
    for colour in colours:
        _colour(colour)
    return text


_NAMES = "|".join(HAZARDS)
_COLOURS = "|".join(level.name for level in Level)
OneHazard = Annotated[str, AfterValidator(_hazard), Field(json_schema_extra={"enum": [*HAZARDS]})]
HazardOrNone = Annotated[
    str, AfterValidator(_hazard_or_none), Field(json_schema_extra={"enum": [*HAZARDS, NONE]})
]
OneColour = Annotated[
    str, AfterValidator(_colour), Field(json_schema_extra={"enum": [level.name for level in Level]})
]
ColourOrNone = Annotated[
    str, AfterValidator(_colour_or_none),
    Field(json_schema_extra={"enum": [*(level.name for level in Level), NONE]}),
]  # fmt: skip
EventText = Annotated[
    str, AfterValidator(_event),
    Field(json_schema_extra={"pattern": rf"^\s*(({_NAMES})(\s+({_COLOURS}))?|{NONE})\s*$"}),
]  # fmt: skip


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MeteoalarmText(_Part):
    levels: dict[int, ColourOrNone]
    types: dict[int, OneHazard]


class OfficeText(_Part):
    senders: list[str] = Field(min_length=1)
    events: dict[str, EventText]


class WarningsText(_Part):
    """rules/warnings.yaml as it is written."""

    severity: dict[Literal["Minor", "Moderate", "Severe", "Extreme"], OneColour]
    meteoalarm: MeteoalarmText
    offices: dict[str, OfficeText] = {}
    codes: dict[Annotated[str, Field(pattern=r"^11B\d\d$")], HazardOrNone] = {}
    words: dict[OneHazard, list[str]]


@dataclass(frozen=True, slots=True)
class Event:
    """An office's event by its fixed name. `hazard` is "" for one that is none of ours; `level` None
    where the message's own severity counts."""

    hazard: str
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class WarningTable:
    """`severity` by CAP's word; `awareness_levels` and `awareness_types` by Meteoalarm's number (None
    is no warning); `codes` by 11Bxx ("" is none of ours); `words` by hazard; `offices` are
    (what their senders have in common, their events by lower-case name)."""

    severity: Mapping[str, Level]
    awareness_levels: Mapping[int, Level | None]
    awareness_types: Mapping[int, str]
    codes: Mapping[str, str]
    words: Mapping[str, tuple[str, ...]]
    offices: tuple[tuple[tuple[str, ...], Mapping[str, Event]], ...]

    @classmethod
    def of(cls, text: WarningsText) -> WarningTable:
        def level(colour: str) -> Level | None:
            return None if colour == NONE else Level[colour]

        return cls(
            severity={word: Level[colour] for word, colour in text.severity.items()},
            awareness_levels={n: level(colour) for n, colour in text.meteoalarm.levels.items()},
            awareness_types=dict(text.meteoalarm.types),
            codes={code: _ours(hazard) for code, hazard in text.codes.items()},
            words={h: tuple(word.lower() for word in words) for h, words in text.words.items()},
            offices=tuple(
                (tuple(s.lower() for s in office.senders),
                 {name.lower(): _read(event) for name, event in office.events.items()})
                for office in text.offices.values()
            ),
        )  # fmt: skip

    def named(self, text: str) -> str | None:
        """The hazard that `text` (an event or a headline, Chinese or English) names, or None.

        The longest word found decides, so that 道路结冰 is not taken for 冰冻 nor "freezing rain" for
        rain.
        """
        lowered = text.lower()
        best: tuple[int, str] | None = None
        for hazard, words in self.words.items():
            for word in words:
                if _contains(lowered, word) and (best is None or _weight(word) > best[0]):
                    best = (_weight(word), hazard)
        return best[1] if best else None

    def has(self, word: str) -> bool:
        """Whether this very word stands in the table."""
        return any(word.strip().lower() in words for words in self.words.values())

    def event(self, sender: str, identifier: str, event: str) -> Event | None:
        """The event of an office that has a list of them; None for another office or event."""
        said = f"{sender} {identifier}".lower()
        for senders, events in self.offices:
            if any(one in said for one in senders):
                return events.get(" ".join(event.lower().split()))
        return None

    def code(self, code: str) -> str | None:
        """The hazard of an 11Bxx event code, "" for none of ours, None for one that is not there."""
        return self.codes.get(code.strip().upper())


def _ours(hazard: str) -> str:
    return "" if hazard == NONE else hazard


def _read(text: str) -> Event:
    hazard, *colour = text.split()
    return Event(_ours(hazard), Level[colour[0]] if colour else None)


def _weight(word: str) -> int:
    # A Chinese character says about as much as three Latin letters.
    return len(word) if word.isascii() else 3 * len(word)


def _contains(text: str, word: str) -> bool:
    at = text.find(word)
    while at >= 0:
        before = text[at - 1] if at else " "
        # "rain" must not be found in "train", "ice" not in "service"; endings may vary.
        if not (word.isascii() and before.isascii() and before.isalpha()):
            return word != "ice" or not text[at + 3 : at + 4].isalpha()
        at = text.find(word, at + 1)
    return False


@lru_cache(maxsize=1)
def shipped() -> WarningTable:
    """The table as it comes with the service, for a rule folder that has none of its own."""
    said = YAML(typ="safe", pure=True).load(SHIPPED.read_text("utf-8"))
    return WarningTable.of(WarningsText.model_validate(said))
