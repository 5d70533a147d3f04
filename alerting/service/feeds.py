"""The sources of a realm: an exercise brings its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from alerting.connector import Connector
from alerting.service.config import Config
from alerting.weather import SourceFacts


@dataclass(frozen=True, slots=True)
class Feeds:
    """The sources of a realm: those of weather in order of trust, and warning feeds by cadence, None
    for one that promises none."""

    weather: tuple[SourceFacts, ...]
    warnings: Mapping[str, timedelta | None]

    @property
    def cadence(self) -> timedelta:
        """By which blindness is judged: that of the most trusted forecast, else of what there is."""
        forecasts = [s.cadence for s in self.weather if s.kind == "forecast"]
        return (forecasts or [s.cadence for s in self.weather] or [timedelta(hours=1)])[0]


def live_feeds(config: Config, connectors: Mapping[str, Connector]) -> Feeds:
    """The real world's, as the config names and trusts them."""
    weather: list[SourceFacts] = []
    warnings: dict[str, timedelta | None] = {}
    order = sorted(
        config.sources_on().items(),
        key=lambda i: (i[1].trust, list(config.sources).index(i[0])),
    )
    for trust, (name, _) in enumerate(order):
        connector = connectors[name]
        for kind in ("forecast", "observation"):
            if kind in connector.feeds:
                dated = bool(getattr(connector, "dated", True))
                weather.append(
                    SourceFacts(name, connector.cadence, connector.quantities, kind, trust, dated)
                )
        if "warning" in connector.feeds:
            warnings[name] = connector.cadence if promises(connector) else None
    return Feeds(tuple(weather), warnings)


def promises(connector: Connector) -> bool:
    """Whether anybody said how often it speaks: else its silence says nothing."""
    return bool(getattr(connector, "promises", True))
