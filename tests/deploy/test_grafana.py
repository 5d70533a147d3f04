"""The dashboard's queries name what a process really tells, in PromQL that Prometheus can read."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.conftest import lacking
from tests.deploy.running import Running
from tests.deploy.test_prometheus import NAME

BOARD = Path(__file__).resolve().parents[2] / "deploy" / "grafana" / "suian.json"


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(BOARD.read_text("utf-8"))["panels"]
    return [one for one in found if one["type"] != "row"]


def queries() -> list[str]:
    return [target["expr"] for panel in panels() for target in panel["targets"]]


def test_every_query_names_what_is_told(running: Running) -> None:
    for query in queries():
        named = set(NAME.findall(query))
        assert named, query
        assert named <= running.metrics, (query, named - running.metrics)


def test_every_metric_is_on_it(running: Running) -> None:
    """What nobody looks at need not be counted."""
    shown = {re.sub("_bucket$", "", name) for query in queries() for name in NAME.findall(query)}
    assert {n for n in Running.known() if n.startswith("suian_")} - shown <= {
        "suian_source_silent", "suian_clock_timestamp_seconds"}  # fmt: skip


def test_prometheus_can_read_every_query(tmp_path: Path) -> None:
    if shutil.which("promtool") is None:
        lacking("promtool, of Debian's package prometheus")
    rules = [{"record": f"board:{n}", "expr": query} for n, query in enumerate(queries())]
    with (tmp_path / "board.yml").open("w") as file:
        YAML(typ="safe").dump({"groups": [{"name": "board", "rules": rules}]}, file)
    done = subprocess.run(["promtool", "check", "rules", "board.yml"], cwd=tmp_path, text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(rules)} rules found" in done.stdout


def test_no_two_panels_lie_on_one_another() -> None:
    places = [p["gridPos"] for p in json.loads(BOARD.read_text("utf-8"))["panels"]]
    cells = [(x, y) for p in places for x in range(p["x"], p["x"] + p["w"]) for y in range(p["y"], p["y"] + p["h"])]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


@pytest.mark.parametrize("panel", panels(), ids=lambda p: p["title"])
def test_each_panel_says_what_it_shows(panel: dict[str, Any]) -> None:
    assert re.search(r"[a-z].*[\u4e00-\u9fff]", panel["title"]), "in both languages"
    assert all(target["legendFormat"] for target in panel["targets"])
