"""Every message that a rule would send at a place: its words, long and as an SMS, and what it costs.

Times, place and orders are the rule's own; the figures that made it open are not known before it does,
so a line stands for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from alerting.dispatch import Composer
from alerting.dispatch.compose import Asking
from alerting.dispatch.segments import segments
from alerting.dispatch.wording import News
from alerting.errors import BadInput
from alerting.places import Place
from alerting.rulebook import Ask, LevelRule, Rule
from alerting.rulebook.measures import read_ask
from alerting.service import specimens
from alerting.service.county import County
from alerting.service.duties import places_of_rules
from alerting.service.forms import most_segments

FIGURES = {"zh": "〔此处为实测或预报的时间和数值〕", "en": "(the hours and values it opened on)"}
REASONS = {
    "reminder": {"zh": "〔第几次呼叫、几时前答复〕", "en": "(which call this is, answer by when)"},
    "escalation": {"zh": "〔谁未答复，请您处置〕", "en": "(who did not answer; it is yours now)"},
    "withdrawn": {"zh": "〔撤回的原因〕", "en": "(why)"},
    "refused": {"zh": "〔不同意的原因〕", "en": "(why)"},
    "correction": {"zh": "〔更正的原因〕", "en": "(why)"},
    "suspended": {"zh": "〔与哪项冲突〕", "en": "(what it conflicts with)"},
    "superseded": {"zh": "〔由哪项措施接替〕", "en": "(what took its place)"},
}
CHANGED = {"zh": "〔有何变化〕", "en": "(what changed)"}
CODE, LINK = "H6", "x" * 27  # as long as they are
BEGINS_IN, LASTS = timedelta(hours=6), timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Previewed:
    """One message. `readers` are tiers; `measure` is "" for news of the alert itself; `price` is of
    the SMS, None where no channel names one."""

    rule: str
    place: str
    level: str
    kind: str
    measure: str
    readers: list[str]
    language: str
    sms: str
    encoding: str
    units: int
    segments: int
    over: bool  # more segments than are sent, with all left out that can be
    cut: list[str]
    long: str
    price: float | None


def preview(
    county: County,
    rule: Rule,
    at: datetime,
    *,
    place: str = "",
    level: str = "",
    languages: Sequence[str] = ("zh", "en"),
) -> list[Previewed]:
    """The messages of a rule at a place, by default the one of which there is most to say.

    `at` is when they would be written. Raises BadInput for a place it does not run on or a level that
    it does not have.
    """
    ids = places_of_rules(county).get(rule.id) or []
    where = _place(county, rule, ids, place)
    if level and level not in rule.levels:
        raise BadInput(f"{rule.id} has no level {level!r}", where="--level",
                       mend=f"It has: {', '.join(rule.levels)}.")  # fmt: skip
    config = county.config.county
    composer = Composer(county.book, county.places, config.zone,
                        {"zh": config.sender, "en": config.sender_en})  # fmt: skip
    most, price = most_segments(county), price_per_segment(county)
    url = county.config.public_url.rstrip("/") or f"http://127.0.0.1:{county.config.port}"
    made = []
    for name, measure, readers, news in _notices(county, rule, where, at, level):
        for language in languages:
            short, long = (
                composer.compose((news,), language, config.fictional,
                                 Asking(CODE, {}, f"{url}/a/{LINK}", fit is not None), fit)
                for fit in (most, None)
            )
            count = segments(short.text)
            made.append(Previewed(
                rule.id, where.id, name, news.kind, measure, readers, language, short.text,
                count.encoding, count.units, count.segments, count.segments > most, list(short.cut),
                long.text, round(price * count.segments, 4) if price is not None else None,
            ))  # fmt: skip
    return made


def price_per_segment(county: County) -> float | None:
    """What the dearest SMS channel of the config asks for a segment; None where none says."""
    given = [c.options().get("price_per_segment") for c in county.config.channels.values() if c.on]
    return max((float(g) for g in given if g is not None), default=None)


def _place(county: County, rule: Rule, ids: Sequence[str], place: str) -> Place:
    if not ids:
        raise BadInput(f"{rule.id} runs on no place of this county", where=rule.where,
                       mend=f"It is for places of the kind {rule.place}.")  # fmt: skip
    if not place:
        return specimens.longest_at("zh", [county.places.by_id[i] for i in ids])
    if place not in ids:
        raise BadInput(f"{rule.id} does not run on {place!r}", where="--place",
                       mend=f"It runs on: {', '.join(sorted(ids)[:8])}"
                       + (" …" if len(ids) > 8 else ""))  # fmt: skip
    return county.places.by_id[place]


def _notices(
    county: County, rule: Rule, place: Place, at: datetime, only: str
) -> Iterator[tuple[str, str, list[str], News]]:
    """(level, measure, readers' tiers, the notice), level by level from the lowest."""
    onset = at.replace(minute=0, second=0, microsecond=0) + BEGINS_IN
    about = specimens.About(rule.id, rule.sector, rule.hazard, place.id)
    steps = [s for s in rule.levels.values() if not only or s.level.name == only]
    for step in steps:
        name, at_level = step.level.name, rule.ladder.index(step.level)
        soon = specimens.Span(at, onset, onset + LASTS, at)
        said = specimens.facts(about, soon, FIGURES)
        for kind, wants in specimens.OF_ALERT:
            # Nothing rises to the lowest level, and nothing falls to the highest.
            was = at_level + {"raise": -1, "fall": 1}.get(kind, 0)
            if was not in range(len(rule.ladder)):
                continue
            facts = said | {"was": int(rule.ladder[was])} | _besides(kind, at)
            news = specimens.of_alert(kind, wants, int(step.level), soon, facts)
            yield name, "", list(rule.audience), news
        for tier, news in specimens.of_callout(county.book.calling, int(step.level), soon, said):
            yield name, "", [tier], replace(news, facts=dict(news.facts) | _besides(news.kind, at))
        for ask in _asked(county, step):
            measure = county.book.measures[ask.measure]
            minutes = measure.by_minutes or county.book.policies.in_force_minutes
            span = soon._replace(due=at + timedelta(minutes=minutes))
            ordered = specimens.given(ask.measure, measure, place.id, ask.arguments, span)
            above = county.book.policies.of(int(step.level), "acknowledge").tiers[0]
            tiers = {"carrier": measure.carrier, "decider": measure.decider, "lifter": measure.lifter,
                     "rung": above}  # fmt: skip
            ahead = ask.measure in county.book.confirm_after
            for kind, wants, role in specimens.kinds_of(measure, ahead):
                if kind == "raise" and at_level == 0:
                    continue
                yield name, ask.measure, [str(tiers[role])], specimens.of_measure(
                    kind, wants, int(step.level), span, said | _besides(kind, at), ordered, ahead)


def _besides(kind: str, at: datetime) -> dict[str, Any]:
    """What a kind of notice says besides: its reason, and of a call what went before."""
    first = {"sent": at.isoformat(), "changed": CHANGED}
    calls = {"first": first} if kind in ("reminder", "escalation") else {}
    return {"reason": REASONS.get(kind, {})} | calls


def _asked(county: County, step: LevelRule) -> Iterator[Ask]:
    """The measures of a level, each with those that are issued while it waits to be decided."""
    for ask in step.ask:
        yield ask
        for text in county.book.measures[ask.measure].interim:
            yield read_ask(text, county.book.measures)
