"""What a change of an alert leads to: the measures it asks for, and what its readers are told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

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
    """Ask the measures of the level and all below; tell the audience that has no order to carry.

    A rise to what a reader was last told is no news.
    """
    facts = facts_at(rule, place, level, was, finding)
    told = levels_told(ledger, alert)
    for wanted in rule.asks_at(level):
        ask(ledger, wanted.measure, place, wanted.arguments, facts, alert, at,
            day=ledger.life.day_ahead(at))  # fmt: skip
    ordered = {
        n.post for n in ledger.notices("alert", alert) if n.created == at and n.measure is not None
    }
    for post in audience(ledger, rule, place.id):
        if post.id not in ordered and level > told.get(post.id, 0):
            tell(ledger, kind, post, facts, at, alert=alert, wants="acknowledge")


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
    for post in audience(ledger, rule, place.id):
        if post.id in told:  # who never heard of it needs no end of it
            tell(ledger, "clear" if cleared else "fall", post, facts, at, alert=held.id, due=due)


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
