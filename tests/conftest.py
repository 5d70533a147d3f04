"""What all tests share: the shared folder where it is present, and the optional parts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog

from tests import databases, kafka_broker, postgres_server, statements

if TYPE_CHECKING:
    from alerting.service.station import Station
    from tests.exercises.minute import Terminal

statements.share()
# Errors as `suian serve` writes them: structlog's own way shows the values of every frame, for seconds.
structlog.configure(processors=[
    *structlog.get_config()["processors"][:-1],
    structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
])  # fmt: skip

ROOT = Path(__file__).parent.parent
# What takes longest begins first, so that no worker is left with it at the end.
LONGEST = ("tests/winter/", "tests/faults/", "tests/bus/", "tests/sabotage/", "tests/laws/", "tests/simulation/", "tests/scenarios/test_rows",
           "tests/chase/test_laws")  # fmt: skip
# Folders whose tests share nothing costly: each goes to whichever worker is free.
ALONE = ("tests/scenarios/", "tests/simulation/", "tests/winter/")
# Fixtures so costly that all who use them go to the same worker.
MADE_ONCE = ("kafka", "first_minute")
REQUIRED = bool(os.environ.get("SUIAN_REQUIRE_ALL"))


def lacking(what: str) -> None:
    """Skip for want of an optional part; where every part is required, fail instead."""
    if REQUIRED:
        pytest.fail(f"required here and missing: {what}")
    pytest.skip(what)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of captured payloads and recorded weather, where this machine has it."""
    folder = Path(os.environ.get("SUIAN_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        lacking("the folder of captured payloads (SUIAN_SHARED) is not on this machine")
    return folder


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[kafka_broker.SecuredBroker]:
    """One broker for the whole run."""
    if what := kafka_broker.missing():
        lacking(f"a real Kafka broker {what}")
    broker = kafka_broker.SecuredBroker(tmp_path_factory.mktemp("kafka"))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> postgres_server.Server:
    """The one PostgreSQL server of the whole run."""
    if postgres_server.programs() is None:
        lacking("a real PostgreSQL: needs Debian's postgresql, or the wheel of requirements-dev.lock")
    return databases.server(request.config)


@pytest.fixture(autouse=True)
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """On which database the stores of this test are; see tests/databases.py."""
    kind = getattr(request, "param", "sqlite")
    if kind == "sqlite":
        yield kind
        return
    with databases.on(request.getfixturevalue("postgres"), request.node.nodeid):
        yield kind


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    on_a_file = metafunc.definition.get_closest_marker("sqlite")
    if databases.is_of_both(metafunc.definition.nodeid) and not on_a_file:
        metafunc.parametrize("database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(scope="session")
def first_minute(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Station, Terminal]]:
    """The shipped county after a minute of its storm, and what its terminal showed."""
    # All of the service, which a single story has no use for.
    from tests.exercises.minute import play

    station, terminal = play(tmp_path_factory.mktemp("first-minute"))
    yield station, terminal
    station.store.close()


@cache
def _stories_of_one_process(file: str) -> bool:
    """Whether stories follow one another in what a file makes once; a list of such files, kept by hand,
    was forgotten, and parted stories failed now and then."""
    return 'scope="module"' in (ROOT / file).read_text("utf-8")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """For several workers (`make test`): one broker and one first minute, a file's fixtures made once,
    the longest first."""

    def rank(item: pytest.Item) -> int:
        return next((n for n, name in enumerate(LONGEST) if item.nodeid.startswith(name)), 99)

    items.sort(key=rank)
    for item in items:
        file = item.nodeid.partition("::")[0]
        once = next((f for f in MADE_ONCE if f in getattr(item, "fixturenames", ())), None)
        if once:
            item.add_marker(pytest.mark.xdist_group(once))
        elif not file.startswith(ALONE) or _stories_of_one_process(file):
            item.add_marker(pytest.mark.xdist_group(file))


def pytest_unconfigure(config: pytest.Config) -> None:
    """At the end of the whole run, when its workers have ended."""
    if not hasattr(config, "workerinput") and hasattr(config, "_tmp_path_factory"):
        postgres_server.end(databases.folder(config))


def pytest_collection_finish(session: pytest.Session) -> None:
    """A worker's runner marks the ids of what belongs together; where it does not (pytest 9.2 with
    pytest-xdist 3.8) stories of one process are parted in silence, and fail one by one."""
    if session.config.getoption("loadgroup", False):
        apart = [i.nodeid for i in session.items if i.get_closest_marker("xdist_group") and "@" not in i.nodeid]
        if apart:
            raise pytest.UsageError(f"these do not go to one worker, as they must: {apart[:3]}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Figures that a test found (`record_property("figures", …)`), whichever worker ran it."""
    for report in terminalreporter.stats.get("passed", []) + terminalreporter.stats.get("failed", []):
        for name, value in report.user_properties:
            if name == "figures" and report.when == "call":
                terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {value}")
