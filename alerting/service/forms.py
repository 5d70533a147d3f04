"""Every order that a rule may give, written as its SMS and counted; and the names that fill it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from alerting.dispatch import Composer
from alerting.dispatch.channels.twilio import Options
from alerting.dispatch.compose import Asking
from alerting.rulebook.checks.messages import ROOM
from alerting.service import specimens
from alerting.service.county import County
from alerting.service.duties import places_of_rules
from alerting.service.survey import Note
from alerting.vocabulary.languages import LANGUAGES

# As long as these become: a bundle's letter is not needed by one order, a code has four signs.
ASKING = Asking("KKKK", {}, "", True)
SPAN = timedelta(days=40)  # far enough for both dates to be said with their month


def form_notes(county: County, at: datetime) -> Iterator[Note]:
    """Orders whose SMS is longer than an SMS channel sends, without all that it can do without, at the
    place with the longest name. One note a measure and language."""
    most, config = most_segments(county), county.config.county
    runs_on = places_of_rules(county)
    yield from _names(county, runs_on)
    composer = Composer(county.book, county.places, config.zone,
                        {"zh": config.sender, "en": config.sender_en})  # fmt: skip
    told: set[tuple[str, str]] = set()
    for rule_id, ids in runs_on.items():
        rule = county.book.rules_by_id[rule_id]
        for language in LANGUAGES if ids else ():
            place = specimens.longest_at(language, [county.places.by_id[i] for i in ids])
            span = specimens.Span(at, at + SPAN, at + 2 * SPAN, at + SPAN)
            about = specimens.About(rule.id, rule.sector, rule.hazard, place.id)
            said = specimens.facts(about, span, {})
            for step, ask in specimens.asks_of(rule.levels):
                measure = county.book.measures[ask.measure]
                ordered = specimens.given(ask.measure, measure, place.id, ask.arguments, None)
                one = specimens.of_measure("order", "acknowledge", int(step.level), span, said, ordered)
                made = composer.compose([one], language, config.fictional, ASKING, most)
                if made.segments > most and (ask.measure, language) not in told:
                    told.add((ask.measure, language))
                    yield Note(
                        "warning", county.book.measure_at(ask.measure, "sms", language),
                        f"the order {ask.measure} of {rule.id} at {place.id} is an SMS of"
                        f" {made.segments} segments, {len(made.text)} characters; {most} are sent.",
                        "Shorten its sms; the long text says the rest under do.",
                    )  # fmt: skip


def _names(county: County, runs_on: Mapping[str, list[str]]) -> Iterator[Note]:
    """Places whose Chinese name does not fit the form's variable: providers that review forms are
    China's, and a form in English goes by others."""
    for place in dict.fromkeys(one for ids in runs_on.values() for one in ids):
        name = county.places.by_id[place].called("zh")
        if len(name) > ROOM:
            yield Note("warning", _line(county, place), f"{place} fills an SMS form with {name!r},"
                       f" {len(name)} characters; a variable may have {ROOM} / 名称超过{ROOM}字",
                       "Shorten its name.")  # fmt: skip


def _line(county: County, place: str) -> str:
    """Where a table has the place, as file:line:column."""
    tables = (county.config.county.zones, county.config.county.sites)
    for path in tables:
        lines = path.read_text("utf-8-sig").splitlines() if path is not None else []
        for number, line in enumerate(lines, 1):
            if line.partition(",")[0] == place:
                return f"{path}:{number}:1"
    return str(tables[0])


def most_segments(county: County) -> int:
    """The segments that the strictest SMS channel of the config sends; without one, the default."""
    given = [
        c.options().get("max_segments") for n, c in county.config.channels.items()
        if c.on and (c.use or n) == "twilio"
    ]  # fmt: skip
    default: int = Options.model_fields["max_segments"].default
    return min((int(g) for g in given if g is not None), default=default)
