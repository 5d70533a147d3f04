"""What a reviewed SMS form has to carry: its variables, once filled, and how long they may be.

The fixed words of a form are the measure's own and are reviewed with it. Variables are what changes
from one message to the next: a measure's arguments here, each word of a list by itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from alerting.rulebook.arguments import Argument
from alerting.rulebook.book import Book
from alerting.rulebook.checks.finding import Finding, warn
from alerting.vocabulary.languages import LANGUAGES

# Providers that review a form allow so many characters for a variable.
ROOM = 20


def too_long(book: Book) -> Iterator[Finding]:
    for name, measure in book.measures.items():
        for argument, declared in measure.arguments.items():
            if declared.words:
                yield from _words(book, name, argument, declared)
        said: set[tuple[str, str]] = set()  # once is enough
        for where, number, argument in _numbers(book, name):
            for language in LANGUAGES:
                text = measure.arguments[argument].say(number, language)
                if len(text) > ROOM and (argument, language) not in said:
                    said.add((argument, language))
                    yield _finding(where, f"{argument} of {name}", text)


def _words(book: Book, name: str, argument: str, declared: Argument) -> Iterator[Finding]:
    for word in declared.words:
        for language in LANGUAGES:
            text = declared.say([word], language)
            if len(text) > ROOM:
                where = book.measure_at(name, "arguments", argument, "words", word, language)
                yield _finding(where, f"{word} of {name}", text)


def _numbers(book: Book, name: str) -> Iterator[tuple[str, float, str]]:
    """Every number that a rule gives the measure, where, and for which argument."""
    for rule in book.rules:
        for step in rule.levels.values():
            for ask, where in zip(step.ask, step.asked_at, strict=True):
                if ask.measure == name:
                    for argument, value in ask.arguments.items():
                        if isinstance(value, float):
                            yield where, value, argument


def _finding(where: str, what: str, text: str) -> Finding:
    return warn(
        where,
        f"{what} fills its SMS form with {text!r}, {len(text)} characters; a variable may have {ROOM}.",
        "Shorten it, or move fixed words into the measure's sms.",
    )
