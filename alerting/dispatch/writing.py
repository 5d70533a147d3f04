"""Writing a delivery: its row, its code and link, its text for its channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, bindparam, insert, update

from alerting.dispatch.channels import Channel
from alerting.dispatch.codes import free_code, link_for, link_secret, used_codes
from alerting.dispatch.compose import Asking, Composer
from alerting.dispatch.wording import LETTERS, News, lettered
from alerting.people import Contact, Person, person_by_id
from alerting.runtime import Runtime
from alerting.store.schema import delivery, delivery_notice

_NO_PERSON = frozenset({"service", "watch", "config"})
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
    unusable: set[str] = field(default_factory=set)


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


@dataclass(slots=True)
class _Draft:
    """One delivery of a bundle: as many of its notices as its text carries."""

    bundle: Bundle
    news: Sequence[News]
    code: str


@dataclass(slots=True)
class Drafts:
    """Writes deliveries, in their caller's transaction."""

    settings: Settings
    composer: Composer
    runtime: Runtime

    def write(
        self, connection: Connection, realm: Row[Any], bundles: Sequence[Bundle], now: datetime
    ) -> list[int]:
        """One delivery of each bundle; where its text is too long for the channel, as many as it
        takes. Gives their ids."""
        if not bundles:
            return []
        secret = link_secret(connection, self.runtime, now)
        used = used_codes(connection, realm.id, {b.person.id for b in bundles}, now)
        named = _names(connection, bundles)
        drafts: list[_Draft] = []
        sample = f"{self.settings.url}/a/{link_for(secret, 0)}"
        for one in bundles:
            news = [_by_name(as_news(row), one.person.language, named) for row in one.rows]
            while news:
                count = self._fitting(realm, one, news, sample)
                code = free_code(used[one.person.id])
                used[one.person.id].add(code)
                drafts.append(_Draft(one, news[:count], code))
                news = news[count:]
        numbers = _insert(connection, realm, drafts, now)
        texts = [
            self._text(secret, realm, draft, number)
            for draft, number in zip(drafts, numbers, strict=True)
        ]
        connection.execute(_TEXT, texts)
        return numbers

    def _fitting(
        self, realm: Row[Any], bundle: Bundle, news: Sequence[News], link: str
    ) -> int:
        """How many of these, from the first, go in one message with such a `link`."""
        most = min(len(news), len(LETTERS))
        channel = self.settings.channels[bundle.contact.channel]
        if channel.max_segments is None or most == 1:
            return most
        return self.composer.fitting(
            news[:most], bundle.person.language, realm.exercise,
            lambda some: Asking(_LONGEST_CODE, lettered(some), link, channel.can_reply),
            channel.max_segments,
        )  # fmt: skip

    def _text(self, secret: str, realm: Row[Any], draft: _Draft, number: int) -> dict[str, Any]:
        token = link_for(secret, number)
        person, channel = draft.bundle.person, self.settings.channels[draft.bundle.contact.channel]
        asking = Asking(draft.code, lettered(draft.news), f"{self.settings.url}/a/{token}",
                        channel.can_reply)  # fmt: skip
        said = self.composer.compose(
            draft.news, person.language, realm.exercise, asking, channel.max_segments
        )
        return {"number": number, "to_subject": said.subject, "to_text": said.text,
                "to_segments": said.segments, "to_link": token}  # fmt: skip


_TEXT = (
    update(delivery)
    .where(delivery.c.id == bindparam("number"))
    .values({name: bindparam(f"to_{name}") for name in ("subject", "text", "segments", "link")})
)


def _insert(
    connection: Connection, realm: Row[Any], drafts: Sequence[_Draft], now: datetime
) -> list[int]:
    """The rows without their texts, which need the rows' own numbers for their links."""
    rows = [
        {
            "realm": realm.id, "person": b.person.id, "channel": b.contact.channel,
            "address": b.contact.address, "band": b.band, "round": b.round, "state": "bound",
            "language": b.person.language, "created": now, "at": now, "fallback_of": b.fallback_of,
            "next_try": b.next_try, "code": draft.code, "text": "", "link": "",
            "letters": lettered(draft.news),
        }
        for draft in drafts for b in [draft.bundle]
    ]  # fmt: skip
    numbers = list(connection.execute(
        insert(delivery).returning(delivery.c.id, sort_by_parameter_order=True), rows
    ).scalars())  # fmt: skip
    connection.execute(insert(delivery_notice), [
        {"delivery": number, "notice": one.id}
        for number, draft in zip(numbers, drafts, strict=True) for one in draft.news
    ])  # fmt: skip
    return numbers


def _names(connection: Connection, bundles: Sequence[Bundle]) -> dict[str, Person | None]:
    """Those by whom something was done, by the id the facts give."""
    ids = {_by(row.facts) for one in bundles for row in one.rows} - {""}
    return {one: person_by_id(connection, one) for one in sorted(ids)}


def _by(facts: Mapping[str, Any]) -> str:
    return str(facts.get("by") or "").removeprefix("person:")


def _by_name(news: News, language: str, named: Mapping[str, Person | None]) -> News:
    """Facts say by id who did something; a reader is told the name, nothing where it was no person."""
    by = _by(news.facts)
    if not by:
        return news
    known = named[by]
    name = known.called(language) if known is not None else "" if by in _NO_PERSON else by
    return replace(news, facts=dict(news.facts) | {"by": name})


def as_news(row: Row[Any]) -> News:
    """A row of `notice` as composing wants it."""
    return News(row.id, row.kind, max(1, row.level), row.created, row.facts, row.wants, row.measure,
                row.alert)  # fmt: skip
