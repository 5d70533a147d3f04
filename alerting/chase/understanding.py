"""What the words of a command mean: levels, numbers, hours, measures and places, then the reason.

They may stand in any order before the reason, which is all that is left; what could mean two things
is not taken for either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from alerting.alerts.life import Life
from alerting.chase import spoken
from alerting.errors import BadInput
from alerting.places import Place
from alerting.rulebook.arguments import FROM, UNTIL
from alerting.rulebook.measures import Measure

_LEVELS = {"红": "red", "橙": "orange", "黄": "yellow", "蓝": "blue", "RED": "red", "ORANGE": "orange",
           "YELLOW": "yellow", "BLUE": "blue"}  # fmt: skip
_LEVEL = re.compile(r"([红橙黄蓝])色?|(RED|ORANGE|YELLOW|BLUE)(?![A-Z])")
_TO = re.compile(r"(?:改为|改成|改到|应为|CHANGED? TO(?![A-Z])|TO(?![A-Z])|SHOULD BE(?![A-Z]))")
_CLOCK = re.compile(
    r"(至|到|UNTIL|从|自|FROM)[ ]*([0-2]?[0-9])(?:[:：]([0-5][0-9])|[点时](?:([0-5]?[0-9])分?)?)"
)
_BEGINS = ("从", "自", "FROM")
_NUMBER = re.compile(
    r"([0-9]{1,4}(?:\.[0-9]+)?)[ ]*(公里/小时|公里每小时|公里|小时|分钟|厘米|米|KM/H|KM|HOURS?|MIN|M)?"
    r"(?![A-Z0-9\-:：])"
)


@dataclass(slots=True)
class Meant:
    """What was understood; `left` is the rest, which is the reason."""

    level: str = ""
    measure: str = ""
    place: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    left: str = ""


def meant(
    life: Life, text: str, ordered: str = "", *, names_measure: bool = False, level_alone: bool = False
) -> Meant:
    """Read a command's rest. `ordered` is the measure it is about, whose numbers and hours are read;
    with `names_measure` it names one itself; with `level_alone` all but a level is the reason. Raises
    BadInput."""
    made = Meant(measure=ordered)
    left = text.strip(spoken.SEPARATORS)
    before = None
    while left and left != before:
        before = left
        left = _step(life, made, left, names_measure, level_alone).strip(spoken.SEPARATORS)
    made.left = left
    return made


def _step(life: Life, made: Meant, left: str, names_measure: bool, level_alone: bool) -> str:
    """Take one thing off the front of what is left."""
    capitals = left.upper()
    if to := _TO.match(capitals):
        return left[to.end() :]
    if not made.level and (level := _LEVEL.match(capitals)):
        made.level = _LEVELS[level[1] or level[2]]
        return left[level.end() :]
    if level_alone:
        return left
    if names_measure and not made.measure:
        key, length = _named_measure(life, capitals)
        if key:
            made.measure = key
            return left[length:]
    if not made.place:
        place, length = _named_place(life.places.by_id.values(), capitals)
        if place:
            made.place = place
            return left[length:]
    definition = life.book.measures.get(made.measure)
    if definition is not None:
        for read in (_clock, _number):
            taken = read(definition, made.arguments, capitals)
            if taken:
                return left[taken:]
    return left


def _clock(definition: Measure, arguments: dict[str, Any], capitals: str) -> int:
    found = _CLOCK.match(capitals)
    if found is None:
        return 0
    name = FROM if found[1] in _BEGINS else UNTIL
    if name not in definition.arguments or name in arguments:
        return 0
    arguments[name] = f"{int(found[2]):02d}:{int(found[3] or found[4] or 0):02d}"
    return found.end()


def _number(definition: Measure, arguments: dict[str, Any], capitals: str) -> int:
    found = _NUMBER.match(capitals)
    numbers = [name for name, one in definition.arguments.items() if one.kind == "number"]
    if found is None or len(numbers) != 1 or numbers[0] in arguments:
        return 0
    said = definition.arguments[numbers[0]]
    unit = (found[2] or "").replace("每", "/").lower()
    if unit not in f"{said.zh} {said.en}".lower():
        zh, en = (one.replace("{value}", "…") for one in (said.zh, said.en))
        raise BadInput(f"{found[0].strip()!r} is in another unit than {en}.",
                       zh=f"“{found[0].strip()}”的单位不对，应为{zh}。")  # fmt: skip
    arguments[numbers[0]] = float(found[1])
    return found.end()


def _named_measure(life: Life, capitals: str) -> tuple[str, int]:
    names: dict[str, set[str]] = {}
    for key, one in life.book.orderable.items():
        for said in (key, one.title["zh"], one.title["en"]):
            names.setdefault(said.upper(), set()).add(key)
    return _longest(names, capitals)


def _named_place(places: Iterable[Place], capitals: str) -> tuple[str, int]:
    names: dict[str, set[str]] = {}
    for one in places:
        for said in (one.id, one.name, one.name_en):
            if said:
                names.setdefault(said.upper(), set()).add(one.id)
    return _longest(names, capitals)


def _longest(names: Mapping[str, set[str]], capitals: str) -> tuple[str, int]:
    """What the longest name stands for with which the text begins, and its length; "" for none. Raises
    BadInput where it is the name of several."""
    for said in sorted(names, key=lambda name: -len(name)):
        after = capitals[len(said) : len(said) + 1]
        inside = said[-1:].isascii() and said[-1:].isalnum() and after.isascii() and after.isalnum()
        if not capitals.startswith(said) or inside:
            continue
        if len(names[said]) > 1:
            ids = sorted(names[said])
            raise BadInput(f"{said!r} may mean {', '.join(ids)}", mend="Give one of these.",
                           zh=f"“{said}”可指{'、'.join(ids)}，请写其中一个编号。")  # fmt: skip
        return next(iter(names[said])), len(said)
    return "", 0
