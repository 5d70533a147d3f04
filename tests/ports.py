"""Ports for the servers and services that tests start."""

from __future__ import annotations

import itertools
import os
import re
import socket

# Below those that a system gives to whoever asks for any (Linux: 32768 and above): between this look and the
# moment in which a program listens, seconds for a broker, nobody is given it by chance.
FIRST, EACH, RANGES = 20_000, 3_000, 4
_turn = itertools.count(os.getpid() * 7)


def free_port() -> int:
    """On loopback, and not what another worker of the same run is given."""
    worker = re.fullmatch(r"gw(\d+)", os.environ.get("PYTEST_XDIST_WORKER", ""))
    first = FIRST + EACH * (int(worker[1]) % (RANGES - 1) if worker else RANGES - 1)
    for _ in range(EACH):
        port = first + next(_turn) % EACH
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise OSError(f"no port is free from {first} to {first + EACH - 1}")
