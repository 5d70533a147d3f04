"""Faulty packs, each with one seeded fault: `check` finds it, says where and how to mend it.

The pack they are made from is sound: a fault is one change to one of its files, and the one finding that
comes of it stands where the change was made.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from alerting.calendar import Calendar
from alerting.rulebook import check_folder

FILES = {
    "measures.yaml": """\
measures:
  guide:
    title: {zh: 引导, en: Guide}
    form: notify
    carrier: field
    lifter: field
    do: {zh: 上路引导, en: Patrol and guide}
    sms: {zh: 上路引导, en: guide traffic}
  speed-limit:
    title: {zh: 限速, en: Speed limit}
    form: notify
    carrier: field
    lifter: field
    do: {zh: 设置限速标志, en: Put up the limit}
    sms: {zh: 设置限速, en: set the limit}
    arguments:
      speed: {unit: km/h, stricter: lower, zh: "{value}公里/小时", en: "{value} km/h"}
    conflicts: [close]
  hold-vehicles:
    title: {zh: 停运, en: Hold vehicles}
    form: notify
    carrier: field
    lifter: field
    do: {zh: 在入口劝返, en: Turn them back at the entries}
    sms: {zh: 入口劝返, en: turn back}
    arguments:
      vehicles:
        stricter: union
        words:
          coach: {zh: 客车, en: coaches}
  close:
    title: {zh: 封闭, en: Close}
    form: propose
    decider: regulator
    carrier: field
    lifter: regulator
    do: {zh: 只出不进, en: Let vehicles leave and none enter}
    sms: {zh: 只出不进, en: exit only}
    interim: [guide]
    conflicts: [speed-limit]
""",
    "districts.yaml": """\
numbers:
  fog: {value: 200 m, title: {zh: 大雾, en: fog}}
""",
    "roads.yaml": """\
sector: road-traffic
title: {zh: 道路交通, en: Road traffic}
rules:
  - id: fog
    hazard: fog
    place: road-section
    basis: [M-01]
    levels:
      yellow:
        when: (visibility < $fog for 2 h) within 12 h
        ask: [guide, speed-limit 60 km/h]
      red:
        when: (visibility < 50 m for 2 h) within 6 h
        ask: [close, hold-vehicles coach]
    clear: visibility >= 500 m
    cases:
      - {name: a clear day, given: {past: {visibility: [900]}, visibility: [900, 900]}, expect: {level: none}}
  - id: snow
    hazard: snow
    place: road-section
    basis: [M-01]
    levels:
      yellow:
        when: (sum(snowfall, 12 h) >= 6 mm) within 12 h
        ask: [guide]
      orange:
        when: (sum(snowfall, 6 h) >= 10 mm) within 6 h
        ask: [speed-limit 40 km/h]
    clear: sum(snowfall, 6 h) < 1 mm
    cases:
      - {name: dry, given: {past: {snowfall: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]}, snowfall: [0]}, expect: {level: none}}
  - id: ice
    hazard: road-icing
    place: road-section
    basis: [M-01]
    levels:
      yellow:
        when: (surface_temperature < 0 degC and precipitation >= 0.2 mm) within 12 h
        ask: [guide]
      orange:
        when: (surface_temperature < -2 degC and precipitation >= 1 mm) within 6 h or reported icing
        ask: [hold-vehicles coach]
    clear: surface_temperature > 1 degC or sum(precipitation, 6 h) < 0.1 mm
    cases:
      - {name: warm, given: {surface_temperature: [3], precipitation: [1]}, expect: {level: none}}
  - id: rush
    hazard: season
    place: zone
    basis: [M-01]
    levels:
      blue:
        when: season year-end or holiday spring-festival
        ask: [guide]
    cases:
      - {name: an ordinary day, given: {season: []}, expect: {level: none}}
""",
    "calendar.yaml": """\
seasons:
  year-end:
    title: {zh: 岁末, en: End of the year}
    basis: [C-01]
    from: 12-01
    to: 02-10
  floods:
    title: {zh: 汛期, en: Flood season}
    basis: [C-01]
    from: 05-01
    to: 09-30
holidays:
  spring-festival:
    title: {zh: 春节, en: Spring Festival}
    basis: [C-03]
    public: 春节
""",
}


class Fault(NamedTuple):
    """In `file` the text `old` becomes `new`; the finding stands where `at` does in the changed file."""

    name: str
    file: str
    old: str
    new: str
    at: str
    what: str
    mend: str
    level: str = "warning"
    where: str = ""  # the file of the finding, where it is another


FAULTS = [
    # --- levels that no weather shows
    Fault("a lower threshold for the lower level", "roads.yaml",
          "(visibility < 50 m for 2 h) within 6 h", "(visibility < 300 m for 2 h) within 12 h",
          "(visibility < $fog", "within red's '(visibility < 300 m for 2 h) within 12 h'", "Widen the lower level"),
    Fault("a longer stretch ahead for the higher level", "roads.yaml",
          "(visibility < 50 m for 2 h) within 6 h", "(visibility < $fog for 1 h) within 24 h",
          "(visibility < $fog for 2 h) within 12 h", "yellow never shows", "swap the thresholds"),
    Fault("sums of two lengths", "roads.yaml",
          "(sum(snowfall, 6 h) >= 10 mm) within 6 h", "(sum(snowfall, 18 h) >= 5 mm) within 12 h",
          "(sum(snowfall, 12 h)", "within orange's '(sum(snowfall, 18 h) >= 5 mm) within 12 h'", "Widen"),
    Fault("a sum that an hour's highest implies", "roads.yaml",
          "(sum(snowfall, 6 h) >= 10 mm) within 6 h", "(max(snowfall, 12 h) >= 0.5 mm) within 12 h",
          "(sum(snowfall, 12 h)", "yellow never shows", "Widen"),
    Fault("a stretch against the window over it", "roads.yaml",
          "(visibility < 50 m for 2 h) within 6 h", "(max(visibility, 2 h) < 200 m) within 24 h",
          "(visibility < $fog for 2 h) within 12 h", "yellow never shows", "Widen"),
    Fault("two quantities, both looser above", "roads.yaml",
          "(surface_temperature < -2 degC and precipitation >= 1 mm) within 6 h or reported icing",
          "(surface_temperature < 1 degC and precipitation >= 0.1 mm) within 12 h or reported icing",
          "(surface_temperature < 0 degC", "yellow never shows", "Widen"),
    Fault("two quantities, the rest left to a third level", "roads.yaml",
          "      orange:\n        when: (surface_temperature < -2 degC and precipitation >= 1 mm) within 6 h or reported icing",
          "      red:\n        when: (surface_temperature < 0 degC and precipitation >= 2 mm) within 12 h\n        ask: [close]\n"
          "      orange:\n        when: (surface_temperature < 0 degC and precipitation < 2 mm and precipitation >= 0.1 mm) within 12 h or reported icing",
          "(surface_temperature < 0 degC and precipitation >= 0.2", "what orange and red cover together", "Widen"),
    Fault("parts that exclude each other", "roads.yaml",
          "surface_temperature < -2 degC and precipitation >= 1 mm) within 6 h or reported icing",
          "surface_temperature < -2 degC and min(surface_temperature, 3 h) > 0 degC) within 6 h",
          "(surface_temperature < -2", "orange can never be true", "exclude each other"),
    Fault("a value that is never measured", "roads.yaml",
          "(visibility < 50 m for 2 h) within 6 h", "(visibility < 0 m for 2 h) within 6 h",
          "(visibility < 0 m", "red can never be true", "beyond what is ever measured"),
    # --- a clear that overlaps its own trigger
    Fault("a clear under the trigger", "roads.yaml", "visibility >= 500 m", "visibility >= 150 m",
          "visibility >= 150 m", "true at values that meet 'visibility < 200 m'", "1.5 times"),
    Fault("a clear over a window of another length", "roads.yaml",
          "clear: sum(snowfall, 6 h) < 1 mm", "clear: sum(snowfall, 3 h) < 2 mm",
          "sum(snowfall, 3 h) < 2 mm", "true at values that meet 'sum(snowfall, 12 h) >= 6 mm'", "Clear beyond"),
    Fault("a clear on the hour where the trigger is a window", "roads.yaml",
          "clear: sum(snowfall, 6 h) < 1 mm", "clear: snowfall < 0.6 mm",
          "snowfall < 0.6 mm", "say snowfall 0.5", "Clear beyond"),
    Fault("a clear of two quantities", "roads.yaml",
          "surface_temperature > 1 degC or sum(precipitation, 6 h) < 0.1 mm",
          "surface_temperature > -1 degC or sum(precipitation, 6 h) < 0.1 mm",
          "surface_temperature > -1 degC", "clear 'surface_temperature > -1 degC' is true", "Clear beyond"),
    Fault("a clear of what is observed", "roads.yaml",
          "(visibility < 50 m for 2 h) within 6 h", "(visibility < 50 m for 2 h) within 6 h or observed visibility < 600 m",
          "visibility >= 500 m", "meet 'observed visibility < 600 m'", "Clear beyond"),
    # --- the calendar
    Fault("a holiday of another name", "calendar.yaml", "public: 春节", "public: 春结",
          "春结", "the holiday spring-festival never begins", "as the State Council's papers do"),
    Fault("seasons that never meet", "roads.yaml",
          "season year-end or holiday spring-festival", "season year-end and season floods",
          "season year-end and", "no day lies in both year-end and floods", "join them with or"),
    # --- what changes nothing, says nothing, or asks nothing
    Fault("a number that no rule names", "roads.yaml", "visibility < $fog", "visibility < 200 m",
          "{value: 200 m", "no rule names $fog", "Write $fog where", where="districts.yaml"),
    Fault("a rule without a case", "roads.yaml",
          "    cases:\n      - {name: an ordinary day, given: {season: []}, expect: {level: none}}\n", "",
          "rush", "has no case", "Add one that opens it"),
    Fault("a rule that asks for nothing", "roads.yaml",
          "when: season year-end or holiday spring-festival\n        ask: [guide]",
          "when: season year-end or holiday spring-festival",
          "rush", "asks for nothing", "Name the measures"),
    # --- measures
    Fault("one text but for its sector's name and a number", "measures.yaml",
          "do: {zh: 设置限速标志, en: Put up the limit}", "do: {zh: 道路交通上路引导2, en: Put up the limit}",
          "道路交通上路引导2", "speed-limit reads the same as guide", "keep one of them", "error"),
    Fault("a word too long for its form", "measures.yaml", "en: coaches", "en: coaches and buses of any size",
          "coaches and buses", "coach of hold-vehicles fills its SMS form", "Shorten it"),
    Fault("a number said at length", "measures.yaml", 'en: "{value} km/h"', 'en: "{value} kilometres an hour"',
          "speed-limit 60 km/h", "21 characters; a variable may have 20", "fixed words", where="roads.yaml"),
    Fault("a conflict that one side does not know", "measures.yaml",
          "    interim: [guide]\n    conflicts: [speed-limit]\n", "    interim: [guide]\n",
          "close]\n  hold", "speed-limit conflicts with close, which does not say so", "conflicts: [speed-limit] under close"),
    Fault("a conflict with a measure that is not there", "measures.yaml", "conflicts: [close]", "conflicts: [close, shut]",
          "shut", "there is no measure 'shut'", "Declare it", "error"),
    Fault("a conflict with what it needs first", "measures.yaml",
          "    conflicts: [close]\n", "    needs-first: [close]\n    conflicts: [close]\n",
          "close]\n  hold", "names it under needs-first too", "Keep one"),
    Fault("a measure for a named day that is asked for once", "measures.yaml",
          "    do: {zh: 只出不进, en: Let vehicles leave and none enter}",
          "    named-day: true\n    do: {zh: 只出不进, en: Let vehicles leave and none enter}",
          "close, hold-vehicles coach", "close is for a named day", "an evening hour", where="roads.yaml"),
]  # fmt: skip


PLAN = """\
plan: icing
title: {zh: 凝冻应急响应, en: Response to icing}
number: "1"
basis: [D-09]
decides: {tier: regulator}
grades:
  IV: [{warning: [road-icing]}]
  II: [{hazards: [road-icing], level: orange}]
departments:
  - {id: police, title: {zh: 交警, en: Police}, tier: field, ask: {IV: [guide, speed-limit 40 km/h]}}
  - id: roads
    title: {zh: 公路, en: Roads}
    tier: field
    ask:
      IV: [guide]
      II: [guide, close]
closing: {by-minutes: 60, questions: [{id: did, zh: 措施, en: what was done}]}
"""


def written(folder: Path, fault: Fault | None = None) -> Path:
    for name, text in FILES.items():
        if fault is not None and name == fault.file:
            assert text.count(fault.old) == 1, f"{fault.name}: the pack has changed under it"
            text = text.replace(fault.old, fault.new)
        (folder / name).write_text(text, "utf-8")
    return folder


def findings(folder: Path):
    calendar = Calendar.load(folder / "calendar.yaml", ZoneInfo("Asia/Shanghai"))
    return check_folder(folder, calendar=calendar)


def place_of(folder: Path, file: str, text: str) -> str:
    """file:line:column of a text."""
    before = (folder / file).read_text("utf-8").partition(text)[0]
    return f"{folder / file}:{before.count(chr(10)) + 1}:{len(before.rpartition(chr(10))[2]) + 1}"


def test_the_sound_pack_has_no_findings(tmp_path: Path) -> None:
    assert findings(written(tmp_path)) == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.name)
def test_a_seeded_fault_is_found_where_it_is(tmp_path: Path, fault: Fault) -> None:
    folder = written(tmp_path, fault)
    found = findings(folder)
    assert len(found) == 1, found
    (one,) = found
    assert one.level == fault.level
    assert one.where == place_of(folder, fault.where or fault.file, fault.at)
    assert fault.what in one.what
    assert fault.mend in f"{one.what} {one.mend}"


def test_a_plan_that_asks_for_a_named_day_is_warned_of_where_it_does(tmp_path: Path) -> None:
    (named,) = [f for f in FAULTS if "named day" in f.name]
    folder = written(tmp_path, named)
    (folder / "roads.yaml").write_text(
        FILES["roads.yaml"].replace("ask: [close, hold-vehicles coach]", "ask: [hold-vehicles coach]"))  # fmt: skip
    (folder / "plans").mkdir()
    (folder / "plans" / "icing.yaml").write_text(PLAN, "utf-8")
    (one,) = findings(folder)
    assert one.level == "warning"
    assert one.where == place_of(folder, "plans/icing.yaml", "close]\n")
    assert "close is for a named day, and a response under the plan icing asks for it once" in one.what
    assert "Leave it to a rule with an evening hour" in one.mend
    (folder / "measures.yaml").write_text(FILES["measures.yaml"], "utf-8")
    assert findings(folder) == []


def test_there_are_twenty_and_more() -> None:
    assert len(FAULTS) >= 20
    assert len({f.name for f in FAULTS}) == len(FAULTS)
