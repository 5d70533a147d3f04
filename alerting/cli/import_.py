"""`suian import zones|sites|people|posts|rosters FILE`: a county's tables, whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from alerting.cli.given import CONFIG, ConfigPath, store_of, word_of
from alerting.errors import BadInput, SuianError
from alerting.people import (
    import_people,
    import_posts,
    import_rosters,
    read_people,
    read_posts,
    read_rosters,
)
from alerting.places import Places, load_places
from alerting.runtime import RealRuntime
from alerting.service.clock import LIVE
from alerting.service.config import Config, load_config
from alerting.service.county import phone_channels, remember_file
from alerting.service.reach import to_verify


class Table(StrEnum):
    zones = "zones"
    sites = "sites"
    people = "people"
    posts = "posts"
    rosters = "rosters"


def import_(
    what: Annotated[
        Table,
        typer.Argument(parser=word_of(Table), metavar="TABLE",
                       help="zones, sites, people, posts or rosters: which table the file replaces."),
    ],
    file: Annotated[Path, typer.Argument(help="CSV, UTF-8 or GB 18030; of rosters YAML.")],
    config: ConfigPath = CONFIG,
) -> None:
    """Take a table of the county, whole or not at all.

    It is checked against the others, line by line. The old one stays beside it with the date."""
    settings = load_config(config)
    tables = settings.county
    given = {t.value: getattr(tables, t.value) for t in Table} | {what.value: file}
    taken, write = _checked(settings, what, given)
    target = getattr(tables, what.value)
    if target is None:
        named = f"{what.value}: county/{what.value}{file.suffix}"
        raise BadInput(f"the config names no file for {what.value}", where=str(config),
                       mend=f"Add `{named}` under `county`.")  # fmt: skip
    kept = _take(settings, what, file, target, write)
    print(f"{what.value}: {taken} taken 条已导入 → {target}")
    if kept is not None:
        print(f"the old table is kept 原表保留: {kept}")
    if what is Table.people:
        _say_who_is_unverified(settings)
    if what in (Table.zones, Table.sites):
        print("A running service takes new places when it is started again 重启服务后生效.")


def _say_who_is_unverified(config: Config) -> None:
    """A list that was just taken texts nobody by itself: it may be half right, and it may be night."""
    store = store_of(config)
    with store.read() as connection:
        waits = to_verify(connection, config.channels, RealRuntime().now())
    store.close()
    if waits:
        count = len(waits)
        print(f"{count} have an address nobody has verified: `suian verify --all` sends them a code"
              f" {count}人有未核验的联系方式，运行 suian verify --all 发送验证码")  # fmt: skip


Writing = Callable[[Connection], Any]


def _checked(config: Config, what: Table, given: dict[str, Any]) -> tuple[int, Writing | None]:
    """How many rows there are, and what is to be written in the database with them.

    Raises BadInput that lists what is wrong, in this file or in another that it no longer fits.
    """
    now = RealRuntime().now()
    people = read_people(given["people"], set(config.channels), phone_channels(config))
    if what is Table.people:
        _others_still_fit(given, people, now.date())
        return len(people), lambda c: import_people(c, people, LIVE, now, "import")
    places = _places(given)
    posts = read_posts(given["posts"], places, {p["id"] for p in people})
    known, by_post = {p["id"]: p for p in people}, {p["id"]: p for p in posts}
    rosters = read_rosters(given["rosters"], by_post.keys(), known, now.date())
    if what is Table.rosters:
        zone = config.county.zone
        return len(rosters), lambda c: import_rosters(c, rosters, zone, LIVE, now, "import")
    if what is Table.posts:

        def write(connection: Connection) -> None:
            import_people(connection, people, LIVE, now, "import")
            import_posts(connection, posts, LIVE, now, "import")

        return len(posts), write
    zones = [p for p in places.by_id.values() if p.kind == "zone"]
    if what is Table.zones and not zones:
        raise BadInput("has no rows: nothing was taken", where=str(given["zones"]))
    return len(zones) if what is Table.zones else len(places.by_id) - len(zones), None


def _places(given: dict[str, Any]) -> Places:
    return load_places(given["zones"], given["sites"])


def _others_still_fit(
    given: dict[str, Any], people: list[dict[str, Any]], today: date
) -> None:
    """That posts and rosters name nobody who is not there any more."""
    if not given["posts"].exists():
        return
    try:
        places = _places(given)
    except BadInput:
        return  # a county being set up: its people may come before its zones
    posts = read_posts(given["posts"], places, {p["id"] for p in people})
    read_rosters(given["rosters"], {p["id"] for p in posts}, {p["id"]: p for p in people}, today)


def _take(
    config: Config, what: Table, file: Path, target: Path, write: Writing | None
) -> Path | None:
    """Put the file in the place of the old one, in one step, with what goes into the database."""
    stamp = f"{RealRuntime().now():%Y%m%dT%H%M%SZ}"
    old = target.with_name(f"{target.stem}.{stamp}{target.suffix}") if target.exists() else None

    def replace(connection: Connection | None) -> None:
        if connection is not None and write is not None:
            write(connection)
        fresh = target.with_name(f".{target.name}.new")
        shutil.copyfile(file, fresh)
        if old is not None:
            shutil.copyfile(target, old)
        os.replace(fresh, target)
        if connection is not None:
            remember_file(connection, what.value, target)

    try:
        if write is None:
            replace(None)
        else:
            store = store_of(config)
            store.write(replace)
            store.close()
    except OSError as error:
        raise SuianError(
            f"the table cannot be replaced: {error.strerror}", where=str(target),
            mend="Make its folder writable; nothing was changed.",
        ) from None  # fmt: skip
    return old
