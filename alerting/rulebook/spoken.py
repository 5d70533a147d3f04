"""What a measure asks at a place, in words: its arguments, and of a closed road which stretch is shut,
at which entries, and whether the exits stay open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from alerting.places import Place
from alerting.places.roads import Stretch, stretch_of
from alerting.rulebook.arguments import FROM, UNTIL
from alerting.rulebook.measures import Measure
from alerting.vocabulary.languages import Language

# Arguments of what closes or holds on a road; left out they mean all of it.
DIRECTION, ENTRIES, PASSING = "direction", "entries", "passing"
ON_ROADS = ("closes", "holds")


def said_of(
    definition: Measure,
    arguments: Mapping[str, Any],
    place: Place | None,
    language: Language,
    hours: str = "",
) -> str:
    """`G399 K0+000–K24+000 双向，云水站入口封闭，只出不进`; `hours`, where given, are said in place
    of the clocks of `from` and `until`."""
    stretch = stretch_of(place) if place is not None and definition.road in ON_ROADS else None
    own = {FROM, UNTIL} if hours else set()
    parts: list[str] = []
    if place is not None and stretch is not None:
        parts = [_stretch(stretch, arguments, language)]
        if definition.road == "closes":
            own |= {DIRECTION, ENTRIES, PASSING}
            parts += _gates(definition, place, arguments, language)
    parts += [definition.say(dict(arguments), language, own), hours]
    return ("，" if language == "zh" else "; ").join(part for part in parts if part)


def sms_of(
    definition: Measure,
    arguments: Mapping[str, Any],
    place: Place | None,
    language: Language,
    hours: str = "",
) -> str:
    """The measure's words for an SMS with what it asks at a place; `hours` as in `said_of`.

    On a road what it asks follows after a colon. Elsewhere it completes the words,
    `设置限速60公里/小时`, and only the hours stand apart from them.
    """
    zh, sms = language == "zh", definition.sms[language]
    if definition.road in ON_ROADS:
        said = said_of(definition, arguments, place, language, hours)
        return ("：" if zh else ": ").join(part for part in (sms, said) if part)
    said = definition.say(dict(arguments), language, {FROM, UNTIL})
    timed = hours or definition.say(dict(arguments), language, set(arguments) - {FROM, UNTIL})
    # An argument may bring its own sign: `Response to icing: start grade IV`.
    gap = "" if zh or not said or said[0] in ":;," else " "
    return ("，" if zh else ", ").join(part for part in (f"{sms}{gap}{said}", timed) if part)


def _stretch(stretch: Stretch, arguments: Mapping[str, Any], language: Language) -> str:
    ways = arguments.get(DIRECTION) or []
    if len(ways) == 1:
        stretch = replace(stretch, direction=str(ways[0]))
    elif ways:
        stretch = replace(stretch, direction="both")
    return stretch.called(language)


def _gates(
    definition: Measure, place: Place, arguments: Mapping[str, Any], language: Language
) -> list[str]:
    """Entries that are shut, and what of the exits; of a section whose table names none, the rest."""
    names = list(arguments.get(ENTRIES) or place.entries)
    shut = [place.gate(name, language) for name in names]
    said: list[str] = []
    if shut and language == "zh":
        said = [f"{'、'.join(shut)}入口封闭"]
    elif shut:
        said = [f"no entry at {', '.join(shut)}"]
    passing = definition.arguments.get(PASSING)
    if passing is not None and PASSING in arguments:
        said.append(passing.say(arguments[PASSING], language))
    return said
