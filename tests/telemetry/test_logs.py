"""What a line of the log says, and what it must not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
import structlog

from alerting.errors import BadInput
from alerting.runtime import RealRuntime
from alerting.store import Store, Writer
from alerting.telemetry import Traces, about, make_traces
from alerting.telemetry.logs import configure, masked


@pytest.fixture
def as_json() -> Iterator[None]:
    before = structlog.get_config()
    configure("info", "json")
    yield
    structlog.configure(**before)


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("to +447700900101 failed", "to +44…01 failed"),
        ("打给13800138000，无人接", "打给138…00，无人接"),
        ("forecast:0123456789abcdef", "forecast:0123456789abcdef"),
        ("seq 13800138000123", "seq 13800138000123"),
        ("2026-01-20T08:00:00+08:00", "2026-01-20T08:00:00+08:00"),
        ("http://127.0.0.1:13800138000", "http://127.0.0.1:13800138000"),
    ],
)
def test_a_phone_number_is_cut_to_its_ends(said: str, written: str) -> None:
    nested = masked(None, "info", {"event": said, "rows": [{"x": said}], "n": 13800138000})
    assert nested == {"event": written, "rows": [{"x": written}], "n": 13800138000}


def test_the_id_goes_into_every_thread_and_to_no_other_work(
    as_json: None, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Also where another task's turn at the writer does the work."""
    runtime = RealRuntime()
    writer, log = Writer(Store(tmp_path / "x.db"), runtime), structlog.get_logger()

    async def one(cause: str) -> None:
        with about(cause):
            # Every other one goes ahead, in the turn of somebody who came before.
            await writer.write(lambda c: log.info("in a transaction", of=cause), first=cause[-1] in "13579")
            await runtime.in_thread("pool", lambda: log.info("in a thread", of=cause))

    async def all_at_once() -> None:
        await asyncio.gather(*(one(f"signal:{n}") for n in range(20)))

    asyncio.run(all_at_once())
    runtime.close()
    writer.store.close()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 40
    assert all(line["cause"] == line["of"] for line in lines)


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_error_is_told_without_what_its_variables_hold(
    form: Literal["text", "json"], capsys: pytest.CaptureFixture[str]
) -> None:
    before, password = structlog.get_config(), "".join(["s3", "cret"])
    configure("info", form)
    try:
        if password:
            raise ValueError("it failed for +447700900101")
    except ValueError:
        structlog.get_logger().exception("failed")
    finally:
        structlog.configure(**before)
    said = capsys.readouterr().out
    assert "ValueError: it failed for +44…01" in said
    assert password not in said


def test_traces_that_cannot_be_sent_are_said_with_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(BadInput, match=r"traces are wanted.*not installed"):
        make_traces("http://127.0.0.1:4318", "")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    assert type(make_traces("", "")) is Traces, "whoever runs here may have set it for others"
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT")
    assert type(make_traces("", "")) is Traces, "nothing is imported where nobody asks"
