"""Fields: what is believed of the weather at every point, hour by hour."""

from alerting.weather.fields import (
    Fields,
    FieldSettings,
    Origin,
    SourceFacts,
)
from alerting.weather.placing import Column
from alerting.weather.readings import RunSight
from alerting.weather.sight import Bools, Daily, Facts, Ints, Sight

__all__ = [
    "Bools",
    "Column",
    "Daily",
    "Facts",
    "FieldSettings",
    "Fields",
    "Ints",
    "Origin",
    "RunSight",
    "Sight",
    "SourceFacts",
]
