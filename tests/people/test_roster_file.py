"""rosters.yaml: what it says, and what is wrong with it, line by line."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerting.errors import BadInput
from alerting.people.roster_file import confirmed_within, named_in, read_rosters, rota_of
from alerting.people.rota import Hours, Layer

SHANGHAI = ZoneInfo("Asia/Shanghai")
PEOPLE = {one: {"role": "answer"} for one in ("luo", "xie", "he")} | {"guest": {"role": "view"}}
WHOLE = """\
rosters:
  - post: office
    layers:
      - people: [luo, xie]
        every: 1 week
        hand-over: "08:00"
        from: 2026-01-05
      - people: [he]
        every: 12 hours
        hand-over: 20:00
        from: 2026-01-05
        only: {days: fri-mon, hours: "18:00-08:00"}
    temporary:
      - from: 2026-02-16 08:00
        to: 2026-02-18 08:00
        layers:
          - {people: [he, luo], every: 1 day, hand-over: "08:00"}
"""


TODAY = date(2026, 1, 20)


def read(folder: Path, text: str) -> dict[str, dict[str, object]]:
    path = folder / "rosters.yaml"
    path.write_text(text, "utf-8")
    return read_rosters(path, {"office", "police", "12"}, PEOPLE, TODAY)


def test_it_is_read(tmp_path: Path) -> None:
    [(post, text)] = read(tmp_path, WHOLE).items()
    rota = rota_of(text, SHANGHAI)
    assert post == "office"
    assert named_in(text) == ["luo", "xie", "he"]
    assert rota.layers == (
        Layer(("luo", "xie"), 1, "weeks", time(8), date(2026, 1, 5)),
        Layer(("he",), 12, "hours", time(20), date(2026, 1, 5),
              Hours(frozenset({4, 5, 6, 0}), 18 * 60, 8 * 60)),
    )  # fmt: skip
    [feast] = rota.temporary
    begins = datetime(2026, 2, 16, tzinfo=UTC)
    assert (feast.begins, [s.people for s in feast.shifts]) == (begins, [("he",), ("luo",)])


@pytest.mark.parametrize(("said", "within"), [
    ("", None), ("    confirm: false\n", None), ("    confirm: true\n", timedelta(minutes=20)),
    ("    confirm: 45 minutes\n", timedelta(minutes=45)),
])  # fmt: skip
def test_within_how_long_a_hand_over_is_confirmed(
    tmp_path: Path, said: str, within: timedelta | None
) -> None:
    [text] = read(tmp_path, WHOLE.replace("    layers:\n", f"{said}    layers:\n", 1)).values()
    assert confirmed_within(text) == within
    assert ("confirm" in text) == (within is not None)  # an upgrade changes no roster


def test_where_no_file_is_named_there_is_no_roster(tmp_path: Path) -> None:
    assert read_rosters(None, set(), {}, TODAY) == {}
    assert read(tmp_path, "rosters: []") == {}


def test_a_file_that_is_named_and_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"rosters.yaml: there is no such file.* `rosters: \[\]`"):
        read_rosters(tmp_path / "rosters.yaml", set(), {}, TODAY)


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "rosters:\n", "{}"])
def test_an_emptied_file_is_not_taken_for_no_rosters(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInput, match=r"write:? `?rosters: \[\]"):
        read(tmp_path, text)


def test_an_id_may_be_a_number(tmp_path: Path) -> None:
    assert [*read(tmp_path, WHOLE.replace("office", "12"))] == ["12"]


@pytest.mark.parametrize(("said", "instead", "expected"), [
    ("post: office", "post: offce", "line 2: offce is not among the posts"),
    ("[luo, xie]", "[luo, xei]", "line 4: xei is not among the people"),
    ("[luo, xie]", "[luo, guest]", "line 4: guest has the role view and may not answer"),
    ("[luo, xie]", "[]", "line 4: rosters.layers.people: name at least one"),
    ("1 week", "weekly", "line 5: rosters.layers.every: 'weekly' is no length of a turn; write: 12"),
    ("1 week", "0 weeks", "line 5: rosters.layers.every: '0 weeks' is no length of a turn"),
    ('"08:00"\n        from', '8am\n        from', "line 6: rosters.layers.hand-over: '8am' is no time"),
    ("from: 2026-01-05\n      -", "from: 5 Jan\n      -", "line 7: rosters.layers.from: '5 Jan' is no day"),
    ("        from: 2026-01-05\n      -", "      -", "line 2: rosters: a layer needs `from`"),
    ("fri-mon", "fri-mo", "line 12: rosters.layers.only.days: 'fri-mo' is no day of the week"),
    ("18:00-08:00", "18-8", "line 12: rosters.layers.only.hours: '18-8' are no hours of the day"),
    ("only: {days", "onyl: {days", "line 12: rosters.layers.onyl: there is no such entry"),
    ("2026-02-18 08:00", "2026-02-15 08:00", "line 14: rosters.temporary: it ends before it begins"),
    ("    layers:\n      - people: [luo", "    confirm: soon\n    layers:\n      - people: [luo",
     "line 3: rosters.confirm: 'soon' does not say how it is confirmed; write: true, or 30 minutes"),
    ("    layers:\n      - people: [luo", "    confirm: 3 minutes\n    layers:\n      - people: [luo",
     "line 3: rosters.confirm: '3 minutes' does not say"),
    ("rosters:", "rosters: [", "line 2, column 3: this is not YAML"),
    # A year that nobody means.
    ("from: 2026-01-05", "from: 0001-01-01", "line 7: rosters.layers.from: 0001 is not the year"),
    ("from: 2026-01-05", "from: 2062-01-05", "line 7: rosters.layers.from: 2062 is not the year"),
    ("2026-02-18 08:00", "9999-02-18 08:00", "line 15: rosters.temporary.to: 9999 is not the year"),
    # What was written, where, what to do, in both languages.
    ("post: office", "post:", "line 2: rosters.post: empty; write: post: an id of posts.csv 不能为空"),
    ("[luo, xie]", "[luo, true]", "line 4: rosters.layers.people: 'True' is no id; write one, in quotes"),
    ("[luo, xie]", "luo xie", "line 4: rosters.layers.people: 'luo xie' is no list; write: people: [a, b] 应写成列表"),
    ("[luo, xie]", "[01, luo]", "line 4: 01 is not among the people"),
    ("1 week", "1week", "班次长度有误"),
    ("        every: 1 week\n", "", "line 4: rosters.layers.every is missing 缺少此项"),
    ("only: {days: fri-mon, hours: \"18:00-08:00\"}", "only: nights",
     "line 12: rosters.layers.only: 'nights' has no entries; write them as `name: value`"),
])  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(
    tmp_path: Path, said: str, instead: str, expected: str
) -> None:
    assert WHOLE.count(said) >= 1
    with pytest.raises(BadInput) as wrong:
        read(tmp_path, WHOLE.replace(said, instead, 1))
    assert expected in str(wrong.value)


def test_two_temporary_rosters_may_not_overlap(tmp_path: Path) -> None:
    again = WHOLE[WHOLE.index("      - from: 2026-02-16"):].replace("02-16", "02-17")
    with pytest.raises(BadInput, match=r"line 2: rosters: two temporary rosters overlap from 2026-02-17"):
        read(tmp_path, WHOLE + again.replace("02-18", "02-19"))
