"""Writing a delivery: its code and link, its text for its channel, its row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, insert, select

from alerting.dispatch import around
from alerting.dispatch.channels import Channel
from alerting.dispatch.codes import free_code, link_for, link_secret, used_codes
from alerting.dispatch.compose import Asking, Composed, Composer
from alerting.dispatch.digest import Digest
from alerting.dispatch.together import facts_together
from alerting.dispatch.turns import Turns
from alerting.dispatch.wording import LETTERS, News, lettered
from alerting.people import Contact, Person, Quiet, person_by_id
from alerting.runtime import Runtime
from alerting.store.schema import delivery, delivery_notice, measure
from alerting.vocabulary.questions import grouped

# What is said to one person because they spoke, or because their exercise stops: it never waits.
PROMPT = ("reply", "stopped")
NO_PERSON = frozenset({"", "service", "watch", "config"})
_LONGEST_CODE = "KMP"  # for trying whether a text fits before its code is drawn


@dataclass(slots=True)
class Settings:
    """What messages of this county look like and where they can go. `url` has no slash at its end.

    `unusable` names channels that refuse us at present; they are a last resort.
    """

    channels: Mapping[str, Channel]
    sender: Mapping[str, str]
    zone: ZoneInfo
    url: str
    quiet: Quiet = Quiet()
    unusable: set[str] = field(default_factory=set)

    @property
    def loudness(self) -> dict[str, int]:
        return {name: channel.loudness for name, channel in self.channels.items()}


@dataclass(slots=True)
class Bundle:
    """Notices that go to one person on one channel, to be answered alike."""

    person: Person
    contact: Contact
    band: str
    round: int
    rows: list[Row[Any]] = field(default_factory=list)
    fallback_of: int | None = None
    next_try: datetime | None = None
    digest: Digest | None = None  # which it is the next summary of
    joins: int | None = None  # a digest that it belongs to without being its summary


@dataclass(frozen=True, slots=True)
class Draft:
    """One delivery of a bundle, composed: as many of its notices as its text carries."""

    bundle: Bundle
    news: Sequence[News]
    code: str
    link: str  # its token
    said: Composed
    summary: bool = False  # of a digest, which has no letters

    def place(self, turns: Turns | None) -> tuple[str, int]:
        """Its lane and turn: among the messages of its rule, or among the answers to people."""
        first = self.news[0]
        prompt = first.kind in PROMPT
        lane = first.kind if prompt else str(first.facts.get("rule") or "")
        if turns is None:
            return lane, 0
        return turns.of(self.bundle.contact.channel, lane, None if prompt else first.alert)

    @property
    def letters(self) -> dict[str, int]:
        return {} if self.summary else lettered(self.news)


@dataclass(slots=True)
class Drafts:
    """What deliveries are written with; `runtime` for the jitter of what is tried again."""

    settings: Settings
    composer: Composer
    runtime: Runtime
    # Since when, by the machine's clock, a signal (realm, seq) has been seen half taken.
    half_taken: dict[tuple[str, int], datetime] = field(default_factory=dict)

    def pen(
        self, connection: Connection, realm: Row[Any], bundles: Sequence[Bundle], now: datetime
    ) -> Pen:
        """Read what composing these bundles of a realm needs, at this time of its clock."""
        return Pen(
            self.settings, self.composer, realm, now, link_secret(connection),
            used_codes(connection, realm.id, {b.person.id for b in bundles}, now),
            _names(connection, bundles),
            _besides(connection, self.composer, bundles),
        )  # fmt: skip

    def write(
        self, connection: Connection, realm: Row[Any], bundle: Bundle, now: datetime
    ) -> list[int]:
        """Compose and write a bundle in the caller's transaction; gives its deliveries' ids."""
        drafts = self.pen(connection, realm, [bundle], now).compose(bundle)
        return insert_drafts(connection, realm, drafts, now, self.runtime.now())


@dataclass(slots=True)
class Pen:
    """Composes bundles of one realm, without the database.

    A code that it gives is used up, for it does not know which drafts come to be written.
    """

    settings: Settings
    composer: Composer
    realm: Row[Any]
    now: datetime
    secret: str
    used: dict[str, set[str]]
    named: Mapping[str, Person | None]
    besides: Mapping[int, Mapping[str, Any]]  # by notice, what it says besides as things stand now

    def compose(self, bundle: Bundle, most: int | None = None) -> list[Draft]:
        """One draft; where its text is too long for the channel, as many as it takes, `most` at most.
        A digest's is one: a summary, or where it holds little the message itself.

        Raises whatever a template or the words in it raise.
        """
        language = bundle.person.language
        news = [_by_name(self._news(rows), language, self.named) for rows in grouped(bundle.rows)]
        if bundle.digest is not None and not self._as_itself(bundle, bundle.digest, news):
            return [self._draft(bundle, news, bundle.digest)]
        drafts: list[Draft] = []
        while news and (most is None or len(drafts) < most):
            count = self._fitting(bundle, news)
            drafts.append(self._draft(bundle, news[:count]))
            news = news[count:]
        return drafts

    def _news(self, rows: Sequence[Row[Any]]) -> News:
        asked = as_question(rows)
        return replace(asked, facts={**asked.facts, **self.besides.get(asked.id, {})})

    def _as_itself(self, bundle: Bundle, gathered: Digest, news: Sequence[News]) -> bool:
        """Whether a digest sends these in their own words: one thing keeps its digits and its deadline,
        and so does what no `1` answers as a whole, where one message has room for it."""
        if len(news) == 1:
            return True
        return not gathered.receivable and self._fitting(bundle, news) == len(news)

    def _draft(
        self, bundle: Bundle, news: Sequence[News], summed: Digest | None = None
    ) -> Draft:
        person, channel = bundle.person, self.settings.channels[bundle.contact.channel]
        code = free_code(self.used[person.id])
        self.used[person.id].add(code)
        link = link_for(self.secret, self.realm.id, person.id, code, self.now)
        asking = Asking(code, lettered(news), f"{self.settings.url}/a/{link}", channel.can_reply)
        if summed is not None:
            said = self.composer.digest(
                news, person.language, self.realm.exercise, asking, channel.max_segments,
                summed, summed.waits_for(bundle.rows),
            )  # fmt: skip
        else:
            said = self.composer.compose(
                news, person.language, self.realm.exercise, asking, channel.max_segments
            )
        said.text.encode()  # what the database would not take fails here, and takes no other along
        return Draft(bundle, news, code, link, said, summed is not None)

    def _fitting(self, bundle: Bundle, news: Sequence[News]) -> int:
        """How many of these, from the first, go in one message."""
        most = min(len(news), len(LETTERS))
        channel = self.settings.channels[bundle.contact.channel]
        if channel.max_segments is None or most == 1:
            return most
        link = link_for(self.secret, self.realm.id, bundle.person.id, _LONGEST_CODE, self.now)
        address = f"{self.settings.url}/a/{link}"  # all are of one length
        return self.composer.fitting(
            news[:most], bundle.person.language, self.realm.exercise,
            lambda some: Asking(_LONGEST_CODE, lettered(some), address, channel.can_reply),
            channel.max_segments,
        )  # fmt: skip


def insert_drafts(
    connection: Connection,
    realm: Row[Any],
    drafts: Sequence[Draft],
    now: datetime,
    machine: datetime,
    turns: Turns | None = None,
) -> list[int]:
    """Write drafts as deliveries, in the caller's transaction; gives their ids. `now` is by the
    realm's clock, `machine` by the machine's. Without `turns` they go first: they stand in for what
    has waited already."""
    if not drafts:
        return []
    rows = [
        {
            "realm": realm.id, "person": b.person.id, "channel": b.contact.channel,
            "address": b.contact.address, "band": b.band, "round": b.round, "state": "bound",
            "language": b.person.language, "created": now, "at": now, "fallback_of": b.fallback_of,
            "next_try": b.next_try, "code": draft.code, "link": draft.link,
            "letters": draft.letters, "rule": lane, "turn": turn,
            "bound": machine, "summary": draft.summary,
            "digest": b.joins if b.digest is None else b.digest.id, "subject": draft.said.subject,
            "text": draft.said.text, "segments": draft.said.segments,
        }
        for draft in drafts for b in [draft.bundle] for lane, turn in [draft.place(turns)]
    ]  # fmt: skip
    numbers = list(connection.execute(
        insert(delivery).returning(delivery.c.id, sort_by_parameter_order=True), rows
    ).scalars())  # fmt: skip
    connection.execute(insert(delivery_notice), [
        {"delivery": number, "notice": notice}
        for number, draft in zip(numbers, drafts, strict=True)
        for one in draft.news for notice in one.ids
    ])  # fmt: skip
    return numbers


def _names(connection: Connection, bundles: Sequence[Bundle]) -> dict[str, Person | None]:
    """Those by whom something was done, by the id the facts give."""
    ids = {_by(row.facts) for one in bundles for row in one.rows} - {""}
    return {one: person_by_id(connection, one) for one in sorted(ids)}


def _besides(
    connection: Connection, composer: Composer, bundles: Sequence[Bundle]
) -> dict[int, dict[str, Any]]:
    """For who must decide: what happens meanwhile, and what the neighbours do; once a question."""
    found: dict[int, dict[str, Any]] = {}
    asking = [row for one in bundles for row in one.rows
              if row.wants in ("decision", "confirm") and row.measure is not None]  # fmt: skip
    for rows in grouped(asking):
        keys = {row.measure for row in rows}
        asked = connection.execute(
            select(measure).where(measure.c.id.in_(keys)).order_by(measure.c.id)
        ).all()
        seen = around.read(connection, composer.book, composer.places, asked)
        seen = seen._replace(told=[t for t in seen.told if t != rows[0].facts.get("reason")])
        said = around.clauses(seen, composer.book, composer.places)
        found |= dict.fromkeys([row.id for row in rows], said)
    return found


def _by(facts: Mapping[str, Any]) -> str:
    return str(facts.get("by") or "").removeprefix("person:")


def _by_name(news: News, language: str, named: Mapping[str, Person | None]) -> News:
    """Facts say by id who did something; a reader is told the name, nothing where it was no person."""
    by = _by(news.facts)
    if not by:
        return news
    known = named[by]
    name = known.called(language) if known is not None else "" if by in NO_PERSON else by
    return replace(news, facts=dict(news.facts) | {"by": name})


def as_news(row: Row[Any]) -> News:
    """A row of `notice` as composing wants it."""
    return News(row.id, row.kind, max(1, row.level), row.created, row.facts, row.wants, row.measure,
                row.alert)  # fmt: skip


def as_question(rows: Sequence[Row[Any]]) -> News:
    """Notices that are put as one question, in the words of them all; or one notice by itself."""
    first = as_news(rows[0])
    if len(rows) == 1:
        return first
    return replace(first, facts=facts_together([row.facts for row in rows]),
                   others=tuple(row.id for row in rows[1:]))  # fmt: skip
