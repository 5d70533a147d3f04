"""All recorded winters laid side by side on one: the winter of 2013, hour by hour of the local clock.

Evaluating a book costs by signals, hardly by places: so every winter of every station becomes a station
of its own, moved by whole years to the same dates, and one county lives through all of them at once.
Local hours and heights of the sun stay what they were: a record from another time zone is moved by
the zones' difference in time and in longitude. What the calendar says is that of the one winter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bench.backtest.records import HOUR, PLACES, Record

ZONE = "Asia/Shanghai"
NOON = 120.0  # degrees east at which the zone's clock is the sun's
APART = 0.15  # degrees of longitude between stations: more than an observation speaks for


def day(text: str) -> datetime:
    """The midnight at which a day of the one winter begins, from "12-01"."""
    month, number = map(int, text.split("-"))
    year = 2013 if month > 6 else 2014
    return datetime(year, month, number, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


def laid_out(folder: Path, names: Sequence[str]) -> list[Record]:
    """A record a station and winter, called station-year."""
    found: list[Record] = []
    for name in names:
        place, records = PLACES[name], PLACES[name].records(folder)
        for year in place.winters:
            for record in records:
                begins, ends = place.winter(year, [record])
                values = {
                    q: record.of(q, begins, int((ends - begins) / HOUR)) for q in record.values
                }
                found.append(Record(record.station, begins, values))
                found[-1] = _moved(found[-1], year, place.zone, len(found))
    return found


def _moved(record: Record, year: int, zone: str, number: int) -> Record:
    station, local = record.station, record.first.astimezone(ZoneInfo(zone))
    east = record.first.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    shifted = local.replace(year=local.year + 2013 - year, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
    from_noon = station.lon - east / HOUR * 15
    place = replace(
        station, name=f"{station.name}-{year}", lon=round(NOON + from_noon + APART * number, 2)
    )
    return Record(place, shifted, record.values)
