"""What people do about drills: hold one now, schedule one, stop it, call it off. Each with a name and a
reason; roles are checked where the person spoke."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from alerting.errors import BadInput, Refused
from alerting.service import drill_plans, drills
from alerting.service.clock import open_desk
from alerting.service.player import end_drill

if TYPE_CHECKING:
    from alerting.service.station import Station

FARTHEST = timedelta(days=400)
REASON = 500  # characters


async def hold(
    station: Station, plan: str, by: str, reason: str, announced: bool, due: datetime | None = None
) -> int:
    """Hold a drill now, or at `due`; gives its number. Raises BadInput and Refused, in both languages.

    What would keep it from beginning now is said now; what keeps a scheduled one then is said then.
    """
    reason, now = _reason(reason), station.runtime.now()
    if due is not None and not now < due <= now + FARTHEST:
        raise BadInput("the time of a drill lies ahead, within 400 days",
                       zh="演练时间须在此刻之后、400天以内。")  # fmt: skip
    found = await station.runtime.in_thread("web", lambda: drill_plans.checked(station, plan))

    def write(connection: Connection) -> int:
        if due is None:
            _nothing_in_the_way(station, connection)
        return drills.ask(connection, found.name, found.title, due or now, announced, by, reason, now)

    return await station.writer.write(write, first=True)


async def stop(station: Station, number: int, by: str, reason: str) -> str:
    """End a drill that runs, or call off one that is scheduled; gives its new state."""
    reason, now = _reason(reason), station.runtime.now()
    await station.writer.write(lambda c: open_desk(c, now))
    station.know_realms()

    def write(connection: Connection) -> str:
        row = drills.one(connection, number)
        if row is None:
            raise BadInput(f"there is no drill {number}", zh=f"没有编号为 {number} 的演练。")
        if end_drill(connection, station, row, "stopped", by, reason):
            return "ended"
        if drills.call_off(connection, number, by, reason, now):
            words = drills.off_said(row, reason, station.config.county.zone)
            readers = drills.were_told(connection, number)
            drills.say(connection, readers, words, station.places.county, now, number)
            return "called off"
        raise Refused("this drill is over already", zh="这次演练已经结束。")

    state = await station.writer.write(write, first=True)
    if state == "ended":
        station.refresh_realms()
    return state


def _nothing_in_the_way(station: Station, connection: Connection) -> None:
    if station.player.playing or drills.running(connection) is not None:
        raise Refused("another exercise is under way", mend="Stop it first, or wait for its end.",
                      zh="另一场演练正在进行，请先结束它，或等它结束。")  # fmt: skip
    if drills.real_work(connection) is not None:
        raise Refused("a real alert or order of orange or red is open: no drill now",
                      zh="当前有真实的橙色或红色风险提示或命令，不能开始演练。")  # fmt: skip


def _reason(given: str) -> str:
    reason = given.strip()[:REASON]
    if not reason:
        raise BadInput("say why this drill is held or ended", zh="请写明原因。")
    return reason
