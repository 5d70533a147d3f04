"""The bus keeps a signal until the engine's transaction has taken it."""

from alerting.bus.embedded import EmbeddedBus, Record
from alerting.bus.kafka import Batch, KafkaBus

__all__ = ["Batch", "EmbeddedBus", "KafkaBus", "Record"]
