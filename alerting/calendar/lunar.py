"""Dates of the lunar calendar and the twenty-four solar terms, by lunar-python.

Both are fixed in Beijing's time wherever the county lies: the whole country keeps the festival of
one and the same date. They are known for any year; nobody has to publish them.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

from lunar_python import Lunar, LunarYear, Solar

# In the order of the year, with the names by which a calendar file may call them.
TERMS: dict[str, str] = {
    "xiaohan": "小寒", "dahan": "大寒", "lichun": "立春", "yushui": "雨水",
    "jingzhe": "惊蛰", "chunfen": "春分", "qingming": "清明", "guyu": "谷雨",
    "lixia": "立夏", "xiaoman": "小满", "mangzhong": "芒种", "xiazhi": "夏至",
    "xiaoshu": "小暑", "dashu": "大暑", "liqiu": "立秋", "chushu": "处暑",
    "bailu": "白露", "qiufen": "秋分", "hanlu": "寒露", "shuangjiang": "霜降",
    "lidong": "立冬", "xiaoxue": "小雪", "daxue": "大雪", "dongzhi": "冬至",
}  # fmt: skip


@lru_cache(maxsize=1024)
def lunar_date(year: int, month: int, day: int) -> date:
    """The civil date of a day of lunar `year`; a leap month is never meant, only the regular one.

    The twelfth month of lunar year 2026 lies in January and February 2027. Raises ValueError for a
    day the month does not have.
    """
    held = _year(year).getMonth(month)
    if held is None:
        raise ValueError(f"a lunar year has no month {month}")
    if not 1 <= day <= held.getDayCount():
        raise ValueError(f"month {month} of lunar {year} has {held.getDayCount()} days, not {day}")
    return _civil(held.getFirstJulianDay() + day - 1)


@lru_cache(maxsize=256)
def _terms_of(year: int) -> dict[str, date]:
    # The library's table of a lunar year runs from 大雪 before it to 惊蛰 after it and spells the
    # names that come twice in capitals (DONG_ZHI is the second 冬至).
    second = {"DONG_ZHI": "冬至", "DA_XUE": "大雪"}
    days = zip(Lunar.JIE_QI_IN_USE, _year(year).getJieQiJulianDays(), strict=True)
    found = {second.get(name, name): _civil(day) for name, day in days}
    return {name: day for name, day in found.items() if day.year == year}


@lru_cache(maxsize=64)
def _year(year: int) -> Any:
    """The library's table of a lunar year, which takes it milliseconds to work out; it keeps one
    alone itself."""
    return LunarYear.fromYear(year)


def _civil(julian: float) -> date:
    solar = Solar.fromJulianDay(julian)
    return date(solar.getYear(), solar.getMonth(), solar.getDay())


def term_date(year: int, term: str) -> date:
    """The date in civil `year` of the solar term `term` (a key of TERMS)."""
    return _terms_of(year)[TERMS[term]]
