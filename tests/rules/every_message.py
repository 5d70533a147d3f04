"""Every message that the shipped book can send, and every text in it, for tests that read them all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from alerting.dispatch import Composer
from alerting.dispatch.compose import Asking, Composed
from alerting.dispatch.wording import News
from alerting.places import Places
from alerting.rulebook import Book
from alerting.rulebook.arguments import Argument
from alerting.vocabulary import Level

# Kinds of notice about a measure, and what they want.
KINDS = (("order", "acknowledge"), ("tighten", "acknowledge"), ("decide", "decision"), ("lifted", ""),
         ("check", "check"), ("superseded", ""), ("reopened", ""), ("reminder", "in-force"),
         ("escalation", "acknowledge"), ("refused", ""), ("withdrawn", ""))  # fmt: skip
NOW = datetime(2026, 1, 20, 6, tzinfo=UTC)


def messages(book: Book, places: Places) -> Iterator[tuple[str, str]]:
    """(what it is about, its text) of every rule and level and of every measure, long and short, in both
    languages."""
    for about, _, made in [*composed(book, places, 3), *composed(book, places, None)]:
        yield about, made.text


def composed(
    book: Book, places: Places, most: int | None
) -> Iterator[tuple[str, str, Composed]]:
    """(what it is about, language, the message): every rule and level, and every measure where its order
    has most to say of the place. `most` segments of an SMS, None for the long text."""
    composer = Composer(book, places, ZoneInfo("Asia/Shanghai"), {"zh": "某县应急办", "en": "County EMO"})
    asking = Asking("K7", {}, "http://l/a/x", True)
    for about, news in [*_of_rules(book), *_of_measures(book, places)]:
        for language in ("zh", "en"):
            yield about, language, composer.compose((news,), language, False, asking, most)


def texts(node: Any) -> Iterator[str]:
    """Every text in two languages within the parts of a book."""
    if isinstance(node, dict):
        if set(node) == {"zh", "en"}:
            yield from (str(value) for value in node.values())
        for value in node.values():
            yield from texts(value)
    elif isinstance(node, list | tuple):
        for value in node:
            yield from texts(value)


def _of_rules(book: Book) -> Iterator[tuple[str, News]]:
    for rule in book.rules:
        facts = _facts(rule.hazard, rule.id)
        for step in rule.levels.values():
            yield rule.id, News(1, "open", int(step.level), NOW, facts, "acknowledge")
        yield rule.id, News(1, "clear", int(rule.ladder[0]), NOW, facts)


def _of_measures(book: Book, places: Places) -> Iterator[tuple[str, News]]:
    where = _widest(book, places)
    for name, measure in book.measures.items():
        place = where.get(name, "990100101000")
        given = {"id": "m", "measure": name, "form": measure.form, "state": "issued", "object": place,
                 "arguments": {key: _longest(one) for key, one in measure.arguments.items()}}  # fmt: skip
        for kind, wants in KINDS:
            facts = _facts("fog", "") | {"measures": [given], "due": NOW.isoformat(), "place": place}
            yield name, News(1, kind, int(Level.orange), NOW, facts, wants, "m")


def _longest(argument: Argument) -> Any:
    """The value of which there is most to say."""
    if argument.kind == "words":
        return sorted(argument.words) or ["x"]
    if argument.kind == "word":
        return max(argument.words, key=lambda word: len(argument.words[word]["en"]))
    return "20:30" if argument.kind == "clock" else float(argument.least or 1)


def _widest(book: Book, places: Places) -> dict[str, str]:
    """By measure a place that a rule asks for it at: the one with the longest name and most entries."""
    found: dict[str, str] = {}
    for rule in book.rules:
        known = [p for p in places.of_kind(rule.place) if rule.tags <= p.tags]
        asked = {ask.measure for step in rule.levels.values() for ask in step.ask}
        for name in asked | {ask.split()[0] for m in asked for ask in book.measures[m].interim}:
            if known:
                best = max(known, key=lambda p: (len(p.entries), len(p.called("en"))))
                found.setdefault(name, best.id)
    return found


def _facts(hazard: str, rule: str) -> dict[str, Any]:
    return {"sector": "", "hazard": hazard, "place": "990100101000", "rule": rule,
            "onset": NOW.isoformat(), "why": {"zh": "依据", "en": "why"}, "measures": []}  # fmt: skip
