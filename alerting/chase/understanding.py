"""What the words of a command mean: levels, numbers, hours, days, measures and places, then the reason.

They may stand in any order before the reason, which is all that is left; what could mean two things
is not taken for either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from alerting.alerts.life import Life
from alerting.chase import spoken
from alerting.chase.timing import clock_said, day_alone, day_said
from alerting.errors import BadInput
from alerting.places import Place
from alerting.rulebook.arguments import FROM, UNTIL
from alerting.rulebook.measures import Measure

_LEVELS = {"红": "red", "橙": "orange", "黄": "yellow", "蓝": "blue", "RED": "red", "ORANGE": "orange",
           "YELLOW": "yellow", "BLUE": "blue"}  # fmt: skip
_LEVEL = re.compile(r"([红橙黄蓝])色?|(RED|ORANGE|YELLOW|BLUE)(?![A-Z])")
_TO = re.compile(r"(?:改为|改成|改到|应为|CHANGED? TO(?![A-Z])|TO(?![A-Z])|SHOULD BE(?![A-Z]))")
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
    day: str = ""  # 2026-12-06


def meant(
    life: Life, text: str, at: datetime, ordered: str = "", *, names_measure: bool = False,
    level_alone: bool = False,
) -> Meant:  # fmt: skip
    """Read a command's rest, said at `at`. `ordered` is the measure it is about, whose numbers, hours
    and day are read; with `names_measure` it names one itself; with `level_alone` all but a level is
    the reason. Raises BadInput."""
    made = Meant(measure=ordered)
    left = text.strip(spoken.SEPARATORS)
    before = None
    while left and left != before:
        before = left
        left = _step(life, made, left, at, names_measure, level_alone).strip(spoken.SEPARATORS)
    made.left = left
    return made


def _step(
    life: Life, made: Meant, left: str, at: datetime, names_measure: bool, level_alone: bool
) -> str:
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
        taken = (_clock(life, definition, made.arguments, capitals, at)
                 or _day(life, definition, made, capitals, at)
                 or _number(definition, made.arguments, capitals))  # fmt: skip
        return left[taken:]
    return left


def _clock(
    life: Life, definition: Measure, arguments: dict[str, Any], capitals: str, at: datetime
) -> int:
    said = clock_said(life, capitals, at)
    if said is None:
        return 0
    begins, clock, taken = said
    name = FROM if begins else UNTIL
    if name not in definition.arguments:
        zh, en = definition.title["zh"], definition.title["en"]
        raise BadInput(f"{en} has no such hour: leave out {capitals[:taken].strip()!r}.",
                       zh=f"“{zh}”没有这样的时刻，请去掉“{capitals[:taken].strip()}”。")  # fmt: skip
    if name in arguments:
        return 0
    arguments[name] = clock
    return taken


def _day(
    life: Life, definition: Measure, made: Meant, capitals: str, at: datetime
) -> int:
    """Of a measure for a named day. Of another "明天降雪" is a reason, but who writes 明天 by itself
    believes that it is ordered for then."""
    if made.day:
        return 0
    if definition.named_day:
        made.day, taken = day_said(life, capitals, at) or ("", 0)
        return taken
    alone = day_alone(capitals)
    if alone:
        zh, en = definition.title["zh"], definition.title["en"]
        raise BadInput(f"{en} is not for a named day, it is ordered at once: leave out {alone!r}.",
                       zh=f"“{zh}”不按日期下达，确认后立即下达，请去掉“{alone}”。")  # fmt: skip
    return 0


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
