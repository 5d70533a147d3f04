"""Stretches of road: between which kilometres, in which direction, and how a sentence names them.

A stretch that others close is told of as a report, `road-closed` or `road-reopened`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from alerting.errors import BadInput
from alerting.places.model import Place, Places

CLOSED, REOPENED = "road-closed", "road-reopened"
# Milestones of two counties do not meet to the metre, and the last exit lies before the border.
MEETS_KM = 1.0

Direction = Literal["both", "up", "down"]
# As sites.csv may write it; up (上行) is towards the higher kilometres.
DIRECTIONS: dict[str, tuple[Direction, str, str]] = {
    "双向": ("both", "双向", "both directions"), "both": ("both", "双向", "both directions"),
    "上行": ("up", "上行", "up"), "up": ("up", "上行", "up"),
    "下行": ("down", "下行", "down"), "down": ("down", "下行", "down"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stretch:
    """A road from one kilometre to another. `direction` as it was written."""

    road: str
    from_km: float
    to_km: float
    direction: str = ""

    def called(self, language: str) -> str:
        """`G399 K0+000–K24+000 双向`, `G399 K0+000-K24+000, both directions`."""
        dash = "–" if language == "zh" else "-"  # an SMS in English has no other
        name = f"{self.road} {_post(self.from_km)}{dash}{_post(self.to_km)}"
        way = direction_words(self.direction, language)
        return name if not way else f"{name} {way}" if language == "zh" else f"{name}, {way}"

    def touches(self, other: Stretch) -> bool:
        """Whether traffic of one meets the other: the same road, end to end or one over the other,
        and a direction in common."""
        near = self.from_km - MEETS_KM <= other.to_km and other.from_km <= self.to_km + MEETS_KM
        ways = {_way(self.direction), _way(other.direction)}
        return self.road.upper() == other.road.upper() and near and (
            "both" in ways or len(ways) == 1
        )


def stretch_of(place: Place) -> Stretch | None:
    """A road section's own; None where its table does not say from and to where it goes."""
    if not place.road or place.from_km is None or place.to_km is None:
        return None
    return Stretch(place.road, place.from_km, place.to_km, place.direction)


def direction_words(direction: str, language: str) -> str:
    known = DIRECTIONS.get(direction)
    return direction if known is None else known[1 if language == "zh" else 2]


def _way(direction: str) -> str:
    """What is not known may be either."""
    return DIRECTIONS[direction][0] if direction in DIRECTIONS else "both"


def _post(km: float) -> str:
    metres = round(km * 1000)
    return f"K{metres // 1000}+{metres % 1000:03d}"


class RoadReport(BaseModel):
    """What is told of a stretch: who closed it, why, until when; or, with `to_km` and the rest, that it
    is open. `until` None: nobody has said."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    road: Annotated[str, Field(min_length=1, max_length=40)]
    from_km: FiniteFloat = Field(ge=0, le=10_000)
    to_km: FiniteFloat = Field(ge=0, le=10_000)
    direction: Direction = "both"
    by: Annotated[str, Field(min_length=1, max_length=100)]
    reason: str = Field("", max_length=500)
    until: AwareDatetime | None = None

    @property
    def stretch(self) -> Stretch:
        return Stretch(self.road, self.from_km, self.to_km, self.direction)


def read_road_report(
    act: str, detail: Mapping[str, Any], places: Places, now: datetime
) -> RoadReport:
    """What a report of this act says, held to our roads. Raises BadInput that says how to mend it."""
    try:
        told = RoadReport.model_validate(dict(detail))
    except ValidationError as error:
        fields = {str(e["loc"][0]) if e["loc"] else "detail": e["msg"] for e in error.errors()}
        raise BadInput("; ".join(f"{name}: {what}" for name, what in fields.items()),
                       mend="It has road, from_km, to_km, direction (both, up, down), by, reason,"
                       " until.",
                       zh=f"这几项缺少或填写不对：{'、'.join(_FIELDS.get(f, f) for f in fields)}。"
                       ) from None  # fmt: skip
    ours = sorted({p.road for p in places.of_kind("road-section") if p.road})
    if told.road.upper() not in {road.upper() for road in ours}:
        raise BadInput(f"no road section of ours is on {told.road!r}",
                       mend=f"Our roads: {', '.join(ours) or 'none yet (sites.csv)'}.",
                       zh=f"本县没有“{told.road}”的路段，请核对路线编号。"
                       f"本县路线：{'、'.join(ours) or '尚未录入'}。")  # fmt: skip
    if told.from_km > told.to_km:
        raise BadInput(f"from_km {told.from_km:g} is greater than to_km {told.to_km:g}",
                       mend="The lower kilometre comes first; the direction is said by itself.",
                       zh=f"起点桩号 {told.from_km:g} 大于止点桩号 {told.to_km:g}，请把小的写在前面。")
    if act == CLOSED and not told.reason.strip():
        raise BadInput("it does not say why the road is closed", mend="Give a reason.",
                       zh="请写明封闭原因。")  # fmt: skip
    if act == CLOSED and told.until is not None and told.until <= now:
        raise BadInput("its end has passed already", mend="Look at the date and the zone of until.",
                       zh="截止时间已经过去，请核对日期和时间。")  # fmt: skip
    return told


_FIELDS = {"road": "路线", "from_km": "起点桩号", "to_km": "止点桩号", "direction": "方向",
           "by": "通报单位", "reason": "原因", "until": "截止时间"}  # fmt: skip
