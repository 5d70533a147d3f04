"""Drawing pages on the server: templates, the reader's language, times in the county's zone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import Request
from fastapi.datastructures import URL
from fastapi.responses import HTMLResponse, Response
from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from alerting.service.listing import level_name, utc
from alerting.vocabulary import HAZARDS, NAMES, SECTORS, Level
from alerting.vocabulary.states import MEASURE_STATES
from alerting.web.desk import Station, station_of
from alerting.web.labels import (
    ACTIONS,
    ACTS,
    ANSWER_REASONS,
    CHANNELS,
    DELIVERY_STATES,
    ESCALATION_REASONS,
    OUTCOMES,
    SOURCES,
)
from alerting.web.problems import Problem
from alerting.web.roles import NOBODY, Who
from alerting.web.words import PROBLEMS, WORDS

FOLDER = Path(__file__).parent / "templates"
STYLE = (FOLDER / "suian.css").read_text("utf-8")
STYLE_VERSION = hashlib.sha256(STYLE.encode()).hexdigest()[:10]
SAFE = "/:.-_~%"  # what a path of ours may hold as it is
LANGUAGE_COOKIE = "suian_lang"
_WEEKDAYS = {"zh": "一二三四五六日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_TEMPLATES = SandboxedEnvironment(
    loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined,
    trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip


def language_of(request: Request, otherwise: str = "zh") -> str:
    """?lang= for this and the following pages, else the cookie's, else `otherwise`."""
    for given in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if given in ("zh", "en"):
            return given
    return otherwise


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    who: Who = NOBODY,
    language: str | None = None,
    **shown: Any,
) -> Response:
    """A drawn page. Templates get `t(key)`, `both({zh, en})`, `when(time)`, and what is `shown`."""
    station = station_of(request)
    lang = language or language_of(request)
    text = _TEMPLATES.get_template(template).render(
        lang=lang, other="en" if lang == "zh" else "zh", who=who, county=station.config.county,
        path=request.url.path, again=_again(request), style=STYLE_VERSION,
        t=words_in(lang), both=_both_in(lang),
        when=times_in(station, lang), level_word=_level_word(lang), named=_named_in(lang),
        sector=_sector_in(lang),
        hazard_word=_hazard_in(station, lang),
        source=_word_in(SOURCES, lang), channel=_word_in(CHANNELS, lang),
        action=_word_in(ACTIONS, lang), answer_reason=_word_in(ANSWER_REASONS, lang), utc=utc,
        sep="、" if lang == "zh" else ", ",
        level_name=lambda n: level_name(n) or "", measure_states=MEASURE_STATES,
        delivery_states=DELIVERY_STATES, outcome_words=OUTCOMES, act_words=ACTS,
        escalation_words=ESCALATION_REASONS, levels_above=_levels_above, problem_words=PROBLEMS,
        **shown,
    )  # fmt: skip
    response = HTMLResponse(text, status)
    response.headers["Cache-Control"] = "no-store"
    if request.query_params.get("lang") == lang:
        response.set_cookie(
            LANGUAGE_COOKIE, lang, max_age=365 * 86400, samesite="lax", httponly=True
        )
    return response


def alone(template: str, language: str, **shown: Any) -> str:
    """A document that needs no service to be read: its style stands in it."""
    return _TEMPLATES.get_template(template).render(lang=language, style=Markup(STYLE), **shown)


def problem_page(request: Request, problem: Problem, language: str | None = None) -> Response:
    """An error as a person reads it: what was wrong, what to do, a way back."""
    response = page(request, "problem.html", status=problem.status, problem=problem,
                    language=language)  # fmt: skip
    response.headers.update(problem.headers)
    return response


def _again(request: Request) -> str:
    """Where this page can be loaded once more, with all that was asked for but the language. A form
    that was refused stands at an address that only takes forms: there it is the page it came from."""
    url = request.url if request.method == "GET" else URL(request.headers.get("referer", "/"))
    if url.netloc not in ("", request.url.netloc):
        url = URL("/")
    kept = urlencode([(k, v) for k, v in parse_qsl(url.query) if k != "lang"])
    return f"{quote(url.path or '/', safe=SAFE)}?{kept}{'&' if kept else ''}"


def wrong_in_words(problem: Problem) -> dict[str, str]:
    """What was wrong and what to do, above a form that is shown again as it was typed."""
    what = problem.detail[:1].upper() + problem.detail[1:]
    return {"zh": problem.zh or PROBLEMS.get(problem.status, PROBLEMS[422]),
            "en": f"{what}. {problem.mend}".strip()}  # fmt: skip


def words_in(language: str) -> Callable[..., str]:
    at = 0 if language == "zh" else 1

    def t(key: str, **given: Any) -> str:
        # Markup fills in what is given escaped, and a time stays the element it is.
        return Markup(WORDS[key][at]).format(**given) if given else WORDS[key][at]

    return t


def times_in(station: Station, language: str) -> Callable[..., str]:
    """Times of the county's zone, always with their day: 12月26日 03:00, 26 Dec 03:00.

    `full` adds year and weekday. A time is never broken over two lines.
    """
    zone = station.config.county.zone

    def when(at: datetime | str | None, full: bool = False) -> str:
        if not at:
            return "—"
        local = (datetime.fromisoformat(at) if isinstance(at, str) else at).astimezone(zone)
        weekday, month = _WEEKDAYS[language][local.weekday()], _MONTHS[local.month - 1]
        if language == "zh":
            day = f"{local.month}月{local.day}日"
            day = f"{local.year}年{day} 周{weekday}" if full else day
        else:
            day = f"{weekday} {local.day} {month} {local.year}" if full else f"{local.day} {month}"
        return Markup('<time datetime="{}">{} {:%H:%M}</time>').format(utc(local), day, local)

    return when


def _both_in(language: str) -> Callable[[Any], str]:
    def both(named: Any) -> str:
        if isinstance(named, dict):
            return str(named.get(language) or named.get("zh") or named.get("en") or "")
        return str(named or "")

    return both


def _level_word(language: str) -> Callable[[Any], str]:
    def level_word(level: Any) -> str:
        number = Level[level] if isinstance(level, str) else int(level or 0)
        return NAMES[language].get(int(number), "—")

    return level_word


def _levels_above(level: str) -> list[str]:
    return [one.name for one in Level if one > Level[level]]


def _named_in(language: str) -> Callable[[Any], str]:
    """An alert as messages name it, by its hazard, with the rule's own title after it."""

    def named(row: Any) -> str:
        known = HAZARDS.get(row["hazard"])
        title = str(row["title"].get(language) or row["title"]["zh"])
        if known is None or row["hazard"] in ("season", "service"):
            return title  # what is no weather is called by its rule in messages too
        hazard = known.zh if language == "zh" else known.en[:1].upper() + known.en[1:]
        return title if title.lower().startswith(hazard.lower()) else f"{hazard} · {title}"

    return named


def _word_in(words: dict[str, tuple[str, str]], language: str) -> Callable[[str], str]:
    """What a key is called, and the key itself where nobody has named it."""
    at = 0 if language == "zh" else 1
    return lambda key: words.get(key, (key, key))[at]


def _hazard_in(station: Station, language: str) -> Callable[[str], str]:
    """What a hazard, or a rule, is called."""

    def hazard_word(key: str) -> str:
        if key in HAZARDS:
            return HAZARDS[key].zh if language == "zh" else HAZARDS[key].en
        rule = station.book.rules_by_id.get(key)
        return str(rule.title[language]) if rule is not None else key

    return hazard_word


def _sector_in(language: str) -> Callable[[str], str]:
    def sector(key: str) -> str:
        known = SECTORS.get(key)
        return key if known is None else known[1 if language == "zh" else 2]

    return sector
