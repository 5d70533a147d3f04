"""What happens in an exercise, told on the terminal between the messages."""

from __future__ import annotations

import structlog
from rich.console import Console
from rich.text import Text
from sqlalchemy import Connection

from alerting.service.station import Station
from alerting.web.chronicle import Chronicle, Event

log = structlog.get_logger()
EVERY = 0.25  # seconds
COLOURS = {0: "dim", 1: "blue", 2: "yellow", 3: "dark_orange", 4: "red"}


class Narrator:
    """Tells of the exercise that plays now, and of the next one once that has begun."""

    def __init__(self, station: Station, out: Console) -> None:
        self._station, self._out = station, out
        self._realm: str | None = None
        self._chronicle: Chronicle | None = None
        self._missed: set[object] = set()
        self._ended = False

    async def run(self) -> None:
        while True:
            await self._station.runtime.sleep(EVERY)
            try:
                await self._station.runtime.in_thread("web", self.tell)
            except OSError as error:  # the terminal is gone; the service is not
                log.warning("the terminal cannot be written", error=str(error))
                return
            except Exception:  # what it tells of goes on, told or not
                log.exception("this could not be told on the terminal")

    def tell(self) -> None:
        """Print what has happened since it last told."""
        played = self._station.exercise
        if played["realm"] is None or (played["realm"] == self._realm and self._ended):
            return
        with self._station.store.read() as connection:
            if played["realm"] != self._realm:
                self._begin(connection, played["realm"])
            assert self._chronicle is not None
            for event in self._chronicle.news(connection):
                self._print(event)
        for at in played["missing"]:
            if at <= played["clock"] and at not in self._missed:
                self._missed.add(at)
                local = at.astimezone(self._station.config.county.zone)
                self._print(Event(played["clock"], "✗", {
                    "zh": f"{local:%H:%M} 的预报没有来", "en": f"the {local:%H:%M} run never came",
                }, trouble=True))  # fmt: skip
        if played["state"] == "ended":
            self._ended = True
            self._out.print(
                f"\n[bold]演练结束 The exercise has ended[/]  {self._station.config.url}\n"
                "  再演一次 play again: 页面上的按钮 the page's button\n"
                "  试改规则 try a rule: rules/*.yaml, suian check\n"
                "  换成自己的县 your own county: suian init\n"
            )

    def _begin(self, connection: Connection, realm: str) -> None:
        self._realm, self._ended, self._missed = realm, False, set()
        self._chronicle = Chronicle(connection, self._station, realm, back=None)

    def _print(self, event: Event) -> None:
        local = event.at.astimezone(self._station.config.county.zone)
        line = Text(f"{local:%H:%M} ", style="dim")
        style = "bold red" if event.trouble else f"bold {COLOURS[event.level]}"
        line.append(f"{event.mark} {event.said['zh']}", style=style)
        line.append(f"  {event.said['en']}", style="dim")
        self._out.print(line, soft_wrap=False, no_wrap=True, overflow="ellipsis")
