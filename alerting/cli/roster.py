"""`suian roster show|override|swap|take|undo|take-over|import|export`: who is on duty when, changes of
it, and taking over.

What is only looked at is read from the database; what is changed goes through the running service, in a
person's name.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from alerting.cli.given import (
    CONFIG,
    As,
    ConfigPath,
    Format,
    FormatOption,
    Reason,
    local,
    moment,
    store_of,
    word_of,
)
from alerting.cli.office import post as post_to
from alerting.errors import BadInput, SuianError
from alerting.people import everybody, ical
from alerting.runtime import RealRuntime
from alerting.service import roster_listing
from alerting.service.config import Config, load_config

Post = Annotated[str, typer.Argument(help="The post's id, as posts.csv has it.")]
Days = Annotated[int, typer.Option(min=1, max=roster_listing.LONGEST, help="How far ahead.")]
Change = Annotated[int, typer.Argument(help="The number of the change, as `roster show` has it.")]


class Kind(StrEnum):
    put = "replace"
    add = "add"
    remove = "remove"


def show(
    post: Annotated[str, typer.Argument(help="One post's id; left out: all.")] = "",
    days: Days = roster_listing.DAYS,
    format: FormatOption = Format.table,
    config: ConfigPath = CONFIG,
) -> None:
    """Say who is on duty now and in the days ahead, and what was changed."""
    settings = load_config(config)
    found, names = _rosters(settings, post, days)
    if format == Format.json:
        Console(soft_wrap=True).print_json(data=found, default=lambda at: at.isoformat())
        return
    zone, out = settings.county.zone, Console(soft_wrap=True)
    if not found and not post:
        print("no post has a roster 没有轮值表: county/rosters.yaml")
    for one in found:
        table = Table(title=f"{one['title']['zh']} {one['title']['en']} ({one['post']})",
                      title_justify="left")  # fmt: skip
        for column in ("from 自", "to 至", "on duty 值班", "change 更改"):
            table.add_column(column)
        for shift in one["shifts"]:
            people = ", ".join(names.get(p, p) for p in shift["people"])
            table.add_row(local(shift["begins"], zone), local(shift["ends"], zone),
                          people or "[red]nobody 无人[/]", str(shift["change"] or ""))  # fmt: skip
        out.print(table)
        if one["hand_over"] is not None:
            handed = one["hand_over"]
            out.print(f"hand-over 交接班 {local(handed['due'], zone)}: {names.get(handed['incomer'])},"
                      f" {handed['state']} {handed['reason']}".rstrip())  # fmt: skip
        for change in one["changes"]:
            out.print(f"change 更改 {change['id']}: {change['kind']} {change['state']}"
                      f" {local(change['begins'], zone)} – {local(change['ends'], zone)}"
                      f" {change['person'] or ''} ({change['by']}: {change['reason']})")  # fmt: skip


def override(
    post: Post,
    kind: Annotated[Kind, typer.Argument(parser=word_of(Kind), metavar="replace|add|remove")],
    begins: Annotated[str, typer.Argument(help="2026-01-21 08:00, local, or with its zone.")],
    ends: Annotated[str, typer.Argument(help="The same.")],
    reason: Reason,
    person: Annotated[str, typer.Option(help="Who comes; none for remove.")] = "",
    instead_of: Annotated[str, typer.Option(help="Only this person's shifts.")] = "",
    who: As = "",
    config: ConfigPath = CONFIG,
) -> None:
    """Put somebody else, somebody besides, or nobody on duty for a while."""
    settings = load_config(config)
    zone = settings.county.zone
    body = {"kind": kind.value, "begins": moment("BEGINS", begins, zone).isoformat(),
            "ends": moment("ENDS", ends, zone).isoformat(),
            "person": person, "instead_of": instead_of, "reason": reason}  # fmt: skip
    _say(post_to(settings, f"/api/v1/rosters/{post}/changes", body, "order", who))


def swap(
    post: Post,
    shift: Annotated[str, typer.Argument(help="When the shift begins: 2026-01-21 08:00, local.")],
    person: Annotated[str, typer.Argument(help="Who is asked to take it.")],
    reason: Reason,
    back: Annotated[str, typer.Option(help="When the shift begins that is given for it.")] = "",
    who: As = "",
    config: ConfigPath = CONFIG,
) -> None:
    """Ask somebody to take a shift; nothing changes until they take it."""
    settings = load_config(config)
    zone = settings.county.zone
    body = {"shift": moment("SHIFT", shift, zone).isoformat(), "person": person, "reason": reason,
            "back": moment("--back", back, zone).isoformat() if back else None}  # fmt: skip
    _say(post_to(settings, f"/api/v1/rosters/{post}/swaps", body, "answer", who))


def take(change: Change, who: As = "", config: ConfigPath = CONFIG) -> None:
    """Take a swap, as the one who was asked."""
    _say(post_to(load_config(config), f"/api/v1/rosters/changes/{change}/take", {}, "answer", who))


def undo(change: Change, reason: Reason, who: As = "", config: ConfigPath = CONFIG) -> None:
    """Undo a change, with all that was made with it; or decline a swap."""
    path = f"/api/v1/rosters/changes/{change}/undo"
    _say(post_to(load_config(config), path, {"reason": reason}, "answer", who))


def take_over(
    post: Post,
    reason: Annotated[str, typer.Option(help="Why; needed with --cannot, and for somebody else.")] = "",
    cannot: Annotated[bool, typer.Option("--cannot", help="Say that you cannot take over.")] = False,
    who: As = "",
    config: ConfigPath = CONFIG,
) -> None:
    """Confirm that you take over a post, or cannot; or hand over for somebody who does not answer."""
    body = {"answer": "cannot-take-over" if cannot else "take-over", "reason": reason}
    said = post_to(load_config(config), f"/api/v1/rosters/{post}/hand-over", body, "answer", who)
    print(f"{said['next']['zh']} {said['next']['en']}")


def import_(
    post: Post,
    file: Annotated[Path, typer.Argument(help="iCalendar, single events.")],
    reason: Reason,
    who: As = "",
    config: ConfigPath = CONFIG,
) -> None:
    """Take a roster kept elsewhere: it replaces the rules from its first event to its last."""
    try:
        text = file.read_text("utf-8")
    except UnicodeDecodeError:
        raise BadInput("this is no text in UTF-8", where=str(file), mend="Export it again.") from None
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=str(file)) from None
    path = f"/api/v1/rosters/{post}/calendar"
    _say(post_to(load_config(config), path, {"ics": text, "reason": reason}, "order", who))


def export(
    post: Post,
    file: Annotated[Path, typer.Argument(help="Where the iCalendar is written.")],
    days: Days = 90,
    config: ConfigPath = CONFIG,
) -> None:
    """Write a post's roster as iCalendar."""
    settings = load_config(config)
    found, _ = _rosters(settings, post, days)
    store = store_of(settings)
    with store.read() as connection:
        people = {one.id: one for one in everybody(connection)}
    store.close()
    shifts = [roster_listing.shift_from(one) for one in found[0]["shifts"]]
    text = ical.written(post, found[0]["title"]["zh"], shifts, people, RealRuntime().now())
    try:
        file.write_text(text, "utf-8", newline="")
    except OSError as error:
        raise SuianError(f"cannot be written: {error.strerror}", where=str(file),
                         mend="Choose a folder that you may write in.") from None  # fmt: skip
    print(f"{len(shifts)} shifts 个班次 → {file}")


def _rosters(settings: Config, post: str, days: int) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The rosters as they are from now on, and what people are called."""
    now, store = RealRuntime().now(), store_of(settings)
    try:
        with store.read() as connection:
            found = roster_listing.listed(connection, settings.county.zone, now, now,
                                          now + timedelta(days=days), post)  # fmt: skip
            if post and not found:
                raise BadInput(f"the post {post!r} has no roster / 该岗位没有轮值表",
                               mend="`suian roster show` lists them all.")  # fmt: skip
            return found, {one.id: one.name for one in everybody(connection)}
    finally:
        store.close()


def _say(answer: dict[str, Any]) -> None:
    numbers = ", ".join(str(one) for one in answer["changes"])
    print(f"recorded as change 已记录，更改编号 {numbers}; those concerned are told 相关人员将收到消息")
