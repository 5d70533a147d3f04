"""What a change of an alert leads to: the measures it asks for, and what its readers are told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from alerting.alerts import callouts
from alerting.alerts.asking import ask
from alerting.alerts.finding import Finding
from alerting.alerts.ledger import Ledger
from alerting.alerts.notices import Facts, levels_told, posts_told, tell
from alerting.people import Post
from alerting.places import Place
from alerting.store.rows import Row


def spread(
    ledger: Ledger,
    rule: Any,
    place: Place,
    alert: str,
    kind: str,
    was: int,
    level: int,
    finding: Finding,
    at: datetime,
) -> None:
    """Ask the measures of the level and all below; call out who is called at it; tell the audience that
    has no order to carry.

    A rise to what a reader was last told is no news. Who is called out is told by that; what joins a
    call-out later they are told, and the call-out alone is chased.
    """
    facts = facts_at(rule, place, level, was, finding)
    told = levels_told(ledger, alert)
    before = len(ledger.notices("alert", alert))
    for wanted in rule.asks_at(level):
        ask(ledger, wanted.measure, place, wanted.arguments, facts, alert, at,
            day=ledger.life.day_ahead(at))  # fmt: skip
    # Of this change alone: the chase may have called for another measure in the same moment.
    ordered = {n.post for n in ledger.notices("alert", alert)[before:] if n.measure is not None}
    called = callouts.call_out(ledger, place, alert, facts, at)
    for post in audience(ledger, rule, place.id):
        if post.id in ordered or level <= told.get(post.id, 0):
            continue
        if post.id not in called:
            tell(ledger, kind, post, facts, at, alert=alert, wants="acknowledge")
        elif called[post.id]:
            tell(ledger, kind, post, facts, at, alert=alert, withheld=callouts.SAYS_IT)
        else:
            tell(ledger, kind, post, facts, at, alert=alert)


def tell_fall(
    ledger: Ledger,
    rule: Any,
    place: Place,
    held: Row,
    begun: bool,
    cleared: bool,
    facts: Facts,
    at: datetime,
) -> None:
    """A fall before onset waits for the morning, except for those already ordered."""
    due = at if begun else ledger.life.morning_after(at)
    told = posts_told(ledger, "alert", held.id)
    asked = callouts.leave(ledger, held.id, facts, at, due) if cleared else set()
    for post in audience(ledger, rule, place.id):
        if post.id in told:  # who never heard of it needs no end of it
            tell(ledger, "clear" if cleared else "fall", post, facts, at, alert=held.id, due=due,
                 withheld=callouts.SAYS_IT if post.id in asked else "")  # fmt: skip


def audience(ledger: Ledger, rule: Any, place: str) -> list[Post]:
    posts: dict[str, Post] = {}
    for tier in rule.audience:
        post = ledger.resolve(tier, rule.sector, place)
        if post is not None:
            posts[post.id] = post
    return list(posts.values())


def facts_at(rule: Any, place: Place, level: int, was: int, finding: Finding) -> Facts:
    return Facts(
        rule.sector, rule.hazard, place.id, level, rule=rule.id, was=was, onset=finding.onset,
        until=finding.until, why=finding.sentence, official=finding.official,
        reason=finding.bulletin,
    )  # fmt: skip
