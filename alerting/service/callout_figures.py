"""Call-outs in figures, tier by tier: how soon awake, how soon reported, and who never answered.

Made of `callee` rows alone, so that it says the same of one call-out, a realm, a drill or a night.
Times are whole seconds from the first call; who was ticked off by somebody else has no time of their
own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import Connection, select

from alerting.store.schema_callout import callee, callout
from alerting.vocabulary import POST_TIERS

Row = dict[str, Any]
_ORDER = {tier: at for at, tier in enumerate(POST_TIERS)}  # the office first, the villages last


def callees(connection: Connection, realm: str, key: str | None = None) -> list[Any]:
    """Everybody who was called out in a realm, or by one call-out, in the order of their call."""
    asked = (
        select(callee, callout.c.state.label("callout_state"))
        .join(callout, callout.c.id == callee.c.callout)
        .where(callout.c.realm == realm)
        .order_by(callee.c.called, callee.c.callout, callee.c.post)
    )
    return list(connection.execute(asked if key is None else asked.where(callout.c.id == key)))


def by_tier(called: Sequence[Any]) -> list[Row]:
    """One row a tier. `woken` answered themselves, `in_time` of them until they should have; of those
    who did not, `ticked` were reached otherwise or answered for by somebody else; `never` are the rest.
    `reported` is all that was asked, by whomever."""
    tiers = sorted({one.tier for one in called}, key=lambda tier: _ORDER.get(tier, len(_ORDER)))
    return [{"tier": tier, **_counted([c for c in called if c.tier == tier])} for tier in tiers]


def never_answered(called: Sequence[Any]) -> list[Row]:
    """Who was neither awake nor ticked off nor answered for, by name of the post."""
    return [{"callout": one.callout, "post": one.post, "tier": one.tier, "called": one.called}
            for one in called if not _own(one) and not _by_others(one)]  # fmt: skip


def _own(one: Any) -> bool:
    return one.woken is not None and one.woken != one.ticked


def _by_others(one: Any) -> bool:
    return not _own(one) and (one.ticked is not None or one.first_report is not None)


def _counted(mine: Sequence[Any]) -> Row:
    own = [one for one in mine if _own(one)]
    others = sum(_by_others(one) for one in mine)
    woken = [_seconds(one.called, one.woken) for one in own]
    reported = [_seconds(c.called, c.first_report) for c in mine if c.first_report is not None]
    return {
        "called": len(mine), "woken": len(own),
        "in_time": sum(one.woken <= one.wake_by for one in own),
        "ticked": others, "never": len(mine) - len(own) - others,
        "woken_median": _middle(woken), "woken_slowest": max(woken, default=None),
        "reported": len(reported), "reported_median": _middle(reported),
        "reported_slowest": max(reported, default=None),
        "passed_on": sum(one.passed_on is not None for one in mine),
    }  # fmt: skip


def _seconds(begins: datetime, at: datetime) -> int:
    return round((at - begins).total_seconds())


def _middle(seconds: Sequence[int]) -> int | None:
    return round(median(seconds)) if seconds else None
