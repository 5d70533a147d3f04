"""What a person types in people.csv and posts.csv: each fault has its line and says what to do."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from alerting.errors import BadInput
from alerting.people import import_people, person_at, read_people, read_posts
from alerting.places import Place, Places
from alerting.store import Store

HEAD = "id,name,name_en,language,role,contacts\n"
PLACES = Places.of("99", [Place("99", "zone", "县", "County", ())])
POSTS = "id,tier,sector,place,title,title_en,holders,deputy\n"


def read(folder: Path, *contacts: str) -> list[list[tuple[str, str]]]:
    """What is taken of people with these contacts."""
    file = folder / "people.csv"
    rows = (f"p{n},某,,zh,answer,{one}\n" for n, one in enumerate(contacts))
    file.write_text(HEAD + "".join(rows), "utf-8")
    return [one["contacts"] for one in read_people(file, {"sms", "console"}, {"sms"})]


@pytest.mark.parametrize("written", [
    "+8613912345678", "+86-139-1234-5678", "+86(139)12345678", "＋8613912345678", "+86１３９12345678",
    "tel:+8613912345678",
])  # fmt: skip
def test_whoever_answers_from_a_number_is_known_however_it_was_written(
    tmp_path: Path, written: str
) -> None:
    assert read(tmp_path, f"sms:{written}") == [[("sms", "+8613912345678")]]
    people = read_people(tmp_path / "people.csv", {"sms"}, {"sms"})
    store = Store(":memory:")
    store.write(lambda c: import_people(c, people, "live", datetime(2026, 1, 1, tzinfo=UTC), "x"))
    with store.read() as connection:
        found = person_at(connection, "sms", "+8613912345678")
    assert found is not None
    assert found.id == "p0"


@pytest.mark.parametrize("written", [
    "+8613912345678x", "+8613912345678ext5", "13912345678", "008613912345678", "+86", "陈", "+86139A2345678",
])  # fmt: skip
def test_what_is_no_number_is_refused_with_its_line(tmp_path: Path, written: str) -> None:
    with pytest.raises(BadInput) as wrong:
        read(tmp_path, "console:p0", f"sms:{written}")
    assert f"line 3: {written!r} is no phone number with its country, e.g. +44…" in str(wrong.value)


def test_a_console_from_which_nobody_answers_may_be_many_peoples(tmp_path: Path) -> None:
    assert len(read(tmp_path, "console:desk", "console:desk")) == 2


@pytest.mark.parametrize(("contacts", "expected"), [
    (("console:",), "line 2: 'console:' has no address; write channel:address"),
    (("sms:+8613912345678 sms:+86-139-12345678",), "line 2: sms:+8613912345678 stands there twice"),
    (("sms:+8613912345678", "console:x", "sms:+86-139-1234-5678"),
     "line 4: sms:+8613912345678 is p0's already, line 2"),
])  # fmt: skip
def test_an_address_is_one_persons(
    tmp_path: Path, contacts: tuple[str, ...], expected: str
) -> None:
    with pytest.raises(BadInput) as wrong:
        read(tmp_path, *contacts)
    assert expected in str(wrong.value)


@pytest.mark.parametrize(("row", "says"), [
    ("office,duty-office,,99,值班室,Office,li,command", "the duty office has no deputy"),
    ("office,duty-office,,99,值班室,Office,li,\nfire,field,,99,消防,Fire,li,fire", "its own deputy"),
    ("fire,field,,99,消防,Fire,li,nobody", "the deputy nobody is not among the posts"),
])  # fmt: skip
def test_a_deputy_that_cannot_stand_in_is_refused_with_its_line(
    tmp_path: Path, row: str, says: str
) -> None:
    path = tmp_path / "posts.csv"
    path.write_text(f"{POSTS}{row}\ncommand,regulator,,99,指挥部,Command,li,\n", "utf-8")
    with pytest.raises(BadInput) as told:
        read_posts(path, PLACES, {"li"})
    assert says in told.value.text()
    assert "line " in told.value.text() or f"{path}:" in told.value.text()
