"""`suian serve`: the whole service in one process."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import signal
import socket
from pathlib import Path
from typing import Annotated

import structlog
import typer
import uvicorn

from alerting.cli.narrate import Narrator
from alerting.cli.welcome import farewell, out, welcome
from alerting.errors import BadInput, Refused, SuianError
from alerting.runtime import RealRuntime, Runtime, VirtualRuntime
from alerting.service import good_book
from alerting.service.address import announce, only_one
from alerting.service.clock_socket import ClockSocket
from alerting.service.config import Config, load_config
from alerting.service.county import load_county
from alerting.service.process import loops_of
from alerting.service.station import Station
from alerting.store import Store
from alerting.web.app import make_app

log = structlog.get_logger()


def serve(
    config: Annotated[Path, typer.Option(help="The county's config.")] = Path("config.yaml"),
    play: Annotated[bool, typer.Option(help="Play the config's exercise at start.")] = False,
    clock: Annotated[
        Path | None, typer.Option(help="For tests: take the time from this socket.", hidden=True)
    ] = None,
) -> None:
    """Run the service until Ctrl-C."""
    settings = load_config(config)
    _log_from(settings.log)
    if clock is not None and not settings.county.fictional:
        raise BadInput("--clock moves time by hand, which only a fictional county may do")
    try:
        with only_one(settings.data):
            asyncio.run(_serve(settings, play, clock))
    except* SuianError as group:
        raise group.exceptions[0] from None


async def _serve(config: Config, play: bool, clock: Path | None) -> None:
    listener = _listen(config)
    port = listener.getsockname()[1]
    config = config.model_copy(update={"port": port})
    hand = ClockSocket(clock) if clock else None
    runtime: Runtime = VirtualRuntime(await hand.first_time()) if hand else RealRuntime()
    county = load_county(config, fall_back=True)
    station = Station(county, runtime, Store(config.data / "suian.db"))
    good_book.keep(county.book, config.data)
    loops = loops_of(station)
    server = uvicorn.Server(
        uvicorn.Config(make_app(station), log_level="warning", access_log=False,
                       lifespan="off", timeout_graceful_shutdown=3)
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
        announce(config)
        welcome(station)
        tasks = [asyncio.create_task(loops.run())]
        if hand is None:
            tasks.append(asyncio.create_task(Narrator(station, out).run()))
        await server.serve(sockets=[listener])
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await station.close()
    farewell(station)


def _log_from(level: str) -> None:
    """Log what is at least this grave; traces in the plain form, for the other shows local variables
    and with them secrets."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        processors=[
            *structlog.get_config()["processors"][:-1],
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
        ],
    )


def _listen(config: Config) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
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
