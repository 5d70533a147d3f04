"""What is done by hand goes through the running service: order, report, withdraw, explain, drill."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

import pytest

from tests.cli.conftest import CONFIG, MEASURES, ROOT, Folder
from tests.ports import free_port

CLOSE = """\
  close-road:
    title: {zh: 封闭路段, en: Close the section}
    form: propose
    decider: regulator
    carrier: field
    lifter: regulator
    do: {zh: 封闭路段, en: close the section}
    sms: {zh: 封闭路段, en: close it}
    interim: [guide]
"""


@pytest.fixture
def served(county: Folder) -> Iterator[Folder]:
    """The county with its service running, no source switched on, not where the config puts it."""
    port = free_port()
    config = CONFIG.format(port=1).partition("sources:")[0]
    county.write("rules/measures.yaml", MEASURES + CLOSE)
    county.write("config.yaml", config + "channels:\n  console: {silent: true}\n")
    service = subprocess.Popen(
        [sys.executable, "-m", "alerting.cli", "serve"], cwd=county.path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "SUIAN_PORT": str(port)}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        for _ in range(300):
            if service.poll() is not None:
                pytest.fail(service.communicate()[0])
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2)
                break
            except OSError:
                time.sleep(0.1)
        else:
            pytest.fail("the service does not answer")
        yield county
    finally:
        service.send_signal(signal.SIGINT)
        service.communicate(timeout=30)


def test_ordered_reported_withdrawn_and_explained(served: Folder) -> None:
    served.run("report", "road-1", "icing", code=2).says("several people may", "li (", "wang (", "--as")
    served.run("report", "road-1", "banana", "--as", "wang", code=2).says("'banana'", "icing")
    served.run("report", "road-1", "icing", SUIAN_AS="wang").says("noted", "现场情况已记录")
    served.run("order", "speed-limit", "road-1", "--reason", "ice on the bend", "--argument",
               "speed=40").says("issued now")  # fmt: skip
    served.run("order", "speed-limit", "road-1", "--reason", "x", "--argument", "speed=quick",
               code=2).says("speed of speed-limit is a number in km/h")  # fmt: skip
    served.run("order", "close", "road-1", "--reason", "x", code=2).says(
        "no measure 'close'", "guide"
    )
    said = served.run("order", "close-road", "road-1", "--reason", "a lorry lies across it")
    said.says("waits for the decision of Transport office", "待交通局决定", "at once: Guide traffic")
    assert "issued now" not in said.out
    served.run("order", "guide", "nowhere", "--reason", "x", code=2).says("no place 'nowhere'")
    served.run("order", "guide", "road-1", "--reason", "x", "--as", "wang", code=2).says(
        "wang has the role answer; this needs order", "Who may: li (李值班)", "--as ID"
    )
    served.run("order", "guide", "road-1", "--reason", "x", "--as", "nemo", code=2).says(
        "no person 'nemo'", "Who may: li"
    )
    measure = _wait_for(served, "measure", "measure = 'speed-limit'")
    served.run("correct", measure, "--reason", "x", code=2).says("nothing is named", "--level")
    served.run("correct", "nothing", "--reason", "x", "--level", "red", code=2).says("no alert and no")
    served.run("correct", measure, "--reason", "misheard", "--argument", "speed=60").says(
        "all who were told will hear of it"
    )
    served.run("correct", measure, "--reason", "again", "--argument", "speed=60", code=2).says(
        "it is so already", "没有可更正之处"
    )
    served.run("withdraw", measure, "--reason", "the salt truck was there").says("will hear of it")
    served.run("withdraw", measure, "--reason", "again", code=2).says("ended already")
    served.run("doctor").says("the service on", "ready")
    with sqlite3.connect(served.path / "var/suian.db") as db:
        done = [tuple(row) for row in db.execute("select who, action from audit")]
        assert db.execute("select count(*) from token").fetchone() == (0,)
    assert ("wang", "reported") in done
    assert ("li", "withdrawn") in done or ("li", "withdraw") in done, done
    assert "create token" not in {action for _, action in done}


def test_an_alert_is_explained(served: Folder) -> None:
    token = served.run("token", "create", "li", "--role", "order").out.strip()
    url = json.loads((served.path / "var/service.json").read_text("utf-8"))["url"]
    body = {"rule": "heat-test", "place": "road-1", "level": "red", "reason": "tarmac melts"}
    request = urllib.request.Request(
        f"{url}/api/v1/alerts", json.dumps(body).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )  # fmt: skip
    urllib.request.urlopen(request, timeout=20)
    key = _wait_for(served, "alert")
    served.run("raise", key, "red", "--reason", "x", code=2).says("it is red already")
    served.run("keep", key, "--reason", "the surface is soft").says("kept until a person ends it")
    served.run("correct", key, "--reason", "only cracks", "--day", "2026-07-02", code=2).says("no day")
    served.run("correct", key, "--reason", "only cracks", "--level", "orange").says("will hear of it")
    served.run("raise", key, "red", "--reason", "tarmac melts").says("higher level goes out now")
    _wait_for(served, "delivery")
    ran = served.run("explain", key)
    ran.says(key, "tarmac melts", "Timeline 经过", "opened", "Measures 措施", "speed-limit", "Told 已通知",
             "王交警", "console")  # fmt: skip
    times = re.findall(r"\d{4}-\d\d-\d\d.\d\d:\d\d\S*", ran.out)
    assert len(times) >= 3
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:?", t) for t in times), times


def test_a_port_in_use_is_told(county: Folder) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        county.write("config.yaml", CONFIG.format(port=other.getsockname()[1]))
        county.run_afresh("serve", code=1).says("is in use by another program", "SUIAN_PORT")


def test_an_exercise_that_the_config_does_not_play(served: Folder) -> None:
    (served.path / "exercises" / "storm").mkdir(parents=True)
    (served.path / "exercises" / "storm" / "storm.yaml").touch()
    served.run("drill", "play", "storm", "--as", "li", code=2).says("the config plays none", "suian serve --play")


def _wait_for(served: Folder, table: str, such: str = "true") -> str:
    for _ in range(100):
        with sqlite3.connect(served.path / "var/suian.db") as db:
            found = db.execute(f"select id from {table} where {such}").fetchone()
        if found:
            return str(found[0])
        time.sleep(0.1)
    pytest.fail(f"no {table} was made")


def test_a_secret_that_is_missing_is_told_before_the_database_is_touched(county: Folder) -> None:
    given = CONFIG.format(port=0) + "sentinels: {far: {url: 'http://127.0.0.1:1'}}\n"
    county.write("config.yaml", given)
    county.run("serve", code=2).says("SUIAN_SENTINEL_SECRET", "the secret shared with the sentinel")
    assert not list(county.path.glob("var/*.db"))
