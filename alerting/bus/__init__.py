"""The bus keeps a signal until the engine's transaction has taken it."""

from alerting.bus.access import Access, Login, Tls
from alerting.bus.embedded import EmbeddedBus, Overtaken, Record, newest_by_source, waits
from alerting.bus.kafka import Batch, KafkaBus
from alerting.bus.shares import HEARD, Shares, let_go, let_go_by
from alerting.bus.topic import Unread

__all__ = ["HEARD", "Access", "Batch", "EmbeddedBus", "KafkaBus", "Login", "Overtaken", "Record",
           "Shares", "Tls", "Unread", "let_go", "let_go_by", "newest_by_source", "waits"]  # fmt: skip
