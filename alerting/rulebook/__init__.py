"""The rule book: its language, its packs, and what they say of the weather.

`load_book` reads a folder, `bind` fits it to places and sources, `Bound.evaluate` asks it,
`explain` says why, `check_folder` helps its authors.
"""

from alerting.rulebook.arguments import Argument
from alerting.rulebook.binding import BindFacts
from alerting.rulebook.book import Book, LevelRule, Rule
from alerting.rulebook.check import check_folder
from alerting.rulebook.checks.finding import Finding
from alerting.rulebook.checks.monotone import Trend, trends
from alerting.rulebook.evaluate import Bound, bind
from alerting.rulebook.explain import explain, explain_each
from alerting.rulebook.loading import load_book
from alerting.rulebook.measures import Ask, Measure
from alerting.rulebook.verdict import Verdict
from alerting.rulebook.why import LevelWhy, Reason, Why
from alerting.rulebook.wording import sentence

__all__ = [
    "Argument",
    "Ask",
    "BindFacts",
    "Book",
    "Bound",
    "Finding",
    "LevelRule",
    "LevelWhy",
    "Measure",
    "Reason",
    "Rule",
    "Trend",
    "Verdict",
    "Why",
    "bind",
    "check_folder",
    "explain",
    "explain_each",
    "load_book",
    "sentence",
    "trends",
]
