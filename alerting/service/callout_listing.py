"""Call-outs as the API, the command line and the pages show them: who has and who has not, as a tree.

Times are ISO in UTC, by the realm's own clock; `now` is that clock's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, select

from alerting.people import Post, holders_of_all, posts_in
from alerting.places import Places
from alerting.rulebook import Book
from alerting.service import callout_figures
from alerting.service.listing import level_name, place_name, utc
from alerting.store.schema import alert, person, post, pursuit
from alerting.store.schema_callout import callee, callout, callout_alert, callout_report
from alerting.vocabulary.answers import CALLED

State = Literal["open", "all"]
Row = dict[str, Any]
PER_PAGE = 200


def listed(
    connection: Connection, places: Places, realm: str, state: State, now: datetime, sector: str = ""
) -> list[Row]:
    """The call-outs of a realm, those under way first, the gravest and newest of them first; with
    `sector` those that are for some alert of it."""
    asked = select(callout).where(callout.c.realm == realm)
    asked = asked.where(callout.c.state != "closed") if state == "open" else asked
    if sector:
        asked = asked.where(callout.c.id.in_(
            select(callout_alert.c.callout).join(alert, alert.c.id == callout_alert.c.alert)
            .where(alert.c.sector == sector)))  # fmt: skip
    rows = connection.execute(
        asked.order_by(callout.c.state == "closed", callout.c.level.desc(), callout.c.opened.desc(),
                       callout.c.id).limit(PER_PAGE)
    ).all()  # fmt: skip
    ids = [row.id for row in rows]
    called: dict[str, list[Any]] = {key: [] for key in ids}
    for one in connection.execute(select(callee).where(callee.c.callout.in_(ids))):
        called[one.callout].append(one)
    return [_head(places, row, called[row.id], now) for row in rows]


def shown(
    connection: Connection, places: Places, book: Book, key: str, now: datetime
) -> Row | None:
    """One call-out with its tree, alerts and figures; None where there is none."""
    row = connection.execute(select(callout).where(callout.c.id == key)).one_or_none()
    if row is None:
        return None
    called = callout_figures.callees(connection, row.realm, key)
    nodes = _nodes(connection, places, book, row, called, now)
    for node in nodes.values():
        if node["parent"] in nodes:
            nodes[node["parent"]]["below"].append(node)
    return _head(places, row, called, now) | {
        "tree": [node for node in nodes.values() if node["parent"] not in nodes],
        "alerts": _alerts(connection, places, book, key),
        "figures": callout_figures.by_tier(called),
        "never": callout_figures.never_answered(called),
    }


def _head(places: Places, row: Any, called: Sequence[Any], now: datetime) -> Row:
    closing = [one for one in called if one.closing_by is not None]
    return {
        "id": row.id, "realm": row.realm, "hazard": row.hazard, "zone": row.zone,
        "zone_name": place_name(places, row.zone), "level": level_name(row.level),
        "state": row.state, "opened": utc(row.opened), "ended": utc(row.ended),
        "closed": utc(row.closed), "called": len(called),
        "woken": sum(one.woken is not None for one in called),
        "reported": sum(one.reported is not None or _ticked(one) for one in called),
        "late": sum(_late(row.state, one, now) != "" for one in called),
        "closing": len(closing), "closing_in": sum(one.closed is not None for one in closing),
    }  # fmt: skip


def _ticked(one: Any) -> bool:
    """Whether a callee was ticked off since it was asked last: a rise asks those again too."""
    return one.ticked is not None and one.ticked >= one.asked_at


def _late(state: str, one: Any, now: datetime) -> str:
    """What of a callee is overdue: "woken", "report", "closing" or ""."""
    if state == "closing":
        over = one.closing_by is not None and one.closed is None and now > one.closing_by
        return "closing" if over else ""
    if state != "open" or _ticked(one) or one.reported is not None:
        return ""
    if one.woken is None and now > one.wake_by:
        return "woken"
    return "report" if now > one.report_by else ""


def _nodes(
    connection: Connection, places: Places, book: Book, row: Any, called: Sequence[Any], now: datetime
) -> dict[str, Row]:
    posts = {p.id: Post(p.id, p.tier, p.sector, p.place, p.title, p.title_en)
             for p in connection.execute(select(post))}  # fmt: skip
    titles = {p.id: {"zh": p.called("zh"), "en": p.called("en")} for p in posts.values()}
    people = holders_of_all(connection, [one.post for one in called])
    names = {p.id: {"zh": p.name, "en": p.name_en or p.name}
             for p in connection.execute(select(person.c.id, person.c.name, person.c.name_en))}
    # Its alert may have opened another since; of one that is closed nothing is waited for.
    chased = {(p.post, p.wants): p for p in connection.execute(
        select(pursuit).where(pursuit.c.alert == row.alert, pursuit.c.wants.in_(CALLED),
                              row.state != "closed").order_by(pursuit.c.id))}  # fmt: skip
    reports = _reports(connection, row.id, names)
    plan = book.calling.at(row.level, row.hazard)
    wants = "report" if row.state == "open" else "closing"
    nodes: dict[str, Row] = {}
    for one in sorted(called, key=lambda c: (c.parent is not None, c.called, c.post)):
        held = chased.get((one.post, wants))
        own = posts.get(one.post)
        lists = (plan is not None and plan.pass_on is not None and own is not None
                 and one.tier == "township" and one.passed_on is None and row.state == "open"
                 and bool(posts_in(connection, places, own.place, plan.pass_on.to)))  # fmt: skip
        nodes[one.post] = {
            "post": one.post, "title": titles.get(one.post, {"zh": one.post, "en": one.post}),
            "tier": one.tier, "parent": one.parent,
            "people": [{"zh": p.called("zh"), "en": p.called("en")} for p in people.get(one.post, [])],
            "called": utc(one.called), "minutes": _minutes(one.called, row.ended or now),
            "woken": utc(one.woken), "woken_by": names.get(one.woken_by),
            "woken_after": _after(one.called, one.woken), "wake_by": utc(one.wake_by),
            "report_by": utc(one.report_by), "reported": utc(one.reported),
            "reported_after": _after(one.called, one.first_report),
            "passed_on": utc(one.passed_on), "passed_by": names.get(one.passed_by),
            "ticked": utc(one.ticked), "ticked_by": names.get(one.ticked_by),
            "ticked_how": one.ticked_how, "ticked_why": one.ticked_why,
            "closing_by": utc(one.closing_by), "closed": utc(one.closed),
            "late": _late(row.state, one, now), "state": _state(row.state, one),
            "asked": one.asked if row.state != "closed" else [],
            "reports": reports.get(one.post, []), "kept": _kept(reports.get(one.post, []), one, wants),
            "may_pass_on": lists,
            "waits": held is not None and held.state == "open",
            "calls_now": titles.get(held.at_post) if held is not None and held.state == "open" and
            held.at_post != one.post else None,
            "next_call": utc(held.deadline) if held is not None and held.state == "open" else None,
            "below": [],
        }  # fmt: skip
    return nodes


def _state(state: str, one: Any) -> str:
    """silent | awake | reported | ticked; of one whose closing report is asked: closing | closed."""
    if state != "open" and one.closing_by is not None:
        return "closed" if one.closed is not None else "closing"
    if _ticked(one):
        return "ticked"
    if one.reported is not None:
        return "reported"
    return "awake" if one.woken is not None else "silent"


def _reports(connection: Connection, key: str, names: dict[str, Row]) -> dict[str, list[Row]]:
    """By post what it reported, the newest first."""
    found: dict[str, list[Row]] = {}
    for one in connection.execute(
        select(callout_report).where(callout_report.c.callout == key)
        .order_by(callout_report.c.n.desc())
    ):  # fmt: skip
        found.setdefault(one.post, []).append({
            "wants": one.wants, "at": utc(one.at), "by": names.get(one.by), "via": one.via,
            "said": [{"zh": q["zh"], "en": q["en"], "id": q["id"], "kind": q["kind"],
                      "value": one.said.get(q["id"])} for q in one.asked],
            "lacks": one.lacks,
        })  # fmt: skip
    return found


def _kept(reports: Sequence[Row], one: Any, wants: str) -> Row:
    """What was answered of what is asked now, by the question's id."""
    asked_at = utc(one.asked_at) or ""
    last = next((r for r in reports if r["wants"] == wants and r["at"] >= asked_at), None)
    return {} if last is None else {q["id"]: q["value"] for q in last["said"]
                                    if q["value"] is not None}  # fmt: skip


def _alerts(connection: Connection, places: Places, book: Book, key: str) -> list[Row]:
    rows = connection.execute(
        select(alert.c.id, alert.c.rule, alert.c.place, alert.c.level, alert.c.state)
        .join(callout_alert, callout_alert.c.alert == alert.c.id)
        .where(callout_alert.c.callout == key)
        .order_by(callout_alert.c.joined, alert.c.id)
    )
    return [
        {"id": r.id, "title": dict(book.rules_by_id[r.rule].title) if r.rule in book.rules_by_id
         else {"zh": r.rule, "en": r.rule}, "place": place_name(places, r.place),
         "level": level_name(r.level), "state": r.state}
        for r in rows
    ]  # fmt: skip


def _minutes(begins: datetime, at: datetime) -> int:
    return max(0, int((at - begins).total_seconds() // 60))


def _after(begins: datetime, at: datetime | None) -> int | None:
    """Seconds from the call."""
    return None if at is None else round((at - begins).total_seconds())
