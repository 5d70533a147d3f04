"""`suian sentinel`: watches the service from another machine, and calls when it falls silent."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from pathlib import Path
from typing import Annotated

import typer
from aiohttp import web

from alerting.dispatch import make_channels
from alerting.errors import SuianError
from alerting.runtime import RealRuntime, Runtime, VirtualRuntime
from alerting.sentinel.door import make_door
from alerting.sentinel.guard import Guard
from alerting.sentinel.settings import Settings, load_settings
from alerting.sentinel.wire import read_secret
from alerting.service.clock_socket import ClockSocket
from alerting.service.loop import Loops


def sentinel(
    config: Annotated[Path, typer.Option(help="The sentinel's config.")] = Path("sentinel.yaml"),
    check: Annotated[bool, typer.Option("--check", help="Say what is wrong with it, and end.")] = False,
    clock: Annotated[
        Path | None, typer.Option(help="For tests: take the time from this socket.", hidden=True)
    ] = None,
) -> None:
    """Watch the service from another machine until Ctrl-C."""
    settings = load_settings(config)
    secret = read_secret(settings.secret_env)
    if check:
        _checked(settings)
        return
    asyncio.run(_stand(settings, secret, clock))


def _checked(settings: Settings) -> None:
    channels = make_channels(settings.channels, RealRuntime(), settings.url)
    people = ", ".join(one.name for one in settings.people)
    print(f"ok: listens on {settings.address}:{settings.port} 监听, calls by 呼叫通道"
          f" {', '.join(channels)}, last resort 最后联系人 {people}")  # fmt: skip
    if not settings.public_url:
        print("-- public_url is not set: links in messages and replies by text work on this machine"
              " alone 未设置，短信回复与链接仅本机可用")  # fmt: skip
    silent = [name for name, one in channels.items() if not one.loudness]
    if len(silent) == len(channels):
        print(f"-- no channel rings a telephone 没有响亮通道: {', '.join(silent)}")


async def _stand(settings: Settings, secret: bytes, clock: Path | None) -> None:
    hand = ClockSocket(clock) if clock else None
    runtime: Runtime = VirtualRuntime(await hand.first_time()) if hand else RealRuntime()
    channels = make_channels(settings.channels, runtime, settings.url)
    guard = Guard(settings, runtime, channels, secret)
    loops = Loops(runtime, [guard])
    runner = web.AppRunner(make_door(guard, channels, settings.url, loops.wake), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.address, settings.port).start()
    except OSError as error:
        raise SuianError(f"{settings.address}:{settings.port} cannot be used: {error.strerror}",
                         mend="Choose another port in sentinel.yaml.") from None  # fmt: skip
    if hand is not None and isinstance(runtime, VirtualRuntime):
        await loops.settle()
        hand.attach(runtime, loops, dict)
    print(f"岁安哨兵 suian sentinel: {settings.address}:{settings.port}", flush=True)
    await _until_stopped(loops)
    await runner.cleanup()
    for one in channels.values():
        await one.close()
    runtime.close()


async def _until_stopped(loops: Loops) -> None:
    task = asyncio.create_task(loops.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task
