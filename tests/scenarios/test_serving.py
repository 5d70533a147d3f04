"""What keeps `suian serve` from serving is said in a sentence; what breaks while it runs does not stop it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.scenarios.nursery import ROOT
from tests.scenarios.town import Town
from tests.scenarios.weather import ORANGE_FOG


def refuses(town: Town, code: int, *words: str) -> None:
    log = town.folder / "service.log"
    log.unlink(missing_ok=True)
    assert town.runs("serve").exits() == code, town.log()
    said = town.log()
    for word in words:
        assert word in said, said
    assert "Traceback" not in said
    assert len(said.splitlines()) <= 6, said


def test_the_port_is_in_use(make_town: Callable[..., Town]) -> None:
    town = make_town()
    with socket.socket() as other:
        port = int(town.url.rsplit(":", 1)[1])
        other.bind(("127.0.0.1", port))
        other.listen()
        refuses(town, 1, f"port {port}", "SUIAN_PORT")
    town.begin()


def test_one_service_to_a_data_folder(make_town: Callable[..., Town]) -> None:
    running = make_town().begin()
    told = running.folder / "var" / "service.json"
    said = json.loads(told.read_text("utf-8"))
    assert said["url"] == running.url
    # The same config a second time, on another port, by mistake.
    assert running.runs_besides("serve", SUIAN_PORT="0") == 1
    last = running.log().splitlines()[-1]
    assert f"pid {said['pid']} on {running.url}" in last, last
    assert "Traceback" not in running.log()
    assert json.loads(told.read_text("utf-8")) == said
    running.forecast(ORANGE_FOG)  # and the one that was there goes on
    running.phone("chen").expects("限速")
    running.dies()  # which leaves its address behind, and no lock
    assert told.exists()
    running.begin_in_real_time()
    assert json.loads(told.read_text("utf-8"))["pid"] != said["pid"]
    running.seals()
    assert running.ends() == 0
    assert not told.exists()


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("config.yaml", '"fictional": true', '"fictonal": true', ("fictonal", "did you mean")),
        ("config.yaml", '"county": {', '"county": [', ("config.yaml", "line")),
        ("rules/roads.yaml", "visibility < 500 m", "visibility < 500 degC", ("roads.yaml", "degC")),
        ("rules/roads.yaml", "ask: [close]", "ask: [clsoe]", ("roads.yaml", "clsoe")),
        ("rules/roads.yaml", "levels:", "levels: [", ("roads.yaml:10:7:", "brackets")),
        ("county/people.csv", "sms:+447700900101", "sms:12", ("people.csv", "12")),
        ("county/posts.csv", "holders\n", "holder\n", ("posts.csv", "holder")),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_is_named_with_the_mend(
    make_town: Callable[..., Town], file: str, old: str, new: str, words: tuple[str, ...]
) -> None:
    town = make_town()
    path = town.folder / file
    whole = path.read_text("utf-8")
    assert old in whole
    path.write_text(whole.replace(old, new, 1), "utf-8")
    refuses(town, 2, *words)
    path.write_text(whole, "utf-8")
    town.begin()
    assert town.alerts() == []


def test_data_that_cannot_be_written(make_town: Callable[..., Town]) -> None:
    town = make_town()
    town.folder.joinpath("var").mkdir()
    town.folder.joinpath("var").chmod(0o500)
    # Root may write everywhere, unless it gives that right away.
    humble = ["setpriv", "--bounding-set=-dac_override", "--"] if os.geteuid() == 0 else []
    said = subprocess.run(
        [*humble, sys.executable, "-m", "alerting.cli", "serve"], cwd=town.folder, text=True,
        capture_output=True, timeout=60, check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TWILIO_AUTH_TOKEN": "x"},
    )  # fmt: skip
    town.folder.joinpath("var").chmod(0o700)
    assert said.returncode == 1, said
    assert "the data folder cannot be written" in said.stderr
    assert "Traceback" not in said.stderr + said.stdout
    town.begin()


def test_a_pack_that_breaks_while_it_runs_leaves_the_last_good_book_in_force(town: Town) -> None:
    pack = town.folder / "rules" / "roads.yaml"
    whole = pack.read_text("utf-8")
    pack.write_text(whole.replace("visibility < 200 m", "visibility < 200 apples"), "utf-8")
    town.forecast(ORANGE_FOG)
    assert town.alert(rule="fog")["level"] == "orange"
    town.phone("chen").expects("40公里/小时")
    town.restarts()  # and goes on with that book, which it has kept
    assert "the last good ones are in use" in town.log().replace("\n", " ")
    assert "apples" in town.log()
    assert town.alert(rule="fog")["state"] == "open"
    town.dies()
    pack.write_text(whole, "utf-8")
    town.begin()
    assert town.alert(rule="fog")["state"] == "open"
