"""Whom a message reached: what the engine, the chase and dispatch must see alike."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_

from alerting.store.schema import MAY_HAVE_ARRIVED, delivery

# `who` of a notice for those whom earlier ones about the same reached, and nobody else.
REACHED = "reached"
# And for whoever is to come on duty at the post, and nobody who is.
INCOMER = "incomer"
_TAKEN = ("accepted", "delivered", "read", "answered")


def handed_over() -> ColumnElement[bool]:
    """Condition on deliveries: a provider took it, or may have. What was refused and is tried again
    has reached nobody; what was given up later may have, and whoever quotes its code has it."""
    trying = and_(delivery.c.state == "sending", delivery.c.leased_until.is_not(None))
    return or_(
        delivery.c.state.in_(_TAKEN), delivery.c.provider_id.is_not(None), trying,
        delivery.c.error.startswith(MAY_HAVE_ARRIVED, autoescape=True),
    )  # fmt: skip
