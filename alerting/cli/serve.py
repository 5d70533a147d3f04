"""`suian serve`: the whole service in one process, or one part of it beside others."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import signal
import socket
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
import uvicorn

from alerting.cli.given import store_of
from alerting.cli.narrate import Narrator
from alerting.cli.welcome import farewell, out, welcome
from alerting.dispatch.channels import make_channels
from alerting.errors import BadInput, Refused, SuianError
from alerting.runtime import RealRuntime, Runtime, VirtualRuntime
from alerting.sentinel.wire import read_secret
from alerting.service import good_book
from alerting.service.address import announce, only_one
from alerting.service.clock_socket import ClockSocket
from alerting.service.config import Config, load_config
from alerting.service.county import load_county
from alerting.service.loop import Loops
from alerting.service.process import ALONE, Role, loops_of
from alerting.service.station import Station
from alerting.store.database import prepare_folder
from alerting.telemetry.logs import configure
from alerting.web.app import make_app

log = structlog.get_logger()
BACKLOG = 2048  # connections that wait to be taken, as many as uvicorn's own


def serve(
    config: Annotated[Path, typer.Option(help="The county's config.")] = Path("config.yaml"),
    role: Annotated[
        Role, typer.Option(help="With a shared database: what this process does of it.")
    ] = "all",
    play: Annotated[bool, typer.Option(help="Play the config's exercise at start.")] = False,
    clock: Annotated[
        Path | None, typer.Option(help="For tests: take the time from this socket.", hidden=True)
    ] = None,
) -> None:
    """Run the service until Ctrl-C."""
    settings = load_config(config)
    configure(settings.log.level, settings.log.format)
    if clock is not None and not settings.county.fictional:
        raise BadInput("--clock moves time by hand, which only a fictional county may do")
    if role != "all" and not settings.database:
        raise BadInput(
            f"--role {role}: several processes need a database that they share",
            where=str(config), mend="Set `database: postgresql://…` in the config.",
        )  # fmt: skip
    try:
        with _mine(settings):
            asyncio.run(_serve(settings, role, play, clock))
    except* SuianError as group:
        raise group.exceptions[0] from None


async def _serve(config: Config, role: Role, play: bool, clock: Path | None) -> None:
    listener = _listen(config)
    port = listener.getsockname()[1]
    config = config.model_copy(update={"port": port})
    hand = ClockSocket(clock) if clock else None
    runtime: Runtime = VirtualRuntime(await hand.first_time()) if hand else RealRuntime()
    county = load_county(config, fall_back=True)
    _check_secrets(config, role, runtime)
    station = Station(county, runtime, store_of(config))
    good_book.keep(county.book, config.data)
    shows = role in ("all", "web")
    loops = loops_of(station, role)
    server = uvicorn.Server(
        uvicorn.Config(make_app(station, pages_too=shows), log_config=None, log_level="warning",
                       access_log=False, lifespan="off", timeout_graceful_shutdown=3)
    )  # fmt: skip
    # The book, the county and the libraries live as long as the process. Walking them all again in
    # each full collection took 90 ms, often in the middle of a transaction.
    gc.freeze()
    with _signals_to(server):
        if hand is not None and isinstance(runtime, VirtualRuntime):
            await loops.settle()
            hand.attach(runtime, loops, station.points)
        if play:
            try:
                await station.start_exercise()
            except Refused as refusal:  # a drill of people goes on; no exercise comes between
                print(f"{refusal.zh} {refusal.text()}")
        listener.listen(BACKLOG)  # whoever reads the address below may come at once, and waits
        if shows:
            announce(config)
            welcome(station)
        else:
            out.print(f"岁安 suian: {role}, {config.local_url}")
        beside = [Narrator(station, out).run()] if hand is None and role == "all" else []
        await _until_stopped(server, listener, loops, beside)
    await station.close()
    farewell(station)


async def _until_stopped(
    server: uvicorn.Server, listener: socket.socket, loops: Loops,
    beside: list[Coroutine[Any, Any, None]],
) -> None:  # fmt: skip
    """Pages, loops, and what runs beside them. A process whose loops have ended ends too, with their
    error: it would answer for work that nobody does, and keep from others what it has taken."""

    def stop(_: asyncio.Task[None]) -> None:
        server.should_exit = True

    working = asyncio.create_task(loops.run())
    working.add_done_callback(stop)
    tasks = [working, *map(asyncio.create_task, beside)]
    await server.serve(sockets=[listener])
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if not working.cancelled():
        working.result()


def _mine(config: Config) -> contextlib.AbstractContextManager[None]:
    """A file is one process's; a shared database is guarded by its own locks."""
    if not config.database:
        return only_one(config.data)
    prepare_folder(config.data)
    return contextlib.nullcontext()


def _check_secrets(config: Config, role: Role, runtime: Runtime) -> None:
    """Say what this role lacks before the database is touched. Raises BadInput."""
    make_channels(config.channels, runtime, config.url)
    config.bus.access()
    if "chase" not in ALONE[role]:  # beside which the sentinels are told
        return
    for one in config.sentinels.values():
        if one.on:
            read_secret(one.secret_env)


def _listen(config: Config) -> socket.socket:
    # Named as TCP: only then asyncio sends a page's last bytes at once. Else each waits 40 ms for the
    # reader's acknowledgement of its first.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((config.address, config.port))
    except OSError as error:
        listener.close()
        taken = error.errno == errno.EADDRINUSE
        what = "is in use by another program" if taken else f"cannot be used: {error.strerror}"
        raise SuianError(
            f"port {config.port} on {config.address} {what}",
            mend="Stop that program, or choose another port: SUIAN_PORT=8081 make run.",
        ) from None
    return listener


@contextlib.contextmanager
def _signals_to(server: uvicorn.Server):  # type: ignore[no-untyped-def]
    """Ctrl-C ends the web server, and with it everything else, in order."""

    def stop(*_: object) -> None:
        server.should_exit = True

    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    yield
