"""Every order that a rule may give, written as its SMS and counted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from alerting.dispatch import Composer
from alerting.dispatch.channels.twilio import Options
from alerting.dispatch.compose import Asking
from alerting.dispatch.wording import News
from alerting.places import Place
from alerting.rulebook import Ask, LevelRule, Rule
from alerting.service.county import County
from alerting.service.duties import places_of_rules
from alerting.service.survey import Note

# As long as these become: a bundle's letter is not needed by one order, a code has four signs.
ASKING = Asking("KKKK", {}, "", True)
SPAN = timedelta(days=40)  # far enough for both dates to be said with their month
LANGUAGES = ("zh", "en")


def form_notes(county: County, at: datetime) -> Iterator[Note]:
    """Orders whose SMS is longer than an SMS channel sends, without all that it can do without, at the
    place with the longest name. One note a measure and language."""
    most, config = _most(county), county.config.county
    composer = Composer(county.book, county.places, config.zone,
                        {"zh": config.sender, "en": config.sender_en})  # fmt: skip
    told: set[tuple[str, str]] = set()
    for rule_id, ids in places_of_rules(county).items():
        rule = county.book.rules_by_id[rule_id]
        for language in LANGUAGES if ids else ():
            place = max((county.places.by_id[i] for i in ids), key=lambda p: len(p.called(language)))
            for step, ask in _asks(rule):
                one = _news(rule, step, ask, county.book.measures[ask.measure].form, place, at)
                made = composer.compose([one], language, config.fictional, ASKING, most)
                if made.segments > most and (ask.measure, language) not in told:
                    told.add((ask.measure, language))
                    yield Note(
                        "warning", county.book.measure_at(ask.measure, "sms", language),
                        f"the order {ask.measure} of {rule.id} at {place.id} is an SMS of"
                        f" {made.segments} segments, {len(made.text)} characters; {most} are sent.",
                        "Shorten its sms; the long text says the rest under do.",
                    )  # fmt: skip


def _most(county: County) -> int:
    """The segments that the strictest SMS channel of the config sends; without one, the default."""
    given = [
        c.options().get("max_segments") for n, c in county.config.channels.items()
        if c.on and (c.use or n) == "twilio"
    ]  # fmt: skip
    default: int = Options.model_fields["max_segments"].default
    return min((int(g) for g in given if g is not None), default=default)


def _asks(rule: Rule) -> Iterator[tuple[LevelRule, Ask]]:
    for step in rule.levels.values():
        for ask in step.ask:
            yield step, ask


def _news(rule: Rule, step: LevelRule, ask: Ask, form: str, place: Place, at: datetime) -> News:
    ordered = {"measure": ask.measure, "arguments": ask.arguments, "form": form, "state": "issued"}
    facts: dict[str, Any] = {
        "rule": rule.id, "sector": rule.sector, "hazard": rule.hazard, "place": place.id,
        "onset": (at + SPAN).isoformat(), "until": (at + 2 * SPAN).isoformat(),
        "due": (at + SPAN).isoformat(), "measures": [ordered],
    }  # fmt: skip
    return News(1, "order", int(step.level), at, facts, "acknowledge", "m1")
