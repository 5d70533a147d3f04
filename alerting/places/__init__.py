"""Where: zones, points, sites, road sections, and the areas of warnings matched to them."""

from alerting.places.model import Place, Places, Point
from alerting.places.tables import load_places, no_zones

__all__ = ["Place", "Places", "Point", "load_places", "no_zones"]
