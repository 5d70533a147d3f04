"""How the service listens."""

import asyncio
import socket
from pathlib import Path

from alerting.cli.serve import _listen
from alerting.service.config import load_config


def test_the_last_bytes_of_a_page_do_not_wait_for_the_readers_acknowledgement_of_the_first():
    """It is 40 ms on every second page of a connection that is kept: headers and body go out apart."""
    listener = _listen(load_config(Path("config.yaml")).model_copy(update={"port": 0}))
    at_once = []

    class Line(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            accepted = transport.get_extra_info("socket")
            at_once.append(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            transport.close()

    async def one_reader() -> None:
        server = await asyncio.get_running_loop().create_server(Line, sock=listener)
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        await reader.read()
        writer.close()
        server.close()

    asyncio.run(one_reader())
    assert at_once == [1]
