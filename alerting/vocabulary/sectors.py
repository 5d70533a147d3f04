"""Sectors, tiers and kinds of place: the nouns that rules, posts and measures share."""

from __future__ import annotations

# Sector names as packs use them, with the mission row each answers to.
SECTORS: dict[str, tuple[str, str, str]] = {
    "road-traffic": ("M-01", "道路交通", "Road traffic"),
    "construction": ("M-02", "建筑施工", "Construction"),
    "coal-mines": ("M-03", "煤矿", "Coal mines"),
    "hazardous-chemicals": ("M-04", "危险化学品", "Hazardous chemicals"),
    "non-coal-mines": ("M-05", "非煤矿山", "Non-coal mines"),
    "industry": ("M-06", "冶金工贸", "Metallurgy, industry and trade"),
    "town-gas": ("M-07", "城镇燃气", "Town gas"),
    "fire-safety": ("M-08", "消防", "Fire safety"),
    "forest-fire": ("M-09", "森林防火", "Forest fire"),
    "geological": ("M-10", "地质灾害", "Geological hazard points"),
    "education": ("M-11", "教育", "Education"),
    "civil-affairs": ("M-12", "民政", "Civil affairs"),
    "culture-tourism": ("M-13", "文旅", "Culture and tourism"),
    "agriculture": ("M-14", "农林渔牧", "Agriculture, forestry, stock and fishery"),
    "water": ("M-15", "水利", "Water"),
    "city-operation": ("M-16", "城市运行", "City operation"),
    "pipelines": ("M-17", "长输管线", "Long-distance pipelines"),
    "power-telecom": ("M-18", "电力通讯", "Power and telecom"),
    "cross-sector": ("M-19", "各企业", "All enterprises"),
    "service": ("D-01", "系统自检", "The service itself"),
}

TIERS: dict[str, tuple[str, str]] = {
    "duty-office": ("区领导、值班室", "duty office"),
    "township": ("乡镇（街道）", "township"),
    "regulator": ("行业主管部门", "sector regulator"),
    "enterprise": ("企业、工地", "enterprise or site"),
    "field": ("一线", "field force"),
}

# Of posts: those, and whom a township calls itself. No rule names that one, there are many in a zone.
VILLAGE = "village"
POST_TIERS: dict[str, tuple[str, str]] = {**TIERS, VILLAGE: ("村、社区", "village")}

PLACE_KINDS: dict[str, tuple[str, str]] = {
    "zone": ("乡镇", "zone"),
    "county": ("全县（区）", "the county"),
    "road-section": ("路段", "road section"),
    "bridge": ("桥梁", "bridge"),
    "tunnel-mouth": ("隧道口", "tunnel mouth"),
    "pass": ("垭口", "mountain pass"),
    "building-site": ("建筑工地", "building site"),
    "mine": ("煤矿", "coal mine"),
    "school": ("学校", "school"),
    "chemical-plant": ("危险化学品企业", "chemical plant"),
    "quarry": ("非煤矿山", "quarry or ore mine"),
    "factory": ("冶金工贸企业", "works or factory"),
    "gas-facility": ("燃气场站", "gas station or main"),
    "crowded-place": ("人员密集场所", "crowded place"),
    "forest": ("林区", "forest"),
    "hazard-point": ("地质灾害隐患点", "slope at risk"),
    "care-home": ("养老机构", "care home"),
    "scenic-spot": ("景区", "scenic spot"),
    "farm": ("农业设施", "farm, greenhouse or pond"),
    "reservoir": ("水库", "reservoir"),
    "water-works": ("供水设施", "water works"),
    "pipeline-section": ("长输管段", "pipeline section"),
    "power-line": ("输电通信线路", "power or telecom line"),
    # The watch's own alerts stand on these (pack `service`).
    "source": ("数据源", "source"),
    "channel": ("通道", "channel"),
}

# Which kinds of site belong to an enterprise of a sector: a zone measure carried by `enterprise`
# becomes one measure for each of them.
SITE_SECTOR = {
    "building-site": "construction",
    "mine": "coal-mines",
    "school": "education",
    "chemical-plant": "hazardous-chemicals",
    "quarry": "non-coal-mines",
    "factory": "industry",
    "gas-facility": "town-gas",
    "crowded-place": "fire-safety",
    "forest": "forest-fire",
    "hazard-point": "geological",
    "care-home": "civil-affairs",
    "scenic-spot": "culture-tourism",
    "farm": "agriculture",
    "reservoir": "water",
    "water-works": "city-operation",
    "pipeline-section": "pipelines",
    "power-line": "power-telecom",
    "road-section": "road-traffic",
    "bridge": "road-traffic",
    "tunnel-mouth": "road-traffic",
    "pass": "road-traffic",
}
