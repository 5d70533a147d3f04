"""One reply to an answer that was to several notices, each by its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from alerting.alerts.life import Life
from alerting.alerts.orders import title_of
from alerting.chase import reply_words, words
from alerting.chase.outcomes import Outcome
from alerting.store.schema import measure
from alerting.vocabulary.answers import HANDOVER


def joined(
    connection: Connection, life: Life, notices: Sequence[Any], outcomes: Sequence[Outcome], *,
    summary: bool = False,
) -> words.Words:
    """One reply to one message: what is the same is said once, else each measure by its name; to the
    `summary` of a digest how many were received."""
    if len({o.words["zh"] for o in outcomes}) == 1:
        return outcomes[0].words
    if summary:
        return reply_words.all_received(sum(o.outcome == "taken" for o in outcomes))
    about: dict[str, list[Any]] = {}
    for one, made in zip(notices, outcomes, strict=True):
        about.setdefault(made.words["zh"], []).append(one)
    told = {o.words["zh"]: o.words for o in outcomes}
    parts = [
        reply_words.of_these([named(connection, life, one) for one in same], told[said])
        for said, same in about.items()
    ]
    return words.both("；".join(p["zh"] for p in parts), "; ".join(p["en"] for p in parts))


def named(connection: Connection, life: Life, one: Any) -> words.Words:
    """What a notice is about, for a reply that tells several apart: the measure or advisory, where."""
    facts = one.facts
    if one.wants == HANDOVER:
        named = words.both("交接班", "hand-over")
    elif one.measure is None:
        named = words.advisory_title(life, facts["rule"], facts["hazard"])
    else:
        row = connection.execute(select(measure).where(measure.c.id == one.measure)).one()
        named = title_of(life.book, row.measure, row.title)
    place = life.places.by_id.get(facts["place"])
    if place is None:
        return named
    return words.both(f"{place.called('zh')}{named['zh']}", f"{named['en']} at {place.called('en')}")
