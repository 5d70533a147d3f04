"""Binding: due notices go to whoever holds the posts now, as deliveries.

Texts take their time, and the writer has none to give. So a batch is planned on a reading
connection, for each realm:
    1. a due notice that should not go out is withheld or waits (see withholding);
    2. the post's holders, or the one person it is for, are found: nobody is an end of its own;
    3. a person who was written to less than 30 s ago waits, unless it is red or an answer to them;
    4. what goes to one person on one channel in one band, and is answered alike, is one delivery,
       whose text is composed.
Then a short transaction binds it: what has changed since it was read stays due and is planned anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Connection, Row, bindparam, func, select, update

from alerting.dispatch import budget, digest
from alerting.dispatch.budget import LIVE, MINUTE, Budget, Need, limits
from alerting.dispatch.digest import ENDS, Digests, Key, digestible, rest_of, sort_of
from alerting.dispatch.muting import Muting
from alerting.dispatch.readers import Reader, Readers
from alerting.dispatch.superseding import ended_of
from alerting.dispatch.turns import FEW, Turns
from alerting.dispatch.waiting import MESSAGES, batch
from alerting.dispatch.withholding import LOOK_BACK, Verdict, judge
from alerting.dispatch.writing import PROMPT, Bundle, Draft, Drafts, insert_drafts
from alerting.people import Contact, Person
from alerting.store.schema import delivery, is_due, notice, slice_done
from alerting.store.schema import realm as realm_table
from alerting.vocabulary import Level
from alerting.vocabulary.answers import CALLED, HANDOVER
from alerting.vocabulary.questions import TOGETHER, question_of

log = structlog.get_logger()
BUNDLE = timedelta(seconds=30)
ALL_TOLD = "everybody whom it reached is told otherwise"
BUNDLED = "bundled: written to less than 30 s ago"
WITH_THEM = 400  # more, where they are put as one question with one of these
HALF_TAKEN = timedelta(seconds=1)  # after which it is looked again whether a question is whole
# A signal that is half taken for longer, by an engine that is stuck, holds no question.
HALF_TAKEN_AT_MOST = timedelta(seconds=20)
HOLDS_NO_MORE = (*ENDS, "correction")
Sheet = dict[str, Any]


@dataclass(slots=True)
class Plan:
    """What becomes of a batch of one realm's due notices, by the clock of that realm.

    `ends` has the state, reason, due time and person that each notice, by its id, gets; `newest` is the
    last delivery there was when they were read.
    """

    realm: Row[Any]
    now: datetime
    newest: int
    rows: dict[int, Row[Any]]
    digests: Digests
    turns: Turns
    machine: datetime  # the time by the machine's clock
    ends: dict[int, Sheet] = field(default_factory=dict)
    drafts: list[Draft] = field(default_factory=list)


def plan(
    connection: Connection, drafts: Drafts, now_of: Callable[[str], datetime]
) -> list[Plan]:
    """What to bind now, in every realm, the real world first. Nothing is written."""
    # One that is just being opened has no clock yet, and nothing due.
    realms = connection.execute(_REALMS).all()
    made = [_Planning(connection, drafts, realm, now_of(realm.id)).run() for realm in realms]
    return [one for one in made if one is not None]


def bind(connection: Connection, plan: Plan) -> int:
    """Write a plan down, in the caller's transaction; gives how many notices moved on, those
    included that now wait.

    A notice that is not due as it was read, or whose reader was written to meanwhile (their codes and
    their 30 s have changed), is left for the next plan.
    """
    left = _changed(connection, plan)
    kept = [d for d in plan.drafts if left.isdisjoint(_numbers(d))]
    insert_drafts(connection, plan.realm, kept, plan.now, plan.machine, plan.turns)
    told = {d.bundle.digest.id for d in kept if d.bundle.digest and d.bundle.digest.id}
    digest.write(connection, plan.realm.id, plan.digests, told, plan.now)
    moves = [
        {"number": number} | {f"to_{name}": value for name, value in end.items()}
        for number, end in plan.ends.items() if number not in left
    ]  # fmt: skip
    if moves:
        connection.execute(_MOVE, moves)
    return len(moves)


def _changed(connection: Connection, plan: Plan) -> set[int]:
    """Notices of a plan that cannot be bound by it any more."""
    still = connection.execute(_STILL_DUE, {"notices": list(plan.rows)})
    due = {row.id: row.due for row in still}
    left = {number for number, row in plan.rows.items() if due.get(number) != row.due}
    readers = {draft.bundle.person.id for draft in plan.drafts}
    given = {"newest": plan.newest, "people": list(readers)}
    written = set(connection.execute(_WRITTEN_SINCE, given).scalars())
    for draft in plan.drafts:
        if draft.bundle.person.id in written:
            left |= _numbers(draft)
    for key, (one, waits) in list(plan.digests.begun.items()):
        if one.person in written:  # what would have made it begin is not sent now
            left |= set(waits)
            del plan.digests.begun[key]
    if left:  # ends and updates were judged by what was to go out with them
        left |= {number for number, row in plan.rows.items() if row.kind in LOOK_BACK}
    return left


def _numbers(draft: Draft) -> set[int]:
    return {number for one in draft.news for number in one.ids}


_MOVE = (
    update(notice)
    .where(notice.c.id == bindparam("number"))
    .values({name: bindparam(f"to_{name}") for name in ("state", "reason", "due", "person")})
)


# Made once: every batch asks them.
_REALMS = (
    select(realm_table)
    .where(select(notice.c.id).where(notice.c.realm == realm_table.c.id, is_due).exists())
    .order_by(realm_table.c.kind != "live", realm_table.c.id)
)
_STILL_DUE = select(notice.c.id, notice.c.due).where(
    notice.c.id.in_(bindparam("notices", expanding=True)), is_due
)
_WRITTEN_SINCE = select(delivery.c.person).distinct().where(
    delivery.c.id > bindparam("newest"), delivery.c.person.in_(bindparam("people", expanding=True))
)  # fmt: skip
_NEWEST = select(func.max(delivery.c.id))
_HALF_TAKEN = select(slice_done.c.seq).where(slice_done.c.realm == bindparam("realm")).limit(1)


class _Slot(NamedTuple):
    """Where a notice is to go, from when on, and why not before."""

    key: tuple[Any, ...]
    bundle: Bundle
    free: datetime
    why: str


@dataclass(slots=True)
class _Planning:
    """One realm's turn."""

    connection: Connection
    drafts: Drafts
    realm: Row[Any]
    now: datetime
    _readers: Readers = field(init=False)
    _digests: Digests = field(init=False)
    _budget: Budget = field(init=False)
    _plan: Plan = field(init=False)
    _goes_on: set[int] = field(default_factory=set)  # notices whose list is not at its end

    def run(self) -> Plan | None:
        due = batch(self.connection, self.realm, self.now)
        if not due:
            return None
        settings, realm = self.drafts.settings, self.realm.id
        self._digests = Digests(self.connection, realm, self.now, settings.zone)
        due = [*due, *self._put_with(due)]
        due = [*due, *self._for_summaries(due)]
        newest = self.connection.execute(_NEWEST).scalar_one() or 0
        self._plan = Plan(self.realm, self.now, newest, {row.id: row for row in due}, self._digests,
                          Turns(self.connection), self.drafts.runtime.now())  # fmt: skip
        self._readers = Readers(self.connection, settings, realm, due)
        self._budget = Budget(self.connection, settings, self._plan.machine, realm == LIVE)
        self._budget.read_ahead(self._readers.people)
        ended = ended_of(self.connection, due)
        half_taken = self._half_taken()
        bundles: dict[tuple[Any, ...], Bundle] = {}
        muting = Muting(self.connection, realm, due)
        told: list[Row[Any]] = []  # what goes out with a notice has gone out before it
        for row in due:
            if len(bundles) >= MESSAGES and question_of(row) is None:
                del self._plan.rows[row.id]  # the next plan's
                continue
            verdict = muting.of(row) or judge(self.connection, self.realm, row, ended, told,
                                              self.now, settings)  # fmt: skip
            if verdict is None and half_taken and question_of(row) is not None:
                verdict = Verdict("more places of the same question are on their way",
                                  self.now + HALF_TAKEN)  # fmt: skip
            if verdict is not None:
                self._obey(row, verdict)
            elif self._place(row, bundles):
                told.append(row)
        self._compose(list(bundles.values()))
        return self._plan

    def _put_with(self, due: Sequence[Row[Any]]) -> list[Row[Any]]:
        """The rest of the questions of which the batch has a part: one question is one message."""
        asked = {question_of(row) for row in due} - {None}
        if not asked:
            return []
        known = [row.id for row in due]
        moments = {row.created for row in due if question_of(row) in asked}
        rows = self.connection.execute(
            select(notice)
            .where(notice.c.realm == self.realm.id, is_due,
                   notice.c.wants.in_(TOGETHER), notice.c.created.in_(moments),
                   notice.c.due <= max(row.due for row in due), notice.c.id.not_in(known))
            .order_by(notice.c.id)
        ).all()  # fmt: skip
        return [row for row in rows if question_of(row) in asked][:WITH_THEM]

    def _for_summaries(self, due: Sequence[Row[Any]]) -> list[Row[Any]]:
        """The rest of what goes into summaries that are due: one summary is one message."""
        if not self._digests:
            return []
        readers = Readers(self.connection, self.drafts.settings, self.realm.id, due)
        posts: dict[tuple[str, str], set[str]] = {}
        for row in due:
            for reader in readers.of(row)[0] if digestible(row) else ():
                band, sort = Level(max(1, row.level)).band, sort_of(row)
                going = self._digests.of((reader.person.id, reader.contact.channel, band), sort)
                if going is not None and self._digests.next_at(going) <= self.now:
                    posts.setdefault((band, sort), set()).add(row.post)
        known = {row.id for row in due}
        return [
            row for (band, sort), told in posts.items()
            for row in rest_of(self.connection, self.realm.id, told, band, sort, self.now, known,
                               WITH_THEM)
        ]  # fmt: skip

    def _half_taken(self) -> bool:
        """Whether more places of a question may be on their way: a signal is taken slice by slice."""
        seq = self.connection.execute(_HALF_TAKEN, {"realm": self.realm.id}).scalar()
        if seq is None:
            return False
        key, now = (self.realm.id, seq), self._plan.machine
        since = self.drafts.half_taken.get(key, now)
        others = {k: at for k, at in self.drafts.half_taken.items() if k[0] != self.realm.id}
        self.drafts.half_taken = others | {key: since}
        return now - since < HALF_TAKEN_AT_MOST

    def _obey(self, row: Row[Any], verdict: Verdict) -> None:
        if verdict.until is not None:
            self._end(row, "due", verdict.reason, due=verdict.until)
        elif self._readers.began(row):  # of a long list some were told, and are told otherwise
            self._end(row, "carried", verdict.reason)
        else:
            self._end(row, "withheld", verdict.reason)

    def _place(self, row: Row[Any], bundles: dict[tuple[Any, ...], Bundle]) -> bool:
        """Put a notice into the bundles of its readers; or it waits, or ends with nobody. True where
        all of them are told now."""
        readers, missing = self._readers.of(row)
        if not readers:
            self._end(row, "nobody" if missing else "withheld", missing or ALL_TOLD)
            return False
        waits: datetime | None = None
        why = ""
        for reader in readers:
            if self._readers.had(row, reader):
                continue
            if len(bundles) >= MESSAGES and len(readers) > FEW:
                self._goes_on.add(row.id)  # the next plan, with who is left of its list
                waits, why = row.due, row.reason
                break
            slot = self._within_budget(row, reader, self._slot(row, reader.person, reader.contact),
                                       bundles)  # fmt: skip
            if slot.free > self.now:
                if waits is None or slot.free < waits:
                    waits, why = slot.free, slot.why
                continue
            bundles.setdefault(slot.key, slot.bundle).rows.append(row)
        if waits is not None:
            self._end(row, "due", why, due=waits)
        else:
            self._end(row, "carried", "", person=readers[0].person.id)
        return waits is None

    def _slot(self, row: Row[Any], person: Person, contact: Contact) -> _Slot:
        """The message that a notice is to go out with on a contact, and from when on it may."""
        band = Level(max(1, row.level)).band
        of = (person.id, contact.channel, band)
        going = self._digests.of(of, sort_of(row)) if digestible(row) else None
        if going is not None:
            free, why = self._digests.next_at(going), digest.WHY
        else:
            free, why = self._free_from(row, person.id), BUNDLED
        apart = (row.round, _answered_as(row)) if going is None else ("digest", sort_of(row))
        key = (*of, contact.address, *apart)
        return _Slot(key, Bundle(person, contact, band, row.round, digest=going), free, why)

    def _within_budget(
        self, row: Row[Any], reader: Reader, slot: _Slot, bundles: dict[tuple[Any, ...], Bundle]
    ) -> _Slot:
        """The same, or on another of their contacts, or later: a message more must fit the budget."""
        if slot.free > self.now or slot.key in bundles or row.kind in PROMPT:
            return slot
        person, first = reader.person, reader.contact
        if limits(self.drafts.settings.channels[first.channel], urgent=True):
            others = self._readers.contacts_of(person.id)
            need = self._need([row])
            contact, until = self._budget.choose(person.id, first, others, need)
            if until is not None and not (need.soon and row.created + MINUTE <= self.now):
                wait = (until - self._plan.machine) * self.realm.speed
                return slot._replace(free=self.now + wait, why=budget.why(first.channel))
            if contact != first:
                slot = self._slot(row, person, contact)
        self._budget.uses(person.id, slot.bundle.contact.channel)
        return slot

    def _need(self, rows: Sequence[Row[Any]]) -> Need:
        real = self.realm.id == LIVE
        return Need(real and any(row.level >= Level.red for row in rows),
                    real and any(row.wants or row.kind in HOLDS_NO_MORE for row in rows))  # fmt: skip

    def _free_from(self, row: Row[Any], person: str) -> datetime:
        """From when on this person may be written to: red and replies wait for nothing."""
        if row.level >= Level.red or row.kind in PROMPT:
            return self.now
        last = self._readers.last_written(person)
        # What was written in between, red for one, must not put it off for ever.
        free = self.now if last is None else min(last, row.created) + BUNDLE
        return max(self.now, free)

    def _compose(self, bundles: list[Bundle]) -> None:
        """Write the texts. One that cannot be written must not hold up everybody's: its own notices
        end with nobody, which calls the next rung; the log says why. One that others of its list still
        wait for ends so only where none of those whose turn it was could be written to."""
        pen = self.drafts.pen(self.connection, self.realm, bundles, self.now)
        self._digests.count({one.person.id for one in bundles})
        failed: list[tuple[Row[Any], str]] = []
        for bundle in bundles:
            gathers = bundle.digest is None and digestible(bundle.rows[0])
            of = (bundle.person.id, bundle.contact.channel, bundle.band)
            try:
                drafts = pen.compose(bundle, self._most(of, bundle) if gathers else None)
                self._plan.drafts += drafts
                if gathers:
                    self._digests.goes(of, bundle.rows[0], len(drafts))
                    self._gather(of, bundle, drafts)
            except Exception as error:
                numbers = [row.id for row in bundle.rows]
                log.exception("a message cannot be written", notices=numbers)
                why = f"the message cannot be written: {type(error).__name__}: {error}"
                failed += [(row, why) for row in bundle.rows]
        written = {number for draft in self._plan.drafts for number in _numbers(draft)}
        for row, why in failed:
            waits = row.id in self._goes_on
            if self._plan.ends[row.id]["state"] == "carried" or (waits and row.id not in written):
                self._end(row, "nobody", why)

    def _most(self, of: Key, bundle: Bundle) -> int:
        """How many messages a bundle may be parted into."""
        room = self._digests.room(of, bundle.rows[0])
        left = self._budget.left(of[0], of[1], self._need(bundle.rows))
        return room if left is None else min(room, max(1, left))

    def _gather(self, of: Key, bundle: Bundle, drafts: Sequence[Draft]) -> None:
        """What is over the messages of a minute waits for a digest."""
        gone = {number for draft in drafts for number in _numbers(draft)}
        left = [row for row in bundle.rows if row.id not in gone]
        if not left:
            return
        for row in left:
            until = self._digests.begin(of, row)
            if self._plan.ends[row.id]["state"] == "carried":
                self._end(row, "due", digest.WHY, due=until)

    def _end(self, row: Row[Any], state: str, reason: str, **more: Any) -> None:
        as_read = {"due": row.due, "person": row.person}
        self._plan.ends[row.id] = as_read | {"state": state, "reason": reason} | more


def _answered_as(row: Row[Any]) -> str:
    """A digit must mean one thing in a message: what is answered otherwise goes in another."""
    if row.kind in PROMPT:
        return f"{row.kind}:{row.id}"
    if row.wants == HANDOVER or row.wants in CALLED:  # of one post, or of one call-out and post
        return f"{row.wants}:{row.id}"
    return row.wants if row.wants not in ("acknowledge", "in-force") else ""
