"""Who is asking, and what they may do.

Logins are argon2 passwords and a signed cookie, programs bring a token whose SHA-256 digest alone is
kept. Roles: view < answer < decide < order < admin. Without login everything is read-only, and only
for a browser on the machine itself.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from fastapi import Request
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import Connection, delete, func, insert, select, update

from alerting.audit import record
from alerting.errors import BadInput, Refused
from alerting.runtime import RealRuntime, Runtime
from alerting.store.schema import holder, person, post, setting, token
from alerting.web.desk import Station, read, station_of
from alerting.web.origin import at_the_machine, form_token
from alerting.web.problems import Problem
from alerting.web.words import WORDS

ROLES = ("view", "answer", "decide", "order", "admin")
COOKIE = "suian_session"
SESSION = timedelta(hours=12)  # a duty shift
LEFT = "session.left:"  # settings that remember who has logged out
DEMO_LINK = timedelta(days=7)
TOKEN_DAYS = 365  # what a token lasts where nobody says otherwise
TRIES, TRIES_IN = 5, timedelta(minutes=15)
_HASHER = PasswordHasher()


@dataclass(frozen=True, slots=True)
class Who:
    """The person asking. `by` is session, token or "" for nobody; `csrf` belongs to their forms."""

    person: str
    name: str
    role: str
    posts: frozenset[str]
    by: str
    csrf: str = ""
    name_en: str = ""

    def may(self, role: str) -> bool:
        return ROLES.index(self.role) >= ROLES.index(role)


NOBODY = Who("", "", "view", frozenset(), "")


def keys(store: Any, runtime: Runtime) -> bytes:
    """The secret that signs cookies and links; made once and kept in the settings."""
    with store.read() as connection:
        held = connection.execute(
            select(setting.c.value).where(setting.c.key == "web.secret")
        ).scalar_one_or_none()
    if held is None:
        held = runtime.token(32)
        made = held
        store.write(lambda c: c.execute(insert(setting).values(key="web.secret", value=made)))
    return str(held).encode()


def _signer(secret: bytes, salt: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt=salt, signer_kwargs={"digest_method": hashlib.sha256})


# --- who is it ---------------------------------------------------------------------------------


async def who(request: Request) -> Who:
    """The person behind a request, or NOBODY for a reader on the machine itself; 401 otherwise."""
    found = await somebody(request)
    if found is not None:
        return found
    if at_the_machine(request):
        return NOBODY
    raise Problem(
        401, "a login is needed here", "Log in at /login, or send an API token as a Bearer header.",
        {"WWW-Authenticate": "Bearer"},
    )  # fmt: skip


def needs(role: str) -> Any:
    """A dependency that gives who asks, if they have at least this role: 401 or 403 otherwise."""

    async def check(request: Request) -> Who:
        found = await somebody(request)
        if found is None:
            raise Problem(
                401, "a login is needed for this",
                "Log in at /login, or send an API token as a Bearer header.",
                {"WWW-Authenticate": "Bearer"},
            )  # fmt: skip
        if not found.may(role):
            raise Problem(
                403, f"this needs the role {role}; {found.name} has {found.role}",
                "Ask an administrator, or somebody on duty who has it.",
                zh=f"这项操作需要“{_in_chinese(role)}”权限，{found.name}只有“{_in_chinese(found.role)}”。"
                "请联系管理员或有权限的值班人员。",
            )  # fmt: skip
        return found

    return check


def _in_chinese(role: str) -> str:
    return WORDS[f"role_{role}"][0]


async def somebody(request: Request) -> Who | None:
    """The person behind a request, if there is one; 401 for a token that does not stand."""
    station = station_of(request)
    header = request.headers.get("authorization", "")
    if header:
        scheme, _, given = header.partition(" ")
        found = None
        if scheme.lower() == "bearer" and given:
            now = station.runtime.now()
            found = await read(station, lambda c: _by_token(c, given.strip(), now))
        if isinstance(found, Who):
            return found
        why = found or "the Authorization header holds no Bearer token"
        raise Problem(401, why, "Ask for a new one: `suian token create`.",
                      {"WWW-Authenticate": "Bearer"})  # fmt: skip
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        return None
    secret: bytes = request.app.state.secret
    now = station.runtime.now()
    return await read(station, lambda c: _by_session(c, secret, cookie, now))


def _by_token(connection: Connection, given: str, now: datetime) -> Who | str:
    """Whose token it is, or why it is not taken."""
    digest = hashlib.sha256(given.encode()).hexdigest()
    row = connection.execute(
        select(token, person.c.name, person.c.role.label("own_role"))
        .join(person, person.c.id == token.c.person)
        .where(token.c.digest == digest, person.c.active)
    ).one_or_none()
    if row is None:
        return "this token is unknown"
    if row.revoked is not None:
        return f"this token was revoked on {row.revoked:%Y-%m-%d}"
    if row.expires is not None and row.expires <= now:
        return f"this token expired on {row.expires:%Y-%m-%d}"
    posts = frozenset([row.post]) if row.post else _posts(connection, row.person)
    # A person who lost a role loses it on their tokens too.
    role = min(row.role, row.own_role, key=ROLES.index)
    return Who(row.person, row.name, role, posts, "token")


def _by_session(connection: Connection, secret: bytes, cookie: str, now: datetime) -> Who | None:
    try:
        said = _signer(secret, "session").loads(cookie)
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
    return Who(row.id, row.name, row.role, _posts(connection, row.id), "session",
               form_token(secret, cookie), row.name_en or row.name)  # fmt: skip


def _posts(connection: Connection, person_id: str) -> frozenset[str]:
    rows = connection.execute(select(holder.c.post).where(holder.c.person == person_id))
    return frozenset(rows.scalars())


def _stamp(password: str | None) -> str:
    """A session ends when the password changes."""
    return hashlib.sha256((password or "").encode()).hexdigest()[:12]


# --- coming in ---------------------------------------------------------------------------------


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
    return str(_signer(secret, "session").dumps(said))


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


def create_token(
    connection: Connection,
    person_id: str,
    role: str,
    post: str | None,
    label: str,
    now: datetime,
    runtime: Runtime | None = None,
    days: int = TOKEN_DAYS,
) -> str:
    """Make an API token that lasts so many days, audited. It is shown this once: only its digest is
    kept.

    Raises BadInput for an unknown role or person, Refused for a role above the person's own.
    """
    if role not in ROLES:
        raise BadInput(f"role {role!r} is none of {', '.join(ROLES)}")
    own = connection.execute(
        select(person.c.role).where(person.c.id == person_id, person.c.active)
    ).scalar_one_or_none()
    if own is None:
        raise BadInput(f"there is no person {person_id!r}", mend="`suian import people` adds them.")
    if ROLES.index(role) > ROLES.index(own):
        raise Refused(f"{person_id} has the role {own}: a token cannot have {role}")
    made = "suian_" + (runtime or RealRuntime()).token(32)
    digest = hashlib.sha256(made.encode()).hexdigest()
    connection.execute(
        insert(token).values(
            digest=digest, person=person_id, role=role, post=post, label=label, created=now,
            expires=now + timedelta(days=days),
        )
    )
    record(connection, "live", now, person_id, "create token", label or digest[:8],
           {"role": role, "post": post})  # fmt: skip
    return made


def tokens(connection: Connection) -> list[Any]:
    """All tokens there are, the newest first; a token is named by the beginning of its digest."""
    return list(connection.execute(
        select(token, person.c.name).join(person, person.c.id == token.c.person)
        .order_by(token.c.created.desc(), token.c.digest)
    ))  # fmt: skip


def revoke_token(connection: Connection, named: str, now: datetime, who: str) -> str:
    """End a token at once, audited; gives whose it was. `named` is the beginning of its digest.

    Raises BadInput where it names none or several, Refused where it has been revoked already.
    """
    found = [t for t in tokens(connection) if named and t.digest.startswith(named.lower())]
    if len(found) != 1:
        what = "no token" if not found else f"{len(found)} tokens"
        raise BadInput(f"{named!r} names {what}", mend="`suian token list` shows their names.")
    [one] = found
    if one.revoked is not None:
        raise Refused(f"it was revoked already, on {one.revoked:%Y-%m-%d}")
    connection.execute(update(token).where(token.c.digest == one.digest).values(revoked=now))
    record(connection, "live", now, who, "revoke token", one.label or one.digest[:8],
           {"person": one.person, "role": one.role})  # fmt: skip
    return str(one.person)


def demo_link(station: Station, person_id: str) -> str:
    """An address that logs a demo person in with one click; only where the county is fictional."""
    if not station.config.county.fictional:
        raise Refused("login links exist only in a fictional county")
    until = station.runtime.now() + DEMO_LINK
    said = {"person": person_id, "until": until.isoformat()}
    signed = _signer(keys(station.store, station.runtime), "demo").dumps(said)
    return f"{station.config.url}/login/{signed}"


def demo_people(connection: Connection, station: Station) -> list[dict[str, str]]:
    """Who can be logged in with one click, the most powerful first: name, role, post, link."""
    rows = connection.execute(
        select(person.c.id, person.c.name, person.c.name_en, person.c.role,
               func.min(post.c.title).label("title"), func.min(post.c.title_en).label("title_en"))
        .outerjoin(holder, holder.c.person == person.c.id)
        .outerjoin(post, post.c.id == holder.c.post)
        .where(person.c.active)
        .group_by(person.c.id)
    ).all()  # fmt: skip
    rows = sorted(rows, key=lambda r: (-ROLES.index(r.role), r.id))
    return [
        {"id": r.id, "zh": r.name, "en": r.name_en or r.name, "role": r.role,
         "post_zh": r.title or "", "post_en": r.title_en or r.title or "",
         "path": urlsplit(demo_link(station, r.id)).path}
        for r in rows
    ]  # fmt: skip


def demo_person(station: Station, secret: bytes, signed: str) -> str:
    """Whom a demo link logs in; 404 where it is forged, too old or the county is a real one."""
    gone = Problem(404, "this login link is unknown or too old", "Take a new one from the terminal.",
                   zh="登录链接无效或已过期，请从终端取新的链接。")  # fmt: skip
    if not station.config.county.fictional:
        raise gone
    try:
        said = _signer(secret, "demo").loads(signed)
        until = datetime.fromisoformat(said["until"])
    except (BadData, KeyError, TypeError, ValueError):
        raise gone from None
    if until <= station.runtime.now():
        raise gone
    return str(said["person"])


def check_form(who_asks: Who, given: dict[str, str]) -> None:
    """A form sent with a session must have been drawn for that session."""
    if who_asks.by == "session" and not hmac.compare_digest(given.get("form", ""), who_asks.csrf):
        raise Problem(403, "this form is not from this login", "Open the page again and repeat it.",
                      zh="此表单不属于本次登录，没有被执行。请重新打开页面再做一次。")  # fmt: skip
