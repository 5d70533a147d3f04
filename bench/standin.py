"""A provider in a process of its own, as cheap as Python has it: it takes each message, answers 201
after a latency, and gives all that it took to who asks, and how many and when the last came.

`python -m bench.standin FILE LATENCY` writes its address to FILE. It speaks as much HTTP/1.1 as its
callers need: bodies of a known length, connections that are kept open.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar
from urllib.request import urlopen

_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


class _Caller(asyncio.Protocol):
    """One connection."""

    taken: ClassVar[list[bytes]] = []  # bodies, of all connections
    last: ClassVar[float] = 0.0  # when it came

    def __init__(self, latency: float) -> None:
        self.latency, self.loop = latency, asyncio.get_running_loop()
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(_END)) >= 0:
            head = self.buffer[:end].lower()
            at = head.find(_LENGTH)
            length = int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            upto = end + len(_END) + length
            if len(self.buffer) < upto:
                return
            body, self.buffer = self.buffer[end + len(_END) : upto], self.buffer[upto:]
            if head.startswith(b"get /taken"):
                self._answer(b"200 OK", b"\n".join(self.taken))
                self.taken.clear()
            elif head.startswith(b"get /last"):
                self._answer(b"200 OK", b"%d %.6f" % (len(self.taken), _Caller.last))
            else:
                _Caller.last = time.monotonic()
                self.taken.append(body.strip())
                said = b'{"sid": "SM%d", "status": "queued"}' % len(self.taken)
                self.loop.call_later(self.latency, self._answer, b"201 Created", said)

    def _answer(self, status: bytes, body: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(
                b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                % (status, len(body), body)
            )


async def _serve(file: Path, latency: float) -> None:
    server = await asyncio.get_running_loop().create_server(
        lambda: _Caller(latency), "127.0.0.1", 0, backlog=1024
    )
    fresh = file.with_suffix(".new")
    fresh.write_text(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    fresh.rename(file)
    await server.serve_forever()


@contextmanager
def standing_in(folder: Path, latency: float) -> Iterator[str]:
    """The address of one that runs as long as this lasts."""
    file = folder / "standin"
    running = subprocess.Popen([sys.executable, "-m", "bench.standin", str(file), str(latency)])
    try:
        while not file.exists():
            assert running.poll() is None, "the stand-in did not start"
            time.sleep(0.02)
        yield file.read_text()
    finally:
        running.terminate()
        running.wait()
        file.unlink(missing_ok=True)


def taken(address: str) -> list[bytes]:
    """The bodies it has taken since it was last asked."""
    with urlopen(f"{address}/taken") as answer:
        body: bytes = answer.read()
    return body.split(b"\n") if body else []


def last(address: str) -> tuple[int, float]:
    """How many it has taken since `taken` was asked, and by `time.monotonic`, which all processes of a
    machine share, when the last of them had come whole."""
    with urlopen(f"{address}/last") as answer:
        count, at = answer.read().split()
    return int(count), float(at)


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), float(sys.argv[2])))
