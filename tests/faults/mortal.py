"""A town whose service may die at any step of its story, is started again, and goes on."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import select

from alerting.store.schema import alert, asker, delivery, delivery_notice, measure, notice
from alerting.store.schema_callout import callee, callout, callout_report
from tests.scenarios.nursery import Nursery
from tests.scenarios.standin import ACCOUNT, SENDER, Sms, StandIn
from tests.scenarios.town import START, ProcessGone, Town, plainly

# Whoever says nothing is called few times, so that the story stays short enough to die at each of its
# commits.
PATIENT = plainly({"red": 300, "orange": 300, "lower": 300}, times=1, last=1)
CALLING = """\
questions:
  commander: {zh: 现场指挥, en: who commands}
  help: {zh: 是否需要支援, en: is help needed, kind: yes-no, help: true}
  harm: {zh: 伤亡人数, en: people hurt, kind: number}
call-outs:
  red: {call: {township: [commander, help]}, at-the-end: [harm]}
"""
# How a death in the middle of a request or of the clock's own conversation shows.
DEATH = (ProcessGone, requests.ConnectionError, ConnectionError)


class MortalTown(Town):
    """`die` is SUIAN_DIE of its first process; the one after it lives."""

    def __init__(
        self, folder: Path, provider: StandIn, nursery: Nursery, die: str = ""
    ) -> None:
        super().__init__(folder, provider, nursery, policies=PATIENT)
        (self.folder / "rules" / "calling.yaml").write_text(CALLING, "utf-8")
        self._die = die
        # Receipts for the first message alone: each is a commit more to die at.
        provider.on_send = self._first_alone
        self._heading = START
        self.killed = 0

    def _first_alone(self, _: Sms) -> None:
        self.provider.calls_back = len(self.provider.messages) == 1

    # The process

    def begin(self, at: datetime | None = None) -> MortalTown:
        self._environment = {"SUIAN_DIE": self._die} if self._die else {}
        self._die = ""
        super().begin(at)
        return self

    def live(self, step: Callable[[], Any]) -> None:
        """Do a step; where the process dies in it, start it again and do the same step once more."""
        try:
            step()
        except DEATH:
            self._is_dead_by_its_own_hand()
            self.now = max(self.now, self._heading)
            self.live(self.begin)
            if step != self.begin:  # a death while starting is made up for by the start itself
                self.live(step)

    def _is_dead_by_its_own_hand(self) -> None:
        code = self.exits()
        assert code == -signal.SIGKILL, f"it ended with {code}: {self.log()[-3000:]}"
        self.killed += 1
        assert self.killed == 1, "only one of its points kills"

    @property
    def points(self) -> dict[str, int]:
        """Commits and sends the running process has come to."""
        answer = self._say({"do": "settle"})
        return {"commit": answer["commits"], "send": answer["sends"]}

    # The story

    def reaches(self, minute: float) -> None:
        """Time goes on to that minute of the story, deadline by deadline."""
        target = START + timedelta(minutes=minute)
        answer = self._say({"do": "settle"})
        while self.now < target:
            due = datetime.fromisoformat(answer["next"]) if answer["next"] else target
            # Whoever comes after a death starts at the time it was moving to: time goes not back.
            self._heading = min(max(due, self.now + timedelta(milliseconds=1)), target)
            seconds = (self._heading - self.now).total_seconds()
            answer = self._say({"do": "advance", "seconds": seconds})
            self.now = datetime.fromisoformat(answer["now"])
            if self.provider.callbacks:
                self.provider.flush()
                answer = self._say({"do": "settle"})
        self.settles()

    def hands_in(self, envelope: dict[str, Any]) -> None:
        answer = self.api("POST", "/signals", json=envelope)
        assert answer.status_code == 202, answer.text
        self.settles()

    def answers(self, number: str, digit: str, sid: str, rest: str = "") -> None:
        """To the newest message of theirs that asks; said again, it is the same message again."""
        said = {"MessageSid": sid, "From": number, "To": SENDER, "AccountSid": ACCOUNT,
                "Body": f"{digit}{self._code(number)} {rest}".strip()}  # fmt: skip
        status = self.provider._post(self.inbound, said, False)
        assert status == 200, status
        self.settles()

    def _code(self, number: str) -> str:
        store = self.store()
        with store.read() as connection:
            found = connection.execute(
                select(delivery.c.code)
                .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
                .join(notice, notice.c.id == delivery_notice.c.notice)
                .where(delivery.c.address == number, notice.c.wants != "")
                .order_by(delivery.c.id.desc())
                .limit(1)
            ).scalar_one()
        store.close()
        return str(found)

    # What came of it

    def outcome(self) -> dict[str, Any]:
        """Alerts, measures, and for each person the notices that reached them; no numbers, no times."""
        store = self.store()
        with store.read() as connection:
            alerts = connection.execute(
                select(alert.c.id, alert.c.state, alert.c.level, alert.c.peak, alert.c.official)
                .order_by(alert.c.id)
            ).all()  # fmt: skip
            measures = connection.execute(
                select(measure.c.id, measure.c.state, measure.c.level, measure.c.arguments)
                .order_by(measure.c.id)
            ).all()
            askers = connection.execute(
                select(asker.c.measure, asker.c.asker, asker.c.begins, asker.c.ends,
                       asker.c.ended.is_(None))
                .order_by(asker.c.measure, asker.c.asker)
            ).all()  # fmt: skip
            told = connection.execute(
                select(delivery.c.person, notice.c.kind, notice.c.alert, notice.c.measure,
                       notice.c.wants, notice.c.level, notice.c.post, notice.c.rung, notice.c.round)
                .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
                .join(notice, notice.c.id == delivery_notice.c.notice)
                .where(delivery.c.state.in_(["accepted", "delivered", "read", "answered"]))
            ).all()  # fmt: skip
            callouts = connection.execute(
                select(callout.c.id, callout.c.state, callout.c.level).order_by(callout.c.id)
            ).all()
            called = connection.execute(
                select(callee.c.callout, callee.c.post, callee.c.woken_by, callee.c.reported.is_(None),
                       callee.c.closed.is_(None)).order_by(callee.c.callout, callee.c.post)
            ).all()  # fmt: skip
            reports = connection.execute(
                select(callout_report.c.post, callout_report.c.wants, callout_report.c.by,
                       callout_report.c.said).order_by(callout_report.c.n)
            ).all()  # fmt: skip
            waiting = connection.execute(
                select(notice.c.id, notice.c.kind).where(notice.c.state == "due")
            ).all()
            texts = connection.execute(
                select(delivery.c.address, delivery.c.text)
                .where(delivery.c.channel == "sms")
                .where(delivery.c.state.in_(["accepted", "delivered", "read", "answered"]))
            ).all()
        store.close()
        held = [(m.to, m.body) for m in self.provider.messages]
        assert all(tuple(t) in held for t in texts), "a message counts as sent and never was"
        return {
            "alerts": [tuple(a) for a in alerts],
            "measures": [(*m[:3], sorted(m.arguments.items())) for m in measures],
            "askers": [tuple(a) for a in askers],
            "callouts": [tuple(c) for c in (*callouts, *called)],
            "reports": [(*r[:3], sorted(r.said.items())) for r in reports],
            "told": sorted({tuple("" if v is None else v for v in t) for t in told}),
            "waiting": [tuple(w) for w in waiting],
        }

    def sent_twice(self) -> int:
        """Messages the provider got more than once, word for word."""
        held = [(m.to, m.body) for m in self.provider.messages]
        return len(held) - len(set(held))
