"""What a process counts as it works, so that nobody has to count it in the tables.

Counts begin at nought with the process, as Prometheus expects of them; `rate` and `increase` see
through a restart. Each process has its own: they are summed over processes.
"""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)

disable_created_metrics()  # type: ignore[no-untyped-call]  # a series more for each, that nobody asks for

# Seconds. What a person notices, what a provider takes, what somebody must be woken for.
QUICK = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
SENDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
WAITS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0)


class Tally:
    """The counts of one process, and the registry that shows them."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._taken = Counter(
            "suian_signals_taken", "Signals that the engine has taken", ["realm", "kind"],
            registry=registry,
        )
        self._set_aside = Counter(
            "suian_signals_set_aside", "Signals that could not be taken", ["realm"],
            registry=registry,
        )
        self._wait = Histogram(
            "suian_signal_wait_seconds",
            "From the acceptance of a signal of the real world to the commit of its effects",
            buckets=WAITS, registry=registry,
        )
        self._sends = Counter(
            "suian_sends", "Messages handed to a provider, by what came of it",
            ["channel", "outcome"], registry=registry,
        )
        self._send = Histogram(
            "suian_send_seconds", "How long a provider took", ["channel"], buckets=SENDS,
            registry=registry,
        )
        self._polls = Counter(
            "suian_polls", "Questions to a source, by what came of them", ["source", "outcome"],
            registry=registry,
        )
        self._commit = Histogram(
            "suian_commit_seconds", "How long a writing transaction took", buckets=QUICK,
            registry=registry,
        )

    def taken(self, realm: str, kind: str, waited: float | None, count: int = 1) -> None:
        """Signals of one moment; `realm` is live or exercise, `waited` seconds, which an exercise has
        not."""
        self._taken.labels(realm, kind).inc(count)
        if waited is not None:
            for _ in range(count):
                self._wait.observe(max(0.0, waited))

    def set_aside(self, realm: str) -> None:
        self._set_aside.labels(realm).inc()

    def sent(self, channel: str, outcome: str, seconds: float) -> None:
        """`outcome`: sent, known (it had arrived before), passing, permanent or unusable."""
        self._sends.labels(channel, outcome).inc()
        self._send.labels(channel).observe(seconds)

    def polled(self, source: str, outcome: str) -> None:
        """`outcome`: answered or failed."""
        self._polls.labels(source, outcome).inc()

    def committed(self, seconds: float) -> None:
        self._commit.observe(seconds)
