"""The dispatcher in real time, in a storm, and killed in the middle of a send."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from alerting.dispatch import Around, Dispatcher, Message, Sent
from alerting.dispatch.channels.twilio import Channel, Options
from alerting.runtime import RealRuntime
from alerting.store import Writer
from tests.dispatch.hall import START, ZONE, Hall, Phone, book, places, run
from tests.dispatch.provider import ACCOUNT, Provider, with_provider


class Slow(Phone):
    """Takes messages and answers only when it is let go."""

    def __init__(self, name: str, runtime: object) -> None:
        super().__init__(name, runtime)
        self.let_go = asyncio.Event()

    async def send(self, message: Message) -> Sent:
        await self.let_go.wait()
        return await super().send(message)


async def until(true: Callable[[], bool]) -> None:
    for _ in range(500):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")


def test_a_provider_that_hangs_holds_up_nobody_else(tmp_path: Path) -> None:
    hall = Hall(tmp_path)

    async def story() -> None:
        runtime = RealRuntime()
        slow, quick = Slow("sms", runtime), Phone("console", runtime)
        dispatcher = Dispatcher(
            store=hall.store, writer=Writer(hall.store, runtime), runtime=runtime,
            channels={"sms": slow, "console": quick}, book=book(), places=places(),
            sender={"zh": "雾岭县应急办", "en": "Wuling EMO"}, zone=ZONE, url="http://here",
            now_of=lambda _: runtime.now(),
        )  # fmt: skip
        hall.tell("site")
        hall.tell("police", kind="reminder", round=1)
        assert await dispatcher.step()
        await until(lambda: any(d.state == "accepted" for d in hall.deliveries()))
        assert {d.channel: d.state for d in hall.deliveries()} == {
            "sms": "sending", "console": "accepted"}  # fmt: skip
        assert not await dispatcher.step()
        slow.let_go.set()
        await dispatcher.close()
        assert [d.state for d in hall.deliveries()] == ["accepted", "accepted"]
        runtime.close()

    run(story())
    hall.store.close()


class Away(Writer):
    """Its store can be gone for a while."""

    gone = False

    async def write(self, work: Callable[[Connection], Any], *, first: bool = False) -> Any:
        if self.gone:
            why = sqlite3.OperationalError("disk I/O error")
            why.sqlite_errorcode = sqlite3.SQLITE_IOERR
            raise OperationalError("COMMIT", {}, why)
        return await super().write(work, first=first)


def test_what_the_provider_said_while_the_store_was_away_is_written_down_when_it_is_back(
    tmp_path: Path,
) -> None:
    """Else the message would be asked about, or sent again, when its lease runs out."""
    hall = Hall(tmp_path)

    async def story() -> None:
        runtime = RealRuntime()
        slow, writer = Slow("sms", runtime), Away(hall.store, runtime)
        dispatcher = Dispatcher(
            store=hall.store, writer=writer, runtime=runtime, channels={"sms": slow}, book=book(),
            places=places(), sender={"zh": "雾岭县应急办", "en": "Wuling EMO"}, zone=ZONE,
            url="http://here", now_of=lambda _: runtime.now(),
        )  # fmt: skip
        hall.tell("police")
        assert await dispatcher.step()
        writer.gone = True
        slow.let_go.set()
        await until(lambda: dispatcher._trouble is not None)
        with pytest.raises(OperationalError, match="disk I/O error"):
            await dispatcher.step()
        assert [d.state for d in hall.deliveries()] == ["sending"]
        writer.gone = False
        await dispatcher.step()
        await until(lambda: [d.state for d in hall.deliveries()] == ["accepted"])
        assert [(d.attempts, d.resends, d.leased_until) for d in hall.deliveries()] == [(1, 0, None)]
        assert len(slow.got) == 1
        await dispatcher.close()
        runtime.close()

    run(story())
    hall.store.close()


def test_by_a_clock_that_is_held_back_what_is_due_later_is_no_work(tmp_path: Path) -> None:
    """An exercise's clock stands at its limit until the work is done; its time does not come by
    itself, however late it is by the machine's."""

    class Held(Hall):
        def now_of(self, realm_id: str) -> datetime:
            return START

    hall = Held(tmp_path)
    hall.tell("site", due=START + timedelta(seconds=10))
    hall.runtime.advance(timedelta(hours=1))
    assert not hall.dispatcher.has_work()
    hall.tell("police", due=START)
    assert hall.dispatcher.has_work()
    hall.store.close()


def test_a_storm_is_told_once_each_and_in_few_transactions(hall: Hall) -> None:
    commits = 0

    def count(_wrote: object) -> None:
        nonlocal commits
        commits += 1

    hall.writer.on_commit(count)
    keys = [hall.tell("police" if n % 2 else "site", level=1 + n % 4) for n in range(200)]
    hall.passes(minutes=2)
    assert {hall.notice(k).state for k in keys} == {"carried"}
    told = [n for d in hall.deliveries() for n in hall.carried(d.id)]
    assert sorted(told) == keys
    assert commits < 40
    assert all(d.segments <= 3 for d in hall.deliveries())


def test_from_notice_to_provider_and_back(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "token")

    async def story(provider: Provider) -> None:
        sms = Channel(
            Options(account=ACCOUNT, sender="+15005550006", base_url=provider.url,
                    timeout_seconds=0.3),
            Around("sms", hall.runtime, "http://here"),
        )  # fmt: skip
        hall.channels = {"sms": sms}
        dispatcher = hall.begin()
        # It takes the message and the line breaks: it is asked before anything is sent again.
        provider.answers = ["drop"]
        hall.tell("site", wants="acknowledge")
        while await dispatcher.step():
            pass
        assert hall.deliveries()[0].error.startswith("may have arrived")
        hall.runtime.advance(timedelta(minutes=2))
        while await dispatcher.step():
            pass
        [sent] = hall.deliveries()
        assert (sent.state, sent.provider_id, sent.resends) == ("accepted", "SM1", 0)
        assert len(provider.messages) == 1
        said = sms.callback({"MessageStatus": "delivered", "MessageSid": "SM1", "delivery": str(sent.id)})
        assert said is not None
        await dispatcher.status("sms", said)
        assert hall.deliveries()[0].state == "delivered"
        await dispatcher.close()

    with_provider(story)


KILLED = """
import sys
from pathlib import Path
from tests.dispatch.hall import Hall, Phone
from alerting.dispatch import Sent

class Paper(Phone):
    async def send(self, message):
        with open(sys.argv[1] + "/sent", "a") as paper:
            paper.write(message.code + "\\n")
        return Sent("accepted")

hall = Hall(Path(sys.argv[1]))
hall.channels["sms"] = Paper("sms", hall.runtime)
hall.begin()
for level in (1, 3, 4):
    hall.tell("site", level=level)
hall.goes()
"""


@pytest.mark.sqlite
@pytest.mark.parametrize(("point", "before"), [("send:2:before", 1), ("send:2:after", 2)])
def test_killed_in_the_middle_of_a_send(tmp_path: Path, point: str, before: int) -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)], cwd=root, check=False, capture_output=True,
        env=os.environ | {"SUIAN_DIE": point, "PYTHONPATH": str(root)}, timeout=60,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]
    paper = (tmp_path / "sent").read_text().split()
    assert len(paper) == before

    hall = Hall.again(tmp_path)
    hall.passes(minutes=3)
    sent = hall.deliveries()
    assert [d.state for d in sent] == ["accepted"] * 3
    codes = paper + [m.code for m in hall.phone.got]
    assert set(codes) == {d.code for d in sent}, "every message went out, with the code it had"
    # Nothing of the batch was settled: whatever had left the house may leave it once more, counted.
    assert len(codes) - 3 == before
    assert sum(d.resends for d in sent) == 3
    hall.store.close()

