"""`suian explain ALERT`: what happened to an alert, why, and who was told and answered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, select

from alerting.cli.given import CONFIG, ConfigPath, store_of
from alerting.errors import BadInput
from alerting.places import load_places
from alerting.rulebook import load_book
from alerting.service.config import Config, load_config
from alerting.service.listing import one_alert
from alerting.store.schema import alert, alert_change, answer, person
from alerting.vocabulary import Level

out = Console(highlight=False, soft_wrap=True)


def explain(
    alert_id: Annotated[str, typer.Argument(metavar="ALERT", help="Its id, as the page shows it.")],
    config: ConfigPath = CONFIG,
) -> None:
    """Tell an alert's story: its changes, the values behind them, its measures, who was told."""
    settings = load_config(config)
    store = store_of(settings)
    try:
        with store.read() as connection:
            _tell(connection, settings, alert_id)
    finally:
        store.close()


def _tell(connection: Connection, config: Config, alert_id: str) -> None:
    places = load_places(config.county.zones, config.county.sites)
    one = one_alert(connection, places, load_book(config.rules), alert_id)
    if one is None:
        latest = connection.execute(
            select(alert.c.id).order_by(alert.c.updated.desc()).limit(3)
        ).scalars().all()  # fmt: skip
        known = f"The latest are: {', '.join(latest)}." if latest else "None has opened yet."
        raise BadInput(f"there is no alert {alert_id!r}", mend=known)
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
    _values(why)
    _timeline(connection, alert_id, zone)
    _rows("Measures 措施", ("measure", "object", "carrier", "state", "due"), one["measures"])
    _rows("Told 已通知", ("person", "channel", "state", "at"), _named(one["deliveries"], names))
    rows = connection.execute(
        select(answer).where(answer.c.alert == alert_id).order_by(answer.c.at)
    ).mappings()  # fmt: skip
    _rows("Answered 应答", ("person", "channel", "act", "outcome", "at", "text"),
          _named(rows, names))  # fmt: skip
    _rows("Climbed 升级叫应", ("from", "to", "at", "reason"), one["escalations"])


def _values(why: dict[str, Any]) -> None:
    """What the rule looked at, as the engine wrote it down: one line a part."""
    shown = {k: v for k, v in why.items() if k not in ("sentence", "zh", "en")}
    for key, value in shown.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            _rows(key, tuple(value[0]), value)
        elif value not in (None, "", [], {}):
            out.print(f"  {key}: {value}")


def _timeline(connection: Connection, alert_id: str, zone: Any) -> None:
    rows = connection.execute(
        select(alert_change).where(alert_change.c.alert == alert_id).order_by(alert_change.c.n)
    )
    told = [
        {"at": f"{r.at.astimezone(zone):%Y-%m-%d %H:%M}", "what": r.what,
         "level": Level(r.level).name if r.level else "-", "by": r.by,
         "why": _both(r.why.get("sentence", r.why))}
        for r in rows
    ]  # fmt: skip
    _rows(f"Timeline 经过 ({zone.key})", ("at", "what", "level", "by", "why"), told)


def _named(rows: Iterable[Any], names: dict[str, str]) -> list[dict[str, Any]]:
    return [{**row, "person": names.get(row["person"], row["person"])} for row in rows]


def _rows(title: str, columns: tuple[str, ...], rows: Iterable[Any]) -> None:
    table = Table(*columns, title=title, title_justify="left", box=None)
    for row in rows:
        table.add_row(*(_cell(row.get(c)) for c in columns))
    if table.row_count:
        out.print(table)


def _cell(value: Any) -> str:
    return "-" if value is None or value == "" else str(value)


def _both(words: Any) -> str:
    if not isinstance(words, dict):
        return str(words)
    return " ".join(dict.fromkeys(str(words[k]) for k in ("zh", "en") if words.get(k)))
