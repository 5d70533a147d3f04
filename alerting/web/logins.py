"""Logging in and out: argon2 passwords, signed session cookies, and how often one may try."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import Connection, delete, insert, select, update

from alerting.audit import record
from alerting.errors import BadInput
from alerting.runtime import Runtime
from alerting.store.schema import person, setting
from alerting.web.origin import form_token
from alerting.web.roles import Who, posts_of

COOKIE = "suian_session"
SESSION = timedelta(hours=12)  # a duty shift
LEFT = "session.left:"  # settings that remember who has logged out
TRIES, TRIES_IN = 5, timedelta(minutes=15)
_HASHER = PasswordHasher()


def keys(store: Any, runtime: Runtime) -> bytes:
    """The secret that signs cookies and links; made once and kept in the settings."""
    with store.read() as connection:
        held = _secret(connection)
    return (held or _made(store, runtime.token(32))).encode()


def _made(store: Any, fresh: str) -> str:
    """A fresh secret, or that of another process that was quicker."""

    def make(connection: Connection) -> str:
        held = _secret(connection)
        if held is None:
            connection.execute(insert(setting).values(key="web.secret", value=fresh))
        return held or fresh

    made: str = store.write(make)
    return made


def _secret(connection: Connection) -> str | None:
    return connection.execute(
        select(setting.c.value).where(setting.c.key == "web.secret")
    ).scalar_one_or_none()


def signer(secret: bytes, salt: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt=salt, signer_kwargs={"digest_method": hashlib.sha256})


def session(
    connection: Connection, secret: bytes, person_id: str, now: datetime, number: str
) -> str | None:
    """A cookie for a person; None where there is no such active person. `number` tells it from their
    others: one may end without them."""
    row = connection.execute(
        select(person).where(person.c.id == person_id, person.c.active)
    ).one_or_none()
    if row is None:
        return None
    said = {"person": row.id, "until": (now + SESSION).isoformat(),
            "password": _stamp(row.password), "number": number}  # fmt: skip
    return str(signer(secret, "session").dumps(said))


def by_session(connection: Connection, secret: bytes, cookie: str, now: datetime) -> Who | None:
    try:
        said = signer(secret, "session").loads(cookie)
        until = datetime.fromisoformat(said["until"])
        key, stamp = str(said["person"]), str(said["password"])
    except (BadData, KeyError, TypeError, ValueError):
        return None
    row = connection.execute(
        select(person).where(person.c.id == key, person.c.active)
    ).one_or_none()
    if row is None or until <= now or stamp != _stamp(row.password):
        return None
    if connection.execute(select(setting.c.key).where(setting.c.key == _left(cookie))).first():
        return None
    return Who(row.id, row.name, row.role, posts_of(connection, row.id), "session",
               form_token(secret, cookie), row.name_en or row.name)  # fmt: skip


def end_session(connection: Connection, cookie: str, now: datetime) -> None:
    """Log a session out for good: its cookie opens nothing any more, wherever a copy of it lies.

    What is remembered of it is forgotten once it would have ended by itself.
    """
    old = setting.c.key.startswith(LEFT), setting.c.value <= now.isoformat()
    connection.execute(delete(setting).where(*old))
    connection.execute(delete(setting).where(setting.c.key == _left(cookie)))
    until = (now + SESSION).isoformat()
    connection.execute(insert(setting).values(key=_left(cookie), value=until))


def _left(cookie: str) -> str:
    return LEFT + hashlib.sha256(cookie.encode()).hexdigest()


def _stamp(password: str | None) -> str:
    """A session ends when the password changes."""
    return hashlib.sha256((password or "").encode()).hexdigest()[:12]


class Tries:
    """Failed logins by address, in memory: after five in a quarter of an hour it must wait."""

    def __init__(self) -> None:
        self._failed: dict[str, list[datetime]] = defaultdict(list)

    def must_wait(self, address: str, now: datetime) -> int:
        """Minutes until another try is taken; 0 when it may be made now."""
        recent = [at for at in self._failed.pop(address, []) if now - at < TRIES_IN]
        if not recent:
            return 0
        self._failed[address] = recent
        if len(recent) < TRIES:
            return 0
        return max(1, round((recent[-TRIES] + TRIES_IN - now).total_seconds() / 60))

    def left(self, address: str, now: datetime) -> int:
        return TRIES - len([at for at in self._failed.get(address, []) if now - at < TRIES_IN])

    def failed(self, address: str, now: datetime) -> None:
        self._failed[address].append(now)
        if len(self._failed) > 10_000:  # an attack from everywhere must not fill the memory
            self._failed.pop(next(iter(self._failed)))


def password_fits(connection: Connection, person_id: str, password: str) -> bool:
    """Takes as long for an unknown name as for a wrong password."""
    held = connection.execute(
        select(person.c.password).where(person.c.id == person_id, person.c.active)
    ).scalar_one_or_none()
    try:
        return _HASHER.verify(held or _nobodys(), password) and held is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    return _HASHER.hash("no such person")


def set_password(
    connection: Connection, person_id: str, password: str, now: datetime, who: str
) -> None:
    """Set a person's password, audited. Raises BadInput for a short one or an unknown person."""
    if len(password) < 10:
        raise BadInput("a password needs at least ten characters")
    done = connection.execute(
        update(person).where(person.c.id == person_id).values(password=_HASHER.hash(password))
    )
    if not done.rowcount:
        raise BadInput(f"there is no person {person_id!r}", mend="`suian import people` adds them.")
    record(connection, "live", now, who, "set password", person_id, {})
