"""A faulty calendar file is refused with its line, its column and the mend."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerting.calendar import Calendar
from alerting.errors import BadInput

HEAD = "seasons:\n  it:\n    title: {zh: 它, en: It}\n    basis: [C-01]\n"


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ("", "", "the calendar is empty"),
        ("seasons: [", "1:11", "not YAML"),
        ("season: {}\n", "1:1", "'season' is not known here.* Known are: tables, seasons"),
        (HEAD, "3:5", "the dates are not clear"),
        (HEAD + "    from: 12-01\n", "3:5", "Give `from` and `to`"),
        (HEAD + "    from: 11-31\n    to: 12-31\n", "5:11", "'11-31' is no day of every year"),
        (HEAD + "    from: 11-30\n    to: 02-29\n", "6:9", "{date: 03-01, days: -1}"),
        (HEAD + "    on: {lunar: 12-30}\n", "5:17", "New Year's Eve is {lunar: 1-1, days: -1}"),
        (HEAD + "    on: {term: qing-ming}\n", "5:16", "Known are: xiaohan, .*qingming"),
        (HEAD + "    on: {term: qingming, days: 200}\n", "5:32", "Give -180 to 180"),
        (HEAD + "    on: {term: qingming, lunar: 1-1}\n", "5:9", "one of date, lunar, term"),
        (HEAD + "    on: 1101\n", "5:9", "1101 is no date"),
        (HEAD + "    last-days-of-year: forty\n", "5:24", "Give 1 to 365"),
        (HEAD + "    days-from-first-working-day: 40\n", "5:34", "Give 1 to 28"),
        (HEAD + "    untl: 12-31\n", "5:5", "'untl' is not known here"),
        (
            HEAD + "    from: {term: qingming, days: 3}\n    to: {term: qingming, days: -3}\n",
            "6:9",
            "ends before it begins",
        ),
        (HEAD + "    on: 11-01\n    district: perhaps\n", "6:15", "true or false"),
        (HEAD + "    spans: []\n", "5:12", "`spans` must be a list"),
        (HEAD + "    spans: [11-01]\n", "5:13", "'11-01' is no span"),
        (HEAD.replace(", en: It", "") + "    on: 11-01\n", "3:12", "no `en`"),
        (HEAD.replace("[C-01]", "[]") + "    on: 11-01\n", "4:12", "no `basis`"),
        (HEAD + "    on: 11-01\nschool-holidays: [summer]\n", "6:19", "no season 'summer'"),
        (HEAD + "    on: 11-01\n" + HEAD.partition("\n")[2] + "    on: 1-1\n", "6:3", "not YAML"),
        (
            HEAD + "    on: 11-01\n" + HEAD.replace("seasons", "holidays") + "    public: 元旦\n",
            "8:5",
            "'it' is a season already",
        ),
        (HEAD.replace("seasons", "holidays"), "3:5", "a holiday needs `public`"),
        ("tables: [no-such.json]\n", "1:10", "no-such.json: this work-day table cannot be read"),
    ],
)
def test_where_and_what(tmp_path: Path, text: str, where: str, said: str) -> None:
    path = tmp_path / "calendar.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=said) as caught:
        Calendar.load(path, ZoneInfo("Asia/Shanghai"))
    assert caught.value.where == (f"{path}:{where}" if where else str(path))
    assert caught.value.mend


def test_a_year_left_out_between_tables(tmp_path: Path) -> None:
    (tmp_path / "2040.json").write_text(
        '{"year": 2040, "papers": ["x"],'
        ' "days": [{"name": "国庆节", "date": "2040-10-01", "isOffDay": true}]}',
        encoding="utf-8",
    )
    path = tmp_path / "calendar.yaml"
    path.write_text("tables: [2040.json]\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"leave out 2027, .*2039"):
        Calendar.load(path, ZoneInfo("Asia/Shanghai"))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="the calendar cannot be read"):
        Calendar.load(tmp_path / "none.yaml", ZoneInfo("Asia/Shanghai"))
