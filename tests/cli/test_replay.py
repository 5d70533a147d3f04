"""`suian replay`, `explain`: histories through the live code, and the story of one alert."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.cli.conftest import Folder

START = datetime(2026, 7, 1, 0, tzinfo=UTC)


def run_of(issued: datetime, hot_from: int, hours: int = 24) -> dict[str, Any]:
    warm = [[36.0 if hot_from <= h < hot_from + 4 else 25.0] for h in range(hours)]
    seen = [[5000.0]] * hours
    return {
        "accepted": (issued + timedelta(minutes=10)).isoformat(), "kind": "forecast",
        "source": "open-meteo", "issued": issued.isoformat(), "start": issued.isoformat(),
        "spots": [{"id": "hekou-low"}], "values": {"temperature": warm, "visibility": seen},
    }  # fmt: skip


def history(county: Folder, *lines: dict[str, Any] | str, name: str = "history.jsonl") -> str:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    county.write(name, text + "\n")
    return name


def clock(hours: float) -> dict[str, Any]:
    return {"kind": "clock", "at": (START + timedelta(hours=hours)).isoformat()}


def test_a_history_opens_what_the_live_code_would(county: Folder) -> None:
    file = history(county, clock(0), run_of(START, 6), clock(2))
    ran = county.run("replay", file, "--format", "json")
    (alert,) = ran.json
    assert (alert["rule"], alert["place"], alert["level"]) == ("heat-test", "road-1", "yellow")
    assert alert["opened"] == "2026-07-01T00:10:00Z"
    assert alert["onset"] == "2026-07-01T06:00:00Z"
    assert {m["measure"] for m in alert["measures"]} == {"guide", "speed-limit"}
    assert alert["deliveries"]
    ran = county.run("replay", file)
    ran.says("heat-test @ road-1", "1 alerts", "2026-07-01 08:10 → …", "onset 起始 2026-07-01 14:00")
    assert "Z" not in ran.out, ran.out  # a table's times are the county's, JSON's UTC


def test_twice_the_same_bytes_and_a_repeated_signal_changes_nothing(county: Folder) -> None:
    one = history(county, run_of(START, 6), clock(1))
    two = history(county, run_of(START, 6), run_of(START, 6), clock(1), name="twice.jsonl")
    first = county.run("replay", one, "--format", "json").out
    assert first == county.run("replay", one, "--format", "json").out
    assert first == county.run("replay", two, "--format", "json").out


def test_the_clock_runs_on_and_nobody_answers(county: Folder) -> None:
    file = history(county, run_of(START, 6))
    (brief,) = county.run("replay", file, "--format", "json").json
    until = (START + timedelta(hours=2)).isoformat()
    (longer,) = county.run("replay", file, "--format", "json", "--until", until).json
    assert not brief["escalations"]
    assert longer["escalations"]
    county.run("replay", file, "--until", "tomorrow", code=2).says("--until 'tomorrow' is no time")


def test_what_was_accepted_at_one_instant_came_in_together(county: Folder) -> None:
    """As the service takes one request: whoever reads of both alerts has one message of both."""
    hot = run_of(START, 6)
    foggy = run_of(START + timedelta(minutes=1), 6)
    foggy |= {"accepted": hot["accepted"], "start": hot["start"]}
    foggy["values"]["visibility"] = [[150.0]] * 24
    ran = county.run("replay", history(county, clock(0), hot, foggy, clock(1)), "--format", "json")
    heat, fog = (next(a for a in ran.json if a["rule"] == r) for r in ("heat-test", "fog-test"))
    first = [next(d["at"] for d in a["deliveries"] if d["person"] == "wang") for a in (heat, fog)]
    assert first == ["2026-07-01T00:10:00Z"] * 2


def test_it_leaves_no_trace_in_the_data(county: Folder) -> None:
    county.run("replay", history(county, run_of(START, 6)))
    assert not (county.path / "var").exists()


def test_nothing_of_a_replay_goes_to_the_broker_of_the_county(county: Folder) -> None:
    """It needs neither the broker nor its secret."""
    file = history(county, clock(0), run_of(START, 6), clock(2))
    alone = county.run("replay", file, "--format", "json").out
    text = (county.path / "config.yaml").read_text("utf-8")
    county.write("config.yaml", text + "bus: {kafka: '127.0.0.1:9', login: {user: suian}}\n")
    assert county.run("replay", file, "--format", "json").out == alone


def test_a_bad_line_is_named(county: Folder) -> None:
    good = run_of(START, 6)
    county.run("replay", history(county, good, "{not json"), code=2).says("history.jsonl, line 2")
    bad = {**good, "start": "2026-07-01T00:00:00"}
    county.run("replay", history(county, good, "", bad), code=2).says("line 3", "needs its zone")
    late = run_of(START - timedelta(hours=5), 6)
    county.run("replay", history(county, good, late), code=2).says(
        "signal 2", "before the one above"
    )
    county.run("replay", history(county, "# nothing"), code=2).says("no signal in this history")
    county.run("replay", "gone.jsonl", code=2).says("gone.jsonl", "cannot be read")


def test_explain_without_an_alert_says_so(county: Folder) -> None:
    county.run("explain", "live.heat-test.road-1.1", code=2).says(
        "there is no alert", "None has opened"
    )
