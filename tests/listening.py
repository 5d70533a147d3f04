"""Stand-ins that answer over HTTP beside a test."""

from __future__ import annotations

from socketserver import BaseServer
from threading import Thread


def listens(server: BaseServer) -> Thread:
    """Until its `shutdown`, which it looks for fifty times a second: half a second, as servers do by
    themselves, at the end of each story would be minutes of a run."""
    thread = Thread(target=server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    return thread
