"""What a person does through the web becomes a Report, once it is clear that they may.

The same checks hold for the API, the pages' buttons and the links in messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import Request
from sqlalchemy import Connection, bindparam, select

from alerting import chase
from alerting.alerts.responses import open_one
from alerting.chase.acts import DECIDED, SIGNED
from alerting.chase.together import were_put_together
from alerting.people import resolve
from alerting.signals import Report
from alerting.store.schema import alert, measure, pursuit, realm
from alerting.store.schema_callout import callout
from alerting.vocabulary import Level, questions
from alerting.vocabulary.answers import choices
from alerting.vocabulary.states import ALERT_STATES, MEASURE_STATES
from alerting.web.auth import lacks_role
from alerting.web.desk import Station, read, station_of
from alerting.web.names import post_titles
from alerting.web.problems import Problem
from alerting.web.roles import Who

# The role an act needs; those by hand and the refusals need a reason besides.
ACTS = {
    "acknowledge": "answer",
    "in-force": "answer",
    "return": "answer",
    "cannot": "answer",
    "attest": "answer",
    "support": "answer",
    "kept": "answer",
    "reported": "answer",
    "report-ended": "answer",
    "road-closed": "answer",
    "road-reopened": "answer",
    "attest-gate": "answer",
    "take-over": "answer",
    "cannot-take-over": "answer",
    "report": "answer",
    "pass-on": "answer",
    "tick": "answer",
    "keep-first": "decide",
    "take-second": "decide",
    "both": "decide",
    "go-ahead": "decide",
    "give-up": "decide",
    "sign": "decide",
    "send-back": "decide",
    "stand": "decide",
    "call-off": "decide",
    "approve": "decide",
    "approve-changed": "decide",
    "refuse": "decide",
    "respond": "decide",
    "open": "order",
    "raise": "order",
    "order": "order",
    "keep": "order",
    "withdraw": "order",
    "correct": "order",
}
# What may be answered for several places in one go.
TOGETHER = frozenset(c.act for wants in questions.TOGETHER for c in choices(wants, True).values())
WITH_REASON = frozenset({"cannot", "refuse", "approve-changed", "respond", "open", "raise", "order",
                         "keep", "withdraw", "correct", "give-up", "send-back",
                         "cannot-take-over", "tick"})  # fmt: skip
_ANSWERS = frozenset({"acknowledge", "in-force", "return", "cannot", "attest", "support", "kept"})

# What follows where the outcome itself says nothing more.
NEXT = {
    "acknowledge": ("已记录收到，叫应停止；请在期限内反馈落实。",
                    "Noted. You will not be called again for this; report when it is in force."),
    "in-force": ("已记录落实。", "Noted as in force."),
    "return": ("回执已收存。", "The form is kept."),
    "respond": ("已记录决定和会商意见，随即通知各部门。",
                "Decision and note recorded; all departments are told."),
    "cannot": ("已记录无法执行，立即转下一责任人。", "Noted. The next post is called at once."),
    "support": ("已记录需要支援，值班室会联系您。", "Noted; the duty office will call you."),
    "kept": ("已记录暂不解除，措施继续。", "Noted; the measure stays."),
    "attest": ("已记录复核，可以解除。", "Check noted; the measure is lifted."),
    "attest-gate": ("已记录四项，待主管部门签字；签字前不得复工。",
                    "All four noted; the regulator signs next. No work before that."),
    "take-over": ("已确认接班。", "Confirmed: you take over."),
    "cannot-take-over": ("已记录不能接班，已告知上一级。", "Noted; the post above is told."),
    "keep-first": ("已记录：保留①。", "Noted: the first stays."),
    "take-second": ("已记录：改用②。", "Noted: the second goes on."),
    "both": ("已记录：两者并行。", "Noted: both stand."),
    "go-ahead": ("已记录，不再等待，随即下达。", "Noted; it is issued without waiting."),
    "give-up": ("已记录撤回。", "Noted; it is called off."),
    "sign": ("已签字，措施解除。", "Signed; the measure is lifted."),
    "send-back": ("已退回，停产继续，将告知企业。", "Sent back; the halt stays and they are told."),
    "reported": ("现场情况已记录。", "What you saw is noted."),
    "report-ended": ("已记录现场情况结束。", "Noted that it has ended."),
    "road-closed": ("邻县封路已记录，相邻路段的措施随即下达。",
                    "The closure is noted; measures for our adjoining sections follow."),
    "road-reopened": ("已记录恢复通行，相邻路段的措施随即解除。",
                      "Noted that it is open; what our adjoining sections did ends."),
    "report": ("报告已收存。", "The report is kept."),
    "pass-on": ("已转发下级。", "Passed on."),
    "tick": ("已登记。", "Noted."),
    "stand": ("已记录保持。", "Noted; it stands."),
    "call-off": ("已记录撤回。", "Noted; it is called off."),
    "approve": ("已记录同意，随即下达。", "Approval noted; it is issued now."),
    "approve-changed": ("已记录同意并修改，随即下达。", "Approval and change noted; it is issued now."),
    "refuse": ("已记录不同意，将告知承办单位。", "Refusal noted; the carrier is told."),
    "open": ("已记录，随即发出。", "Noted; it goes out now."),
    "raise": ("已记录，升级后的通知随即发出。", "Noted; the higher level goes out now."),
    "order": ("已记录，措施随即下达。", "Noted; the measure is issued now."),
    "keep": ("已记录，保持到有人撤回为止。", "Noted; it is kept until a person ends it."),
    "withdraw": ("已记录撤回，会通知所有收到过的人。", "Noted; all who were told will hear of it."),
    "correct": ("已记录更正，会通知所有收到过的人；已签批的先请决定人重新签批。",
                "Noted; all who were told will hear of it. What was signed goes to its decider first."),
}  # fmt: skip


WAITING = ("已收到，正在处理，请稍后刷新本页查看结果。",
           "Received and being processed: load this page again for what became of it.")  # fmt: skip
PATIENCE = 2.0  # seconds: the engine takes what a person says within milliseconds
LOOK_EVERY = 0.05
_REALM = select(realm).where(realm.c.id == bindparam("id"))  # made once: each push asks


async def became(station: Station, report_id: str, person: str) -> dict[str, Any]:
    """What became of what a person said: `outcome`, None while it is still on its way, and `next`.

    Waits for it up to two seconds; not under a virtual clock, where nothing goes on by itself.
    """
    until = station.runtime.elapsed() + (0 if station.runtime.virtual else PATIENCE)
    while True:
        known = await read(station, lambda c: chase.heard(c, report_id, person))
        if known is not None or station.runtime.elapsed() >= until:
            break
        await station.runtime.sleep(LOOK_EVERY)
    if known is None:
        return {"outcome": None, "next": dict(zip(("zh", "en"), WAITING, strict=True))}
    act, made = known
    words = made.words or dict(zip(("zh", "en"), NEXT[act], strict=True))
    return {"outcome": made.outcome, "next": words}


async def just_said(request: Request, who: Who) -> dict[str, Any] | None:
    """What became of what a page's reader has just said with one of its buttons (`?said=`)."""
    given = request.query_params.get("said", "")
    if not given or not who.by:
        return None
    return await became(station_of(request), given, who.person)


async def say(
    station: Station,
    who: Who,
    act: str,
    subject: str,
    detail: dict[str, Any],
    *,
    channel: str,
    realm_id: str = "live",
) -> dict[str, Any]:
    """Publish what a person does: ids after the commit, the outcome where it is known in time, and
    what happens next in both languages.

    `subject` is alert:, measure:, callout:, plan:, rule: or place: and an id, or road: and its number;
    of the first three the realm is their own.
    Raises Problem 403, 404, 409 or 422.
    """
    if not who.may(ACTS[act]):
        raise Problem(403, f"this needs the role {ACTS[act]}; {who.name} has {who.role}",
                      "Ask somebody on duty who has it.", zh=lacks_role(who, ACTS[act]))  # fmt: skip
    reason = str(detail.get("reason", "")).strip()
    if act in WITH_REASON and not reason:
        raise Problem(422, "a reason is needed for this", "Say in a few words why: it is recorded.",
                      zh="这项操作必须写明原因，原因会记录在案。没有执行。")  # fmt: skip
    if "level" in detail and detail["level"] not in Level.__members__:
        raise Problem(422, f"level {detail['level']!r} is none of blue, yellow, orange, red",
                      zh=f"级别“{detail['level']}”无法识别，应为蓝、黄、橙、红之一。")  # fmt: skip
    realm_id = await read(station, lambda c: _check(
        c, station, who, act, subject, realm_id, detail.get("with", ())))  # fmt: skip
    now = station.now(realm_id)
    report = Report(source="web", issued=now, act=act, person=who.person, channel=channel,
                    subject=subject, detail={**detail, "reason": reason})  # fmt: skip
    ids = await station.publish(realm_id, [report])
    became_of_it = await became(station, report.id, who.person)
    return {"ids": ids, "id": report.id, "realm": realm_id, **became_of_it}


def _check(
    connection: Connection, station: Station, who: Who, act: str, subject: str, realm_id: str,
    beside: Sequence[str] = (),
) -> str:  # fmt: skip
    """The realm in which it is said. Raises Problem where it can mean nothing there."""
    kind, _, key = subject.partition(":")
    if kind == "alert":
        realm_id = _check_alert(connection, act, key)
    elif kind == "measure":
        realm_id = _check_measure(connection, who, act, key)
        for one in beside:
            _check_beside(connection, who, act, key, one, realm_id)
    elif kind == "callout":
        realm_id = _check_callout(connection, key)
    elif kind == "plan":
        _check_plan(connection, station, who, key, realm_id)
    elif kind == "rule" and key not in station.book.rules_by_id:
        raise Problem(404, f"there is no rule {key!r} in the book", "`suian check` lists them.",
                      zh=f"规则包里没有“{key}”这条规则。")  # fmt: skip
    elif kind == "place" and key not in station.places.by_id:
        raise Problem(404, f"there is no place {key!r}", zh=f"没有编号为 {key} 的地点。")
    check_realm(connection, realm_id)
    return realm_id


def _check_callout(connection: Connection, key: str) -> str:
    row = connection.execute(select(callout).where(callout.c.id == key)).one_or_none()
    if row is None:
        raise Problem(404, f"there is no call-out {key!r}", "GET /api/v1/callouts lists them.",
                      zh=f"没有编号为 {key} 的叫应单。")  # fmt: skip
    if row.state == "closed":
        raise Problem(409, "this call-out has ended already",
                      zh="这次叫应已经结束，没有执行。")  # fmt: skip
    return str(row.realm)


def _check_plan(
    connection: Connection, station: Station, who: Who, key: str, realm_id: str
) -> None:
    """The plan's post decides, and nobody for it."""
    plan, held = station.book.plans.get(key), open_one(connection, realm_id, key)
    if plan is None and held is None:
        raise Problem(404, f"there is no plan {key!r}",
                      f"Known: {', '.join(sorted(station.book.plans)) or 'none'}.",
                      zh=f"没有“{key}”这个预案。")  # fmt: skip
    post = held.decider if held is not None else None
    if post is None and plan is not None:
        county = station.places.county
        found = resolve(connection, station.places, plan.decides.tier, plan.decides.sector, county)
        found = found or resolve(connection, station.places, "duty-office", "", county)
        post = found.id if found is not None else None
    if post not in who.posts:
        named = post_titles(connection).get(post or "", {"zh": "预案所定岗位", "en": "the plan's post"})
        raise Problem(403, f"this is for {named['en']} to decide",
                      "Only who holds that post starts, changes or ends a response.",
                      zh=f"此事由{named['zh']}决定；"
                         "只有该岗位人员才能启动、调整或终止响应。")  # fmt: skip


def check_realm(connection: Connection, realm_id: str) -> None:
    """Raises Problem where there is no such realm, or it has ended."""
    if known_realm(connection, realm_id).ended is not None:
        raise Problem(409, "this exercise has ended and takes nothing more",
                      "Play it again to try this.",
                      zh="这次演练已经结束，不再接受操作。可在首页再演一次。")  # fmt: skip


def known_realm(connection: Connection, realm_id: str) -> Any:
    """The realm's row, ended or not. Raises Problem 404 where there is none."""
    row = connection.execute(_REALM, {"id": realm_id}).one_or_none()
    if row is None:
        raise Problem(404, f"there is no realm {realm_id!r}", "Leave it out for the real world.",
                      zh=f"没有“{realm_id}”这次演练。")  # fmt: skip
    return row


def _check_alert(connection: Connection, act: str, key: str) -> str:
    row = connection.execute(
        select(alert.c.realm, alert.c.state).where(alert.c.id == key)
    ).one_or_none()
    if row is None:
        raise Problem(404, f"there is no alert {key!r}", "GET /api/v1/alerts?state=all lists them.",
                      zh=f"没有编号为 {key} 的风险提示。")  # fmt: skip
    # A late acknowledgement is still worth recording; a change of what has ended is not.
    if row.state != "open" and act not in _ANSWERS:
        raise Problem(409, f"this alert has ended already: {row.state}",
                      zh=f"这条风险提示{ALERT_STATES[row.state][0]}，没有执行。")  # fmt: skip
    return str(row.realm)


def _check_measure(connection: Connection, who: Who, act: str, key: str) -> str:
    row = connection.execute(select(measure).where(measure.c.id == key)).one_or_none()
    if row is None:
        raise Problem(404, f"there is no measure {key!r}",
                      "GET /api/v1/measures?state=all lists them.",
                      zh=f"没有编号为 {key} 的措施。")  # fmt: skip
    if row.ended is not None and act != "acknowledge":
        raise Problem(409, f"this measure has ended already: {row.state}",
                      zh=f"这项措施已经结束：{MEASURE_STATES[row.state][0]}。没有执行。")  # fmt: skip
    if act in DECIDED:
        _check_decider(connection, who, row)
    return str(row.realm)


def _check_beside(
    connection: Connection, who: Who, act: str, first: str, key: str, realm_id: str
) -> None:
    """One more of the same question. What has ended meanwhile is answered with that, not refused."""
    row = connection.execute(select(measure).where(measure.c.id == key)).one_or_none()
    fits = row is not None and row.realm == realm_id and act in TOGETHER
    if row is None or not fits or not were_put_together(connection, first, key):
        raise Problem(422, f"{key!r} cannot be answered together with the others",
                      "Load the page again.",
                      zh=f"编号为 {key} 的措施不能一并答复，没有执行。请重新打开页面。")  # fmt: skip
    if row.ended is None and act in DECIDED:
        _check_decider(connection, who, row)


def _check_decider(connection: Connection, who: Who, row: Any) -> None:
    """The decider signs, or whoever the chase has climbed to because the decider did not answer."""
    if row.decider is None:
        raise Problem(409, "nobody needs to decide about this measure",
                      zh="这项措施无需任何人决定。")  # fmt: skip
    asked = connection.execute(
        select(pursuit.c.at_post).where(
            pursuit.c.measure == row.id, pursuit.c.wants.in_(SIGNED), pursuit.c.state == "open"
        )
    ).scalars()
    if who.posts.isdisjoint({row.decider, *asked}):
        named = post_titles(connection).get(row.decider, {"zh": row.decider, "en": row.decider})
        raise Problem(403, f"this is for {named['en']} to decide",
                      "Only who holds that post, or was called in its place, can sign.",
                      zh=f"此事由{named['zh']}决定；只有该岗位人员，或代其被叫应的人员才能签批。")
