"""Rosters as the database has them: the rules of each post, and what people changed of them.

Every change is audited in the name of whoever made it. An override that no longer meets its shift, the
rules having changed, is flagged: it stands there for people to see and changes nothing, until it meets
its shift again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, delete, insert, select, update

from alerting.audit import record
from alerting.people import handing
from alerting.people.roster_file import confirmed_within, named_in, rota_of
from alerting.people.rota import Kind, Override, Rota, Shift, Temporary, meets, schedule
from alerting.store.schema import person
from alerting.store.schema_duty import AT_ONCE, duty, roster, roster_change


def import_rosters(
    connection: Connection,
    rosters: Mapping[str, Mapping[str, Any]],
    zone: ZoneInfo,
    realm: str,
    at: datetime,
    who: str,
) -> int:
    """Make the rosters say what the file says; gives how many changed.

    A post that is in it no more is held as posts.csv says again. Where a post has a roster in force and
    gets one that begins later, the one in force stays until then.
    """
    known = {r.post: r.rules for r in connection.execute(select(roster))}
    changed = [p for p, rules in rosters.items() if p not in known or _own(known[p]) != rules]
    for post in changed:
        if post in known:
            rules = _with_what_stands(known[post], rosters[post], zone, at)
            connection.execute(update(roster).where(roster.c.post == post)
                               .values(rules=rules, next=AT_ONCE))  # fmt: skip
        else:
            connection.execute(insert(roster).values(post=post, rules=rosters[post], next=AT_ONCE))
        record(connection, realm, at, who, "set roster", post, {"rules": rosters[post]})
        look_again(connection, post, zone, realm, at)
    gone = sorted(known.keys() - rosters.keys())
    for post in gone:
        connection.execute(delete(roster).where(roster.c.post == post))
        connection.execute(
            update(duty).where(duty.c.post == post, duty.c.ended.is_(None)).values(ended=at)
        )
        record(connection, realm, at, who, "remove roster", post, {})
        handing.end_all(connection, post, "the post has no roster any more", realm, at)
        for one in (o for kind in (True, False) for o in _standing(connection, post, at, kind)):
            _flag(connection, one, realm, at)
    return len(changed) + len(gone)


def _own(rules: Mapping[str, Any]) -> dict[str, Any]:
    """As the file has them."""
    return {key: value for key, value in rules.items() if key != "before"}


def _with_what_stands(
    held: Mapping[str, Any], rules: Mapping[str, Any], zone: ZoneInfo, at: datetime
) -> dict[str, Any]:
    """New rules, with the layers in force until the first of theirs begins."""
    before = held["layers"] if rota_of(held, zone).layers_begin <= at else held.get("before")
    later = rota_of(rules, zone).layers_begin > at
    return dict(rules) | ({"before": before} if later and before else {})


def forget_what_ended(connection: Connection, post: str, rota: Rota, now: datetime) -> None:
    """The layers of a post have begun: those before them are nobody's any more."""
    if rota.before and rota.layers_begin <= now:
        rules = connection.execute(select(roster.c.rules).where(roster.c.post == post)).scalar_one()
        connection.execute(update(roster).where(roster.c.post == post).values(rules=_own(rules)))


def members(connection: Connection) -> dict[str, list[str]]:
    """By post everybody whom its rules name."""
    return {row.post: named_in(row.rules) for row in connection.execute(select(roster))}


def confirmed_at(connection: Connection, post: str) -> timedelta | None:
    """Within how long whoever comes to a post must confirm; None where nobody must."""
    rules = connection.execute(select(roster.c.rules).where(roster.c.post == post)).scalar_one_or_none()
    return confirmed_within(rules) if rules is not None else None


def rules_of(connection: Connection, post: str, zone: ZoneInfo) -> tuple[Rota, list[Override]]:
    """A post's rota, temporary rosters in it, and the overrides in force. Raises KeyError for a post
    without a roster."""
    rules = connection.execute(select(roster.c.rules).where(roster.c.post == post)).scalar_one_or_none()
    if rules is None:
        raise KeyError(post)
    rows = connection.execute(
        select(roster_change)
        .where(roster_change.c.post == post, roster_change.c.state == "in force")
        .order_by(roster_change.c.id)
    ).all()
    periods = [temporary_of(row) for row in rows if row.kind == "temporary"]
    return rota_of(rules, zone, periods), [override_of(r) for r in rows if r.kind != "temporary"]


def shifts_of(
    connection: Connection, post: str, zone: ZoneInfo, begins: datetime, ends: datetime
) -> list[Shift]:
    """Who is on duty at a post between two moments; see `rota.schedule`. Raises KeyError as above."""
    rota, overrides = rules_of(connection, post, zone)
    active = set(connection.execute(select(person.c.id).where(person.c.active)).scalars())
    return schedule(rota, overrides, begins, ends, active)


def override_of(row: Row[Any]) -> Override:
    return Override(row.id, cast(Kind, row.kind), row.begins, row.ends, row.person, row.turn,
                    row.instead_of)  # fmt: skip


def temporary_of(row: Row[Any]) -> Temporary:
    shifts = []
    for one in row.shifts:
        begins, ends = map(datetime.fromisoformat, (one["begins"], one["ends"]))
        shifts.append(Shift(begins, ends, (one["person"],), begins))
    return Temporary(row.begins, row.ends, tuple(shifts))


def look_again(
    connection: Connection, post: str, zone: ZoneInfo, realm: str, at: datetime
) -> None:
    """Flag the changes of a post that no longer meet their shift, and take the flag from those that
    meet it again. To be called whenever the rules or a change of a post have changed."""
    connection.execute(update(roster).where(roster.c.post == post).values(next=AT_ONCE))
    for temporary in (True, False):  # temporary rosters first: overrides hang on them
        for part in _whole(_standing(connection, post, at, temporary)):
            if not all(_meets(connection, one, zone) for one in part):
                for one in part:
                    _flag(connection, one, realm, at)
        # Of two for one hour the later one was the better informed.
        for part in reversed(_whole(_standing(connection, post, at, temporary, flagged=True))):
            if all(_meets(connection, one, zone) and _is_free(connection, one) for one in part):
                for one in part:
                    _lift(connection, one, realm, at)


def overlapping(
    connection: Connection, post: str, begins: datetime, ends: datetime
) -> Row[Any] | None:
    """The first override in force that speaks of this time."""
    return connection.execute(
        select(roster_change).where(
            roster_change.c.post == post, roster_change.c.state == "in force",
            roster_change.c.kind != "temporary", roster_change.c.begins < ends,
            roster_change.c.ends > begins,
        ).order_by(roster_change.c.begins).limit(1)
    ).first()  # fmt: skip


def _standing(
    connection: Connection, post: str, at: datetime, temporary: bool, flagged: bool = False
) -> list[Row[Any]]:
    """Changes of which some is still to come: those that stand, or those that are flagged."""
    states = ["flagged"] if flagged else ["asked", "in force"]
    return list(connection.execute(
        select(roster_change)
        .where(roster_change.c.post == post, roster_change.c.ends > at,
               (roster_change.c.kind == "temporary") == temporary,
               roster_change.c.state.in_(states))
        .order_by(roster_change.c.id)
    ))  # fmt: skip


def _whole(rows: list[Row[Any]]) -> list[list[Row[Any]]]:
    """What stands or falls as one: the two shifts of a swap, or whoever gave theirs would get none
    back. Of a stand-in's shifts each is one of its own."""
    together = defaultdict[int, list[Row[Any]]](list)
    for one in rows:
        together[one.part_of or one.id].append(one)
    found = list[list[Row[Any]]]()
    for part in together.values():
        swap = len({one.person for one in part}) > 1
        found += [part] if swap else [[one] for one in part]
    return found


def _meets(connection: Connection, one: Row[Any], zone: ZoneInfo) -> bool:
    rota, _ = rules_of(connection, one.post, zone)
    if one.kind != "temporary":
        return meets(rota, override_of(one))
    others = [p for p in rota.temporary if p != temporary_of(one)]
    return not any(p.begins < one.ends and one.begins < p.ends for p in others)


def _is_free(connection: Connection, one: Row[Any]) -> bool:
    """Whether nobody has decided anew on the time of a flagged change."""
    return one.kind == "temporary" or not overlapping(connection, one.post, one.begins, one.ends)


def _flag(connection: Connection, one: Row[Any], realm: str, at: datetime) -> None:
    _turn(connection, one, {"state": "flagged", "was": one.state}, "flag roster change", realm, at)


def _lift(connection: Connection, one: Row[Any], realm: str, at: datetime) -> None:
    _turn(connection, one, {"state": one.was or "in force", "was": None}, "roster change stands again",
          realm, at)  # fmt: skip


def _turn(
    connection: Connection, one: Row[Any], values: dict[str, Any], action: str, realm: str,
    at: datetime,
) -> None:  # fmt: skip
    connection.execute(
        update(roster_change).where(roster_change.c.id == one.id).values(**values)
    )
    record(connection, realm, at, "roster", action, str(one.id),
           {"post": one.post, "kind": one.kind, "person": one.person, "by": one.by})  # fmt: skip
