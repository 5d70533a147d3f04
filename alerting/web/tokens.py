"""API tokens: a program brings one, and only its SHA-256 digest is kept."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from alerting.audit import record
from alerting.errors import BadInput, Refused
from alerting.runtime import RealRuntime, Runtime
from alerting.store.schema import person, token
from alerting.web.roles import ROLES, Who, posts_of

TOKEN_DAYS = 365  # what a token lasts where nobody says otherwise
_OF_DIGEST = (  # made once: programs bring theirs with every body
    select(token, person.c.name, person.c.role.label("own_role"))
    .join(person, person.c.id == token.c.person)
    .where(token.c.digest == bindparam("digest"), person.c.active)
)


def by_token(connection: Connection, given: str, now: datetime) -> Who | str:
    """Whose token it is, or why it is not taken."""
    digest = hashlib.sha256(given.encode()).hexdigest()
    row = connection.execute(_OF_DIGEST, {"digest": digest}).one_or_none()
    if row is None:
        return "this token is unknown"
    if row.revoked is not None:
        return f"this token was revoked on {row.revoked:%Y-%m-%d}"
    if row.expires is not None and row.expires <= now:
        return f"this token expired on {row.expires:%Y-%m-%d}"
    posts = frozenset([row.post]) if row.post else posts_of(connection, row.person)
    # A person who lost a role loses it on their tokens too.
    role = min(row.role, row.own_role, key=ROLES.index)
    return Who(row.person, row.name, role, posts, "token")


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
        raise Refused(f"{person_id} has the role {own}: a token cannot have {role}",
                      zh=f"{person_id} 的权限是 {own}，令牌不能有更高的 {role} 权限。")  # fmt: skip
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
        raise Refused(f"it was revoked already, on {one.revoked:%Y-%m-%d}",
                      zh=f"该令牌已于 {one.revoked:%Y-%m-%d} 撤销。")  # fmt: skip
    connection.execute(update(token).where(token.c.digest == one.digest).values(revoked=now))
    record(connection, "live", now, who, "revoke token", one.label or one.digest[:8],
           {"person": one.person, "role": one.role})  # fmt: skip
    return str(one.person)
