"""The image really built, and its container's own health check asked: `make image`.

Debian's buildah does it without a daemon (chroot isolation, vfs storage), over a base that mmdebstrap makes
from Debian's packages and that is tagged as the Dockerfile's `FROM`: no image registry is needed. pip's index
and certificates are this machine's, given as secrets of the build. The container has a network of its
own, so that it listens where the image says and nobody else can reach it. Needs root, and some 3 GB in the
folder for temporary files until it ends.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
NEEDS = {"buildah": "buildah", "mmdebstrap": "mmdebstrap", "ip": "iproute2"}  # program: Debian's package
IMAGE = "localhost/suian"
HEALTHY_WITHIN = 60.0  # seconds; the image gives it 20 and three tries 30 apart
OF_AN_INDEX = ("index-url", "extra-index-url", "trusted-host", "proxy", "default-timeout", "timeout")


class Build:
    """buildah on a store of its own, all of it in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._words = ["buildah", "--root", str(folder / "store"), "--runroot", str(folder / "run"),
                       "--storage-driver", "vfs"]  # fmt: skip
        self._environment = os.environ | {"TMPDIR": str(folder), "BUILDAH_ISOLATION": "chroot"}

    def words(self, *given: str) -> list[str]:
        return [*self._words, *given]

    def __call__(self, *given: str) -> str:
        """What it printed. Ends the program where it failed."""
        return self.run(self.words(*given))

    def run(self, words: list[str]) -> str:
        done = subprocess.run(words, cwd=ROOT, env=self._environment, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(words)[:200]} failed:\n{(done.stdout + done.stderr)[-3000:]}")
        return done.stdout.strip()

    def begin(self, words: list[str], log: Path) -> subprocess.Popen[bytes]:
        with log.open("wb") as into:
            return subprocess.Popen(words, env=self._environment, stdin=subprocess.DEVNULL, stdout=into, stderr=into)


def make_base(build: Build) -> None:
    """What the Dockerfile builds on, under the name that it has there."""
    (name,) = set(re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text("utf-8"), re.M))
    suite = name.rpartition(":")[2].removesuffix("-slim")
    tar = build.folder / "base.tar"
    build.run(["mmdebstrap", "--variant=minbase", "--mode=root", suite, str(tar)])
    container = build("from", "scratch")
    build("add", "--quiet", container, str(tar), "/")
    build("commit", "--quiet", "--format", "docker", "--rm", container, name)
    tar.unlink()


def build_image(build: Build) -> None:
    settings, certificates = _pip_as_here()
    given = build.folder / "pip.conf"
    given.write_text("[global]\n" + "".join(f"{key} = {value}\n" for key, value in settings.items()))
    secrets = [f"--secret=id=pip,src={given}"]
    if certificates:
        secrets.append(f"--secret=id=certificates,src={certificates}")
    # HEALTHCHECK is of Docker's format alone.
    build("build", "--format", "docker", "--pull-never", "--layers=false", *secrets, "--tag", IMAGE, ".")


def _pip_as_here() -> tuple[dict[str, str], str]:
    """What this machine's pip is told of its index, and its certificates' file."""
    told = subprocess.run([sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True)
    settings: dict[str, str] = {}
    # The environment is listed first, and is heard before the files.
    for line in reversed(told.stdout.splitlines()):
        key, _, value = line.partition("=")
        settings[key.rpartition(".")[2]] = value.strip("'")
    certificates = settings.get("cert") or os.environ.get("SSL_CERT_FILE", "")
    return {key: settings[key] for key in OF_AN_INDEX if key in settings}, certificates


def ask_it(build: Build) -> str:
    """Run the image's own command, ask its own health check, stop it with its own signal; gives a figure."""
    container = build("from", "--pull-never", IMAGE)
    image = json.loads(build("inspect", container))["Docker"]["config"]
    within = build.words("run", "--terminal=false", container, "--")
    build.run([*within, "suian", "check"])
    # Another county than the demo: its rules come with the package.
    build.run([*within, "sh", "-c", "cd /tmp && suian init county && test -f county/rules/warnings.yaml"])
    log = build.folder / "serve.log"
    alone = ["unshare", "--net", "--", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    server = build.begin([*alone, *within, *image["Entrypoint"], *image["Cmd"]], log)
    try:
        _until(lambda: "http://" in log.read_text() or server.poll() is not None, "it did not begin", log)
        if server.poll() is not None:
            sys.exit(f"it ended with {server.returncode}:\n{log.read_text()[-2000:]}")
        service = _innermost(server.pid)
        _check_user(service)
        check = image["Healthcheck"]["Test"]
        assert check[0] == "CMD", check
        inside = ["nsenter", f"--net=/proc/{service}/ns/net", *within, *check[1:]]
        _until(lambda: subprocess.run(inside, capture_output=True).returncode == 0, "it is not healthy", log)
        highest = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{service}/status").read_text())
        assert highest is not None
        os.kill(service, getattr(signal, image["StopSignal"]))
        if server.wait(30) != 0:
            sys.exit(f"it ended with {server.returncode}:\n{log.read_text()[-2000:]}")
    finally:
        if server.poll() is None:
            os.kill(_innermost(server.pid), signal.SIGKILL)
            server.wait(30)
    return f"{int(highest[1]) // 1024} MB of memory"


def _check_user(pid: int) -> None:
    """Raises SystemExit where the service runs as root."""
    uid = os.stat(f"/proc/{pid}").st_uid
    if uid == 0:
        sys.exit("the container's service runs as root")


def _innermost(pid: int) -> int:
    """The last of a line of processes that each have one child: below buildah's own, the service."""
    while children := _children(pid):
        pid = children[0]
    return pid


def _children(pid: int) -> list[int]:
    """Of all its threads: buildah starts them from any."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(one) for task in tasks for one in (task / "children").read_text().split()]


def _until(happened: Callable[[], bool], otherwise: str, log: Path) -> None:
    deadline = time.monotonic() + HEALTHY_WITHIN
    while not happened():
        if time.monotonic() > deadline:
            sys.exit(f"{otherwise} within {HEALTHY_WITHIN:.0f} s:\n{log.read_text()[-2000:]}")
        time.sleep(0.5)


def main() -> None:
    lacking = [package for program, package in NEEDS.items() if shutil.which(program) is None]
    if lacking:
        sys.exit(f"needs what is not here: apt-get install {' '.join(lacking)}")
    if os.getuid() != 0:
        sys.exit("needs root: sudo make image")
    steps: list[tuple[str, Callable[[Build], Any]]] = [
        ("base", make_base), ("image", build_image), ("healthy, stopped", ask_it),
    ]  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="suian-image-") as folder:
        build = Build(Path(folder))
        for name, step in steps:
            began = time.monotonic()
            figure = step(build)
            print(f"{name}: {time.monotonic() - began:.0f} s{', ' + figure if figure else ''}", flush=True)
        (image,) = json.loads(build("images", "--json", IMAGE))
        print(f"the image: {image['size']}")


if __name__ == "__main__":
    main()
