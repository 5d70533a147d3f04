"""What a change of an alert leads to: the measures it asks for, and what its readers are told."""

from __future__ import annotations

from collections.abc import Collection
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
from alerting.store.schema_callout import SAYS_IT


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
    *,
    heard: bool = True,
) -> None:
    """Ask the measures of the level and all below; call out who is called at it; tell the audience that
    has no order to carry. `heard` is False where a fall to `was` was told to nobody.

    A rise to what a reader was last told is no news. Who is called out is told by that; what joins a
    call-out later they are told as everybody is, whoever the rule tells, and are called until they have
    said that they received it; the villages that a township has called are told, and no more.
    """
    facts = facts_at(rule, place, level, was, finding)
    told = levels_told(ledger, alert)
    before = len(ledger.notices("alert", alert))
    for wanted in rule.asks_at(level):
        ask(ledger, wanted.measure, place, wanted.arguments, facts, alert, at,
            day=ledger.life.day_ahead(at))  # fmt: skip
    # Of this change alone: the chase may have called for another measure in the same moment.
    ordered = {n.post for n in ledger.notices("alert", alert)[before:] if n.measure is not None}
    stood = was if heard else max([was, *told.values()])
    called = callouts.call_out(ledger, place, alert, facts, at, heard=stood)
    first = callouts.first_called(ledger, alert) if called else set()
    for post in _readers(ledger, rule, place, alert, called):
        if post.id in ordered or level <= told.get(post.id, 0):
            continue
        if post.id not in called or (not called[post.id] and post.id in first):
            tell(ledger, kind, post, facts, at, alert=alert, wants="acknowledge")
        elif called[post.id]:
            tell(ledger, kind, post, facts, at, alert=alert, withheld=SAYS_IT)
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
    for post in _readers(ledger, rule, place, held.id, told - asked):
        if post.id in told:  # who never heard of it needs no end of it
            tell(ledger, "clear" if cleared else "fall", post, facts, at, alert=held.id, due=due,
                 withheld=SAYS_IT if post.id in asked else "")  # fmt: skip


def _readers(
    ledger: Ledger, rule: Any, place: Place, alert: str, by_call: Collection[str]
) -> list[Post]:
    """Whom a rule tells, and those of these posts who are in a call-out for the alert."""
    told = audience(ledger, rule, place.id)
    more = callouts.listeners(ledger, alert) if by_call else []
    by_rule = {post.id for post in told}
    return told + [post for post in more if post.id in by_call and post.id not in by_rule]


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
