"""What of the container can be held without building it."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINES = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text("utf-8")).splitlines()
STEPS = [line.partition(" ") for line in LINES if line and not line.startswith("#")]


def steps(name: str) -> list[str]:
    return [rest.strip() for word, _, rest in STEPS if word == name]


def test_every_stage_is_debians_slim_image() -> None:
    assert {words.split()[0] for words in steps("FROM")} == {"docker.io/library/debian:bookworm-slim"}


def test_it_does_not_run_as_root() -> None:
    last_from = max(n for n, (word, _, _) in enumerate(STEPS) if word == "FROM")
    users = [rest for word, _, rest in STEPS[last_from:] if word == "USER"]
    assert users == ["suian"]


def test_the_health_check_needs_nothing_but_python() -> None:
    (check,) = steps("HEALTHCHECK")
    command = json.loads(check.partition("CMD ")[2])
    assert command[:2] == ["python3", "-c"]
    assert "/healthz" in command[2]
    compile(command[2], "healthcheck", "exec")


def test_what_is_copied_exists_and_is_not_ignored() -> None:
    let_in = {
        line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    }  # fmt: skip
    for copy in steps("COPY"):
        words = shlex.split(copy)
        if words[0].startswith("--from="):
            continue
        for source in words[:-1]:
            assert (ROOT / source).exists(), f"COPY {source}: there is none"
            assert source.removeprefix("./") in let_in, f"COPY {source}: .dockerignore hides it"


def test_the_rules_are_installed_with_the_package() -> None:
    """Where `suian init` takes a county's from, and what other offices' words mean, outside a checkout."""
    said = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["data-files"]
    installed = {
        Path(target, file.name).relative_to("share/suian/rules"): file
        for target, patterns in said.items() for pattern in patterns for file in ROOT.glob(pattern)
    }  # fmt: skip
    files = [file for file in (ROOT / "rules").rglob("*") if file.is_file()]
    assert installed == {file.relative_to(ROOT / "rules"): file for file in files}


def test_the_data_is_a_volume_and_the_port_is_told() -> None:
    assert steps("EXPOSE") == ["8080"]
    (volume,), (workdir, *_) = steps("VOLUME"), steps("WORKDIR")[-1:]
    assert volume == f"{workdir}/var"


@pytest.mark.parametrize("word", ["curl", "wget", "build-essential", "latest"])
def test_nothing_larger_than_needed_is_installed(word: str) -> None:
    assert not any(word in run for run in [*steps("RUN"), *steps("FROM")])
