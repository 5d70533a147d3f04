"""The bus keeps a signal until the engine's transaction has taken it."""

from alerting.bus.embedded import EmbeddedBus, Overtaken, Record, newest_by_source
from alerting.bus.kafka import Batch, KafkaBus

__all__ = ["Batch", "EmbeddedBus", "KafkaBus", "Overtaken", "Record", "newest_by_source"]
