"""A town whose service may die at any step of its story, is started again, and goes on."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import select

from alerting.store.schema import delivery, delivery_notice, notice
from tests.faults.came_of import came_of
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
        store = self.store()
        try:
            return came_of(store, self.provider)
        finally:
            store.close()

    def sent_twice(self) -> int:
        """Messages the provider got more than once, word for word."""
        held = [(m.to, m.body) for m in self.provider.messages]
        return len(held) - len(set(held))
