"""Reading what a person texts, and finding which message of theirs it answers.

A reply is a digit, with the code of a message where several wait (`1 K7`, `K71`, `1K7`), and the
letter of a measure where the message carried several (`2A`, `2A K7`); or the words for it. A false
"in force" costs more than a question back: what could mean two things is not understood.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from alerting.chase import words
from alerting.people import person_by_id
from alerting.signals import Report, content_id
from alerting.store.schema import (
    alert,
    delivery,
    delivery_notice,
    measure,
    notice,
    pursuit,
    realm,
)
from alerting.vocabulary.answers import ANSWERS, STOP_WORDS, choices

KEPT = timedelta(days=30)  # how old a message may be and still be answered
# A message that is still on its way cannot be the one that is answered.
_REACHED = ("sending", "accepted", "delivered", "read", "answered")

_WORDS: dict[str, tuple[str, ...]] = {
    "acknowledge": ("收到", "已收到", "知道了", "知悉", "好的", "OK", "OKAY", "ACK", "RECEIVED",
                    "ROGER", "GOT IT"),
    "in-force": ("已执行", "已落实", "已完成", "执行完毕", "完成", "DONE", "IN FORCE"),
    "cannot": ("无法执行", "无法", "不能执行", "做不到", "CANNOT", "CAN'T", "CANT", "UNABLE"),
    "support": ("需要支援", "请求支援", "需支援", "支援", "NEED SUPPORT", "NEED HELP", "SUPPORT",
                "HELP"),
    "approve": ("同意", "批准", "AGREE", "AGREED", "APPROVE", "APPROVED", "YES"),
    "refuse": ("不同意", "不批准", "DO NOT AGREE", "DISAGREE", "REFUSE", "REFUSED", "NO"),
    "attest": ("检查完毕可解除", "检查完毕", "可解除", "可以解除", "CHECKED"),
    "kept": ("暂不解除", "不能解除", "KEEP IT", "KEEP", "NOT YET"),
}  # fmt: skip
_BY_LENGTH = sorted(
    ((word, act) for act, said in _WORDS.items() for word in said), key=lambda w: -len(w[0])
)
_SEPARATORS = " \t\r\n,.;:!、，。；：！…-—~/()（）[]【】\"'“”‘’#"
# "2 hours", "3辆车": a number of something is no answer.
_UNITS = re.compile(
    r"(H|HRS?|HOURS?|MINS?|MINUTES?|DAYS?|KM|M|CM|MM|CARS?|TRUCKS?|PEOPLE|PERSONS?|TIMES?|"
    r"O'?CLOCK|小时|分钟|点钟|天后|公里|辆|台|%)(?![A-Z])"
)
_NOT = re.compile(r"(?<![A-Z])(NOT|NO|NEVER|CANNOT|CAN'T|CANT|UNABLE|WON'T|ISN'T)(?![A-Z])|[未没无不]")
# What may be a code that is none of theirs: K7, or two or three letters of those codes are made of
# and nothing after them.
_CODE_LIKE = re.compile(
    r"(?<![A-Z])(?:[A-Z]{1,3}[0-9]{1,4}(?![0-9A-Z])|[HJKMNPRTUVWXY]{2,3}(?=\W*$))"
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a text says. `digit` or `act` is set, or neither: then it was not understood.

    Both are set where the word stands beside the digit; they must agree in the message that is meant.
    `act` may also be "stop". `code` is one of the person's codes, or what looks like a code that is
    none of them; `rest` are their own words.
    """

    act: str = ""
    digit: str = ""
    code: str = ""
    letter: str = ""
    rest: str = ""

    @property
    def understood(self) -> bool:
        return bool(self.act or self.digit)


@dataclass(frozen=True, slots=True)
class Routed:
    """The realm an answer belongs to, and the report to publish there."""

    realm: str
    report: Report


def read(text: str, codes: Collection[str] = ()) -> Parsed:
    """Read one reply. `codes` are those of the person's messages; the longest that fits counts."""
    shown = unicodedata.normalize("NFKC", text).strip()
    plain = shown.upper()
    if plain.strip(_SEPARATORS).lower() in STOP_WORDS:
        return Parsed(act="stop")
    if "?" in plain:  # 已执行？ is a question, not an answer
        return Parsed(rest=shown)
    for code in sorted({c.upper() for c in codes}, key=lambda c: (-len(c), c)):
        for before, after in _around(plain, code):
            made = _said(before, after, code)
            if made is not None:
                return replace(made, rest=_as_typed(shown, made.rest))
    made = _said(plain, "", "")
    if made is not None:
        return replace(made, rest=_as_typed(shown, made.rest))
    like = _CODE_LIKE.search(plain)
    return Parsed(code=like[0] if like else "", rest=shown)


def route(
    connection: Connection,
    person_id: str,
    text: str,
    at: datetime,
    *,
    channel: str = "",
    reply_to: str = "",
    message: str = "",
) -> Routed | None:
    """Which message a person's text answers, over all realms that run; None for a stranger.

    `at` is the machine's time; `message` the provider's own id of the text, so that one delivered
    twice is one report. What cannot be read becomes a report too (act "not-understood", with the
    hint to send), so that it is recorded and answered in order like everything else.
    """
    if person_by_id(connection, person_id) is None:
        return None
    now = _own_times(connection, at)
    theirs = _theirs(connection, person_id, now)
    parsed = read(text, {d.code for d in theirs})
    open_ones = _open_ones(connection, theirs)
    # Where nothing waits any more they mean the last message that asked, not our own reply to it.
    home = open_ones or [d for d in theirs if connection.execute(_carried(d.id)).first()] or theirs

    def routed(held: Any | None, act: str, **detail: Any) -> Routed:
        in_realm = held.realm if held is not None else home[-1].realm if home else "live"
        subject = f"delivery:{held.id}" if held is not None else f"person:{person_id}"
        detail = {"text": parsed.rest or ("" if parsed.understood else text)} | detail
        fields: dict[str, Any] = {
            "source": "reply", "issued": now.get(in_realm, at), "act": act, "person": person_id,
            "channel": channel, "subject": subject, "detail": detail | {"reply_to": reply_to},
        }  # fmt: skip
        given = content_id("report", channel, person_id, message) if message else ""
        return Routed(in_realm, Report(id=given, **fields))

    if parsed.act == "stop":
        return routed(None, "stop")
    if parsed.code:
        held = next((d for d in reversed(theirs) if d.code.upper() == parsed.code), None)
        if held is None:
            return routed(None, "not-understood", hint=_listed(connection, open_ones))
    elif len(open_ones) > 1 and parsed.understood:
        return routed(None, "not-understood", hint=_listed(connection, open_ones))
    else:
        held = home[-1] if home else None
    if held is None or not parsed.understood:
        return routed(held, "not-understood")
    act = _act_for(connection, held, parsed)
    if not act:
        return routed(held, "not-understood")
    return routed(held, act, letter=parsed.letter)


def _as_typed(shown: str, rest: str) -> str:
    """Their own words in their own capitals."""
    at = shown.upper().rfind(rest)
    same_length = len(shown.upper()) == len(shown)
    return shown[at : at + len(rest)] if at >= 0 and same_length else rest


def _around(plain: str, code: str) -> list[tuple[str, str]]:
    """The text before and after each place where the code stands, not inside another word."""
    found = []
    for match in re.finditer(re.escape(code), plain):
        before, after = plain[: match.start()], plain[match.end() :]
        # 1K7 and 2AK7 run together; any other letter before or after makes it another code or word.
        if re.search(r"(?<![0-9])[A-Z]$", before) or re.match(r"[A-Z]", after):
            continue
        # K71 is K7 and 1; 1 K77 names K77.
        if re.match(r"[0-9]{2}" if not before.strip(_SEPARATORS) else r"[0-9]", after):
            continue
        found.append((before, after))
    return found


def _said(before: str, after: str, code: str) -> Parsed | None:
    """The answer around a code; what stands first is the digit or the word."""
    left, right = before.strip(_SEPARATORS), after.strip(_SEPARATORS)
    head, tail = (left, right) if left else (right, "")
    digit = re.match(r"([1-9])(?:[ ]*([A-F])(?![A-Z]))?(?![0-9A-Z])(.*)$", head, re.DOTALL)
    if digit is not None:
        return _numbered(digit[1], digit[2] or "", digit[3], tail, code)
    lettered = re.match(r"([A-F])[ ]*([1-9])(?![0-9A-Z])(.*)$", head, re.DOTALL)
    if lettered is not None and (code or not lettered[3].strip(_SEPARATORS)):
        return _numbered(lettered[2], lettered[1], lettered[3], tail, code)
    return _worded(head, tail, code)


def _numbered(digit: str, letter: str, own: str, tail: str, code: str) -> Parsed | None:
    """A digit, perhaps with words after it; None where those may mean something else."""
    if not letter and code:
        single = re.match(r"([A-F])(?![A-Z0-9])", tail)
        if single is not None:
            letter, tail = single[1], tail[1:]
    rest = " ".join(p for p in (own.strip(_SEPARATORS), tail.strip(_SEPARATORS)) if p)
    if _UNITS.match(rest) or (own and own[0] not in _SEPARATORS and not _word_at(rest)):
        return None
    if not code and _CODE_LIKE.match(rest):  # a code that is none of theirs
        return None
    if rest[:1].isdecimal():  # 1 2: two answers
        return None
    means = {c.act for w in ANSWERS for d, c in choices(w, True).items() if d == digit}
    found = _word_at(rest)
    if found is not None and found[1] in means:
        rest = rest[len(found[0]) :].strip(_SEPARATORS)
        return Parsed(act=found[1], digit=digit, code=code, letter=letter, rest=rest)
    # 1 and 2 say yes: words that say otherwise make it unclear. With 3 and 4 they are the reason.
    if digit in "12" and (found is not None or _NOT.search(rest)):
        return None
    return Parsed(digit=digit, code=code, letter=letter, rest=rest)


def _worded(head: str, tail: str, code: str) -> Parsed | None:
    """An answer in words: the whole text, or its beginning up to a separator."""
    found = _word_at(head)
    if found is None:
        return None
    word, act = found
    after = head[len(word) :]
    letter = ""
    lettered = re.match(r"[ ]*([A-F])(?![A-Z0-9])", after)
    if lettered is not None:
        letter, after = lettered[1], after[lettered.end() :]
    if after and after[0] not in _SEPARATORS:
        return None
    rest = " ".join(p for p in (after.strip(_SEPARATORS), tail) if p)
    if not code and _CODE_LIKE.match(rest):
        return None
    more = _word_at(rest)
    if act == "acknowledge" and more is not None and more[1] != act:
        # 收到，无法执行: whoever says both means the second.
        return _worded(rest, "", code)
    if act in ("acknowledge", "in-force", "approve", "attest") and _NOT.search(rest):
        return None
    return Parsed(act=act, code=code, letter=letter, rest=rest)


def _word_at(text: str) -> tuple[str, str] | None:
    """The longest answer word with which the text begins, and its act."""
    for word, act in _BY_LENGTH:
        if text.startswith(word) and not (
            word.isascii() and text[len(word) : len(word) + 1].isalnum()
        ):
            return word, act
    return None


def _act_for(connection: Connection, held: Any, parsed: Parsed) -> str:
    """The act a digit or word stands for in this message; "" where it is not offered there."""
    if not parsed.digit:
        return parsed.act
    asked = [
        (row.id, choices(row.wants, row.measure is not None))
        for row in connection.execute(_carried(held.id))
    ]
    if parsed.letter and held.letters:
        asked = [a for a in asked if a[0] == held.letters.get(parsed.letter)]
    acts = {offers[parsed.digit].act for _, offers in asked if parsed.digit in offers}
    if parsed.act:
        return parsed.act if parsed.act in acts else ""
    if not asked:
        return "acknowledge" if parsed.digit == "1" else ""
    if "acknowledge" in acts:
        return "acknowledge"  # the harmless one; what else the message asks needs its letter
    return acts.pop() if len(acts) == 1 else ""


def _theirs(connection: Connection, person_id: str, now: dict[str, datetime]) -> list[Any]:
    """Their messages of the last 30 days in realms that run, oldest first."""
    rows = connection.execute(
        select(delivery)
        .where(delivery.c.person == person_id, delivery.c.realm.in_(list(now)),
               delivery.c.state != "superseded")
        .order_by(delivery.c.id)
    ).all()  # fmt: skip
    return [r for r in rows if now[r.realm] - r.created <= KEPT]


def _open_ones(connection: Connection, theirs: list[Any]) -> list[Any]:
    """Messages that still wait for an answer, each subject in the newest that reached them."""
    covered: set[tuple[str, str, str]] = set()
    found = []
    for held in reversed([d for d in theirs if d.state in _REACHED]):
        subjects = {
            (held.realm, row.measure or row.alert or "", "" if row.wants == "in-force" else
             row.wants.replace("acknowledge", ""))
            for row in connection.execute(_carried(held.id))
            if _waits(connection, row)
        }  # fmt: skip
        if subjects - covered:
            found.append(held)
        covered |= subjects
    return list(reversed(found))


def _waits(connection: Connection, row: Any) -> bool:
    """Whether an answer to this notice would still change something."""
    if row.pursuit is not None:
        state = connection.execute(
            select(pursuit.c.state).where(pursuit.c.id == row.pursuit)
        ).scalar_one()
        if state == "open":
            return True
    elif row.measure is None:
        held = connection.execute(select(alert.c.state).where(alert.c.id == row.alert)).scalar()
        return bool(held == "open")
    if row.measure is None:
        return False
    state = connection.execute(
        select(measure.c.state).where(measure.c.id == row.measure)
    ).scalar_one()
    wanted = {"decision": ("proposed",), "check": ("lift proposed",)}
    return state in wanted.get(row.wants, ("issued", "acknowledged"))


def _carried(delivery_id: int) -> Any:
    return (
        select(notice)
        .join(delivery_notice, delivery_notice.c.notice == notice.c.id)
        .where(delivery_notice.c.delivery == delivery_id, notice.c.wants != "")
        .order_by(notice.c.id)
    )


def _listed(connection: Connection, open_ones: list[Any]) -> words.Words:
    """Each message that waits, by its code and its first words."""
    if not open_ones:
        return words.nothing_waits()
    listed = []
    for held in open_ones:
        about = (held.subject or held.text).strip().splitlines()[:1]
        shown = about[0][:24] if about else ""
        listed.append((held.code, words.both(shown, shown)))
    return words.which(listed)


def _own_times(connection: Connection, at: datetime) -> dict[str, datetime]:
    """Every running realm's own time at a time of the machine."""
    rows = connection.execute(select(realm).where(realm.c.ended.is_(None)))
    return {r.id: r.begins + (at - r.started) * r.speed for r in rows}
