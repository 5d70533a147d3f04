"""The areas of a CAP message as one `Area`: codes, polygons, circles, heights."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from alerting.signals import Area, Warning

Ring = tuple[tuple[float, float], ...]

FEET = 0.3048  # CAP's altitude and ceiling are feet above sea level
# Schemes whose digits are China's administrative codes. The digits of others (SAME, warn cells)
# keep the scheme's name before them, so that they are never taken for a county of ours.
_CHINESE = re.compile(r"cpeas|adcode|2260|行政区划|区划代码", re.I)
# DWD lists under this name what is to be cut out of its polygons: no place that is warned.
_NO_AREA = frozenset({"EXCLUDE_POLYGON"})


@dataclass(slots=True)
class RawArea:
    """One area as the message writes it."""

    name: str = ""
    polygons: list[str] = field(default_factory=list)
    circles: list[str] = field(default_factory=list)
    geocodes: list[tuple[str, str]] = field(default_factory=list)
    altitude: str = ""
    ceiling: str = ""


def merged(areas: Iterable[RawArea], problems: list[str]) -> list[Area]:
    """One `Area` for each band of heights among `areas`; what cannot be read goes to `problems`."""
    bands: dict[tuple[float | None, float | None], list[RawArea]] = {}
    for raw in areas:
        lower, upper = _metres(raw.altitude, problems), _metres(raw.ceiling, problems)
        # The sea's level is no limit from below.
        bands.setdefault((lower or None, upper), []).append(raw)
    made: list[Area] = []
    for (lower, upper), group in bands.items():
        rings = [ring for raw in group for p in raw.polygons if (ring := polygon(p, problems))]
        circles = [c for raw in group for t in raw.circles if (c := _circle(t, problems))]
        made.append(
            Area(
                names=tuple(dict.fromkeys(raw.name for raw in group if raw.name)),
                codes=tuple(dict.fromkeys(c for raw in group for c in _codes(raw.geocodes))),
                polygons=tuple(rings),
                circles=tuple(circles),
                above=lower,
                below=upper,
            )
        )
    return made


def polygon(text: str, problems: list[str]) -> Ring | None:
    """A closed ring of (lat, lon), None for an empty text or one that is no ring.

    An open ring of three corners or more is closed, which its corners leave no doubt about.
    """
    points: list[tuple[float, float]] = []
    for pair in text.split():
        point = _numbers(pair, 2)
        if point is None or not (-90 <= point[0] <= 90 and -180 <= point[1] <= 180):
            problems.append(f"a polygon was left out: {pair[:30]!r} is no point lat,lon")
            return None
        points.append((point[0], point[1]))
    if not points:
        return None
    if len(set(points)) < 3:
        problems.append(f"a polygon was left out: it has {len(set(points))} corners, not three")
        return None
    if points[0] != points[-1]:
        problems.append("an open polygon was closed: its last point was not its first")
        points.append(points[0])
    return tuple(points)


def _circle(text: str, problems: list[str]) -> tuple[float, float, float] | None:
    if not text.strip():
        return None
    centre, _, radius = text.strip().partition(" ")
    point, km = _numbers(centre, 2), _numbers(radius, 1)
    if point is None or km is None or km[0] < 0 or abs(point[0]) > 90 or abs(point[1]) > 180:
        problems.append(f"a circle was left out: {text[:40]!r} is not lat,lon km")
        return None
    return point[0], point[1], km[0]


def _codes(geocodes: Iterable[tuple[str, str]]) -> list[str]:
    codes: list[str] = []
    for name, value in geocodes:
        # A Chinese office may put several codes in one value.
        for code in (part.strip() for part in value.replace("，", ",").split(",")):
            if not code or name in _NO_AREA:
                continue
            foreign = code.isdigit() and not _CHINESE.search(name)
            codes.append(f"{name}:{code}" if foreign else code)
    return codes


def _metres(feet: str, problems: list[str]) -> float | None:
    if not feet:
        return None
    found = _numbers(feet, 1)
    if found is None:
        problems.append(f"the height {feet[:20]!r} was left out: it is no number of feet")
        return None
    return round(found[0] * FEET, 1)


def _numbers(text: str, count: int) -> tuple[float, ...] | None:
    parts = text.split(",")
    try:
        found = tuple(float(part) for part in parts)
    except ValueError:
        return None
    return found if len(found) == count and all(abs(x) < 1e6 for x in found) else None


def kept(warning: Warning, areas: Sequence[str]) -> bool:
    """Whether a warning concerns one of `areas`. One without codes, or an end of others, may."""
    if not areas or not warning.area.codes or warning.action == "cancel":
        return True
    return any(touches(code, area) for code in warning.area.codes for area in areas)


def touches(code: str, area: str) -> bool:
    """Whether one of two administrative codes lies in the other: 5201 holds 520122."""
    if not (code.isdigit() and area.isdigit()):
        return code == area
    one, other = _stem(code), _stem(area)
    return one.startswith(other) or other.startswith(one)


def _stem(code: str) -> str:
    digits = code
    while len(digits) > 6 and digits.endswith("000"):
        digits = digits[:-3]
    while 2 < len(digits) <= 6 and digits.endswith("00"):
        digits = digits[:-2]
    return digits
