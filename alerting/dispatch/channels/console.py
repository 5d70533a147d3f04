"""Prints each message as its reader gets it. What it printed stays readable on the page."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from io import StringIO
from typing import Any, ClassVar

from pydantic import Field
from rich.box import ROUNDED
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from alerting.dispatch.channels import base
from alerting.dispatch.channels.base import Around, Message, Sent

Sink = Callable[[str], None]
_BORDER = {"red": "red", "orange": "dark_orange", "lower": "blue"}


def to_stdout(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


class Options(base.Options):
    """Prints each message as its reader gets it."""

    width: int = Field(
        80, ge=40, description="of the boxes, in columns; a Chinese character takes two"
    )
    silent: bool = Field(False, description="prints nothing: the page alone shows what was sent")
    timeout_seconds: float = Field(
        20.0, gt=0, le=40, description="after which a message counts as not sent"
    )


class Channel(base.Plain):
    """`sink` takes what would be printed; by default it goes to standard output."""

    kind: ClassVar[str] = "console"
    options: ClassVar[type[base.Options]] = Options
    loudness: int = 0
    can_reply: ClassVar[bool] = False
    receipts: ClassVar[bool] = False
    reads: ClassVar[bool] = False
    can_ask: ClassVar[bool] = False
    needs_template: ClassVar[bool] = False

    def __init__(self, settings: Any, around: Around, sink: Sink = to_stdout) -> None:
        super().__init__(settings, around)
        self.sink = sink

    async def send(self, message: Message) -> Sent:
        """A console that cannot be printed to (a closed pipe) or takes nothing (a terminal after
        Ctrl-S, a pipe that nobody reads) is a passing failure."""
        if self.settings.silent:
            return Sent("accepted")
        box = self.box(message)
        # In a thread of its own: what cannot be printed must not stop the rest of the service.
        printing = self.around.runtime.in_thread("console", lambda: self.sink(box))
        try:
            async with asyncio.timeout(self.settings.timeout_seconds):
                await printing
        except TimeoutError:
            raise base.Passing("the console takes nothing", unsure=True) from None
        except (OSError, ValueError) as error:
            raise base.Passing(f"the console cannot be written: {error}") from None
        return Sent("accepted")

    def box(self, message: Message) -> str:
        paper = StringIO()
        console = Console(
            file=paper, width=self.settings.width, highlight=False,
            force_terminal=self.sink is to_stdout and sys.stdout.isatty(),
        )  # fmt: skip
        body = Text(message.text)
        console.print(
            Panel(body, title=Text(f"{message.reader} · {message.post}" if message.post
                                   else message.reader),
                  title_align="left", box=ROUNDED, border_style=_BORDER[message.band],
                  subtitle=Text(f"{message.realm} #{message.delivery}"), subtitle_align="right")
        )  # fmt: skip
        return paper.getvalue()
