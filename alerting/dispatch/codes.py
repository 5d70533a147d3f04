"""Reply codes and links: what ties a person's answer to the message it answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import product

from itsdangerous import BadSignature, Signer
from sqlalchemy import Connection, and_, insert, or_, select

from alerting.audit import record
from alerting.errors import Refused
from alerting.runtime import Runtime
from alerting.store.schema import delivery, setting
from alerting.store.schema import realm as realms

# Nothing that is taken for another (0O 1IL 2Z 5S 8B), no digit that answers (1 to 4), and none of
# the letters that name the measures of a message (A, B, C …).
LETTERS = "HJKMNPRTUVWXY"
DIGITS = "679"
NOT_AGAIN = timedelta(days=30)
SECRET = "dispatch:link-secret"
_SALT = "suian.link"


def all_codes() -> Iterator[str]:
    """Every code there is, the easiest to type first: K7, KM, KMP."""
    for shape in ((LETTERS, DIGITS), (LETTERS,) * 2, (LETTERS,) * 3):
        yield from ("".join(one) for one in product(*shape))


def used_codes(connection: Connection, realm: str, person: str, now: datetime) -> set[str]:
    """Codes this person must not be given: of 30 days by the realm's clock, and of any open message.

    Open messages count in every realm: an answer names its message by the code alone.
    """
    rows = connection.execute(
        select(delivery.c.code).where(
            # Every realm by its name: the index begins with it.
            delivery.c.realm.in_(select(realms.c.id)),
            delivery.c.person == person,
            or_(
                and_(delivery.c.realm == realm, delivery.c.created > now - NOT_AGAIN),
                delivery.c.state.not_in(["answered", "superseded", "dead"]),
            ),
        )
    )
    return {r.code for r in rows}


def free_code(used: set[str]) -> str:
    """The first code that is not in `used`; raises Refused when all 2,400 are."""
    for code in all_codes():
        if code not in used:
            return code
    raise Refused("a person has more open messages than there are reply codes")


def link_secret(connection: Connection, runtime: Runtime, at: datetime) -> str:
    """The secret links are signed with, made at the first start."""
    held = connection.execute(
        select(setting.c.value).where(setting.c.key == SECRET)
    ).scalar_one_or_none()
    if held is not None:
        return held
    made = runtime.token(32)
    connection.execute(insert(setting).values(key=SECRET, value=made))
    record(connection, "live", at, "dispatch", "make secret", SECRET, {})
    return made


def link_for(secret: str, delivery_id: int) -> str:
    """The token of a message's link. It stands for its reader: whoever holds it may answer."""
    return Signer(secret, salt=_SALT).sign(str(delivery_id)).decode()


def delivery_of_link(secret: str, token: str) -> int | None:
    """The delivery a link is for; None for one that we did not sign."""
    try:
        return int(Signer(secret, salt=_SALT).unsign(token))
    except (BadSignature, ValueError):
        return None
