"""`suian drill list|check|start|schedule|stop|report|play`: drills of people, and exercises that play
by themselves.

What is only looked at is read from the files and the database; the rest goes through the running
service, in a person's name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection

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
)
from alerting.cli.office import post
from alerting.errors import BadInput, Refused
from alerting.service import drill_listing, drill_plans
from alerting.service.config import Config, load_config
from alerting.service.county import load_county
from alerting.vocabulary import POST_TIERS

Name = Annotated[str, typer.Argument(help="The folder below exercises/.")]
Number = Annotated[int, typer.Argument(help="The drill's number, as `drill list` has it.")]
Announced = Annotated[bool, typer.Option("--announced", help="Tell the players beforehand.")]
out = Console(highlight=False, markup=False, soft_wrap=True)


def list_(format: FormatOption = Format.table, config: ConfigPath = CONFIG) -> None:
    """Say which plans there are, and which drills were held and are to come."""
    settings = load_config(config)
    with _connection(settings) as connection:
        drills = drill_listing.listed(connection, organiser=True)
    plans = drill_plans.names(settings)
    if format == Format.json:
        Console(soft_wrap=True).print_json(data={"plans": plans, "drills": drills}, default=str)
        return
    out.print(f"plans 方案: {', '.join(plans) or 'none 无'}")
    zone, table = settings.county.zone, Table()
    for column in ("", "plan 方案", "when 时间", "state 状态", "by 组织者", "reason 原因"):
        table.add_column(column)
    for one in drills:
        state = f"{one['state']} {one['how']}".strip()
        table.add_row(str(one["id"]), one["plan"], local(one["started"] or one["due"], zone), state,
                      one["by"], one["reason"])  # fmt: skip
    out.print(table)


def check(name: Name, config: ConfigPath = CONFIG) -> None:
    """Read a plan and say what is wrong with it, with line and mend; nobody is called."""
    found = drill_plans.checked(load_county(load_config(config)), name)
    minutes = round(found.lasts.total_seconds() / 60) if found.lasts else 0
    print(f"ok 可用: {found.title['zh']} {found.title['en']}, {minutes} min 分钟")


def start(
    name: Name,
    reason: Reason,
    announced: Announced = False,
    who: As = "",
    config: ConfigPath = CONFIG,
) -> None:
    """Hold a drill now: live people are really called, each message says 演练 / EXERCISE first."""
    settings = load_config(config)
    made = _hold(settings, {"plan": name, "reason": reason, "announced": announced}, who)
    print(f"演练已开始 The drill has begun, number 编号 {made}: {settings.url}/drills/{made}")


def schedule(
    name: Name,
    at: Annotated[str, typer.Argument(help="2026-01-21 14:30, local, or with its zone.")],
    reason: Reason,
    announced: Announced = False,
    who: As = "",
    config: ConfigPath = CONFIG,
) -> None:
    """Hold a drill at a time; without --announced its players are not told beforehand."""
    settings = load_config(config)
    due = moment("AT", at, settings.county.zone)
    body = {"plan": name, "reason": reason, "announced": announced, "at": due.isoformat()}
    made = _hold(settings, body, who)
    print(f"演练已安排 scheduled, number 编号 {made}: {local(due, settings.county.zone)}")


def stop(number: Number, reason: Reason, who: As = "", config: ConfigPath = CONFIG) -> None:
    """End a drill, or call it off before it begins; those who were told of it hear so."""
    settings = load_config(config)
    said = post(settings, f"/api/v1/drills/{number}/stop", {"reason": reason}, _role(settings), who)
    print("演练已结束 The drill has ended." if said["state"] == "ended" else
          "演练已取消 The drill is called off.")  # fmt: skip


def report(
    number: Number, format: FormatOption = Format.table, config: ConfigPath = CONFIG
) -> None:
    """Say who answered, how fast, and who did not, against the last drill of the same plan."""
    settings = load_config(config)
    with _connection(settings) as connection:
        made = drill_listing.report(connection, number, organiser=True)
    if made is None:
        raise BadInput(f"there is no drill {number}", mend="`suian drill list` has them all.")
    if format == Format.json:
        Console(soft_wrap=True).print_json(data=made, default=str)
        return
    _print(made, settings)


def play(name: Name, who: As = "", config: ConfigPath = CONFIG) -> None:
    """Play the config's exercise as `serve --play` does: in a fictional county as fast as it likes,
    its people answering by themselves."""
    settings = load_config(config)
    folder = drill_plans.folder_of(settings, name)
    configured = settings.exercise.play
    if configured is None or configured.resolve() != folder.resolve():
        plays = configured.name if configured else "none 无"
        raise Refused(
            f"the config plays {plays}, not {name}", where=str(config),
            mend=f"Write `exercise: {{play: exercises/{name}}}` there, start the service again and"
            " repeat this; or let it play at its start: `suian serve --play`.",
        )  # fmt: skip
    post(settings, "/exercises", {"exercise": name}, _role(settings), who, as_form=True)
    print(f"演练已开始 The exercise {name} is playing: {settings.url}")


def _print(made: dict[str, Any], settings: Config) -> None:
    zone, figures = settings.county.zone, made["figures"]
    out.print(f"{made['title']['zh']} {made['title']['en']} ({made['plan']}): {made['state']}"
              f" {made['how']}".rstrip())  # fmt: skip
    out.print(f"{local(made['started'] or made['due'], zone)} – {local(made['ended'], zone)}, "
              f"{made['by']}: {made['reason']}")  # fmt: skip
    if made["remark"]:
        out.print(made["remark"])
    for gap in made["gaps"]:
        out.print(f"系统中断 the service was away: {local(gap['from'], zone)} –"
                  f" {local(gap['until'], zone)}")  # fmt: skip
    for step in made["not_played"]:
        out.print(f"第{step['step']}步没有做成 step {step['step']} could not be played: "
                  f"{step['told'].get('en', '')}")  # fmt: skip
    if figures is None:
        return
    before = {row["tier"]: row for row in made["before"]["figures"]["tiers"]} if made["before"] else {}
    table = Table()
    for column in ("tier 层级", "called 呼叫", "answered 应答", "never 未应答", "half within 半数用时",
                   "last time 上次"):  # fmt: skip
        table.add_column(column, no_wrap=column.startswith("tier"))  # a name is read whole
    for row in figures["tiers"]:
        last = before.get(row["tier"])
        then = f"{last['woken']}/{last['called']}, {_took(last['median'])}" if last else "–"
        table.add_row(" ".join(POST_TIERS.get(row["tier"], (row["tier"],))), str(row["called"]),
                      str(row["woken"]), str(row["never"]), _took(row["median"]), then)  # fmt: skip
    out.print(table)
    for row in figures["channels"]:
        out.print(f"{row['channel']}: {row['messages']} messages 条, {row['answered']} answered 应答,"
                  f" {row['dead']} given up 送不出, {_took(row['median'])}")  # fmt: skip
    silent = [one for one in figures["people"] if one["seconds"] is None]
    for one in silent:
        out.print(f"未应答 never answered: {one['name']['zh']} {one['name']['en']},"
                  f" {one['title']['zh']} {one['title']['en']}")  # fmt: skip


def _took(seconds: int | None) -> str:
    return "–" if seconds is None else f"{seconds // 60}:{seconds % 60:02d}"


def _hold(settings: Config, body: dict[str, Any], who: str) -> int:
    return int(post(settings, "/api/v1/drills", body, _role(settings), who)["id"])


def _role(settings: Config) -> str:
    return "answer" if settings.county.fictional else "order"


@contextmanager
def _connection(settings: Config) -> Iterator[Connection]:
    store = store_of(settings)
    try:
        with store.read() as connection:
            yield connection
    finally:
        store.close()
