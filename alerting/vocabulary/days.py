"""A named day in words: `明天12月6日`, `Saturday 6 December`."""

from __future__ import annotations

from datetime import date, timedelta

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
           "October", "November", "December")  # fmt: skip
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ZH = "一二三四五六日"


def day_in_words(day: str, language: str, today: date | None = None) -> str:
    """`day` as 2026-12-06; beside the date its weekday, or in Chinese how near it is to `today`.

    The date is always there: whoever reads 明天 a day late must not be misled.
    """
    given = date.fromisoformat(day)
    if language == "en":
        return f"{_WEEKDAYS[given.weekday()]} {given.day} {_MONTHS[given.month - 1]}"
    near = {today: "今天", today + timedelta(days=1): "明天"} if today is not None else {}
    lead = near.get(given, f"周{_ZH[given.weekday()]}")
    return f"{lead}{given.month}月{given.day}日"
