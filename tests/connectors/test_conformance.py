"""What every connector owes the service, whichever source it reads."""

from __future__ import annotations

import importlib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import connectors
from alerting.connector import Options, Reading
from alerting.errors import BadInput, SourceError
from alerting.signals import Spot, encode
from alerting.vocabulary import QUANTITIES
from tests.connectors.connector_fakes import FakeFetch, context

NAMES = connectors.known()
SAMPLES = Path(__file__).parent / "samples"
# What a connector needs to be told before it can read its sample.
OPTIONS: dict[str, dict[str, Any]] = {"inbox": {"format": "cap"}}
KINDS = {"forecast", "observation", "warning", "incident", "occasion", "report"}


class OneFestival:
    known_through = date(2026, 12, 31)

    def changes(self, first: date, last: date) -> list[Any]:
        return [(first, "spring-festival", "begins")]


def make(name: str, options: dict[str, Any] | None = None) -> Any:
    found = connectors.find(name)
    needs = {"calendar": OneFestival()} if "calendar" in getattr(found, "needs", ()) else {}
    return found(found.options.model_validate(options or {}), **needs)


def test_the_sources_of_this_release_are_known() -> None:
    ours = {
        "alarm-12379", "calendar", "cap", "cma-hub", "inbox", "meteoalarm", "national-exchange",
        "nmc", "open-meteo", "signals", "weathercn",
    }  # fmt: skip
    assert ours <= set(NAMES)
    assert "typed" not in NAMES


def test_an_unknown_name_lists_the_known_ones_and_the_closest() -> None:
    with pytest.raises(BadInput) as error:
        connectors.find("open_meteo")
    assert "'open-meteo'" in error.value.mend
    assert "cap" in error.value.mend


@pytest.mark.parametrize("name", NAMES)
def test_a_connector_is_called_as_its_file(name: str) -> None:
    module = importlib.import_module(f"connectors.{name.replace('-', '_')}")
    assert module.Source.name == name
    assert connectors.find(name) is module.Source


@pytest.mark.parametrize("name", NAMES)
def test_options_forbid_what_they_do_not_know(name: str) -> None:
    options = connectors.find(name).options
    assert issubclass(options, Options)
    with pytest.raises(ValidationError):
        options.model_validate({"no_such_option": 1})


@pytest.mark.parametrize("name", NAMES)
def test_what_it_feeds_and_how_often_is_said(name: str) -> None:
    source = make(name)
    assert source.feeds
    assert source.feeds <= KINDS
    assert source.cadence > timedelta(0)
    assert source.quantities <= QUANTITIES.keys()


def sample(name: str) -> bytes:
    """The short payload of our own that each source brings with it: samples/<name>.<its form>."""
    found = [p for p in SAMPLES.iterdir() if p.name.partition(".")[0] == name]
    assert len(found) == 1, f"tests/connectors/samples needs one file {name}.*, has {found}"
    return found[0].read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_its_sample_is_read_whole(name: str) -> None:
    reading = make(name, OPTIONS.get(name)).read(sample(name), context())
    assert reading.signals
    assert reading.problems == []


@pytest.mark.parametrize("name", NAMES)
def test_its_signals_bear_the_name_it_has_in_the_config(name: str) -> None:
    """Two sources of one kind are told apart by name and by the ids of what they say."""
    source = make(name, OPTIONS.get(name))
    one, two = (source.read(sample(name), context(source=n)).signals for n in ("one", "two"))
    assert {s.source for s in one} == {"one"}
    assert {s.source for s in two} == {"two"}
    assert not {s.id for s in one} & {s.id for s in two}


@pytest.mark.parametrize("name", [n for n in NAMES if n not in ("calendar", "inbox")])
def test_a_source_that_gets_nothing_says_so(name: str) -> None:
    source = make(name)
    with pytest.raises(SourceError):
        source.poll(FakeFetch(), context(spots=(Spot("a", 27.0, 107.0, 900.0),)))


# Near misses of the real forms find more than noise does.
SEEDS = [
    b"{}", b"[]", b"null", b'"x"', b"\x00\x01", b"\xff\xfe<\x00a\x00", b"2026-12-01",
    b'{"error": true, "reason": 7}', b'{"hourly": {"time": [1,2]}, "hourly_units": {}}',
    b'{"latitude": 1e308, "longitude": "x", "hourly_units": {"time": 1}, '
    b'"hourly": {"time": [1767225600], "temperature_2m": [1e308]}}',
    b'{"latitude": 1, "longitude": 2, "utc_offset_seconds": 99999999999999999, '
    b'"hourly_units": {}, "hourly": {"time": [99999999999999999]}}',
    b'{"latitude": 1, "longitude": 2, "hourly_units": [], "hourly": {"time": ["2026-13-01T00:00"]}}',
    b'{"latitude": 1, "longitude": 2, "hourly_units": {"temperature_2m": null}, '
    b'"hourly": {"time": ["2026-01-01T00:00"], "temperature_2m": [1]}}',
    b'{"latitude": 1, "longitude": 2, "elevation": [], "current": {"time": 1e30}, '
    b'"hourly_units": {}, "hourly": {"time": [1767225600]}}',
    b'{"data": {"page": {"list": [1, {"alertid": [], "title": {}}, {"alertid": "1", "title": "x", '
    b'"issuetime": "2026/02/31 10:00"}]}}}',
    b'{"data": {"page": {"list": 5}, "provinceAlarms": 6}}',
    b'{"warnings": [1, {"alert": {"info": [1, {"area": [2], "parameter": 3}]}}]}',
    b'{"warnings": {"alert": {"identifier": "a", "sender": "b", "sent": "2026-01-01T00:00:00Z", '
    b'"status": "Actual", "msgType": "Alert", "info": [{"severity": "Minor", "area": '
    b'[{"polygon": [[1, 2]], "circle": "1,2", "altitude": "1e999"}]}]}}}',
    b'[{"kind": "forecast", "start": "2026-01-01T00:00:00Z", "spots": [], "values": {"x": [[]]}}]',
    b'{"kind": "forecast", "issued": 5, "start": "2026-01-01T00:00:00Z", "spots": [{}], '
    b'"values": {"visibility": [[1]]}}',
    b'{"kind": "tick"}\n{"kind": 7}\n\xff',
    b'var alarminfo={"SIGNALTYPE": "x", "identifier": "y", "ISSUETIME": "0000-00-00 00:00:00"};',
    b'[{"headline": "x", "identifier": 5, "sendTime": "2026-01-01 25:00:00"}, 7]',
    b'{"a": [{"headline": "", "identifier": ""}, {"headline": "y"}]}', b'{"x": "\\ud800"}',
    b"<alert/>", b"<alert><sendTime/></alert>", b"<feed/>", b"<rss><channel><item/></channel></rss>",
    b"<alert><identifier>a</identifier><sender>b</sender><sent>2026-02-30T00:00:00Z</sent></alert>",
    b"<alert><identifier>a</identifier><sender>b</sender><sent>2026-01-01T00:00:00+99:99</sent>"
    b"<status>Actual</status><msgType>Cancel</msgType></alert>",
    b"<alert><identifier>a</identifier><sender>b</sender><sent>2026-01-01T00:00:00Z</sent>"
    b"<status>Actual</status><msgType>Alert</msgType><info><severity>Minor</severity><area>"
    b"<polygon>,</polygon><circle>, 5</circle><altitude>x</altitude></area></info></alert>",
]  # fmt: skip


def reads_or_refuses(name: str, body: bytes) -> None:
    source = make(name)
    try:
        reading = source.read(body, context())
    except BadInput:
        return
    assert isinstance(reading, Reading)
    for signal in reading.signals:
        assert encode(signal)
    again = make(name).read(body, context())
    assert [s.id for s in again.signals] == [s.id for s in reading.signals]


@pytest.mark.parametrize("body", SEEDS)
@pytest.mark.parametrize("name", NAMES)
def test_near_misses_are_read_or_refused(name: str, body: bytes) -> None:
    reads_or_refuses(name, body)
    if hasattr(make(name), "payload_time"):
        make(name).payload_time(body)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_garbage_is_read_or_refused_and_never_anything_else(name: str, data: st.DataObject) -> None:
    noise = st.binary(max_size=200)
    seed = data.draw(st.sampled_from(SEEDS))
    at = data.draw(st.integers(0, len(seed)))
    body = data.draw(st.one_of(noise, noise.map(lambda piece: seed[:at] + piece + seed[at + 1 :])))
    reads_or_refuses(name, body)
