"""docs/operations.md is what the service itself says of what there is to look up."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

import connectors
from alerting.cli.operations import operations_page
from alerting.cli.operations.options import _inner
from alerting.dispatch import channels
from alerting.sentinel.settings import Settings
from alerting.service.config import load_config
from alerting.service.environment import KAFKA
from alerting.service.options import Config

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def page() -> str:
    return operations_page(load_config(ROOT / "config.yaml"), ROOT / "deploy/prometheus/rules.yml")


def test_the_page_is_what_the_command_writes(page: str) -> None:
    assert (ROOT / "docs/operations.md").read_text("utf-8") == page, "run: suian docs operations"


def test_nothing_on_it_is_without_words(page: str) -> None:
    """Every row of every table ends with what the thing is."""
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    assert [line for line in rows if re.search(r"\|\s*\|$", line)] == []


def models() -> list[type[BaseModel]]:
    found: list[type[BaseModel]] = [Config, Settings]
    found += [channels.find(name).options for name in channels.known()]
    found += [connectors.find(name).options for name in connectors.known()]
    for model in found:
        found += [inner for field in model.model_fields.values() if (inner := _inner(field)) and inner not in found]
    return found


def test_every_option_says_what_it_does() -> None:
    silent = [f"{model.__module__}.{model.__name__}.{name}" for model in models()
              for name, field in model.model_fields.items() if not field.description and _inner(field) is None]
    assert silent == []


def test_a_variable_of_the_environment_is_on_it_with_its_option(page: str) -> None:
    assert f"| `{KAFKA.name}` | {KAFKA.what} |" in page
    assert "| `TWILIO_AUTH_TOKEN` or `TWILIO_AUTH_TOKEN_FILE` |" in page


def test_nobody_asks_the_environment_for_what_is_not_declared() -> None:
    asks = [str(file.relative_to(ROOT)) for folder in ("alerting", "connectors") for file in (ROOT / folder).rglob("*.py")
            if re.search(r"\benviron\b|\bgetenv\b", re.sub(r'"[^"\n]*"|#.*', "", file.read_text("utf-8")))]
    assert asks == ["alerting/variable.py"]


def test_what_one_process_does_at_a_time_is_said(page: str) -> None:
    loops = page.split("| loop |", 1)[1].split("## ", 1)[0].splitlines()
    said = {line.split("`")[1]: line for line in loops if line.startswith("| `")}
    assert said["seal"].endswith("| engine | one: `seal` |")
    assert said["poll"].endswith("| ingest | one: `schedule` |")
    assert said["engine"].endswith("| engine | each |")
    assert said["dispatch"].endswith("| dispatch | each that the others know to live |")
