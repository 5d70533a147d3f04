"""Drills as they are written down: asked for, told beforehand, begun, ended, missed.

Each change is one guarded statement in the caller's transaction, with its audit entry in the real
world's log: that a drill was held, and on whose word, is real. Times are the machine's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, and_, insert, or_, select, update

from alerting.alerts.notices import Facts
from alerting.audit import record
from alerting.people import on_duty, person_by_id
from alerting.service.clock import DESK, LIVE
from alerting.store.schema import alert, asker, delivery, measure, notice, person, post
from alerting.store.schema_drill import drill
from alerting.vocabulary import Level

AHEAD = timedelta(hours=24)  # players of an announced drill are told this long before, or at once
LATE = timedelta(minutes=5)  # a drill due longer ago than this was missed, and is not played late
RESUMED = timedelta(minutes=15)  # after a longer time without the service a drill is not taken up again
ALIVE = timedelta(minutes=1)
# A measure for which somebody is called, decides or is at work: at its end too.
_TO_DO = ("proposed", "approved", "issued", "acknowledged", "lift proposed")
Words = dict[str, str]


def one(connection: Connection, number: int) -> Row[Any] | None:
    return connection.execute(select(drill).where(drill.c.id == number)).one_or_none()


# Made once: they are asked after every commit.
_WAITING = select(drill).where(drill.c.state == "scheduled").order_by(drill.c.due, drill.c.id)
_RUNNING = select(drill).where(drill.c.state == "running").order_by(drill.c.id).limit(1)


def waiting(connection: Connection) -> list[Row[Any]]:
    """Scheduled drills, the next first."""
    return list(connection.execute(_WAITING))


def running(connection: Connection) -> Row[Any] | None:
    return connection.execute(_RUNNING).one_or_none()


def real_alert(connection: Connection) -> str | None:
    """A real alert for which exercises stop: orange or red, and no duty of the calendar."""
    return connection.execute(
        select(alert.c.id)
        .where(alert.c.realm == LIVE, alert.c.state == "open",
               alert.c.level >= int(Level.orange), alert.c.hazard.not_in(["season", "service"]))
        .limit(1)
    ).scalar_one_or_none()  # fmt: skip


def real_work(connection: Connection) -> str | None:
    """What is real and keeps people from a drill: such an alert, or an order of orange or red that no
    alert asks for (a person by hand, a response) until it is in force and signed."""
    unsigned = and_(measure.c.ahead.is_not(None), measure.c.decided_by.is_(None))
    return real_alert(connection) or connection.execute(
        select(measure.c.id)
        .join(asker, asker.c.measure == measure.c.id)
        .where(measure.c.realm == LIVE, measure.c.state.in_(_TO_DO) | unsigned,
               measure.c.ended.is_(None),
               measure.c.level >= int(Level.orange),
               asker.c.ended.is_(None), asker.c.level >= int(Level.orange),
               asker.c.asker.startswith("person:") | asker.c.asker.startswith("response:"))
        .limit(1)
    ).scalar_one_or_none()  # fmt: skip


def ask(
    connection: Connection,
    plan: str,
    title: Words,
    due: datetime,
    announced: bool,
    by: str,
    reason: str,
    now: datetime,
) -> int:
    """Write down that a drill is to begin at `due`; gives its number."""
    number = connection.execute(
        insert(drill).values(plan=plan, title=title, state="scheduled", due=due, announced=announced,
                             by=by, at=now, reason=reason).returning(drill.c.id)
    ).scalar_one()  # fmt: skip
    _record(connection, now, by, "schedule drill", number,
            {"plan": plan, "due": due.isoformat(), "announced": announced, "reason": reason})
    return number


def begin(
    connection: Connection,
    number: int,
    realm: str,
    script: str | None,
    now: datetime,
    ends: datetime,
) -> None:
    connection.execute(
        update(drill).where(drill.c.id == number, drill.c.state == "scheduled")
        .values(state="running", realm=realm, script=script, started=now, ends=ends, alive=now)
    )
    _record(connection, now, "service", "start drill", number, {"realm": realm})


def lives(connection: Connection, number: int, now: datetime) -> None:
    """The service says that it still plays this drill; a silence of more than two such words is kept
    as a gap."""
    row = one(connection, number)
    if row is None or row.state != "running":
        return
    gaps = list(row.gaps)
    if row.alive is not None and now - row.alive > 2 * ALIVE:
        gaps.append([row.alive.isoformat(), now.isoformat()])
    connection.execute(
        update(drill).where(drill.c.id == number).values(alive=now, gaps=gaps)
    )


def end(
    connection: Connection, number: int, how: str, now: datetime, by: str | None = None,
    remark: str = "",
) -> bool:
    """A running drill is over; False where it was already."""
    done = connection.execute(
        update(drill).where(drill.c.id == number, drill.c.state == "running")
        .values(state="ended", how=how, ended=now, ended_by=by, remark=remark)
    ).rowcount  # fmt: skip
    if done:
        _record(connection, now, by or "service", "end drill", number, {"how": how, "reason": remark})
    return bool(done)


def call_off(connection: Connection, number: int, by: str, reason: str, now: datetime) -> bool:
    """A scheduled drill is not to be; whoever was told of it hears so."""
    row = one(connection, number)
    done = connection.execute(
        update(drill).where(drill.c.id == number, drill.c.state == "scheduled")
        .values(state="called off", how="stopped", ended=now, ended_by=by, remark=reason)
    ).rowcount  # fmt: skip
    if done:
        _record(connection, now, by, "call off drill", number, {"reason": reason})
    return bool(done and row is not None)


def miss(connection: Connection, row: Row[Any], how: str, remark: str, now: datetime) -> None:
    """A scheduled drill did not begin: that is written down and not made up for."""
    done = connection.execute(
        update(drill).where(drill.c.id == row.id, drill.c.state == "scheduled")
        .values(state="missed", how=how, remark=remark, ended=now)
    ).rowcount  # fmt: skip
    if done:
        _record(connection, now, "service", "miss drill", row.id, {"why": how, "reason": remark})


def told(connection: Connection, number: int, now: datetime) -> None:
    connection.execute(update(drill).where(drill.c.id == number).values(told=now))


# Word about drills, in the standing realm that is always marked


def on_call(connection: Connection) -> list[str]:
    """Everybody who is first on a post now."""
    return list(connection.execute(
        select(on_duty.c.person).distinct()
        .join(person, person.c.id == on_duty.c.person)
        .where(on_duty.c.rank == 0, person.c.active)
        .order_by(on_duty.c.person)
    ).scalars())  # fmt: skip


def answers_for(connection: Connection, row: Row[Any]) -> list[str]:
    """Who hears what became of a scheduled drill: whoever asked for it; where they have left, whoever
    is on duty at the duty office."""
    if not left(connection, row.by):
        return [row.by]
    return list(connection.execute(
        select(on_duty.c.person).distinct()
        .join(person, person.c.id == on_duty.c.person)
        .join(post, post.c.id == on_duty.c.post)
        .where(on_duty.c.rank == 0, person.c.active, post.c.active, post.c.tier == "duty-office")
        .order_by(on_duty.c.person)
    ).scalars())  # fmt: skip


def left(connection: Connection, who: str) -> bool:
    """Whether somebody is no longer in the register."""
    return person_by_id(connection, who) is None


def were_told(connection: Connection, number: int) -> list[str]:
    """Whom the announcement of a drill was written to."""
    return list(connection.execute(
        select(notice.c.person).distinct()
        .where(notice.c.realm == DESK, notice.c.facts["drill"].as_integer() == number,
               or_(notice.c.state == "carried", notice.c.state == "due"))
        .order_by(notice.c.person)
    ).scalars())  # fmt: skip


def say(
    connection: Connection,
    readers: list[str],
    words: Words,
    county: str,
    now: datetime,
    number: int,
    due: datetime | None = None,
) -> None:
    """A message about a drill to each of these people, now or at `due`; nothing is to be answered."""
    facts = Facts("", "", county, int(Level.blue), reason=words).json() | {"drill": number}
    rows = [
        {"realm": DESK, "kind": "drill", "person": reader, "wants": "", "level": int(Level.blue),
         "created": now, "due": due or now, "state": "due", "facts": facts}
        for reader in readers
    ]  # fmt: skip
    if rows:
        connection.execute(insert(notice), rows)


def reached(connection: Connection, realm: str) -> list[str]:
    """Everybody whom a message of a realm reached."""
    return list(connection.execute(
        select(delivery.c.person).distinct()
        .where(delivery.c.realm == realm, delivery.c.state.not_in(["bound", "superseded"]))
        .order_by(delivery.c.person)
    ).scalars())  # fmt: skip


def announcement(row: Row[Any], zone: ZoneInfo) -> Words:
    at = row.due.astimezone(zone)
    return {
        "zh": f"{at.month}月{at.day}日{at:%H:%M}举行“{row.title['zh']}”。届时的消息都以“演练”二字开头，"
              "请照实战答复；真实险情的消息没有这两个字",
        "en": f"{row.title['en']} begins on {at.day} {at:%b} at {at:%H:%M}. Its messages begin with"
              " EXERCISE: answer them as on the day. What is real never says so",
    }  # fmt: skip


# Why a drill did not begin, or how it ended, as people are told
MISSED: dict[str, tuple[str, str]] = {
    "down": ("到点时系统没有运行", "the service was not running at the time"),
    "real": ("当时有真实的橙色或红色风险提示或命令", "a real alert or order of orange or red was open"),
    "busy": ("当时另一场演练正在进行", "another exercise was under way"),
    "plan": ("方案有误，无法开始", "its plan could not be read"),
    "left": ("安排它的人已不在人员名册", "whoever asked for it has left"),
}
ENDED: dict[str, tuple[str, str]] = {
    "over": ("已按方案进行完毕", "it was played to its end"),
    "stopped": ("已由组织者结束", "its organiser ended it"),
    "interrupted": ("系统曾中断，演练就此结束", "the service was down; it ends here"),
    "plan": ("系统重启后方案无法读取，演练就此结束",
             "after a restart its plan could not be read; it ends here"),
}


def missed_said(row: Row[Any], how: str, zone: ZoneInfo) -> Words:
    at = row.due.astimezone(zone)
    zh, en = MISSED[how]
    return {
        "zh": f"原定{at.month}月{at.day}日{at:%H:%M}的“{row.title['zh']}”没有进行：{zh}。不会自动补做，"
              "如仍需要请在演练页面重新安排",
        "en": f"{row.title['en']}, due {at.day} {at:%b} {at:%H:%M}, was not held: {en}. It is not"
              " made up for: schedule it again on the page of drills",
    }  # fmt: skip


def off_said(row: Row[Any], reason: str, zone: ZoneInfo) -> Words:
    at = row.due.astimezone(zone)
    return {
        "zh": f"原定{at.month}月{at.day}日{at:%H:%M}的“{row.title['zh']}”取消：{reason}",
        "en": f"{row.title['en']}, due {at.day} {at:%b} {at:%H:%M}, is called off: {reason}",
    }  # fmt: skip


def ended_said(how: str) -> Words:
    zh, en = ENDED[how]
    return {"zh": f"{zh}，不必再答复", "en": f"{en}: nothing need be answered any more"}


def _record(
    connection: Connection, at: datetime, who: str, action: str, number: int, change: dict[str, Any]
) -> None:
    record(connection, LIVE, at, who, action, f"drill:{number}", change)
