"""The posts that measures fall to: whether there are any, wherever a rule may ask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from alerting.alerts import Life
from alerting.alerts.rule_places import rule_places
from alerting.people import list_of, resolve
from alerting.people.policy import DUTY_OFFICE, SIGNS
from alerting.places import Place
from alerting.rulebook import Rule
from alerting.service.clock import LIVE
from alerting.service.county import County, sync_people
from alerting.service.survey import Note
from alerting.store import Store


class _Asked(NamedTuple):
    """A measure, the sector it is asked in, one place, and where a rule asks for it."""

    measure: str
    sector: str
    place: Place
    where: str


@dataclass(slots=True)
class _Gap:
    """What would wait for one post that is missing: by role the measures, and the places."""

    where: str
    roles: dict[str, dict[str, None]] = field(default_factory=dict)
    places: dict[str, None] = field(default_factory=dict)

    def add(self, role: str, asked: _Asked) -> None:
        self.roles.setdefault(role, {})[asked.measure] = None
        self.places[asked.place.id] = None

    def said(self) -> str:
        verbs = {"carrier": "carry", "decider": "decide", "lifter": "lift"}
        return "; ".join(f"{verbs[role]} {', '.join(names)}" for role, names in self.roles.items())


def measure_notes(county: County, at: datetime) -> list[Note]:
    """Measures that rules ask for and nobody would carry, decide or lift at some place. One note a
    missing post, with all that waits for it, at the first ask; one a post that decides, with who on
    its list may not; and one of a duty office that would be called in vain. Other posts above on which
    nobody may are passed."""
    store = Store(":memory:")
    store.write(lambda c: sync_people(c, county, LIVE, at))
    gaps: dict[tuple[str, str], _Gap] = {}
    unsigned: dict[str, _Gap] = {}
    last: dict[str, None] = {}
    with store.read() as connection:
        for asked in _asked(county):
            for role, tier in _unfilled(connection, county, asked):
                key = (tier, asked.sector)
                gaps.setdefault(key, _Gap(asked.where)).add(role, asked)
            if post := _decider(connection, county, asked):
                unsigned.setdefault(post, _Gap(asked.where)).add("decider", asked)
                last |= dict.fromkeys([_last(connection, county, asked)])
        lists = {post: list_of(connection, post) for post in [*unsigned, *last]}
    store.close()
    lacking = {post: [one.name for one in named if one.role not in SIGNS]
               for post, named in lists.items()}  # fmt: skip
    in_vain = [post for post in last if post not in unsigned and lists[post]
               and len(lacking[post]) == len(lists[post])]  # fmt: skip
    posts, people = county.config.county.posts, county.config.county.people
    notes = [
        Note("error" if "carrier" in gap.roles else "warning", gap.where,
             f"no post {tier} of {sector} at {_some(list(gap.places))} or above / 无对应岗位:"
             f" nobody to {gap.said()}",
             f"Add such a post for the place, its zone or the county in {posts}.")
        for (tier, sector), gap in gaps.items()
    ]  # fmt: skip
    for post, gap in unsigned.items():
        names = ", ".join(lacking[post])
        if not names:
            continue
        if post in county.rosters:
            what = f"not everybody on the roster of {post} may sign / 轮值人员无决定权限 ({names})"
            mend = f"Give all of them the role decide in {people}."
        elif len(lacking[post]) == len(lists[post]):
            what = f"nobody on the post {post} may sign / 岗位无决定权限 ({names})"
            mend = f"Give one of its holders the role decide in {people}."
        else:
            what = f"not everybody on the post {post} may sign / 岗位人员无决定权限 ({names})"
            mend = f"Give them the role decide in {people}, or take them off the post."
        notes.append(Note("warning", gap.where, f"{what}: they are to {gap.said()}", mend))
    if in_vain:
        said = "; ".join(f"{post} ({', '.join(lacking[post])})" for post in in_vain)
        notes.append(Note(
            "warning", str(posts), "called for what nobody below has decided, and nobody on them may"
            f" sign / 逐级呼叫时会叫到，但无决定权限: {said}",
            f"Give one of each the role decide in {people}."))
    return notes


def places_of_rules(county: County) -> dict[str, list[str]]:
    """By rule the ids of the places it runs on."""
    life = Life(LIVE, True, county.book, county.places, county.book.policies,
                county.config.county.zone)  # fmt: skip
    return {rule: on.ids for rule, on in rule_places(life).items()}


def _asked(county: County) -> Iterator[_Asked]:
    """Each measure that rules may ask for, in each sector and at each place once."""
    book, places = county.book, county.places
    seen: set[tuple[str, str, str]] = set()
    for rule_id, ids in places_of_rules(county).items():
        rule = book.rules_by_id[rule_id]
        for name, where in _named(county, rule).items():
            sector = book.measures[name].sector or rule.sector
            for place in ids:
                if (name, sector, place) not in seen:
                    seen.add((name, sector, place))
                    yield _Asked(name, sector, places.by_id[place], where)


def _named(county: County, rule: Rule) -> dict[str, str]:
    """The measures a rule asks for, interim ones too, and where it does first."""
    found: dict[str, str] = {}
    for step in rule.levels.values():
        for ask, where in zip(step.ask, step.asked_at, strict=True):
            for name in (ask.measure, *county.book.measures[ask.measure].interim_names):
                found.setdefault(name, where)
    return found


def _unfilled(
    connection: Connection, county: County, asked: _Asked
) -> Iterator[tuple[str, str]]:
    measure, place = county.book.measures[asked.measure], asked.place
    tiers = {"carrier": measure.carrier, "decider": measure.decider, "lifter": measure.lifter}
    at: Iterable[Place] = [place]
    if place.kind == "zone" and measure.carrier == "enterprise":
        # One measure for each site of the sector.
        at = county.places.sites_in(place.id, asked.sector)
    for role, tier in tiers.items():
        spots = at if role == "carrier" else [place]
        if tier and any(
            resolve(connection, county.places, tier, asked.sector, one.id) is None for one in spots
        ):
            yield role, tier


def _decider(connection: Connection, county: County, asked: _Asked) -> str:
    """The post that decides; "" where none does or there is none."""
    tier = county.book.measures[asked.measure].decider
    post = tier and resolve(connection, county.places, tier, asked.sector, asked.place.id)
    return post.id if post else ""


def _last(connection: Connection, county: County, asked: _Asked) -> str:
    """The post that is called when nobody below has decided; "" where there is none."""
    post = resolve(connection, county.places, DUTY_OFFICE, asked.sector, asked.place.id)
    return post.id if post else ""


def _some(names: list[str], limit: int = 4) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
