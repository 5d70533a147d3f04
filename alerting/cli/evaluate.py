"""`suian evaluate PAYLOAD --source NAME`: what it says, and what would open. Nothing is kept."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape

from alerting.calendar import Calendar
from alerting.cli.given import CONFIG, ConfigPath, Format, FormatOption, local, moment
from alerting.connector import Connector
from alerting.errors import BadInput
from alerting.places import load_places
from alerting.rulebook import load_book
from alerting.rulebook.warnings import load_warnings
from alerting.runtime import RealRuntime
from alerting.service.config import Config, load_config
from alerting.service.county import make_connector
from alerting.service.dry_run import DryRun, Surroundings, dry_run
from connectors import find

out = Console(highlight=False, soft_wrap=True)
REFUSED = 2


def evaluate(
    payload: Annotated[Path, typer.Argument(help="A source's own payload, as it came.")],
    source: Annotated[str, typer.Option(help="A configured source, or a kind: open-meteo, cap, nmc …")],
    at: Annotated[str, typer.Option(help="Take this as now, e.g. 2026-01-20T08:00+08:00.")] = "",
    format_: FormatOption = Format.table,
    config: ConfigPath = CONFIG,
) -> None:
    """Show what a payload says and which alerts it would open.

    Nothing is kept and nobody is told."""
    settings = load_config(config)
    now = moment("--at", at, settings.county.zone) if at else None
    calendar = Calendar.load(settings.calendar, settings.county.zone)
    name, connector = _connector(source, settings, calendar)
    body = _read(payload)
    around = _surroundings(settings, calendar)
    try:
        made = dry_run(body, name, connector, around, RealRuntime().now(), now)
    except BadInput as error:
        if format_ is Format.table:
            raise BadInput(f"{source} refuses this payload: {error.what}",
                           where=str(payload), mend=error.mend) from None  # fmt: skip
        problem = {"what": error.what, "where": error.where or str(payload), "mend": error.mend}
        _print_json({"signals": [], "alerts": [], "problems": [problem]})
        raise typer.Exit(REFUSED) from None
    print(f"now 当前: {made.now.astimezone(settings.county.zone):%Y-%m-%d %H:%M %Z}"
          f" ({made.now_is})", file=sys.stderr)  # fmt: skip
    if format_ is Format.json:
        _print_json(made.json())
    else:
        _print_tables(made, settings.county.zone)
    if made.refused:
        print(f"suian: {source} refuses this payload: nothing of it can be taken", file=sys.stderr)
        raise typer.Exit(REFUSED)


def _surroundings(config: Config, calendar: Calendar) -> Surroundings:
    county = config.county
    return Surroundings(
        load_places(county.zones, county.sites), load_book(config.rules),
        calendar, county.zone, config.weather, load_warnings(config.rules),
    )  # fmt: skip


def _connector(name: str, config: Config, calendar: Calendar) -> tuple[str, Connector]:
    """The source that is configured under that name, on or off; else the only one of that kind;
    else the kind with its defaults. With the name that its signals bear."""
    alike = [key for key, source in config.sources.items() if source.use == name]
    key = name if name in config.sources else alike[0] if len(alike) == 1 else ""
    if key:
        source = config.sources[key]
        return key, make_connector(key, source.use or key, source.options(), calendar)
    try:
        kind = find(name)
    except BadInput as error:
        named = f" Configured: {', '.join(config.sources)}." if config.sources else ""
        raise BadInput(error.what, mend=f"{error.mend}{named}") from None
    try:
        options = kind.options()
    except ValidationError:  # an address it must have to poll: a dry run asks nobody
        options = kind.options.model_construct()
    needs = {"calendar": calendar} if "calendar" in getattr(kind, "needs", ()) else {}
    return name, kind(options, **needs)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=str(path)) from None


def _print_json(said: dict[str, Any]) -> None:
    json.dump(said, sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")


def _print_tables(made: DryRun, zone: ZoneInfo) -> None:
    out.print("Signals 信号" + ("" if made.signals else ": none 无"))
    for s in made.signals:
        where = _few(s.get("places", s.get("areas", [])))
        what = _warned(s, zone) if "level" in s else f"{s['hours']} h, {_few(s['quantities'])}"
        issued = local(s["issued"], zone)
        out.print(f"  {s['kind']} {s['source']}, issued 发布 {issued} @ {where}: {what}", markup=False)
    out.print("\nAlerts that would open 将触发" + ("" if made.alerts else ": none 无"))
    for alike in _alike(made.alerts):
        a = alike[0]
        where, onset = _few([one["place"] for one in alike]), local(a["onset"], zone)
        out.print(f"  [bold]{a['level']}[/]  {a['rule']} @ {escape(where)}  onset 起始 {onset}")
        if official := a["why"].get("official"):
            issued = local(official["issued"], zone)
            out.print(f"    官方预警 official warning: {official['level']}, {official['issuer']},"
                      f" {issued}", markup=False)  # fmt: skip
        for language in ("zh", "en"):
            out.print(f"    {a['why'].get('sentence', {}).get(language, '')}", markup=False)
        for m in a["measures"]:
            zh, en = (f"{m['title'][x]} {m['said'][x]}".rstrip() for x in ("zh", "en"))
            out.print(f"    → {zh} / {en}", markup=False)
    if made.calendar:
        out.print("\nBy the calendar, whatever comes in 日历已触发，与本次数据无关")
    for rule, ids in made.calendar.items():
        out.print(f"  {rule} @ {_few(ids)}", markup=False)
    if made.problems:
        out.print("\nProblems 问题")
    for p in made.problems:
        said = BadInput(p["what"], where=p["where"], mend=p["mend"])
        out.print(f"  {said.text()}", markup=False)


def _alike(alerts: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Alerts that differ in their place alone, side by side."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for alert in alerts:
        why = alert["why"]
        said = [alert["rule"], alert["level"], alert["onset"], alert["measures"],
                why.get("sentence"), why.get("official")]  # fmt: skip
        groups.setdefault(json.dumps(said, default=str), []).append(alert)
    return list(groups.values())


def _warned(signal: dict[str, Any], zone: ZoneInfo) -> str:
    drill = ", 演练 exercise" if signal["status"] == "exercise" else ""
    said = f"{signal['event']} {signal['level']} ({signal['action']}{drill})"
    if signal["action"] == "cancel":
        return said
    if signal["expires"] is None:
        return f"{said}, no end said: 24 h 未注明结束时间，按24小时"
    return f"{said}, until 至 {local(signal['expires'], zone)}"


def _few(names: list[str], limit: int = 6) -> str:
    more = f" … ({len(names)})" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
