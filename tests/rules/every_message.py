"""Every message that the shipped book can send, and every text in it, for tests that read them all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from alerting.dispatch import Composer
from alerting.dispatch.compose import Asking
from alerting.dispatch.wording import News
from alerting.places import Places
from alerting.rulebook import Book
from alerting.vocabulary import Level

NOW = datetime(2026, 1, 20, 6, tzinfo=UTC)


def messages(book: Book, places: Places) -> Iterator[tuple[str, str]]:
    """(what it is about, its text) of every rule and level and of every measure, long and short, in both
    languages."""
    composer = Composer(book, places, ZoneInfo("Asia/Shanghai"), {"zh": "某县", "en": "County"})
    asking = Asking("K7", {}, "http://l/a/x", True)
    for about, news in [*_of_rules(book), *_of_measures(book)]:
        for language in ("zh", "en"):
            for most in (3, None):
                yield about, composer.compose((news,), language, False, asking, most).text


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


def _of_measures(book: Book) -> Iterator[tuple[str, News]]:
    for name, measure in book.measures.items():
        arguments: dict[str, Any] = {
            key: sorted(one.words) or ["x"] if one.stricter == "union" else float(one.least or 1)
            for key, one in measure.arguments.items()
        }
        given = {"id": "m", "measure": name, "form": measure.form, "state": "issued",
                 "arguments": arguments}  # fmt: skip
        for kind, wants in (("order", "acknowledge"), ("decide", "decision"), ("lifted", "")):
            facts = _facts("fog", "") | {"measures": [given]}
            yield name, News(1, kind, int(Level.orange), NOW, facts, wants, "m")


def _facts(hazard: str, rule: str) -> dict[str, Any]:
    return {"sector": "", "hazard": hazard, "place": "990100101000", "rule": rule,
            "onset": NOW.isoformat(), "why": {"zh": "依据", "en": "why"}, "measures": []}  # fmt: skip
