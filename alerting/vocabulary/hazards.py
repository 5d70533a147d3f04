"""The hazards: what alerts are about and warnings warn of. How offices name them stands in
rules/warnings.yaml, which `official` reads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hazard:
    id: str
    row: str
    zh: str
    en: str


HAZARDS: dict[str, Hazard] = {
    h.id: h
    for h in (
        Hazard("snow", "H-01", "暴雪", "snow"),
        Hazard("road-icing", "H-02", "道路结冰", "road icing"),
        Hazard("freezing-rain", "H-03", "凝冻", "glaze and freezing rain"),
        Hazard("fog", "H-04", "大雾", "fog"),
        Hazard("cold-wave", "H-05", "寒潮", "cold wave"),
        Hazard("frost", "H-05", "霜冻", "frost"),
        Hazard("gale", "H-06", "大风", "gale"),
        Hazard("fire", "H-07", "森林火险", "forest fire danger"),
        Hazard("slope", "H-08", "地质灾害", "slope failure"),
        Hazard("rainstorm", "H-08", "暴雨", "rainstorm"),
        Hazard("heat", "H-05", "高温", "heat"),
        Hazard("haze", "H-10", "霾", "haze"),
        Hazard("hail", "H-06", "冰雹", "hail"),
        Hazard("lightning", "H-06", "雷电", "lightning"),
        Hazard("drought", "H-07", "干旱", "drought"),
        Hazard("sand", "H-06", "沙尘暴", "sandstorm"),
        Hazard("typhoon", "H-06", "台风", "typhoon"),
        Hazard("flood", "H-08", "山洪", "flood"),
        Hazard("avalanche", "H-01", "雪崩", "avalanche"),
        Hazard("coastal", "H-06", "海上", "coastal event"),
        Hazard("energy", "H-09", "能源保供", "energy demand"),
        Hazard("epidemic", "H-10", "疫情", "epidemic"),
        Hazard("incident", "H-11", "事故", "incident"),
        Hazard("road-closure", "M-01", "道路封闭", "road closure"),
        Hazard("season", "C-02", "时段", "season"),
        Hazard("service", "D-01", "系统", "the service itself"),
    )
}

# What bulletins tell of and no feed of warnings brings: that one is silent says nothing of it.
BY_BULLETIN = frozenset({"epidemic"})
