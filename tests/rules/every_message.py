"""Every message that the shipped book can send, and every text in it, for tests that read them all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from alerting.alerts.finding import told_of
from alerting.chase import handing_words
from alerting.chase import words as chased
from alerting.chase.open_items import KINDS as KINDS_OPEN
from alerting.chase.open_items import Item, counted, gravest
from alerting.dispatch import Composer
from alerting.dispatch.compose import Asking, Composed
from alerting.dispatch.wording import News, Words
from alerting.people import Person, Post
from alerting.places import Places
from alerting.rulebook import Book
from alerting.rulebook.arguments import Argument
from alerting.service import specimens
from alerting.signals import Incident
from alerting.vocabulary import Level
from alerting.vocabulary.languages import Language

ALERT_KINDS = (*specimens.OF_ALERT, ("question", "acknowledge"))
KINDS = tuple((kind, wants) for kind, wants, _ in specimens.OF_MEASURE)
# What is asked about a measure, at first and when nobody has answered.
CALLS = ("ask", "reminder", "escalation")
ZONE = ZoneInfo("Asia/Shanghai")
LANGUAGES: tuple[Language, ...] = ("zh", "en")
HOURS = {"begins": "2026-01-20T12:30:00+00:00", "ends": "2026-01-20T22:30:00+00:00"}
NOW = datetime(2026, 1, 20, 6, tzinfo=UTC)
# As long as a link is, of an office with a name of its own.
LINK = f"https://yingji.wuling.example/a/{'x' * 27}"
POST = Post("p", "regulator", "", "", "县低温雨雪凝冻灾害应急指挥部", "County command against icing")


def messages(book: Book, places: Places) -> Iterator[tuple[str, str]]:
    """(what it is about, its text) of every rule and level and of every measure, long and short, in both
    languages."""
    for about, _, made in [*composed(book, places, 3), *composed(book, places, None)]:
        yield about, made.text


def composed(
    book: Book, places: Places, most: int | None, exercise: bool = False
) -> Iterator[tuple[str, str, Composed]]:
    """(what it is about, language, the message): every rule and level, and every measure where its order
    has most to say of the place. `most` segments of an SMS, None for the long text."""
    composer = Composer(book, places, ZONE, {"zh": "某县应急办", "en": "County EMO"})
    asking = Asking("K7AB", {}, LINK, True)
    for about, news in _all(book, places):
        for language in ("zh", "en"):
            yield about, language, composer.compose((news,), language, exercise, asking, most)


def with_parts(
    book: Book, places: Places
) -> Iterator[tuple[str, str, News, Words, Composed]]:
    """(what it is about, language, the notice, its words, the message) of each SMS above."""
    composer = Composer(book, places, ZONE, {"zh": "某县应急办", "en": "County EMO"})
    asking = Asking("K7", {}, LINK, True)
    for about, news in _all(book, places):
        for language in LANGUAGES:
            made = composer.compose((news,), language, False, asking, 3)
            yield about, language, news, Words(language, book, places, ZONE), made


def ways(book: Book, places: Places) -> set[tuple[str, str]]:
    """(kind, what it wants) of the messages above."""
    return {(news.kind, news.wants) for _, news in _all(book, places)}


def _all(book: Book, places: Places) -> list[tuple[str, News]]:
    where = _widest(book, places)
    return [*_of_rules(book), *_of_measures(book, where), *_of_inspections(book, where),
            *_of_questions(book, places, where), *_of_hand_overs(book, places)]  # fmt: skip


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
        if rule.incidents:
            facts["reason"] = told_of(_elsewhere(min(rule.incidents)), ZONE)
        for step in rule.levels.values():
            for kind, wants in ALERT_KINDS:
                yield rule.id, News(1, kind, int(step.level), NOW, facts, wants)
            span = specimens.Span(NOW, NOW, None, NOW)
            for _, news in specimens.of_callout(book.calling, int(step.level), span, facts):
                yield rule.id, replace(news, facts=dict(news.facts) | {"reason": REASONS.get(news.kind)})


def _of_measures(book: Book, where: dict[str, str]) -> Iterator[tuple[str, News]]:
    for name, measure in book.measures.items():
        given = _given(book, where, name)
        for kind, wants in KINDS:
            facts = _facts("fog", "") | {"measures": [given], "place": given["object"]}
            facts |= {"due": NOW.isoformat() if kind in specimens.DUE else None, "reason": REASONS.get(kind)}
            if wants in ("decision", "confirm"):
                facts |= BESIDES
            yield name, News(1, kind, int(Level.orange), NOW, facts, wants, "m")
            if measure.signed_first is None and wants in ("acknowledge", "in-force", "confirm"):
                facts |= {"measures": [given | {"ahead": True}]}
                yield name, News(1, kind, int(Level.orange), NOW, facts, wants, "m")
        if "ends" in given:  # its hours are over and somebody still asks for it
            endless = {key: said for key, said in given.items() if key != "ends"}
            facts = _facts("fog", "") | {"measures": [endless], "place": given["object"],
                                         "reason": REASONS["ends"]}  # fmt: skip
            yield name, News(1, "check", int(Level.orange), NOW, facts, "check", "m")


def _of_inspections(book: Book, where: dict[str, str]) -> Iterator[tuple[str, News]]:
    """What an accident elsewhere asks, with what was reported of it in Chinese."""
    for rule in book.rules:
        reason = told_of(_elsewhere(min(rule.incidents)), ZONE) if rule.incidents else {}
        for name in {ask.measure for step in rule.levels.values() for ask in step.ask if reason}:
            given = _given(book, where, name)
            facts = _facts(rule.hazard, rule.id) | {"measures": [given], "place": given["object"],
                                                    "due": NOW.isoformat(), "reason": reason}  # fmt: skip
            yield name, News(1, "order", int(Level.orange), NOW, facts, "acknowledge", "m")


def _elsewhere(kind: str) -> Incident:
    return Incident(source="typed", issued=NOW, incident=kind, place="邻县某有限责任公司三号车间", at=NOW,
                    casualties="3人死亡、5人受伤，2人失联")  # fmt: skip


def _of_questions(
    book: Book, places: Places, where: dict[str, str]
) -> Iterator[tuple[str, News]]:
    """The gate's, a wait's and a conflict's, as they are put and when nobody has answered; and what is
    put about all places of a kind at once."""
    for name, measure in book.measures.items():
        given = _given(book, where, name)
        facts = _facts("fog", "") | {"measures": [given], "place": given["object"]}
        wanted = ["gate", "signature"] * measure.gate + ["wait"] * bool(measure.needs_first)
        for wants in wanted:
            for kind in CALLS:
                reason = REASONS.get(kind, REASONS[wants])
                yield name, News(1, kind, int(Level.red), NOW, facts | {"reason": reason}, wants, "m")
        alike = [p.id for p in places.of_kind(places.by_id[given["object"]].kind)]
        if measure.decider is not None:
            yield name, News(1, "decide", int(Level.red), NOW, facts | {"places": alike}, "decision", "m")
        if measure.named_day:
            yield name, News(1, "check", int(Level.red), NOW, facts | {"places": alike}, "check", "m")
        for other in measure.conflicts:
            sides = [_side(book, where, name), _side(book, where, other)]
            facts = _facts("fog", "") | {"sides": sides, "place": given["object"]}
            for kind in CALLS:
                said = facts | ({"reason": REASONS[kind]} if kind in REASONS else {})
                yield name, News(1, kind, int(Level.red), NOW, said, "conflict", "m")
                many = [side | {"objects": alike} for side in sides]
                said |= {"sides": many, "places": alike}
                yield name, News(1, kind, int(Level.red), NOW, said, "conflict", "m")


def _of_hand_overs(book: Book, places: Places) -> Iterator[tuple[str, News]]:
    """To whoever is to come, at each stage, with as much open as a bad night leaves behind."""
    place = max(places.by_id.values(), key=lambda one: len(one.name_en))
    longest = max(book.measures.values(), key=lambda one: len(one.title["en"]))
    where = {"zh": place.name, "en": place.name_en}
    items = [Item(kind, level, dict(longest.title), where, NOW)
             for kind in KINDS_OPEN for level in Level for _ in range(30)]  # fmt: skip
    stays = Person("a", "欧阳建国", "Ouyang Jianguo", "zh", "order")
    for stage in ("ahead", "turn", "alone"):
        reason = handing_words.asked(stage, None if stage == "alone" else stays, 3, counted(items))
        facts = _facts("", "") | {"reason": reason, "why": gravest(items)}
        facts |= {"post": {"zh": POST.title, "en": POST.title_en}}
        yield stage, News(1, "handover", int(Level.orange), NOW, facts, "handover")


# What a decider is told besides: what stands in, and what goes on next door.
BESIDES = {
    "meanwhile": {"zh": "其间先行：入口待命（已落实）、通报司机夜间禁行（已下达）等3项",
                  "en": "Meanwhile: Stand by at the entries (in force); Tell drivers of the night ban (issued),"
                        " and 1 more"},
    "beside": {"zh": "相邻：G399云水至桥头段夜间禁行重点车辆（已落实）、G399桥头段限速40公里/小时（已收到）等5项",
               "en": "Next door: Night ban for vehicles of risk at G399 Yunshui to Qiaotou (in force); Speed limit"
                     " 40 km/h at G399 Qiaotou (acknowledged), and 3 more"},
}
# Why, where a message says it.
REASONS = {
    "ends": {"zh": "原定06:30截止，仍有风险提示要求，检查后才解除",
             "en": "It was until 06:30; an advisory still asks for it, so that it stands until you have"
                   " looked"},
    "reminder": {"zh": "离时限不远，请于20日14:00前落实并反馈",
                 "en": "Nearly due: do it and report back by 20 Jan 14:00"},
    "escalation": chased.climbed("overdue", POST),
    "suspended": {"zh": "与“封闭路段”冲突，尚无人决定，以后者为先",
                  "en": "Conflicts with close the road section, which stands until somebody decides"},
    "superseded": {"zh": "由“夜间封闭路段”接替", "en": "Close the road for the night takes over"},
    "gate": {"zh": "未予签字：瓦斯检测记录不全，请补齐后再报", "en": "Not signed: the gas log is not complete"},
    "signature": {"zh": "王建国14:05确认四项均已落实", "en": "All four attested by Wang Jianguo at 14:05"},
    "wait": {"zh": "须先落实夜间劝返，至今未落实", "en": "Night ban must be in force first and is not"},
}  # fmt: skip


def _given(book: Book, where: dict[str, str], name: str) -> dict[str, Any]:
    measure = book.measures[name]
    return {"id": "m", "measure": name, "form": measure.form, "state": "issued", "object": _at(where, name),
            "title": dict(measure.title), "day": "2026-01-21" if measure.named_day else None,
            "arguments": {key: _longest(one) for key, one in measure.arguments.items()
                          if one.words or one.kind != "words"}  # all entries, where none is named
            } | {key: HOURS[key] for name, key in (("from", "begins"), ("until", "ends"))
                 if name in measure.arguments}  # fmt: skip


def _at(where: dict[str, str], name: str) -> str:
    return where.get(name, "990100101000")


def _side(book: Book, where: dict[str, str], name: str) -> dict[str, Any]:
    rule = max((r for r in book.rules if any(a.measure == name for s in r.levels.values() for a in s.ask)),
               key=lambda r: len(r.title["en"]), default=None)  # fmt: skip
    by = {"zh": f"{rule.title['zh']}橙色", "en": f"{rule.title['en']} orange"} if rule else {
          "zh": "王建国", "en": "Wang Jianguo"}  # fmt: skip
    return _given(book, where, name) | {
        "since": NOW.isoformat(), "by": by, "alert": None, "protects": {"zh": "甲", "en": "x"},
        "where": {"zh": "G399云水至桥头段", "en": "G399 Yunshui to Qiaotou"},
    }  # fmt: skip


def _longest(argument: Argument) -> Any:
    """The value of which there is most to say."""
    if argument.kind == "words":
        return sorted(argument.words)
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
    for name, measure in book.measures.items():  # those that a person orders, where they meet others
        for other in measure.conflicts:
            if other in found:
                found.setdefault(name, found[other])
    return found


def _facts(hazard: str, rule: str) -> dict[str, Any]:
    return {"sector": "", "hazard": hazard, "place": "990100101000", "rule": rule,
            "onset": NOW.isoformat(), "why": {"zh": "依据", "en": "why"}, "measures": []}  # fmt: skip
