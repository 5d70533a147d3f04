"""Whom we wait for: post by post, how much each is asked, and what of it is the most urgent."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, func, select

from alerting.alerts.orders import title_of
from alerting.chase import calls
from alerting.people import on_duty
from alerting.service import listing
from alerting.store.many import among
from alerting.store.schema import alert, measure, person, pursuit
from alerting.vocabulary.answers import HANDOVER
from alerting.web.desk import Station
from alerting.web.names import post_titles

NAMED = 8  # people of a post that are named


def waiting(connection: Connection, station: Station, realm_id: str) -> list[dict[str, Any]]:
    """Whom we wait for, post by post, with what each is asked and how much of each kind.

    The gravest first; of one level first what nobody is called for any more, then the soonest due.
    """
    titles = post_titles(connection)
    rows = connection.execute(
        select(pursuit, alert.c.rule, alert.c.place, measure.c.measure.label("named"),
               measure.c.title.label("called"), measure.c.object)
        .outerjoin(alert, alert.c.id == pursuit.c.alert)
        .outerjoin(measure, measure.c.id == pursuit.c.measure)
        .where(pursuit.c.realm == realm_id, pursuit.c.state == "open",
               pursuit.c.wants != HANDOVER)  # of who is not on duty yet: /roster has it
        .order_by(pursuit.c.level.desc(), pursuit.c.deadline.nulls_first(), pursuit.c.id)
    ).all()  # fmt: skip
    people, others = _on_duty(connection, {row.at_post for row in rows})
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        rule = station.book.rules_by_id.get(row.rule) if row.rule else None
        about = title_of(station.book, row.named, row.called) if row.named else (
            dict(rule.title) if rule is not None
            else calls.cried(connection, row) or {"zh": row.rule})  # fmt: skip
        place = row.object or row.place
        held = found.setdefault(row.at_post, {
            "post": titles.get(row.at_post, {"zh": row.at_post}), "people": people[row.at_post],
            "others": others[row.at_post], "id": row.at_post, "level": row.level, "asked": [],
            "wants": Counter(), "given_up": 0,
        })  # fmt: skip
        held["wants"][row.wants] += 1
        given_up = row.end_reason == "exhausted"
        held["given_up"] += given_up
        held["asked"].append({
            "wants": row.wants, "alert": row.alert, "measure": row.measure, "level": row.level,
            "about": about,
            "place": listing.place_name(station.places, place) if place else {},
            "first": titles.get(row.post, {"zh": row.post}), "climbed": row.at_post != row.post,
            "opened": row.opened, "deadline": row.deadline,
            "given_up": given_up,
        })  # fmt: skip
    return list(found.values())


def _on_duty(
    connection: Connection, posts: Collection[str]
) -> tuple[defaultdict[str, list[dict[str, str]]], Counter[str]]:
    """By post who is first called there, and how many more: a list may be of hundreds."""
    here = (
        select(on_duty.c.post, on_duty.c.rank, person.c.name, person.c.name_en)
        .join(person, person.c.id == on_duty.c.person)
        .where(among(on_duty.c.post, "posts"), person.c.active)
        .subquery()
    )
    given = {"posts": list(posts)}
    people, others = defaultdict[str, list[dict[str, str]]](list), Counter[str]()
    for one in connection.execute(
        select(here).where(here.c.rank < NAMED).order_by(here.c.post, here.c.rank), given
    ):
        people[one.post].append({"zh": one.name, "en": one.name_en or one.name})
    counted = select(here.c.post, func.count().label("all")).group_by(here.c.post)
    for one in connection.execute(counted, given):
        others[one.post] = one.all - len(people[one.post])
    return people, others
