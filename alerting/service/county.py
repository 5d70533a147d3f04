"""What a process loads before anything runs: the book, the county, its people, sources, channels."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, select

from alerting.calendar import Calendar
from alerting.connector import Connector
from alerting.errors import BadInput, plainly
from alerting.people import (
    import_people,
    import_posts,
    import_rosters,
    read_people,
    read_posts,
    read_rosters,
)
from alerting.people.duty import hand_over
from alerting.places import Place, Places, load_places, no_zones
from alerting.rulebook import Book, load_book
from alerting.rulebook.warnings import load_warnings, read_warnings
from alerting.runtime import RealRuntime
from alerting.service import good_book
from alerting.service.config import Config
from alerting.store.schema import setting
from alerting.store.upserts import insert
from alerting.vocabulary.official import WarningTable, shipped
from connectors import find


@dataclass(slots=True)
class County:
    """A county as its files give it."""

    config: Config
    places: Places
    book: Book
    calendar: Calendar
    people: list[dict[str, Any]]
    posts: list[dict[str, Any]]
    connectors: dict[str, Connector] = field(default_factory=dict)
    book_problem: str = ""  # why `book` is the last good one and not the folder's
    table: WarningTable = field(default_factory=shipped)  # how official warnings are named
    rosters: dict[str, dict[str, Any]] = field(default_factory=dict)  # by post

    def vacant(self) -> list[str]:
        """Posts that nobody holds, ever."""
        return [p["id"] for p in self.posts if not p["holders"] and p["id"] not in self.rosters]


def without_broker(county: County) -> County:
    """The same county, whose signals nobody else can hear: of what is played here alone."""
    bus = county.config.bus.model_copy(update={"kafka": ""})
    return replace(county, config=county.config.model_copy(update={"bus": bus}))


def load_county(config: Config, *, fall_back: bool = False, setting_up: bool = False) -> County:
    """Read and check all that the config names. Raises BadInput.

    With `fall_back`, as the service starts, a rule book that does not load is replaced by the last
    that did, and a table of warnings by the shipped one. While `setting_up`, a county may have no
    zones yet, and then its posts are not looked at.
    """
    county = config.county
    places = load_places(county.zones, county.sites)
    empty = not places.county
    if empty and not setting_up:
        raise no_zones(county.zones)
    for name in config.sources:
        places.by_id[f"source:{name}"] = Place(f"source:{name}", "source", name, name, ())
    for name in config.channels:
        places.by_id[f"channel:{name}"] = Place(f"channel:{name}", "channel", name, name, ())
    calendar = Calendar.load(config.calendar, county.zone)
    people = read_people(county.people, set(config.channels), phone_channels(config))
    posts = [] if empty else read_posts(county.posts, places, {p["id"] for p in people})
    known = {p["id"]: p for p in people}
    by_post = {p["id"]: p for p in posts}
    rosters = {} if empty else read_rosters(
        county.rosters, by_post.keys(), known, RealRuntime().now().date()
    )
    for post in rosters:  # where the watch finds a gap
        named = by_post[post]
        places.by_id[f"roster:{post}"] = Place(f"roster:{post}", "roster", named["title"],
                                               named["title_en"] or named["title"], ())  # fmt: skip
    connectors = {
        name: make_connector(name, source.use or name, source.options(), calendar)
        for name, source in config.sources_on().items()
    }
    names, wrong = set(calendar.names()), ""
    if fall_back:
        book, wrong = good_book.load(config.rules, config.data, names)
        table, faults = read_warnings(config.rules)
        wrong = "\n".join(said for said in (wrong, *faults) if said)
    else:
        book = load_book(config.rules, names)
        table = load_warnings(config.rules)
    return County(config, places, book, calendar, people, posts, connectors, wrong, table,
                  rosters)  # fmt: skip


def phone_channels(config: Config) -> set[str]:
    """The channels whose addresses are phone numbers."""
    return {n for n, c in config.channels.items() if (c.use or n) == "twilio"}


def make_connector(
    name: str, use: str, options: dict[str, Any], calendar: Calendar | None = None
) -> Connector:
    """A connector with its options checked. Raises BadInput that names the source and the option."""
    kind = find(use)
    try:
        settings = kind.options.model_validate(options)
    except ValidationError as error:
        raise BadInput(plainly(error.errors()), where=f"sources.{name}") from None
    needs = {"calendar": calendar} if "calendar" in getattr(kind, "needs", ()) else {}
    made: Connector = kind(settings, **needs)
    return made


def sync_people(connection: Connection, county: County, realm: str, at: datetime) -> int:
    """Bring the register to what the files say, where a file has changed since it was last read.

    The last import wins: what `suian import` wrote stays until the file itself changes.
    """
    changed, given = 0, county.config.county
    files = {"people": given.people, "posts": given.posts, "rosters": given.rosters}
    digests = {name: _digest(path) for name, path in files.items()}
    known = {r.key: r.value for r in connection.execute(select(setting))}
    if known.get("file:people") != digests["people"]:
        changed += import_people(connection, county.people, realm, at, "config")
    if known.get("file:posts") != digests["posts"] or changed:
        changed += import_posts(connection, county.posts, realm, at, "config")
    if known.get("file:rosters") != digests["rosters"] or changed:
        changed += import_rosters(connection, county.rosters, given.zone, realm, at, "config")
    while hand_over(connection, given.zone, realm, at):
        pass
    for name, digest in digests.items():
        remember(connection, f"file:{name}", digest)
    return changed


def remember_file(connection: Connection, name: str, path: Path) -> None:
    """Note that the register says what this file says, so that a start does not read it again."""
    remember(connection, f"file:{name}", _digest(path))


def remember(connection: Connection, key: str, value: str) -> None:
    statement = insert(connection, setting).values(key=key, value=value)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["key"], set_={"value": value})
    )


def _digest(path: Path | None) -> str:
    """Of what a file holds; of one that a county does without, nothing."""
    if path is None or not path.exists():
        return ""
    return hashlib.sha256(path.read_bytes()).hexdigest()
