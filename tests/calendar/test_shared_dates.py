"""Walks the collected calendar data where it is present: every row must be what we answer."""

import csv
import os
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerting.calendar import Calendar, import_table
from alerting.calendar.lunar import TERMS, lunar_date, term_date
from alerting.calendar.tables import bundled
from alerting.errors import BadInput

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("SUIAN_SHARED", ROOT.parent / "shared")) / "data" / "calendar"

pytestmark = pytest.mark.usefixtures("shared")  # skipped without it, red where all is required


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_solar_term() -> None:
    spelled = {zh: term for term, zh in TERMS.items()}
    found = rows("solar_terms_2025_2030.csv")
    assert len(found) == 144
    for row in found:
        assert term_date(int(row["year"]), spelled[row["term"]]).isoformat() == row["date"]


def test_every_festival() -> None:
    calendar = Calendar.load(ROOT / "rules" / "calendar.yaml", ZoneInfo("Asia/Shanghai"))
    lunar = {"春节": (1, 1), "元宵": (1, 15), "重阳": (9, 9), "端午": (5, 5), "中秋": (8, 15),
             "中元": (7, 15)}  # fmt: skip
    checked = 0
    for row in rows("festivals_2025_2030.csv"):
        year, event = int(row["year"]), row["event"]
        if event in lunar:
            day = lunar_date(year, *lunar[event])
        elif event.startswith("寒衣节"):
            day = lunar_date(year, 10, 1)
        elif event.startswith("腊月廿三"):
            day = lunar_date(year - 1, 12, 23)
        elif event == "除夕":
            day = lunar_date(year, 1, 1) - timedelta(days=1)
        elif event == "清明":
            day = term_date(year, "qingming")
        else:
            assert event.startswith("last-40-days")
            day = calendar.spans("last-40-days", year)[0].first
        assert day == date.fromisoformat(row["gregorian"]), event
        checked += 1
    assert checked == 66


def test_every_table_is_read_and_says_the_same_as_the_bundled_one() -> None:
    files = sorted(FOLDER.glob("holiday-cn_*"))
    assert files
    for path in files:
        year = int(path.stem[-4:])
        if year not in bundled().years:
            with pytest.raises(BadInput, match=f"{year} are not yet published"):
                import_table(path)
            continue
        ours = {(d.date, d.off) for d in bundled().days if d.date.year == year}
        assert {(d.date, d.off) for d in import_table(path).days} == ours
