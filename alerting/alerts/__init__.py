"""Alerts and measures, and their life."""

from alerting.alerts.by_hand import by_hand
from alerting.alerts.facts import FactBook, FactsAt
from alerting.alerts.life import Life

__all__ = ["FactBook", "FactsAt", "Life", "by_hand"]
