"""What was held back and why: notices that wait, and those that were not sent.

Listed from stored rows alone, as service.listing does.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, literal_column, or_, select

from alerting.people.duty import on_duty
from alerting.places import Places
from alerting.service.listing import level_name, place_name, utc
from alerting.store.schema import notice, person, post
from alerting.vocabulary.states import MEASURE_STATES

# What dispatch and the chase write as a reason, in Chinese; what is not here is shown as it is.
_IN_CHINESE: tuple[tuple[str, str], ...] = (
    (r"blue waits for the morning", "蓝色夜间不打扰，早上再发"),
    (r"bundled: written to less than 30 s ago", "30秒内刚发过，合并发送"),
    (r"news of the roster waits for the morning", "值班安排不在夜间打扰，早上再发"),
    (r"gathered for a digest, one a minute while they are unanswered",
     "消息集中，未答复前每分钟汇总一次"),
    (r"red about the same hazard and place is told, and mutes what is lower",
     "同灾种同地点已通报红色，较低级别不再单独发送"),
    (r"its rise is told", "升级已通报"),
    (r"the call-out says it", "叫应消息中已包含"),
    (r"the call-out went on without it", "叫应已进入下一步"),
    (r"the budget of (.+) for one person is used up", r"\1 通道对一人的限额已用完，等候发送"),
    (r"more places of the same question are on their way", "同一问题的其他地点即将到齐，一并发送"),
    (r"the exercise has ended", "演练已结束"),
    (r"it ended before it was sent", "发出前已结束"),
    (r"its start was never sent", "开始时未曾发出，不必再通知结束"),
    (r"its start is not sent yet", "开始的消息尚未发出，随后再发"),
    (r"nothing a reader would act on has changed", "没有需要收信人处置的变化"),
    (r"(\d+) updates about this hazard within the hour", r"该灾种一小时内已通报\1次"),
    (r"answered before it was sent", "发出前已得到答复"),
    (r"the next rung is called", "已转叫上一级"),
    (r"overtaken by (?:the next|a) change", "已被后来的变化取代"),
    (r"the level has come back", "级别又已恢复"),
    (r"withdrawn before it was sent", "发出前已撤回"),
    (r"corrected before it was sent", "发出前已更正"),
    (r"a part of it was corrected before it was sent", "其中一部分发出前已更正"),
    (r"the correction of its alert says it", "其风险提示的更正通知已说明"),
    (r"everybody whom it reached is told otherwise", "曾收到的人均已另行通知"),
    (r"the withdrawal of its alert says it", "其风险提示的撤回通知已说明"),
    (r"nothing is to be decided any more", "已无需决定"),
    (r"(.+) has left the post", r"\1已离岗，改发接任者"),
    (r"the data are back", "数据已恢复"),
    (r"issued again", "已重新下达"),
    (r"settled", "已有决定"),
    (r"nothing was sent that could be answered", "未曾发出可答复的消息"),
    (r"closed", "风险提示已结束"),
)  # fmt: skip


def in_both(reason: str) -> dict[str, str]:
    """A reason as it is stored, in both languages."""
    if reason in MEASURE_STATES:  # what the chase waited for has moved on to
        chinese, english = MEASURE_STATES[reason]
        return {"zh": f"措施现为：{chinese}", "en": f"the measure is now: {english}"}
    for said, chinese in _IN_CHINESE:
        match = re.fullmatch(said, reason)
        if match is not None:
            return {"zh": match.expand(chinese), "en": reason}
    return {"zh": reason, "en": reason}


def held(
    connection: Connection,
    places: Places,
    realm_id: str,
    *,
    alert: str | None = None,
    measures: Collection[str] = (),
    person_id: str | None = None,
    limit: int = 200,
) -> list[dict[str, Any]]:
    """Notices of a realm that wait (`until`, ISO in UTC) or were withheld (`until` is None), the
    newest first; those of one alert and its measures, or for one person's posts, where these are given.
    """
    # Written out, not bound: else SQLite cannot know that its index of exactly these is enough.
    wanted = [
        notice.c.realm == realm_id, notice.c.reason != literal_column("''"),
        notice.c.state.in_(["due", "withheld"]),
    ]  # fmt: skip
    if alert is not None:
        wanted.append(or_(notice.c.alert == alert, notice.c.measure.in_(list(measures))))
    if person_id is not None:
        posts = select(on_duty.c.post).where(on_duty.c.person == person_id)
        wanted.append(or_(notice.c.post.in_(posts), notice.c.person == person_id))
    rows = connection.execute(
        select(notice, post.c.title, post.c.title_en, person.c.name, person.c.name_en)
        .outerjoin(post, post.c.id == notice.c.post)
        .outerjoin(person, person.c.id == notice.c.person)
        .where(*wanted)
        .order_by(notice.c.id.desc())
        .limit(limit)
    )
    return [
        {
            "notice": row.id, "realm": row.realm, "kind": row.kind, "alert": row.alert,
            "measure": row.measure, "post": row.post, "level": level_name(row.level),
            "hazard": row.facts.get("hazard", ""),
            "place": place_name(places, row.facts["place"]) if row.facts.get("place") else {},
            "to": {"zh": row.title or row.name or "",
                   "en": row.title_en or row.title or row.name_en or row.name or ""},
            "state": "waits" if row.state == "due" else "withheld",
            "until": utc(row.due) if row.state == "due" else None,
            "reason": in_both(row.reason), "created": utc(row.created),
        }
        for row in rows
    ]  # fmt: skip
