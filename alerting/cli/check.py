"""`suian check`: what is wrong with the book, the config and the county's tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.markup import escape

from alerting.calendar import Calendar
from alerting.cli.given import CONFIG, ConfigPath, Format, FormatOption
from alerting.errors import BadInput
from alerting.people import read_people, read_posts, read_rosters
from alerting.places import load_places, no_zones
from alerting.rulebook import Book, Measure, Trend, check_folder, load_book, trends
from alerting.runtime import RealRuntime
from alerting.service import good_book
from alerting.service.config import Config, load_config
from alerting.service.county import County, load_county, make_connector, phone_channels
from alerting.service.duties import measure_notes
from alerting.service.forms import form_notes
from alerting.service.survey import (
    Note,
    Undecidable,
    people_notes,
    problem,
    undecidable,
    undecidable_notes,
)
from connectors import find

T = TypeVar("T")
out = Console(highlight=False, soft_wrap=True)
BAD = 2


def check(
    config: ConfigPath = CONFIG,
    rules: Annotated[Path | None, typer.Option(help="Check this folder of rules instead.")] = None,
    measures: Annotated[bool, typer.Option("--measures", help="List the measures too.")] = False,
    monotone: Annotated[
        bool,
        typer.Option("--monotone", help="List in which quantities a rule does not only rise."),
    ] = False,
    format_: FormatOption = Format.table,
) -> None:
    """Check rules, their cases, config and tables.

    Says besides what cannot be decided where. Ends with 2 when there is an error."""
    notes: list[Note] = []
    settings = _try(notes, lambda: load_config(config))
    cannot: list[Undecidable] = []
    book: Book | None = None
    if settings is not None:
        if rules is not None:
            settings = settings.model_copy(update={"rules": rules.resolve()})
        notes += _of_rules(settings)
        notes += _of_tables(settings)
        if not _errors(notes):
            county = load_county(settings)
            book = county.book
            cannot = undecidable(county, RealRuntime().now())
            notes += _of_county(county, cannot)
        elif measures or monotone:
            book = _try([], lambda: load_book(settings.rules))
    if format_ is Format.json:
        said = _json(notes, cannot, book, measures)
        print(json.dumps(said, ensure_ascii=False, indent=1))
    else:
        _print(notes, cannot, settings, book)
        if measures and book is not None:
            _print_measures(book)
        if monotone and book is not None:
            _print_trends(book)
    if _errors(notes):
        raise typer.Exit(BAD)


def _try(notes: list[Note], work: Callable[[], T]) -> T | None:
    try:
        return work()
    except BadInput as error:
        notes.append(problem(error))
        return None


def _of_rules(config: Config) -> list[Note]:
    notes: list[Note] = []
    calendar = _try(notes, lambda: Calendar.load(config.calendar, config.county.zone))
    for one in check_folder(config.rules, calendar=calendar):
        notes.append(Note(one.level, one.where, one.what, one.mend))
    last = good_book.kept(config.data)
    if last is not None and _errors(notes):
        notes.append(Note("warning", str(last), "the service runs on these, the last good rules,"
                          " until the errors are mended / 改好前仍按上一版有效规则运行"))  # fmt: skip
    return notes


def _of_tables(config: Config) -> list[Note]:
    """Every table by itself, so that one look shows what is wrong with all of them."""
    notes: list[Note] = []
    county = config.county
    places = _try(notes, lambda: load_places(county.zones, county.sites))
    channels = set(config.channels)
    people = _try(notes, lambda: read_people(county.people, channels, phone_channels(config)))
    if places is not None and not places.county:
        notes.append(problem(no_zones(county.zones)))
    elif places is not None and people is not None:
        ids = {p["id"] for p in people}
        posts = _try(notes, lambda: read_posts(county.posts, places, ids))
        if posts is not None:
            known = {p["id"]: p for p in people}
            today, by_id = RealRuntime().now().date(), {p["id"] for p in posts}
            _try(notes, lambda: read_rosters(county.rosters, by_id, known, today))
    for name, source in config.sources.items():
        if not source.on:  # its options may wait until it is switched on; its kind is known
            _try(notes, partial(_known_kind, name, source.use or name))
        elif (source.use or name) != "calendar":
            _try(notes, partial(make_connector, name, source.use or name, source.options()))
    _try(notes, config.bus.access)
    return [replace(n, mend=n.mend.replace("\n", " ")) for n in notes]


def _known_kind(name: str, kind: str) -> None:
    try:
        find(kind)
    except BadInput as error:
        raise BadInput(error.what, where=f"sources.{name}", mend=error.mend) from None


def _of_county(county: County, cannot: list[Undecidable]) -> list[Note]:
    now = RealRuntime().now()
    return [
        *people_notes(county, now), *measure_notes(county, now), *undecidable_notes(county, cannot),
        *form_notes(county, now),
    ]  # fmt: skip


def _errors(notes: list[Note]) -> bool:
    return any(n.level == "error" for n in notes)


def _json(
    notes: list[Note], cannot: list[Undecidable], book: Book | None, measures: bool
) -> dict[str, Any]:
    said: dict[str, Any] = {
        "ok": not _errors(notes),
        "findings": [asdict(n) for n in notes],
        "undecidable": [asdict(u) for u in cannot],
    }
    if book is not None:
        found = [trend for rule in book.rules for trend in trends(rule)]
        said["monotone"] = [_way(t) for t in found if t.way != "neither"]
        said["not_monotone"] = [asdict(t) for t in found if t.way == "neither"]
    if book is not None and measures:
        said["measures"] = {name: _measure(name, m) | {"confirm_after": name in book.confirm_after}
                            for name, m in book.orderable.items()}  # fmt: skip
    return said


def _print(
    notes: list[Note], cannot: list[Undecidable], config: Config | None, book: Book | None
) -> None:
    for n in sorted(notes, key=lambda n: n.level):
        colour, word = ("red", "error 错误") if n.level == "error" else ("yellow", "warning 提醒")
        where = f"{n.where}: " if n.where else ""
        out.print(f"[{colour}]{word}[/]  ", end="")
        out.print(f"{where}{n.what} {n.mend}".rstrip(), markup=False)
    if cannot:
        out.print("Undecidable with the configured sources 现有数据源无法判定:")
        levels: dict[tuple[str, str, str], list[str]] = {}
        for u in cannot:
            few = ", ".join(u.places[:4]) + (" …" if len(u.places) > 4 else "")
            where = f"{len(u.places)}/{u.of} ({few})"
            levels.setdefault((u.rule, where, ", ".join(u.missing)), []).append(u.level)
        for (rule, where, missing), names in levels.items():
            out.print(f"  {rule} [{', '.join(names)}]: no 缺 {missing} @ {where}", markup=False)
    if book is not None:
        cases = sum(len(r.cases) for r in book.rules)
        out.print(f"{len(book.rules)} rules 条规则, {cases} cases 个用例,"
                  f" {len(book.orderable)} measures 项措施")  # fmt: skip
    errors = sum(n.level == "error" for n in notes)
    if errors:
        out.print(f"[red]{errors} error(s) 处错误[/], {len(notes) - errors} warning(s) 处提醒")
    else:
        out.print(f"[green]ok 通过[/], {len(notes)} warning(s) 处提醒")


def _way(trend: Trend) -> dict[str, str]:
    return {"rule": trend.rule, "quantity": trend.quantity, "danger": trend.way}


def _print_trends(book: Book) -> None:
    """Only what is not: the rest rises as its quantities move towards danger."""
    both = [t for rule in book.rules for t in trends(rule) if t.way == "neither"]
    out.print("Not monotone 非单调: more danger in it may lower the level 该要素更危险时级别可能反降")
    for one in both:
        out.print(f"  {one.where}: {one.rule}, {one.quantity}: {one.why}", markup=False)
    if not both:
        out.print("  none 无")


def _print_measures(book: Book) -> None:
    out.print("Measures 措施")
    for name, m in book.orderable.items():
        out.print(f"  [bold]{name}[/]  {escape(m.title['zh'])} {escape(m.title['en'])}")
        said = [m.form, f"carrier {m.carrier}", *([f"decider {m.decider}"] if m.decider else [])]
        said += ["ordered ahead, confirmed after 先行下达、事后追认"] * (name in book.confirm_after)
        said += [f"--argument {k}=… ({v})" for k, v in _measure(name, m)["arguments"].items()]
        out.print(f"      {', '.join(said)}", markup=False)


def _measure(name: str, m: Measure) -> dict[str, Any]:
    return {
        "title": dict(m.title), "form": m.form, "carrier": m.carrier, "decider": m.decider,
        "lifter": m.lifter, "interim": m.interim,
        "arguments": {k: a.unit or a.kind
                      for k, a in m.arguments.items()},
    }  # fmt: skip
