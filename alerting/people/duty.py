"""Who is on duty now. It is written down at every hand-over, so that all who ask are told the same.

`on_duty` has the shape of the table `holder`: whoever holds a post at this moment, in the order in
which they are called. By the machine's clock, in every realm: an exercise may play a night of years
ago, and is answered by people who are awake now.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence, Set
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, Connection, bindparam, func, select, union_all, update

from alerting.people import handing, rosters
from alerting.people.handing import AHEAD, Turn
from alerting.people.register import Person, people_by_id
from alerting.people.roster_file import named_in
from alerting.people.rota import Rota, Shift, schedule
from alerting.store.many import among
from alerting.store.schema import holder, person
from alerting.store.schema_duty import duty, roster

BATCH = 10  # posts a transaction
LOOK_AHEAD = timedelta(days=14)  # for gaps
LOOK_AGAIN = timedelta(days=1)

_ROSTERED = select(roster.c.post).where(roster.c.begun)
on_duty = union_all(
    select(holder.c.post, holder.c.rank, holder.c.person).where(holder.c.post.not_in(_ROSTERED)),
    select(duty.c.post, duty.c.rank, duty.c.person).where(duty.c.ended.is_(None)),
).subquery("on_duty")
_posts: BindParameter[str] = bindparam("posts", expanding=True)
_TOGETHER = _ROSTERED.where(roster.c.post.in_(_posts))
# The same of some posts. Each half has the condition itself: SQLite does not carry it into them.
_HOLD = union_all(*(
    select(person.c.id, person.c.name, person.c.name_en, person.c.language, person.c.role,
           table.c.post, table.c.rank)
    .join(table, table.c.person == person.c.id)
    .where(among(table.c.post, "posts"), person.c.active, holds)
    for table, holds in ((holder, holder.c.post.not_in(_ROSTERED)), (duty, duty.c.ended.is_(None)))
)).order_by("post", "rank")  # fmt: skip
_HELD = select(on_duty).where(among(on_duty.c.person, "people"))
_NAMED = (
    select(holder.c.post, holder.c.person).where(among(holder.c.post, "posts")).order_by(holder.c.rank)
)
_RULES = select(roster.c.post, roster.c.rules).where(among(roster.c.post, "posts"))


def holders_of(connection: Connection, post_id: str) -> list[Person]:
    """Who is on duty at a post now, in the order in which they are called; nobody is an empty list."""
    return holders_of_all(connection, [post_id])[post_id]


def holders_of_all(connection: Connection, posts: Collection[str]) -> dict[str, list[Person]]:
    """`holders_of` for many at once."""
    found: dict[str, list[Person]] = {one: [] for one in posts}
    for r in connection.execute(_HOLD, {"posts": list(found)}):
        found[r.post].append(Person(r.id, r.name, r.name_en, r.language, r.role))
    return found


def together_at(connection: Connection, posts: Collection[str]) -> set[str]:
    """Those of these posts that a roster holds: all whom it has on duty there are called."""
    return set(connection.execute(_TOGETHER, {"posts": list(posts)}).scalars())


def list_of(connection: Connection, post_id: str) -> list[Person]:
    """Everybody on a post's list: on duty now first, then who is else named for it, by posts.csv or by
    its roster."""
    return lists_of(connection, [post_id])[post_id]


def lists_of(connection: Connection, posts: Collection[str]) -> dict[str, list[Person]]:
    """`list_of` for many at once: a list may be of hundreds."""
    if not posts:
        return {}
    found = holders_of_all(connection, posts)
    named: dict[str, list[str]] = {one: [] for one in found}
    for row in connection.execute(_NAMED, {"posts": list(found)}):
        named[row.post].append(row.person)
    for row in connection.execute(_RULES, {"posts": list(found)}):
        named[row.post] += named_in(row.rules) if row.rules else []
    for post, people in named.items():
        on = {one.id for one in found[post]}
        named[post] = [one for one in dict.fromkeys(people) if one not in on]
    asked = {one for people in named.values() for one in people}
    known = people_by_id(connection, asked)
    for post, people in named.items():
        found[post] += [known[one] for one in people if one in known]
    return found


def posts_held(connection: Connection, people: Collection[str]) -> dict[str, set[str]]:
    """By person the posts they hold now."""
    found: dict[str, set[str]] = {one: set() for one in people}
    for row in connection.execute(_HELD, {"people": list(found)}).all():
        found[row.person].add(row.post)
    return found


def hand_over(connection: Connection, zone: ZoneInfo, realm: str, now: datetime) -> int:
    """Write down who is on duty at posts whose turn ends by now, each change audited, and the first gap
    ahead; gives how many posts were looked at: a batch at most, for others wait for the writer.

    `now` is the machine's. Of what a stopped service missed only the outcome is written. Where whoever
    comes must confirm, the one before stays until they have, see `handing`.
    """
    due = list(connection.execute(
        select(roster.c.post).where(roster.c.next <= now).order_by(roster.c.next, roster.c.post)
        .limit(BATCH)
    ).scalars())  # fmt: skip
    if not due:
        return 0
    active = set(connection.execute(select(person.c.id).where(person.c.active)).scalars())
    for post in due:
        rota, overrides = rosters.rules_of(connection, post, zone)
        ahead = schedule(rota, overrides, now, now + LOOK_AHEAD, active)
        begun, gap = rota.starts <= now, _first_gap(connection, post, rota, ahead, active, now)
        rosters.forget_what_ended(connection, post, rota, now)
        turn_ends = ahead[0].ends if begun else rota.starts
        within = rosters.confirmed_at(connection, post)
        looks = [turn_ends, now + LOOK_AGAIN]
        if within is not None and turn_ends - AHEAD > now:
            looks.append(turn_ends - AHEAD)
        connection.execute(
            update(roster).where(roster.c.post == post).values(
                begun=begun, next=min(looks),
                gap_begins=gap.begins if gap else None, gap_ends=gap.ends if gap else None,
            )
        )  # fmt: skip
        people = ahead[0].people if begun else ()
        if within is not None:
            planned = schedule(rota, overrides, now, now + timedelta(seconds=1))
            people = handing.serves(connection, Turn(
                post, ahead[0] if begun else None, next((s for s in ahead if s.begins > now), None),
                bool(begun and planned[0].people), within, realm, now,
            ))  # fmt: skip
        else:
            handing.end_all(connection, post, "nobody need confirm any more", realm, now)
        handing.relieve(connection, post, people, realm, now)
    return len(due)


def _first_gap(
    connection: Connection, post: str, rota: Rota, ahead: Sequence[Shift], active: Set[str],
    now: datetime,
) -> Shift | None:  # fmt: skip
    """The first time ahead that nobody is on duty. Until the roster begins, that is where posts.csv
    names nobody. One that is under way keeps the beginning that it was found with."""
    found = next((one for one in ahead if not one.people), None)
    if now < rota.starts:
        named = connection.execute(select(holder.c.person).where(holder.c.post == post)).scalars()
        if active.isdisjoint(named):
            found = Shift(now, rota.starts, (), now)
    if found is None or found.begins > now:
        return found
    since = connection.execute(
        select(roster.c.gap_begins)
        .where(roster.c.post == post, roster.c.gap_begins <= now, roster.c.gap_ends >= now)
    ).scalar_one_or_none()  # fmt: skip
    return replace(found, begins=since or now)


def next_hand_over(connection: Connection) -> datetime | None:
    """When `hand_over` has something to look at next, by the machine's clock."""
    return connection.execute(_NEXT).scalar_one()


_NEXT = select(func.min(roster.c.next))
