"""What a phone makes of speech and of hasty thumbs: numbers in words, fillers, mis-hearings.

Each function takes and gives text in capitals and turns what was said into what is typed. Nothing
here makes a text mean more than it says: a word is misheard for "received" alone, which is harmless,
and a number in words counts only where nothing but its own meaning stands with it.
"""

from __future__ import annotations

import re
import unicodedata

SEPARATORS = " \t\r\n,.;:!、，。；：！…-—~/()（）[]【】\"'“”‘’#+*_"
_DIGITS = {"一": "1", "幺": "1", "壹": "1", "二": "2", "两": "2", "兩": "2", "三": "3", "四": "4",
           "贰": "2", "叁": "3", "肆": "4", "五": "5", "六": "6",
           "ONE": "1", "TWO": "2", "THREE": "3", "FOUR": "4", "FIVE": "5", "SIX": "6"}  # fmt: skip
_OF_CODES = {"六": "6", "七": "7", "九": "9", "SIX": "6", "SEVEN": "7", "NINE": "9"}
# ONE, but not in DONE.
_SAID = r"(?:[一幺壹二两兩贰三叁四肆五六]|(?<![A-Z])(?:ONE|TWO|THREE|FOUR|FIVE|SIX)(?![A-Z]))"
# 回复一, 按1, "press two": what stands before a digit where a person tells what they do.
_LEAD = re.compile(
    rf"我?(?:回复|答复|选择|回|按|发|选|答|REPLY(?![A-Z])|PRESS(?![A-Z])|ANSWER(?![A-Z]))"
    rf"[ :,，]*(?=[1-6]|[A-F] ?[1-4]|{_SAID})"
)
_NUMBER = re.compile(rf"([A-F] ?)?({_SAID})")
_FILLERS = re.compile(
    r"(?:嗯+|呃+|额|哦+|噢+|喔+|啊+|哎+|唉+|喂|那个|这个|就是说?|(?:U+M+|U+H+|E+R+M*|H+M+|WELL)(?![A-Z0-9]))"
    r"[ ,，、。.…~]*"
)
# What is a word of assent by itself, and no more than a filler before another answer.
_ASSENT = re.compile(r"(?:好的?|好吧|OK(?:AY)?(?![A-Z]))[ ,，、。.…~]*")
# 我, 我们, 这边 before a word: whoever answers, answers for themselves.
_SELF = re.compile(r"(?:我们?这?边?|本人|这边|I(?: HAVE|'VE)?(?![A-Z]))[ ,，]*")
_PARTICLES = re.compile(rf"(?:[了啦啊呀哈哦嗯哒嘞咯呐]|谢谢)+(?=$|[{re.escape(SEPARATORS)}])")
_COURTESY = re.compile(
    r"^(?:请|麻烦|pl(?:ea)?s?e? )|(?:[了吧啦]|谢谢您?|(?<![a-z])(?:please|pls|thanks|thank you|now))$"
)
# Keycaps and marks that nobody sees, which come with pasted and spoken text.
_UNSEEN = re.compile("[\ufe0e\ufe0f\u20e3\u200b-\u200f\u2060\ufeff\u00ad]")
_LETTER_AND_DIGIT = re.compile(
    rf"(?<![A-Z0-9])([HJKMNPRTUVWXY]) ?([679]|{'|'.join(_OF_CODES)})(?![A-Z0-9])"
)


def shown(text: str) -> str:
    """The text with full-width signs made plain, and without what nobody sees."""
    return _UNSEEN.sub("", unicodedata.normalize("NFKC", text)).strip()


def without_courtesy(lower: str) -> str:
    """What somebody wants stopped, without please and thank you; said over and over it is said once."""
    left, before = lower, ""
    while left != before:
        before, left = left, _COURTESY.sub("", left.strip(SEPARATORS))
    words = [one for one in re.split(f"[{re.escape(SEPARATORS)}]+", left) if one]
    return words[0] if words and len(set(words)) == 1 else " ".join(words)


def with_codes(plain: str) -> str:
    """`K 7`, `K SEVEN`, `K七` as the code they say."""
    return _LETTER_AND_DIGIT.sub(lambda m: m[1] + _OF_CODES.get(m[2], m[2]), plain)


def code_as_heard(code: str) -> re.Pattern[str] | None:
    """How a phone may write such a code: `K 7`, `K SEVEN`, `K七`; None where it has no other way."""
    parts = re.fullmatch(r"([A-Z])([679])", code)
    if parts is None:
        return None
    said = "|".join([parts[2], *(word for word, digit in _OF_CODES.items() if digit == parts[2])])
    return re.compile(rf"(?<![A-Z0-9-]){parts[1]} ?(?:{said})(?![A-Z0-9])")


def without_fillers(plain: str) -> str:
    """What is left once somebody has cleared their throat: 嗯，那个，… and 好的 or OK before more."""
    before = ""
    while plain != before:
        before = plain
        plain = _FILLERS.sub("", plain, 1) if _FILLERS.match(plain) else plain
        said = _ASSENT.match(plain)
        if said and plain[said.end() :].strip(SEPARATORS) and _is_number(plain[said.end() :]):
            plain = plain[said.end() :]
    return plain


def without_self(plain: str) -> str:
    """A sentence without its "I" or "we"."""
    return _SELF.sub("", plain, 1) if _SELF.match(plain) else plain


def without_particle(after: str) -> str:
    """What follows an answer, without the 了 or 啊 that belongs to it."""
    return _PARTICLES.sub("", after, 1) if _PARTICLES.match(after) else after


def in_figures(head: str) -> tuple[str, bool]:
    """A text that begins with a digit in words, or with 回复 and a digit, as it would be typed.

    The second says that it did: then nothing but the digit's own word, letter or code may follow.
    """
    led = _LEAD.match(head)
    if led:
        head = head[led.end() :]
    said = _NUMBER.match(head)
    if said:
        head = (said[1] or "") + _DIGITS[said[2]] + head[said.end() :]
    return head, bool(led or said)


def _is_number(text: str) -> bool:
    """Whether a digit comes first, typed or in words."""
    return re.match(r"[1-6](?![0-9])", in_figures(text)[0]) is not None
