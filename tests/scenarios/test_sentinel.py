"""The watcher is watched: a real service, a real sentinel beside it with its own clock and provider."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from alerting.sentinel.wire import SIGNATURE, Answer, Heartbeat, is_signed, sign
from alerting.store.schema import audit
from tests.listening import listens
from tests.scenarios.lookout import SECRET, VARIABLE, Lookout
from tests.scenarios.nursery import Nursery
from tests.scenarios.standin import StandIn
from tests.scenarios.town import SOON, Town
from tests.scenarios.weather import ORANGE_FOG

TWO = datetime(2026, 1, 19, 18, tzinfo=UTC)  # 02:00 in the county
THREE = datetime(2026, 1, 19, 18, 59, tzinfo=UTC)  # a minute before a turn begins


@pytest.fixture
def elsewhere() -> Iterator[StandIn]:
    """The sentinel's provider is not the service's."""
    with StandIn() as made:
        yield made


@pytest.fixture
def make_lookout(
    tmp_path: Path, elsewhere: StandIn, nursery: Nursery
) -> Iterator[Callable[..., Lookout]]:
    made: list[Lookout] = []

    def make(**more: Any) -> Lookout:
        made.append(Lookout(tmp_path, elsewhere, nursery, **more))
        return made[-1]

    yield make
    for one in made:
        one.dies()


@pytest.fixture
def lookout(make_lookout: Callable[..., Lookout]) -> Lookout:
    return make_lookout()


def watched(make_town: Callable[..., Town], lookout: Lookout, **changes: Any) -> Town:
    """A town and its sentinel at two in the night; the sentinel has heard its first heartbeat."""
    town = make_town(start=TWO, changes={"sentinels": lookout.sentinels()} | changes,
                     environment={VARIABLE: SECRET})  # fmt: skip
    town.also("people.csv", "sun,孙值班,Duty Sun,en,decide,sms:+447700900107")
    town.on_duty("office", "zhao", "sun")
    lookout.begin(TWO)
    town.begin()
    lookout.settles()
    return town


@pytest.fixture
def town(make_town: Callable[..., Town], lookout: Lookout) -> Town:
    return watched(make_town, lookout)


def stops(town: Town) -> None:
    os.kill(town._pid, signal.SIGSTOP)


def goes_on(town: Town) -> None:
    os.kill(town._pid, signal.SIGCONT)


def catches_up(town: Town, lookout: Lookout) -> None:
    """The machine that stood still goes on, and its clock is the world's again."""
    town.passes(seconds=(lookout.now - town.now).total_seconds())
    lookout.settles()


def test_everything_is_stopped_at_two_and_a_phone_rings_within_five_minutes(
    town: Town, lookout: Lookout, provider: StandIn
) -> None:
    zhao, sun = (lookout.phone_of(town, one) for one in ("zhao", "sun"))
    lookout.passes_with(town, minutes=2)
    before = len(provider.messages)
    stops(town)
    lookout.passes(minutes=2)
    zhao.expects_nothing()
    lookout.passes(minutes=2)
    zhao.expects("【演练】【哨兵·测试县应急办】服务自02:01起没有心跳", "请立即查看服务器", "由您处理请回1")
    sun.expects_nothing()
    lookout.passes(minutes=2)  # nobody answers: one more person, and the first again
    zhao.expects("第2次呼叫")
    sun.expects("EXERCISE [Sentinel, Test EMO] no heartbeat of the service since 02:01", "Reply 1")
    lookout.chief.expects_nothing()
    lookout.passes(minutes=2)
    lookout.chief.expects("没有心跳")  # behind the duty list stands the sentinel's own
    sun.expects("call 2").replies("1")
    assert sun.status == 200
    for one, said in ((zhao, "孙值班已在处理"), (sun, "Duty Sun looks after it"), (lookout.chief, "孙值班")):
        one.gets(said)
        one.forgets()
    lookout.passes(minutes=29)
    for one in (zhao, sun, lookout.chief):
        one.expects_nothing()
    lookout.passes(minutes=2)
    sun.expects("no heartbeat")  # half an hour, and still nothing: it is called again
    assert len(provider.messages) == before, "the service itself said nothing: it stood still"
    goes_on(town)
    catches_up(town, lookout)
    for one in (zhao, sun, lookout.chief):
        one.forgets()
    lookout.passes(seconds=50)
    for one in (zhao, sun, lookout.chief):
        one.expects_nothing()  # once well may be chance
    catches_up(town, lookout)
    lookout.passes_with(town, minutes=1)
    zhao.expects("02:04起的故障已恢复")
    sun.expects("What began at 02:04 is over")
    lookout.chief.expects("已恢复")
    lookout.passes_with(town, minutes=10)
    for one in (zhao, sun, lookout.chief):
        one.expects_nothing()


def test_a_restart_of_half_a_minute_is_no_alarm(town: Town, lookout: Lookout) -> None:
    zhao = lookout.phone_of(town, "zhao")
    lookout.passes_with(town, minutes=1)
    town.dies()
    lookout.passes(seconds=30)
    town.begin(lookout.now)
    lookout.passes_with(town, minutes=10)
    zhao.expects_nothing()
    # The sentinel's own restart is none of the service's silence either.
    lookout.dies()
    town.passes(minutes=2)
    lookout.begin(town.now)
    lookout.passes(minutes=2)
    catches_up(town, lookout)
    lookout.passes_with(town, minutes=5)
    zhao.expects_nothing()


def test_a_dead_services_roster_is_known_to_a_sentinel_that_was_restarted_too(
    town: Town, lookout: Lookout
) -> None:
    lookout.passes_with(town, minutes=1)
    stops(town)
    lookout.dies()
    lookout.begin(lookout.now)
    lookout.passes(minutes=4)
    lookout.phone_of(town, "zhao").expects("没有心跳")
    lookout.chief.expects_nothing()
    goes_on(town)


def test_whose_phone_cannot_be_reached_is_passed_at_once(
    town: Town, lookout: Lookout, elsewhere: StandIn
) -> None:
    zhao, sun = (lookout.phone_of(town, one) for one in ("zhao", "sun"))
    lookout.passes_with(town, minutes=1)
    stops(town)
    elsewhere.refuses(400, 21211, to=zhao.number)
    lookout.passes(minutes=4)
    zhao.expects_nothing()
    sun.expects("no heartbeat")
    goes_on(town)


def test_a_link_takes_it_and_a_stranger_does_not(
    town: Town, lookout: Lookout, elsewhere: StandIn
) -> None:
    zhao, sun = (lookout.phone_of(town, one) for one in ("zhao", "sun"))
    lookout.passes_with(town, minutes=1)
    stops(town)
    lookout.passes(minutes=4)
    link = re.search(r"http\S+", zhao.expects("没有心跳").last.body)[0]
    lookout.phone("a stranger", "+447700900999").replies("1")
    zhao.replies("1", forged=True)
    assert zhao.status == 403
    zhao.replies("怎么回事?")
    assert "由我处理" in requests.get(link, timeout=SOON).text  # to look at it is not to take it
    lookout.passes(minutes=2)
    zhao.expects("第2次呼叫")
    sun.expects("no heartbeat")
    assert requests.post(link[:-1] + "x", timeout=SOON).status_code == 410
    assert "由您处理" in requests.post(link, timeout=SOON).text
    zhao.expects("赵值班已在处理")
    sun.expects("Duty Zhao looks after it")
    lookout.passes(minutes=20)
    zhao.expects_nothing()
    sun.expects_nothing()
    goes_on(town)
    catches_up(town, lookout)
    lookout.passes_with(town, minutes=3)
    zhao.expects("已恢复")
    assert requests.get(link, timeout=SOON).status_code == 410


def test_what_was_recorded_or_forged_is_no_heartbeat(town: Town, lookout: Lookout) -> None:
    """Somebody has stopped the service and plays its last heartbeat again."""
    zhao, address = lookout.phone_of(town, "zhao"), f"{lookout.url}/heartbeat"
    lookout.passes_with(town, minutes=1)
    beat = json.loads((lookout.folder / "sentinel.json").read_text())["beat"]
    body = Heartbeat.model_validate(beat).model_dump_json().encode()
    stops(town)
    headers = {SIGNATURE: sign(SECRET.encode(), "heartbeat", body)}
    for _ in range(8):
        lookout.passes(seconds=30)
        again = requests.post(address, data=body, headers=headers, timeout=SOON)
        assert again.status_code == 409
        assert is_signed(SECRET.encode(), "answer", again.content, again.headers[SIGNATURE])
        forged = {SIGNATURE: sign(b"a secret of somebody else", "heartbeat", body)}
        assert requests.post(address, data=body, headers=forged, timeout=SOON).status_code == 403
        # Nor is what the sentinel itself has signed.
        assert requests.post(address, data=again.content, timeout=SOON,
                             headers={SIGNATURE: again.headers[SIGNATURE]}).status_code == 403  # fmt: skip
    zhao.expects("没有心跳")
    goes_on(town)


@contextlib.contextmanager
def impostor(lookout: Lookout, secret: str, nonce: str = "") -> Iterator[None]:
    """Something else answers in the sentinel's place: without the secret, or with what was recorded."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            beat = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            said = Answer(nonce=nonce or beat["nonce"], challenge="", at=TWO).model_dump_json().encode()
            self.send_response(200)
            self.send_header(SIGNATURE, sign(secret.encode(), "answer", said))
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            return None

    with ThreadingHTTPServer(("127.0.0.1", lookout.port), Handler) as server:
        listens(server)
        yield
        server.shutdown()


def test_its_own_silence_is_the_services_alarm(town: Town, lookout: Lookout) -> None:
    zhao = town.phone("zhao")
    lookout.passes_with(town, minutes=11)
    zhao.expects_nothing()
    lookout.dies()
    town.passes(minutes=10)
    zhao.expects("哨兵 mountain 超过 3 分钟没有应答")
    assert town.alert(rule="sentinel-silent")["state"] == "open"
    for secret, nonce in (("a secret of somebody else", ""), (SECRET, "of another heartbeat")):
        with impostor(lookout, secret, nonce):
            town.passes(minutes=10)
        assert town.alert(rule="sentinel-silent")["state"] == "open"
    lookout.begin(town.now)
    town.passes(minutes=10)
    zhao.gets("哨兵已恢复应答")
    assert town.alert(rule="sentinel-silent")["state"] == "closed"


def test_a_clock_that_lies_is_called_for_and_said_to_be_right_again(
    town: Town, lookout: Lookout
) -> None:
    zhao = lookout.phone_of(town, "zhao")
    lookout.passes_with(town, minutes=1)
    town.clock_is_set(minutes=10)
    town.passes(seconds=30)
    lookout.passes(seconds=30)
    zhao.expects("服务的时钟比哨兵快6", "由您处理请回1").replies("1").expects("赵值班已在处理")
    # What goes wrong besides is called for anew, though somebody looks after the first.
    stops(town)
    lookout.passes(minutes=4)
    zhao.expects("没有心跳", without=["时钟"])
    goes_on(town)


def test_messages_that_do_not_go_out_are_called_for_by_another_way(
    town: Town, lookout: Lookout
) -> None:
    """The provider of the service is down, and with it every channel that could say so."""
    zhao = lookout.phone_of(town, "zhao")
    town.provider.refuses(500, times=1000)
    town.forecast(ORANGE_FOG)
    lookout.passes_with(town, minutes=4)
    zhao.expects_nothing()
    lookout.passes_with(town, seconds=90)
    zhao.expects("有消息已等待5分钟未发出", "从未发出过消息")
    zhao.replies("1").expects("赵值班已在处理")
    town.provider.refusals.clear()
    lookout.passes_with(town, minutes=10)
    zhao.expects("已恢复")


def test_the_first_page_the_figures_and_the_doctor_say_how_the_sentinel_is(
    town: Town, lookout: Lookout
) -> None:
    page = requests.get(f"{town.url}/?lang=zh", timeout=SOON).text
    assert "哨兵 mountain" in page
    assert "正常应答" in page
    assert 'suian_sentinel_silent{sentinel="mountain"} 0.0' in figures(town)
    lookout.dies()
    town.passes(minutes=4)
    assert "失联" in requests.get(f"{town.url}/?lang=zh", timeout=SOON).text
    english = requests.get(f"{town.url}/?lang=en", timeout=SOON).text
    assert "sentinel mountain" in english
    assert "does not answer" in english
    assert 'suian_sentinel_silent{sentinel="mountain"} 1.0' in figures(town)
    assert 'suian_sentinel_age_seconds{sentinel="mountain"} 2' in figures(town)
    town.runs_besides("doctor", **{VARIABLE: SECRET})
    assert "mountain: does not answer 无应答" in town.log()


def figures(town: Town) -> str:
    return requests.get(f"{town.url}/metrics", timeout=SOON).text


TURNS = """\
rosters:
  - post: office               # zhao, sun, zhao … from three in the night
    layers:
      - {people: [zhao, sun], every: 6 hours, hand-over: "03:00", from: 2026-01-20}
"""


@pytest.fixture
def turning(make_town: Callable[..., Town], lookout: Lookout, tmp_path: Path) -> Town:
    """A minute before three, when zhao comes on duty."""
    town = make_town(start=THREE, changes={"sentinels": lookout.sentinels()},
                     environment={VARIABLE: SECRET})  # fmt: skip
    town.also("people.csv", "sun,孙值班,Duty Sun,en,decide,sms:+447700900107")
    town.on_duty("office", "sun")
    (town.folder / "county" / "rosters.yaml").write_text(TURNS, "utf-8")
    lookout.begin(THREE)
    town.begin()
    lookout.passes_with(town, minutes=2)
    return town


def test_whoever_comes_on_duty_answers_an_exercise_of_both_ways(
    turning: Town, lookout: Lookout
) -> None:
    here, there = turning.phone("zhao"), lookout.phone_of(turning, "zhao")
    here.expects("【演练】", "换班演练：您已开始值班，请在10分钟内回复“演练收到”", "哨兵会另发一条")
    there.expects("【演练】【哨兵·测试县应急办】换班演练", "收到请回1").replies("1").expects("哨兵可联系到您")
    here.replies("收到").expects("本通道可联系到您")
    lookout.passes_with(turning, minutes=21)
    here.expects_nothing()
    there.expects_nothing()
    assert turning.alerts(rule="exercise-unanswered") == []
    assert turning.asks(audit.c.who, audit.c.action == "answer shift exercise") == ["zhao", "zhao"]
    # Six hours later it is sun's turn; and the sentinel's half may be answered by its link.
    lookout.passes_with(turning, minutes=350)
    turning.phone("sun").gets("EXERCISE", "your turn begins").replies("Exercise.").gets("this way reaches you")
    other = lookout.phone_of(turning, "sun").gets("your turn begins")
    link = re.search(r"http\S+", other.last.body)[0]
    assert "Received" in requests.get(link, timeout=SOON).text
    assert "the sentinel reaches you" in requests.post(link, timeout=SOON).text
    lookout.passes_with(turning, minutes=21)
    assert turning.alerts(rule="exercise-unanswered") == []


def test_an_exercise_that_nobody_answers_is_said_by_both(turning: Town, lookout: Lookout) -> None:
    zhao, sun = turning.phone("zhao").forgets(), turning.phone("sun").forgets()
    there, next_ = (lookout.phone_of(turning, one) for one in ("zhao", "sun"))
    there.forgets()
    lookout.passes_with(turning, minutes=8)
    next_.expects_nothing()
    lookout.passes_with(turning, seconds=90)
    next_.expects("Duty Zhao came on duty and did not answer the exercise", "put somebody else on duty")
    there.expects_nothing()  # who does not answer is called last
    next_.replies("1").expects("Duty Sun looks after it")
    lookout.passes_with(turning, minutes=11)
    zhao.gets("赵值班开始值班后未应答换班演练：本系统、哨兵 mountain")
    assert turning.alert(rule="exercise-unanswered")["state"] == "open"
    there.replies("1").expects("哨兵可联系到您")
    zhao.replies("演练收到")
    lookout.passes_with(turning, minutes=11)
    assert turning.alert(rule="exercise-unanswered")["state"] == "closed"
    next_.expects("is over")
    sun.expects_nothing()


def test_a_receipt_for_something_real_is_no_answer_to_the_exercise(
    turning: Town, lookout: Lookout
) -> None:
    zhao = turning.phone("zhao").forgets()
    turning.forecast(ORANGE_FOG)
    turning.passes(minutes=62)
    zhao.gets("东山镇政府未答复", "限速").replies("收到")
    assert turning.asks(audit.c.who, audit.c.action == "answer shift exercise") == []
    zhao.replies("演练收到")
    assert turning.asks(audit.c.who, audit.c.action == "answer shift exercise") == ["zhao"]


@pytest.mark.parametrize(("change", "said"), [
    ({"people": [{"name": "县长", "contacts": {"fax": "1"}}]}, "has no contact on a channel that is on (sms)"),
    ({"limits": {"silent": 5}}, "limits.silent: Input should be greater than or equal to 60"),
    ({"channels": {"sms": {"use": "pigeon"}}}, "there is no kind of channel 'pigeon'"),
    ({"secret_env": "NOWHERE"}, "neither NOWHERE nor NOWHERE_FILE is in the environment"),
])  # fmt: skip
def test_what_is_wrong_with_its_config_is_said(
    make_lookout: Callable[..., Lookout], change: dict[str, Any], said: str
) -> None:
    wrong = make_lookout(**change)
    assert wrong.runs("--check").exits() == 2
    assert said in wrong.log()
    assert "Traceback" not in wrong.log()


def test_a_good_config_is_said_to_be_one(make_lookout: Callable[..., Lookout]) -> None:
    made = make_lookout()
    assert made.runs("--check").exits() == 0
    assert made.log().startswith("ok: listens on 127.0.0.1:")
