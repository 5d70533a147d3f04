"""`suian calls list|show|tick`: who is called out, who has answered; tick off who was reached."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console
from sqlalchemy import select

from alerting.cli.given import (
    CONFIG,
    As,
    ConfigPath,
    Format,
    FormatOption,
    Reason,
    local,
    store_of,
)
from alerting.cli.office import post as post_to
from alerting.cli.office import say_next
from alerting.errors import BadInput
from alerting.runtime import RealRuntime
from alerting.service import callout_listing
from alerting.service.clock import LIVE, now_beside, realms
from alerting.service.config import Config, load_config
from alerting.service.county import load_county
from alerting.store.schema_callout import callout
from alerting.vocabulary import HAZARDS, NAMES, POST_TIERS, Level

Key = Annotated[str, typer.Argument(help="The call-out's id, as `calls list` has it.")]
_STATES = {
    "silent": "未应答 no answer", "awake": "已叫醒 awake", "reported": "已报告 reported",
    "ticked": "人工登记 ticked off", "closing": "待结束报告 closing report awaited",
    "closed": "结束报告已收 closing report in",
}  # fmt: skip


class How(StrEnum):
    phone = "phone"
    radio = "radio"
    in_person = "in person"


def list_(
    every: Annotated[bool, typer.Option("--all", help="Past call-outs too.")] = False,
    realm: Annotated[str, typer.Option(help="live, or an exercise.")] = LIVE,
    sector: Annotated[str, typer.Option(help="Only those of alerts of this sector.")] = "",
    format: FormatOption = Format.table,
    config: ConfigPath = CONFIG,
) -> None:
    """Say what call-outs there are, and how many have answered."""
    settings = load_config(config)
    county = load_county(settings)
    store = store_of(settings)
    with store.read() as connection:
        now = now_beside(connection, realm, RealRuntime().now())
        if now is None:
            there = ", ".join(realms(connection)) or "none yet"
            raise BadInput(f"there is no realm {realm!r}", mend=f"There are: {there}.")
        found = callout_listing.listed(connection, county.places, realm, "all" if every else "open",
                                       now, sector)  # fmt: skip
    store.close()
    if format == Format.json:
        Console(soft_wrap=True).print_json(data=found)
        return
    if not found:
        print("no call-outs 没有叫应")
    for one in found:
        print(f"{one['id']}: {_head(one)}, {one['state']}, {one['called']} called 应叫,"
              f" {one['woken']} awake 叫醒, {one['reported']} reported 已报告,"
              f" {one['late']} overdue 超时")  # fmt: skip


def show(key: Key, format: FormatOption = Format.table, config: ConfigPath = CONFIG) -> None:
    """Say who of a call-out has answered and who has not, as a tree."""
    settings = load_config(config)
    county = load_county(settings)
    store = store_of(settings)
    with store.read() as connection:
        of = connection.execute(select(callout.c.realm).where(callout.c.id == key)).scalar()
        now = now_beside(connection, of, RealRuntime().now()) if of is not None else None
        found = callout_listing.shown(connection, county.places, county.book, key, now) if now else None
    store.close()
    if found is None:
        raise BadInput(f"there is no call-out {key!r}", mend="`suian calls list --all` has them all.")
    if format == Format.json:
        Console(soft_wrap=True).print_json(data=found)
        return
    print(f"{_head(found)}, {found['state']}")
    for node in found["tree"]:
        _print(node, settings, 1)
    for row in found["figures"]:
        print(f"{' '.join(POST_TIERS.get(row['tier'], (row['tier'],)))}: {row['called']} called 应叫,"
              f" {row['woken']} awake 叫醒 (half within 半数用时 {_took(row['woken_median'])}),"
              f" {row['reported']} reported 报告 ({_took(row['reported_median'])}),"
              f" {row['ticked']} by others 人工联系或代报, {row['never']} never 无应答")  # fmt: skip


def tick(
    key: Key,
    post: Annotated[str, typer.Argument(help="The post that was reached.")],
    how: Annotated[How, typer.Option(help="How they were reached.")],
    reason: Reason,
    who: As = "",
    config: ConfigPath = CONFIG,
) -> None:
    """Tick off a post that was reached by other means; the calls to it end."""
    body = {"post": post, "how": how.value, "reason": reason}
    say_next(post_to(load_config(config), f"/api/v1/callouts/{key}/tick", body, "answer", who))


def _head(one: dict[str, Any]) -> str:
    hazard, level = HAZARDS[one["hazard"]], Level[one["level"]]
    return (f"{one['zone_name']['zh']}{hazard.zh}{NAMES['zh'][level]}"
            f" {one['zone_name']['en']}, {hazard.en}, {NAMES['en'][level]}")  # fmt: skip


def _print(node: dict[str, Any], settings: Config, depth: int) -> None:
    zone = settings.county.zone
    late = " OVERDUE 超时" if node["late"] else ""
    ticked = f" ({node['ticked_by']['zh']}: {node['ticked_how']}, {node['ticked_why']})" if (
        node["ticked"]) else ""  # fmt: skip
    called = local(node["called"], zone)
    print(f"{'  ' * depth}{node['post']} {node['title']['zh']} {node['title']['en']}:"
          f" {_STATES[node['state']]}{late}{ticked}, called 呼叫 {called}")  # fmt: skip
    for below in node["below"]:
        _print(below, settings, depth + 1)


def _took(seconds: int | None) -> str:
    return "–" if seconds is None else f"{seconds // 60}:{seconds % 60:02d}"
