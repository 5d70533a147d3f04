"""Who must agree that a level is over: each point by its own sensor or runs, each with what it says."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alerting.signals import Forecast, Observation, Spot
from alerting.weather import SourceFacts
from tests.alerts import county as county_module
from tests.alerts.county import QUANTITIES, START, STORY, County

LOW, HIGH = Spot("low", 26.5, 106.5, 900), Spot("high", 26.52, 106.55, 1400)
Found = Callable[..., County]


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Found:
    """Makes a county of the story whose road has these points, and whose fog clears on this."""

    def make(*, points: str = "low", clear: str = "", sources: Any = (), **more: Any) -> County:
        shutil.copytree(STORY / "county", tmp_path / "county")
        shutil.copytree(STORY / "book", tmp_path / "book")
        _replace(tmp_path / "county" / "sites.csv", "990101100000,low,", f"990101100000,{points},")
        if clear:
            _replace(
                tmp_path / "book" / "roads.yaml", "clear: visibility >= 750 m", f"clear: {clear}"
            )
        monkeypatch.setattr(county_module, "STORY", tmp_path)
        county = County(**more)
        county.sources += sources
        county.engine = county._engine()
        return county

    return make


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def two_points(county: County, low: list[float], high: list[float]) -> Forecast:
    """A run whose visibility differs at the two points; calm follows."""
    run = county.run()
    sight = np.array(
        [v + [9000.0] * (48 - len(v)) for v in (low, high)], np.float32
    ).T  # fmt: skip
    values = {**run.values, "visibility": sight}
    return Forecast(run.source, run.issued, run.start, (LOW, HIGH), values)


def warms(county: County, temperature: float, source: str = "thermometers") -> None:
    """A run of a second model, which says nothing but the temperature."""
    values = {"temperature": np.full((48, 1), temperature, np.float32)}
    start = county.now.replace(minute=0)
    county.takes(Forecast(source, county.now, start, (LOW,), values))


def thermometer(county: County, temperature: float) -> None:
    county.takes(
        Observation(source="stations", issued=county.now, station="t", lat=26.5, lon=106.5,
                    elevation=900, at=county.now, values={"temperature": temperature})
    )  # fmt: skip


def has_fallen(county: County) -> bool:
    return any(what in ("fell", "cleared") for what, _ in county.changes())


def test_a_sensor_in_the_valley_does_not_speak_for_the_pass(found: Found) -> None:
    county = found(points="low high")
    county.takes(two_points(county, [150.0] * 3, [150.0] * 3))
    county.observes(visibility=150)
    county.passes(6)
    county.takes(two_points(county, [], [150.0] * 30))  # at the pass the fog stays all day
    county.observes(visibility=9000)
    county.passes(6)
    county.takes(two_points(county, [], []))  # says one run alone
    for _ in range(5):
        county.observes()
        county.passes(1)
    assert not has_fallen(county)
    for _ in range(2):  # and two that were made since it was last believed
        county.takes(two_points(county, [], []))
        county.observes()
        county.passes(2)
    county.observes()
    county.passes(1)
    assert county.changes()[-1] == ("cleared", 0)


def test_what_is_under_way_at_one_point_has_not_begun_at_the_level_of_another(found: Found) -> None:
    """Thin fog now on the pass, dense fog ahead in the valley, lost by the next runs: a clear view in
    the valley before its hour says nothing of it, and the run that saw it must be six hours old."""
    county = found(points="low high")
    county.takes(two_points(county, [9000.0] * 5 + [150.0] * 2, [300.0]))
    assert county.changes() == [("opened", 3)]
    for hour in range(1, 6):
        county.passes(1)
        if hour <= 2:
            county.takes(two_points(county, [], []))
        county.observes()
    assert not has_fallen(county)
    for _ in range(5):
        county.passes(1)
        county.observes()
    assert county.changes()[-1] == ("cleared", 0)


def test_of_two_points_the_one_it_reaches_first_tells_the_onset(found: Found) -> None:
    county = found(points="low high")
    county.takes(two_points(county, [9000.0] * 5 + [150.0], [9000.0, 150.0]))
    [alert] = county.alerts()
    assert (alert.level, alert.onset) == (3, START + timedelta(hours=1))
    assert alert.why["point"] == "high"


def test_a_thermometer_alone_does_not_say_that_fog_is_over(found: Found) -> None:
    county = found(clear="visibility >= 750 m and temperature > -20 degC")
    county.forecast(visibility=[150] * 30)
    county.passes(6)
    county.forecast(visibility=[150] * 30)
    county.passes(6)
    county.forecast()  # over at once, says one run
    for _ in range(5):
        thermometer(county, 5.0)
        county.passes(1)
    assert not has_fallen(county)
    for _ in range(2):  # where the sensors cannot say, runs can
        county.passes(1)
        county.forecast()
    county.passes(3)
    assert county.changes()[-1] == ("cleared", 0)


def test_where_one_sensor_is_enough_for_clear_it_is_enough(found: Found) -> None:
    county = found(clear="visibility >= 750 m or temperature > 20 degC")
    county.forecast(visibility=[150, 150])
    county.passes(2)
    for _ in range(4):
        thermometer(county, 25.0)
        county.passes(1)
    assert county.changes()[-1] == ("cleared", 0)


def test_runs_that_say_nothing_of_the_matter_do_not_count_as_agreeing(found: Found) -> None:
    second = SourceFacts(
        "thermometers", timedelta(hours=1), frozenset({"temperature"}), "forecast", 2
    )
    county = found(observing=False, sources=[second])
    warms(county, 0.0)
    county.forecast(visibility=[150] * 4)
    for hour in range(1, 11):
        county.passes(1)
        warms(county, float(hour))
        if hour == 6:
            county.forecast()
    assert not has_fallen(county)


def test_a_second_source_that_looks_further_blinds_no_rule_of_the_first(found: Found) -> None:
    second = SourceFacts("thermometers", timedelta(hours=6), frozenset({"temperature"}), "forecast", 2)
    county = found(sources=[second])
    run = county.run()
    short = {q: v[:8] for q, v in run.values.items()}  # fog is asked twelve hours ahead
    county.takes(Forecast("model", run.issued, run.start, run.spots, short))
    warms(county, 5.0)
    county.passes(1)
    assert np.isnan(county.engine.standings["fog"].unknown_since).all()


def test_a_dead_source_of_something_else_keeps_no_alert_open(found: Found) -> None:
    dead = SourceFacts("fire", timedelta(hours=6), frozenset({"fire_danger"}), "forecast", 2)
    county = found(sources=[dead])
    county.forecast(visibility=[150, 150])
    county.passes(2)
    for _ in range(4):
        county.observes()
        county.passes(1)
    assert county.changes()[-1] == ("cleared", 0)


def test_a_dead_source_of_the_same_thing_does(found: Found) -> None:
    dead = SourceFacts("second", timedelta(hours=6), QUANTITIES, "forecast", 2)
    county = found(sources=[dead])
    county.forecast(visibility=[150, 150])
    county.passes(2)
    for _ in range(4):
        county.observes()
        county.passes(1)
    assert not has_fallen(county)
