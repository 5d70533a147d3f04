"""`serve --clock SOCKET`: a test holds the clock. One JSON object a line, one answer a line.

{"do": "set", "at": ISO} starts the clock (first of all); {"do": "advance", "seconds": N} moves it,
firing deadlines in order, and with "pause": true stops where something was done; {"do": "clock",
"seconds": N} sets it as somebody sets a machine's clock, on or back; {"do": "settle"}
returns when no queue or send is pending. Each answer is {"now": ISO, "next": ISO of the next deadline
or null, "commits": N, "sends": N}, the last two for tests that kill the process at each of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from alerting.errors import BadInput
from alerting.runtime import VirtualRuntime
from alerting.service.loop import Loops


class ClockSocket:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._started: asyncio.Future[datetime] | None = None
        self._runtime: VirtualRuntime | None = None
        self._loops: Loops | None = None
        self._points: Callable[[], dict[str, int]] = dict
        self._ready = asyncio.Event()

    async def first_time(self) -> datetime:
        """Listen, and wait until the test has set the clock."""
        if len(str(self._path)) > 100:
            raise BadInput("the path of the clock's socket is too long (100 characters at most)")
        self._started = asyncio.get_running_loop().create_future()
        self._path.unlink(missing_ok=True)
        await asyncio.start_unix_server(self._serve, str(self._path))
        return await self._started

    def attach(
        self, runtime: VirtualRuntime, loops: Loops, points: Callable[[], dict[str, int]]
    ) -> None:
        """From here on the test may move the clock."""
        self._runtime, self._loops, self._points = runtime, loops, points
        self._ready.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # At the end of the service; asyncio prints a trace where a cancelled reader says so.
        with contextlib.suppress(asyncio.CancelledError):
            await self._answer(reader, writer)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            try:
                answer = await self._do(json.loads(line))
            except Exception as error:  # the test must hear of it, whatever it is
                answer = {"error": f"{type(error).__name__}: {error}"}
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        writer.close()

    async def _do(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._started is not None
        if request["do"] == "set" and not self._started.done():
            self._started.set_result(datetime.fromisoformat(request["at"]))
        await self._ready.wait()
        assert self._runtime is not None
        assert self._loops is not None
        acts: dict[str, Callable[[], Awaitable[Any]]] = {
            "advance": lambda: self._advance(request),
            "settle": self._settle,
            "clock": lambda: self._set_clock(request),
        }
        if request["do"] in acts:
            await acts[request["do"]]()
        due = self._loops.next_due()
        return {
            "now": self._runtime.now().isoformat(),
            "next": due.isoformat() if due else None,
            **self._points(),
        }

    async def _settle(self) -> None:
        assert self._loops is not None
        # Another program may have written, as `suian token` does: no commit of ours tells of it.
        self._loops.wake()
        await self._loops.settle()

    async def _set_clock(self, request: dict[str, Any]) -> None:
        assert self._runtime is not None
        self._runtime.set_clock(timedelta(seconds=float(request["seconds"])))
        await self._settle()

    async def _advance(self, request: dict[str, Any]) -> None:
        assert self._loops is not None
        by = timedelta(seconds=float(request["seconds"]))
        await self._loops.advance(by, bool(request.get("pause")))
