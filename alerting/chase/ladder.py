"""Up which posts a pursuit climbs: its own post, its deputy, the tiers above, the duty office last."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from alerting.alerts.life import Life
from alerting.chase.called import passed_on_by
from alerting.people import Policy, Post, Step, holders_of, post_by_id, resolve
from alerting.people.policy import DECISIONS, SIGNS
from alerting.store.schema import notice
from alerting.vocabulary.answers import CALLED

DUTY_OFFICE = "duty-office"
# Who is silent on these is answered for by the duty office alone, never by a township.
OF_THE_COUNTY = ("conflict", "signature")


def ladder(
    connection: Connection, life: Life, pursuit: Any, sector: str, place: str
) -> list[Post]:
    """The rungs as the register and the policy have them now, each post once.

    Rung 0 is the post itself, the next its deputy where it has one. Only tiers that stand above it in
    the policy follow: a silent township is not answered for by a regulator, and nobody stands above the
    duty office. For a decision, a deputy or a post above where nobody may decide is passed: it is
    time lost.
    """
    first = post_by_id(connection, pursuit.post)
    tiers = policy_of(life, pursuit).tiers
    if pursuit.wants in OF_THE_COUNTY:
        tiers = []
    parent = passed_on_by(connection, pursuit) if pursuit.wants in CALLED else None
    if pursuit.wants in CALLED:  # who passed it on, then the duty office
        tiers = []
    if first is not None and first.tier in tiers:
        tiers = tiers[tiers.index(first.tier) + 1 :]
    if first is None or first.tier != DUTY_OFFICE:
        tiers = [t for t in tiers if t != DUTY_OFFICE] + [DUTY_OFFICE]
    found = [first] if first is not None else []
    deputy = post_by_id(connection, first.deputy) if first is not None and first.deputy else None
    above = [resolve(connection, life.places, tier, sector, place) for tier in tiers]
    if parent is not None:
        above.insert(0, post_by_id(connection, parent))
    if pursuit.wants in DECISIONS:
        deputy = deputy if deputy is not None and _may_decide(connection, deputy) else None
        above = [p for p in above if p is None or p.tier == DUTY_OFFICE or _may_decide(connection, p)]
    # A deputy that is a rung above keeps its place there: the duty office stays the last.
    if deputy is not None and deputy.id not in {p.id for p in above if p is not None} and (
        first is not None and not _same_person(connection, first, deputy)
    ):
        found.append(deputy)
    for post in above:
        if post is not None and post.id not in {p.id for p in found}:
            found.append(post)
    return found


def _may_decide(connection: Connection, one: Post) -> bool:
    """A post with nobody on it stays: it is passed when its turn comes, and that is said."""
    on_it = holders_of(connection, one.id)
    return not on_it or any(person.role in SIGNS for person in on_it)


def _same_person(connection: Connection, one: Post, other: Post) -> bool:
    """Whether the same person is on duty at both now: calling them again by another name is no use."""
    return holders_of(connection, one.id)[:1] == holders_of(connection, other.id)[:1] != []


def policy_of(life: Life, pursuit: Any) -> Policy:
    """The policy in the book now, whichever the chase began by."""
    return life.policies.of(pursuit.level, pursuit.wants)


def step_of(connection: Connection, life: Life, pursuit: Any, post: str, round_: int) -> Step:
    """The step by which a pursuit calls a post for the so manieth time, from 0."""
    policy, called = policy_of(life, pursuit), post_by_id(connection, post)
    own = post == pursuit.post
    step = policy.step(called.tier if called is not None else DUTY_OFFICE, own)
    # Nobody stands above the duty office: once it has been called as a carrier is, all of it is.
    if own and called is not None and called.tier == DUTY_OFFICE and round_ >= step.times:
        return policy.last
    return step


def next_rung(
    connection: Connection, life: Life, pursuit: Any, sector: str, place: str
) -> Post | None:
    """The first rung above the one called now that this pursuit has not called yet; None at the top."""
    rungs = ladder(connection, life, pursuit, sector, place)
    ids = [p.id for p in rungs]
    above = rungs[ids.index(pursuit.at_post) + 1 :] if pursuit.at_post in ids else rungs
    called = called_posts(connection, pursuit)
    return next((p for p in above if p.id not in called), None)


def called_posts(connection: Connection, pursuit: Any) -> set[str]:
    """Every post this pursuit has called, whether it answered or not."""
    rows = connection.execute(
        select(notice.c.post).where(notice.c.pursuit == pursuit.id).distinct()
    ).scalars()
    return {pursuit.at_post, *(p for p in rows if p)}
