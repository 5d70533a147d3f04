"""Hand-overs as pages and the API show them, and what a person does about them there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select

from alerting.chase import handing_over
from alerting.chase.open_items import open_items
from alerting.errors import BadInput, Refused
from alerting.people import handing, person_by_id, post_by_id
from alerting.people.roster_changes import ORDER, Desk
from alerting.service.clock import LIVE
from alerting.store.schema_duty import duty

if TYPE_CHECKING:
    from alerting.service.station import Station

Listed = dict[str, Any]
TAKE_OVER, CANNOT = handing_over.ACTS


def listed(connection: Connection) -> dict[str, Listed]:
    """By post the hand-over that stands: `outgoer` is on duty since `since` (None: nobody stayed, the
    `incomer` is on duty unconfirmed), `due` is when the shift begins. Ids and times UTC."""
    began = {
        row.post: row.began
        for row in connection.execute(
            select(duty.c.post, func.min(duty.c.began).label("began"))
            .where(duty.c.ended.is_(None)).group_by(duty.c.post)
        )
    }  # fmt: skip
    return {
        row.post: {
            "post": row.post, "outgoer": row.outgoer, "incomer": row.incomer, "due": row.due,
            "must_by": row.must_by, "since": began.get(row.post), "stage": row.stage,
            "state": "cannot" if row.cannot is not None and row.state == "open" else row.state,
            "reason": row.reason,
        }
        for row in handing.standing(connection)
    }  # fmt: skip


def items_of(connection: Connection, station: Station, post_id: str) -> list[Listed]:
    """What is open at a post now, the gravest first; see chase.open_items."""
    post = post_by_id(connection, post_id)
    if post is None:
        return []
    return [item.json() for item in open_items(connection, station.life(LIVE), post)]


def answer(station: Station, desk: Desk, post: str, act: str, reason: str) -> str:
    """The incomer confirms or cannot; or somebody who may change rosters hands over for them, with a
    reason. Gives the incomer. Raises Refused where that cannot be, BadInput without a reason."""
    connection, by = desk.connection, desk.by
    row = handing.open_at(connection, post)
    if row is None:
        raise Refused("nobody waits for a hand-over at this post", mend="Look at /roster.",
                      zh="该岗位目前没有待确认的交接班，请查看值班表。")  # fmt: skip
    if by.id != row.incomer and by.role not in ORDER:
        raise Refused(f"only {row.incomer} can confirm this, or somebody who may order",
                      zh="只有接班人本人可以确认，或由有下令权限的人员代为交接。")  # fmt: skip
    if not reason.strip() and (by.id != row.incomer or act == CANNOT):
        raise BadInput("say why", mend="Give a reason in a few words.", zh="请写明原因。")
    life, at = station.life(LIVE), desk.now
    if act == TAKE_OVER:
        handing_over.take_over(connection, life, row, by, at, reason.strip())
    else:
        handing_over.refuse(connection, life, row, by, at, reason.strip())
    return str(row.incomer)


def said_of(connection: Connection, post_id: str, act: str, incomer: str) -> dict[str, str]:
    """What follows, in both languages."""
    post, who = post_by_id(connection, post_id), person_by_id(connection, incomer)
    zh, en = (post.called("zh"), post.called("en")) if post else (post_id, post_id)
    name = (who.called("zh"), who.called("en")) if who else (incomer, incomer)
    if act == TAKE_OVER:
        return {"zh": f"已记录：{name[0]}接{zh}的班。", "en": f"Noted: {name[1]} takes over {en}."}
    return {"zh": f"已记录：{name[0]}不能接班，原值班人员继续值班，已告知上一级。",
            "en": f"Noted: {name[1]} cannot take over {en}; whoever is on duty stays, others are told."}
