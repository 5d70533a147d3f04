"""The words of the field, in one place: hazards, levels, sectors, quantities and their units."""

from alerting.vocabulary.hazards import BY_BULLETIN, HAZARDS, Hazard
from alerting.vocabulary.levels import NAMES, Level, colour_in
from alerting.vocabulary.quantities import DERIVABLE, QUANTITIES, Quantity
from alerting.vocabulary.sectors import (
    PLACE_KINDS,
    POST_TIERS,
    SECTORS,
    SITE_SECTOR,
    TIERS,
    VILLAGE,
)

__all__ = [
    "BY_BULLETIN",
    "DERIVABLE",
    "HAZARDS",
    "NAMES",
    "PLACE_KINDS",
    "POST_TIERS",
    "QUANTITIES",
    "SECTORS",
    "SITE_SECTOR",
    "TIERS",
    "VILLAGE",
    "Hazard",
    "Level",
    "Quantity",
    "colour_in",
]
