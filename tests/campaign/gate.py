"""Doors between the service's processes and the servers they talk to: open, slow, stuck or shut."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from typing import Any

CHUNK = 64 * 1024


class Gate:
    """A port on loopback behind which a server stands. Made by `Gates.to`."""

    def __init__(self, target: int, loop: asyncio.AbstractEventLoop) -> None:
        self._target, self._loop = target, loop
        self._delay, self._shut = 0.0, False
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0

    def slow(self, seconds: float) -> None:
        """Whatever is said arrives so much later."""
        self._delay = seconds

    def stick(self) -> None:
        """Nothing arrives any more, and nobody is told: the worst that a network does."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def shut(self) -> None:
        """Every connection breaks, and none is taken."""
        self._shut = True
        self._loop.call_soon_threadsafe(self._break)

    def mend(self) -> None:
        self._delay, self._shut = 0.0, False
        self._loop.call_soon_threadsafe(self._flowing.set)

    async def listen(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._enter, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]

    def _break(self) -> None:
        for one in self._open:
            one.transport.abort()

    async def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._shut:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:  # the server is down: so is its door
            writer.transport.abort()
            return
        self._open |= {writer, back}
        try:
            await asyncio.gather(self._carry(reader, back), self._carry(there, writer))
        finally:
            self._open -= {writer, back}

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):  # either end may break at any moment
            while data := await source.read(CHUNK):
                await self._flowing.wait()
                if self._delay:
                    await asyncio.sleep(self._delay)
                target.write(data)
                await target.drain()
        target.transport.abort()


class Gates:
    """All doors of a campaign, on a thread of their own. Use it with `with`."""

    def __enter__(self) -> Gates:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def to(self, target: int, port: int = 0) -> Gate:
        """A door to this port of loopback, on `port` or a free one."""
        gate = Gate(target, self._loop)
        self._do(gate.listen(port))
        return gate

    def _do(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(10)
