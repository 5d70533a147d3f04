"""What a person types in people.csv and posts.csv: each fault has its line and says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerting.errors import BadInput
from alerting.people import read_posts
from alerting.places import Place, Places

PLACES = Places.of("99", [Place("99", "zone", "县", "County", ())])
HEAD = "id,tier,sector,place,title,title_en,holders,deputy\n"


@pytest.mark.parametrize(("row", "says"), [
    ("office,duty-office,,99,值班室,Office,li,command", "the duty office has no deputy"),
    ("office,duty-office,,99,值班室,Office,li,\nfire,field,,99,消防,Fire,li,fire", "its own deputy"),
    ("fire,field,,99,消防,Fire,li,nobody", "the deputy nobody is not among the posts"),
])  # fmt: skip
def test_a_deputy_that_cannot_stand_in_is_refused_with_its_line(
    tmp_path: Path, row: str, says: str
) -> None:
    path = tmp_path / "posts.csv"
    path.write_text(f"{HEAD}{row}\ncommand,regulator,,99,指挥部,Command,li,\n", "utf-8")
    with pytest.raises(BadInput) as told:
        read_posts(path, PLACES, {"li"})
    assert says in told.value.text()
    assert "line " in told.value.text() or f"{path}:" in told.value.text()
