"""`suian explain ALERT`: what happened to an alert, why, and who was told and answered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Column, Table
from sqlalchemy import Connection, select

from alerting.cli.given import CONFIG, ConfigPath, local, store_of
from alerting.errors import BadInput
from alerting.places import load_places
from alerting.rulebook import load_book
from alerting.service.config import Config, load_config
from alerting.service.listing import one_alert
from alerting.store.schema import alert, alert_change, answer, person
from alerting.vocabulary import Level

out = Console(highlight=False, soft_wrap=True)
TIMES = ("at", "due")


def explain(
    alert_id: Annotated[str, typer.Argument(metavar="ALERT", help="Its id, as the page shows it.")],
    config: ConfigPath = CONFIG,
) -> None:
    """Tell an alert's whole story.

    Its changes, the values behind them, its measures, who was told and what they answered."""
    settings = load_config(config)
    store = store_of(settings)
    try:
        with store.read() as connection:
            _tell(connection, settings, alert_id)
    finally:
        store.close()


def _tell(connection: Connection, config: Config, alert_id: str) -> None:
    if connection.execute(select(alert.c.id).where(alert.c.id == alert_id)).first() is None:
        latest = connection.execute(
            select(alert.c.id).order_by(alert.c.updated.desc()).limit(3)
        ).scalars().all()  # fmt: skip
        known = f"The latest are: {', '.join(latest)}." if latest else "None has opened yet."
        raise BadInput(f"there is no alert {alert_id!r}", mend=known)
    places = load_places(config.county.zones, config.county.sites)
    one = one_alert(connection, places, load_book(config.rules), alert_id)
    assert one is not None
    zone = config.county.zone
    names = {r.id: r.name for r in connection.execute(select(person.c.id, person.c.name))}
    exercise = "  演练 EXERCISE" if one["exercise"] else ""
    out.print(f"[bold]{one['id']}[/]{exercise}")
    out.print(f"{_both(one['title'])}  @  {_both(one['place_name'])}")
    out.print(f"{one['state']}, {one['level']} (peak 最高 {one['peak']}, official 官方 "
              f"{one['official'] or '-'})")  # fmt: skip
    why = one["why"]
    for language in ("zh", "en"):
        out.print(f"  {why.get('sentence', {}).get(language, '')}")
    _values(why, zone)
    _timeline(connection, alert_id, zone)
    _rows("Measures 措施", ("measure", "object", "carrier", "state", "due"), one["measures"], zone)
    _rows("Told 已通知", ("person", "channel", "state", "at"), _named(one["deliveries"], names), zone)
    rows = connection.execute(
        select(answer).where(answer.c.alert == alert_id).order_by(answer.c.at)
    ).mappings()  # fmt: skip
    _rows("Answered 应答", ("person", "channel", "act", "outcome", "at", "text"),
          _named(rows, names), zone)  # fmt: skip
    _rows("Climbed 升级叫应", ("from", "to", "at", "reason"), one["escalations"], zone)


def _values(why: dict[str, Any], zone: ZoneInfo) -> None:
    """What each level looked at: the values, the thresholds, where they came from, and when."""
    if "by_hand" in why:
        out.print(f"  by hand 人工: {why['by_hand']}", markup=False)
    if official := why.get("official"):
        out.print(f"  official warning 官方预警: {official['level']}, {official['issuer']},"
                  f" {local(official['issued'], zone)}", markup=False)  # fmt: skip
    if "point" in why:
        out.print(f"  worst point 最不利点: {why['point']}", markup=False)
    for level, one in why.get("details", {}).items():
        onset = f", from 起 {local(one['onset'], zone)}" if one["onset"] else ""
        out.print(f"  {level}: {one['state']}{onset}: {one['text']}", markup=False)
        for reason in one["reasons"]:
            out.print(f"    {_reason(reason, zone)}", markup=False)
        if one["missing"]:
            out.print(f"    no source says 缺 {', '.join(one['missing'])}", markup=False)


def _reason(reason: dict[str, Any], zone: ZoneInfo) -> str:
    said = f"{reason['text']}: {reason['state']}"
    if reason["value"] is not None:
        said += f", {reason['value']:.4g} {reason['unit']}".rstrip()
    if reason["at"]:
        said += f" at {local(reason['at'], zone)}"
    if reason["derived"]:
        said += ", derived 推算"
    if reason["source"]:
        issued = f" issued {local(reason['issued'], zone)}" if reason["issued"] else ""
        said += f", {reason['source']}{issued}"
    return said


def _timeline(connection: Connection, alert_id: str, zone: ZoneInfo) -> None:
    rows = connection.execute(
        select(alert_change).where(alert_change.c.alert == alert_id).order_by(alert_change.c.n)
    )
    out.print(f"Timeline 经过 ({zone.key})")
    for row in rows:
        level = Level(row.level).name if row.level else "-"
        out.print(f"  {local(row.at, zone)} {row.what} {level} by {row.by}:"
                  f" {_both(row.why.get('sentence', row.why))}", markup=False)  # fmt: skip


def _named(rows: Iterable[Any], names: dict[str, str]) -> list[dict[str, Any]]:
    return [{**row, "person": names.get(row["person"], row["person"])} for row in rows]


def _rows(title: str, columns: tuple[str, ...], rows: Iterable[Any], zone: ZoneInfo) -> None:
    table = Table(*(Column(c, overflow="fold") for c in columns), title=title,
                  title_justify="left", box=None)  # fmt: skip
    for row in rows:
        table.add_row(*(local(row[c], zone) if c in TIMES else row[c] or "–" for c in columns))
    if table.row_count:
        out.print(table)


def _both(words: Any) -> str:
    if not isinstance(words, dict):
        return str(words)
    return " ".join(dict.fromkeys(str(words[k]) for k in ("zh", "en") if words.get(k)))
