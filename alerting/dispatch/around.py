"""What a decider should know besides the question: what happens meanwhile, and what the neighbours do.

Read when a message is written or a page drawn, for these change while the question waits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Connection, select

from alerting.places import Places
from alerting.places.adjoining import adjoining
from alerting.places.roads import CLOSED
from alerting.rulebook.spoken import said_of
from alerting.store.schema import alert, asker, measure
from alerting.vocabulary.languages import LANGUAGES, Language
from alerting.vocabulary.states import MEASURE_STATES

Words = dict[Language, str]
NAMED = 2  # of several in a message; the rest is a count
SEP = {"zh": "、", "en": "; "}


class Book(Protocol):
    """As much of the rule book as is asked here."""

    @property
    def measures(self) -> Mapping[str, Any]: ...

    @property
    def rules_by_id(self) -> Mapping[str, Any]: ...


class Besides(NamedTuple):
    """Rows of measures that stand in for those in question, and of those at adjoining places; and what
    a neighbouring county has closed, in the words it was told in."""

    meanwhile: list[Any]
    beside: list[Any]
    told: list[Words]


def read(connection: Connection, book: Book, places: Places, rows: Sequence[Any]) -> Besides:
    """Of measures that are put as one question, or of one, as things stand now."""
    return Besides(
        _meanwhile(connection, book, rows), _beside(connection, book, places, rows),
        _told(connection, book, rows),
    )  # fmt: skip


def clauses(found: Besides, book: Book, places: Places) -> dict[str, dict[str, str]]:
    """`meanwhile` and `beside`, one clause each; {} of what there is nothing to say."""
    here = in_words(found.meanwhile, book, None)
    next_door = found.told + in_words(found.beside, book, places)
    made: dict[str, dict[str, str]] = {}
    if here:
        made["meanwhile"] = {"zh": f"其间先行：{_listed(here, 'zh')}",
                             "en": f"Meanwhile: {_listed(here, 'en')}"}  # fmt: skip
    if next_door:
        made["beside"] = {"zh": f"相邻：{_listed(next_door, 'zh')}",
                          "en": f"Next door: {_listed(next_door, 'en')}"}  # fmt: skip
    return made


def in_words(rows: Sequence[Any], book: Book, places: Places | None) -> list[Words]:
    """`G98 1段限速60公里/小时（已落实）`, each once; without their places where `places` is None."""
    said = [{one: _said(row, book, places, one) for one in LANGUAGES} for row in rows]
    return [words for n, words in enumerate(said) if words not in said[:n]]


def _meanwhile(connection: Connection, book: Book, rows: Sequence[Any]) -> list[Any]:
    """What is ordered in place of them until they are decided; not what they wait for."""
    names = {name for row in rows if (known := book.measures.get(row.measure)) is not None
             for name in known.interim_names}  # fmt: skip
    if not names:
        return []
    return list(connection.execute(
        select(measure)
        .join(asker, asker.c.measure == measure.c.id)
        .where(asker.c.asker.in_([row.id for row in rows]), asker.c.ended.is_(None),
               measure.c.measure.in_(names), measure.c.ended.is_(None), measure.c.issued.is_not(None))
        .order_by(measure.c.proposed, measure.c.id)
    ))  # fmt: skip


def _beside(connection: Connection, book: Book, places: Places, rows: Sequence[Any]) -> list[Any]:
    """Open measures at adjoining places: the same, decided or not; of the same sector those that are
    ordered. The same first, then what somebody had to sign, then the gravest."""
    names = {row.measure for row in rows}
    sectors = {known.sector for name in names if (known := book.measures.get(name)) is not None} - {""}
    alike = names | {name for name, one in book.measures.items() if one.sector in sectors}
    own = {row.object for row in rows}
    there = {p.id for one in sorted(own) for p in adjoining(places, one)} - own
    found = connection.execute(
        select(measure)
        .where(measure.c.realm == rows[0].realm, measure.c.ended.is_(None),
               measure.c.object.in_(there), measure.c.measure.in_(alike),
               measure.c.measure.in_(names) | measure.c.issued.is_not(None))
    ).all()  # fmt: skip
    return sorted(found, key=lambda r: (r.measure not in names, r.decider is None, -r.level, r.object,
                                        r.measure, r.number))  # fmt: skip


def _told(connection: Connection, book: Book, rows: Sequence[Any]) -> list[Words]:
    """A closure next door is a report, kept in the words of the advisory that it opened on our side."""
    rules = [rule.id for rule in book.rules_by_id.values() if CLOSED in rule.reports]
    if not rules:
        return []
    whys = connection.execute(
        select(alert.c.why)
        .where(alert.c.realm == rows[0].realm, alert.c.state == "open", alert.c.rule.in_(rules),
               alert.c.place.in_({row.object for row in rows}))
        .order_by(alert.c.opened, alert.c.id)
    ).scalars()  # fmt: skip
    told = [{one: why["bulletin"][one] for one in LANGUAGES} for why in whys if why.get("bulletin")]
    return [words for n, words in enumerate(told) if words not in told[:n]]


def _said(row: Any, book: Book, places: Places | None, language: Language) -> str:
    zh, definition = language == "zh", book.measures.get(row.measure)
    title = (definition.title if definition else row.title or {}).get(language) or row.measure
    amounts = said_of(definition, row.arguments, None, language) if definition else ""
    state = MEASURE_STATES[row.state][0 if zh else 1]
    place = places.by_id.get(row.object) if places is not None else None
    if zh:
        return f"{place.called(language) if place else ''}{title}{amounts}（{state}）"
    where = f" at {place.called(language)}" if place else ""
    return f"{title}{' ' if amounts else ''}{amounts}{where} ({state})"


def _listed(all_of_them: Sequence[Words], language: Language) -> str:
    named = SEP[language].join(one[language] for one in all_of_them[:NAMED])
    more = len(all_of_them) - NAMED
    if more <= 0:
        return named
    return f"{named}等{len(all_of_them)}项" if language == "zh" else f"{named}, and {more} more"
