"""A JSON Schema of the calendar's file, for editors.

`file.py` reads the file by hand, for the sake of its errors; this is made of the same names and limits,
and a test holds the two to each other.
"""

from __future__ import annotations

from typing import Any

from alerting.calendar.file import FARTHEST, MONTHS_SHORTEST, NAME
from alerting.calendar.lunar import TERMS

_MONTH_DAY = r"^\d{1,2}-\d{1,2}$"
_WORDS = {
    "type": "object", "additionalProperties": False, "required": ["zh", "en"],
    "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
}  # fmt: skip
_BASIS = {"type": "array", "items": {"type": "string"}, "minItems": 1}
_DAYS = {"type": "integer", "minimum": -FARTHEST, "maximum": FARTHEST}


def calendar_schema() -> dict[str, Any]:
    """Without its `$schema`."""
    named = {"type": "object", "propertyNames": {"pattern": f"^{NAME}$"}}
    texts = {"type": "array", "items": {"type": "string"}}
    return {
        "$defs": {"words": _WORDS, "basis": _BASIS, "anchor": _anchor()},
        "description": "Seasons, occasions and public holidays; see docs/rules.md.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "tables": texts,
            "seasons": {**named, "additionalProperties": _season()},
            "holidays": {**named, "additionalProperties": _holiday()},
            "school-holidays": texts,
        },
    }


def _the(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _holiday() -> dict[str, Any]:
    return {
        "type": "object", "additionalProperties": False, "required": ["title", "basis", "public"],
        "properties": {"title": _the("words"), "basis": _the("basis"),
                       "public": {"type": "string", "minLength": 1}},
    }  # fmt: skip


def _season() -> dict[str, Any]:
    spans = {"type": "array", "minItems": 1, "items": _span({})}
    more = {"title": _the("words"), "basis": _the("basis"), "district": {"type": "boolean"}}
    several = {
        "type": "object", "additionalProperties": False, "required": ["spans"],
        "properties": {"spans": spans, **dict.fromkeys(more, True)},
    }  # fmt: skip
    return {
        "type": "object", "required": ["title", "basis"], "properties": more,
        "oneOf": [several, *_span(dict.fromkeys(more, True))["oneOf"]],
    }  # fmt: skip


def _span(more: dict[str, Any]) -> dict[str, Any]:
    """One of the ways to say when; `more` are the keys that may stand beside."""
    days = {"type": "integer", "minimum": 1, "maximum": 365}
    anchor = _the("anchor")
    of_month = {"type": "integer", "minimum": 1, "maximum": MONTHS_SHORTEST}
    ways = [{"from": anchor, "to": anchor}, {"on": anchor}, {"last-days-of-year": days},
            {"days-from-first-working-day": of_month}]  # fmt: skip
    return {
        "oneOf": [
            {"type": "object", "additionalProperties": False, "required": list(way),
             "properties": {**way, **more}}
            for way in ways
        ]
    }  # fmt: skip


def _anchor() -> dict[str, Any]:
    kinds = {
        "date": {"type": "string", "pattern": _MONTH_DAY},
        "lunar": {"type": "string", "pattern": _MONTH_DAY},
        "term": {"enum": list(TERMS)},
    }
    return {
        "oneOf": [
            {"type": "string", "pattern": _MONTH_DAY},
            *({"type": "object", "additionalProperties": False, "required": [kind],
               "properties": {kind: said, "days": _DAYS}} for kind, said in kinds.items()),
        ]
    }  # fmt: skip
