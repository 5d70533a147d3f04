"""What a warning's text says about where it holds: above a height, on certain kinds of road.

Read narrowly on purpose. A text that says "above all in the mountains" still warns everybody, so a
limit counts only where nothing says that it is one place among others, and only if it is the same
all through the text.
"""

from __future__ import annotations

import re

from alerting.signals import Area

_FEET = 0.3048
# The longest real texts have some 2,000 characters; more is not searched.
_LONGEST = 4000
_ZH_ABOVE = re.compile(
    r"海拔(?:高度)?\s*(?P<high>\d{3,4})\s*(?:米|m|M)\s*(?:及)?以上"
    r"|(?<![\d.])(?P<bare>\d{3,4})\s*米\s*(?:及)?以上(?:的)?(?:高海拔|高寒|山区|高山|地区|区域|地带|路段|乡镇)"
)
_ZH_AMONG = re.compile(r"尤其|特别|其中|局地|局部|以及|[和及与、]\s*$|等")
_EN_ABOVE = re.compile(
    r"(?:above|higher than|over)\s+(?:an? (?:altitude|elevation) of\s+)?"
    r"(?P<number>\d{1,2}[, ]?\d{3}|\d{3,4})\s*(?P<unit>m|metres|meters|ft|feet)\b(?!\s*(?:/|per))",
    re.I,
)
_EN_AMONG = re.compile(r"especially|particularly|including|locally|notably|and\s*$", re.I)
# "gusts above 300 m" is no height of the ground.
_EN_OTHER = re.compile(r"visib|gust|wind|wave|cloud|ceiling|distance|range", re.I)

_TAGS = {
    "高海拔": "high-road", "高寒山区": "high-road", "高寒": "high-road", "垭口": "high-road",
    "高速公路": "expressway", "高速": "expressway",
    "桥梁": "bridge", "桥面": "bridge", "高架桥": "bridge", "涵洞": "bridge",
    "隧道进出口": "tunnel-mouth", "隧道口": "tunnel-mouth", "隧道": "tunnel-mouth",
}  # fmt: skip
_WORDS = "|".join(sorted(_TAGS, key=len, reverse=True))
_STRETCH = "路段|道路|公路|地段|路面|处|区域|地区"
# Such places that then get the weather: several in a list, or one closed by a word for stretch.
_ZH_ONE = rf"(?:{_WORDS})(?:{_STRETCH})?"
_ZH_ONLY = re.compile(
    rf"(?P<list>{_ZH_ONE}(?:(?:、|和|及|以及|与|或)?{_ZH_ONE}){{1,8}}|(?:{_WORDS})(?:{_STRETCH}))(?:等)?"
    rf"(?:易结冰)?(?:的)?(?:{_STRETCH})?(?=[^，。；]{{0,12}}(?:将|可能|有|出现|结冰|积雪))"
)
_ZH_PEOPLE = re.compile(r"高(?:海拔|寒|寒山区)(?:地区|区域|地段|处)")  # not its roads alone
_EN_TAGS = {
    "bridge": "bridge", "overpass": "bridge", "tunnel": "tunnel-mouth", "expressway": "expressway",
    "high road": "high-road", "mountain road": "high-road", "high-altitude road": "high-road",
    "mountain pass": "high-road",
}  # fmt: skip
_EN_ONE = rf"(?:{'|'.join(_EN_TAGS)})(?:s|es)?(?:\s+(?:mouths?|entrances?|portals?|sections?))?"
# Said to be the only ones, or a list of several of them and of nothing else.
_EN_ONLY = re.compile(
    r"(?:limited|confined|restricted) to (?P<said>[^.;]{3,80})|only on (?P<on>[^.;]{3,80})"
    rf"|\b(?:on|at|for) (?P<list>{_EN_ONE}(?:,? (?:and |or )?(?:on |at |in )?{_EN_ONE}){{1,6}})"
    r"\b(?!,? (?:and|or) )",
    re.I,
)


def limited(area: Area, text: str) -> Area:
    """`area` with what the text says of heights and kinds of place, where the area does not."""
    heights = area.above is not None or area.below is not None
    return area.model_copy(update={"above": area.above if heights else above(text),
                                   "tags": area.tags or tags(text)})  # fmt: skip


def above(text: str) -> float | None:
    """The height in metres above which alone the warning holds, None where it is not limited."""
    text = text[:_LONGEST]
    heights: set[float] = set()
    for found in _ZH_ABOVE.finditer(text):
        if _ZH_AMONG.search(_clause(text, found.start(), "，。；：！")):
            return None
        heights.add(float(found["high"] or found["bare"]))
    for found in _EN_ABOVE.finditer(text):
        before = _clause(text, found.start(), ".;:!")[-60:]
        if _EN_OTHER.search(before):
            continue
        if _EN_AMONG.search(before):
            return None
        number = float(re.sub(r"[, ]", "", found["number"]))
        heights.add(round(number * (_FEET if found["unit"].lower().startswith("f") else 1.0), 1))
    return heights.pop() if len(heights) == 1 else None


def tags(text: str) -> tuple[str, ...]:
    """The kinds of place to which the text limits itself, sorted; empty where it does not."""
    text = text[:_LONGEST]
    found: set[str] = set()
    for match in _ZH_ONLY.finditer(text):
        if _ZH_AMONG.search(_clause(text, match.start(), "，。；：！")):
            return ()
        if _ZH_PEOPLE.search(match[0]):
            return ()
        found |= {_TAGS[word] for word in re.findall(_WORDS, match["list"])}
    for match in _EN_ONLY.finditer(text):
        if match["list"] and _EN_AMONG.search(_clause(text, match.start(), ".;:!")):
            return ()
        said = (match["said"] or match["on"] or match["list"]).lower()
        found |= {tag for word, tag in _EN_TAGS.items() if word in said}
    return tuple(sorted(found))


def _clause(text: str, end: int, stops: str) -> str:
    start = max(text.rfind(stop, 0, end) for stop in stops) + 1
    return text[start:end]
