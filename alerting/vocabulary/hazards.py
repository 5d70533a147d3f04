"""Hazards, and how official warnings of all origins name them.

A warning carries its own words; `hazard_named` finds ours in them. Sources: CMA Order 16 (2007) for
the names of the signals; the 11B event codes as two public copies of the national exchange's table
give them (not checked against the standard itself, so that a name decides over a code);
Meteoalarm's awareness types as its feeds use them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hazard:
    """`names` are matched in a warning's event or headline; longest match wins over all hazards."""

    id: str
    row: str
    zh: str
    en: str
    names: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()  # 11Bxx of the national exchange
    awareness: tuple[int, ...] = ()  # Meteoalarm awareness_type


HAZARDS: dict[str, Hazard] = {
    h.id: h
    for h in (
        Hazard("snow", "H-01", "暴雪", "snow",
               ("暴雪", "大雪", "雪灾", "snowstorm", "snow storm", "heavy snow", "blizzard",
                "winter storm", "winter weather", "lake effect snow", "snow squall", "snowfall",
                "snow"),
               ("11B04", "11B33", "11B40")),
        Hazard("road-icing", "H-02", "道路结冰", "road icing",
               ("道路结冰", "道路冰雪", "road icing", "road ice", "icy road", "icy roads",
                "black ice", "road icy", "glatteis", "slippery roads", "snow-ice", "snow/ice",
                "snow or ice", "snow ice", "道路結冰", "glätte", "verglas", "ice"),
               ("11B21", "11B57"), (2,)),
        Hazard("freezing-rain", "H-03", "凝冻", "glaze and freezing rain",
               ("低温凝冻", "凝冻", "冻雨", "低温雨雪冰冻", "冰冻", "电线积冰", "freezing rain",
                "ice storm", "glaze", "wire icing", "freezing drizzle", "frozen rain",
                "low temperature and freezing"),
               ("11B27", "11B30")),
        Hazard("fog", "H-04", "大雾", "fog",
               ("大雾", "浓雾", "大霧", "濃霧", "nebel", "brouillard", "heavy fog",
                "dense fog", "freezing fog", "fog"),
               ("11B17", "11B53"), (4,)),
        Hazard("cold-wave", "H-05", "寒潮", "cold wave",
               ("寒潮", "寒冷", "强降温", "降温", "严寒", "持续低温", "低温", "低温冻害",
                "cold wave", "extreme cold", "wind chill", "low-temperature", "low temperature",
                "cold weather", "coldwave", "cold"),
               ("11B05", "11B34", "11B39", "11B48", "11B50", "11B56", "11B59", "11B08"), (6,)),
        Hazard("frost", "H-05", "霜冻", "frost", ("霜冻", "frost", "freeze"), ("11B16",)),
        Hazard("gale", "H-06", "大风", "gale",
               ("大风", "雷暴大风", "gale", "high wind", "strong wind", "wind storm", "windstorm",
                "wind advisory", "storm force", "季候风", "季候風", "強風", "strong monsoon",
                "sturmböen", "orkan", "wind"),
               ("11B06", "11B58"), (1,)),
        Hazard("fire", "H-07", "森林火险", "forest fire danger",
               ("森林火险", "草原火险", "森林（草原）火险", "高森林火险", "forest fire", "forest-fire",
                "fire weather", "red flag", "wildfire", "wild fire"),
               ("11B25", "11B26", "11B41"), (8,)),
        Hazard("slope", "H-08", "地质灾害", "slope failure",
               ("地质灾害", "山体滑坡", "泥石流", "landslide", "mudslide", "debris flow",
                "geological disaster", "geological hazard", "geological"),
               ("11B37",)),
        Hazard("rainstorm", "H-08", "暴雨", "rainstorm",
               ("暴雨", "强降雨", "短时强降水", "台风暴雨", "rainstorm", "rain storm", "heavy rain",
                "torrential rain", "extreme rain", "rain"),
               ("11B03", "11B38", "11B49", "11B64"), (10, 13)),
        Hazard("heat", "H-05", "高温", "heat",
               ("高温", "热浪", "干热风", "高温中暑", "heat wave", "heatwave", "high temperature",
                "high-temperature", "extreme heat", "heat"),
               ("11B09", "11B10", "11B11", "11B24"), (5,)),
        Hazard("haze", "H-10", "霾", "haze", ("霾", "重污染", "haze", "smog"), ("11B19", "11B29")),
        Hazard("hail", "H-06", "冰雹", "hail", ("冰雹", "hail"), ("11B15",)),
        Hazard("lightning", "H-06", "雷电", "lightning",
               ("雷电", "雷暴", "雷雨大风", "强对流", "gewitter", "orages", "lightning",
                "thunderstorm", "thunder"),
               ("11B14", "11B20", "11B31", "11B43"), (3,)),
        Hazard("drought", "H-07", "干旱", "drought", ("干旱", "drought"), ("11B22",)),
        Hazard("sand", "H-06", "沙尘暴", "sandstorm",
               ("沙尘暴", "沙尘", "浮尘", "sandstorm", "sand storm", "dust storm",
                "sand and dust"),
               ("11B07", "11B47", "11B51", "11B61")),
        Hazard("typhoon", "H-06", "台风", "typhoon",
               ("台风", "typhoon", "tropical cyclone", "hurricane"), ("11B01",)),
        Hazard("flood", "H-08", "山洪", "flood",
               ("山洪", "洪水", "渍涝", "flash flood", "flooding", "flood", "inundation"),
               ("11B36",), (12,)),
        Hazard("avalanche", "H-01", "雪崩", "avalanche", ("雪崩", "avalanche"), ("11B13",), (9,)),
        Hazard("coastal", "H-06", "海上", "coastal event",
               ("海上大风", "海上", "风暴潮", "coastal event", "coastalevent", "gale warning at sea",
                "marine"),
               ("11B23", "11B46", "11B52", "11B54", "11B55"), (7,)),
        Hazard("energy", "H-09", "能源保供", "energy demand"),
        Hazard("epidemic", "H-10", "疫情", "epidemic", ("疫情", "epidemic")),
        Hazard("incident", "H-11", "事故", "incident"),
        Hazard("road-closure", "M-01", "道路封闭", "road closure"),
        Hazard("season", "C-02", "时段", "season"),
        Hazard("service", "D-01", "系统", "the service itself"),
    )
}  # fmt: skip

_BY_CODE = {code: h.id for h in HAZARDS.values() for code in h.codes}
_BY_AWARENESS = {kind: h.id for h in HAZARDS.values() for kind in h.awareness}


def hazard_named(text: str) -> str | None:
    """The hazard that `text` (an event or a headline, Chinese or English) names, or None.

    The longest name found decides, so that 道路结冰 is not taken for 冰冻 nor "freezing rain" for rain.
    """
    lowered = text.lower()
    best: tuple[int, str] | None = None
    for hazard in HAZARDS.values():
        for name in hazard.names:
            if _contains(lowered, name) and (best is None or _weight(name) > best[0]):
                best = (_weight(name), hazard.id)
    return best[1] if best else None


def _weight(name: str) -> int:
    # A Chinese character says about as much as three Latin letters.
    return len(name) if name.isascii() else 3 * len(name)


def _contains(text: str, name: str) -> bool:
    at = text.find(name)
    while at >= 0:
        before = text[at - 1] if at else " "
        # "rain" must not be found in "train", "ice" not in "service"; endings may vary.
        if not (name.isascii() and before.isascii() and before.isalpha()):
            return name != "ice" or not text[at + 3 : at + 4].isalpha()
        at = text.find(name, at + 1)
    return False


def hazard_of_code(code: str) -> str | None:
    """The hazard of an 11Bxx event code, or None."""
    return _BY_CODE.get(code.upper())


def hazard_of_awareness(kind: int) -> str | None:
    """The hazard of a Meteoalarm awareness_type number, or None."""
    return _BY_AWARENESS.get(kind)
