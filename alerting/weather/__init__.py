"""Fields: what is believed of the weather at every point, hour by hour."""

from alerting.weather.fields import Fields
from alerting.weather.ground import FIRE_START
from alerting.weather.origins import Origin
from alerting.weather.placing import Column
from alerting.weather.readings import RunSight
from alerting.weather.sight import Bools, Daily, Facts, Ints, Sight
from alerting.weather.sources import FieldSettings, SourceFacts

__all__ = [
    "FIRE_START",
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
