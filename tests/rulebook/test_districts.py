"""Numbers that a district may change, named by rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerting.errors import BadInput
from alerting.rulebook import load_book
from alerting.rulebook.nodes import text_of

MEASURES = """measures:
  shelter:
    title: {zh: 转移, en: Shelter}
    form: notify
    carrier: township
    lifter: township
    do: {zh: 转移人员, en: Move people}
    sms: {zh: 转移人员, en: move people}
"""
PACK = """sector: civil-affairs
title: {zh: 民政, en: Civil affairs}
rules:
  - id: deep-snow
    hazard: snow
    place: zone
    basis: [M-12]
    levels:
      orange: {when: (snow_depth >= $deep) within 6 h, ask: [shelter]}
    clear: snow_depth < $deep
    cases:
      - {name: ten, given: {snow_depth: [10]}, expect: {level: orange, clear: false}}
      - {name: under ten, given: {snow_depth: [9]}, expect: {level: none, clear: CLEAR}}
      - {name: eight at the turn of the year, given: {snow_depth: [8], season: [year-end]}, expect: {level: SEASON}}
      - {name: under eight there, given: {snow_depth: [7], season: [year-end]}, expect: {level: none, clear: true}}
      - {name: missing, given: {snow_depth: [null], season: [year-end]}, expect: {level: unknown}}
"""
PLAIN = "numbers:\n  deep: {value: 10 cm, title: {zh: 深雪, en: deep snow}}\n"
SEASONAL = (
    "numbers:\n  deep:\n    value: 0.1 m\n    in: {year-end: 80 mm}\n"
    "    title: {zh: 深雪, en: deep snow}\n"
)


def folder(tmp_path: Path, districts: str, clear: str = "true", season: str = "none") -> Path:
    (tmp_path / "measures.yaml").write_text(MEASURES, "utf-8")
    pack = PACK.replace("CLEAR", clear).replace("SEASON", season)
    (tmp_path / "civil.yaml").write_text(pack, "utf-8")
    if districts:
        (tmp_path / "districts.yaml").write_text(districts, "utf-8")
    return tmp_path


def test_a_number_has_one_place_and_any_unit_of_its_kind(tmp_path: Path) -> None:
    book = load_book(folder(tmp_path, PLAIN))
    assert text_of(book.rules[0].levels["orange"].when) == "(snow_depth >= 10 cm) within 6 h"
    assert book.numbers["deep"].where.endswith("districts.yaml:2:9")


def test_a_season_tightens_it_and_clears_by_the_tightest(tmp_path: Path) -> None:
    book = load_book(folder(tmp_path, SEASONAL, clear="false", season="orange"))
    assert "season year-end" in text_of(book.rules[0].levels["orange"].when)


def test_another_number_is_another_book(tmp_path: Path) -> None:
    before = load_book(folder(tmp_path, PLAIN)).version
    changed = PLAIN.replace("10 cm", "9.5 cm")
    assert load_book(folder(tmp_path, changed)).version != before


def test_a_district_puts_its_own_and_the_cases_hold_the_shipped_one(tmp_path: Path) -> None:
    own = SEASONAL + "    here: 12 cm\n    here-in: {year-end: 11 cm}\n"
    book = load_book(folder(tmp_path, own, clear="false", season="orange"))
    assert text_of(book.rules[0].levels["orange"].when) == (
        "(snow_depth >= 12 cm) within 6 h or season year-end and (snow_depth >= 11 cm) within 6 h"
    )
    all_year = load_book(folder(tmp_path, SEASONAL + "    here: 12 cm\n", "false", "orange"))
    assert text_of(all_year.rules[0].levels["orange"].when) == "(snow_depth >= 12 cm) within 6 h"
    with pytest.raises(BadInput, match="case 'eight at the turn of the year'"):
        load_book(folder(tmp_path, own, clear="false", season="none"))


@pytest.mark.parametrize(("districts", "where", "says"), [
    (SEASONAL + "    here-in: {year-end: 11 cm}\n", "districts.yaml:3:5", "goes with `here`"),
    ("", "civil.yaml:9:37", "'$deep' is no number of districts.yaml"),
    (PLAIN.replace("deep:", "deeep:"), "civil.yaml:9:37", "Did you mean $deeep?"),
    (PLAIN.replace("10 cm", "10 degC"), "civil.yaml:9:37", "snow_depth is in cm"),
    (PLAIN.replace("10 cm", "much"), "districts.yaml:2:17", "write: 10 cm"),
    ("numbers: [", "districts.yaml", "this is not YAML"),
    (SEASONAL.replace("80 mm", "8 K"), "civil.yaml:9:37", "snow_depth is in cm"),
    (PLAIN.replace("title", "titel"), "districts.yaml:2", "titel is not a key of this file"),
])  # fmt: skip
def test_what_is_wrong_is_said_where_it_stands(
    tmp_path: Path, districts: str, where: str, says: str
) -> None:
    with pytest.raises(BadInput) as refused:
        load_book(folder(tmp_path, districts))
    assert where in str(refused.value)
    assert says in str(refused.value)


def test_a_season_the_calendar_does_not_know(tmp_path: Path) -> None:
    made = folder(tmp_path, SEASONAL, clear="false", season="orange")
    with pytest.raises(BadInput, match="the calendar has no season 'year-end'"):
        load_book(made, {"heating"})


SIGNED = """  {name}:
    title: {{zh: {name}, en: {name}}}
    form: propose
    decider: regulator
    carrier: field
    lifter: field
    basis: [{basis}]
    do: {{zh: {name}, en: "{name}"}}
    sms: {{zh: {name}, en: "{name}"}}
    {more}
"""


def with_ahead(tmp_path: Path, ahead: str) -> Path:
    made = folder(tmp_path, f"{PLAIN}confirm-after: [{ahead}]\n")
    measures = MEASURES + "".join(
        SIGNED.format(name=name, basis=basis, more=more)
        for name, basis, more in (
            ("late-start", "M-11", ""), ("close", "M-01", "road: closes"), ("halt", "M-03", "gate: true"),
            ("close-below", '"Road Traffic Safety Law, art. 40: the traffic police decide"', ""),
            ("lane", '"Road Traffic Safety Law, art. 401"', ""),
        )
    )  # fmt: skip
    (made / "measures.yaml").write_text(measures, "utf-8")
    return made


def test_a_district_says_what_is_ordered_ahead_of_its_signature(tmp_path: Path) -> None:
    assert load_book(with_ahead(tmp_path, "late-start, lane")).confirm_after == {"late-start", "lane"}


@pytest.mark.parametrize(("ahead", "at", "said"), [
    ("late-start, close", "3:29", "close cannot be ordered ahead of its signature: closing a road is the"
                                  " traffic police's decision"),
    ("close-below", "3:17", "closing a road is the traffic police's decision (Road Traffic Safety Law, art."
                            " 40); until they have signed it is proposed"),
    ("halt", "3:17", "halt cannot be ordered ahead of its signature: once ordered it lifts through the"
                     " production gate alone"),
    ("shelter", "3:17", "shelter cannot be ordered ahead of its signature: it needs none"),
    ("late-start, late-start", "3:29", "late-start stands here twice"),
    ("early-start", "3:17", "there is no measure 'early-start'. `suian check --measures` lists them."),
])  # fmt: skip
def test_what_cannot_go_ahead_is_refused_at_its_line(
    tmp_path: Path, ahead: str, at: str, said: str
) -> None:
    with pytest.raises(BadInput) as refused:
        load_book(with_ahead(tmp_path, ahead))
    [line] = refused.value.text().splitlines()[1:]
    assert f"districts.yaml:{at}: " in line
    assert said in line
    assert line.endswith(("Take it out here.", "Take one of the two out.", "lists them."))
