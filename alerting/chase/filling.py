"""A form filled in by text: the values in the order of the questions, `5 张三 3 0 已撒盐 否`.

Nothing is guessed: what could be the answer to two questions is the answer to neither, and is asked
back by its name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

from alerting.chase import spoken
from alerting.rulebook.given import read_answer
from alerting.rulebook.measures import Question

MOST = 40  # words that are looked at
_APART = re.compile(r"[，,；;、/\n]+")
_LEAD = re.compile(
    r"(?:[5五](?=[\s,，:：;；、.。]|$)|报告|回报|上报|汇报|REPORT(?![A-Z]))[\s,，:：.。]*",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(\d{1,9})(?:个|村|处|人|户|名|位|家|people|sites?|villages?)*", re.IGNORECASE)
_ENDS = " \t\r\n。.!！"
Values = tuple[tuple[str, str], ...]  # (id, text), in the order of the questions
_SKIPPED, _ODD = 100, 1  # what it costs to leave a question out, and a number inside a text
_KEPT = 24  # readings that cost the same, of which it is enough to know that they differ


@dataclass(frozen=True, slots=True)
class Filled:
    """A text that begins as a report does: whose message it names, and the values."""

    code: str
    rest: str


def read_report(text: str, codes: Collection[str]) -> Filled | None:
    """`5 …`, `报告 …`, with one of the person's codes before, after the 5 or at the end; else None."""
    said, code = spoken.shown(text).strip(_ENDS), ""
    known = "|".join(re.escape(one) for one in sorted(codes, key=len, reverse=True))
    if known and (first := re.match(rf"({known})[\s,，:：]+", said, re.IGNORECASE)):
        said, code = said[first.end() :], first[1]
    if known and (run := re.match(rf"5({known})(?![0-9A-Za-z])", said, re.IGNORECASE)):  # 5K7
        said, code = f"5 {said[run.end() :]}", run[1]
    lead = _LEAD.match(said)
    if lead is None:
        return None
    rest = said[lead.end() :]
    if known and (after := re.match(rf"({known})(?![0-9A-Za-z])[\s,，:：]*", rest, re.IGNORECASE)):
        rest, code = rest[after.end() :], code or after[1]
    if known and (last := re.search(rf"(?:^|[\s,，])({known})$", rest, re.IGNORECASE)):
        rest, code = rest[: last.start()], code or last[1]
    return Filled(code.upper(), rest.strip(_ENDS))


def fill(questions: Sequence[Question], text: str) -> dict[str, str]:
    """By question the text that answers it, of those where that is beyond doubt."""
    parts = [part.strip() for part in _APART.split(text) if part.strip()]
    if len(parts) == len(questions):
        given = {q.id: _plain(q, part) for q, part in zip(questions, parts, strict=True)}
        if all(read_answer(q, given[q.id]) is not None for q in questions):
            return given
    words = tuple(word for part in parts for word in part.split())[:MOST]
    if not words:
        return {}
    _, readings = _read(tuple(questions), words)
    asked = [dict(one) for one in readings]
    return {q.id: asked[0][q.id] for q in questions
            if q.id in asked[0] and all(one.get(q.id) == asked[0][q.id] for one in asked)}  # fmt: skip


@lru_cache(maxsize=4096)
def _read(questions: tuple[Question, ...], words: tuple[str, ...]) -> tuple[int, tuple[Values, ...]]:
    """The cheapest ways to share the words out over the questions, in order, and what they cost."""
    if not questions:
        return _SKIPPED * len(words), ((),)
    first, rest = questions[0], questions[1:]
    cost, readings = _read(rest, words)
    found: list[tuple[int, Values]] = [(cost + _SKIPPED, one) for one in readings]
    for count in range(1, (len(words) if first.kind == "text" else min(1, len(words))) + 1):
        mine = " ".join(words[:count])
        given = _plain(first, mine)
        if read_answer(first, given) is None or (first.kind == "text" and _is_number(words[0])):
            break
        odd = sum(_is_number(word) for word in words[:count]) if first.kind == "text" else 0
        cost, readings = _read(rest, words[count:])
        found += [(cost + odd * _ODD, ((first.id, given), *one)) for one in readings]
    least = min(cost for cost, _ in found)
    best = dict.fromkeys(values for cost, values in found if cost == least)
    return least, tuple(best)[:_KEPT]


def _plain(question: Question, text: str) -> str:
    """`3个村` is 3 where a number is asked for."""
    number = _NUMBER.fullmatch(text) if question.kind == "number" else None
    return number[1] if number else text


def _is_number(word: str) -> bool:
    return _NUMBER.fullmatch(word) is not None
