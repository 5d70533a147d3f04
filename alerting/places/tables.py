"""Zones and sites from CSV files, as a county's clerk can fill them in.

zones.csv: code, name, name_en, parent, point, lat, lon, elevation, use: one row a point; a zone of two
points takes two rows. `use` says what a point stands for: inhabited, road, or, left empty, both. The
county itself is the zone without a parent; it may have no point.
sites.csv: id, kind, name, name_en, zones, points, lat, lon, elevation, sector, tags, road, from_km,
to_km, direction, entries, exits, entries_en, exits_en: lists are parted by blanks; `points` names
points of zones; a site with a location of its own gives lat, lon, elevation (one row a point). The
English names of entries and exits may be left out; they stand in the order of the Chinese ones.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from alerting.errors import BadInput
from alerting.places.model import Place, Places, Point
from alerting.vocabulary import PLACE_KINDS, SECTORS, SITE_SECTOR

Row = dict[str, str]
ZONE_COLUMNS = ("code", "name", "name_en", "parent", "point", "lat", "lon", "elevation", "use")
USES = ("inhabited", "road")
SITE_COLUMNS = (
    "id", "kind", "name", "name_en", "zones", "points", "lat", "lon", "elevation", "sector", "tags",
    "road", "from_km", "to_km", "direction", "entries", "exits", "entries_en", "exits_en",
)  # fmt: skip
# What a further row of a place may say anew; `use` is that of the point.
_OF_A_POINT = ("point", "points", "lat", "lon", "elevation", "use")


@dataclass(slots=True)
class Complaints:
    """What is wrong with a file, line by line, so that a clerk mends all of it in one go."""

    file: str
    lines: list[str]

    def add(self, line: int, what: str) -> None:
        self.lines.append(f"line {line}: {what}")

    def raise_any(self) -> None:
        if self.lines:
            raise BadInput(
                f"{len(self.lines)} thing(s) wrong:\n  " + "\n  ".join(self.lines),
                where=self.file,
                mend="\nNothing was taken; mend these lines and import the file again.",
            )


def load_places(zones: Path, sites: Path | None) -> Places:
    """The county's places; none where zones.csv has no rows yet (`no_zones` says so to a person).

    Raises BadInput that lists every bad line of a file.
    """
    zone_list = read_zones(zones)
    site_list = read_sites(sites, zone_list) if sites else []
    if not zone_list:
        return Places.of("", [])
    tops = [z for z in zone_list if not z.parent]
    if len(tops) != 1:
        raise BadInput(
            f"{len(tops)} zones have no parent: {', '.join(z.id for z in tops) or 'none'}",
            where=str(zones),
            mend="Exactly one zone, the county, has an empty `parent`.",
        )
    return Places.of(tops[0].id, [*zone_list, *site_list])


def no_zones(path: Path) -> BadInput:
    return BadInput(
        "has no rows yet / 尚无乡镇与点位", where=str(path),
        mend="Bring the townships and their points: suian import zones FILE.",
    )  # fmt: skip


def read_zones(path: Path) -> list[Place]:
    wrong = Complaints(str(path), [])
    zones: dict[str, Place] = {}
    firsts: dict[str, Row] = {}
    seen_points: set[str] = set()
    for line, row in _rows(path, ZONE_COLUMNS, wrong):
        code = row["code"]
        whole = bool(code and row["name"])
        if not whole:
            wrong.add(line, "needs a code and a name")
        elif row is not firsts.setdefault(code, row) and not _goes_on(row, firsts[code]):
            wrong.add(line, _twice(row, firsts[code], "zone"))
            continue
        point = None
        if row["point"]:
            if row["point"] in seen_points:
                wrong.add(line, f"the point {row['point']} stands there twice")
            seen_points.add(row["point"])
            point = _point(row["point"], row, line, wrong)
            used = row["use"].split()
            if unknown := [word for word in used if word not in USES]:
                wrong.add(line, f"use {unknown[0]!r} is none of {', '.join(USES)}"
                          f"{parted(unknown[0])}; empty is both")  # fmt: skip
            if point and used and "inhabited" not in used:
                point = replace(point, inhabited=False)
        if whole:
            zone = zones.setdefault(
                code, Place(code, "zone", row["name"], row["name_en"], (), parent=row["parent"])
            )
            zones[code] = replace(zone, points=(*zone.points, *([point] if point else [])))
    for zone in zones.values():
        if zone.parent and zone.parent not in zones:
            wrong.lines.append(f"zone {zone.id}: its parent {zone.parent} is not in the file")
        if zone.parent and not zone.points:
            wrong.lines.append(f"zone {zone.id} ({zone.name}) has no point: give at least one")
    wrong.raise_any()
    return list(zones.values())


def read_sites(path: Path, zones: list[Place]) -> list[Place]:
    wrong = Complaints(str(path), [])
    by_code = {z.id: z for z in zones}
    points = {p.id: p for z in zones for p in z.points}
    sites: dict[str, Place] = {}
    firsts: dict[str, Row] = {}
    for line, row in _rows(path, SITE_COLUMNS, wrong):
        if row["id"] in by_code:
            wrong.add(line, f"{row['id']} is already the code of a zone")
        first = firsts.setdefault(row["id"], row)
        if row is not first and not _goes_on(row, first):
            wrong.add(line, _twice(row, first, "site"))
            continue
        site = sites.get(row["id"]) or _site(row, line, by_code, wrong)
        own = _own_points(row, line, site, points, wrong)
        sites[site.id] = replace(site, points=(*site.points, *own))
    for site in sites.values():
        if not site.points:
            nearest = [p for z in site.zones if z in by_code for p in by_code[z].points]
            if nearest:
                sites[site.id] = replace(site, points=(nearest[0],))
            else:
                wrong.lines.append(f"site {site.id} has no point and its zones have none")
    wrong.raise_any()
    return list(sites.values())


def _goes_on(row: Row, first: Row) -> bool:
    """Whether a further row with an id is a further point of the same place: it says where, and nothing
    else that the first row does not."""
    rest = [c for c in row if c not in _OF_A_POINT]
    return any(row.get(c) for c in _OF_A_POINT) and all(row[c] in ("", first[c]) for c in rest)


def _twice(row: Row, first: Row, what: str) -> str:
    return (f"this {what} has the id of {first['name']}: give it one of its own, or, if it is a further"
            f" point of {first['name']}, repeat that row and say where the point lies")  # fmt: skip


def _site(row: Row, line: int, zones: dict[str, Place], wrong: Complaints) -> Place:
    """What the row says; all that is wrong with it goes to `wrong`, and then nothing is taken."""
    if not row["id"] or not row["name"]:
        wrong.add(line, "needs an id and a name")
    kinds = [k for k in PLACE_KINDS if k not in ("zone", "county", "source", "channel")]
    if row["kind"] not in kinds:
        wrong.add(line, f"kind {row['kind']!r} is none of {', '.join(kinds)}")
    in_zones = tuple(row["zones"].split())
    for zone in in_zones:
        if zone not in zones:
            wrong.add(line, f"the zone {zone} is not in the zones file{parted(zone)}")
    if not in_zones:
        wrong.add(line, "needs at least one zone")
    sector = row["sector"] or SITE_SECTOR.get(row["kind"], "")
    if sector and sector not in SECTORS:
        wrong.add(line, f"sector {sector!r} is none of {', '.join(SECTORS)}")
    from_km = _number(row["from_km"], "from_km", line, wrong)
    to_km = _number(row["to_km"], "to_km", line, wrong)
    if from_km is not None and to_km is not None and from_km > to_km:
        wrong.add(line, f"from_km {from_km:g} is greater than to_km {to_km:g}")
    gates: list[tuple[str, str]] = []
    for column in ("entries", "exits"):
        names, english = row[column].split(), row[f"{column}_en"].split()
        if english and len(english) != len(names):
            wrong.add(line, f"{column}_en has {len(english)} names for {len(names)} of {column}")
        gates += zip(names, english, strict=False)
    return Place(
        row["id"], row["kind"], row["name"], row["name_en"], (), zones=in_zones, sector=sector,
        tags=frozenset(row["tags"].split()), road=row["road"], from_km=from_km, to_km=to_km,
        direction=row["direction"],
        entries=tuple(row["entries"].split()), exits=tuple(row["exits"].split()),
        gates_en=tuple(gates),
    )  # fmt: skip


def parted(word: str) -> str:
    """What to say of a list that was parted by something else than blanks."""
    return ": several are parted by blanks" if set(word) & set(";,，；、|/") else ""


def _own_points(
    row: Row, line: int, site: Place, points: dict[str, Point], wrong: Complaints
) -> list[Point]:
    own: list[Point] = []
    for name in row["points"].split():
        if name in points:
            own.append(points[name])
        else:
            wrong.add(line, f"the point {name} is not in the zones file{parted(name)}")
    if row["lat"] or row["lon"]:
        point = _point(f"{site.id}-{len(site.points) + len(own) + 1}", row, line, wrong)
        if point:
            own.append(point)
    elif row["elevation"] and not own:
        height = _number(row["elevation"], "elevation", line, wrong)
        near = [p for name, p in points.items() if p.elevation == p.elevation]
        in_zone = [p for p in near if any(p.id.startswith(z) for z in site.zones)] or near
        if height is not None and in_zone:
            own.append(min(in_zone, key=lambda p: abs(p.elevation - height)))
    return own


def _point(name: str, row: Row, line: int, wrong: Complaints) -> Point | None:
    lat = _number(row["lat"], "lat", line, wrong)
    lon = _number(row["lon"], "lon", line, wrong)
    height = _number(row["elevation"], "elevation", line, wrong)
    if lat is None or lon is None or height is None:
        wrong.add(line, "a point needs lat, lon and elevation")
        return None
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        wrong.add(line, f"lat {lat}, lon {lon} is not on this earth: are they swapped?")
        return None
    return Point(name, lat, lon, height)


def _number(text: str, name: str, line: int, wrong: Complaints) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        wrong.add(line, f"{name} {text!r} is not a number")
        return None
    if not math.isfinite(value):
        wrong.add(line, f"{name} {text!r} is not a number")
        return None
    return value


def _rows(
    path: Path, columns: tuple[str, ...], wrong: Complaints
) -> Iterator[tuple[int, Row]]:
    return csv_rows(path, columns, wrong, required=columns[:2])


def csv_rows(
    path: Path,
    columns: tuple[str, ...],
    wrong: Complaints,
    required: tuple[str, ...],
) -> Iterator[tuple[int, Row]]:
    """The rows of a CSV file with their line numbers; blanks trimmed, missing columns empty.

    Takes UTF-8 with or without a mark and, as spreadsheets in China save it, GB 18030.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=str(path)) from None
    reader = csv.DictReader(io.StringIO(_text(raw, path)))
    header = [h.strip() for h in reader.fieldnames or []]
    reader.fieldnames = header
    missing = [c for c in required if c not in header]
    unknown = [c for c in header if c not in columns]
    if missing or unknown:
        raise BadInput(
            f"the first line has {', '.join(header) or 'nothing'}"
            + (f"; missing: {', '.join(missing)}" if missing else "")
            + (f"; unknown: {', '.join(unknown)}" if unknown else ""),
            where=f"{path}, line 1",
            mend=f"The columns are {', '.join(columns)}.",
        )
    for row in _read(reader, path):
        if row.get(None):  # type: ignore[call-overload]
            wrong.add(reader.line_num, "has more cells than the first line: a stray comma?")
            continue
        cells = {c: (row.get(c) or "").strip() for c in columns}
        if any(cells.values()) and not next(iter(cells.values())).startswith("#"):
            yield reader.line_num, cells


def _read(reader: csv.DictReader[str], path: Path) -> Iterator[dict[str, Any]]:
    try:
        yield from reader
    except csv.Error as error:
        raise BadInput(f"this is no CSV: {error}", where=f"{path}, line {reader.line_num}",
                       mend="Save it as CSV again.") from None  # fmt: skip


def _text(raw: bytes, path: Path) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:  # UTF-16 without its mark, or a binary that happens to decode
            return text
    raise BadInput(
        "this is not text in UTF-8 or GBK / 不是UTF-8或GBK文本", where=str(path),
        mend="Save it as CSV in UTF-8 or GBK; a workbook (.xlsx, .xls) must be saved as CSV first.",
    )  # fmt: skip
