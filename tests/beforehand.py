"""What every process of the service makes alike, made once in the process that they are forks of."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime
from pathlib import Path

from alerting.errors import SuianError
from alerting.rulebook.files import read_files, version
from alerting.runtime import VirtualRuntime
from alerting.service.config import Bus, load_config
from alerting.service.county import load_county
from alerting.service.process import loops_of
from alerting.service.station import Station
from alerting.store import Store
from alerting.web.app import make_app
from tests import statements

statements.share()

_seen: set[str] = set()  # books


def make_ready(folder: Path) -> None:
    """Have a station of the county in `folder` settle once with each book: its forks need not load the
    same channels, read the same files, run the same cases, and make the same grammar, templates and
    statements."""
    book = version(read_files(folder / "rules")[0])
    if book in _seen:
        return
    _seen.add(book)
    with contextlib.suppress(SuianError):  # what is wrong with it the process itself will say
        config = load_config(folder / "config.yaml")
        # It must take nothing from a broker that the story has filled already, and call nobody about it.
        county = load_county(config.model_copy(update={"bus": Bus()}))
        store = Store(":memory:")
        station = Station(county, VirtualRuntime(datetime(2026, 1, 1, tzinfo=UTC)), store)
        make_app(station)
        asyncio.run(loops_of(station).settle())
        store.close()
