"""Whom a message reached: what the engine and dispatch must see alike."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_

from alerting.store.schema import delivery

# `who` of a notice for those whom earlier ones about the same reached, and nobody else.
REACHED = "reached"
# How the error of a delivery begins whose last attempt may have arrived all the same.
MAY_HAVE_ARRIVED = "may have arrived: "
_NOT_SENT = ("bound", "superseded", "dead")


def went_out() -> ColumnElement[bool]:
    """Condition on deliveries: it has reached its reader, may have, or is on its way to them."""
    refused = and_(delivery.c.state == "sending", delivery.c.leased_until.is_(None))
    gone = and_(delivery.c.state.not_in(_NOT_SENT), ~refused)
    return or_(gone, delivery.c.error.startswith(MAY_HAVE_ARRIVED))
