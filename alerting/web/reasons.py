"""The levels of a rule as they were read at a place, in the words of the sentence that tells them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from alerting.rulebook.wording import (
    SIGNS,
    Titles,
    fact_words,
    missing_words,
    number_words,
    rounded,
    series_words,
)
from alerting.vocabulary.languages import LANGUAGES


def levels_read(why: dict[str, Any], titles: Titles) -> list[dict[str, Any]]:
    """Level by level from the highest, out of a stored `why`; `titles` as the calendar has them.

    `name` and `missing` are in both languages, `value` and `needs` with their units; a fact has no
    value, and a comparison whose value is missing has None.
    """
    return [
        {
            "level": name, "state": level["state"], "text": level["text"],
            "onset": level["onset"], "until": level["until"],
            "missing": all_missing(level["missing"]),
            "reasons": [{**r, **_in_words(r, titles)} for r in level["reasons"]],
        }
        for name, level in reversed(why.get("details", {}).items())
    ]  # fmt: skip


def all_missing(missing: Iterable[str]) -> dict[str, list[str]]:
    """What no configured source can say, by language, each in words."""
    return {one: [missing_words(m, one) for m in missing] for one in LANGUAGES}


def _in_words(reason: dict[str, Any], titles: Titles) -> dict[str, Any]:
    if not reason["quantity"]:
        names = {one: fact_words(reason["text"], reason["value"], one, titles) for one in LANGUAGES}
        return {"name": names, "needs": "", "value": ""}
    value, threshold, unit = reason["value"], reason["threshold"], reason["unit"]
    return {
        "name": {one: series_words(reason["series"], one) for one in LANGUAGES},
        "needs": f"{SIGNS[reason['operator']]} {number_words(threshold, unit)}",
        "value": None if value is None else rounded(value, threshold, reason["quantity"], unit),
    }
