"""What people bring: the envelope, the inbox, a warning typed in."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerting.connector import Reading
from alerting.errors import BadInput, SourceError
from alerting.signals import Area, Forecast, Warning, decode, encode
from alerting.vocabulary.official import shipped
from connectors.inbox import Source as Inbox
from connectors.signals import Source as Signals
from connectors.typed import typed_warning
from tests.connectors.connector_fakes import NOW, FakeFetch, context

OBSERVED = {
    "kind": "observation", "source": "station", "issued": "2026-01-20T08:00:00Z", "station": "S1",
    "lat": 27.1, "lon": 107.9, "at": "2026-01-20T08:00:00Z", "values": {"visibility": 80},
}  # fmt: skip
RUN = {
    "kind": "forecast", "source": "nwp", "issued": "2026-01-20T00:00:00Z",
    "start": "2026-01-20T00:00:00Z", "spots": [{"id": "ridge"}],
    "values": {"temperature": [[1.0], [None]]},
}  # fmt: skip


def envelopes(body: bytes) -> Reading:
    return Signals({}).read(body, context())


# --- the envelope -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        json.dumps([OBSERVED, RUN]),
        json.dumps(OBSERVED) + "\n\n" + json.dumps(RUN) + "\n",
    ],
)
def test_a_list_and_lines_are_read_alike(body: str) -> None:
    reading = envelopes(body.encode())
    assert [s.kind for s in reading.signals] == ["observation", "forecast"]
    assert reading.problems == []


def test_one_object_is_read_and_reads_the_same_twice() -> None:
    (one,) = envelopes(json.dumps(RUN).encode()).signals
    assert isinstance(one, Forecast)
    (again,) = envelopes(json.dumps(RUN).encode()).signals
    assert again.id == one.id
    assert decode(encode(one)).id == one.id, "and as the bus keeps it"


def test_a_bad_line_is_named_and_the_good_ones_read() -> None:
    lines = [json.dumps(OBSERVED), "{broken", json.dumps({"kind": "weather"}), json.dumps(RUN)]
    reading = envelopes("\n".join(lines).encode())
    assert len(reading.signals) == 2
    assert sorted(p.where for p in reading.problems) == ["line 2", "line 3"]


@pytest.mark.parametrize(
    "body", [b"", b"{broken", b"[]", b"[7]", json.dumps(RUN | {"issued": "noon"}).encode()]
)
def test_nothing_readable_is_refused(body: bytes) -> None:
    with pytest.raises(BadInput, match="no signal in this"):
        envelopes(body)


def test_signals_are_pushed_not_asked_and_say_when_they_were_issued() -> None:
    with pytest.raises(SourceError, match="not asked"):
        Signals({}).poll(FakeFetch(), context())
    body = json.dumps([OBSERVED, RUN]).encode()
    assert Signals({}).payload_time(body) == datetime(2026, 1, 20, 8, tzinfo=UTC)
    assert Signals({}).payload_time(b"x") is None


# --- the inbox --------------------------------------------------------------------------------


def lay(folder: Path, name: str, body: bytes) -> Path:
    path = folder / name
    path.write_bytes(body)
    earlier = (NOW - timedelta(minutes=1)).timestamp()
    os.utime(path, (earlier, earlier))
    return path


def poll(inbox: Inbox, now: datetime = NOW) -> Reading:
    return inbox.poll(FakeFetch(), context(now, source="inbox"))


def test_a_file_is_read_once_and_moved_when_it_has_been_taken(tmp_path: Path) -> None:
    lay(tmp_path, "seen.json", json.dumps(OBSERVED).encode())
    inbox = Inbox({"folder": tmp_path})
    assert len(poll(inbox).signals) == 1
    assert (tmp_path / "seen.json").exists()
    assert poll(inbox).signals == []
    assert (tmp_path / "done" / "seen.json").exists()
    assert not (tmp_path / "seen.json").exists()


def test_a_service_killed_before_its_signals_were_taken_reads_again(tmp_path: Path) -> None:
    lay(tmp_path, "seen.json", json.dumps(OBSERVED).encode())
    first, second = (poll(Inbox({"folder": tmp_path})) for _ in range(2))
    assert [s.id for s in first.signals] == [s.id for s in second.signals]


def test_what_cannot_be_read_is_set_aside_with_its_reason(tmp_path: Path) -> None:
    lay(tmp_path, "broken.json", b"{")
    lay(tmp_path, "photo.png", b"\x89PNG")
    inbox = Inbox({"folder": tmp_path})
    first = poll(inbox)  # it may still be being written
    assert (first.signals, first.problems) == ([], [])
    reading = poll(inbox)
    assert reading.signals == []
    assert {p.where for p in reading.problems} == {"broken.json", "photo.png"}
    assert "no JSON" in (tmp_path / "refused" / "broken.json.txt").read_text("utf-8")
    assert "set format" in (tmp_path / "refused" / "photo.png.txt").read_text("utf-8")
    assert (tmp_path / "refused" / "photo.png").exists()


def test_a_warning_that_was_refused_as_a_whole_is_set_aside_too(tmp_path: Path) -> None:
    cap = (
        "<alert><identifier>a</identifier><sender>b</sender><sent>2026-01-20T08:00:00Z</sent>"
        "<status>Test</status><msgType>Alert</msgType></alert>"
    )
    lay(tmp_path, "a.xml", cap.encode())
    inbox = Inbox({"folder": tmp_path})
    assert poll(inbox).signals == poll(inbox).signals == []
    assert "status is test" in (tmp_path / "refused" / "a.xml.txt").read_text("utf-8")


def test_the_name_or_the_option_says_who_reads(tmp_path: Path) -> None:
    name = "52012241600000_20260120140000_11B21_YELLOW_Alert.xml"
    exchange = (
        "<alert><identifier>52012241600000_20260120140000</identifier><sender>某县气象台</sender>"
        "<sendTime>2026-01-20 14:00:00</sendTime><status>Actual</status><msgType>Alert</msgType>"
        "<info><eventType>11B21</eventType><severity>Yellow</severity></info></alert>"
    ).encode()
    lay(tmp_path, name, exchange)
    (warning,) = poll(Inbox({"folder": tmp_path})).signals
    assert (warning.hazard, warning.event) == ("road-icing", "11B21")
    assert warning.source == "inbox"  # who brought it, as the config calls it
    other = tmp_path / "other"
    other.mkdir()
    lay(other, "anything", exchange)
    inbox = Inbox({"folder": other, "format": "national-exchange"})
    assert len(poll(inbox).signals) == 1
    assert len(inbox.read(exchange, context()).signals) == 1
    assert inbox.payload_time(exchange) == datetime(2026, 1, 20, 6, tzinfo=UTC)


def test_a_half_written_file_is_read_when_it_is_whole(tmp_path: Path) -> None:
    """Copied with its old time kept, so that its age says nothing."""
    inbox = Inbox({"folder": tmp_path})
    whole = json.dumps(OBSERVED).encode()
    lay(tmp_path, "seen.json", whole[:40])
    assert poll(inbox).problems == []
    lay(tmp_path, "seen.json", whole[:60])
    assert poll(inbox).problems == []
    lay(tmp_path, "seen.json", whole)
    assert len(poll(inbox).signals) == 1
    assert not (tmp_path / "refused").exists()


def test_what_is_no_plain_file_is_refused_or_left(tmp_path: Path) -> None:
    secret = lay(tmp_path.parent, "elsewhere.json", json.dumps(OBSERVED).encode())
    (tmp_path / "linked.json").symlink_to(secret)
    (tmp_path / "broken.json").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder.json").mkdir()
    os.mkfifo(tmp_path / "pipe.json")
    with (tmp_path / "huge.json").open("wb") as huge:
        huge.truncate(65 * 1024 * 1024)
    os.utime(tmp_path / "huge.json", (0, 0))
    inbox = Inbox({"folder": tmp_path})
    later = NOW + timedelta(days=4000)
    assert poll(inbox, later).signals == []
    said = {p.where: p.what for p in poll(inbox, later).problems}
    assert said == {
        "linked.json": "this is a link, not a file",
        "broken.json": "this is a link, not a file",
        "folder.json": "folders are not looked into",
        "huge.json": "the file is larger than 64 MiB",
    }
    assert {p.name for p in tmp_path.iterdir()} == {"folder.json", "pipe.json", "refused"}
    assert secret.exists()


@pytest.mark.parametrize("name", [b"two\nlines.json", "某县.json".encode("gbk"), b"a\x1b[31m.json"])
def test_a_name_that_cannot_be_printed_is_shown_without_what_cannot(
    tmp_path: Path, name: bytes
) -> None:
    file = tmp_path / os.fsdecode(name)
    file.write_bytes(b"{")
    os.utime(file, (0, 0))
    inbox = Inbox({"folder": tmp_path})
    poll(inbox)
    (problem,) = poll(inbox).problems
    assert problem.where.isprintable()
    assert problem.where.endswith(".json")
    assert len(list((tmp_path / "refused").iterdir())) == 2


def test_an_inbox_promises_what_its_readers_bring(tmp_path: Path) -> None:
    """Else an inbox of warnings would be the county's most trusted forecast, due every 30 s."""
    warnings = Inbox({"folder": tmp_path})
    assert warnings.feeds == {"warning", "report"}
    assert (warnings.cadence, warnings.quantities) == (timedelta(seconds=30), frozenset())
    weather = Inbox({"folder": tmp_path, "format": "open-meteo"})
    assert weather.feeds == {"forecast"}
    assert weather.cadence == timedelta(hours=1)
    assert weather.every == timedelta(seconds=30)
    assert "visibility" in weather.quantities
    with pytest.raises(BadInput, match="not read from files"):
        Inbox({"folder": tmp_path, "format": "calendar"})


def test_unfinished_hidden_and_just_written_files_wait(tmp_path: Path) -> None:
    body = json.dumps(OBSERVED).encode()
    lay(tmp_path, "a.json.part", body)
    lay(tmp_path, ".b.json", body)
    fresh = lay(tmp_path, "c.json", body)
    os.utime(fresh, (NOW.timestamp() - 1, NOW.timestamp() - 1))
    inbox = Inbox({"folder": tmp_path})
    assert poll(inbox).signals == []
    assert len(poll(inbox, NOW + timedelta(seconds=5)).signals) == 1


def test_a_name_that_is_taken_loses_nothing(tmp_path: Path) -> None:
    inbox = Inbox({"folder": tmp_path})
    for _ in range(2):
        lay(tmp_path, "seen.json", json.dumps(OBSERVED).encode())
        poll(inbox)
        poll(inbox)
    assert {p.name for p in (tmp_path / "done").iterdir()} == {"seen.json", "seen-2.json"}


def test_a_file_changed_after_it_was_read_is_read_again(tmp_path: Path) -> None:
    inbox = Inbox({"folder": tmp_path})
    lay(tmp_path, "seen.json", json.dumps(OBSERVED).encode())
    poll(inbox)
    lay(tmp_path, "seen.json", json.dumps([OBSERVED, RUN]).encode())
    assert len(poll(inbox).signals) == 2


def test_an_inbox_that_cannot_be_or_knows_no_reader_says_so(tmp_path: Path) -> None:
    blocked = lay(tmp_path, "file", b"")
    with pytest.raises(SourceError, match="cannot be used"):
        poll(Inbox({"folder": blocked}))
    with pytest.raises(BadInput, match="no source"):
        Inbox({"folder": tmp_path, "format": "fax"})
    with pytest.raises(BadInput, match="needs a format"):
        Inbox({"folder": tmp_path}).read(b"{}", context())


# --- typed in ---------------------------------------------------------------------------------


def typed(**more: Any) -> Warning:
    said: dict[str, Any] = {
        "kind": "道路结冰", "level": "橙色", "area": "520122 某镇", "issuer": "某县气象台",
        "text": "今夜有道路结冰。", "issued": NOW, "expires": NOW + timedelta(hours=12),
        "person": "li-wei", "table": shipped(),
    }  # fmt: skip
    return typed_warning(**(said | more))


def test_a_typed_warning_is_one_like_any_other() -> None:
    warning = typed()
    assert (warning.hazard, warning.level, warning.action) == ("road-icing", "orange", "alert")
    assert warning.area == Area(names=("某镇",), codes=("520122",))
    assert warning.headline == "某县气象台：道路结冰橙色预警"
    assert warning.source == "typed:li-wei"
    assert typed().id == warning.id


@pytest.mark.parametrize(
    ("kind", "hazard"),
    [("fog", "fog"), ("大雾", "fog"), ("Dense Fog", "fog"), ("低温凝冻", "freezing-rain")],
)
def test_ours_or_the_offices_word_both_do(kind: str, hazard: str) -> None:
    assert typed(kind=kind).hazard == hazard


@pytest.mark.parametrize("level", ["orange", "橙色", "橙", "Orange"])
def test_levels_in_both_languages(level: str) -> None:
    assert typed(level=level).level == "orange"


@pytest.mark.parametrize(
    ("change", "where", "mend"),
    [
        ({"kind": "道路接冰"}, "kind", "road-icing"),
        ({"kind": "fgo"}, "kind", "fog"),
        ({"kind": "xyz"}, "kind", "暴雪"),
        ({"kind": "service"}, "kind", "road-icing"),
        ({"kind": ""}, "kind", "暴雪"),
        ({"level": "purple"}, "level", "橙色"),
        ({"area": ""}, "area", "520122"),
        ({"area": "52012"}, "area", "6, 9 or 12"),
        ({"area": Area()}, "area", "520122"),
        ({"issuer": " "}, "issuer", "某县气象台"),
        ({"person": ""}, "person", ""),
        ({"expires": NOW}, "expires", "24 hours"),
        ({"issued": datetime(2026, 1, 20, 8)}, "issued", "+08:00"),
    ],
)
def test_each_slip_says_where_it_is_and_what_would_do(
    change: dict[str, Any], where: str, mend: str
) -> None:
    with pytest.raises(BadInput) as error:
        typed(**change)
    assert error.value.where == where
    assert mend in error.value.mend
