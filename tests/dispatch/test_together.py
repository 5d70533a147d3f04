"""What many places share is one question: one message, one item, and how the places are called."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import delete, insert, update

from alerting.dispatch.together import called, listed
from alerting.places import Place, Places, Point
from alerting.store.schema import slice_done
from tests.dispatch.hall import Hall, ordered


def closings(hall: Hall, count: int, **more: Any) -> list[int]:
    keys = []
    for n in range(count):
        key = f"m{more.get('level', 2)}-{n}"
        hall.measure(key)
        said = {"measures": [ordered(key, "close", "proposed")], "place": f"place-{n}"}
        keys.append(hall.tell(kind="decide", wants="decision", measure=key, facts=said, **more))
    return keys


def test_one_question_is_one_message_however_many_places_it_is_about(hall: Hall) -> None:
    keys = closings(hall, 40)  # more than a batch
    hall.goes()
    [sent] = hall.deliveries()
    assert hall.carried(sent.id) == keys
    assert not sent.letters
    assert "40处" in sent.text
    assert sent.text.count("封闭路段只出不进") == 1


def test_another_level_or_moment_is_another_question(hall: Hall) -> None:
    first = closings(hall, 3)
    hall.goes()
    hall.passes(minutes=1)
    late = closings(hall, 2, level=1)
    hall.goes()
    assert [hall.carried(d.id) for d in hall.deliveries()] == [first, late]
    assert "place-0、place-1" in hall.deliveries()[1].text


def test_a_question_waits_until_its_signal_is_whole(hall: Hall) -> None:
    hall.store.write(lambda c: c.execute(insert(slice_done).values(realm="live", seq=7, slice=0)))
    closings(hall, 2)
    news = hall.tell()
    hall.goes()
    assert [hall.carried(d.id) for d in hall.deliveries()] == [[news]]
    hall.store.write(lambda c: c.execute(delete(slice_done)))
    hall.passes(minutes=1)
    assert len(hall.deliveries()) == 2


@pytest.mark.parametrize("level", [3, 4])
def test_a_signal_that_stays_half_taken_holds_no_question_for_ever(hall: Hall, level: int) -> None:
    """The engine hangs, or died by itself while dispatch lives."""
    hall.store.write(lambda c: c.execute(insert(slice_done).values(realm="live", seq=7, slice=0)))
    keys = closings(hall, 2, level=level)
    hall.passes(seconds=19)
    assert not hall.deliveries()
    hall.passes(seconds=2)
    assert [hall.carried(d.id) for d in hall.deliveries()] == [keys]
    hall.store.write(lambda c: c.execute(update(slice_done).values(seq=8)))
    closings(hall, 2, level=level - 2)
    hall.passes(seconds=10)
    assert len(hall.deliveries()) == 1, "another signal has its own time"


HEIGHTS = {"a": 1230.0, "b": 1400.0, "c": 1300.0, "d": 1250.0, "low": 900.0}


def words(language: str, **heights: float) -> Any:
    made = [
        Place(key, "school", f"{key}校", f"School {key}", (Point(key, 26, 106, height),))
        for key, height in (HEIGHTS | heights).items()
    ]
    join = "、" if language == "zh" else ", "
    return SimpleNamespace(language=language, places=Places.of("county", made), join=join.join,
                           book=SimpleNamespace(rules_by_id={}))  # fmt: skip


@pytest.mark.parametrize(("ids", "heights", "zh", "en"), [
    ("ab", {}, "a校、b校", "School a, School b"),
    ("abcd", {}, "海拔1200米以上4处学校", "4 schools above 1,200 m"),
    ("abcd", {"low": 1210.0}, "海拔1230米以上4处学校", "4 schools above 1,230 m"),
    ("abcd", {"low": 1300.0}, "4处学校", "4 schools"),
    (["a", "b", "c", "d", "low"], {}, "全部5处学校", "all 5 schools"),
])  # fmt: skip
def test_places_are_named_or_counted_with_a_height_only_where_it_tells_them_apart(
    ids: Any, heights: dict[str, float], zh: str, en: str
) -> None:
    assert called(words("zh", **heights), list(ids), "") == zh
    assert called(words("en", **heights), list(ids), "") == en


def test_a_list_stands_beside_a_count() -> None:
    assert listed(words("zh"), ["a", "b"]) == ""
    assert listed(words("en"), list("abcd")) == "List: School a, School b, School c, School d"
