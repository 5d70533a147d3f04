"""Calling whoever comes on duty until they have taken over (交接班), and what their answer does.

One pursuit a post, in the real world alone and by its clock: the incomer is called ten minutes ahead,
at the turn with the list of what is open, and twice louder; then whoever stays and the post above are
told, and the calls go on at the slow pace of the policy. Who is on duty meanwhile is people.handing's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, insert, select, update

from alerting.alerts.life import Life
from alerting.alerts.notices import Facts
from alerting.audit import record
from alerting.chase import calls, handing_words, pursuits, reply_words, words
from alerting.chase.handing_words import Hands
from alerting.chase.ladder import ladder, policy_of
from alerting.chase.open_items import counted, gravest, open_items
from alerting.chase.outcomes import Outcome, Said
from alerting.people import Person, Post, handing, person_by_id, post_by_id
from alerting.people.reached import INCOMER
from alerting.store.schema import notice, pursuit
from alerting.store.schema_duty import handover
from alerting.vocabulary import Level
from alerting.vocabulary.answers import HANDOVER

ACTS = ("take-over", "cannot-take-over")
LEVEL = Level.orange  # it waits neither for the morning nor in a digest
LOUDER = (1 / 4, 3 / 4)  # of the time to confirm, after which the incomer is called again
LIVE = "live"


class _Called(NamedTuple):
    """What a ladder needs to know of a pursuit, where there may be none yet."""

    post: str
    level: int
    wants: str = HANDOVER


def unsaid(realm: str) -> ColumnElement[bool]:
    """Condition on hand-overs whose incomer has not been told how they stand; never in an exercise."""
    if realm != LIVE:
        return handover.c.n == -1
    return and_(handover.c.state == "open", handover.c.said.is_(False))


def ask(connection: Connection, life: Life, now: datetime) -> int:
    """Tell each incomer how their hand-over stands; gives how many."""
    rows = connection.execute(
        select(handover).where(unsaid(life.realm)).order_by(handover.c.n)
    ).all()
    for row in rows:
        held = pursuits.open_one(connection, life.realm, row.post, HANDOVER, None, None)
        if held is not None and held.id != row.pursuit:  # of a shift before this one
            pursuits.ended(connection, life, held.id, "the next shift is handed over", now)
            held = None
        number = held.id if held is not None else _begin(connection, life, row, now)
        if held is not None:
            _wait(connection, number, _first_look(row, now), round_=0)
        _call(connection, life, row, number, now, round_=0)
    return len(rows)


def lapse(connection: Connection, life: Life, held: Any, now: datetime) -> None:
    """Its time has passed and nobody has confirmed: called again, louder; then others are told."""
    row = handing.of_pursuit(connection, held.id)
    if row is None or row.state != "open":
        pursuits.ended(connection, life, held.id, "the roster has moved on", now)
        return
    begins, within = _begins(row)
    if now < begins:  # the clock was set back
        _wait(connection, held.id, _first_look(row, now), round_=0)
        return
    calls_left = len(LOUDER) - held.round
    if calls_left > 0:
        share = LOUDER[held.round + 1] if calls_left > 1 else 1
        after = max(begins + share * within, now + LOUDER[0] * within)
    else:
        after = now + policy_of(life, held).then_every.at(held.level)
    if calls_left == 0:
        said = handing_words.unconfirmed(hands(connection, row))
        _tell_others(connection, life, row, said, now)
    _wait(connection, held.id, after, round_=held.round + 1)
    _call(connection, life, row, held.id, now, round_=held.round + 1)


def unreached(connection: Connection, life: Life, held: Any, now: datetime) -> None:
    """No message reaches the incomer: whoever stays and the post above are told at once."""
    row = handing.of_pursuit(connection, held.id)
    if row is not None and row.state == "open" and held.round <= len(LOUDER):
        said = handing_words.out_of_reach(hands(connection, row))
        _tell_others(connection, life, row, said, now)
        every = policy_of(life, held).then_every.at(held.level)
        _wait(connection, held.id, now + every, round_=len(LOUDER) + 1)


# What is answered


def answer(connection: Connection, life: Life, said: Said) -> Outcome:
    """The incomer confirms, or cannot; nobody else answers this."""
    row = handing.of_pursuit(connection, said.notice.pursuit)
    if row is None or row.state == "ended":
        return Outcome("late", handing_words.moved_on(), "the roster has moved on")
    if said.who.id != row.incomer:
        return Outcome("refused", handing_words.not_theirs(person_by_id(connection, row.incomer)),
                       "not the incomer")  # fmt: skip
    if row.state == "taken" or (row.state == "confirmed" and said.act == "take-over"):
        who = person_by_id(connection, row.by)
        return Outcome("repeated", reply_words.repeated(life, row.confirmed, who))
    if said.act == "take-over":
        take_over(connection, life, row, said.who, said.at, said.text)
        return Outcome("taken", handing_words.taken(life, row, said.at))
    refuse(connection, life, row, said.who, said.at, said.text)
    return Outcome("taken", handing_words.stays(person_by_id(connection, row.outgoer), said.text))


def take_over(
    connection: Connection, life: Life, row: Row[Any], by: Person, at: datetime, reason: str = ""
) -> bool:
    """The incomer takes over with all that is open; `by` is themselves, or who does it for them.

    Whoever stayed is told, and the incomer where it was done for them. False where it was done before.
    """
    post = post_by_id(connection, row.post)
    assert post is not None  # a roster is of a post
    items = open_items(connection, life, post)
    if not handing.take_over(connection, row, by.id, life.realm, at, reason=reason,
                             items=[item.json() for item in items]):  # fmt: skip
        return False
    if row.pursuit is not None:
        pursuits.answered(connection, life, row.pursuit, by.id, at)
    told = handing_words.handed(life, row, person_by_id(connection, row.incomer), by, reason, at)
    for person in {row.outgoer, row.incomer} - {None, by.id}:
        _tell(connection, life, row, told, at, person=person, why=gravest(items))
    return True


def refuse(
    connection: Connection, life: Life, row: Row[Any], by: Person, at: datetime, reason: str
) -> bool:
    """The incomer cannot: others are told at once, and nobody calls the incomer again."""
    if not handing.cannot(connection, row, by.id, reason, life.realm, at):
        return False
    if row.pursuit is not None:
        connection.execute(
            update(pursuit).where(pursuit.c.id == row.pursuit, pursuit.c.state == "open")
            .values(deadline=None)
        )  # fmt: skip
        calls.take_back(connection, row.pursuit, "answered before it was sent")
    _tell_others(connection, life, row, handing_words.refused(hands(connection, row), reason), at)
    return True


def reason_given(
    connection: Connection, life: Life, notice_id: int, who: Person, reason: str, at: datetime
) -> None:
    """Why they cannot, said after they said so to this notice."""
    of = select(notice.c.pursuit).where(notice.c.id == notice_id)
    row = handing.of_pursuit(connection, connection.execute(of).scalar_one())
    if row is not None and row.state == "open" and row.cannot is not None:
        refuse(connection, life, row, who, at, reason)


# The steps


def _begins(row: Row[Any]) -> tuple[datetime, timedelta]:
    """From when on it is waited for, and how long the incomer has."""
    begins = max(row.due, row.asked)
    return begins, row.must_by - begins


def _first_look(row: Row[Any], now: datetime) -> datetime:
    """When the incomer is called again, had they been told how it stands at `now`."""
    begins, within = _begins(row)
    return max(begins, now) + LOUDER[0] * within


def _begin(connection: Connection, life: Life, row: Row[Any], now: datetime) -> int:
    result = connection.execute(
        insert(pursuit).values(
            realm=life.realm, wants=HANDOVER, alert=None, measure=None, post=row.post,
            level=int(LEVEL), state="open", rung=0, round=0, at_post=row.post, opened=now,
            must_by=row.must_by, deadline=_first_look(row, now),
        )
    )  # fmt: skip
    key: Any = result.inserted_primary_key
    number = int(key[0])
    record(connection, life.realm, now, "service", "begin chase", f"pursuit:{number}",
           {"wants": HANDOVER, "post": row.post, "person": row.incomer})  # fmt: skip
    return number


def _wait(connection: Connection, number: int, until: datetime, *, round_: int) -> None:
    connection.execute(
        update(pursuit).where(pursuit.c.id == number, pursuit.c.state == "open")
        .values(deadline=until, round=round_)
    )  # fmt: skip


def _call(
    connection: Connection, life: Life, row: Row[Any], number: int, now: datetime, *, round_: int
) -> None:
    """One message to the incomer with what is open now; the one before, if it has not gone out, is
    taken back for it."""
    calls.take_back(connection, number, "called again before it was sent")
    post = post_by_id(connection, row.post)
    assert post is not None
    items = open_items(connection, life, post)
    connection.execute(
        update(handover).where(handover.c.n == row.n)
        .values(pursuit=number, said=True, items=[item.json() for item in items])
    )  # fmt: skip
    said = handing_words.asked(row.stage, hands(connection, row).outgoer, round_, counted(items))
    facts = _facts(life, post, row, said) | {"why": gravest(items)}
    step = life.policies.of(int(LEVEL), HANDOVER).steps[0]
    connection.execute(
        insert(notice).values(
            realm=life.realm, kind=calls.TAKE_OVER, alert=None, measure=None, pursuit=number,
            post=row.post, person=row.incomer, who=INCOMER, wants=HANDOVER, rung=0, round=round_,
            level=int(LEVEL), created=now, due=now, state="due", facts=facts,
            loudness=step.loud(round_),
        )
    )  # fmt: skip


def hands(connection: Connection, row: Row[Any]) -> Hands:
    """Whose hand-over this is; `row` is of the table handover."""
    stays = person_by_id(connection, row.outgoer) if row.outgoer else None
    return Hands(person_by_id(connection, row.incomer), stays)


def _tell_others(
    connection: Connection, life: Life, row: Row[Any], said: words.Words, now: datetime
) -> None:
    """Whoever stays, and the post above; where there is none above, all on the post's own list."""
    post = post_by_id(connection, row.post)
    assert post is not None
    called = _Called(post.id, int(LEVEL))
    above = [one for one in ladder(connection, life, called, post.sector, post.place)
             if one.id != post.id]  # fmt: skip
    if not above:
        _tell(connection, life, row, said, now, post=post.id, who="any one")
        return
    if row.outgoer is not None:
        _tell(connection, life, row, said, now, person=row.outgoer)
    _tell(connection, life, row, said, now, post=above[0].id)


def _tell(
    connection: Connection, life: Life, row: Row[Any], said: words.Words, now: datetime, *,
    post: str | None = None, person: str | None = None, who: str = "on-duty",
    why: words.Words | None = None,
) -> None:  # fmt: skip
    of = post_by_id(connection, row.post)
    assert of is not None
    connection.execute(
        insert(notice).values(
            realm=life.realm, kind=calls.TAKE_OVER, alert=None, measure=None, post=post,
            person=person, wants="", level=int(LEVEL), created=now, due=now, state="due",
            facts=_facts(life, of, row, said) | {"why": why or {}}, who=who,
        )
    )  # fmt: skip


def _facts(life: Life, post: Post, row: Row[Any], said: words.Words) -> dict[str, Any]:
    """Of which post, and from when on: the heading."""
    facts = Facts("", "", life.places.county, int(LEVEL), onset=row.due, reason=said).json()
    return facts | {"post": words.both(post.called("zh"), post.called("en"))}
