"""The sums of a bulletin over rows put in by hand: the month's edges, reopening, the gate, dead letters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert

from alerting.places import Place, Places, Point
from alerting.service.bulletin import Month, bulletin
from alerting.store import Store
from alerting.store import schema as s

ZONE = ZoneInfo("Asia/Shanghai")
DECEMBER = Month(2026, 12)
FIRST = DECEMBER.begins(ZONE)
AFTER = DECEMBER.after.begins(ZONE)
NOW = AFTER + timedelta(days=3)
PLACES = Places.of("99", [
    Place("99", "zone", "某县", "A county", ()),
    Place("a", "zone", "甲镇", "A town", (Point("a", 27.0, 107.0, 900),), parent="99"),
])  # fmt: skip
BOOK = SimpleNamespace(rules_by_id={}, measures={"halt": SimpleNamespace(
    title={"zh": "停产", "en": "Halt"}, gate=True)})  # fmt: skip


class Books:
    def __init__(self, path: Path) -> None:
        self.store = Store(path / "suian.db")
        for name, kind in (("live", "live"), ("exercise-1", "exercise")):
            self.put(s.realm, id=name, kind=kind, exercise=kind == "exercise", speed=1.0,
                     title={"zh": name, "en": name}, started=FIRST, begins=FIRST)
        for tier in ("field", "township"):
            self.put(s.post, id=tier, tier=tier, place="a", title=f"{tier}岗", title_en=tier)
        self.put(s.person, id="chen", name="陈", language="zh", role="answer")

    def put(self, table: Any, **values: Any) -> Any:
        return self.store.write(lambda c: c.execute(insert(table).values(**values)).inserted_primary_key[0])

    def alert(self, key: str, *changes: tuple[datetime, str, int], realm: str = "live", **more: Any) -> str:
        """An alert with its changes: (at, what, level), the first of them its opening."""
        ends = changes[-1][1] in ("cleared", "withdrawn")
        given = {"onset": None, "woken": None, "sector": "road-traffic", "hazard": "fog"} | more
        self.put(s.alert, id=key, realm=realm, rule=key, place="a", episode=1,
                 state="closed" if ends else "open", level=changes[-1][2] or 1, peak=1,
                 opened=changes[0][0], closed=changes[-1][0] if ends else None,
                 updated=changes[-1][0], why={}, **given)
        for at, what, level in changes:
            self.put(s.alert_change, realm=realm, alert=key, at=at, what=what, level=level, by="x", why={})
        return key

    def call(self, post: str, after: float | None, *, alert: str | None = None, **more: Any) -> None:
        """A call at FIRST, answered after so many minutes or never."""
        given = {"rung": 0, "round": 0, "realm": "live", "wants": "acknowledge",
                 "state": "open" if after is None else "answered"} | more  # fmt: skip
        self.put(s.pursuit, alert=alert, post=post, at_post=post, level=1, opened=FIRST,
                 answered=None if after is None else FIRST + timedelta(minutes=after), **given)

    def measure(self, key: str, **more: Any) -> str:
        given = {"measure": "halt", "state": "issued", "proposed": FIRST, "issued": FIRST} | more
        self.put(s.measure, id=key, realm="live", object=key, carrier="field", number=1, level=1,
                 arguments={}, **given)
        return key

    def told(self, now: datetime = NOW, realm: str = "live") -> Any:
        with self.store.read() as c:
            return bulletin(c, PLACES, BOOK, ZONE, DECEMBER, now, realm)


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books(tmp_path)


def hours(n: float) -> timedelta:
    return timedelta(hours=n)


def test_hours_are_cut_at_the_months_edges_and_overlaps_count_once(books: Books) -> None:
    books.alert("early", (FIRST - hours(5), "opened", 2), (FIRST + hours(2), "raised", 3),
                (FIRST + hours(3), "fell", 1), (FIRST + hours(6), "cleared", 0))  # fmt: skip
    books.alert("beside", (FIRST + hours(1), "opened", 2), (FIRST + hours(4), "cleared", 0))
    books.alert("late", (AFTER - hours(1), "opened", 2))
    books.alert("gone", (FIRST - hours(9), "opened", 4), (FIRST - hours(1), "cleared", 0))
    books.alert("next", (AFTER, "opened", 4))
    [row] = books.told()["alerts"]
    assert (row["alerts"], row["hours"]) == (3, 7.0)
    assert row["levels"] == [
        {"level": "orange", "alerts": 1, "hours": 1.0},
        {"level": "yellow", "alerts": 2, "hours": 5.0},
        {"level": "blue", "alerts": 0, "hours": 3.0},
    ]


def test_between_clearing_and_reopening_it_was_not_in_force(books: Books) -> None:
    books.alert("fog", (FIRST, "opened", 2), (FIRST + hours(1), "cleared", 0),
                (FIRST + hours(4), "reopened", 2), (FIRST + hours(5), "updated", 2),
                (FIRST + hours(6), "withdrawn", 2))  # fmt: skip
    [row] = books.told()["alerts"]
    assert (row["alerts"], row["hours"]) == (1, 3.0)


def test_leads_name_the_late_and_the_silent_and_leave_duties_out(books: Books) -> None:
    at = FIRST + hours(10)
    books.alert("good", (FIRST, "opened", 2), onset=at, woken=at - timedelta(minutes=50))
    books.alert("late", (FIRST, "opened", 2), onset=at, woken=at + timedelta(minutes=5))
    books.alert("silent", (FIRST, "opened", 2), onset=at)
    books.alert("unasked", (FIRST, "opened", 2), onset=at)
    books.alert("duty", (FIRST, "opened", 2), onset=at, hazard="season", woken=at + hours(3))
    for post, alert in (("field", "silent"), ("township", "unasked")):
        books.put(s.notice, realm="live", kind="open", alert=alert, post=post, wants="acknowledge",
                  level=2, created=FIRST, due=FIRST, state="carried", facts={})
    lead = books.told()["lead"]
    assert (lead["counted"], lead["median"], lead["unasked"]) == (2, 22.5, 1)
    assert [one["alert"] for one in lead["late"]] == ["late"]
    assert [one["alert"] for one in lead["none"]] == ["silent"]
    assert (lead["worst"]["alert"], lead["worst"]["lead"]) == ("late", -5)


def test_an_answer_on_a_higher_rung_is_late_and_what_ended_in_time_is_nobodys_fault(books: Books) -> None:
    books.call("field", 4)
    books.call("field", 40, rung=1)
    books.call("field", None, rung=2, end_reason="exhausted")
    books.call("field", None, state="ended", end_reason="lifted")
    books.call("township", 60 * 24 * 40)  # after the month
    books.call("field", 1, realm="exercise-1")
    field, township = books.told()["tiers"]
    assert [field[k] for k in ("asked", "woken", "late", "never", "median")] == [4, 2, 1, 1, 22]
    assert (township["asked"], township["woken"]) == (1, 0)
    [first] = books.told()["posts"]
    assert (first["title"]["en"], first["never"], first["late"]) == ("field", 1, 1)


def test_a_halt_shows_who_attested_what_was_refused_and_that_it_still_stood(books: Books) -> None:
    lifted = books.measure("lifted", state="lifted", attested=FIRST + hours(3), attested_by="chen",
                           ended=FIRST + hours(4))  # fmt: skip
    books.measure("stands", state="lifted", attested=AFTER + hours(1), attested_by="chen",
                  ended=AFTER + hours(2), overdue=FIRST + hours(1))  # fmt: skip
    books.measure("before", state="lifted", proposed=FIRST - hours(9), ended=FIRST - hours(1))
    books.put(s.answer, id="1", realm="live", person="chen", channel="page", measure=lifted,
              act="attest-gate", at=FIRST + hours(2), outcome="refused")
    made = books.told()
    first, second = made["gates"]
    assert (first["attested_by"]["zh"], first["ended"], first["refused"]) == ("陈", "2026-11-30T20:00:00Z", 1)
    assert (second["attested"], second["attested_by"], second["ended"]) == (None, None, None)
    [still] = made["open"]
    assert (still["days"], still["overdue"], still["ended_since"]) == (31, 1, 1)
    assert made["decisions"] == []


def test_messages_given_up_name_their_reader_and_an_exercises_do_not_count(books: Books) -> None:
    for realm, state in (("live", "dead"), ("live", "answered"), ("exercise-1", "dead")):
        books.put(s.delivery, realm=realm, person="chen", channel="sms", address="1", band="red",
                  round=0, state=state, language="zh", text="", code="1", link="", letters={},
                  created=FIRST, at=FIRST)
    made = books.told()
    assert made["messages"] == {
        "sent": 2, "by_channel": {"sms": 2}, "dead": 1,
        "dead_letters": [{"channel": "sms", "who": {"zh": "陈", "en": "陈"}, "messages": 1}],
    }  # fmt: skip
    assert [one["messages"] for one in made["exercises"]] == [1]


def test_what_the_watch_said_counts_as_no_advisory(books: Books) -> None:
    books.alert("source-silent", (FIRST, "opened", 3), (FIRST + hours(2), "cleared", 0),
                sector="service", hazard="service")  # fmt: skip
    made = books.told()
    assert made["alerts"] == []
    assert [(row["title"]["zh"], row["hours"], row["open"]) for row in made["unseen"]] == [
        ("数据源静默", 2.0, False)]  # fmt: skip


def test_nothing_to_tell_is_empty_and_a_running_month_says_until_when(books: Books) -> None:
    middle = datetime(2026, 12, 10, tzinfo=UTC)
    assert books.told(middle)["as_of"] == "2026-12-10T00:00:00Z"
    assert books.told(realm="exercise-1")["empty"]
    assert books.told()["as_of"] is None
