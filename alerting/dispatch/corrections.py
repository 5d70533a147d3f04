"""What a correction says was wrong, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alerting.dispatch.wording import News, Words


def corrected(words: Words, news: News) -> dict[str, Any]:
    """`wrong`: how it stood; `now`: the level or place that holds instead, where that is what was
    wrong; `moved`: whether the wrong place is void; `stop`: what is not to be done there any more."""
    was: Mapping[str, Any] = news.facts.get("corrects") or {}
    if not was:
        return {"wrong": "", "now": "", "moved": False, "stop": ""}
    zh = words.language == "zh"
    moved = was["place"] != news.facts.get("place")
    risen = was["level"] != news.level
    measures = [_measure(words, news, one) for one in was.get("measures") or ()]
    level, colour = (words.colour(n) if risen else "" for n in (was["level"], news.level))
    place = words.called_place(was["place"]) if moved else ""
    here = words.place(news) if moved and not measures else ""
    if zh:
        wrong, now = f"{level}{place}{'、'.join(measures)}", f"{colour}{here}"
    else:
        wrong = _spaced(level, ", ".join(measures), f"at {place}" if place else "")
        now = _spaced(colour, f"at {here}" if here else "")
    join = "；" if zh else "; "
    stop = join.join(dict.fromkeys(words.title(one, news.created) for one in was.get("stop") or ()))
    return {"wrong": wrong, "now": now, "moved": moved, "stop": stop}


def _spaced(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _measure(words: Words, news: News, given: Mapping[str, Any]) -> str:
    said = words.with_amounts(given, news.created)
    return f"“{said}”" if words.language == "zh" else said
