"""Writing a delivery: its row, its code and link, its text for its channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, insert, update

from alerting.dispatch.channels import Channel
from alerting.dispatch.codes import free_code, link_for, link_secret, used_codes
from alerting.dispatch.compose import Asking, Composed, Composer
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
class Drafts:
    """Writes deliveries, each in its caller's transaction."""

    settings: Settings
    composer: Composer
    runtime: Runtime

    def write(
        self,
        connection: Connection,
        realm: Row[Any],
        person: Person,
        contact: Contact,
        band: str,
        round_: int,
        rows: Sequence[Row[Any]],
        now: datetime,
        *,
        fallback_of: int | None = None,
        next_try: datetime | None = None,
    ) -> list[int]:
        """One delivery of these notices to this person; where its text is too long for the channel,
        as many as it takes. Gives their ids."""
        channel = self.settings.channels[contact.channel]
        secret = link_secret(connection, self.runtime, now)
        used = used_codes(connection, realm.id, person.id, now)
        news = [_by_name(connection, as_news(r), person.language) for r in rows]
        columns = {
            "realm": realm.id, "person": person.id, "channel": contact.channel,
            "address": contact.address, "band": band, "round": round_, "state": "bound",
            "language": person.language, "created": now, "at": now, "fallback_of": fallback_of,
            "next_try": next_try,
        }  # fmt: skip
        made = []
        while news:
            fitting = self._fitting(channel, secret, realm, person, news)
            code = free_code(used)
            used.add(code)
            number = _insert(connection, columns | {"code": code}, news[:fitting])
            said = self._compose(channel, secret, realm, person, news[:fitting], code, number)
            connection.execute(
                update(delivery)
                .where(delivery.c.id == number)
                .values(subject=said.subject, text=said.text, segments=said.segments,
                        link=link_for(secret, number))
            )  # fmt: skip
            made.append(number)
            news = news[fitting:]
        return made

    def _fitting(
        self, channel: Channel, secret: str, realm: Row[Any], person: Person, news: Sequence[News]
    ) -> int:
        """How many of these, from the first, go in one message."""
        most = min(len(news), len(LETTERS))
        if channel.max_segments is None or most == 1:
            return most
        for count in range(2, most + 1):
            trial = self._compose(channel, secret, realm, person, news[:count], _LONGEST_CODE, 0)
            if trial.segments > channel.max_segments:
                return count - 1
        return most

    def _compose(
        self,
        channel: Channel,
        secret: str,
        realm: Row[Any],
        person: Person,
        news: Sequence[News],
        code: str,
        number: int,
    ) -> Composed:
        link = f"{self.settings.url}/a/{link_for(secret, number)}"
        asking = Asking(code, lettered(news), link, channel.can_reply)
        return self.composer.compose(
            news, person.language, realm.exercise, asking, channel.max_segments
        )


def _insert(connection: Connection, columns: dict[str, Any], news: Sequence[News]) -> int:
    """The row without its text, which needs the row's own number for the link."""
    result = connection.execute(
        insert(delivery).values(text="", link="", letters=lettered(news), **columns)
    )
    assert result.inserted_primary_key is not None
    number = int(result.inserted_primary_key[0])
    connection.execute(
        insert(delivery_notice), [{"delivery": number, "notice": one.id} for one in news]
    )
    return number


def _by_name(connection: Connection, news: News, language: str) -> News:
    """Facts say by id who did something; a reader is told the name, nothing where it was no person."""
    by = str(news.facts.get("by") or "").removeprefix("person:")
    if not by:
        return news
    known = person_by_id(connection, by)
    name = known.called(language) if known is not None else "" if by in _NO_PERSON else by
    return replace(news, facts=dict(news.facts) | {"by": name})


def as_news(row: Row[Any]) -> News:
    """A row of `notice` as composing wants it."""
    return News(row.id, row.kind, max(1, row.level), row.created, row.facts, row.wants, row.measure,
                row.alert)  # fmt: skip
