"""What a county's set-up can and cannot do, found out without running it: for `check` and `doctor`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection

from alerting.alerts.rule_places import rule_places
from alerting.alerts.standing import unknown_since
from alerting.errors import BadInput
from alerting.people.roster_file import rota_of
from alerting.rulebook import Rule
from alerting.runtime import VirtualRuntime
from alerting.service.clock import LIVE
from alerting.service.county import County, without_broker
from alerting.service.station import Station
from alerting.store import Store

UNFILLED = "待填"


@dataclass(frozen=True, slots=True)
class Note:
    """Something found: an error keeps the service from working as configured, a warning is for a
    person to judge."""

    level: Literal["error", "warning"]
    where: str
    what: str
    mend: str = ""


@dataclass(slots=True)
class Undecidable:
    """A level of a rule that no configured source can decide, and where."""

    rule: str
    level: str
    missing: list[str]
    places: list[str] = field(default_factory=list)
    of: int = 0  # how many places the rule runs on


def problem(error: BadInput) -> Note:
    return Note("error", error.where, error.what, error.mend.strip())


def undecidable(county: County, at: datetime) -> list[Undecidable]:
    """By rule, level and what is missing, the places; `at` is any time, only sources matter."""
    store = Store(":memory:")
    station = Station(without_broker(county), VirtualRuntime(at), store)
    life = station.life(LIVE)
    counts = {rule: len(on.ids) for rule, on in rule_places(life).items()}
    found: dict[tuple[str, str, tuple[str, ...]], Undecidable] = {}
    for one in station.undecidable(LIVE):
        key = (one["rule"], one["level"], tuple(one["missing"]))
        made = found.setdefault(
            key,
            Undecidable(one["rule"], one["level"], list(one["missing"]), of=counts[one["rule"]]),
        )
        made.places.append(one["place"])
    store.close()
    return list(found.values())


def people_notes(county: County, now: datetime) -> Iterator[Note]:
    """People without a contact, vacant posts, people who hold none, posts that a roster leaves empty
    until it begins."""
    file = str(county.config.county.people)
    for one in county.people:
        if not one["contacts"]:
            yield Note("warning", file, f"{one['id']} ({one['name']}) has no contact / 无联系方式",
                       "Add channel:address under contacts.")  # fmt: skip
    posts, vacant = str(county.config.county.posts), county.vacant()
    rosters, zone = str(county.config.county.rosters), county.config.county.zone
    for post in county.posts:
        if post["id"] in vacant:
            yield Note("warning", posts, f"the post {post['id']} ({post['title']}) is vacant: the one"
                       " above it is called at once / 岗位空缺",
                       "Name somebody under holders, or in rosters.yaml.")  # fmt: skip
        if not post["holders"] and post["id"] in county.rosters:
            begins = rota_of(county.rosters[post["id"]], zone).starts
            if begins > now:
                yield Note("warning", rosters, f"the roster of {post['id']} ({post['title']}) begins on"
                           f" {begins.astimezone(zone):%Y-%m-%d}, and posts.csv names nobody until"
                           " then / 轮值表开始之前该岗位空缺",
                           "Name somebody under holders; a roster in force stays until the new one"
                           " begins.")  # fmt: skip
        for one in county.people:
            if one["role"] == "view" and one["id"] in post["holders"]:
                yield Note("warning", posts, f"{one['id']} ({one['name']}) holds {post['id']} with the"
                           " role view: their answers are not taken / 只能查看者不能应答",
                           "Give them the role answer in people.csv.")  # fmt: skip
    if not any(p["tier"] == "duty-office" and p["id"] not in vacant for p in county.posts):
        yield Note("error", posts, "no duty office with somebody on it: what nobody answers ends"
                   " nowhere / 无值班室在岗人员", "Add a post of the tier duty-office.")  # fmt: skip


def undecidable_notes(county: County, cannot: list[Undecidable]) -> Iterator[Note]:
    """Rules that no configured source can decide anywhere, one note for all that lack the same, at the
    first; and those that open and never clear."""
    lacking: dict[tuple[str, ...], list[Rule]] = defaultdict(list)
    for rule in county.book.rules:
        levels = {one.level: one for one in cannot if one.rule == rule.id and len(one.places) == one.of}
        if rule.levels.keys() <= levels.keys():
            missing = sorted({word for name in rule.levels for word in levels[name].missing})
            lacking[tuple(missing)].append(rule)
        elif "clear" in levels:
            missing = levels["clear"].missing
            yield Note("warning", rule.clear_where, f"{rule.id} can open and never clear: nothing says"
                       f" {', '.join(missing)} at any place / 无法判定何时解除",
                       "Clear on what a configured source says, or switch one on.")  # fmt: skip
    for words, rules in lacking.items():
        yield Note("warning", rules[0].where,
                   f"no configured source can decide {', '.join(r.id for r in rules)} at any place:"
                   f" nothing says {', '.join(words)} / 现有数据源无法判定",
                   "Switch on a source that does, under sources in the config.")  # fmt: skip


def blind(connection: Connection, county: County, now: datetime) -> dict[str, list[str]]:
    """By rule the places that have been unknown for two cadences, as the service last wrote it."""
    cadences = [c.cadence for c in county.connectors.values() if "forecast" in c.feeds]
    since = now - 2 * min(cadences, default=timedelta(hours=1))
    found: dict[str, list[str]] = defaultdict(list)
    for one in unknown_since(connection, LIVE, since):
        found[one["rule"]].append(one["place"])
    return found


def still_missing(county: County, now: datetime, *, decided: bool) -> Iterator[str]:
    """What a county lacks before it can send its first real alert, in both languages; what the doctor
    found broken is not said again."""
    config = county.config
    if config.county.fictional:
        yield "the county is still fictional: `suian init COUNTY` 仍为虚构县"
    feeds = {feed for c in county.connectors.values() for feed in c.feeds}
    if "forecast" not in feeds:
        yield "no source of forecasts is switched on 未启用天气预报数据源"
    if "warning" not in feeds:
        yield "no source of official warnings is switched on 未启用官方预警数据源"
    if not decided:
        yield "some rules cannot be decided with these sources, see above 部分规则无法判定，见上"
    kinds = {c.use or name for name, c in config.channels.items() if c.on}
    if kinds <= {"console"}:
        yield "no channel beyond the console: nobody is woken 只有终端通道，无法叫醒任何人"
    if not config.public_url:
        yield "public_url is empty: links in messages open on this machine alone 未设 public_url"
    if vacant := county.vacant():
        yield f"posts are vacant 岗位空缺: {', '.join(vacant)}"
    if not any(p["role"] == "admin" for p in county.people):
        yield "nobody has the role admin 无管理员"
    if not any(p["role"] in ("decide", "order", "admin") for p in county.people):
        yield "nobody may decide 无人有决定权限"
    for name, measure in county.book.measures.items():
        open_slots = str(measure.do["zh"]).count(UNFILLED)
        if open_slots:
            yield (f"measures.yaml, {name}: {open_slots} slots are for the district to fill"
                   f" 有 {open_slots} 处{UNFILLED}")  # fmt: skip
    for plan in county.book.plans.values():
        if plan.unfilled:
            yield (f"plans, {plan.id}: {plan.unfilled} slots are for the district to fill"
                   f" 有 {plan.unfilled} 处{UNFILLED}")  # fmt: skip
    known = county.calendar.known_through
    if known < now.date() + timedelta(days=60):
        yield f"holidays are known only through 节假日仅公布到 {known}: add the next year's table"
