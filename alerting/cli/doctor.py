"""`suian doctor`: what can be reached, what can be decided, and what a real alert still lacks."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import requests
import typer
from rich.console import Console
from sqlalchemy import Connection, func, select

from alerting.bus import waits
from alerting.cli.given import CONFIG, ConfigPath, store_of
from alerting.connector import Connector, Context
from alerting.dispatch import find as find_channel
from alerting.dispatch import make_channels
from alerting.errors import BadInput, SourceError, SuianError
from alerting.places import no_zones
from alerting.runtime import RealRuntime
from alerting.sentinel.wire import read_secret
from alerting.service.address import address_of
from alerting.service.clock import LIVE
from alerting.service.config import Config, load_config
from alerting.service.county import County, load_county
from alerting.service.duties import measure_notes, places_of_rules
from alerting.service.fetch import HttpFetch
from alerting.service.pace import DAY, calls_a_day, pace, portion, quota_of
from alerting.service.sentinels import states
from alerting.service.survey import (
    Undecidable,
    blind,
    people_notes,
    problem,
    still_missing,
    undecidable,
)
from alerting.signals import Spot
from alerting.store import Store
from alerting.store.schema import contact, person, realm, source_health

out = Console(highlight=False, soft_wrap=True)
GOOD, BAD, OFF = "[green]ok[/]", "[red]no[/]", "[yellow]--[/]"
ROOM = 1 << 30  # bytes of disk below which a season's records may not fit


def doctor(config: ConfigPath = CONFIG) -> None:
    """Say what works, and what a first real alert still lacks.

    Looks at every source, channel, server, rule and person. Ends with 1 when something does not work.
    """
    settings = load_config(config)
    county = load_county(settings, fall_back=True, setting_up=True)
    runtime = RealRuntime()
    now = runtime.now()
    wrong: list[str] = []
    wrong += _lines("Sources 数据源", _sources(county, runtime))
    wrong += _lines("Channels 通道", _channels(county, runtime))
    wrong += _lines("Server, clock, disk 服务、时钟、磁盘", _machine(county, now))
    wrong += _lines("Sentinels 哨兵", _sentinels(county))
    cannot = undecidable(county, now)
    wrong += _lines("Rules and places 规则与地点", _rules(county, cannot, now))
    wrong += _lines("People 人员", _people(county, now))
    out.print("\n[bold]Still missing before the first real alert 距第一条真实风险提示还差[/]")
    missing = [*wrong, *still_missing(county, now, decided=not cannot)]
    for number, words in enumerate(missing, start=1):
        out.print(f"  {number}. {words}", markup=False)
    if not missing:
        out.print("  nothing 无")
    if wrong:
        raise typer.Exit(1)


Line = tuple[str, str]


def _lines(title: str, lines: Iterable[Line]) -> list[str]:
    """Print a part; gives those of its lines that say no."""
    out.print(f"\n[bold]{title}[/]")
    wrong = []
    for mark, words in lines:
        out.print(f"  {mark} ", end="")
        out.print(words, markup=False)
        if mark == BAD:
            wrong.append(words)
    return wrong


def _sources(county: County, runtime: RealRuntime) -> Iterator[Line]:
    """Each source is asked once, as its poll would."""
    now = runtime.now()
    spots = tuple(Spot(p.id, p.lat, p.lon, p.elevation) for p in county.places.points().values())
    for name, source in county.config.sources.items():
        if not source.on:
            yield OFF, f"{name}: switched off 未启用"
            continue
        connector = county.connectors[name]
        if getattr(connector, "pushed", False):
            to = f"{county.config.url}/api/v1/signals?source={name}"
            yield GOOD, f"{name}: pushed to us 由外部推送: POST {to}"
            continue
        if DAY in (quota := quota_of(connector)):
            yield _allowance(name, connector, quota[DAY], len(spots))
        fetch = HttpFetch(runtime)
        asked = spots[: portion(connector, len(spots))[0]]
        try:
            context = Context(name, now, county.config.county.zone, asked, county.table)
            got = connector.poll(fetch, context)
        except SourceError as error:
            yield BAD, f"{name}: {error.text()}"
            continue
        said = (
            f"{name}: answers 可达, {len(got.signals)} signals 条, asked every 轮询间隔"
            f" {_clock_like(pace(connector, len(spots)))}"
        )
        yield GOOD, said + "".join(f"; {p.what}" for p in got.problems[:3])


def _allowance(name: str, connector: Connector, quota: float, places: int) -> Line:
    """What it will use of what its source allows in a day."""
    used = (f"{name}: about {calls_a_day(connector, places):.0f} calls a day of {quota:.0f} allowed"
            f" 每日约用/限额, {places} points, asked every 轮询间隔"
            f" {_clock_like(pace(connector, places))}")  # fmt: skip
    if pace(connector, places) <= connector.cadence:
        return GOOD, used
    return BAD, (f"{used}: slower than it speaks 慢于其更新周期 ({_clock_like(connector.cadence)})."
                 " Take fewer points or a customer's key (apikey).")  # fmt: skip


def _clock_like(span: timedelta) -> str:
    return f"{round(span.total_seconds() / 60)} min"


def _channels(county: County, runtime: RealRuntime) -> Iterator[Line]:
    """How each is set up. Nothing is sent: a test message is an exercise (`suian drill start`)."""
    for name, channel in county.config.channels.items():
        if not channel.on:
            yield OFF, f"{name}: switched off 未启用"
            continue
        try:
            kind = find_channel(channel.use or name)
            made = make_channels({name: channel}, runtime, county.config.url)[name]
        except BadInput as error:
            yield BAD, f"{name}: {error.text()}"
            continue
        can = [
            f"loudness 响度 {made.loudness}",
            "replies 可回复" if kind.can_reply else "no replies 不可回复",
            "receipts 有回执" if kind.receipts else "no receipts 无回执",
        ]
        base = str(channel.options().get("base_url", ""))
        reached = f", {_reachable(base)}" if base else ""
        yield GOOD, f"{name} ({channel.use or name}): {', '.join(can)}{reached}"


def _reachable(url: str) -> str:
    try:
        got = requests.get(url, timeout=(3, 5), allow_redirects=False)
    except requests.RequestException as error:
        return f"{url} does not answer 不可达 ({type(error).__name__})"
    return f"{url} answers 可达 (HTTP {got.status_code})"


def _machine(county: County, now: datetime) -> Iterator[Line]:
    config = county.config
    url = address_of(config)
    try:
        got = requests.get(f"{url}/readyz", timeout=(2, 5))
        yield (GOOD if got.ok else BAD), f"the service on {url}: {got.text.strip()[:80]}"
    except requests.RequestException:
        yield OFF, f"no service runs on {url} 服务未运行: `suian serve`"
    yield from _broker(config)
    try:
        store = store_of(config)
    except SuianError as error:
        yield BAD, error.text()
        return
    with store.read() as connection:
        yield from _clock(connection, now, config.county.timezone)
        yield GOOD, f"database 数据库 {store.path}, schema {store.revision()}"
        yield from _heard(connection, county, now)
    yield _writable(store)
    free = shutil.disk_usage(config.data).free
    yield (GOOD if free > ROOM else BAD), f"disk 磁盘: {free / (1 << 30):.1f} GiB free 可用"
    store.close()


def _broker(config: Config) -> Iterator[Line]:
    try:
        access = config.bus.access()
        if access is not None:
            access.meet(within_ms=0)
            yield GOOD, f"Kafka at {config.bus.kafka} lets us in 消息队列可达"
    except SuianError as error:
        yield BAD, f"{error.text()} 消息队列不可用"


def _sentinels(county: County) -> Iterator[Line]:
    """Who would say that the service has stopped: whether they answer here, and when they last did."""
    config = county.config
    if not config.sentinels:
        yield OFF, "none: if the service stops, nobody says so 未配置，服务若停止将无人告警"
        return
    store = store_of(config)
    with store.read() as connection:
        known = {one.name: one for one in states(connection, config)}
    store.close()
    for name, one in config.sentinels.items():
        if not one.on:
            yield OFF, f"{name}: switched off 未启用"
            continue
        try:
            read_secret(one.secret_env)
        except BadInput as error:
            yield BAD, f"{name}: {error.text()}"
            continue
        heard = known[name].heard
        last = f"last heard 最近应答 {heard:%Y-%m-%d %H:%M}Z" if heard else "never heard 从未应答"
        why = f": {known[name].error}" if known[name].error else ""
        try:
            answers = requests.get(f"{one.url.rstrip('/')}/healthz", timeout=(3, 5)).ok
        except requests.RequestException:
            answers = False
        if answers and not why:
            yield GOOD, f"{name}: answers 可达, {last}"
        else:
            how = "refuses us 拒绝" if answers else "does not answer 无应答"
            yield BAD, f"{name}: {how}, {last}{why}"


def _clock(connection: Connection, now: datetime, zone: str) -> Iterator[Line]:
    latest = connection.execute(select(func.max(realm.c.clock)).where(realm.c.id == LIVE)).scalar()
    if latest is not None and latest > now + timedelta(minutes=2):
        yield BAD, (f"the machine's clock says {now:%Y-%m-%d %H:%M}Z, yet a signal was taken at"
                    f" {latest:%Y-%m-%d %H:%M}Z: set the clock (NTP) 时钟倒退")  # fmt: skip
    else:
        yield GOOD, f"clock 时钟 {now:%Y-%m-%d %H:%M}Z, zone 时区 {zone}"


def _heard(connection: Connection, county: County, now: datetime) -> Iterator[Line]:
    rows = connection.execute(select(source_health).where(source_health.c.realm == LIVE))
    for row in rows:
        connector = county.connectors.get(row.source)
        if connector is None or row.spoke is None:
            continue
        late = now - row.spoke > 2 * connector.cadence
        last = f"{row.source} last spoke 最近一次 {row.spoke:%Y-%m-%d %H:%M}Z"
        yield (BAD if late else GOOD), last + (f": {row.error}" if row.error else "")
    waiting = connection.execute(
        select(func.count())
        .where(waits(LIVE))
    ).scalar_one()
    if waiting:
        yield OFF, f"{waiting} signals wait to be taken 条信号待处理"


def _writable(store: Store) -> Line:
    try:
        store.write(lambda c: None)
    except Exception as error:
        return BAD, f"the database cannot be written 不可写: {error}"
    return GOOD, "the database can be written 可写"


def _rules(county: County, cannot: list[Undecidable], now: datetime) -> Iterator[Line]:
    of: dict[str, list[Undecidable]] = {}
    for one in cannot:
        if one.level != "clear":
            of.setdefault(one.rule, []).append(one)
    store = store_of(county.config)
    with store.read() as connection:
        dark = blind(connection, county, now)
    store.close()
    if county.book_problem:
        yield BAD, f"the last good rules are in use 仍按上一版规则运行: {county.book_problem}"
    yield GOOD, f"holidays known through 节假日已知到 {county.calendar.known_through}"
    if not county.places.county:
        yield BAD, no_zones(county.config.county.zones).text()
    runs_on = places_of_rules(county)
    for rule in county.book.rules:
        if not runs_on[rule.id]:
            yield OFF, f"{rule.id}: no place to run on 无适用地点 ({rule.place})"
            continue
        if rule.id in dark:
            yield BAD, f"{rule.id}: blind 失明 at {', '.join(dark[rule.id])}"
        if rule.id not in of:
            yield GOOD, f"{rule.id}: decidable 可判定"
            continue
        for one in of[rule.id]:
            where = ", ".join(one.places[:4]) + (" …" if len(one.places) > 4 else "")
            yield OFF, (f"{rule.id} {one.level}: undecidable 无法判定 at {len(one.places)}/{one.of}"
                        f" ({where}): no 缺 {', '.join(one.missing)}")  # fmt: skip


def _people(county: County, now: datetime) -> Iterator[Line]:
    loud = {
        name for name, c in county.config.channels.items()
        if c.on and c.options().get("loudness", find_channel(c.use or name).loudness) > 0
    }  # fmt: skip
    store = store_of(county.config)
    with store.read() as connection:
        stopped = connection.execute(
            select(person.c.name, contact.c.channel, contact.c.stopped)
            .join(person, person.c.id == contact.c.person)
            .where(contact.c.stopped.is_not(None), person.c.active).order_by(person.c.id)
        ).all()  # fmt: skip
        verified = set(connection.execute(
            select(contact.c.person, contact.c.channel)
            .where(contact.c.stopped.is_(None), contact.c.verified.is_not(None))
        ).tuples())  # fmt: skip
    store.close()
    quiet = [p["name"] for p in county.people if not loud & {c for c, _ in p["contacts"]}]
    if quiet:
        yield OFF, f"no loud channel reaches 无响亮通道可达: {', '.join(quiet)}"
    for one in county.people:
        theirs = [c for c, _ in one["contacts"] if c in loud]
        if theirs and not any((one["id"], c) in verified for c in theirs):
            yield OFF, (f"{one['name']}: no loud channel that is verified 响亮通道未核验或已退订"
                        f" ({', '.join(theirs)}): `suian verify {one['id']}`")  # fmt: skip
            quiet.append(one["name"])
    for row in stopped:
        yield OFF, (f"{row.name} stopped messages on 已退订 {row.channel} {row.stopped:%Y-%m-%d}:"
                    " START sent from there undoes it 由本人回复START恢复")  # fmt: skip
    try:
        notes = [*people_notes(county, now), *measure_notes(county, now)]
    except BadInput as error:
        notes = [problem(error)]
    for note in notes:
        yield (BAD if note.level == "error" else OFF), f"{note.what} {note.mend}"
    if not quiet and not notes and not stopped:
        yield GOOD, f"{len(county.people)} people 人, {len(county.posts)} posts 岗位"
