"""Verified addresses: a code is sent there, and whoever reads it says it back, by reply or on the page.

An address that nobody has verified is used last and counts as no loud channel. It is by the machine's
clock, and of the real world: an address is as real in an exercise.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from alerting.alerts.life import Life
from alerting.audit import record
from alerting.chase import calls, reply_words
from alerting.chase.outcomes import Outcome
from alerting.people import Person
from alerting.signals import Report
from alerting.store.schema import contact
from alerting.store.schema_reach import verification

VERIFY = "verify"  # the act of a report that says a code back
LASTS = timedelta(hours=24)
TRIES = 5
_CODE = re.compile(r"\d{6}")


def unverified(connection: Connection, person: str) -> list[Any]:
    """A person's contacts that a code may be sent to: neither stopped nor verified, in their order."""
    return list(connection.execute(
        select(contact)
        .where(contact.c.person == person, contact.c.stopped.is_(None), contact.c.verified.is_(None))
        .order_by(contact.c.rank)
    ))  # fmt: skip


def ask(
    connection: Connection,
    life: Life,
    who: Person,
    to: Any,
    code: str,
    by: str,
    at: datetime,
    page: str,
) -> None:
    """Send a code of six digits to a contact of a person, in the caller's transaction; an earlier one
    counts no more. `page` is where it can be typed."""
    key = {"person": who.id, "channel": to.channel, "address": to.address}
    connection.execute(delete(verification).where(_of(**key)))
    connection.execute(
        insert(verification).values(**key, digest=_digest(code), asked=at, by=by, tries=0)
    )
    facts = calls.bare_facts(connection, life, calls.NOTHING)
    # Said on another channel it would prove the wrong address.
    facts |= {"to": {"channel": to.channel, "address": to.address}, "nowhere_else": True}
    calls.tell(connection, life, "reply", facts, reply_words.say_back(code, page), at, person=who.id)
    record(connection, life.realm, at, by, "ask to verify", f"person:{who.id}", {"channel": to.channel})


def is_code(connection: Connection, person: str, channel: str, address: str, text: str) -> bool:
    """Whether a text from an address is six digits while a code is awaited from there."""
    if not _CODE.fullmatch(_plain(text)):
        return False
    asked = select(verification.c.person).where(_of(person, channel, address))
    return connection.execute(asked).first() is not None


def verify(connection: Connection, life: Life, who: Person, report: Report, at: datetime) -> Outcome:
    """Take a code that was said back: the address counts from now on, or what was wrong is told."""
    channel, address = str(report.detail["channel"]), str(report.detail["reply_to"])
    mine = _of(who.id, channel, address)
    row = connection.execute(select(verification).where(mine)).one_or_none()
    if row is None or at - row.asked > LASTS or row.tries >= TRIES:
        return Outcome("refused", reply_words.code_over(), "no code is awaited from there")
    if _digest(_plain(str(report.detail.get("text", "")))) != row.digest:
        connection.execute(update(verification).where(mine).values(tries=row.tries + 1))
        left = TRIES - row.tries - 1
        return Outcome("refused", reply_words.code_wrong(left), "another code was sent")
    connection.execute(delete(verification).where(mine))
    connection.execute(
        update(contact)
        .where(contact.c.person == who.id, contact.c.channel == channel, contact.c.address == address)
        .values(verified=at)
    )  # fmt: skip
    record(connection, life.realm, at, who.id, "verify", f"person:{who.id}", {"channel": channel})
    return Outcome("taken", reply_words.verified(channel))


def _of(person: str, channel: str, address: str) -> Any:
    return ((verification.c.person == person) & (verification.c.channel == channel)
            & (verification.c.address == address))  # fmt: skip


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
