"""The bus keeps a signal until the engine's transaction has taken it."""

from alerting.bus.embedded import EmbeddedBus, Record

__all__ = ["EmbeddedBus", "Record"]
