"""What is derived from what, and in which order: only what the bound book asks for is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from alerting.signals import Floats
from alerting.weather import cold, derived, line_ice, road
from alerting.weather.fire_days import FireDays, fire_danger
from alerting.weather.ground import Ground, Setting
from alerting.weather.memory import LastHour, Memory

Parts = Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a quantity is made of the quantities `of`, and of those of `may` that can be had.

    `make(parts, setting)` takes and gives (hours, columns) of float32. It looks `back` hours: what
    changes in an hour changes as many after it. With a `memory` it goes hour upon hour, always from
    the window's first to its last.
    """

    of: frozenset[str]
    make: Callable[[Parts, Setting], Floats]
    may: frozenset[str] = frozenset()
    back: int = 0
    memory: Callable[[Ground], Memory] | None = None


def _last_hour(ground: Ground) -> Memory:
    return LastHour(len(ground.lat))


def _before(setting: Setting) -> Floats:
    return setting.before  # type: ignore[return-value]  # LastHour's


# In the order in which they may use one another.
RECIPES: dict[str, Recipe] = {
    "dew_point": Recipe(
        frozenset({"temperature", "humidity"}),
        lambda v, _: derived.dew_point(v["temperature"], v["humidity"]),
    ),
    "wet_bulb": Recipe(
        frozenset({"temperature", "humidity"}),
        lambda v, s: derived.wet_bulb(v["temperature"], v["humidity"], s.ground.pressure),
    ),
    "surface_temperature": Recipe(
        frozenset({"temperature"}),
        lambda v, s: road.surface_temperature(
            v["temperature"], s.ground.sun(s.hours), s.ground.bridge,
            v.get("precipitation"), v.get("dew_point"),
        ),
        may=frozenset({"precipitation", "dew_point"}),
        back=road.WET_FOR - 1,
    ),
    "freezing_rain": Recipe(
        frozenset({"rain", "temperature", "wet_bulb"}),
        lambda v, _: derived.freezing_rain(v["rain"], v["temperature"], v["wet_bulb"]),
    ),
    "snowfall": Recipe(
        frozenset({"precipitation", "wet_bulb"}),
        lambda v, s: derived.snowfall(v["precipitation"], v["wet_bulb"], s.ground.snow_wet_bulb),
    ),
    "rain": Recipe(
        frozenset({"precipitation", "wet_bulb"}),
        lambda v, s: derived.rain(v["precipitation"], v["wet_bulb"], s.ground.snow_wet_bulb),
    ),
    "line_ice": Recipe(
        frozenset({"freezing_rain", "wind_speed", "temperature"}),
        lambda v, s: line_ice.line_ice(
            v["freezing_rain"], v["wind_speed"], v["temperature"], _before(s)
        ),
        memory=_last_hour,
    ),
    "road_water": Recipe(
        frozenset({"surface_temperature", "precipitation"}),
        lambda v, s: road.road_water(v["surface_temperature"], v["precipitation"], _before(s)),
        memory=_last_hour,
    ),
    "road_ice": Recipe(
        frozenset({"road_water", "surface_temperature"}),
        lambda v, _: road.road_ice(v["road_water"], v["surface_temperature"]),
    ),
    "frost": Recipe(
        frozenset({"surface_temperature", "dew_point"}),
        lambda v, _: road.frost(v["surface_temperature"], v["dew_point"]),
    ),
    "wind_chill": Recipe(
        frozenset({"temperature", "wind_speed"}),
        lambda v, _: cold.wind_chill(v["temperature"], v["wind_speed"]),
    ),
    "heating_degrees": Recipe(
        frozenset({"temperature"}),
        lambda v, s: cold.heating_degrees(v["temperature"], s.ground.heating_base),
    ),
    "fire_danger": Recipe(
        frozenset({"temperature", "humidity", "wind_speed", "precipitation"}),
        fire_danger,
        memory=FireDays,
    ),
}  # fmt: skip


def plan(needed: frozenset[str], said: frozenset[str]) -> tuple[str, ...]:
    """What must be derived, and in which order, so that all `needed` can be had beyond what is said.

    Freezing rain is only made of rain that a source said (see `freezing_rain`). What cannot be had is
    left out.
    """
    order: list[str] = []

    def can(quantity: str) -> bool:
        if quantity in said or quantity in order:
            return True
        if quantity not in RECIPES or (quantity == "freezing_rain" and "rain" not in said):
            return False
        before, recipe = len(order), RECIPES[quantity]
        if all(can(i) for i in sorted(recipe.of)):
            for part in sorted(recipe.may):
                can(part)
            order.append(quantity)
            return True
        del order[before:]
        return False

    for quantity in sorted(needed):
        can(quantity)
    return tuple(order)


def reach(order: tuple[str, ...]) -> dict[str, int | None]:
    """For each of a plan how many hours after the one that changed may change; None: any."""
    made: dict[str, int | None] = {}
    for quantity in order:
        recipe = RECIPES[quantity]
        far: int | None = recipe.back
        for part in recipe.of | recipe.may:
            before = made.get(part, 0)
            far = None if far is None or before is None else max(far, recipe.back + before)
        made[quantity] = None if recipe.memory is not None else far
    return made
