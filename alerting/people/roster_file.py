"""rosters.yaml: who is on duty at which post in turn. Other posts are held as posts.csv says.

    rosters:
      - post: duty-office
        confirm: true                        # who comes must confirm, within 20 minutes; or: 30 minutes
        layers:                              # where two speak, the later one is heard
          - people: [luo, xie, he]           # in this order
            every: 1 day                     # or 12 hours, 2 weeks, 1 month
            hand-over: "08:00"               # local time
            from: 2026-01-05                 # the first of them begins on this day
            only: {days: mon-fri, hours: "08:00-18:00"}   # left out: at all hours
        temporary:                           # what replaces the layers whole for a while
          - {from: 2026-02-16 08:00, to: 2026-02-23 08:00, layers: [ … ]}
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from alerting.errors import BadInput, plain
from alerting.people.rota import (
    DAY,
    Hours,
    Layer,
    Rota,
    Shift,
    Temporary,
    moment,
    schedule,
)
from alerting.places.tables import Complaints, parted
from alerting.yamlfile import read_tree

_EVERY = re.compile(r"(\d{1,3}) (hour|day|week|month)s?")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_HOURS = re.compile(r"(\d\d:\d\d)\s*-\s*(\d\d:\d\d)")
_WITHIN = re.compile(r"(\d{1,3}) minutes?")
USUAL = timedelta(minutes=20)  # where it is only said that a hand-over is confirmed
SHORTEST, LONGEST = timedelta(minutes=4), timedelta(hours=4)
# A year outside is a slip of the hand. The earliest stands still: a roster may run for decades.
EARLIEST, YEARS_AHEAD = 2000, 5
NONE = "Bring it back; where nobody is on duty in turn, write `rosters: []` in it."
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _id(value: Any) -> str:
    """An id as it is written, also one of digits: 01 is not 1."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:0{getattr(value, '_width', None) or 1}}"
    if not isinstance(value, str):
        raise ValueError(f"{_short(value)} is no id; write one, in quotes where it is no plain word"
                         " 不是编号")  # fmt: skip
    return value


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"{_short(value)} is no day; write: 2026-01-05 日期有误") from None


def _wall(value: Any) -> datetime:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        at = None
    if at is None or at.tzinfo is not None:
        raise ValueError(f"{_short(value)} is no local time; write: 2026-02-16 08:00 时间有误")
    return at


def _clock(text: str) -> time:
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise ValueError(f'{text!r} is no time of the day; write: "08:00" 时刻有误')
    return time(int(found[1]), int(found[2]))


def _every(text: str) -> tuple[int, str]:
    found = _EVERY.fullmatch(text.strip())
    if found is None or int(found[1]) == 0:
        raise ValueError(f"{text!r} is no length of a turn; write: 12 hours, 1 day, 2 weeks, 1 month"
                         " 班次长度有误")  # fmt: skip
    return int(found[1]), found[2] + "s"


def _confirm(value: Any) -> bool | str:
    """`true`, `false`, or within how long: 30 minutes."""
    if isinstance(value, bool):
        return value
    found = _WITHIN.fullmatch(str(value).strip())
    if found is None or not SHORTEST <= timedelta(minutes=int(found[1])) <= LONGEST:
        raise ValueError(f"{value!r} does not say how it is confirmed; write: true, or 30 minutes"
                         " (4 to 240)")  # fmt: skip
    return str(value).strip()


def _days(text: str) -> frozenset[int]:
    """`mon-fri` or `sat sun`; a span may go over the week's end."""
    found: set[int] = set()
    for part in text.split():
        first, _, last = part.lower().partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            raise ValueError(f"{part!r} is no day of the week; write: mon-fri, or sat sun 星期有误")
        begins, ends = DAYS.index(first), DAYS.index(last or first)
        found |= {day % 7 for day in range(begins, ends + 1 + 7 * (ends < begins))}
    return frozenset(found)


def _checked_by(read: Any) -> Any:
    """A text that stays as it is written, where it can be read."""

    def check(value: Any) -> str:
        said = "" if value is None else str(value)
        read(said)
        return said

    return BeforeValidator(check)


Clock = Annotated[str, _checked_by(_clock)]
Id = Annotated[str, BeforeValidator(_id)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class OnlyText(_Part):
    """Days of the week and hours of the day; `18:00-08:00` goes over midnight."""

    days: Annotated[str, _checked_by(_days)] = "mon-sun"
    hours: Annotated[str, _checked_by(lambda text: _hours(text))] = "00:00-24:00"

    @model_validator(mode="after")
    def _says_something(self) -> OnlyText:
        if not _days(self.days):
            raise ValueError("`only` names no day; write: days: mon-fri 没有写星期")
        return self


class LayerText(_Part):
    people: list[Id] = Field(min_length=1)
    every: Annotated[str, _checked_by(_every)]
    hand_over: Clock = Field(alias="hand-over")
    first: Annotated[date, BeforeValidator(_day)] | None = Field(None, alias="from")
    only: OnlyText | None = None


class TemporaryText(_Part):
    """Its layers begin with it, where they do not say from when."""

    begins: Annotated[datetime, BeforeValidator(_wall)] = Field(alias="from")
    ends: Annotated[datetime, BeforeValidator(_wall)] = Field(alias="to")
    layers: list[LayerText] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> TemporaryText:
        if self.begins >= self.ends:
            raise ValueError("it ends before it begins: `from` must be earlier than `to` 起止颠倒")
        return self


class RosterText(_Part):
    """`confirm`: whoever comes must confirm that they have taken over, within these minutes; until they
    have, whoever was on duty stays."""

    post: Id
    confirm: Annotated[bool | str, BeforeValidator(_confirm)] = False
    layers: list[LayerText] = Field(min_length=1)
    temporary: list[TemporaryText] = []

    @model_validator(mode="after")
    def _whole(self) -> RosterText:
        if any(layer.first is None for layer in self.layers):
            raise ValueError("a layer needs `from`, the day of its first turn 缺少起始日期")
        periods = sorted(self.temporary, key=lambda one: one.begins)
        for one, after in pairwise(periods):
            if after.begins < one.ends:
                raise ValueError(
                    f"two temporary rosters overlap from {after.begins:%Y-%m-%d %H:%M}; end one"
                    " before the other begins 临时值班表时间重叠"
                )
        return self


class KeptText(RosterText):
    """A roster as the database has it: with the layers in force until the first of its own begins."""

    before: list[LayerText] = []


class RostersText(_Part):
    """rosters.yaml: who is on duty at which post in turn."""

    rosters: list[RosterText]


def read_rosters(
    path: Path | None, posts: Set[str], people: Mapping[str, Any], today: date
) -> dict[str, dict[str, Any]]:
    """By post, the roster's text as plain JSON; none where the config names no file.

    Raises BadInput that lists every bad line, also those that name nobody we know. A file that is not
    there or empties itself is one that was lost, and is not taken for a county without rosters.
    """
    if path is None:
        return {}
    if not path.exists():
        raise BadInput("there is no such file / 找不到文件", where=str(path), mend=NONE)
    tree, wrong = _tree(path), Complaints(str(path), [])
    if tree is None:
        raise BadInput("there is nothing in it / 文件是空的", where=str(path), mend=NONE)
    try:
        text = RostersText.model_validate(tree)
    except ValidationError as error:
        for fault in error.errors():
            wrong.add(_line(tree, fault["loc"]), _said(fault))
        wrong.raise_any()
    made: dict[str, dict[str, Any]] = {}
    for number, one in enumerate(text.rosters):
        at: tuple[Any, ...] = ("rosters", number)
        if one.post not in posts:
            wrong.add(_line(tree, (*at, "post")), f"{one.post} is not among the posts")
        if one.post in made:
            wrong.add(_line(tree, (*at, "post")), f"{one.post} stands there twice")
        for loc, person in _named(one):
            if person not in people:
                wrong.add(_line(tree, (*at, *loc)), f"{person} is not among the people{parted(person)}")
            elif people[person]["role"] == "view":
                wrong.add(_line(tree, (*at, *loc)), f"{person} has the role view and may not answer")
        for loc, day in _days_of(one):
            if not EARLIEST <= day.year <= today.year + YEARS_AHEAD:
                wrong.add(_line(tree, (*at, *loc)), f"{_at((*at, *loc))}: {day.year:04} is not the year"
                          f" that is meant; write one from {EARLIEST} to {today.year + YEARS_AHEAD}"
                          " 年份有误，请核对")  # fmt: skip
        made[one.post] = _plain(one)
    wrong.raise_any()
    return made


def rota_of(text: Mapping[str, Any], zone: ZoneInfo, also: list[Temporary] | None = None) -> Rota:
    """The rota that a roster's text describes, and with it the temporary rosters made elsewhere."""
    roster = KeptText.model_validate(text)
    layers, before = ([_layer(one) for one in part] for part in (roster.layers, roster.before))
    periods = [_temporary(one, zone) for one in roster.temporary]
    return Rota(tuple(layers), zone, (*periods, *(also or [])), tuple(before))


def confirmed_within(text: Mapping[str, Any]) -> timedelta | None:
    """Within how long of the turn of a shift the incomer must confirm; None where nobody must."""
    given = text.get("confirm", False)
    if isinstance(given, bool):
        return USUAL if given else None
    return timedelta(minutes=int(given.split()[0]))


def _plain(roster: RosterText) -> dict[str, Any]:
    """As it is kept. A roster without `confirm` is kept as one was before there was such an entry: an
    upgrade changes none."""
    made: dict[str, Any] = roster.model_dump(mode="json", by_alias=True, exclude_none=True)
    if not made["confirm"]:
        del made["confirm"]
    return made


def named_in(text: Mapping[str, Any]) -> list[str]:
    """Everybody whom a roster's text names, in its order, each once."""
    roster = KeptText.model_validate(text)
    found = [person for layer in roster.before for person in layer.people]
    return list(dict.fromkeys(found + [person for _, person in _named(roster)]))


def _temporary(text: TemporaryText, zone: ZoneInfo) -> Temporary:
    begins, ends = moment(text.begins, zone), moment(text.ends, zone)
    layers = tuple(_layer(one, text.begins.date()) for one in text.layers)
    shifts = [
        Shift(max(one.begins, begins), min(one.ends, ends), one.people, max(one.begins, begins))
        for one in schedule(Rota(layers, zone), [], begins, ends) if one.people
    ]  # fmt: skip
    return Temporary(begins, ends, tuple(shifts))


def _layer(text: LayerText, first: date | None = None) -> Layer:
    every, unit = _every(text.every)
    begins = text.first or first
    assert begins is not None  # RosterText sees to it
    only = None
    if text.only is not None:
        only = Hours(_days(text.only.days), *_hours(text.only.hours))
    return Layer(tuple(text.people), every, unit, _clock(text.hand_over), begins, only)  # type: ignore[arg-type]


def _hours(text: str) -> tuple[int, int]:
    """Minutes of the day from which and until which; 24:00 is its end."""
    found = _HOURS.fullmatch(text.strip())
    if found is None:
        raise ValueError(f'{text!r} are no hours of the day; write: "18:00-08:00" 时段有误')
    begins, ends = _clock(found[1]), time() if found[2] == "24:00" else _clock(found[2])
    return begins.hour * 60 + begins.minute, ends.hour * 60 + ends.minute or DAY


# What is wrong, and where


def _tree(path: Path) -> Any:
    try:
        return read_tree(path.read_text("utf-8"))
    except UnicodeDecodeError:
        raise BadInput("this is not text in UTF-8", where=str(path), mend="Save it as UTF-8.") from None
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=str(path)) from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise BadInput(f"this is not YAML: {error.problem} / 格式有误", where=f"{path}{line}",
                       mend="Look there for an indent, a colon or a quote; all signs are half-width"
                       " 请检查缩进、冒号和引号，标点用半角.") from None  # fmt: skip
    except YAMLError as error:
        raise BadInput(f"this is not YAML: {error}", where=str(path)) from None


def _named(roster: RosterText) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Everybody a roster names, and where in it."""
    for n, layer in enumerate(roster.layers):
        yield from (((("layers", n, "people", m)), person) for m, person in enumerate(layer.people))
    for k, period in enumerate(roster.temporary):
        for n, layer in enumerate(period.layers):
            for m, person in enumerate(layer.people):
                yield ("temporary", k, "layers", n, "people", m), person


def _days_of(roster: RosterText) -> Iterator[tuple[tuple[Any, ...], date]]:
    """Every day that a roster names, and where in it."""
    layers: list[tuple[tuple[Any, ...], LayerText]] = [
        (("layers", n), layer) for n, layer in enumerate(roster.layers)
    ]
    for k, period in enumerate(roster.temporary):
        yield ("temporary", k, "from"), period.begins.date()
        yield ("temporary", k, "to"), period.ends.date()
        layers += [(("temporary", k, "layers", n), layer) for n, layer in enumerate(period.layers)]
    yield from (((*loc, "from"), layer.first) for loc, layer in layers if layer.first is not None)


def _at(loc: Sequence[Any]) -> str:
    return ".".join(str(part) for part in loc if not isinstance(part, int)) or "the file"


def _said(one: Any) -> str:
    """One of pydantic's errors: what was written, and what to write instead."""
    at, key, kind = _at(one["loc"]), str(one["loc"][-1]) if one["loc"] else "", one["type"]
    if kind == "extra_forbidden":
        return f"{at}: there is no such entry; docs/operators.md has them all 没有这一项"
    if kind == "missing":
        return f"{at} is missing 缺少此项; write: {_EXAMPLES[key]}"
    if kind == "too_short":
        return f"{at}: name at least one 至少写一个"
    if one["input"] is None:
        return f"{at}: empty; write: {_EXAMPLES.get(key, 'an id')} 不能为空"
    if kind == "list_type":
        how = _EXAMPLES[key] if key == "people" else "each on a line that begins with `- `"
        return f"{at}: {_short(one['input'])} is no list; write: {how} 应写成列表"
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        written = _short(one["input"])
        return f"{at}: {written} has no entries; write them as `name: value` 应写作“名称: 值”"
    return f"{at}: {plain(one)}"


_EXAMPLES = {
    "rosters": "rosters: []", "post": "post: an id of posts.csv", "layers": "layers: [ … ]",
    "people": "people: [a, b]", "every": "every: 1 day", "hand-over": 'hand-over: "08:00"',
    "from": "from: 2026-01-05", "to": "to: 2026-02-18 08:00", "temporary": "temporary: [ … ]",
}


def _short(value: Any) -> str:
    return repr(value if isinstance(value, str) else str(value))[:60]


def _line(tree: Any, loc: tuple[Any, ...]) -> int:
    """The line of a value, or of the nearest thing around it that has one; the file's first else."""
    at, line = tree, 1
    for part in loc:
        try:
            marks = at.lc
            line = (marks.item(part) if isinstance(part, int) else marks.key(part))[0] + 1
            at = at[part]
        except (KeyError, IndexError, TypeError, AttributeError):
            break
    return line
