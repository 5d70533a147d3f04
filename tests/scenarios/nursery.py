"""Starts service processes quickly: the modules are loaded once, and what every process makes alike is
made once; each process is a fork of that.

Run as a program it loads the service and then reads one JSON object a line: {"start": {"words",
"folder", "log", "environment"}} answers {"pid"}; {"wait": pid} answers {"code"} once it has ended,
{"poll": pid} at once, with null while it lives. It holds no threads, so that a fork is clean.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Nursery:
    """The test's end of it; one for a session. May be asked from several threads."""

    def __init__(self) -> None:
        self._one_asks = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.scenarios.nursery"], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip

    def start(self, words: list[str], folder: Path, log: Path, environment: dict[str, str]) -> int:
        given = {"words": words, "folder": str(folder), "log": str(log), "environment": environment}
        return int(self._ask({"start": given})["pid"])

    def wait(self, pid: int) -> int:
        return int(self._ask({"wait": pid})["code"])

    def poll(self, pid: int) -> int | None:
        code = self._ask({"poll": pid})["code"]
        return None if code is None else int(code)

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._one_asks:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


def _serve() -> None:
    from alerting.cli import main, serve  # noqa: F401 (loaded once, for all forks)
    from tests.beforehand import make_ready

    ended: dict[int, int] = {}
    for line in sys.stdin:
        request = json.loads(line)
        if "start" in request:
            # What a config may name; where the command has none its config names none either.
            given = request["start"]["environment"]
            token = given.get("TWILIO_AUTH_TOKEN") or given.get("TWILIO_AUTH_TOKEN_FILE") or ""
            os.environ["TWILIO_AUTH_TOKEN"] = token
            make_ready(Path(request["start"]["folder"]))
            sys.stdout.flush()
            pid = os.fork()
            if pid == 0:
                _become(**request["start"])
            answer: dict[str, int | None] = {"pid": pid}
        else:
            (how, pid), *_ = request.items()
            if pid not in ended:
                gone, status = os.waitpid(pid, 0 if how == "wait" else os.WNOHANG)
                if gone:
                    ended[pid] = os.waitstatus_to_exitcode(status)
            answer = {"code": ended.get(pid)}
        print(json.dumps(answer), flush=True)


def _become(words: list[str], folder: str, log: str, environment: dict[str, str]) -> None:
    """Turn this forked process into the command; never returns."""
    from alerting.cli import main

    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(out, 1)
    os.dup2(out, 2)
    ended = 70
    try:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
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


if __name__ == "__main__":
    _serve()
