"""Traces from a signal to what people were sent, for a collector that speaks OTLP.

A trace's id is made of the id of the signal with which it began, and so is its root span's: each
process, on whichever machine and however much later, adds its spans to the same trace without being
told of it. Nothing of OpenTelemetry is imported where no collector is named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from datetime import datetime
from importlib.metadata import version
from typing import Any

import structlog

from alerting.errors import BadInput
from alerting.variable import Variable

log = structlog.get_logger()
Said = Mapping[str, str | int]
COLLECTOR = Variable(
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "the collector of traces, where `telemetry.otlp` names none; OpenTelemetry reads its others, too",
)
COLLECTOR_OF_TRACES = Variable(
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "the same, as the whole address that traces go to"
)
CALLED = Variable("OTEL_SERVICE_NAME", "what the service is called in its traces; else suian")


class Traces:
    """Where no collector is named: nothing."""

    def span(
        self, cause: str, name: str, began: datetime, ended: datetime, said: Said, *,
        root: bool = False, others: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """Something that was done for `cause`, between these times by the machine's clock; `others` are
        further causes that it was done for as well, `said` what there is to know of it."""

    def close(self) -> None:
        """Send what has not been sent."""


def make_traces(otlp: str, instance: str) -> Traces:
    """To the collector at `otlp`, or where the environment names one.

    Raises BadInput where the config names one and what sends to it is not installed.
    """
    if not otlp and not (COLLECTOR.get() or COLLECTOR_OF_TRACES.get()):
        return Traces()
    try:
        return _Otlp(otlp, instance)
    except ImportError as error:
        if not otlp:  # which may stand in the environment of all that runs here
            log.warning("no traces are sent: pip install 'suian[traces]'", lacking=error.name)
            return Traces()
        raise BadInput(
            f"traces are wanted, and {error.name} is not installed", where="telemetry.otlp",
            mend="Install it: pip install 'suian[traces]'; or name no collector.",
        ) from None  # fmt: skip


def trace_of(cause: str) -> tuple[int, int]:
    """The ids of a cause's trace and of its root span."""
    digest = hashlib.sha256(cause.encode()).digest()
    return int.from_bytes(digest[:16], "big"), int.from_bytes(digest[16:24], "big")


class _Otlp(Traces):
    def __init__(self, otlp: str, instance: str) -> None:
        from opentelemetry import trace
        from opentelemetry.context import Context
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

        wanted: ContextVar[tuple[int, int] | None] = ContextVar("wanted", default=None)

        class Ids(RandomIdGenerator):
            """A root's are those of its cause."""

            def generate_trace_id(self) -> int:
                return (wanted.get() or (super().generate_trace_id(), 0))[0]

            def generate_span_id(self) -> int:
                return (wanted.get() or (0, super().generate_span_id()))[1]

        self._trace, self._nothing, self._wanted = trace, Context(), wanted
        named = {"service.name": CALLED.get() or "suian",
                 "service.version": version("suian"),
                 "service.instance.id": instance or "alone"}  # fmt: skip
        self._provider = TracerProvider(resource=Resource.create(named), id_generator=Ids())
        exporter = OTLPSpanExporter(endpoint=f"{otlp}/v1/traces") if otlp else OTLPSpanExporter()
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("suian")

    def span(
        self, cause: str, name: str, began: datetime, ended: datetime, said: Said, *,
        root: bool = False, others: Sequence[str] = (),
    ) -> None:  # fmt: skip
        within: Any = self._nothing
        if not root:
            parent = self._trace.NonRecordingSpan(self._context(cause, name))
            within = self._trace.set_span_in_context(parent, within)
        token = self._wanted.set(trace_of(cause) if root else None)
        try:
            made = self._tracer.start_span(
                name, context=within, start_time=_nanoseconds(began),
                attributes={"suian.cause": cause}
                | {f"suian.{key}": value for key, value in said.items()},
                links=[self._trace.Link(self._context(one, name)) for one in others],
            )  # fmt: skip
        finally:
            self._wanted.reset(token)
        made.end(_nanoseconds(max(began, ended)))

    def close(self) -> None:
        self._provider.shutdown()

    def _context(self, cause: str, name: str) -> Any:
        """The root's, whether or not it was made in this process; taken into the sample as it was."""
        number, root = trace_of(cause)
        sampled = self._provider.sampler.should_sample(None, number, name).decision.is_sampled()  # type: ignore[no-untyped-call]
        flags = self._trace.TraceFlags(self._trace.TraceFlags.SAMPLED if sampled else 0)
        return self._trace.SpanContext(number, root, is_remote=True, trace_flags=flags)


def _nanoseconds(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000) * 1000
