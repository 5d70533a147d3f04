"""Hours and days as people type or say them in a command: 至晚上8点半, until 8 pm, 明天, 12月7日.

A clock means the next time it strikes, as everywhere; a day beside it must be the day on which it does.
A day of the week is asked back as a date: on a Friday nobody knows which Friday is meant.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from alerting.alerts.life import Life
from alerting.chase.spoken import SEPARATORS
from alerting.errors import BadInput

_DAYS = {"今天": 0, "今日": 0, "今晚": 0, "今夜": 0, "当天": 0, "当日": 0, "大后天": 3, "后天": 2,
         "明天": 1, "明日": 1, "明早": 1, "明晨": 1, "明晚": 1, "次日": 1, "第二天": 1, "TODAY": 0,
         "TONIGHT": 0, "THE DAY AFTER TOMORROW": 2, "DAY AFTER TOMORROW": 2, "TOMORROW": 1}  # fmt: skip
_NEAR = "|".join(f"{word}(?![A-Z])" if word.isascii() else word
                 for word in sorted(_DAYS, key=lambda word: -len(word)))  # fmt: skip
_DAY = re.compile(
    rf"(?P<near>{_NEAR})"
    r"|(?P<year>20[0-9]{2})[-年/.](?P<m>[0-9]{1,2})[-月/.](?P<d>[0-9]{1,2})[日号]?(?![0-9])"
    r"|(?P<month>[0-9]{1,2})月(?P<day>[0-9]{1,2})[日号]?"
    r"|(?P<alone>[0-9]{1,2})[日号](?![A-Z0-9])"
)
_WEEKDAY = re.compile(
    r"(?:本|这|下)?个?(?:周|星期|礼拜)[一二三四五六日天]"
    r"|(?:NEXT |THIS |ON )?(?:MON|TUES|WEDNES|THURS|FRI|SATUR|SUN)DAY(?![A-Z])"
)
_BEGINS = ("从", "自", "FROM")
_PARTS = {"凌晨": 0, "清晨": 0, "早上": 0, "早晨": 0, "上午": 0, "早": 0, "中午": 12, "下午": 12,
          "傍晚": 12, "晚上": 12, "夜里": 12, "夜间": 12, "晚": 12, "AM": 0, "PM": 12}  # fmt: skip
_LED = {"今晚": 12, "今夜": 12, "明晚": 12, "TONIGHT": 12}  # a day that says the part of it too
_MIDNIGHT = ("晚上", "夜里", "夜间", "晚", "凌晨", "AM")  # of which twelve is midnight
_CLOCK = re.compile(
    rf"(?P<lead>至|到|UNTIL(?![A-Z])|从|自|FROM(?![A-Z]))[ ]*(?P<near>{_NEAR})?[ ]*"
    r"(?P<part>凌晨|清晨|早上|早晨|上午|早|中午|下午|傍晚|晚上|夜里|夜间|晚)?[ ]*"
    r"(?P<h>[0-9]{1,2})[ ]*"
    r"(?:[:：](?P<min>[0-9]{2})(?![0-9])|[点时](?:(?P<half>半)|(?P<m>[0-9]{1,2})分?)?)?"
    r"[ ]*(?P<after>(?:AM|PM)(?![A-Z]))?(?:[ ]*(?P<late>TOMORROW|TODAY|TONIGHT)(?![A-Z]))?"
)


def clock_said(life: Life, text: str, at: datetime) -> tuple[bool, str, int] | None:
    """An hour at the front of `text`, in capitals: whether it is a beginning, "20:30", and how much of
    the text says it; None where none stands there. Raises BadInput for one that cannot be."""
    found = _CLOCK.match(text)
    if found is None:
        return None
    plain = found["min"] is None and found["after"] is None
    if plain and not re.search("[点时]", found[0]):  # 到3号桥 is no hour
        return None
    near, part = found["near"] or found["late"] or "", found["part"] or found["after"] or ""
    hour, minute = int(found["h"]), 30 if found["half"] else int(found["min"] or found["m"] or 0)
    days = _DAYS.get(near, 0)
    later = _PARTS.get(part, _LED.get(near, 0))
    if later == 12 and hour < 12 and not (part in ("夜里", "夜间") and hour < 6) and not (
        part == "中午" and hour > 9
    ):
        hour += 12
    elif hour == 12 and (part in _MIDNIGHT or near in _LED):
        hour = 24
    if hour == 24 and minute < 60:  # 今晚12点 is of the day that follows
        hour, days = 0, days + (part not in ("凌晨", "AM"))
    if hour > 23 or minute > 59:
        raise BadInput(f"{found[0].strip()!r} is no hour: write it like 20:30.",
                       zh=f"“{found[0].strip()}”不是时刻，请写成 至20:30。")  # fmt: skip
    if near:
        _strikes_then(life, found[0].strip(), hour, minute, days, at)
    return found["lead"] in _BEGINS, f"{hour:02d}:{minute:02d}", found.end()


def day_said(life: Life, text: str, at: datetime) -> tuple[str, int] | None:
    """A day at the front of `text`, in capitals, as 2026-12-06, and how much of the text says it; None
    where none stands there. Raises BadInput for a day of the week, and for what is no day."""
    if weekday := _WEEKDAY.match(text):
        raise BadInput(f"{weekday[0].strip()!r}: write the date, such as 2026-12-06.",
                       zh=f"“{weekday[0]}”请写成日期，如 12月6日。")  # fmt: skip
    found = _DAY.match(text)
    if found is None:
        return None
    today = life.local(at).date()
    if found["near"]:
        return (today + timedelta(days=_DAYS[found["near"]])).isoformat(), found.end()
    try:
        given = _dated(found, today)
    except ValueError:
        raise BadInput(f"{found[0]!r} is no day: write it like {today}.",
                       zh=f"“{found[0]}”不是日期，请写成 {today.month}月{today.day}日。",
                       ) from None  # fmt: skip
    return given.isoformat(), found.end()


def day_alone(text: str) -> str:
    """A day at the front of `text`, in capitals, with nothing run together with it; "" for none."""
    found = _DAY.match(text)
    if found is None or found["alone"] or text[found.end() : found.end() + 1] not in (*SEPARATORS, ""):
        return ""
    return found[0].strip()


def _dated(found: re.Match[str], today: date) -> date:
    """The date that is written; of one without its year or month the next such. Raises ValueError."""
    if found["year"]:
        return date(int(found["year"]), int(found["m"]), int(found["d"]))
    if found["month"]:
        month, day = int(found["month"]), int(found["day"])
        given = date(today.year, month, day)
        return given if given >= today else date(today.year + 1, month, day)
    day = int(found["alone"])
    given = date(today.year, today.month, day)
    if given >= today:
        return given
    following = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return following.replace(day=day)


def _strikes_then(
    life: Life, said: str, hour: int, minute: int, days: int, at: datetime
) -> None:
    """Raises BadInput where a clock next strikes on another day than the one that stands beside it."""
    now = life.local(at)
    strikes = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if strikes <= now:
        strikes += timedelta(days=1)
    if (strikes.date() - now.date()).days != days:
        clock = f"{hour:02d}:{minute:02d}"
        raise BadInput(f"{said!r}: an hour means the next time it strikes, which is on another day.",
                       zh=f"“{said}”：时刻只按最近一次{clock}计，日期对不上。")  # fmt: skip
