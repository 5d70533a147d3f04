"""The fire danger from day to day: its moisture codes are what the last 60 days make of the start.

A day's weather at local standard noon is kept when its hours leave the window; the codes are reckoned
from those rows alone, so that a restart, which rebuilds 62 days, finds the same ones. A drought longer
than that is told short, by what the drought code would be above its start 60 days ago.

A day whose weather is not whole is *unknown*, and never good: the codes go on through it as if it had
been dry and otherwise like the last day known. After more than three such days in a row nothing is
believed until 15 days (the time lag of the duff) have been known again. Before the first day known
stand the start values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import numpy as np

from alerting.signals import Floats
from alerting.weather.fire import Codes, Noon, codes, danger
from alerting.weather.ground import Ground, Index, Setting
from alerting.weather.sight import Bools
from alerting.weather.window import hour_of, stamp_of

KEPT_DAYS = 57  # with the three still in the window 60, all of which a restart rebuilds
BRIDGED = 3  # missing days in a row, ours: the fine fuel's memory
RELEARNT = 15  # known days after more than that
RAIN_HOURS = 24


def noon_of(day: int, zone: ZoneInfo) -> int:
    """The UTC hour stamp at or before noon, local standard time, of a date's ordinal."""
    noon = datetime.combine(date.fromordinal(day), time(12), zone)
    return hour_of(noon + (noon.dst() or noon - noon))


def noons(first: int, last: int, zone: ZoneInfo) -> list[tuple[int, int]]:
    """(day, hour stamp) of the noons from the hour first to last, both included."""
    days = range(_day(first, zone) - 1, _day(last, zone) + 2)
    each = [(day, noon_of(day, zone)) for day in days]
    return [(day, hour) for day, hour in each if first <= hour <= last]


def _day(hour: int, zone: ZoneInfo) -> int:
    return stamp_of(hour).astimezone(zone).toordinal()


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """The codes after `day` (0: before any), by column: `last` is the last weather known (NaN before),
    `gap` how many days were missing since, `owed` how many must be known before any is believed;
    `dangers` the last two noons' (hour stamp, index)."""

    codes: Codes
    last: Noon
    gap: Floats
    owed: Floats
    day: int = 0
    dangers: tuple[tuple[int, Floats], ...] = ()

    @classmethod
    def start(cls, columns: int, values: tuple[float, float, float]) -> Chain:
        def each(value: float) -> Floats:
            return np.full(columns, value, np.float32)

        return cls(Codes(*map(each, values)), Noon(*(each(np.nan) for _ in range(4))),
                   each(0), each(0))  # fmt: skip

    def at(self, columns: Index) -> Chain:
        def some(of: tuple[Floats, ...]) -> list[Floats]:
            return [one[columns] for one in of]

        return Chain(Codes(*some(self.codes)), Noon(*some(self.last)), self.gap[columns],
                     self.owed[columns], self.day,
                     tuple((hour, index[columns]) for hour, index in self.dangers))  # fmt: skip

    def over(self, day: int, noon: Noon, ground: Ground) -> Chain:
        """The chain after that day too, with the days between taken as missing."""
        made = self
        while made.day and made.day < day - 1:
            nothing = Noon(*(np.full_like(self.gap, np.nan) for _ in range(4)))
            made = made._step(made.day + 1, nothing, ground)
        return made._step(day, noon, ground)

    def _step(self, day: int, noon: Noon, ground: Ground) -> Chain:
        known: Bools = noon.known
        begun = known | self.last.known
        dry = self.last._replace(precipitation=np.where(begun, np.float32(0), np.float32(np.nan)))
        taken = Noon(*(np.where(known, n, d) for n, d in zip(noon, dry, strict=True)))
        new = codes(self.codes, taken, date.fromordinal(day).month, ground.lat)
        now = Codes(*(np.where(begun, n, c) for n, c in zip(new, self.codes, strict=True)))
        gap = np.where(known | ~begun, np.float32(0), self.gap + 1)
        owed = np.where(known, np.maximum(self.owed - 1, 0), self.owed)
        believed = known & (self.owed == 0)
        index = np.where(believed, danger(now, taken.wind_speed), np.float32(np.nan))
        return Chain(
            now, Noon(*(np.where(known, n, p) for n, p in zip(noon, self.last, strict=True))),
            gap, np.where(gap > BRIDGED, np.float32(RELEARNT), owed), day,
            (*self.dangers[-1:], (noon_of(day, ground.zone), index)),
        )  # fmt: skip


class FireDays:
    """The days that have left the window: their noons, and the codes they make."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._noons: dict[int, Noon] = {}
        self._start = Chain.start(len(ground.lat), ground.fire_start)
        self._chain = self._start

    def before(self, columns: Index) -> Chain:
        return self._chain.at(columns)

    def keep(self, made: Floats, parts: Mapping[str, Floats], first: int, new_first: int) -> None:
        last = min(new_first + RAIN_HOURS - 2, first + len(made) - 1)
        leaving = noons(first + RAIN_HOURS - 1, last, self._ground.zone)
        for day, hour in leaving:
            self._noons[day] = noon_in(parts, hour - first)
            self._chain = self._chain.over(day, self._noons[day], self._ground)
        if leaving and (old := [d for d in self._noons if d <= leaving[-1][0] - KEPT_DAYS]):
            for day in old:
                del self._noons[day]
            self._chain = self._start
            for day, noon in self._noons.items():
                self._chain = self._chain.over(day, noon, self._ground)


def noon_in(parts: Mapping[str, Floats], row: int) -> Noon:
    """The noon at `row`, at least the 24th, as copies."""
    rain = parts["precipitation"][row - RAIN_HOURS + 1 : row + 1].sum(axis=0)
    return Noon(parts["temperature"][row].copy(), parts["humidity"][row].copy(),
                parts["wind_speed"][row].copy(), rain)  # fmt: skip


def fire_danger(parts: Mapping[str, Floats], setting: Setting) -> Floats:
    """The index, (hours, columns), from temperature degC, humidity percent, wind_speed m/s and
    precipitation mm of the same shape: each noon's holds until the next."""
    chain = setting.before
    assert isinstance(chain, Chain)
    out = np.full(parts["temperature"].shape, np.nan, np.float32)
    first = int(setting.hours[0])
    for hour, index in chain.dangers:
        out[max(hour - first, 0) : max(hour - first + RAIN_HOURS, 0)] = index
    begin = first + RAIN_HOURS - 1
    for day, hour in noons(begin, int(setting.hours[-1]), setting.ground.zone):
        chain = chain.over(day, noon_in(parts, hour - first), setting.ground)
        out[hour - first : hour - first + RAIN_HOURS] = chain.dangers[-1][1]
    return out
