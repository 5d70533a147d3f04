"""The columns that a warning's area covers: its codes, polygons and circles, cut by height."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from shapely import Point as ShapelyPoint
from shapely import Polygon, STRtree, make_valid

from alerting.places.model import Place, Places
from alerting.signals import Area

EARTH_KM = 6371.0
# 雾岭县（虚构）: no office writes what a county adds of its own.
_BRACKETS = re.compile(r"[（(].*[）)]$")

_ROADS = frozenset({"road-section", "bridge", "tunnel-mouth", "pass"})


def _is_road(place: Place) -> bool:
    return place.kind in _ROADS


def _is_zone(place: Place) -> bool:
    return place.kind == "zone"


# What a warning's text calls a kind of place, by how sites.csv says it.
_KINDS: dict[str, Callable[[Place], bool]] = {
    "bridge": lambda p: p.kind == "bridge" or (p.kind in _ROADS and "bridge" in p.tags),
    "tunnel-mouth": lambda p: p.kind == "tunnel-mouth" or (p.kind in _ROADS and "tunnel" in p.tags),
    "high-road": lambda p: p.kind == "pass" or (p.kind in _ROADS and "mountain" in p.tags),
    "expressway": lambda p: p.kind in _ROADS and "expressway" in p.tags,
}


class AreaMatcher:
    """Matches areas to the columns of `places`; the points are indexed once."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._tree = STRtree([ShapelyPoint(p.lon, p.lat) for _, p in places.columns])
        self._lat = np.array([p.lat for _, p in places.columns], np.float64)
        self._lon = np.array([p.lon for _, p in places.columns], np.float64)
        self._height = np.array([p.elevation for _, p in places.columns], np.float64)
        self._codes = [_zone_codes(places, place) for place, _ in places.columns]

    def covers(self, area: Area) -> NDArray[np.bool_]:
        """For each column whether the area covers it. An area that says nothing covers nothing."""
        inside = np.zeros(len(self._height), np.bool_)
        for code in area.codes:
            inside |= np.array([_code_covers(code, codes) for codes in self._codes], np.bool_)
        for ring in area.polygons:
            # A ring that crosses itself covers what lies inside any of its loops.
            shape = make_valid(Polygon([(lon, lat) for lat, lon in ring]))
            inside[self._tree.query(shape, predicate="covers")] = True
        for lat, lon, km in area.circles:
            inside |= self._distance(lat, lon) <= km
        if not (area.codes or area.polygons or area.circles):
            inside |= self._named(area.names)
        if area.above is not None:
            inside &= self._height >= area.above
        if area.below is not None:
            inside &= self._height <= area.below
        if not area.tags:
            return inside
        return np.logical_or.reduce([self._of_kind(tag, area, inside) for tag in area.tags])

    def _of_kind(self, tag: str, area: Area, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """What of `inside` is of a kind that a warning names as its own.

        Where we know of none there, a bridge may still lie on any road there, and where we know of no
        road, in any township there: it is never silent for what our tables leave out. Schools, sites
        and mines are no bridges. A kind of the county's own, of which there is none, may be anything.
        """
        fits = _KINDS.get(tag)
        steps = [lambda p: tag in p.tags] if fits is None else [fits, _is_road, _is_zone]
        if tag == "high-road" and area.above is not None:
            steps = steps[1:]  # the height says which are high
        narrower = (inside & self._columns(step) for step in steps)
        return next((found for found in narrower if found.any()), inside)

    def _columns(self, fits: Callable[[Place], bool]) -> NDArray[np.bool_]:
        return np.array([fits(p) for p, _ in self._places.columns], np.bool_)

    def _named(self, names: tuple[str, ...]) -> NDArray[np.bool_]:
        # Where an office only names its towns; the county's own name covers all of it.
        found = np.zeros(len(self._height), np.bool_)
        for at, (place, _) in enumerate(self._places.columns):
            for zone_id in self._places.upward(place.id):
                zone = self._places.by_id.get(zone_id)
                called = _BRACKETS.sub("", zone.name) if zone is not None else ""
                if called and any(called in name for name in names):
                    found[at] = True
        return found

    def _distance(self, lat: float, lon: float) -> NDArray[np.float64]:
        return great_circle_km(lat, lon, self._lat, self._lon)


# What a warning's text singles out, as a reader is told.
_SINGLED_OUT = {
    "bridge": ("桥梁", "bridges"),
    "tunnel-mouth": ("隧道口", "tunnel mouths"),
    "high-road": ("高海拔路段", "high roads"),
    "expressway": ("高速公路", "expressways"),
}


def area_in_words(area: Area, places: Places, language: str) -> str:
    """`雾岭县，海拔1200米以上，限桥梁、隧道口`: the office's own names, else what the codes are called
    here; "" where it says neither and is not cut by height or kind."""
    zh = language == "zh"
    known = [places.by_id[code] for code in area.codes if code in places.by_id]
    names = list(area.names) or [place.called(language) for place in known]
    if not names and (area.polygons or area.circles):
        names = ["图上划定的范围" if zh else "an area drawn on a map"]
    parts = [("、" if zh else ", ").join(names)] if names else []
    if area.above is not None:
        parts.append(f"海拔{area.above:g}米以上" if zh else f"above {area.above:,.0f} m")
    if area.below is not None:
        parts.append(f"海拔{area.below:g}米以下" if zh else f"below {area.below:,.0f} m")
    kinds = [_SINGLED_OUT.get(tag, (tag, tag))[0 if zh else 1] for tag in area.tags]
    if kinds:
        parts.append(f"限{'、'.join(kinds)}" if zh else f"only {', '.join(kinds)}")
    return ("，" if zh else ", ").join(parts)


def great_circle_km(
    lat: float, lon: float, lats: NDArray[np.float64], lons: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Haversine distance in km on a sphere of 6,371 km."""
    phi, phis = math.radians(lat), np.radians(lats)
    half = np.sin((phis - phi) / 2) ** 2
    half += math.cos(phi) * np.cos(phis) * np.sin(np.radians(lons - lon) / 2) ** 2
    return 2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(half, 1.0)))


def issuer_rank(code: str) -> int:
    """3 for a county's office, 2 for a city's, 1 for a province's, by its GB/T 2260 code."""
    digits = code[:6]
    if len(digits) < 6 or not digits.isdigit():
        return 2
    if digits[4:6] != "00":
        return 3
    return 2 if digits[2:4] != "00" else 1


_PROVINCE = re.compile(r"^.*?(?:省|自治区)|^(?:北京|天津|上海|重庆)市?|中央|国家")
_COUNTY = re.compile(r"(?<!地)区|县|旗|\b(?:county|district)\b", re.IGNORECASE)
_CITY = re.compile(r"市|州|盟|地区|\b(?:city|municipal|prefecture)\b", re.IGNORECASE)


def named_rank(office: str) -> int:
    """The same for an office by its name, 某县气象台; 0 where the name does not say."""
    below = _PROVINCE.sub("", office, count=1)  # 贵州省 has a 州 in it
    if _COUNTY.search(below):
        return 3
    if _CITY.search(below):
        return 2
    said = below != office or re.search(r"\bprovinc", office, re.IGNORECASE)
    return 1 if said else 0


def _zone_codes(places: Places, place: Place) -> tuple[str, ...]:
    return tuple(places.upward(place.id))


def _code_covers(code: str, codes: tuple[str, ...]) -> bool:
    if not code.isdigit():  # EMMA_ID, NUTS, UGC: equal or nothing
        return code in codes
    stem = _stem(code)
    return any(c == code or (c.isdigit() and c.startswith(stem)) for c in codes)


def _stem(code: str) -> str:
    """The part of an administrative code that says something: 520100000000 is 5201."""
    digits = code
    while len(digits) > 6 and digits.endswith("000"):
        digits = digits[:-3]
    while 2 < len(digits) <= 6 and digits.endswith("00"):
        digits = digits[:-2]
    return digits
