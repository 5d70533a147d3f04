"""People and posts from CSV files.

people.csv: id, name, name_en, language (zh or en), role, contacts (`channel:address` parted by
blanks, in the order in which they are tried).
posts.csv: id, tier, sector (empty: all), place (zone or site), title, title_en, holders (ids of
people parted by blanks; empty: the post is vacant, and the post above is called at once, unless
rosters.yaml has a roster for it, which goes before), deputy (the post that is called where this one
does not answer, before the tiers above; may be left out).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import phonenumbers
from sqlalchemy import Connection, Table, delete, insert, select, update

from alerting.audit import entry, record_all
from alerting.places import Places
from alerting.places.tables import Complaints, csv_rows, parted
from alerting.store.many import among
from alerting.store.schema import contact, holder, person, post
from alerting.store.schema_duty import AT_ONCE, roster
from alerting.vocabulary import POST_TIERS, SECTORS

PEOPLE_COLUMNS = ("id", "name", "name_en", "language", "role", "contacts")
POST_COLUMNS = ("id", "tier", "sector", "place", "title", "title_en", "holders", "deputy")
ROLES = ("view", "answer", "decide", "order", "admin")


def read_people(path: Path, channels: set[str], phone_channels: set[str]) -> list[dict[str, Any]]:
    """Checked rows; raises BadInput that lists every bad line.

    `channels` are those of the config; addresses on `phone_channels` must be numbers with +country, and
    are given as providers say them (E.164). Such a number is one person's: who answers from it is known
    by it alone.
    """
    wrong = Complaints(str(path), [])
    people: dict[str, dict[str, Any]] = {}
    owners: dict[tuple[str, str], tuple[str, int]] = {}  # of an address: who, and on which line
    for line, row in csv_rows(path, PEOPLE_COLUMNS, wrong, required=("id", "name", "contacts")):
        if not row["id"] or not row["name"]:
            wrong.add(line, "needs an id and a name")
        if row["id"] and row["id"] in people:
            wrong.add(line, f"{row['id']} stands there twice")
        if (row["language"] or "zh") not in ("zh", "en"):
            wrong.add(line, f"language {row['language']!r} is neither zh nor en")
        if (row["role"] or "answer") not in ROLES:
            wrong.add(line, f"role {row['role']!r} is none of {', '.join(ROLES)}")
        contacts: list[tuple[str, str]] = []
        for given in row["contacts"].split():
            channel, _, written = given.partition(":")
            address = _number(written) if channel in phone_channels else written
            if channel not in channels:
                wrong.add(line, f"channel {channel!r} is none of {', '.join(sorted(channels))}; a"
                          " contact is channel:address without blanks")  # fmt: skip
            elif not written:
                wrong.add(line, f"{given!r} has no address; write channel:address 缺少地址")
            elif not address:
                wrong.add(line, f"{written!r} is no phone number with its country, e.g. +44…"
                          " 请写带国家代码的号码，如 +86…")  # fmt: skip
            elif (channel, address) in contacts:
                wrong.add(line, f"{channel}:{address} stands there twice 重复")
            elif channel in phone_channels and (channel, address) in owners:
                owner, there = owners[channel, address]
                wrong.add(line, f"{channel}:{address} is {owner}'s already, line {there}: an answer"
                          " from it could be either's; give each their own, or make the telephone that"
                          " they share a person of its own 同一号码只能属于一人")  # fmt: skip
            else:
                contacts.append((channel, address))
        owners |= dict.fromkeys(contacts, (row["id"], line))
        people[row["id"]] = {
            "id": row["id"], "name": row["name"], "name_en": row["name_en"],
            "language": row["language"] or "zh", "role": row["role"] or "answer",
            "contacts": contacts,
        }  # fmt: skip
    wrong.raise_any()
    return list(people.values())


def read_posts(path: Path, places: Places, people: set[str]) -> list[dict[str, Any]]:
    """Checked rows; raises BadInput that lists every bad line."""
    wrong = Complaints(str(path), [])
    posts: dict[str, dict[str, Any]] = {}
    deputies: list[tuple[int, str, str]] = []
    for line, row in csv_rows(path, POST_COLUMNS, wrong, required=("id", "tier", "place", "title")):
        if not row["id"] or not row["title"]:
            wrong.add(line, "needs an id and a title")
        if row["id"] and row["id"] in posts:
            wrong.add(line, f"{row['id']} stands there twice")
        if row["tier"] not in POST_TIERS:
            wrong.add(line, f"tier {row['tier']!r} is none of {', '.join(POST_TIERS)}")
        if row["sector"] and row["sector"] not in SECTORS:
            wrong.add(line, f"sector {row['sector']!r} is none of {', '.join(SECTORS)}")
        if row["place"] not in places.by_id:
            wrong.add(line, f"the place {row['place']} is neither a zone nor a site")
        holders = row["holders"].split()
        for one in holders:
            if one not in people:
                wrong.add(line, f"{one} is not among the people{parted(one)}")
        if row["deputy"] and row["tier"] == "duty-office":
            wrong.add(line, "the duty office has no deputy: it is where every chase ends; name who"
                            " stands in among its holders, all of whom are called")  # fmt: skip
        elif row["deputy"]:
            deputies.append((line, row["id"], row["deputy"]))
        posts[row["id"]] = {**row, "holders": holders, "deputy": row["deputy"] or None}
    for line, one, deputy in deputies:
        if deputy == one:
            wrong.add(line, f"{one} cannot be its own deputy")
        elif deputy not in posts:
            wrong.add(line, f"the deputy {deputy} is not among the posts")
    wrong.raise_any()
    return list(posts.values())


def import_people(
    connection: Connection, rows: list[dict[str, Any]], realm: str, at: datetime, who: str
) -> int:
    """Make the register say what the file says; gives how many people changed, each audited.

    Those no longer in the file become inactive: what they answered keeps their name.
    """
    before = {one.id: one for one in connection.execute(select(person))}
    held: defaultdict[str, list[Any]] = defaultdict(list)
    for one in connection.execute(select(contact).order_by(contact.c.person, contact.c.rank)):
        held[one.person].append(one)
    new, changed, contacts, entries = list[Any](), list[Any](), list[Any](), list[Any]()
    for row in rows:
        fields = {k: row[k] for k in ("name", "name_en", "language", "role")}
        values = {**fields, "active": True}
        known, addresses = before.get(row["id"]), [(c.channel, c.address) for c in held[row["id"]]]
        if known is not None and addresses == row["contacts"] and _is_as(known, values):
            continue
        (new if known is None else changed).append({"id": row["id"], **values})
        contacts += _contacts(row["id"], row["contacts"], held[row["id"]])
        entries.append(entry(realm, at, who, "import person", row["id"],
                             {**fields, "contacts": [list(c) for c in row["contacts"]]}))  # fmt: skip
    here = {row["id"] for row in rows}
    gone = [one.id for one in before.values() if one.active and one.id not in here]
    entries += [entry(realm, at, who, "retire person", one, {}) for one in gone]
    touched = [one["id"] for one in (*new, *changed)]
    _put(connection, person, new, [*changed, *({"id": one, "active": False} for one in gone)])
    if touched:
        connection.execute(delete(contact).where(among(contact.c.person, "of")), {"of": touched})
    if contacts:
        connection.execute(insert(contact), contacts)
    record_all(connection, entries)
    if touched or gone:  # who has gone is on duty no more
        connection.execute(update(roster).values(next=AT_ONCE))
    return len(entries)


def import_posts(
    connection: Connection, rows: list[dict[str, Any]], realm: str, at: datetime, who: str
) -> int:
    """Make posts and their holders say what the file says; gives how many changed."""
    before = {one.id: one for one in connection.execute(select(post))}
    held: defaultdict[str, list[str]] = defaultdict(list)
    for one in connection.execute(select(holder).order_by(holder.c.post, holder.c.rank)):
        held[one.post].append(one.person)
    new, changed, holders, entries = list[Any](), list[Any](), list[Any](), list[Any]()
    for row in rows:
        fields = {k: row[k] for k in ("tier", "sector", "place", "title", "title_en", "deputy")}
        values = {**fields, "active": True}
        known = before.get(row["id"])
        if known is not None and held[row["id"]] == row["holders"] and _is_as(known, values):
            continue
        (new if known is None else changed).append({"id": row["id"], **values})
        holders += [{"post": row["id"], "rank": rank, "person": one}
                    for rank, one in enumerate(row["holders"])]  # fmt: skip
        entries.append(entry(realm, at, who, "import post", row["id"],
                             {**fields, "holders": row["holders"]}))  # fmt: skip
    here = {row["id"] for row in rows}
    gone = [one.id for one in before.values() if one.active and one.id not in here]
    touched = [one["id"] for one in (*new, *changed)]
    _put(connection, post, new, [*changed, *({"id": one, "active": False} for one in gone)])
    if touched:
        connection.execute(delete(holder).where(among(holder.c.post, "of")), {"of": touched})
    if holders:
        connection.execute(insert(holder), holders)
    record_all(connection, entries)
    if touched:  # until a roster begins, its post is held as this table says
        connection.execute(update(roster).values(next=AT_ONCE))
    return len(entries)


def _is_as(known: Any, values: Mapping[str, Any]) -> bool:
    return all(getattr(known, name) == value for name, value in values.items())


def _put(
    connection: Connection, table: Table, new: list[dict[str, Any]], changed: list[dict[str, Any]]
) -> None:
    """A country's register is read in at once; what changes in it are a few rows."""
    if new:
        connection.execute(insert(table), new)
    for one in changed:
        # Not its key, though the same: SQLite would look through all that refers to it.
        values = {name: value for name, value in one.items() if name != "id"}
        connection.execute(update(table).where(table.c.id == one["id"]).values(values))


def _contacts(who: str, wanted: list[tuple[str, str]], held: list[Any]) -> list[dict[str, Any]]:
    """An address that stays keeps its STOP, which is its reader's to undo, and stays verified; a new
    one is neither."""
    kept = {(c.channel, c.address): (c.stopped, c.verified) for c in held}
    return [
        {"person": who, "rank": rank, "channel": channel, "address": address,
         "stopped": stopped, "verified": verified}
        for rank, (channel, address) in enumerate(wanted)
        for stopped, verified in [kept.get((channel, address), (None, None))]
    ]  # fmt: skip


def _number(text: str) -> str:
    """A phone number as E.164; "" where it is none. Letters are none: they are a slip, or an extension
    that no text reaches."""
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return ""
    letters = any(sign.isalpha() for sign in text.removeprefix("tel:"))
    if letters or not phonenumbers.is_possible_number(number):
        return ""
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
