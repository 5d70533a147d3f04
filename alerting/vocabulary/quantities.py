"""The quantities of the weather, their units and their plausible range.

All are hourly on UTC hours; an accumulation covers the hour that ends at the stamp.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quantity:
    """`unit` is what arrays hold (in pint's spelling); values outside low..high are missing."""

    name: str
    unit: str
    cf: str  # CF standard name, "" where CF has none
    accumulated: bool
    low: float
    high: float
    zh: str
    en: str
    places: int = 0  # decimals on screens and in messages

    @property
    def yes_or_no(self) -> bool:
        """Whether it is there or not, as 1 and 0, rather than how much of it."""
        return (self.low, self.high) == (0, 1)


QUANTITIES: dict[str, Quantity] = {
    q.name: q
    for q in (
        Quantity("temperature", "degC", "air_temperature", False, -80, 60, "气温",
                 "temperature", 1),
        Quantity("dew_point", "degC", "dew_point_temperature", False, -90, 40, "露点",
                 "dew point", 1),
        Quantity("wet_bulb", "degC", "wet_bulb_temperature", False, -80, 45, "湿球温度",
                 "wet bulb", 1),
        Quantity("surface_temperature", "degC", "surface_temperature", False, -80, 90,
                 "地表温度", "surface temperature", 1),
        Quantity("humidity", "percent", "relative_humidity", False, 0, 105, "相对湿度",
                 "humidity", 0),
        Quantity("precipitation", "mm", "precipitation_amount", True, 0, 400, "降水",
                 "precipitation", 1),
        Quantity("rain", "mm", "rainfall_amount", True, 0, 400, "降雨", "rain", 1),
        Quantity("snowfall", "mm", "lwe_thickness_of_snowfall_amount", True, 0, 150,
                 "降雪（水量）", "snowfall (water)", 1),
        Quantity("snow_depth", "cm", "surface_snow_thickness", False, 0, 1200, "积雪深度",
                 "snow depth", 0),
        Quantity("freezing_rain", "mm", "", True, 0, 150, "冻雨", "freezing rain", 1),
        Quantity("visibility", "m", "visibility_in_air", False, 0, 200_000, "能见度",
                 "visibility", 0),
        Quantity("wind_speed", "m/s", "wind_speed", False, 0, 110, "风速", "wind speed", 1),
        Quantity("wind_gust", "m/s", "wind_speed_of_gust", False, 0, 140, "阵风", "gust", 1),
        Quantity("pressure", "hPa", "air_pressure_at_mean_sea_level", False, 850, 1100,
                 "气压", "pressure", 0),
        Quantity("line_ice", "mm", "", False, 0, 300, "电线覆冰厚度", "ice on lines", 1),
        Quantity("road_water", "mm", "", False, 0, 400, "路面水量", "water on the road", 1),
        Quantity("road_ice", "mm", "", False, 0, 400, "路面结冰（水量）",
                 "ice on the road (water)", 1),
        Quantity("frost", "1", "", False, 0, 1, "结霜", "hoar frost", 0),
        Quantity("wind_chill", "degC", "wind_chill_of_air_temperature", False, -120, 60,
                 "风寒温度", "wind chill", 1),
        Quantity("heating_degrees", "K*h", "", True, 0, 100, "采暖度时", "heating degree hours",
                 0),
        Quantity("fire_danger", "1", "", False, 0, 400, "火险指数", "fire danger", 0),
    )
}  # fmt: skip

# What weather/ can derive when no source says it, and from what.
_WET = frozenset({"temperature", "humidity", "precipitation"})
DERIVABLE: dict[str, frozenset[str]] = {
    "dew_point": frozenset({"temperature", "humidity"}),
    "wet_bulb": frozenset({"temperature", "humidity"}),
    "surface_temperature": frozenset({"temperature"}),
    "freezing_rain": _WET,
    "snowfall": _WET,
    "rain": _WET,
    "line_ice": _WET | {"wind_speed"},
    "road_water": frozenset({"temperature", "precipitation"}),
    "road_ice": frozenset({"temperature", "precipitation"}),
    "frost": frozenset({"temperature", "humidity"}),
    "wind_chill": frozenset({"temperature", "wind_speed"}),
    "heating_degrees": frozenset({"temperature"}),
    "fire_danger": _WET | {"wind_speed"},
}
