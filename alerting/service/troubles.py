"""What can be wrong with the service itself, looked for in what it holds and in its tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from sqlalchemy import Connection, and_, case, func, select

from alerting import audit
from alerting.bus import waits
from alerting.chase import handing_over, handing_words
from alerting.chase.ladder import DUTY_OFFICE
from alerting.people import handing, holders_of, person_by_id
from alerting.people.roster_words import span_said
from alerting.service import dead_letters, sentinels
from alerting.service.clock import LIVE
from alerting.service.done_by import nobody_does
from alerting.service.process_word import failing, refusing
from alerting.service.service_rules import loop_words
from alerting.service.warning_listing import UNKNOWN, unknown_at
from alerting.store.schema import alert, delivery, is_set_aside, is_waiting, post, pursuit, signal
from alerting.store.schema import audit as audit_table
from alerting.store.schema_duty import roster, roster_change
from alerting.vocabulary import NAMES, Level

if TYPE_CHECKING:
    from alerting.service.station import Station

CALENDAR_AHEAD = timedelta(days=30)
GAP_IS_NEAR = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something the watch found: which service rule, on which source, channel or roster, in words."""

    rule: str
    place: str
    words: dict[str, str]
    level: Level | None = None  # where it is not always the rule's own
    # Which of several of its kind it is, where one follows another with no pause between them.
    of: tuple[str, ...] = ()
    lasting: bool = False  # said where two looks find it: what is over in seconds is none


def look(station: Station, connection: Connection, now: datetime) -> list[Trouble]:
    """All that is wrong at `now`, by the machine's clock. Of realms, only the real world's."""
    stuck = now - timedelta(seconds=station.config.watch.queue_seconds)
    return [
        *_silent(station, connection),
        *_queue(connection, stuck),
        *_kafka(station, connection, stuck, now),
        *_set_aside(connection, now),
        *_unknown_warnings(station, now),
        *_channels(station, connection, stuck, now),
        *_blind(station, connection),
        *_calendar(station, now),
        *_unreached(connection),
        *_failing(station, connection),
        *_undone(station, connection),
        *_rules(station),
        *_unsealed(station, connection, now),
        *_gaps(station, connection, now),
        *_flagged(station, connection, now),
        *_hand_overs(connection, now),
        *_sentinels(station, connection, now),
        *_exercises(station, connection, now),
    ]


def _silent(station: Station, connection: Connection) -> list[Trouble]:
    return [
        Trouble("source-silent", f"source:{s['name']}", {
            "zh": f"数据源 {s['name']} 超过两个周期没有消息",
            "en": f"source {s['name']} has been silent for two cadences",
        })
        for s in station.sources(connection) if s["state"] == "silent"
    ]  # fmt: skip


def _queue(connection: Connection, stuck: datetime) -> list[Trouble]:
    waiting = connection.execute(
        select(func.count())
        .where(waits(LIVE), signal.c.accepted < stuck)
    ).scalar_one()  # fmt: skip
    if not waiting:
        return []
    return [Trouble("queue-stuck", "source:engine", {
        "zh": f"{waiting} 条信号积压未处理", "en": f"{waiting} signals wait to be taken",
    })]  # fmt: skip


def _kafka(
    station: Station, connection: Connection, stuck: datetime, now: datetime
) -> list[Trouble]:
    """Signals that wait in the broker, or may wait there, for nobody reads it; and those that it had no
    longer when they were to be read: as its readers have written it down, in whichever process."""
    if station.kafka is None:
        return []
    parts = station.kafka.topic.unread(connection, station.bus.shares.all)
    waiting = [one for one in parts
               if (since := one.since(station.started, now)) is not None and since < stuck]  # fmt: skip
    lost = [one for one in parts
            if one.missing_at is not None and now - one.missing_at < timedelta(days=1)]  # fmt: skip
    found = []
    if waiting:
        count = sum(one.count for one in waiting)
        names = ", ".join(str(one.part) for one in waiting)
        alone = any(one.unlooked(station.started, now) for one in waiting)
        error = next((one.error for one in waiting if one.error), "")
        found.append(Trouble("queue-stuck", "source:kafka", {
            "zh": f"Kafka 分区 {names} {'无进程读取' if alone else f'有 {count} 条记录积压未读取'}"
            f"{f'：{error}' if error else ''}",
            "en": (f"nobody reads partition {names} of Kafka" if alone else
                   f"{count} records wait in partition {names} of Kafka")
            + (f": {error}" if error else ""),
        }))  # fmt: skip
    if lost:
        names, known = ", ".join(str(one.part) for one in lost), [one.missing or 0 for one in lost]
        many = str(sum(known)) if all(known) else ""
        found.append(Trouble("signals-missing", "source:kafka", {
            "zh": f"Kafka 分区 {names} 有{f' {many} 条' if many else ''}已接收的记录在读取前丢失，"
            "请核对各数据源的来文",
            "en": f"{many or 'some'} accepted records were gone from partition {names} of Kafka before"
            " they were read: look at the sources and the official warnings",
        }))  # fmt: skip
    return found


def _calendar(station: Station, now: datetime) -> list[Trouble]:
    known = station.county.calendar.known_through
    if known - now.date() > CALENDAR_AHEAD:
        return []
    return [Trouble("calendar-unknown", "source:calendar", {
        "zh": f"{known:%Y年%m月%d日}之后的放假调休安排未知，请导入新一年的表",
        "en": f"holidays and swapped working days are not known after {known}; import the"
        " new year's table",
    })]  # fmt: skip


def _rules(station: Station) -> list[Trouble]:
    if not station.book_problem:
        return []
    return [Trouble("rules-broken", "source:rules", {
        "zh": "规则包有误，仍按上一版有效规则运行；首页和 suian check 有详情",
        "en": "the rules do not load, the last good ones are in use: see suian check",
    })]  # fmt: skip


def _unsealed(station: Station, connection: Connection, now: datetime) -> list[Trouble]:
    since = audit.unsealed_since(connection, LIVE)
    limit = timedelta(seconds=station.config.watch.seal_seconds)
    if not since or now - since <= limit:
        return []
    return [Trouble("log-unsealed", "source:audit", {
        "zh": "审计记录超过 60 秒未封存", "en": "audit entries wait to be sealed",
    })]  # fmt: skip


def _failing(station: Station, connection: Connection) -> list[Trouble]:
    """Loops that will not mend themselves, here or in another process: what they do stands still,
    whatever the page shows."""
    others = [
        Trouble("loop-failing", f"source:{name}", {
            "zh": f"{loop_words(name)['zh']}（在另一个进程中）连续失败：{error}",
            "en": f"{loop_words(name)['en']}, in another process, keeps failing: {error}",
        })
        for name, error in sorted(failing(station, connection).items())
    ]  # fmt: skip
    return others + [
        Trouble("loop-failing", f"source:{name}", {
            "zh": f"{loop_words(name)['zh']}连续{rounds.failures}次失败：{rounds.error}",
            "en": f"{loop_words(name)['en']} failed {rounds.failures} times in a row:"
            f" {rounds.error}",
        })
        for name, rounds in sorted(station.loops.items())
        if rounds.keeps_failing(station.runtime.elapsed())
    ]  # fmt: skip


def _undone(station: Station, connection: Connection) -> list[Trouble]:
    """What one process does for all, and none does now. One that is exchanged is gone for seconds."""
    return [
        Trouble("loop-failing", f"source:{what}", {
            "zh": f"没有进程负责{loop_words(what)['zh']}：请启动 {role} 进程",
            "en": f"no process does {loop_words(what)['en']}: start one of the role {role}",
        }, lasting=True)
        for what, role in sorted(nobody_does(station, connection).items())
    ]  # fmt: skip


def _set_aside(connection: Connection, now: datetime) -> list[Trouble]:
    """Signals of the last day that could not be taken: what they said was not heeded."""
    count = connection.execute(
        select(func.count()).where(
            audit_table.c.realm == LIVE, is_set_aside,
            audit_table.c.at > now - timedelta(days=1),
        )
    ).scalar_one()  # fmt: skip
    if not count:
        return []
    return [Trouble("signal-set-aside", "source:engine", {
        "zh": f"{count} 条信号无法处理，未起作用，请查看服务日志",
        "en": f"{count} signals could not be taken and had no effect: see the service's log",
    })]  # fmt: skip


def _unknown_warnings(station: Station, now: datetime) -> list[Trouble]:
    """Official warnings in force in the county that no rule can heed: a person must read them."""
    table, zone = station.county.table, station.config.county.zone
    found = []
    for held in station.engines[LIVE].facts.nameless(now):
        one = held.warning
        if table.event(one.sender, one.identifier, one.event) is not None:
            continue  # listed as none of ours
        said = one.event or one.headline
        at, level = one.issued.astimezone(zone), Level[one.level]
        found.append(Trouble(UNKNOWN, unknown_at(one.identifier), {
            "zh": f"{one.sender}{at.day}日{at.hour}时{at.minute}分发布“{said}”{NAMES['zh'][level]}"
            "预警，没有对应的灾种，未触发任何措施，请人工研判",
            "en": f"{one.sender} issued an official {level.name} warning, {said!r}, at"
            f" {at:%d %b %H:%M}: no hazard of ours, nothing was asked of anybody; read it and decide",
        }))  # fmt: skip
    return found


def _channels(
    station: Station, connection: Connection, stuck: datetime, now: datetime
) -> list[Trouble]:
    found = [
        Trouble(dead_letters.RULE, f"channel:{channel}", {
            "zh": f"通道 {channel} 有 {count} 条消息未能送达，收件人尚未联系到",
            "en": f"{count} messages on {channel} could not be delivered, and their readers are"
            " not reached",
        })
        for channel, count in dead_letters.unsettled(connection, now).items()
    ]  # fmt: skip
    # Only by what it is searched for: by realm or time a database goes through all that were sent.
    late = case((and_(delivery.c.realm == LIVE, delivery.c.created < stuck), 1), else_=0)
    waiting = connection.execute(
        select(delivery.c.channel, func.sum(late).label("n"))
        .where(is_waiting)
        .group_by(delivery.c.channel)
    )
    found += [
        Trouble("channel-refuses", f"channel:{row.channel}", {
            "zh": f"通道 {row.channel} 有 {row.n} 条消息迟迟发不出去",
            "en": f"{row.n} messages on {row.channel} are waiting to be sent",
        })
        for row in waiting if row.n
    ]  # fmt: skip
    for channel in sorted(refusing(station, connection)):
        found.append(Trouble("channel-refuses", f"channel:{channel}", {
            "zh": f"通道 {channel} 拒绝服务", "en": f"channel {channel} refuses us",
        }))  # fmt: skip
    return found


def _blind(station: Station, connection: Connection) -> list[Trouble]:
    """Places that no rule can judge any more: grey on the page, and said here."""
    counts = station.blind_counts(connection, LIVE)
    if not counts:
        return []
    titles = [station.book.rules_by_id[rule].title for rule in sorted(counts)]
    return [Trouble("places-blind", station.places.county, {
        "zh": f"{sum(counts.values())} 处因缺数据无法判断：{'、'.join(t['zh'] for t in titles)}",
        "en": f"{sum(counts.values())} places cannot be judged for want of data:"
        f" {', '.join(t['en'] for t in titles)}",
    })]  # fmt: skip


def _unreached(connection: Connection) -> list[Trouble]:
    """Pursuits that have called every rung as often as the policy says, and nobody answered."""
    rows = connection.execute(
        select(pursuit.c.realm, alert.c.rule)
        .outerjoin(alert, alert.c.id == pursuit.c.alert)
        .where(pursuit.c.state == "open", pursuit.c.end_reason == "exhausted")
    )
    # Its own alert, unanswered, must not keep it open for ever.
    count = sum(row.realm == LIVE and row.rule != "nobody-reached" for row in rows)
    if not count:
        return []
    return [Trouble("nobody-reached", "source:chase", {
        "zh": f"{count} 项通知各级均无人应答，请当面或用其他方式联系",
        "en": f"{count} notices were answered by nobody on any rung: reach them by other means",
    })]  # fmt: skip


def _gaps(station: Station, connection: Connection, now: datetime) -> list[Trouble]:
    """Posts on whose roster nobody stands, some time in the weeks ahead."""
    rows = connection.execute(
        select(roster.c.gap_begins, roster.c.gap_ends, post.c.id, post.c.tier, post.c.title,
               post.c.title_en)
        .join(post, post.c.id == roster.c.post)
        .where(roster.c.gap_ends > now, post.c.active)
        .order_by(post.c.id)
    )
    found = []
    for row in rows:
        when = span_said(row.gap_begins, row.gap_ends, station.config.county.zone)
        near = row.gap_begins - now <= GAP_IS_NEAR
        zh = "届时将直接呼叫上一级，请在值班表上安排人员"
        en = "put somebody on its roster, or the post above is called"
        if row.tier == DUTY_OFFICE:  # above which nobody stands
            zh = "届时将呼叫其名单上的所有人，请在值班表上安排人员"
            en = "put somebody on its roster, or its whole list is called"
        there = holders_of(connection, row.id) if row.gap_begins <= now else []
        if there:  # whoever was to come has left, and the one before stays
            zh = f"{there[0].called('zh')}继续值班，请在值班表上安排接班人员"
            en = f"{there[0].called('en')} stays on duty, put somebody on its roster"
        found.append(Trouble("roster-gap", f"roster:{row.id}", {
            "zh": f"{row.title}{when['zh']}{'无接班人员' if there else '无人值班'}，{zh}",
            "en": f"nobody is {'to come' if there else 'on duty'} at {row.title_en or row.title} from"
            f" {when['en']}: {en}",
        }, Level.orange if near else Level.blue, (row.gap_begins.isoformat(),)))  # fmt: skip
    return found


def _flagged(station: Station, connection: Connection, now: datetime) -> list[Trouble]:
    """Changes by hand whose shift has moved since: whoever was to stand in does not."""
    rows = connection.execute(
        select(roster_change, post.c.title, post.c.title_en)
        .join(post, post.c.id == roster_change.c.post)
        .where(roster_change.c.state == "flagged", roster_change.c.ends > now)
        .order_by(roster_change.c.post, roster_change.c.begins)
    )
    by_post = {key: list(found) for key, found in groupby(rows, key=lambda row: str(row.post))}
    found = []
    for key, changes in by_post.items():
        first, more = changes[0], len(changes) - 1
        when = span_said(first.begins, first.ends, station.config.county.zone)
        found.append(Trouble("roster-change", f"roster:{key}", {
            "zh": f"{first.title}{when['zh']}{f'等{more + 1}项' if more else '的'}调班"
            f"（{first.by}安排）因值班表变动已失效，请重新安排或撤销",
            "en": f"the change of the roster of {first.title_en or first.title} from {when['en']}, made"
            f" by {first.by}{f', and {more} more' if more else ''}, void since its shift moved:"
            " make it anew or undo it",
        }, None, tuple(str(one.id) for one in changes)))  # fmt: skip
    return found


def _hand_overs(connection: Connection, now: datetime) -> list[Trouble]:
    """Posts whose incomer has not confirmed in time, or has said that they cannot."""
    found = []
    for row in handing.standing(connection):
        if row.state == "open" and (row.cannot is not None or row.must_by <= now):
            who = handing_over.hands(connection, row)
            said = (handing_words.refused(who, row.reason) if row.cannot is not None
                    else handing_words.unconfirmed(who))  # fmt: skip
            found.append(Trouble("hand-over-open", f"roster:{row.post}", said))
    return found


def _sentinels(station: Station, connection: Connection, now: datetime) -> list[Trouble]:
    """Those who should watch over us from outside, and do not answer."""
    return [
        Trouble("sentinel-silent", f"sentinel:{one.name}", {
            "zh": f"哨兵 {one.name} 超过 3 分钟没有应答：服务若停止，将无人告警",
            "en": f"the sentinel {one.name} has not answered for 3 min: nobody says so if the service"
            " stops",
        })
        for one in sentinels.states(connection, station.config) if one.silent(station.started, now)
    ]  # fmt: skip


def _exercises(station: Station, connection: Connection, now: datetime) -> list[Trouble]:
    """Turns whose exercise was not answered in time by every way."""
    found = []
    for row in sentinels.exercises(connection):
        ways, who = sentinels.unanswered(row, station.config), person_by_id(connection, row.person)
        if row.must_by <= now and ways and who is not None:
            found.append(Trouble("exercise-unanswered", f"person:{row.person}", {
                "zh": f"{who.called('zh')}开始值班后未应答换班演练：{'、'.join(w['zh'] for w in ways)}",
                "en": f"{who.called('en')} came on duty and did not answer the exercise of"
                f" {' and '.join(w['en'] for w in ways)}",
            }, None, (str(row.n), *(w["en"] for w in ways))))  # fmt: skip
    return found
