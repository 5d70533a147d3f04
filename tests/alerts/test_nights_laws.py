"""What holds of closures by the hour whoever asks for them, in whatever order: drawn at random."""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import select

from alerting import chase
from alerting.alerts import measures, timed
from alerting.alerts.joint import overlap
from alerting.alerts.orders import LOOKED_AT, OPEN_WORK
from alerting.alerts.settling import ANSWERS, meanwhile, settle
from alerting.chase.changing import changed_arguments
from alerting.errors import BadInput
from alerting.store.rows import Row
from alerting.store.schema import asker, measure, meeting
from tests.alerts.county import STORY
from tests.alerts.test_nights import MORE, NIGHTS, Nights

PEOPLE = ("person:zhao", "person:wang")
ASKERS = (*PEOPLE, "live.x.road.1", "live.y.road.1", "response:live.p.1")
HOURS = ({}, {"until": "08:00"}, {"until": "12:00"}, {"until": "18:00"},
         {"from": "20:00", "until": "08:00"}, {"from": "20:30", "until": "08:00"},
         {"from": "22:00", "until": "02:00"}, {"from": "02:00", "until": "05:00"})  # fmt: skip
EXAMPLES = 500 if os.environ.get("SUIAN_ALL_FAULTS") else 12  # `make faults`


@cache
def _book() -> Path:
    book = Path(tempfile.mkdtemp()) / "book"
    shutil.copytree(STORY / "book", book)
    for name, more in (("measures.yaml", MORE), ("roads.yaml", NIGHTS)):
        with (book / name).open("a", encoding="utf-8") as file:
            file.write(more)
    return book


class NightsAtRandom(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.county = Nights(book=_book())

    def rows(self) -> list:
        with self.county.store.read() as c:
            return list(c.execute(select(measure).order_by(measure.c.number)))

    @rule(by=st.sampled_from(ASKERS), name=st.sampled_from(("hold", "shut", "release")),
          hours=st.sampled_from(HOURS), level=st.sampled_from((2, 3, 4)))  # fmt: skip
    def asks(self, by: str, name: str, hours: dict, level: int) -> None:
        self.county.asks(by, name, level, **hours)

    @rule(by=st.sampled_from(ASKERS[2:]))
    def asks_no_more(self, by: str) -> None:
        self.county.no_longer(by)

    @precondition(lambda self: any(r.ended is None for r in self.rows()))
    @rule(data=st.data())
    def somebody_answers(self, data: st.DataObject) -> None:
        row = data.draw(st.sampled_from([r for r in self.rows() if r.ended is None]))
        acts = {"proposed": (measures.approve, measures.approve, measures.refuse),
                "issued": (measures.in_force, measures.cannot),
                "in force": (measures.cannot,), "lift proposed": (measures.attest,)}  # fmt: skip
        act = data.draw(st.sampled_from((*acts.get(row.state, ()), measures.withdraw)))
        said = ("x",) if act in (measures.refuse, measures.cannot, measures.withdraw) else ()
        county = self.county
        assert county.store.write(lambda c: act(c, county.life, row.id, "wang", county.now, *said))

    def before_their_decider(self) -> list[Row]:
        return [r for r in self.rows() if r.ended is None and (r.state == "proposed" or r.put)]

    @precondition(lambda self: self.before_their_decider())
    @rule(data=st.data(), hours=st.sampled_from(HOURS))
    def somebody_changes(self, data: st.DataObject, hours: dict) -> None:
        county = self.county
        row = data.draw(st.sampled_from(self.before_their_decider()))
        whole = changed_arguments(county.life, row, {"from": "", "until": "", **hours})
        try:
            assert county.store.write(
                lambda c: measures.approve(c, county.life, row.id, "wang", county.now, whole, "x"))
        except BadInput:  # hours that are none of the measure's
            assert county.store.write(
                lambda c: measures.approve(c, county.life, row.id, "wang", county.now))

    @precondition(lambda self: any(r.put for r in self.before_their_decider()))
    @rule(data=st.data(), act=st.sampled_from((measures.approve, measures.refuse)))
    def somebody_answers_anew(self, data: st.DataObject, act: Any) -> None:
        row = data.draw(st.sampled_from([r for r in self.before_their_decider() if r.put]))
        county, said = self.county, ("x",) if act is measures.refuse else ()
        assert county.store.write(lambda c: act(c, county.life, row.id, "wang", county.now, *said))

    @precondition(lambda self: self.questions())
    @rule(data=st.data(), answer=st.sampled_from(ANSWERS))
    def somebody_decides(self, data: st.DataObject, answer: str) -> None:
        second, county = data.draw(st.sampled_from(self.questions())), self.county
        assert county.store.write(lambda c: settle(c, county.life, second, answer, "wang", county.now))

    @precondition(lambda self: self.questions())
    @rule(data=st.data())
    def nobody_decides(self, data: st.DataObject) -> None:
        second, county = data.draw(st.sampled_from(self.questions())), self.county
        county.store.write(lambda c: meanwhile(c, county.life, second, county.now))

    def questions(self) -> list[str]:
        with self.county.store.read() as c:
            return list(c.execute(select(meeting.c.second).where(meeting.c.state == "open")
                                  .order_by(meeting.c.second)).scalars())  # fmt: skip

    @rule(hours=st.sampled_from((0.5, 1, 4, 9)))
    def time_passes(self, hours: float) -> None:
        covered = self.covered()
        self.county.until(f"{(self.county.now + timedelta(hours=8 + hours)):%d %H:%M}")
        for row in self.rows():
            if row.ended is not None and row.id in covered:
                assert row.state != "expired", f"{row.id} was still asked for"
            if row.signed and row.state == "expired" and row.issued:
                assert _signed_end(row) is not None, f"{row.id} was signed until a look"
                assert row.ended >= _signed_end(row), f"{row.id} was signed for longer"

    def covered(self) -> set[str]:
        """What is in force and asked for by an alert or a response: no clock ends it."""
        with self.county.store.read() as c:
            rows = c.execute(
                select(measure.c.id).join(asker, asker.c.measure == measure.c.id)
                .where(measure.c.state == "in force", asker.c.ended.is_(None),
                       asker.c.asker.not_like("person:%")))  # fmt: skip
            return set(rows.scalars())

    @invariant()
    def nothing_is_left_to_do(self) -> None:
        county = self.county
        county.store.write(lambda c: chase.step(c, county.life, county.now))
        assert not county.store.write(lambda c: timed.do_what_is_due(c, county.life, county.now))

    @invariant()
    def nobody_asks_past_their_own_end(self) -> None:
        with self.county.store.read() as c:
            rows = c.execute(select(asker, measure.c.ended.label("over"))
                             .join(measure, measure.c.id == asker.c.measure)).all()  # fmt: skip
        late = [r for r in rows if r.asker in PEOPLE and r.ended is None and r.over is None
                and r.ends is not None and r.ends <= self.county.now]  # fmt: skip
        assert not late

    @invariant()
    def what_is_open_ends_with_the_last_who_ask(self) -> None:
        with self.county.store.read() as c:
            rows = c.execute(select(asker).where(asker.c.ended.is_(None))).all()
        for row in self.rows():
            if row.ended is None and row.signed and row.state != "lift proposed":
                assert row.ends == _signed_end(row)
                continue
            live = [a.ends for a in rows if a.measure == row.id
                    and (a.ends is None or a.ends > self.county.now)]  # fmt: skip
            if row.ended is None and live and row.state != "lift proposed":
                assert row.ends == (None if None in live else max(live))

    @invariant()
    def two_that_conflict_never_stand_undecided(self) -> None:
        with self.county.store.read() as c:
            met = {frozenset((m.first, m.second)): m for m in c.execute(select(meeting))}
        standing = [r for r in self.rows() if r.state in (*OPEN_WORK, *LOOKED_AT)]
        for shut in (r for r in standing if r.measure == "shut"):
            for release in (r for r in standing if r.measure == "release"):
                if overlap(_until_looked_at(shut), _until_looked_at(release)):
                    held = met[frozenset((shut.id, release.id))]
                    assert held.answer == "both", f"{shut.id} {shut.state}, {release.id} {release.state}"

    @invariant()
    def what_was_ordered_was_signed(self) -> None:
        assert not [r.id for r in self.rows()
                    if r.issued is not None and r.decider is not None and r.decided_by is None]


def _signed_end(row: Row) -> datetime | None:
    return datetime.fromisoformat(row.signed["ends"]) if row.signed["ends"] else None


def _until_looked_at(row: Row) -> Any:
    return SimpleNamespace(begins=row.begins, ends=None if row.state in LOOKED_AT else row.ends)


TestNightsAtRandom = NightsAtRandom.TestCase
TestNightsAtRandom.settings = settings(
    max_examples=EXAMPLES, stateful_step_count=25, deadline=None, derandomize=True,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
