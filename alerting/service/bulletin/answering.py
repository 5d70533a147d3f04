"""How the month's calls were answered, tier by tier and post by post, and what came into force.

A call belongs to the post it was first made to, whoever answered in the end: that it had to be passed
on is what a report must show.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from alerting.people.policy import DECISIONS
from alerting.service.bulletin.window import Row, Window, middle, minutes
from alerting.store.schema import measure, pursuit
from alerting.vocabulary import POST_TIERS

_ORDER = {tier: at for at, tier in enumerate(reversed(POST_TIERS))}  # the field force first


def calls(window: Window) -> list[Any]:
    """The calls that began within the month: an answer, a report, a decision was waited for."""
    return list(
        window.connection.execute(
            select(pursuit.c.wants, pursuit.c.post, pursuit.c.state, pursuit.c.rung, pursuit.c.round,
                   pursuit.c.opened, pursuit.c.answered, pursuit.c.end_reason)
            .where(pursuit.c.realm == window.realm, window.falls(pursuit.c.opened))
        )
    )  # fmt: skip


def orders(window: Window) -> list[Any]:
    """The measures that were open at some time of the month, oldest first."""
    return list(
        window.connection.execute(
            select(measure.c.id, measure.c.measure, measure.c.title, measure.c.object,
                   measure.c.carrier, measure.c.lifter, measure.c.state, measure.c.proposed,
                   measure.c.issued, measure.c.in_force, measure.c.due, measure.c.overdue,
                   measure.c.cannot, measure.c.attested, measure.c.attested_by, measure.c.ended)
            .where(window.stood(measure, measure.c.proposed, measure.c.ended))
            .order_by(measure.c.proposed, measure.c.id)
        )
    )  # fmt: skip


def by_tier(window: Window, called: list[Any], ordered: list[Any]) -> list[Row]:
    """One row a tier, the field force first; times in whole minutes."""
    asked = [one for one in called if one.wants == "acknowledge"]
    issued = _issued(window, ordered)
    tiers = {window.tier(one.post) for one in asked} | {window.tier(m.carrier) for m in issued}
    return [
        {"tier": tier,
         **_counts(window, (one for one in asked if window.tier(one.post) == tier),
                   (m for m in issued if window.tier(m.carrier) == tier))}
        for tier in sorted(tiers, key=lambda t: _ORDER.get(t, len(_ORDER)))
    ]  # fmt: skip


def by_post(window: Window, called: list[Any], ordered: list[Any]) -> list[Row]:
    """The posts that were not reached, or not in time, the worst first."""
    asked: dict[str, list[Any]] = defaultdict(list)
    issued: dict[str, list[Any]] = defaultdict(list)
    for one in called:
        if one.wants == "acknowledge":
            asked[one.post].append(one)
    for row in _issued(window, ordered):
        issued[row.carrier].append(row)
    rows = [
        {"post": post, "title": window.post(post), "tier": window.tier(post),
         **_counts(window, asked[post], issued[post])}
        for post in {*asked, *issued}
    ]  # fmt: skip
    rows = [r for r in rows if r["never"] or r["late"] or r["overdue"] or r["cannot"]]
    return sorted(rows, key=lambda r: (-r["never"], -r["overdue"], -r["late"], -r["cannot"],
                                       -(r["median"] or 0), r["post"]))  # fmt: skip


def decided(window: Window, called: list[Any]) -> Row:
    """How many decisions were asked for within the month, and how soon they came."""
    asked = [one for one in called if one.wants in DECISIONS]
    answered = [one for one in asked if _answered(window, one)]
    return {"asked": len(asked), "decided": len(answered),
            "never": sum(_never(window, one) for one in asked),
            "median": middle([minutes(one.opened, one.answered) for one in answered])}  # fmt: skip


def _counts(window: Window, asked: Iterable[Any], issued: Iterable[Any]) -> Row:
    calls_made, carried = list(asked), list(issued)
    woken = [one for one in calls_made if _answered(window, one)]
    in_force = [row for row in carried if row.in_force and row.in_force < window.end]
    return {
        "asked": len(calls_made), "woken": len(woken),
        "late": sum(one.rung > 0 for one in woken),  # answered once it had been passed on
        "never": sum(_never(window, one) for one in calls_made),
        "median": middle([minutes(one.opened, one.answered) for one in woken]),
        "ordered": len(carried), "in_force": len(in_force),
        "overdue": sum(row.overdue is not None and row.overdue < window.end for row in carried),
        "cannot": sum(row.cannot is not None and row.cannot < window.end for row in carried),
        "median_in_force": middle([minutes(row.issued, row.in_force) for row in in_force
                                   if row.in_force >= row.issued]),
    }  # fmt: skip


def _answered(window: Window, one: Any) -> bool:
    return one.answered is not None and one.answered < window.end


def _never(window: Window, one: Any) -> bool:
    """Nobody answered although the first time for it ran out; what ended sooner is not held against
    anybody."""
    if _answered(window, one):
        return False
    return one.end_reason == "exhausted" or one.rung > 0 or one.round > 0


def _issued(window: Window, ordered: list[Any]) -> list[Any]:
    return [row for row in ordered if row.issued is not None
            and window.start <= row.issued < window.end]  # fmt: skip
