"""The weather of the stories, hour by hour from now."""

ORANGE_FOG = {"visibility": [150.0, 150, 800, 9000, 9000, 9000]}
YELLOW_FOG = {"visibility": [400.0, 400, 800, 9000, 9000, 9000]}
RED_FOG = {"visibility": [40.0, 40, 800, 9000, 9000, 9000]}
ICE = {"temperature": [-1.0, -1, 5, 5, 5, 5], "precipitation": [1.0, 1, 0, 0, 0, 0]}
HARD_ICE = {"temperature": [-3.0, -3, 5, 5, 5, 5], "precipitation": [1.0, 1, 0, 0, 0, 0]}
GALE = {"wind_speed": [12.0, 12, 3, 3, 3, 3]}
FINE = {
    "visibility": [9000.0] * 48, "temperature": [8.0] * 48, "precipitation": [0.0] * 48,
    "wind_speed": [1.0] * 48,
}  # fmt: skip
