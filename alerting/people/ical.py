"""Rosters as iCalendar: written for people's phones, read from a roster kept elsewhere.

What is written is the schedule as it stands, one event a shift. What is read are single events too: a
rule of repetition says who is on duty only together with all exceptions from it, and one exception that
misses its occurrence would put a second person on duty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import icalendar

from alerting.errors import BadInput
from alerting.people.register import Person
from alerting.people.roster_words import span_said
from alerting.people.rota import Shift, moment

PERSON = "X-SUIAN-PERSON"  # the id, beside the name that a calendar shows
MOST = 2000  # events that are read at once


def written(
    post: str, title: str, shifts: Sequence[Shift], people: Mapping[str, Person], now: datetime
) -> str:
    """The shifts of a post, one event for each person on duty. Times are UTC."""
    made = icalendar.Calendar()
    made.add("prodid", "-//suian//roster//")
    made.add("version", "2.0")
    made.add("x-wr-calname", title)
    for shift in shifts:
        for person in shift.people:
            event = icalendar.Event()
            event.add("uid", f"{post}.{shift.begins:%Y%m%dT%H%M%SZ}.{person}@suian")
            event.add("summary", people[person].name if person in people else person)
            event.add(PERSON, person)
            event.add("dtstart", shift.begins)
            event.add("dtend", shift.ends)
            event.add("dtstamp", now)
            made.add_component(event)
    return str(made.to_ical().decode("utf-8"))


def read(text: str, zone: ZoneInfo, people: Sequence[Person]) -> list[Shift]:
    """The shifts that a calendar's events are, in order. A person is named by `X-SUIAN-PERSON`, else by
    the event's summary, an id or a name; a time without its zone is local. A cancelled event is none.

    Raises BadInput that says of which event it cannot be told who is on duty, or when.
    """
    try:
        calendars = icalendar.Calendar.from_ical(text, multiple=True)
    except (ValueError, IndexError) as error:
        raise BadInput(f"this is no iCalendar: {error}", mend="Export it as .ics and try again.",
                       zh="这不是iCalendar（.ics）文件，请重新导出。") from None  # fmt: skip
    every = [event for one in calendars for event in one.walk("VEVENT")]
    events = [event for event in every if str(event.get("status", "")).upper() != "CANCELLED"]
    if every and not events:
        raise BadInput(f"all {len(every)} events are cancelled", mend="Export those that stand.",
                       zh="所有日程都已取消。")  # fmt: skip
    if not events or len(events) > MOST:
        raise BadInput(f"{len(events)} events: from 1 to {MOST} can be read at once",
                       zh=f"共{len(events)}个日程，一次可导入1至{MOST}个。")  # fmt: skip
    found = sorted((_shift(event, zone, people) for event in events), key=lambda one: one.begins)
    for one, after in pairwise(found):
        if after.begins < one.ends:
            said = span_said(after.begins, min(one.ends, after.ends), zone)
            raise BadInput(f"two are on duty from {said['en']}: {one.people[0]} and {after.people[0]}",
                           mend="Leave one of them out.",
                           zh=f"{said['zh']}有两人值班：{one.people[0]}、{after.people[0]}，"
                           "请只留一人。")  # fmt: skip
    return found


def _shift(event: Any, zone: ZoneInfo, people: Sequence[Person]) -> Shift:
    named = str(event.get(PERSON) or event.get("summary") or "").strip()
    for repeated in ("rrule", "rdate", "recurrence-id"):
        if event.get(repeated) is not None:
            raise BadInput(f"the event {named!r} repeats: only single events are read",
                           mend="Export them one by one, or write the rotation in rosters.yaml.",
                           zh=f"日程“{named}”是重复日程，只能导入单个日程；"
                           "轮换规则请写在 rosters.yaml 中。")  # fmt: skip
    begins, ends = _moment(event, "dtstart", named, zone), _moment(event, "dtend", named, zone)
    if begins >= ends:
        raise BadInput(f"the event {named!r} ends before it begins",
                       zh=f"日程“{named}”的结束时间早于开始时间。")  # fmt: skip
    fitting = {p.id for p in people if named and named in (p.id, p.name, p.name_en)}
    if len(fitting) != 1:
        known = "nobody" if not fitting else " and ".join(sorted(fitting))
        raise BadInput(f"the event {named!r} of {begins:%Y-%m-%d} names {known}",
                       mend="Give the summary an id or a name of people.csv.",
                       zh=f"{begins:%Y-%m-%d}的日程“{named}”无法对应到唯一的人员，"
                       "请在标题中填写人员编号或姓名。")  # fmt: skip
    return Shift(begins, ends, (fitting.pop(),), begins)


def _moment(event: Any, name: str, named: str, zone: ZoneInfo) -> datetime:
    value = event.decoded(name, None)
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo is not None else moment(value, zone)
    if isinstance(value, date):
        return moment(datetime.combine(value, time()), zone)
    raise BadInput(f"the event {named!r} has no {name.upper()} that can be read",
                   mend="Give each event a beginning and an end.",
                   zh=f"日程“{named}”没有可用的起止时间。") from None  # fmt: skip
