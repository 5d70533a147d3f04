"""Reading what a person texts.

A reply is a digit, with the code of a message where several wait (`1 K7`, `K71`, `1K7`), and the
letter of a measure where the message carried several (`2A`, `2A K7`); or the words for it, typed or
spoken (see spoken). `1 全部` and "all received" acknowledge all that waits, and only that. A false
"in force" costs more than a question back: what could mean two things is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from alerting.chase import spoken
from alerting.chase.cautions import BUT, COUNTED, NOT, NOT_YET, UNITS
from alerting.chase.spoken import SEPARATORS as _SEPARATORS
from alerting.vocabulary.answers import ANSWERS, STOP_WORDS, StopWords, choices

_WORDS: dict[str, tuple[str, ...]] = {
    "acknowledge": ("收到", "已收到", "已经收到", "确认收到", "知道", "知道了", "知悉", "已知悉",
                    "明白", "好的", "OK", "OKAY", "ACK", "RECEIVED", "ROGER", "GOT IT",
                    # As a phone hears 收到. No other act is ever guessed from what it may have heard.
                    "受到", "手到", "首到", "守到", "收道", "收倒", "收到到"),
    "in-force": ("已执行", "已落实", "已完成", "已经执行", "已经落实", "已经完成", "执行完毕", "完成",
                 "DONE", "IN FORCE"),
    "cannot": ("无法执行", "无法", "不能执行", "做不到", "CANNOT", "CAN'T", "CANT", "UNABLE"),
    "support": ("需要支援", "请求支援", "需支援", "支援", "请求增援", "需要增援", "增援", "救命",
                "快来人", "NEED SUPPORT", "NEED HELP", "SUPPORT", "HELP", "SOS", "MAYDAY"),
    "approve": ("同意", "批准", "AGREE", "AGREED", "APPROVE", "APPROVED", "YES"),
    "refuse": ("不同意", "不批准", "DO NOT AGREE", "DISAGREE", "REFUSE", "REFUSED", "NO"),
    "attest": ("检查完毕可解除", "检查完毕", "可解除", "可以解除", "CHECKED"),
    "stand": ("保持", "LET IT STAND"),
    "call-off": ("撤回", "CALL IT OFF", "WITHDRAW"),
    "keep-first": ("保留1", "保留前者", "KEEP THE FIRST", "THE FIRST"),
    "take-second": ("改用2", "改用后者", "TAKE THE SECOND", "THE SECOND"),
    "both": ("两者并行", "并行", "BOTH"),
    "go-ahead": ("不再等待", "GO ON"),
    "sign": ("签字解除", "签字", "SIGN"),
    "send-back": ("退回", "SEND BACK"),
    "take-over": ("确认接班", "已接班", "接班", "TAKE OVER", "TAKING OVER"),
    "cannot-take-over": ("不能接班", "无法接班", "接不了班", "CANNOT TAKE OVER", "CAN'T TAKE OVER"),
    "pass-on": ("转发下级", "转发", "已转发", "PASS IT ON", "PASS ON"),
    "kept": ("暂不解除", "不能解除", "KEEP IT", "KEEP", "NOT YET"),
}  # fmt: skip
_BY_LENGTH = sorted(
    ((word, act) for act, said in _WORDS.items() for word in said), key=lambda w: -len(w[0])
)
_EVERY_FIRST = re.compile(
    r"(?:全部|所有的?|全都|通通|统统|都|全|(?:ALL(?: OF THEM)?|EVERYTHING)(?![A-Z]))(?:的|消息)?"
)
_EVERY_LAST = re.compile(
    r"(?:全部|所有的?|(?<![A-Z])(?:ALL(?: OF THEM)?|EVERYTHING))(?:消息)?$"
)
# Another digit that answers, beside the one it begins with.
_ANOTHER = re.compile(r"(?<![0-9A-Z.:])[1-4](?![0-9A-Z.:])[ ]*")
_SAYS_YES = ("acknowledge", "in-force", "approve", "attest")
_STAKE = r"\+[0-9]"  # K7+200 is a place on a road
# What may be a code that is none of theirs: K7, or two or three letters of those codes are made of
# and nothing after them.
_CODE_LIKE = re.compile(
    rf"(?<![A-Z])(?:[A-Z]{{1,3}}[0-9]{{1,4}}(?![0-9A-Z]|{_STAKE})|[HJKMNPRTUVWXY]{{2,3}}(?=\W*$))"
)


# "1 40", "同意 改为40 K7": approved with another number. One figure alone may be a second answer.
_CHANGED = re.compile(
    r"(?:1|同意|批准|AGREED?|APPROVED?)(?:[ ]*([A-F])(?![A-Z]))?[ ,，:：]+"
    r"(?:(改为|改成|CHANGED? TO|WITH)[ ]*)?([0-9]{1,4}(?:\.[0-9]+)?)[ ]*"
    r"(公里/小时|公里|小时|分钟|KM/H|KM|HOURS?|H|MIN)?[.。!！ ]*"
)


@dataclass(frozen=True, slots=True)
class Changed:
    """A number that somebody puts in the place of the one that was proposed, as they approve."""

    number: str
    unit: str
    code: str
    letter: str


def read_changed(text: str, codes: Collection[str] = ()) -> Changed | None:
    """An approval with one changed number; None for everything else."""
    plain = spoken.shown(text).upper().strip(_SEPARATORS)
    for code in sorted({c.upper() for c in codes}, key=lambda c: (-len(c), c)):
        for before, after in _around(plain, code):
            found = _CHANGED.fullmatch(f"{before.strip()} {after.strip()}".strip())
            if found is not None and (made := _changed(found, code)) is not None:
                return made
    found = _CHANGED.fullmatch(plain)
    return _changed(found, "") if found is not None else None


def _changed(found: re.Match[str], code: str) -> Changed | None:
    letter, lead, number, unit = found.groups()
    if len(number) == 1 and not (lead or unit):
        return None
    return Changed(number, unit or "", code, letter or "")


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a text says. `digit` or `act` is set, or neither: then it was not understood.

    Both are set where the word stands beside the digit; they must agree in the message that is meant.
    `act` may also be "stop" or "start". `code` is one of the person's codes, or what looks like a code
    that is none of them; `rest` are their own words. `every` says that all that waits is meant; its act
    is "acknowledge" then, or "" where something else was said of all of it, which counts for nothing.
    """

    act: str = ""
    digit: str = ""
    code: str = ""
    letter: str = ""
    rest: str = ""
    every: bool = False

    @property
    def understood(self) -> bool:
        return bool(self.act or self.digit)


def read(text: str, codes: Collection[str] = (), stops: StopWords = STOP_WORDS) -> Parsed:
    """Read one reply. `codes` are those of the person's messages; the longest that fits counts.
    `stops` are the words of the channel it came on."""
    shown = spoken.shown(text)
    plain = shown.upper()
    word = spoken.without_courtesy(plain.lower())
    if word in stops.stop:
        return Parsed(act="stop")
    if word in stops.start:
        return Parsed(act="start")
    if "?" in plain:  # 已执行？ is a question, not an answer
        return Parsed(rest=shown)
    plain = spoken.without_fillers(spoken.with_codes(plain))
    all_of_them = _every(plain)
    if all_of_them is not None:
        return replace(all_of_them, rest=_as_typed(shown, all_of_them.rest))
    for code in sorted({c.upper() for c in codes}, key=lambda c: (-len(c), c)):
        for before, after in _around(plain, code):
            made = _said(before, after, code)
            if made is not None and _names_another(made, codes):
                return Parsed(rest=shown)
            if made is not None:
                return replace(made, rest=_as_typed(shown, made.rest))
    made = _said(plain, "", "")
    if made is not None:
        return replace(made, rest=_as_typed(shown, made.rest))
    like = _CODE_LIKE.search(plain)
    return Parsed(code=like[0] if like else "", rest=shown)


def unfinished(rest: str) -> bool:
    """Whether words beside "2" tell of something still to come: then it is not done."""
    return NOT_YET.search(rest.upper()) is not None


def _every(plain: str) -> Parsed | None:
    """An acknowledgement of all that waits; None where nothing is said of all.

    "All OK" may be how things are, and "all done" is nothing that anybody takes for all.
    """
    said = spoken.without_particle(spoken.without_self(plain).strip(_SEPARATORS))
    said = re.sub(r"[了啦啊]+$", "", said)
    first, last = _EVERY_FIRST.match(said), _EVERY_LAST.search(said)
    left = said[first.end() :] if first else said[: last.start()] if last else ""
    left = left.strip(_SEPARATORS)
    made = _said(left, "", "") if left else None
    if made is None:
        return None
    received = left not in ("OK", "OKAY", "好的") and not made.letter and (
        made.act == "acknowledge" or (made.digit == "1" and not made.act and not made.rest)
    )
    return Parsed(act="acknowledge" if received else "", rest=made.rest, every=True)


def _names_another(made: Parsed, codes: Collection[str]) -> bool:
    """"1 K7 M6": one text answers one message, but for the reason of who cannot or needs support."""
    if made.digit in ("3", "4") or made.act in ("cannot", "support"):
        return False
    # A code of letters alone may be a word of theirs: "1 K7 my crew is out".
    others = {c.upper() for c in codes if any(one.isdigit() for one in c)} - {made.code}
    return any(_around(made.rest, other) for other in others)


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
        if re.match(_STAKE, after):
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
    head, alone = spoken.in_figures(head)
    digit = re.match(r"([1-9])(?:[ ]*([A-F])(?![A-Z]))?(?![0-9A-Z])(.*)$", head, re.DOTALL)
    if digit is not None:
        return _numbered(digit[1], digit[2] or "", digit[3], tail, code, alone)
    lettered = re.match(r"([A-F])[ ]*([1-9])(?![0-9A-Z])(.*)$", head, re.DOTALL)
    if lettered is not None and (code or not lettered[3].strip(_SEPARATORS)):
        return _numbered(lettered[2], lettered[1], lettered[3], tail, code, alone)
    return _worded(spoken.without_self(head), tail, code)


def _numbered(
    digit: str, letter: str, own: str, tail: str, code: str, alone: bool
) -> Parsed | None:
    """A digit, perhaps with words after it; None where those may mean something else. `alone` where
    it was said in words: then none but its own may follow."""
    own = spoken.without_particle(own)
    if not letter and code:
        single = re.match(r"([A-F])(?![A-Z0-9])", tail)
        if single is not None:
            letter, tail = single[1], tail[1:]
    rest = " ".join(p for p in (own.strip(_SEPARATORS), tail.strip(_SEPARATORS)) if p)
    # "4 trucks" may be a count; with a code between them it is none.
    counted = UNITS.match(own.strip(_SEPARATORS))
    if counted or (own and own[0] not in _SEPARATORS and not _word_at(rest)):
        return None
    if not code and _CODE_LIKE.match(rest):  # a code that is none of theirs
        return None
    if rest[:1].isdecimal():  # 1 2: two answers
        return None
    means = {c.act for w in ANSWERS for ordered in (True, False)
             for d, c in choices(w, ordered).items() if d == digit}  # fmt: skip
    found = _word_at(rest)
    if found is not None and found[1] in means:
        rest = spoken.without_particle(rest[len(found[0]) :]).strip(_SEPARATORS)
        more = _word_at(rest)
        otherwise = more is not None and more[1] != found[1]
        both_ways = found[1] in _SAYS_YES and (otherwise or _doubtful(found[1], rest))
        if digit in "12" and (both_ways or _unclear(digit, rest)):
            return None
        return Parsed(act=found[1], digit=digit, code=code, letter=letter, rest=rest)
    if alone and rest:
        return None
    # 1 and 2 say yes: words that say otherwise make it unclear. With 3 and 4 they are the reason.
    doubtful = NOT.search(rest) or (digit == "1" and BUT.search(rest)) or _unclear(digit, rest)
    if digit in "12" and (found is not None or doubtful):
        return None
    return Parsed(digit=digit, code=code, letter=letter, rest=rest)


def _unclear(digit: str, rest: str) -> bool:
    """Whether the words after a digit say a number of something, another digit, or all that waits.
    After 3 and 4, which say no, they are the reason."""
    every = _EVERY_FIRST.match(rest)
    if every and re.fullmatch(rf"(?:{_CODE_LIKE.pattern})?", rest[every.end() :].strip(_SEPARATORS)):
        return True
    return digit in "12" and (
        COUNTED.match(rest) is not None
        or any(not UNITS.match(rest[m.end() :]) and not COUNTED.match(rest[m.end() :])
               for m in _ANOTHER.finditer(rest))
    )  # fmt: skip


def _doubtful(act: str, rest: str) -> bool:
    """Whether what follows a yes takes it back: "done soon", 完成 一半, "agreed but at 40"."""
    if NOT.search(rest) or (act != "acknowledge" and BUT.search(rest)):
        return True
    return act in ("in-force", "attest") and NOT_YET.search(rest) is not None


def _worded(head: str, tail: str, code: str) -> Parsed | None:
    """An answer in words: the whole text, or its beginning up to a separator."""
    found = _word_at(head)
    if found is None:
        return None
    word, act = found
    after = head[len(word) :]
    while act == "acknowledge" and (again := _word_at(after)) and again[1] == act:  # 收到收到, 好的收到
        after = after[len(again[0]) :]
    letter = ""
    lettered = re.match(r"[ ]*([A-F])(?![A-Z0-9])", after)
    if lettered is not None:
        letter, after = lettered[1], after[lettered.end() :]
    after = spoken.without_particle(after)
    if after and after[0] not in _SEPARATORS:
        return None
    rest = " ".join(p for p in (after.strip(_SEPARATORS), tail) if p)
    if not code and _CODE_LIKE.match(rest):
        return None
    more = _word_at(rest)
    if act == "acknowledge" and more is not None and more[1] != act:
        # 收到，无法执行: whoever says both means the second.
        return _worded(rest, "", code)
    if act in _SAYS_YES and _doubtful(act, rest):
        return None
    if word == "NO" and after[:1] == " ":  # "no problem", "no objection"
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
