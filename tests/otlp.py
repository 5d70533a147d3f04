"""A collector of traces: it takes OTLP over HTTP, as any would, and remembers."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.listening import listens


@dataclass(frozen=True)
class Span:
    name: str
    trace: str
    id: str
    parent: str
    links: tuple[str, ...]
    said: dict[str, Any]
    instance: str
    seconds: float
    began: int


class Collector:
    def __init__(self, address: str) -> None:
        self.address = address
        self.spans: list[Span] = []

    def of(self, cause: str) -> list[Span]:
        """What was done for a cause, in the order in which it began."""
        found = [one for one in self.spans if one.said["suian.cause"] == cause]
        return sorted(found, key=lambda one: (one.began, one.name))

    def take(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            of = {a.key: a.value.string_value for a in resource.resource.attributes}
            for scope in resource.scope_spans:
                for s in scope.spans:
                    said = {a.key: a.value.string_value or a.value.int_value for a in s.attributes}
                    self.spans.append(Span(
                        s.name, s.trace_id.hex(), s.span_id.hex(), s.parent_span_id.hex(),
                        tuple(link.trace_id.hex() for link in s.links), said, of["service.instance.id"],
                        (s.end_time_unix_nano - s.start_time_unix_nano) / 1e9, s.start_time_unix_nano,
                    ))  # fmt: skip


@contextmanager
def collecting() -> Iterator[Collector]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            assert self.path == "/v1/traces"
            made.take(body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Collector(f"http://127.0.0.1:{server.server_address[1]}")
    thread = listens(server)
    yield made
    server.shutdown()
    server.server_close()
    thread.join()
