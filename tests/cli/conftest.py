"""A small county in a temporary folder, and the real command run in it."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import shutil
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest

from alerting.cli import main
from tests.beforehand import make_ready

main.make_app()  # load every command once; each run is then a fork

ROOT = Path(__file__).resolve().parents[2]

CONFIG = """\
county:
  name: 试验县
  name_en: Trial county
  fictional: true
  zones: county/zones.csv
  sites: county/sites.csv
  people: county/people.csv
  posts: county/posts.csv
rules: rules
calendar: rules/calendar.yaml
data: var
port: {port}
sources:
  open-meteo: {{on: true}}
  cap: {{on: true}}
"""
TABLES = {
    "zones": """\
code,name,name_en,parent,point,lat,lon,elevation
990100,试验县,Trial county,,,,,
990100101,河口镇,Hekou,990100,hekou-low,26.60,106.70,800
""",
    "sites": """\
id,kind,name,name_en,zones,points,lat,lon,elevation,sector,tags,road,from_km,to_km,direction,entries,exits
road-1,road-section,河口段,Hekou section,990100101,hekou-low,,,,,expressway,G1,1,9,,,
""",
    "people": """\
id,name,name_en,language,role,contacts
li,李值班,Li,zh,admin,console:li
wang,王交警,Wang,zh,answer,console:wang
""",
    "posts": """\
id,tier,sector,place,title,title_en,holders
duty,duty-office,,990100,值班室,Duty office,li
police,field,road-traffic,990100,交警,Traffic police,wang
office,regulator,road-traffic,990100,交通局,Transport office,li
""",
}
MEASURES = """\
measures:
  guide:
    title: {zh: 引导, en: Guide traffic}
    form: notify
    carrier: field
    lifter: regulator
    do: {zh: 现场引导, en: guide traffic on the spot}
    sms: {zh: 引导, en: guide}
  speed-limit:
    title: {zh: 限速, en: Speed limit}
    form: notify
    carrier: field
    lifter: regulator
    do: {zh: 设置限速标志, en: set the limit on the signs}
    sms: {zh: 限速, en: limit speed}
    arguments:
      speed: {unit: km/h, stricter: lower, zh: "{value}公里/小时", en: "{value} km/h"}
"""
PACK = """\
sector: road-traffic
title: {zh: 道路交通, en: Road traffic}
rules:
  - id: heat-test
    hazard: heat
    place: road-section
    basis: [M-01]
    levels:
      yellow:
        when: (temperature >= 35 degC for 2 h) within 12 h
        ask: [guide, speed-limit 60 km/h]
      red:
        when: (temperature >= 40 degC for 1 h) within 6 h
        ask: [speed-limit 40 km/h]
    clear: temperature < 33 degC
    cases:
      - {name: hot, given: {temperature: [30, 36, 36, 30]}, expect: {level: yellow, onset: 1 h}}
      - {name: cool, given: {temperature: [20, 21, 22]}, expect: {level: none}}
  - id: fog-test
    hazard: fog
    place: zone
    basis: [M-01]
    levels:
      orange:
        when: (visibility < 200 m for 1 h) within 6 h or reported icing
        ask: [guide]
    clear: visibility >= 500 m
    cases:
      - {name: fog, given: {visibility: [100, 100]}, expect: {level: orange}}
      - {name: none, given: {visibility: [900, 900]}, expect: {level: none}}
"""


class Ran:
    """What a run of the command gave."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def says(self, *words: str) -> None:
        for word in words:
            assert word in self.out + self.err, self.out + self.err
        assert "Traceback" not in self.err, self.err


def _become(
    folder: Path, words: tuple[str, ...], env: dict[str, str], given: Path, said: Path, err: Path
) -> None:
    """Turn this forked process into the command; never returns."""
    os.dup2(os.open(given, os.O_RDONLY), 0)
    for number, path in ((1, said), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
    os.setsid()  # no terminal, so that a password is read from what is given
    ended = 70
    try:
        os.chdir(folder)
        os.environ.update(env)
        sys.argv = ["suian", *words]
        main.run()
        ended = 0
    except SystemExit as done:
        ended = done.code if isinstance(done.code, int) else int(bool(done.code))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(ended)


class Folder:
    """A county's folder; `run` is the real command in it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(self, *words: str, code: int = 0, given: str = "", **env: str) -> Ran:
        """The command in a process of its own: a fork, whose modules are loaded already."""
        said, complained = self._scratch("out"), self._scratch("err")
        asked = self._scratch("in")
        asked.write_text(given, "utf-8")
        child = os.fork()
        if child == 0:
            _become(self.path, words, {"COLUMNS": "200", **env}, asked, said, complained)
        _, status = os.waitpid(child, 0)
        ended = os.waitstatus_to_exitcode(status)
        return self._judged(
            Ran(ended, said.read_text("utf-8"), complained.read_text("utf-8")), code
        )

    def run_afresh(self, *words: str, code: int = 0) -> Ran:
        """The command as a shell starts it."""
        done = subprocess.run(
            [sys.executable, "-m", "alerting.cli", *words], cwd=self.path, text=True, timeout=120,
            capture_output=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        return self._judged(Ran(done.returncode, done.stdout, done.stderr), code)

    def run_on_a_terminal(self, *words: str, typed: str) -> tuple[str, int]:
        """As somebody at a terminal: what it showed, and the exit code."""
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.path)
            os.execve(sys.executable, [sys.executable, "-m", "alerting.cli", *words],
                      {**os.environ, "PYTHONPATH": str(ROOT)})  # fmt: skip
        said = b""
        for line in typed.splitlines(keepends=True):
            said += b"\n"
            while not said.endswith(b": "):  # it asks
                said += os.read(terminal, 4096)
            os.write(terminal, line.encode())
        with contextlib.suppress(OSError):  # how a terminal says that its program has ended
            while more := os.read(terminal, 4096):
                said += more
        os.close(terminal)
        _, status = os.waitpid(child, 0)
        return said.decode(), os.waitstatus_to_exitcode(status)

    def _judged(self, ran: Ran, code: int) -> Ran:
        assert ran.code == code, f"exit {ran.code}\n{ran.out}\n{ran.err}"
        assert "Traceback" not in ran.err, ran.err
        return ran

    def _scratch(self, name: str) -> Path:
        return self.path.parent / f".{self.path.name}.{name}"

    def write(self, name: str, text: str) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path


@pytest.fixture
def empty(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def county(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "trial")
    made.write("config.yaml", CONFIG.format(port=1))
    for name, text in TABLES.items():
        made.write(f"county/{name}.csv", text)
    made.write("rules/measures.yaml", MEASURES)
    made.write("rules/trial.yaml", PACK)
    shutil.copy(ROOT / "rules" / "calendar.yaml", made.path / "rules" / "calendar.yaml")
    make_ready(made.path)
    return made
