"""The rows of docs/mission.md as they are lived: what comes in, whom the shipped book asks for what.

One line a row and measure. `sides` are two places of the shipped county (or of what NEIGHBOURS adds to
it) at which the same measure is asked: the first of a reader of Chinese, the second of one of English.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from tests.scenarios.sky import Spell

NEW_YEAR, QINGMING = "new-year", "qingming"
CHINA = timezone(timedelta(hours=8))
BEGINS = {
    NEW_YEAR: datetime(2025, 12, 30, 15, tzinfo=CHINA),  # a school day, and another follows
    QINGMING: datetime(2026, 4, 2, 8, tzinfo=CHINA),
}
HOURS = {NEW_YEAR: 34, QINGMING: 37}  # until all is lifted, and two more


@dataclass(frozen=True, slots=True)
class Side:
    """Where a measure is asked, and the post that must carry it out there."""

    place: str
    post: str


@dataclass(frozen=True, slots=True)
class Row:
    """`comes` is the payload in words; `rule` finds it, `measure` is asked of each side's post."""

    row: str
    comes: str
    chapter: str
    rule: str
    measure: str
    sides: tuple[Side, Side]
    lifters: tuple[str, str]  # posts, one a side
    decider: str = ""  # post; "" where the measure needs no decision
    at: tuple[str, ...] = ()  # hours of the county's at which alone it may be asked

    def __str__(self) -> str:
        return f"{self.row} {self.comes}, {self.measure}"


def _row(
    row: str,
    comes: str,
    chapter: str,
    rule: str,
    measure: str,
    zh: tuple[str, str],
    en: tuple[str, str],
    lifter: str = "",
    decider: str = "",
    at: tuple[str, ...] = (),
) -> Row:
    """`lifter` "" is the carrier itself."""
    sides = (Side(*zh), Side(*en))
    return Row(row, comes, chapter, rule, measure, sides,
               (lifter or zh[1], lifter or en[1]), decider, at)  # fmt: skip


ROWS = (
    _row("M-01", "a forecast of fog", NEW_YEAR, "road-fog", "close-section",
         ("g99-k12-k31", "police-f1-west"), ("g99-k31-k52", "police-f1-middle"),
         lifter="police-chief", decider="police-chief"),
    _row("M-01", "a forecast of glaze after dark", NEW_YEAR, "road-night-ice", "night-ban",
         ("x910-k0-k14", "police-mountain"), ("g99-k52-k66", "police-f1-north"),
         lifter="police-chief", decider="police-chief", at=("16:00",)),
    _row("M-02", "a forecast of a gale", NEW_YEAR, "site-wind", "halt-outdoor",
         ("site-xinqu", "site-xinqu"), ("site-gaojia", "site-gaojia"), lifter="housing"),
    _row("M-03", "a forecast of freezing rain", NEW_YEAR, "mine-glaze", "mine-halt",
         ("mine-meiping", "mine-meiping"), ("mine-laoying", "mine-laoying"),
         lifter="energy", decider="energy"),
    _row("M-03", "the last 40 days of the year", NEW_YEAR, "mine-last-40-days", "upgraded-control",
         ("mine-meiping", "mine-meiping"), ("mine-laoying", "mine-laoying"), lifter="energy",
         at=("08:00",)),
    _row("M-04", "a forecast of bitter cold", NEW_YEAR, "chemical-cold", "chemical-shutdown",
         ("chem-qingxi", "chem-qingxi"), ("chem-qiaotou", "chem-qiaotou"),
         lifter="chemicals", decider="chemicals"),
    _row("M-05", "a forecast of 110 mm of rain", QINGMING, "quarry-rain", "quarry-halt",
         ("quarry-baiyan", "quarry-baiyan"), ("ore-machang", "ore-machang"),
         lifter="quarries", decider="quarries"),
    _row("M-06", "a bulletin of an accident elsewhere", QINGMING, "works-accident-elsewhere",
         "works-lesson", ("works-donghu", "works-donghu"), ("works-yunshui", "works-yunshui"),
         lifter="industry"),
    _row("M-07", "a forecast of a day of frost", NEW_YEAR, "gas-demand", "gas-homes-first",
         ("gas-donghu", "gas-donghu"), ("gas-hebin", "gas-hebin"),
         lifter="gas-office", decider="gas-office"),
    _row("M-08", "a warning of the health authority", QINGMING, "fire-epidemic", "fire-shut-exits",
         ("mall-donghu", "mall-donghu"), ("store-qiaotou", "store-qiaotou")),
    _row("M-09", "a red warning of forest fire", QINGMING, "forest-fire-weather", "close-forest",
         ("forest-wuling", "forest-wuling"), ("forest-baiyan", "forest-baiyan"),
         lifter="forestry", decider="duty-office"),
    _row("M-10", "cracks reported", QINGMING, "slope-rain", "evacuate-slope",
         ("slope-qingxi", "township-qingxi"), ("slope-meiping", "township-meiping"),
         lifter="natural-resources", decider="duty-office"),
    _row("M-11", "a red warning of snow", NEW_YEAR, "school-snow", "suspend-classes",
         ("school-wuling", "school-wuling"), ("school-gaoping", "school-gaoping"),
         lifter="education", decider="education", at=("20:00", "05:30")),
    _row("M-12", "a heating that failed, reported", NEW_YEAR, "care-heating-failed",
         "move-residents", ("care-donghu", "care-donghu"), ("care-gaoping", "care-gaoping"),
         lifter="civil-affairs", decider="civil-affairs"),
    _row("M-13", "an orange warning of glaze", NEW_YEAR, "scenic-glaze", "close-scenic",
         ("scenic-longtan", "scenic-longtan"), ("scenic-baiyan", "scenic-baiyan"),
         lifter="tourism", decider="tourism"),
    _row("M-14", "a forecast of 35 mm of snow", NEW_YEAR, "greenhouse-snow", "leave-greenhouses",
         ("farm-zhulin", "farm-zhulin"), ("farm-machang", "farm-machang"), lifter="agriculture"),
    _row("M-15", "a forecast of a cloudburst", QINGMING, "reservoir-rain", "lower-reservoir",
         ("reservoir-longtan", "reservoir-longtan"), ("reservoir-wuling", "reservoir-wuling"),
         lifter="water-bureau", decider="water-bureau"),
    _row("M-16", "a forecast of snow in town", NEW_YEAR, "city-snow", "clear-canopies",
         ("990100110000", "township-zhulin"), ("990100107000", "township-machang")),
    _row("M-17", "a forecast of rain on the slopes", QINGMING, "pipeline-slope", "lower-pressure",
         ("pipe-longtan", "pipe-longtan"), ("pipe-wuling", "pipe-wuling"),
         lifter="energy-pipelines", decider="energy-pipelines"),
    _row("M-18", "a forecast of ice on the lines", NEW_YEAR, "line-ice", "melt-line",
         ("line-gaoping", "line-gaoping"), ("line-yunshui", "line-yunshui"),
         decider="industry-power"),
    _row("M-19", "the end of a halt", NEW_YEAR, "mine-glaze", "mine-halt",
         ("mine-meiping", "mine-meiping"), ("mine-laoying", "mine-laoying"),
         lifter="energy", decider="energy"),
)  # fmt: skip

# The shipped county has one mine and one gas station; each gets a neighbour that reads English.
NEIGHBOURS = {
    "sites.csv": (
        "mine-laoying,mine,老鹰煤矿,Laoying colliery,990100111000,meiping-low,,,,,,,,,,,",
        "gas-hebin,gas-facility,河滨燃气门站,Hebin gas station,990100112000,donghu-low,,,,,station,"
        ",,,,,",
    ),
    "posts.csv": (
        "mine-laoying,enterprise,coal-mines,mine-laoying,老鹰煤矿,Laoying colliery,grant",
        "gas-hebin,enterprise,town-gas,gas-hebin,河滨燃气门站,Hebin gas station,lund",
    ),
    "people.csv": (
        'grant,格兰特,"Grant, mine manager",en,answer,console:grant',
        'lund,伦德,"Lund, station manager",en,answer,console:lund',
    ),
}  # fmt: skip


def _on(day: int, hour: int) -> datetime:
    """An hour of 30 and 31 December 2025, or of the first days of April 2026, in the county."""
    year, month = (2025, 12) if day >= 30 else (2026, 4)
    return datetime(year, month, day, hour, tzinfo=CHINA)


def _rain(mm: float, degrees: float = 12.0, wind: float = 7.0) -> dict[str, float]:
    return {"precipitation": mm, "rain": mm, "temperature_2m": degrees,
            "relative_humidity_2m": 98.0, "wind_speed_10m": wind}  # fmt: skip


def _snow(mm: float) -> dict[str, float]:
    """Open-Meteo gives fresh snow in cm, 7 of them for 10 mm of water."""
    return {"precipitation": mm, "snowfall": 0.7 * mm, "temperature_2m": -2.0,
            "relative_humidity_2m": 95.0}  # fmt: skip


SPELLS = {
    NEW_YEAR: (
        Spell(("donghu-low",), _on(30, 20) - timedelta(days=1), 25, {"temperature_2m": -7.0}),
        Spell(("shimen-high",), _on(30, 16), 3, {"visibility": 30.0}),
        Spell(("zhulin-low", "machang-low", "machang-high"), _on(30, 13), 7, _snow(5.0)),
        Spell(("gaoping-high", "yunshui-high", "meiping-low"), _on(30, 19), 10,
              _rain(3.0, degrees=-1.0, wind=15.0)),
        Spell(("qingxi-low", "qiaotou-low"), _on(30, 20), 9, {"temperature_2m": -11.0}),
        Spell(("donghu-low", "shimen-high"), _on(31, 8), 3,
              {"wind_speed_10m": 70.0, "wind_gusts_10m": 85.0}),
    ),
    QINGMING: (
        Spell(("baiyan-low", "machang-low"), _on(2, 2), 10, _rain(11.0)),
        Spell(("longtan-low", "wuling-low"), _on(2, 8), 3, _rain(40.0)),
    ),
}  # fmt: skip
