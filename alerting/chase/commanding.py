"""Reading what an authorised person texts to be done: 撤回 K7 误报, RAISE RED K7 pile-up.

Only the form is read here: which act, the code of which message, and what is left. Whether the words
are an answer to that message instead goes by what it asks; see replies.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from alerting.chase import spoken

_ACTS = {
    "撤回": "withdraw", "撤销": "withdraw", "WITHDRAW": "withdraw",
    "升级": "raise", "RAISE": "raise",
    "保持": "keep", "KEEP": "keep",
    "更正": "correct", "CORRECT": "correct",
    "下令": "order", "下达": "order", "ORDER": "order",
}  # fmt: skip
_LEAD = re.compile("|".join(rf"{word}(?![A-Z])" if word.isascii() else word for word in _ACTS))
NEAR = 16  # characters after the word within which the code stands, a level or a letter before it
_KIND = re.compile(r"风险提示|措施|(?:ADVISORY|ALERT|MEASURE)(?![A-Z])")
_KINDS = {"风险提示": "alert", "ADVISORY": "alert", "ALERT": "alert", "措施": "measure",
          "MEASURE": "measure"}  # fmt: skip
_LETTER = re.compile(r"([A-F])(?![A-Z0-9])")


@dataclass(frozen=True, slots=True)
class Command:
    """`code` is one of the person's codes, "" where none stands there; `letter` and `kind` ("alert" or
    "measure") tell which of what the message carried; `rest` is what is left, as it was typed."""

    act: str
    code: str
    letter: str
    kind: str
    rest: str
    word: str  # the command as it was typed


def read_command(
    text: str, codes: Collection[str], letters: Collection[str] = "ABCDEF"
) -> Command | None:
    """None where the text begins with no word of command. `letters` are those that may stand for one of
    what the message carried: of a message without any "a false report" is a reason."""
    shown = spoken.shown(text)
    capitals = shown.upper()
    if len(capitals) != len(shown):  # a letter that has no capital of its own
        shown = capitals
    lead = _LEAD.match(capitals)
    if lead is None:
        return None
    act, at = _ACTS[lead[0]], lead.end()
    before, code, after = "", "", shown[at:]
    if act != "order":
        before, code, after = _parted(shown[at:], codes)
    letter, kind = "", ""
    parts = []
    for part in (before, after):
        left = part.strip(spoken.SEPARATORS)
        found = _KIND.match(left.upper())
        if found and code:
            kind, left = _KINDS[found[0]], left[found.end() :].strip(spoken.SEPARATORS)
        named = _LETTER.match(left.upper())
        if named and code and not letter and named[1] in letters:
            letter, left = named[1], left[1:].strip(spoken.SEPARATORS)
        parts.append(left)
    rest = " ".join(part for part in parts if part)
    return Command(act, code, letter, kind, rest, lead[0])


def _parted(text: str, codes: Collection[str]) -> tuple[str, str, str]:
    """What stands before the code, the code, and what stands after it."""
    for code in sorted({c.upper() for c in codes if c}, key=lambda c: (-len(c), c)):
        found = re.search(rf"(?<![A-Z0-9-]){re.escape(code)}(?![A-Z0-9])", text.upper())
        if found is not None and found.start() <= NEAR:
            return text[: found.start()], code, text[found.end() :]
    for code in sorted({c.upper() for c in codes}):  # K 7, K七: as a phone hears K7
        heard = spoken.code_as_heard(code)
        found = heard.search(text.upper()) if heard is not None else None
        if found is not None and found.start() <= NEAR:
            return text[: found.start()], code, text[found.end() :]
    return "", "", text
