"""Entries commit together with what they tell of; a sealer numbers and chains them afterwards.

One chain a realm. An entry's hash is SHA-256 over the hash before it and the entry's own canonical
JSON, so that a changed, removed or added entry breaks every later hash. The head goes out of the house
daily; `verify` against a head sent before is proof, without one it says only "consistent".

What is older than the log is kept for is taken off before a seal that stays: an entry whose hash went
out as a head. `cut` says in the log which one, with the hash before it; only when that entry is sealed
itself does `take_off` delete what was before. The chain is then walked from the seal that was kept.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, bindparam, delete, func, insert, select, update

from alerting.store.schema import audit, is_milestone

GENESIS = "0" * 64
CUT = "cut log"
_SEALED = (
    update(audit).where(audit.c.n == bindparam("entry"))
    .values(number=bindparam("its_number"), hash=bindparam("its_hash"))
)  # fmt: skip


def record(
    connection: Connection,
    realm: str,
    at: datetime,
    who: str,
    action: str,
    subject: str,
    change: dict[str, Any],
) -> None:
    """Write an entry in the caller's transaction. `who` is a person's id, a rule, or the service."""
    record_all(connection, [entry(realm, at, who, action, subject, change)])


def entry(
    realm: str, at: datetime, who: str, action: str, subject: str, change: dict[str, Any]
) -> dict[str, Any]:
    """An entry for `record_all`."""
    return {"realm": realm, "at": at, "who": who, "action": action, "subject": subject,
            "change": change}  # fmt: skip


def record_all(connection: Connection, entries: list[dict[str, Any]]) -> None:
    """Write entries, in their order, in the caller's transaction."""
    if entries:
        connection.execute(insert(audit), entries)


def seal(connection: Connection, limit: int = 500) -> int:
    """Number and chain up to `limit` committed entries; gives how many."""
    rows = connection.execute(_UNSEALED, {"most": limit}).all()
    heads: dict[str, tuple[int, str]] = {}
    sealed = []
    for row in rows:
        number, previous = heads.get(row.realm) or _head(connection, row.realm)
        digest = _hash(previous, number + 1, row)
        heads[row.realm] = (number + 1, digest)
        sealed.append({"entry": row.n, "its_number": number + 1, "its_hash": digest})
    if sealed:
        connection.execute(_SEALED, sealed)
    return len(rows)


_UNSEALED = (
    select(audit).where(audit.c.number.is_(None)).order_by(audit.c.n)
    .limit(bindparam("most", type_=Integer))
)  # fmt: skip


def head(connection: Connection, realm: str) -> tuple[int, str]:
    """The number and hash of the last sealed entry of a realm."""
    return _head(connection, realm)


def newest(connection: Connection, realm: str, action: str) -> str | None:
    """The subject of the last entry of an action, which is one of `is_milestone`."""
    return connection.execute(
        select(audit.c.subject)
        .where(is_milestone, audit.c.realm == realm, audit.c.action == action)
        .order_by(audit.c.n.desc()).limit(1)
    ).scalar_one_or_none()  # fmt: skip


def unsealed_since(connection: Connection, realm: str) -> datetime | None:
    """The time of the realm's oldest entry that is not sealed yet, by the realm's clock."""
    return connection.execute(
        select(func.min(audit.c.at)).where(audit.c.number.is_(None), audit.c.realm == realm)
    ).scalar_one()


@dataclass(frozen=True, slots=True)
class Broken:
    """Where a chain does not hold: the realm, the number, and what a person should know."""

    realm: str
    number: int
    what: str


def verify(connection: Connection, known_head: str = "") -> list[Broken]:
    """Walk every chain, from its beginning or the seal that was kept where it was cut. With
    `known_head`, also demand that this hash stands in one of them."""
    broken: list[Broken] = []
    found, cut_off = not known_head, False
    for realm in connection.execute(select(audit.c.realm).distinct()).scalars().all():
        kept = _kept(connection, realm)
        cut_off = cut_off or kept is not None
        expected, previous = kept or (1, GENESIS)
        rows = connection.execute(
            select(audit)
            .where(audit.c.realm == realm, audit.c.number >= expected)
            .order_by(audit.c.number)
            .execution_options(stream_results=True)
        )
        for row in rows:
            if row.number != expected:
                broken.append(Broken(realm, expected, f"entry {expected} is missing"))
                break
            if _hash(previous, row.number, row) != row.hash:
                broken.append(Broken(realm, row.number, f"entry {row.number} was changed"))
                break
            previous, expected = row.hash, expected + 1
            found = found or row.hash == known_head
        rows.close()
    if not found:
        what = f"no entry has the hash {known_head}: the log was cut or rewritten"
        if cut_off:
            what += ", or that head is older than what `keep:` has left; take one sent since"
        broken.append(Broken("", 0, what))
    return broken


def cut(connection: Connection, realm: str, number: int, at: datetime) -> None:
    """Write down that what was before this sealed entry is going to be taken off."""
    rows = connection.execute(
        select(audit.c.number, audit.c.hash)
        .where(audit.c.realm == realm, audit.c.number.in_([number - 1, number]))
    )
    hashes = {0: GENESIS} | {row.number: row.hash for row in rows}
    record(connection, realm, at, "service", CUT, realm,
           {"number": number, "hash": hashes[number], "before": hashes[number - 1]})  # fmt: skip


def first_kept(connection: Connection, realm: str) -> int:
    """The number of the entry a chain is walked from."""
    return (_kept(connection, realm) or (1, ""))[0]


def take_off(connection: Connection, realm: str, first: int, limit: int) -> int:
    """Delete up to `limit` entries before the one that the chain is walked from; gives how many."""
    oldest = (
        select(audit.c.n).where(audit.c.realm == realm, audit.c.number < first)
        .order_by(audit.c.number).limit(limit)
    )  # fmt: skip
    return connection.execute(delete(audit).where(audit.c.n.in_(oldest))).rowcount


def _kept(connection: Connection, realm: str) -> tuple[int, str] | None:
    """The seal a chain was last cut before, and the hash before it, once that is sealed itself."""
    change = connection.execute(
        select(audit.c.change)
        .where(is_milestone, audit.c.realm == realm, audit.c.action == CUT, audit.c.number.is_not(None))
        .order_by(audit.c.n.desc()).limit(1)
    ).scalar_one_or_none()  # fmt: skip
    return None if change is None else (int(change["number"]), str(change["before"]))


def _head(connection: Connection, realm: str) -> tuple[int, str]:
    row = connection.execute(_LAST, {"realm": realm}).one_or_none()
    return (row.number, row.hash) if row else (0, GENESIS)


_LAST = (
    select(audit.c.number, audit.c.hash)
    .where(audit.c.realm == bindparam("realm"), audit.c.number.is_not(None))
    .order_by(audit.c.number.desc())
    .limit(1)
)


def _hash(previous: str, number: int, row: Any) -> str:
    entry = {
        "number": number,
        "realm": row.realm,
        "at": row.at.isoformat(),
        "who": row.who,
        "action": row.action,
        "subject": row.subject,
        "change": row.change,
    }
    text = json.dumps(entry, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256((previous + text).encode()).hexdigest()
