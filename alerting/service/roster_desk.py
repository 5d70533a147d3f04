"""Rosters changed while the service runs: in one transaction with who is on duty then, and with word to
those whose duty it is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, Row, select

from alerting.alerts.ledger import Ledger
from alerting.alerts.notices import Facts
from alerting.errors import Refused
from alerting.people import everybody, ical, person_by_id, post_by_id, roster_changes, rosters
from alerting.people.duty import hand_over
from alerting.people.policy import SIGNS
from alerting.people.roster_changes import Desk
from alerting.people.roster_words import span_said
from alerting.service.clock import LIVE
from alerting.store.schema_duty import roster_change
from alerting.vocabulary import Level

if TYPE_CHECKING:
    from alerting.service.station import Station

T = TypeVar("T")
SHOWN = 3  # of one's shifts in a temporary roster, in a message
Words = dict[str, str]


async def change(station: Station, person: str, role: str, work: Callable[[Desk], T]) -> T:
    """Change rosters in a person's name, from now on, with the role that they have here: a token's may
    be less than their own. Raises BadInput and Refused as `work` does."""
    zone, now = station.config.county.zone, station.runtime.now()

    def write(connection: Connection) -> T:
        by = person_by_id(connection, person)
        if by is None:
            raise Refused("you are in the register no more", zh="您已不在人员名册中。")
        made = work(Desk(connection, zone, LIVE, now, replace(by, role=role)))
        while hand_over(connection, zone, LIVE, now):
            pass
        return made

    return await station.writer.write(write, first=True)


def tell_of(
    station: Station, desk: Desk, numbers: Iterable[int], how: str, also: Collection[str] = ()
) -> None:
    """Send word of changes to whom they put on duty and whom they relieve, but for who made them; and
    to `also`, whom a temporary roster relieves.

    `how` is what became of them: in force, asked, declined or undone. Who asked for a swap hears how
    it ended; while it is asked, only the one who is to take it. Who made a change hears of it where it
    puts somebody on duty who may not decide what the post decides.
    """
    rows = list(desk.connection.execute(
        select(roster_change).where(roster_change.c.id.in_(list(numbers)))
        .order_by(roster_change.c.id)
    ))  # fmt: skip
    if not rows:
        return
    if how == "asked":
        readers = {rows[0].person}
    else:
        readers = {one for row in rows for one in (row.person, row.instead_of, row.by, *_listed(row))}
    note = _without_right(station, desk, rows) if how in ("asked", "in force") else None
    readers = (readers | set(also)) - {None, desk.by.id} | ({desk.by.id} if note else set())
    with Ledger(desk.connection, station.life(LIVE)) as ledger:
        for reader in sorted(readers):
            said = _said(desk, rows, how, reader)
            if note:
                said = {language: said[language] + note[language] for language in said}
            facts = Facts("", "", station.places.county, int(Level.blue),
                          onset=min(one.begins for one in rows), reason=said)  # fmt: skip
            ledger.add_notice(
                kind="roster", alert=None, measure=None, post=None, person=reader, wants="",
                level=int(Level.blue), created=desk.now, due=desk.now, state="due", reason="",
                facts=facts.json(),
            )  # fmt: skip


def _listed(row: Row[Any]) -> list[str]:
    """Whom a temporary roster puts on duty, one a shift."""
    return [one["person"] for one in row.shifts or ()]


def _without_right(station: Station, desk: Desk, rows: list[Row[Any]]) -> Words | None:
    """That somebody who is put on duty may not decide, where the post is one that decides."""
    held = post_by_id(desk.connection, rows[0].post)
    deciders = {one.decider for one in station.book.measures.values()}
    if held is None or held.tier not in deciders:
        return None
    coming = dict.fromkeys(one for row in rows for one in (row.person, *_listed(row)) if one)
    found = [person_by_id(desk.connection, one) for one in coming]
    names = [one for one in found if one is not None and one.role not in SIGNS]
    if not names:
        return None
    zh, en = "、".join(one.called("zh") for one in names), ", ".join(one.called("en") for one in names)
    return {
        "zh": f"注意：{zh}没有决定权限，本岗位的决定需另有人作出。",
        "en": f" Note: {en} may not decide what this post is asked to decide: somebody else must.",
    }


def _said(desk: Desk, rows: list[Row[Any]], how: str, reader: str) -> Words:
    held = post_by_id(desk.connection, rows[0].post)
    lines = {one: [_line(desk, row, one, reader) for row in rows] for one in ("zh", "en")}
    title = {language: held.called(language) if held else rows[0].post for language in lines}
    end = {
        "in force": {"zh": "已生效", "en": "in force"}, "undone": {"zh": "已撤销", "en": "undone"},
        "declined": {"zh": "对方未接受", "en": "declined"},
        "asked": {"zh": "请您接班，请在值班表页面答复",
                  "en": "take it or decline on the roster's page"},
    }[how]  # fmt: skip
    by, why = desk.by, rows[0].reason
    return {
        "zh": f"{title['zh']}：{'；'.join(lines['zh'])}。{end['zh']}（{by.called('zh')}，{why}）",
        "en": f"{title['en']}: {'; '.join(lines['en'])}. {end['en'].capitalize()}"
              f" ({by.called('en')}: {why})",
    }  # fmt: skip


def _line(desk: Desk, row: Row[Any], language: str, reader: str) -> str:
    if row.kind == "temporary":
        return _of_temporary(desk, row, language, reader)
    when = span_said(row.begins, row.ends, desk.zone)[language]

    def name(person: str | None) -> str:
        found = person_by_id(desk.connection, person) if person else None
        return found.called(language) if found else str(person or "")

    new, old = name(row.person), name(row.instead_of)
    if language == "zh":
        return {"replace": f"{when}由{new}替{old}值班", "remove": f"{when}{old}不值班",
                "add": f"{when}由{new}值班" if not old else f"{when}由{new}与{old}同值"}[row.kind]
    return {"replace": f"{when} {new} for {old}", "remove": f"{when} {old} is off",
            "add": f"{when} {new}" if not old else f"{when} {new} beside {old}"}[row.kind]


def _of_temporary(desk: Desk, row: Row[Any], language: str, reader: str) -> str:
    """A temporary roster, and what it is to its reader."""
    mine = [one for one in row.shifts or () if one["person"] == reader]
    spans = [
        span_said(datetime.fromisoformat(one["begins"]), datetime.fromisoformat(one["ends"]), desk.zone)
        for one in mine[:SHOWN]
    ]  # fmt: skip
    when, more = span_said(row.begins, row.ends, desk.zone)[language], len(mine) - len(spans)
    if language == "zh":
        served = "、".join(one["zh"] for one in spans) + (f"等{len(mine)}班" if more else "")
        return f"{when}的临时值班表，其中您" + (f"在{served}值班" if mine else "不值班")
    served = ", ".join(one["en"] for one in spans) + (f" and {more} more" if more else "")
    return f"the temporary roster of {when}, by which you are " + (
        f"on duty {served}" if mine else "not on duty"
    )


# What the API and the page may do; each in the transaction of `change`


def put_on(station: Station, desk: Desk, **given: object) -> list[int]:
    """`roster_changes.override`, with word to those concerned."""
    made = roster_changes.override(desk, **given)  # type: ignore[arg-type]
    tell_of(station, desk, made, "in force")
    return made


def ask(station: Station, desk: Desk, **given: object) -> int:
    """`roster_changes.ask_swap`, with word to whom it asks."""
    made = roster_changes.ask_swap(desk, **given)  # type: ignore[arg-type]
    tell_of(station, desk, roster_changes.numbers_with(desk, made), "asked")
    return made


def take_calendar(station: Station, desk: Desk, post: str, text: str, reason: str) -> int:
    """A roster kept elsewhere, for the time of its events, with word to whom it puts on duty and whom
    it relieves."""
    shifts = ical.read(text, desk.zone, everybody(desk.connection))
    begins, ends = shifts[0].begins, shifts[-1].ends
    before = _on_duty(desk, post, begins, ends)
    made = roster_changes.set_temporary(desk, post, begins, ends, shifts, reason)
    tell_of(station, desk, [made], "in force", before)
    return made


def _on_duty(desk: Desk, post: str, begins: datetime, ends: datetime) -> set[str]:
    """Who is on duty there in this time, as it stands; nobody at a post without a roster."""
    try:
        shifts = rosters.shifts_of(desk.connection, post, desk.zone, max(begins, desk.now), ends)
    except KeyError:
        return set()
    return {one for shift in shifts for one in shift.people}


def take(station: Station, desk: Desk, number: int) -> str:
    post = roster_changes.take_swap(desk, number)
    tell_of(station, desk, roster_changes.numbers_with(desk, number), "in force")
    return post


def undo(station: Station, desk: Desk, number: int, reason: str) -> str:
    post, how = roster_changes.undo(desk, number, reason)
    tell_of(station, desk, roster_changes.numbers_with(desk, number), how)
    return post
