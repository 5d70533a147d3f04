"""Several places in one question: what is said of them all, and how they are called together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from alerting.dispatch.lines import plain
from alerting.vocabulary import PLACE_KINDS

if TYPE_CHECKING:
    from alerting.dispatch.wording import Words

NAMED = 3  # so many places are named; of more it is said how many, and the list stands beside it
_STEP = 100  # metres to which a height is rounded down where no other place lies between
Sheet = Mapping[str, Any]


def facts_together(all_facts: Sequence[Sheet]) -> dict[str, Any]:
    """The facts of one question about several places: the first's, with the places of all and the
    earliest of their times."""
    first = dict(all_facts[0])
    onsets = [f["onset"] for f in all_facts if f.get("onset")]
    ends = [f["until"] for f in all_facts if f.get("until")]
    dues = [f["due"] for f in all_facts if f.get("due")]
    first |= {
        "places": list(dict.fromkeys(f["place"] for f in all_facts)),
        "onset": min(onsets, default=None), "until": max(ends, default=None),
        "due": min(dues, default=None),
        "why": _of_first(all_facts),
    }  # fmt: skip
    if first.get("sides"):
        first["sides"] = [
            dict(side) | {
                "since": min(f["sides"][n]["since"] for f in all_facts),
                "objects": list(dict.fromkeys(f["sides"][n]["object"] for f in all_facts)),
            }
            for n, side in enumerate(first["sides"])
        ]  # fmt: skip
    return first


def _of_first(all_facts: Sequence[Sheet]) -> Any:
    """Why: of one place, as an example, where it is not the same everywhere."""
    whys = [f.get("why") or {} for f in all_facts]
    if all(why == whys[0] for why in whys) or not whys[0]:
        return whys[0]
    zh, en = whys[0].get("zh", ""), whys[0].get("en", "")
    return {"zh": f"如首处：{zh}", "en": f"at the first: {en}"}


def called(words: Words, ids: Sequence[str], rule_id: str) -> str:
    """A few places by name; of more how many, and above which height where that says which."""
    if len(ids) <= NAMED:
        return words.join(name_of(words, one) for one in ids)
    zh, count = words.language == "zh", len(ids)
    places = [words.places.by_id[one] for one in ids if one in words.places.by_id]
    kinds = {place.kind for place in places}
    if len(places) < count or len(kinds) > 1:
        return f"{count}处" if zh else f"{count} places"
    kind = places[0].kind
    rule = words.book.rules_by_id.get(rule_id)
    tags = rule.tags if rule is not None else frozenset()
    others = [p for p in words.places.of_kind(kind) if tags <= p.tags and p.id not in set(ids)]
    name = PLACE_KINDS.get(kind, (kind, kind))[0 if zh else 1]
    many = _many(name) if not zh else name
    if not others:
        return f"全部{count}处{name}" if zh else f"all {count} {many}"
    height = _height_of_all(places, others)
    if height is None:
        return f"{count}处{name}" if zh else f"{count} {many}"
    return f"海拔{height}米以上{count}处{name}" if zh else f"{count} {many} above {height:,} m"


def listed(words: Words, ids: Sequence[str]) -> str:
    """All places by name, where they are more than a heading names."""
    if len(ids) <= NAMED:
        return ""
    names = words.join(name_of(words, one) for one in ids)
    return f"名单：{names}" if words.language == "zh" else f"List: {names}"


def name_of(words: Words, place_id: str) -> str:
    known = words.places.by_id.get(place_id)
    return plain(known.called(words.language)) if known is not None else place_id.split(":")[-1]


def _many(name: str) -> str:
    if "," in name or " or " in name:
        return f"places ({name})"
    return f"{name}es" if name.endswith("s") else f"{name}s"


def _height_of_all(places: Sequence[Any], others: Sequence[Any]) -> int | None:
    """The height above which these lie and no others of their kind do; None where there is none."""
    heights = [point.elevation for place in places for point in place.points]
    beside = [point.elevation for place in others for point in place.points]
    if not heights or not beside or any(math.isnan(h) for h in (*heights, *beside)):
        return None
    lowest, below = min(heights), max(beside)
    if below >= lowest:
        return None
    rounded = int(lowest // _STEP * _STEP)
    return rounded if rounded > below else int(lowest)
