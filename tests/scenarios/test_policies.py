"""Policies: louder, all of a list, everyone, for ever; changed in the middle; and a clock that somebody
sets under it all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from alerting.store.schema import audit, notice, pursuit
from tests.listening import listens
from tests.scenarios.town import ANSWERED, SOON, Town, plainly
from tests.scenarios.weather import ORANGE_FOG, YELLOW_FOG

SHORT = {"red": 5, "orange": 5, "lower": 5}
SUN = "sun,孙副班,Deputy Sun,zh,decide,sms:+447700900140"


class Bell:
    """Another system that rings at people: it takes the webhook's JSON over HTTP."""

    def __init__(self) -> None:
        self.rung: list[dict[str, Any]] = []
        bell = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                bell.rung.append(json.loads(body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return None

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        listens(self._server)
        self.channel = {"use": "webhook", "url": f"http://127.0.0.1:{self._server.server_port}",
                        "loudness": 2}  # fmt: skip

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def bell() -> Iterator[Bell]:
    made = Bell()
    yield made
    made.close()


def reached_by(town: Town, person: str, contacts: str) -> None:
    """Before the process begins: how somebody is reached besides."""
    file = town.folder / "county" / "people.csv"
    lines = file.read_text("utf-8").splitlines()
    file.write_text("\n".join(f"{one} {contacts}" if one.startswith(f"{person},") else one
                              for one in lines) + "\n", "utf-8")  # fmt: skip


def test_a_text_that_is_not_read_in_three_minutes_rings(
    make_town: Callable[..., Town], bell: Bell
) -> None:
    town = make_town(
        policies=plainly(ANSWERED, carrier={"loudness": [1, 2], "unread": {"orange": 3}}),
        environment={"SUIAN_HOOK_SECRET": "shared"},
    )
    config = json.loads((town.folder / "config.yaml").read_text())
    config["channels"]["ring"] = bell.channel
    (town.folder / "config.yaml").write_text(json.dumps(config))
    reached_by(town, "chen", "ring:-")
    town.begin()
    town.forecast(ORANGE_FOG)
    town.phone("chen").expects("限速")
    town.passes(minutes=2.9)
    assert not bell.rung
    town.passes(minutes=0.2)
    assert [(one["person"], "第2次呼叫" in one["text"]) for one in bell.rung] == [("chen", True)]
    town.phone("chen").expects_nothing(), town.phone("wang").expects_nothing()
    town.passes(minutes=9.5)
    town.phone("wang").expects_nothing()
    town.passes(minutes=1)
    town.phone("wang").expects("交警大队未答复")
    assert len(bell.rung) == 1


def test_all_of_the_last_rung_are_called_and_never_left_alone_until_one_answers(
    make_town: Callable[..., Town],
) -> None:
    town = make_town(policies=plainly(SHORT, times=1, last=2))
    # Sun has the night: in the afternoon not on duty, and called all the same.
    (town.folder / "county" / "rosters.yaml").write_text("""\
rosters:
  - post: office
    layers:
      - {people: [zhao, sun], every: 12 hours, hand-over: "08:00", from: 2026-01-20}
""", "utf-8")  # fmt: skip
    town.also("people.csv", SUN).on_duty("police").begin()
    zhao, sun = town.phone("zhao"), town.phone("sun")
    town.forecast(YELLOW_FOG)
    town.passes(minutes=12)
    zhao.gets("东山镇政府未答复", "限速"), sun.gets("东山镇政府未答复", "限速")
    town.passes(minutes=15)
    zhao.gets("各级均无人答复，请人工联系")
    zhao.forgets(), sun.forgets()
    town.passes(hours=6)
    orders = [m for m in sun.unread if "命令" in m.body]
    assert 2 <= len(orders) <= 4, "every two hours, without end"
    assert town.alert(rule="nobody-reached")["state"] == "open"
    sun.replies("1 全部")
    zhao.forgets(), sun.forgets()
    assert not town.asks(pursuit.c.id, pursuit.c.state == "open", pursuit.c.wants == "acknowledge",
                         pursuit.c.at_post == "office", pursuit.c.measure.is_not(None))  # fmt: skip


def test_everyone_on_the_list_must_say_so_and_only_who_has_not_is_called_again(
    make_town: Callable[..., Town],
) -> None:
    town = make_town(policies=plainly(ANSWERED, carrier={"who": "everyone"}))
    town.also("people.csv", SUN).on_duty("township", "li", "sun").begin()
    li, sun = town.phone("li"), town.phone("sun")
    town.forecast(ORANGE_FOG)
    li.expects("督促落实").replies("1").expects("收到确认")
    sun.expects("督促落实")
    town.passes(minutes=11)
    sun.expects("第2次呼叫"), li.expects_nothing()
    sun.replies(f"1 {sun.code}").expects("收到确认")
    town.passes(minutes=25)
    li.expects_nothing(), sun.expects_nothing()
    assert not [text for text in town.deliveries("zhao") if "东山镇政府未答复" in text]


def test_a_policy_changed_in_the_middle_holds_from_the_next_step(
    make_town: Callable[..., Town],
) -> None:
    town = make_town(policies=plainly(ANSWERED)).begin()
    chen, wang, li = town.phone("chen"), town.phone("wang"), town.phone("li")
    town.forecast(ORANGE_FOG)
    chen.expects("限速")
    li.expects("督促落实").replies("1").expects("收到确认")
    chased = town.asks(pursuit.c.id, pursuit.c.state == "open")
    assert chased
    town.passes(minutes=2)
    town.writes_policies(plainly(SHORT | {"orange": -5}, times=1))
    town.passes(minutes=20)  # what does not load changes nothing
    front = requests.get(f"{town.url}/?lang=zh", timeout=SOON).text
    assert "wait.orange: -5 is too little / 太小。 Write 1 or more / 请写不小于1的数。" in front
    chen.expects("第2次呼叫"), wang.expects("交警大队未答复")
    town.writes_policies(plainly(SHORT, times=1))
    town.passes(minutes=8)  # its first wait runs to its end; then once is enough
    li.gets("交通运输局未答复")
    wang.expects_nothing(), chen.expects_nothing()
    town.passes(minutes=5.5)
    town.phone("zhao").gets("东山镇政府未答复")
    assert [e["to"] for e in town.alert(rule="fog")["escalations"]].count("transport") == 2, (
        "once for each of its two orders"
    )
    assert set(chased) <= set(town.asks(pursuit.c.id, pursuit.c.state == "open")), "none is lost"
    assert town.asks(notice.c.id, notice.c.state == "due", notice.c.pursuit.is_not(None)) == []
    calls = (town.asks(one, notice.c.pursuit.is_not(None))
             for one in (notice.c.pursuit, notice.c.post, notice.c.round))  # fmt: skip
    called = list(zip(*calls, strict=True))
    assert len(called) == len(set(called)), "nobody is called twice by one step"


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_set_an_hour_back_or_on_neither_delays_nor_hastens_a_call(
    make_town: Callable[..., Town], hours: int
) -> None:
    town = make_town().begin()
    chen, wang, zhao = town.phone("chen"), town.phone("wang"), town.phone("zhao")
    town.forecast(ORANGE_FOG)
    chen.expects("限速")
    town.passes(minutes=4)
    before = town.now
    town.clock_is_set(hours=hours)
    assert town.now == before + timedelta(hours=hours)
    chen.expects_nothing(), wang.expects_nothing()
    town.passes(minutes=5.5)
    chen.expects_nothing()
    town.passes(minutes=1)
    chen.expects("第2次呼叫")
    town.passes(minutes=10)
    wang.expects("交警大队未答复")
    zhao.gets("本机时钟被拨慢60分钟" if hours < 0 else "本机时钟被拨快60分钟", "请核对时间")
    assert town.asks(audit.c.change, audit.c.action == "clock set") == [{"seconds": hours * 3600}]


def test_what_comes_in_after_the_clock_was_set_back_is_told_at_once(
    make_town: Callable[..., Town],
) -> None:
    town = make_town().begin()
    chen = town.phone("chen")
    # A date that was wrong for an hour: what is forecast after it was set right opens all the same.
    town.clock_is_set(hours=48)
    town.passes(minutes=61)
    town.clock_is_set(hours=-48)
    town.forecast(ORANGE_FOG)
    chen.gets("限速").replies("1")
    town.passes(minutes=70)  # the hour is stamped by the clock that is set back next
    town.clock_is_set(hours=-1)
    town.passes(minutes=2)
    before = town.asks(pursuit.c.deadline, pursuit.c.state == "open")
    town.dies()
    town.begin(town.now + timedelta(seconds=20))
    assert town.asks(pursuit.c.deadline, pursuit.c.state == "open") == before != [], "moved once"
    chen.forgets()
    town.by_hand("/alerts", "桥面结冰", rule="fog", place="bridge-1", level="red")
    town.passes(seconds=10)
    chen.gets("桥面结冰")


def test_a_clock_set_back_while_the_service_was_down_is_seen_at_the_start(
    make_town: Callable[..., Town],
) -> None:
    town = make_town().begin()
    chen = town.phone("chen")
    town.forecast(ORANGE_FOG)
    chen.expects("限速")
    town.passes(minutes=4)
    town.dies()
    town.begin(town.now - timedelta(hours=1))
    chen.expects_nothing()
    town.passes(minutes=11)
    chen.expects("第2次呼叫").expects_nothing()


def test_the_last_on_the_roster_out_of_reach_at_two_in_the_night_falls_to_the_post_above(
    make_town: Callable[..., Town],
) -> None:
    town = make_town(start=datetime(2026, 1, 20, 17, 55, tzinfo=UTC))  # 01:55 in the county
    (town.folder / "county" / "rosters.yaml").write_text("""\
rosters:
  - post: police
    layers:
      - {people: [chen], every: 12 hours, hand-over: "20:00", from: 2026-01-19}
""", "utf-8")  # fmt: skip
    town.begin()
    town.phone("chen").replies("STOP").forgets()
    town.phone("zhao").forgets()
    town.passes(minutes=5)
    town.forecast(ORANGE_FOG)
    town.phone("wang").expects("交警大队", "请您处置", "限速")
    [first, *_] = town.alert(rule="fog")["escalations"]
    assert (first["from"], first["to"], first["reason"]) == ("police", "transport", "nobody")
    town.phone("chen").expects_nothing()


@pytest.mark.parametrize("how", ["at a restart", "under the running service"])
def test_who_is_removed_while_on_duty_is_called_no_more_and_the_post_above_hears_so(
    make_town: Callable[..., Town], how: str
) -> None:
    town = make_town().begin()
    chen, wang = town.phone("chen"), town.phone("wang")
    town.forecast(ORANGE_FOG)
    chen.expects("限速")
    if how == "at a restart":
        town.dies()
        people = town.folder / "county" / "people.csv"
        people.write_text("\n".join(without_chen(people)) + "\n", "utf-8")
        town.on_duty("police").begin()
    else:
        for name, lines in (
            ("posts", [one.removesuffix(",chen") + "," * one.endswith(",chen")
                       for one in (town.folder / "county" / "posts.csv").read_text("utf-8").splitlines()]),
            ("people", without_chen(town.folder / "county" / "people.csv")),
        ):  # fmt: skip
            file = town.folder / f"{name}-new.csv"
            file.write_text("\n".join(lines) + "\n", "utf-8")
            assert town.runs_besides("import", name, str(file)) == 0, town.log()[-2000:]
    town.passes(minutes=11)
    wang.expects("交警大队无人在岗，请您处置", "限速")
    chen.replies("1 收到").expects_nothing()  # who has left is a stranger, and answers for nobody
    assert town.alert(rule="fog")["acknowledgements"] == []
    town.passes(minutes=30)
    chen.expects_nothing()


def without_chen(people: Path) -> list[str]:
    return [line for line in people.read_text("utf-8").splitlines() if not line.startswith("chen,")]


def test_of_two_people_who_answer_at_once_one_is_taken_and_both_hear_what_holds(
    make_town: Callable[..., Town],
) -> None:
    town = make_town(policies=plainly(ANSWERED, carrier={"who": "any one"}))
    town.also("people.csv", SUN).on_duty("police", "chen", "sun").begin()
    chen, sun = town.phone("chen"), town.phone("sun")
    town.by_hand("/measures", "桥上追尾", measure="guide", place="bridge-1", level="orange")
    answers = [(one, f"1 {one.expects('桥上追尾').code}") for one in (chen, sun)]
    with ThreadPoolExecutor(2) as hands:
        list(hands.map(lambda a: town.provider.reply(a[0].number, a[1], town.inbound), answers))
    town.settles()
    said = [one.expects().last.body for one in (chen, sun)]
    assert sum("收到确认" in one for one in said) == 1, said
    assert sum("已由" in one and "答复" in one for one in said) == 1, said
    [measure] = town.measures()
    assert measure["state"] == "acknowledged"
    town.passes(minutes=25)
    chen.expects_nothing(), sun.expects_nothing()
