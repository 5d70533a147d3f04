"""Word of a changed roster: to whom it goes, and what else it must say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from alerting.people import person_by_id
from alerting.people.roster_changes import Desk
from alerting.service import roster_desk
from alerting.store.schema import notice
from tests.service.test_watch_loop import Watched, rosters, watched

__all__ = ["watched"]  # the fixture

DAILY = {"people": ["wang"], "every": "1 day", "hand-over": "08:00", "from": "2026-01-19"}
EVENT = ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:{}\r\nDTSTART:20260122T080000\r\n"
         "DTEND:20260123T080000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")  # fmt: skip


def told(watched: Watched, work: Any) -> dict[str, str]:
    """What people are told of what wang does at his desk."""

    def write(connection: Any) -> None:
        wang = person_by_id(connection, "wang")
        assert wang is not None
        zone = watched.station.config.county.zone
        work(Desk(connection, zone, "live", watched.clock.now(), wang))

    watched.station.store.write(write)
    with watched.station.store.read() as connection:
        rows = connection.execute(select(notice).where(notice.c.kind == "roster"))
        return {row.person: row.facts["reason"]["zh"] for row in rows}


@pytest.mark.parametrize(("post", "person", "may_not"), [
    ("transport", "chen", True),  # the bureau decides on closures
    ("transport", "zhao", False),
    ("police", "chen", False),
])  # fmt: skip
def test_that_somebody_may_not_decide_is_said_to_them_and_to_who_put_them_there(
    watched: Watched, post: str, person: str, may_not: bool
) -> None:
    rosters(watched, {post: {"post": post, "layers": [DAILY]}})
    begins, ends = datetime(2026, 1, 22, tzinfo=UTC), datetime(2026, 1, 23, tzinfo=UTC)
    said = told(watched, lambda desk: roster_desk.put_on(
        watched.station, desk, post=post, kind="replace", begins=begins, ends=ends, person=person,
        instead_of="", reason="培训",
    ))  # fmt: skip
    assert set(said) == ({person, "wang"} if may_not else {person})
    assert ("没有决定权限" in said[person]) == may_not


def test_a_calendar_is_told_to_whom_it_puts_on_duty_and_whom_it_relieves(watched: Watched) -> None:
    rosters(watched, {"police": {"post": "police", "layers": [DAILY | {"people": ["li"]}]}})
    said = told(watched, lambda desk: roster_desk.take_calendar(
        watched.station, desk, "police", EVENT.format("chen"), "春节"))  # fmt: skip
    assert set(said) == {"chen", "li"}
    assert "其中您在1月22日08:00至1月23日08:00值班" in said["chen"]
    assert "其中您不值班" in said["li"]
