"""A met office's own feed over real HTTP: an Atom index of CAP 1.2 messages, as the hubs publish it.

What it says of a warning is its messages; that a message is no longer listed says nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.sax.saxutils import escape

from tests.listening import listens

SENDER = "虚构县气象台"


def cap_message(
    identifier: str,
    sent: datetime,
    level: str,
    *,
    kind: str = "Alert",
    status: str = "Actual",
    event: str = "道路结冰",
    headline: str = "",
    references: str = "",
    code: str = "990101000000",
    hours: float = 12,
    above_feet: int = 0,
) -> bytes:
    """One message for a zone; `level` is the colour's word, `references` an identifier of its own."""
    refers = f"<references>{SENDER},{references},{sent.isoformat()}</references>"
    altitude = f"<altitude>{above_feet}</altitude>" if above_feet else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
 <identifier>{identifier}</identifier><sender>{SENDER}</sender><sent>{sent.isoformat()}</sent>
 <status>{status}</status><msgType>{kind}</msgType><scope>Public</scope>
 {refers if references else ""}
 <info><language>zh-CN</language><category>Met</category><event>{event}</event>
  <urgency>Expected</urgency><severity>{SEVERITY[level]}</severity><certainty>Likely</certainty>
  <expires>{(sent + timedelta(hours=hours)).isoformat()}</expires>
  <headline>{escape(headline or f"{SENDER}发布{event}{level}预警信号")}</headline>
  <area><areaDesc>测试县</areaDesc>
   <geocode><valueName>CPEAS Geographic Code</valueName><value>{code}</value></geocode>
  {altitude}</area></info>
</alert>""".encode()


SEVERITY = {"蓝色": "Minor", "黄色": "Moderate", "橙色": "Severe", "红色": "Extreme"}


class Office:
    """Start it with `with Office() as office`; `address` is its index, `listed` what stands there."""

    def __init__(self) -> None:
        self.listed: dict[str, bytes] = {}
        self.broken = False  # answers 503 to everything

    def publishes(self, identifier: str, message: bytes) -> None:
        self.listed[identifier] = message

    def takes_off_the_list(self, identifier: str) -> None:
        del self.listed[identifier]

    def __enter__(self) -> Office:
        office = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = office._at(self.path.strip("/"))
                self.send_response(503 if office.broken else 200 if body else 404)
                self.send_header("Content-Length", str(0 if office.broken else len(body)))
                self.end_headers()
                if not office.broken:
                    self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                return None

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/index"
        listens(self._server)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _at(self, path: str) -> bytes:
        if path != "index":
            return self.listed.get(path, b"")
        entries = "".join(
            f"<entry><id>{i}</id><title>{i}</title><updated>2026-01-20T00:00:00Z</updated>"
            f'<link type="application/cap+xml" href="/{i}"/></entry>'
            for i in self.listed
        )
        return f'<feed xmlns="http://www.w3.org/2005/Atom"><id>index</id>{entries}</feed>'.encode()
