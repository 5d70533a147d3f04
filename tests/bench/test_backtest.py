"""The back-test: its counting on made-up alerts, and a slice of a recorded winter with its exact counts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from alerting.vocabulary import Level
from bench.backtest import command
from bench.backtest.errors import LEAD, PAST, perfect, with_error
from bench.backtest.figures import figures
from bench.backtest.records import HOUR, Record, Station, _each_hour
from bench.backtest.truth import events

BEGINS = datetime(2013, 12, 1, tzinfo=UTC)
LADDER = (Level.yellow, Level.orange, Level.red)


def change(hour: float, what: str, level: Level, alert: str = "a1") -> list[Any]:
    return [f"{BEGINS + hour * HOUR:%Y-%m-%dT%H:%MZ}", what, int(level), "fog", "road", alert]


def found(*changes: list[Any], **said: list[tuple[int, int]]) -> dict[str, Any]:
    return {
        "begins": BEGINS.isoformat(), "ends": (BEGINS + 200 * HOUR).isoformat(),
        "changes": list(changes),
        "events": {"fog": {"road": {str(int(Level[name])): spans for name, spans in said.items()}}},
    }  # fmt: skip


def test_hours_in_force_go_to_the_level_that_was_held() -> None:
    made = figures(found(
        change(10, "opened", Level.yellow), change(12, "raised", Level.red),
        change(12.5, "updated", Level.red), change(16, "fell", Level.yellow),
        change(20, "cleared", Level.yellow), change(150, "opened", Level.orange, "a2"),
    ), "fog", ["road"], LADDER)  # fmt: skip
    assert made.hours == {"yellow": 6, "red": 4, "orange": 50}  # open still at the end
    assert (made.alerts, made.peaks) == (2, {"red": 1, "orange": 1})
    assert (made.longest, made.longest_red, made.again) == (50, 4, 0)


def test_what_comes_back_within_twelve_hours_is_counted_once_for_each_time() -> None:
    made = figures(found(
        change(10, "opened", Level.yellow), change(20, "cleared", Level.yellow),
        change(24, "reopened", Level.yellow), change(30, "cleared", Level.yellow),
        change(41, "opened", Level.yellow, "a2"), change(50, "cleared", Level.yellow, "a2"),
        change(63, "opened", Level.yellow, "a3"), change(64, "cleared", Level.yellow, "a3"),
    ), "fog", ["road"], LADDER)  # fmt: skip
    assert (made.alerts, made.again) == (3, 2)


def test_hits_misses_and_false_alarms_are_told_level_by_level() -> None:
    made = figures(found(
        change(10, "opened", Level.yellow), change(12, "raised", Level.orange),
        change(20, "cleared", Level.orange), change(60, "opened", Level.yellow, "a2"),
        change(70, "cleared", Level.yellow, "a2"),
        yellow=[(16, 18), (72, 74), (100, 101)], orange=[(100, 100)],
    ), "fog", ["road"], LADDER)  # fmt: skip
    yellow, orange = made.scores["yellow"], made.scores["orange"]
    # The second came two hours after its alert had gone: missed, but not called for nothing.
    assert (yellow.events, yellow.hits, yellow.openings, yellow.false) == (3, 1, 2, 0)
    assert yellow.leads == [6]
    assert (orange.events, orange.hits, orange.openings, orange.false) == (1, 0, 1, 1)


def test_one_event_goes_on_over_a_pause_of_six_hours() -> None:
    assert events([1, 2, 8, 15]) == [(1, 8), (15, 15)]


def test_a_summed_wind_is_read_hour_by_hour() -> None:
    wind = _each_hour(pd.Series([1.8, 4.9, 6.7, 3.1, 3.1]), pd.Series(["N", "N", "N", "E", "E"]))
    assert wind.round(1).tolist() == [1.8, 3.1, 1.8, 3.1, 0.0]


def test_a_run_is_the_record_or_the_same_wrong_one_each_time() -> None:
    values = {"temperature": np.sin(np.arange(300.0)), "precipitation": np.ones(300)}
    record = Record(Station("here", 30, 120, 10), BEGINS, values)
    issued = BEGINS + 100 * HOUR
    true = perfect(record, issued, 1)
    np.testing.assert_allclose(true["temperature"], values["temperature"][100 - PAST : 100 + LEAD])
    one, again, other = (with_error(record, issued, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one["temperature"], again["temperature"])
    assert not np.array_equal(one["temperature"], other["temperature"])
    np.testing.assert_array_equal(one["temperature"][:PAST], true["temperature"][:PAST])


@pytest.mark.timeout(120)
def test_nine_days_of_shanghai_s_winter_have_these_alerts(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    history, file = shared / "data" / "history", tmp_path / "found.json"
    rules = ["site-breeze", "site-cold-wave"]
    words = [str(history), "--place", "five-cities", "--station", "Shanghai-2012", "--rule", *rules]
    words += ["--first", "12-26", "--last", "01-04", "--save", str(file)]
    assert command.main(words) == 0
    made = json.loads(file.read_text("utf-8"))
    counts: dict[str, list[str]] = {}
    for _, what, level, rule, _, _ in made["changes"]:
        counts.setdefault(rule, []).append(f"{what} {level}")
    told = {rule: {n: len(e) for n, e in levels.items()}
            for rule, places in made["events"].items() for levels in places.values()}  # fmt: skip
    # The cold wave clears: the station knows a part of the day, and the runs tell the rest.
    assert counts == {
        "site-breeze": ["opened 2", "fell 1", "raised 2", "cleared 0", "opened 1", "raised 2"],
        "site-cold-wave": ["opened 1", "cleared 0"],
    }
    assert told == {"site-breeze": {"1": 4, "2": 3}, "site-cold-wave": {"1": 1}}
    printed = capsys.readouterr().out
    assert "| site-cold-wave | 1.0 | 1/0/0/0 | 78 | 0 | 0 | 78 | – |" in printed
    assert "| site-breeze | yellow | 3 | 3 | 3 | 1 | 1.00 | 0.33 | 8 |" in printed
