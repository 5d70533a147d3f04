"""What goes into a record, and a run that is too large for one: in pieces it says all that it said whole."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from alerting.bus import Shares
from alerting.bus.records import LARGEST, loads, pack, unpack
from alerting.errors import TooLarge
from alerting.places import Places, load_places
from alerting.signals import Forecast, Incident, Spot, Tick, accepted_at
from alerting.weather import Column
from tests.weather.weather_sky import MODEL, fields, look

NOW = datetime(2026, 1, 20, tzinfo=UTC)
CITY = Path(__file__).parents[1] / "scenarios" / "city"
PLACES = load_places(CITY / "zones.csv", CITY / "sites.csv")
ALL = Shares(1, Places("990000", {}), 0.0)
THREE = Shares(3, PLACES, 10.0)


def run(spots: tuple[Spot, ...], hours: int = 24, hour: int = 0) -> Forecast:
    """Of values that do not pack."""
    rng = np.random.default_rng(hour)
    values = {q: rng.normal(0, 3, (hours, len(spots))).astype(np.float32)
              for q in ("temperature", "precipitation", "visibility")}  # fmt: skip
    at = NOW + timedelta(hours=hour)
    return Forecast("model", at, at, spots, values, accepted=at)


def many(count: int, east: float = 106.0) -> tuple[Spot, ...]:
    return tuple(Spot(f"p{i}", 26 + i / 1000, east, 900.0) for i in range(count))


def read_back(shares: Shares, *signals: Forecast) -> list[Forecast]:
    values = list(pack("live", loads(signals, shares)))
    assert all(len(one) <= LARGEST for one in values)
    back = [one for value in values for one in unpack(value)[1]]
    assert all(isinstance(one, Forecast) for one in back)
    return [one for one in back if isinstance(one, Forecast)]


def test_records_stay_under_their_limit_and_read_back_the_same() -> None:
    signals = [run(many(250), hour=h) for h in range(20)]
    assert len(list(pack("live", loads(signals, ALL)))) > 1
    back = read_back(ALL, *signals)
    assert [b.id for b in back] == [s.id for s in signals]
    assert np.array_equal(back[0].values["temperature"], signals[0].values["temperature"])
    assert back[0].accepted == NOW


def test_a_large_run_is_cut_by_its_spots_into_signals_of_their_own() -> None:
    whole = run(many(5000), 72)
    pieces = read_back(ALL, whole)
    assert len(pieces) >= 8
    assert len({one.id for one in pieces}) == len(pieces)
    assert all(one.id.startswith(whole.id) for one in pieces)
    assert [spot for one in pieces for spot in one.spots] == list(whole.spots)
    for quantity, said in whole.values.items():
        assert np.array_equal(np.hstack([one.values[quantity] for one in pieces]), said)
    assert {(one.issued, one.start, one.accepted, one.hours) for one in pieces} == {(NOW, NOW, NOW, 72)}
    assert [one.id for one in read_back(ALL, whole)] == [one.id for one in pieces], "twice is once"


def test_the_next_run_is_cut_at_the_same_spots() -> None:
    """Fields place a list of spots once, and tell by it whether a run says again what it said."""
    runs = [read_back(ALL, run(many(4100), 72, hour)) for hour in (0, 1)]
    quiet = run(many(4100), 72, 2)
    quiet.values["visibility"][:] = 24_000.0  # packs better
    runs.append(read_back(ALL, quiet))
    for one, other in pairwise(runs):
        assert [piece.spots for piece in one] == [piece.spots for piece in other]
        assert not {piece.id for piece in one} & {piece.id for piece in other}


def test_each_piece_goes_to_the_share_that_its_spots_concern() -> None:
    west, east = (tuple(Spot(point, 26.5, 106.5) for _ in range(2000)) for point in ("west", "low"))
    both = run(tuple(spot for pair in zip(west, east, strict=True) for spot in pair), 72)
    assert THREE.of(both) is None
    carried = loads([both], THREE)
    assert {one.share for one in carried} == {THREE.of_place("G98-K40"), THREE.of_place("G99-K12")}
    for one in carried:
        assert isinstance(one.signal, Forecast)
        assert THREE.of(one.signal) == one.share
        assert len(one.body) <= LARGEST


@pytest.mark.parametrize("strangers", [False, True])
def test_fields_believe_of_the_pieces_what_they_believe_of_the_run(strangers: bool) -> None:
    """Also where its spots are no points of ours: each speaks for whatever is nearest to it, of all."""
    columns = [Column(f"place-{n}", point.id, point.lat, point.lon, point.elevation)
               for n, (_, point) in enumerate(PLACES.columns)]  # fmt: skip
    points = {c.point_id: c for c in columns}.values()
    own = [Spot("" if strangers else c.point_id, c.lat + 0.01, c.lon, c.elevation + 10) for c in points]
    rng = np.random.default_rng(5)
    near = [Spot("", s.lat + d, s.lon, s.elevation) for s in own
            for d in rng.uniform(-0.03, 0.03, 4000 // len(own))]  # fmt: skip
    whole = run((*own, *(near if strangers else many(3000, 150.0))), 72)
    one, other = fields(MODEL, columns=columns), fields(MODEL, columns=columns)
    pieces = read_back(THREE, whole)
    assert len(pieces) > 1
    one.take_forecast(whole)
    for piece in pieces:
        other.take_forecast(piece)
    for quantity in whole.values:
        said, again = look(one, 0).values[quantity], look(other, 0).values[quantity]
        assert np.isfinite(said).any()
        assert np.array_equal(said, again, equal_nan=True)


def test_what_cannot_be_cut_and_is_too_large_is_refused_by_its_name() -> None:
    text = b64encode(np.random.default_rng(1).bytes(1_500_000)).decode()
    said = Incident(source="bulletin", issued=NOW, incident="fire", place="x", at=NOW, text=text)
    with pytest.raises(TooLarge, match="this incident of bulletin is") as refused:
        list(pack("live", loads([said], ALL)))
    assert refused.value.where == said.id


def test_of_a_record_only_what_cannot_be_read_is_left_out() -> None:
    tick = accepted_at(Tick(source="clock", issued=NOW), NOW)
    [good] = loads([tick], ALL)
    newer = replace(good, body=b'j{"kind": "omen", "source": "x", "issued": "2026-01-20T00:00:00Z"}')
    unstamped = loads([Tick(source="clock", issued=NOW, subject="x")], ALL)[0]
    [value] = pack("live", [newer, good, unstamped])
    realm, signals, bodies, faults = unpack(value)
    assert (realm, signals) == ("live", (tick,))
    assert bodies == {tick.id: good.body}, "as which it is kept, without being packed again"
    assert "omen" in faults[0]
    assert "accepted" in faults[1]
    for foreign in (b"", b"{}", b"\x00" * 50, None):
        with pytest.raises(ValueError, match="not a record of ours"):
            unpack(foreign)  # type: ignore[arg-type]
