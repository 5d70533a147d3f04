"""The arithmetic of a roster: who is on duty from when until when. No database, no clock.

A rota is layers of rotations; where two speak of the same moment the later layer wins. Turns are laid
out on the county's clock: "every day at 08:00" is at 08:00 whatever daylight saving does, so that a
night's turn may last 11 or 13 hours. A wall time that the clock skips is the moment of the jump; one
that it shows twice is the first. So turns follow one another without a gap and without an overlap.

A temporary roster replaces the layers whole for a period. An override then changes one piece of what is
left, and only while that piece is as it was when the override was made: one that no longer meets its
shift changes nothing and adds nobody.
"""

from __future__ import annotations

import calendar
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from math import gcd
from typing import Literal
from zoneinfo import ZoneInfo

Unit = Literal["hours", "days", "weeks", "months"]
Kind = Literal["add", "remove", "replace"]
DAY, WEEK = 24 * 60, 7 * 24 * 60  # minutes
_STEPS = {"hours": timedelta(hours=1), "days": timedelta(days=1), "weeks": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class Hours:
    """When a layer has anybody on duty: on these days of the week (Monday is 0), from `begins` to
    `ends`, minutes of the local day. An end no later than its begin is on the day after."""

    days: frozenset[int]
    begins: int
    ends: int

    @property
    def length(self) -> int:
        return self.ends - self.begins if self.ends > self.begins else self.ends - self.begins + DAY


@dataclass(frozen=True, slots=True)
class Layer:
    """People in order, each for `every` units, the first from `first` at `at`, local. With `only`, a
    turn in which nobody would be on duty takes nobody's place in the order."""

    people: tuple[str, ...]
    every: int
    unit: Unit
    at: time
    first: date
    only: Hours | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """Who is on duty in a stretch of time, UTC; nobody where `people` is empty. `turn` is the beginning
    of the piece of the rota that it is, or is a part of; `change` the override it comes from."""

    begins: datetime
    ends: datetime
    people: tuple[str, ...]
    turn: datetime
    change: int | None = None


@dataclass(frozen=True, slots=True)
class Temporary:
    """From `begins` to `ends` nothing but these shifts, each of them within."""

    begins: datetime
    ends: datetime
    shifts: tuple[Shift, ...]


@dataclass(frozen=True, slots=True)
class Rota:
    """The layers in order, the later before the earlier, and what replaces them for a while. Until the
    first of them begins, the layers `before` are in force."""

    layers: tuple[Layer, ...]
    zone: ZoneInfo
    temporary: tuple[Temporary, ...] = ()
    before: tuple[Layer, ...] = ()

    @property
    def starts(self) -> datetime:
        """From when on it says anything."""
        return min([self._first_of((*self.before, *self.layers)),
                    *(one.begins for one in self.temporary)])  # fmt: skip

    @property
    def layers_begin(self) -> datetime:
        return self._first_of(self.layers)

    def _first_of(self, layers: Sequence[Layer]) -> datetime:
        return min(moment(datetime.combine(one.first, one.at), self.zone) for one in layers)


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody besides, nobody, or somebody else, in a stretch of one shift.

    `turn` names the shift and `instead_of` who has it; both are None where it fills a gap.
    """

    id: int
    kind: Kind
    begins: datetime
    ends: datetime
    person: str | None
    turn: datetime | None = None
    instead_of: str | None = None


def moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """When the clocks of a zone show this; UTC. Never runs backwards as `wall` goes on."""
    at = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) == wall:
        return at
    return _jump(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), at, zone)


def _jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The moment between two at which the clock jumps, to the second."""
    new = after.astimezone(zone).utcoffset()
    low, high = int(before.timestamp()), int(after.timestamp())
    while low < high:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == new:
            high = middle
        else:
            low = middle + 1
    return datetime.fromtimestamp(high, UTC)


# One layer


def turns(layer: Layer, zone: ZoneInfo, begins: datetime, ends: datetime) -> list[Shift]:
    """All turns of a layer, whole, that have a part between two moments; without its hours."""
    found = []
    number = _number_at(layer, begins.astimezone(zone).replace(tzinfo=None))
    here = moment(_wall(layer, number), zone)
    while here < ends:
        after = moment(_wall(layer, number + 1), zone)
        if max(here, begins) < after and here < after:  # an hour that the clock skips is nobody's
            person = layer.people[_served_before(layer, number) % len(layer.people)]
            found.append(Shift(here, after, (person,), here))
        number, here = number + 1, after
    return found


def shifts_of(layer: Layer, zone: ZoneInfo, begins: datetime, ends: datetime) -> list[Shift]:
    """All that is a layer's own between two moments, whole, in order."""
    found = turns(layer, zone, begins, ends)
    if layer.only is not None and found:
        open_at = list(_windows(layer.only, zone, found[0].begins, found[-1].ends))
        found = [
            Shift(max(turn.begins, a), min(turn.ends, b), turn.people, max(turn.begins, a))
            for turn in found for a, b in open_at if max(turn.begins, a) < min(turn.ends, b)
        ]  # fmt: skip
    return [one for one in found if one.begins < ends and one.ends > begins]


def _wall(layer: Layer, number: int) -> datetime:
    """What the clock shows when a turn begins; turns are numbered from 0."""
    first = datetime.combine(layer.first, layer.at)
    if layer.unit != "months":
        return first + number * layer.every * _STEPS[layer.unit]
    year, month = divmod(layer.first.year * 12 + layer.first.month - 1 + number * layer.every, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return first.replace(year=year, month=month + 1, day=min(layer.first.day, last))


def _number_at(layer: Layer, wall: datetime) -> int:
    """A turn that has begun by then, or is the first; at most two before the one under way."""
    first = datetime.combine(layer.first, layer.at)
    if layer.unit == "months":
        months = (wall.year - first.year) * 12 + wall.month - first.month
        return max(0, months // layer.every - 1)
    # A day earlier: what the clock shows may have been set back since.
    return max(0, (wall - timedelta(days=1) - first) // (layer.every * _STEPS[layer.unit]))


def _served_before(layer: Layer, number: int) -> int:
    """How many of the turns before this one had anybody on duty."""
    if layer.only is None or layer.unit not in ("hours", "days"):
        return number  # a week and a month have all days of the week
    per = _served(layer)
    rounds, rest = divmod(number, len(per))
    return rounds * sum(per) + sum(per[:rest])


@lru_cache(maxsize=1024)
def _served(layer: Layer) -> tuple[bool, ...]:
    """For the turns of a layer, until the pattern of its week repeats: whether its hours meet them."""
    step = layer.every * (60 if layer.unit == "hours" else DAY)
    start = layer.first.weekday() * DAY + layer.at.hour * 60 + layer.at.minute
    return tuple(
        _meets(layer.only, (start + number * step) % WEEK, step)
        for number in range(WEEK // gcd(step, WEEK))
    )


def _meets(only: Hours | None, start: int, step: int) -> bool:
    """Whether hours have a part in `step` minutes from a minute of the week on."""
    if only is None or step >= WEEK:
        return True
    opens = [day * DAY + only.begins for day in only.days]
    return any((at - start) % WEEK < step or (start - at) % WEEK < only.length for at in opens)


def _windows(
    only: Hours, zone: ZoneInfo, begins: datetime, ends: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Hours between two moments; those that touch are one."""
    day = begins.astimezone(zone).date() - timedelta(days=2)
    last = ends.astimezone(zone).date() + timedelta(days=1)
    held: tuple[datetime, datetime] | None = None
    while day <= last:
        if day.weekday() in only.days:
            wall = datetime.combine(day, time()) + timedelta(minutes=only.begins)
            one = moment(wall, zone), moment(wall + timedelta(minutes=only.length), zone)
            if held is not None and one[0] <= held[1]:
                held = held[0], one[1]
            else:
                if held is not None:
                    yield held
                held = one
        day += timedelta(days=1)
    if held is not None:
        yield held


# All of them


def base(rota: Rota, begins: datetime, ends: datetime) -> list[Shift]:
    """What the rules say between two moments: shifts, whole, in order, without overrides."""
    low, high = begins, ends
    for one in _everything(rota, begins, ends):
        low, high = min(low, one.begins), max(high, one.ends)
    laid = _laid(rota.before, rota.zone, low, high)
    if laid:
        until = rota.layers_begin
        laid = [replace(one, ends=min(one.ends, until)) for one in laid if one.begins < until]
    laid += _laid(rota.layers, rota.zone, low, high)
    for period in sorted(rota.temporary, key=lambda one: one.begins):
        whole = Shift(period.begins, period.ends, (), period.begins)
        laid = _outside(laid, [whole]) + list(period.shifts)
    laid.sort(key=lambda one: one.begins)
    return [one for one in laid if one.begins < ends and one.ends > begins]


def _laid(
    layers: Sequence[Layer], zone: ZoneInfo, begins: datetime, ends: datetime
) -> list[Shift]:
    """What layers say, the later before the earlier."""
    laid: list[Shift] = []
    for layer in layers:
        above = shifts_of(layer, zone, begins, ends)
        laid = sorted(_outside(laid, above) + above, key=lambda one: one.begins)
    return laid


def _everything(rota: Rota, begins: datetime, ends: datetime) -> Iterator[Shift]:
    for layer in (*rota.before, *rota.layers):
        yield from shifts_of(layer, rota.zone, begins, ends)
    for period in rota.temporary:
        yield from (s for s in period.shifts if s.begins < ends and s.ends > begins)


def _outside(shifts: Iterable[Shift], above: Sequence[Shift]) -> list[Shift]:
    """What is left of shifts beside those above them, which stand in order; each piece is a shift of
    its own."""
    left: list[Shift] = []
    ends = [one.ends for one in above]
    for shift in shifts:
        at = shift.begins
        for number in range(bisect_right(ends, at), len(above)):
            one = above[number]
            if one.begins >= shift.ends:
                break
            if at < one.begins:
                left.append(replace(shift, begins=at, ends=one.begins, turn=at))
            at = max(at, one.ends)
        if at < shift.ends:
            left.append(replace(shift, begins=at, turn=at))
    return left


def meets(rota: Rota, override: Override) -> bool:
    """Whether an override still has the shift, or the gap, that it was made for."""
    there = base(rota, override.begins, override.ends)
    if override.turn is None:
        return not there
    return any(
        one.turn == override.turn and one.people == (override.instead_of,)
        and one.begins <= override.begins and override.ends <= one.ends for one in there
    )  # fmt: skip


def schedule(
    rota: Rota,
    overrides: Iterable[Override],
    begins: datetime,
    ends: datetime,
    active: Collection[str] | None = None,
) -> list[Shift]:
    """Who is on duty between two moments, in order and without a hole: where nobody is, a shift
    without people says so, from the beginning of the rota on. The first and the last are whole.

    Overrides that do not meet their shift are left out. With `active`, nobody else is on duty.
    """
    laid = base(rota, begins, ends)
    for one in overrides:
        if one.begins < ends and one.ends > begins and meets(rota, one):
            laid = _changed(laid, one)
    if active is not None:
        laid = [replace(one, people=tuple(p for p in one.people if p in active)) for one in laid]
    # What an override has cut off may lie outside.
    laid = [one for one in laid if one.begins < ends and one.ends > begins]
    laid.sort(key=lambda one: one.begins)
    return _filled(rota, laid, begins, ends)


def _changed(laid: list[Shift], override: Override) -> list[Shift]:
    instead = {
        "add": (*((override.instead_of,) if override.instead_of else ()), *_one(override)),
        "remove": (), "replace": _one(override),
    }[override.kind]  # fmt: skip
    part = Shift(override.begins, override.ends, instead, override.turn or override.begins,
                 override.id)  # fmt: skip
    pieces = []
    for shift in laid:
        if shift.ends <= part.begins or shift.begins >= part.ends:
            pieces.append(shift)
            continue
        if shift.begins < part.begins:
            pieces.append(replace(shift, ends=part.begins))
        if shift.ends > part.ends:
            pieces.append(replace(shift, begins=part.ends))
    return [*pieces, part]


def _one(override: Override) -> tuple[str, ...]:
    return (override.person,) if override.person else ()


def _filled(rota: Rota, laid: list[Shift], begins: datetime, ends: datetime) -> list[Shift]:
    """With the holes between shifts as shifts without people, those that touch as one."""
    at, found = max(begins, rota.starts), list[Shift]()
    for shift in [*laid, Shift(ends, ends, (), ends)]:
        if shift.begins > at:
            _append(found, Shift(at, shift.begins, (), at))
        if shift.begins < shift.ends:
            _append(found, shift)
        at = max(at, shift.ends)
    return found


def _append(found: list[Shift], shift: Shift) -> None:
    if found and not shift.people and not found[-1].people:
        found[-1] = replace(found[-1], ends=shift.ends, change=None)
    else:
        found.append(shift)


def gaps(
    rota: Rota,
    overrides: Iterable[Override],
    begins: datetime,
    ends: datetime,
    active: Collection[str] | None = None,
) -> list[Shift]:
    """When nobody is on duty between two moments, in order; the last is cut at `ends`."""
    found = schedule(rota, overrides, begins, ends, active)
    return [replace(one, ends=min(one.ends, ends)) for one in found if not one.people]
