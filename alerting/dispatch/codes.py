"""Reply codes and links: what ties a person's answer to the message it answers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from itertools import count, product

from itsdangerous import Signer
from sqlalchemy import BindParameter, Connection, and_, bindparam, insert, or_, select

from alerting.audit import record
from alerting.runtime import Runtime
from alerting.store.schema import delivery, setting
from alerting.store.schema import realm as realms

# Nothing that is taken for another (0O 1IL 2Z 5S 8B), no digit that answers (1 to 4), and none of
# the letters that name the measures of a message (A, B, C …).
LETTERS = "HJKMNPRTUVWXY"
DIGITS = "679"
# Codes that a text may hold as something else: a unit, the time of day, a throat that is cleared.
_OTHERWISE = re.compile(r"U+M+|U+H+|H+M+|HUH|HUM|HR|KM|KM[HP]|[KM]PH|MM|PM|MR|MY|TV|UP|TRY|WHY|RUN|PUT")
NOT_AGAIN = timedelta(days=30)
OPEN_FOR = timedelta(days=365)
SECRET = "dispatch:link-secret"
_SALT = "suian.link"
_LIVE = "live"


def all_codes() -> Iterator[str]:
    """Codes without end, the easiest to type first: H6 … Y9, HH … YY, HHH …"""
    yield from ("".join(one) for one in product(LETTERS, DIGITS))
    for length in count(2):
        for one in product(LETTERS, repeat=length):
            if not _OTHERWISE.fullmatch(code := "".join(one)):
                yield code


def used_codes(
    connection: Connection, realm: str, people: Collection[str], now: datetime
) -> dict[str, set[str]]:
    """Codes each person must not be given: of 30 days in any realm, and of any open message.

    An answer names its message by the code alone, so every realm counts, one that has ended too: who
    still holds an exercise's message must not answer a live alert with it. Days are the machine's, and
    those of the realm's own clock besides. After a year nobody answers any more.
    """
    rows = connection.execute(_USED, {
        "people": list(people), "realm": realm, "past": _newest_past(connection, realm, now),
        "lately": now - NOT_AGAIN, "open_since": now - OPEN_FOR,
    })  # fmt: skip
    used: dict[str, set[str]] = {one: set() for one in people}
    for row in rows:
        used[row.person].add(row.code)
    return used


_realm: BindParameter[str] = bindparam("realm")
_is_open = delivery.c.state.not_in(["answered", "superseded", "dead"])
_USED = (
    select(delivery.c.person, delivery.c.code)
    .join(realms, realms.c.id == delivery.c.realm)
    .where(
        # Every realm by its name: the index begins with it.
        delivery.c.realm.in_(select(realms.c.id)),
        delivery.c.person.in_(bindparam("people", expanding=True)),
        or_(
            delivery.c.id > bindparam("past"),
            and_(delivery.c.realm == _realm, delivery.c.created > bindparam("lately")),
            and_(delivery.c.realm == _realm, delivery.c.created > bindparam("open_since"), _is_open),
            and_(delivery.c.realm != _realm, realms.c.ended.is_(None), _is_open),
        ),
    )
)


def _newest_past(connection: Connection, realm: str, now: datetime) -> int:
    """The newest delivery that is certainly older than 30 days by the machine's clock; 0 without one.

    Deliveries are numbered as they are made, in all realms together, and the live realm goes by the
    machine: what is numbered below a live one of 31 days ago is at least as old, whatever its own
    realm's clock shows. For another realm the live clock is as far as its last signal, or later.
    """
    if realm != _LIVE:
        read = select(realms.c.clock).where(realms.c.id == _LIVE)
        clock = connection.execute(read).scalar()
        if clock is None:
            return 0
        now = clock
    return connection.execute(_PAST, {"until": now - NOT_AGAIN}).scalar() or 0


_PAST = (
    select(delivery.c.id)
    .where(delivery.c.realm == _LIVE, delivery.c.created <= bindparam("until"))
    .order_by(delivery.c.created.desc(), delivery.c.id.desc())
    .limit(1)
)


def free_code(used: set[str]) -> str:
    """The first code that is not in `used`."""
    return next(code for code in all_codes() if code not in used)


def link_secret(connection: Connection) -> str:
    """The secret links are made with; the dispatcher makes it at its start."""
    return connection.execute(_SECRET).scalar_one()


_SECRET = select(setting.c.value).where(setting.c.key == SECRET)


def has_link_secret(connection: Connection) -> bool:
    held = connection.execute(select(setting.c.key).where(setting.c.key == SECRET)).first()
    return held is not None


def make_link_secret(connection: Connection, runtime: Runtime, at: datetime) -> None:
    """Make the secret where there is none."""
    if has_link_secret(connection):
        return
    connection.execute(insert(setting).values(key=SECRET, value=runtime.token(32)))
    record(connection, "live", at, "dispatch", "make secret", SECRET, {})


def link_for(secret: str, realm: str, person: str, code: str, at: datetime) -> str:
    """The token of a message's link. It stands for its reader: whoever holds it may answer.

    It is a signature of what makes the message one of its kind, and kept beside it: nobody without the
    secret makes one up, and it says nothing to who finds it.
    """
    return Signer(secret, salt=_SALT).get_signature(
        "\n".join((realm, person, code, at.isoformat()))
    ).decode()
