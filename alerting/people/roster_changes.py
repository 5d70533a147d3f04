"""What people change of a roster by hand: overrides, swaps, temporary rosters. All with a reason.

A change holds from the moment it is made on, never before. Two overrides of one hour are refused: the
later one would decide in silence. A swap changes nothing until whoever was asked has taken it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, func, insert, select, update

from alerting.audit import record
from alerting.errors import BadInput, Refused
from alerting.people import rosters
from alerting.people.register import Person, person_by_id
from alerting.people.roster_words import span_said
from alerting.people.rota import Kind, Override, Rota, Shift, base, meets
from alerting.store.schema_duty import roster_change

LONGEST = timedelta(days=366)  # that one change may reach
ORDER, NO_ANSWER = ("order", "admin"), "view"


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a roster is changed: the transaction, the county's zone, now by the machine, and who."""

    connection: Connection
    zone: ZoneInfo
    realm: str
    now: datetime
    by: Person


def override(
    desk: Desk, post: str, kind: Kind, begins: datetime, ends: datetime, *,
    person: str = "", instead_of: str = "", reason: str,
) -> list[int]:  # fmt: skip
    """Put somebody on duty besides (`add`), nobody (`remove`) or somebody else (`replace`), from now at
    the earliest; gives the changes made, one a shift that it meets.

    With `instead_of` only that person's shifts are changed. Without it `replace` and `add` fill gaps
    too. Raises BadInput for what cannot be, Refused where it overlaps another change.
    """
    rota = _rota(desk, post)
    begins = max(begins, desk.now, rota.starts)
    _check_span(begins, ends)
    if (kind == "remove") == bool(person):
        raise BadInput("say who comes, or with `remove` nobody", zh="请填写接替人；“撤下”时不填。")
    if person:
        _check_person(desk.connection, person)
    parts = _parts(rota, kind, begins, ends, person, instead_of)
    if not parts:
        said = span_said(begins, ends, desk.zone)
        raise BadInput(
            f"there is nothing to change from {said['en']}: nobody of that name is on duty then, or it"
            " is so already", mend="Look at the roster and choose a shift.",
            zh=f"{said['zh']}没有可更改的班次：当时值班的不是此人，或已经如此。请对照值班表选择。",
        )  # fmt: skip
    for one in parts:
        _refuse_overlap(desk, post, one.begins, one.ends)
    return _keep(desk, post, parts, "in force", reason)


def numbers_with(desk: Desk, number: int) -> list[int]:
    """A change and all that was made with it."""
    return [one.id for one in _together(desk, number)]


def undo(desk: Desk, number: int, reason: str) -> tuple[str, str]:
    """Take a change back, with all that was made with it; gives its post, and `undone` or `declined`.

    Who made it may, who was asked to take it, and whoever may change rosters.
    """
    rows = _together(desk, number)
    mine = desk.by.id in {one.by for one in rows} | {rows[0].person}
    if not mine and desk.by.role not in ORDER:
        raise Refused("this change is another person's", mend="Ask them, or somebody who may order.",
                      zh="这项更改由他人作出，请联系本人或有权限的值班人员。")  # fmt: skip
    _check_reason(reason)
    if rows[0].state not in ("asked", "in force", "flagged"):
        raise Refused("this change stands no more: nothing to undo", zh="这项更改已不再有效。")
    declined = rows[0].state == "asked" and desk.by.id == rows[0].person
    how = "declined" if declined else "undone"
    _settle(desk, rows, how, reason)
    rosters.look_again(desk.connection, rows[0].post, desk.zone, desk.realm, desk.now)
    return str(rows[0].post), how


def ask_swap(
    desk: Desk, post: str, turn: datetime, person: str, back: datetime | None, reason: str
) -> int:
    """Ask somebody to take the shift that begins at `turn`, and to give the one that begins at `back`
    for it; what is left of either. Gives the change to be taken.

    It is the asker's own shift, unless they may change rosters.
    """
    rota = _rota(desk, post)
    _check_person(desk.connection, person)
    given = _shift(desk, rota, turn)
    if given.people[0] != desk.by.id and desk.by.role not in ORDER:
        raise Refused("only whoever's shift it is may ask for a swap",
                      zh="只能为自己的班次申请换班。")  # fmt: skip
    parts = [_instead(desk, given, person)]
    if back is not None:
        taken = _shift(desk, rota, back)
        if taken.people[0] != person:
            raise BadInput(f"the shift to be given back is not {person}'s",
                           mend="Choose one of theirs.",
                           zh="所选的交换班次不是对方的班次，请重新选择。")  # fmt: skip
        parts.append(_instead(desk, taken, given.people[0]))
    if given.people[0] == person:
        raise BadInput("it is their own shift already", zh="这本来就是对方的班次。")
    for one in parts:
        _refuse_overlap(desk, post, one.begins, one.ends)
    return _keep(desk, post, parts, "asked", reason)[0]


def take_swap(desk: Desk, number: int) -> str:
    """Whoever was asked takes it: it is in force. Gives its post."""
    rows = _together(desk, number)
    if rows[0].state != "asked":
        raise Refused("this swap waits for nobody any more", zh="这项换班已不再等待答复。")
    if desk.by.id != rows[0].person:
        raise Refused("only whoever was asked may take a swap", zh="只有被请求人可以接受换班。")
    rota = _rota(desk, rows[0].post)
    if any(one.ends <= desk.now or not meets(rota, rosters.override_of(one)) for one in rows):
        raise Refused("the shift of this swap is over or has moved", mend="Ask anew.",
                      zh="换班所指的班次已结束或已变动，请重新申请。")  # fmt: skip
    for one in rows:
        begins = max(one.begins, desk.now)
        _refuse_overlap(desk, one.post, begins, one.ends)
        desk.connection.execute(
            update(roster_change).where(roster_change.c.id == one.id).values(begins=begins)
        )
    _settle(desk, rows, "in force", "")
    rosters.look_again(desk.connection, rows[0].post, desk.zone, desk.realm, desk.now)
    return str(rows[0].post)


def set_temporary(
    desk: Desk, post: str, begins: datetime, ends: datetime, shifts: Sequence[Shift], reason: str
) -> int:
    """From `begins` to `ends` these shifts and nothing else; gives the change. Overrides that meet
    their shift no more are flagged. Raises Refused where another temporary roster overlaps."""
    rota = _rota(desk, post)
    _check_span(begins, ends)
    if ends <= desk.now:
        raise BadInput("all of it is over", zh="所给的时段已经过去。")
    for one in shifts:
        _check_person(desk.connection, one.people[0])
    for held in rota.temporary:
        if held.begins < ends and begins < held.ends:
            said = span_said(held.begins, held.ends, desk.zone)
            raise Refused(f"there is a temporary roster from {said['en']} already",
                          mend="Undo it first.",
                          zh=f"{said['zh']}已有临时值班表，请先撤销。")  # fmt: skip
    listed = [{"person": one.people[0], "begins": one.begins.isoformat(),
               "ends": one.ends.isoformat()} for one in shifts]  # fmt: skip
    made = _insert(desk, post, reason, kind="temporary", state="in force", begins=begins, ends=ends,
                   shifts=listed)  # fmt: skip
    rosters.look_again(desk.connection, post, desk.zone, desk.realm, desk.now)
    return made


# The steps


def _rota(desk: Desk, post: str) -> Rota:
    try:
        return rosters.rules_of(desk.connection, post, desk.zone)[0]
    except KeyError:
        raise BadInput(f"the post {post[:60]} has no roster",
                       mend="Write one in rosters.yaml; posts.csv names its holders until then.",
                       zh="该岗位没有轮值表，请先在 rosters.yaml 中填写。") from None  # fmt: skip


def _check_span(begins: datetime, ends: datetime) -> None:
    if ends <= begins:
        raise BadInput("it ends before it begins, or is over already",
                       zh="结束时间早于开始时间，或已经过去。")  # fmt: skip
    if ends - begins > LONGEST:
        raise BadInput("one change may reach a year at most", mend="Change rosters.yaml for more.",
                       zh="一次更改最长一年，更久请修改 rosters.yaml。")  # fmt: skip


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise BadInput("a change of a roster needs a reason", zh="请填写更改原因。")


def _check_person(connection: Connection, person: str) -> None:
    found = person_by_id(connection, person)
    if found is None:
        raise BadInput(f"there is no person {person[:60]!r}", mend="Give an id of people.csv.",
                       zh=f"没有编号为“{person[:60]}”的人员。")  # fmt: skip
    if found.role == NO_ANSWER:
        raise BadInput(f"{person} has the role view and may not answer",
                       mend="Give them the role answer first.",
                       zh=f"{found.name}只有查看权限，不能值班。")  # fmt: skip


def _parts(
    rota: Rota, kind: Kind, begins: datetime, ends: datetime, person: str, instead_of: str
) -> list[Override]:
    """One override a shift, and where gaps are filled one a gap, in order."""
    found, at = list[Override](), begins
    for shift in [*base(rota, begins, ends), Shift(ends, ends, (), ends)]:
        if kind != "remove" and not instead_of and shift.begins > at:
            found.append(Override(0, "add", at, shift.begins, person))
        at = max(at, shift.ends)
        if shift.people and shift.people[0] != person and instead_of in ("", shift.people[0]):
            found.append(Override(0, kind, max(begins, shift.begins), min(ends, shift.ends),
                                  person or None, shift.turn, shift.people[0]))  # fmt: skip
    return found


def _shift(desk: Desk, rota: Rota, turn: datetime) -> Shift:
    for one in base(rota, turn, turn + timedelta(seconds=1)):
        if one.turn == turn and one.ends > desk.now:
            return one
    raise BadInput("no shift that is still to come begins then", mend="Choose one of the roster.",
                   zh="没有在该时刻开始的未结束班次，请对照值班表选择。")  # fmt: skip


def _instead(desk: Desk, shift: Shift, person: str) -> Override:
    return Override(0, "replace", max(shift.begins, desk.now), shift.ends, person, shift.turn,
                    shift.people[0])  # fmt: skip


def _refuse_overlap(desk: Desk, post: str, begins: datetime, ends: datetime) -> None:
    held = rosters.overlapping(desk.connection, post, begins, ends)
    if held is None:
        return
    said = span_said(held.begins, held.ends, desk.zone)
    raise Refused(f"{held.by} has changed {said['en']} already (change {held.id})",
                  mend="Undo that change first.",
                  zh=f"{said['zh']}已有更改（第{held.id}号，{held.by}作出），请先撤销。")  # fmt: skip


def _keep(
    desk: Desk, post: str, parts: Sequence[Override], state: str, reason: str
) -> list[int]:
    made = list[int]()
    for one in parts:
        made.append(_insert(
            desk, post, reason, kind=one.kind, state=state, part_of=made[0] if made else None,
            turn=one.turn, begins=one.begins, ends=one.ends, person=one.person,
            instead_of=one.instead_of,
        ))  # fmt: skip
    rosters.look_again(desk.connection, post, desk.zone, desk.realm, desk.now)
    return made


def _insert(desk: Desk, post: str, reason: str, **values: Any) -> int:
    _check_reason(reason)
    connection = desk.connection
    connection.execute(
        insert(roster_change).values(post=post, by=desk.by.id, at=desk.now, reason=reason, **values)
    )
    number: int = connection.execute(select(func.max(roster_change.c.id))).scalar_one()
    told = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in values.items()}
    record(connection, desk.realm, desk.now, desk.by.id, "change roster", post,
           {"change": number, "reason": reason, **told})  # fmt: skip
    return number


def _together(desk: Desk, number: int) -> list[Row[Any]]:
    """A change and all that was made with it, the first first. Raises BadInput where there is none."""
    one = desk.connection.execute(
        select(roster_change).where(roster_change.c.id == number)
    ).one_or_none()
    if one is None:
        raise BadInput(f"there is no change {number} of a roster", zh=f"没有第{number}号更改。")
    first = one.part_of or one.id
    return list(desk.connection.execute(
        select(roster_change)
        .where((roster_change.c.id == first) | (roster_change.c.part_of == first))
        .order_by(roster_change.c.id)
    ))  # fmt: skip


def _settle(desk: Desk, rows: Sequence[Row[Any]], state: str, reason: str) -> None:
    for one in rows:
        desk.connection.execute(
            update(roster_change).where(roster_change.c.id == one.id).values(state=state)
        )
        record(desk.connection, desk.realm, desk.now, desk.by.id, f"roster change {state}", one.post,
               {"change": one.id, "reason": reason})  # fmt: skip
