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
from alerting.dispatch.wording import News, lettered
from alerting.people import Contact, Person, person_by_id
from alerting.runtime import Runtime
from alerting.store.schema import delivery, delivery_notice

_NO_PERSON = frozenset({"service", "watch", "config"})
_MOST = 12  # notices that are tried in one short text; three SMS never hold more
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
        news = [_by_name(connection, as_news(r), person.language) for r in rows]
        if channel.max_segments is not None and len(rows) > 1:
            trial = self._compose(channel, secret, realm, person, news, _LONGEST_CODE, 0)
            if trial.segments > channel.max_segments:
                # As many as fit go in the first, the rest after it in the same way.
                fitting = max(
                    (n for n in range(1, min(len(rows), _MOST))
                     if self._compose(channel, secret, realm, person, news[:n], _LONGEST_CODE, 0)
                     .segments <= channel.max_segments), default=1,
                )  # fmt: skip
                return [
                    number
                    for part in (rows[:fitting], rows[fitting:])
                    for number in self.write(connection, realm, person, contact, band, round_, part,
                                             now, fallback_of=fallback_of, next_try=next_try)
                ]  # fmt: skip
        code = free_code(used_codes(connection, realm.id, person.id, now))
        result = connection.execute(
            insert(delivery).values(
                realm=realm.id, person=person.id, channel=contact.channel, address=contact.address,
                band=band, round=round_, state="bound", language=person.language, text="",
                code=code, link="", letters=lettered(news), created=now, at=now,
                fallback_of=fallback_of, next_try=next_try,
            )
        )  # fmt: skip
        assert result.inserted_primary_key is not None
        number = int(result.inserted_primary_key[0])
        made = self._compose(channel, secret, realm, person, news, code, number)
        connection.execute(
            update(delivery)
            .where(delivery.c.id == number)
            .values(subject=made.subject, text=made.text, segments=made.segments,
                    link=link_for(secret, number))
        )  # fmt: skip
        connection.execute(
            insert(delivery_notice), [{"delivery": number, "notice": r.id} for r in rows]
        )
        return [number]

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
