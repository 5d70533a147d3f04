"""What came of a story in the end, so that two tellings of it can be compared."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from alerting.store import Store
from alerting.store.schema import alert, asker, delivery, delivery_notice, measure, notice
from alerting.store.schema_callout import callee, callout, callout_report
from tests.scenarios.standin import StandIn

SENT = ("accepted", "delivered", "read", "answered")


def came_of(store: Store, provider: StandIn) -> dict[str, Any]:
    """Alerts, measures, and for each person the notices that reached them; no numbers, no times."""
    with store.read() as connection:
        alerts = connection.execute(
            select(alert.c.id, alert.c.state, alert.c.level, alert.c.peak, alert.c.official)
            .order_by(alert.c.id)
        ).all()  # fmt: skip
        measures = connection.execute(
            select(measure.c.id, measure.c.state, measure.c.level, measure.c.arguments)
            .order_by(measure.c.id)
        ).all()
        askers = connection.execute(
            select(asker.c.measure, asker.c.asker, asker.c.begins, asker.c.ends,
                   asker.c.ended.is_(None))
            .order_by(asker.c.measure, asker.c.asker)
        ).all()  # fmt: skip
        told = connection.execute(
            select(delivery.c.person, notice.c.kind, notice.c.alert, notice.c.measure,
                   notice.c.wants, notice.c.level, notice.c.post, notice.c.rung, notice.c.round)
            .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
            .join(notice, notice.c.id == delivery_notice.c.notice)
            .where(delivery.c.state.in_(SENT))
        ).all()  # fmt: skip
        callouts = connection.execute(
            select(callout.c.id, callout.c.state, callout.c.level).order_by(callout.c.id)
        ).all()
        called = connection.execute(
            select(callee.c.callout, callee.c.post, callee.c.woken_by, callee.c.reported.is_(None),
                   callee.c.closed.is_(None)).order_by(callee.c.callout, callee.c.post)
        ).all()  # fmt: skip
        reports = connection.execute(
            select(callout_report.c.post, callout_report.c.wants, callout_report.c.by,
                   callout_report.c.said).order_by(callout_report.c.n)
        ).all()  # fmt: skip
        waiting = connection.execute(
            select(notice.c.id, notice.c.kind).where(notice.c.state == "due")
        ).all()
        texts = connection.execute(
            select(delivery.c.address, delivery.c.text)
            .where(delivery.c.channel == "sms")
            .where(delivery.c.state.in_(SENT))
        ).all()
    held = [(m.to, m.body) for m in provider.messages]
    assert all(tuple(t) in held for t in texts), "a message counts as sent and never was"
    return {
        "alerts": [tuple(a) for a in alerts],
        "measures": [(*m[:3], sorted(m.arguments.items())) for m in measures],
        "askers": [tuple(a) for a in askers],
        "callouts": [tuple(c) for c in (*callouts, *called)],
        "reports": [(*r[:3], sorted(r.said.items())) for r in reports],
        "told": sorted({tuple("" if v is None else v for v in t) for t in told}),
        "waiting": [tuple(w) for w in waiting],
    }
