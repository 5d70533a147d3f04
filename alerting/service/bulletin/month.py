"""A month of the county's own days, as somebody writes it: 2026-12."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from alerting.errors import BadInput

_WRITTEN = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


class Month(NamedTuple):
    """A month of the civil calendar; its days are local, midnight to midnight."""

    year: int
    month: int

    @classmethod
    def at(cls, moment: datetime, zone: ZoneInfo) -> Month:
        """The month in which `moment` lies in the county."""
        local = moment.astimezone(zone)
        return cls(local.year, local.month)

    @property
    def text(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    @property
    def after(self) -> Month:
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def before(self) -> Month:
        return Month(*((self.year, self.month - 1) if self.month > 1 else (self.year - 1, 12)))

    def begins(self, zone: ZoneInfo) -> datetime:
        """Its first moment, UTC."""
        return datetime(self.year, self.month, 1, tzinfo=zone).astimezone(UTC)

    @property
    def last_day(self) -> date:
        return date(self.after.year, self.after.month, 1) - timedelta(1)


def month_of(text: str, zone: ZoneInfo, now: datetime, kept_days: int | None = None) -> Month:
    """The month that `text` names. Raises BadInput for what is none, for one that has not begun, and
    for one of which nothing is kept any more, or not all."""
    found = _WRITTEN.fullmatch(text.strip())
    if found is None or not 1 <= int(found[2]) <= 12 or not 2000 <= int(found[1]) <= 2100:
        raise BadInput(
            f"{text!r} is no month", mend="Write year and month, e.g. 2026-12.",
            zh=f"“{text}”不是月份，请写成年-月，如 2026-12。",
        )  # fmt: skip
    month = Month(int(found[1]), int(found[2]))
    if month > (current := Month.at(now, zone)):
        raise BadInput(
            f"{month.text} has not begun yet", mend=f"The newest there can be is {current.text}.",
            zh=f"{month.text} 还没有开始，最新只能看 {current.text}。",
        )  # fmt: skip
    if kept_days is not None and month.begins(zone) < now - timedelta(days=kept_days):
        raise BadInput(
            f"{month.text} is no longer kept whole: `keep:` in the config says {kept_days} days",
            mend="A bulletin is printed before.",
            zh=f"{month.text} 的记录已不完整：配置 keep 只保留{kept_days}天，请在此之前打印月报。",
        )  # fmt: skip
    return month
