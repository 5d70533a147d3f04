"""A headless Chromium, spoken to over its debugging protocol; pages may run no script in it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp


def found() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


@dataclass
class Drawn:
    """A page as it was laid out: its width and height in CSS pixels, its picture, its source."""

    width: float
    height: float
    png: bytes
    source: str


class Tab:
    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket, self._number, self._root = socket, 0, 0

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": params})
        while True:
            said = await self._socket.receive_json(timeout=30)
            if said.get("id") == self._number:
                assert "error" not in said, said
                return dict(said["result"])

    async def wait_for(self, event: str) -> None:
        while (await self._socket.receive_json(timeout=30)).get("method") != event:
            pass

    async def draw(self, url: str, width: int) -> Drawn:
        """Open `url` on a phone `width` CSS pixels wide."""
        await self.ask("Emulation.setDeviceMetricsOverride", width=width, height=844,
                       deviceScaleFactor=1, mobile=True)  # fmt: skip
        await self.ask("Emulation.setScriptExecutionDisabled", value=True)
        await self.ask("Page.enable")
        await self.ask("Page.navigate", url=url)
        await self.wait_for("Page.loadEventFired")
        size = (await self.ask("Page.getLayoutMetrics"))["cssContentSize"]
        shot = await self.ask("Page.captureScreenshot", captureBeyondViewport=True)
        root = (await self.ask("DOM.getDocument"))["root"]["nodeId"]
        source = (await self.ask("DOM.getOuterHTML", nodeId=root))["outerHTML"]
        self._root = root
        return Drawn(size["width"], size["height"], base64.b64decode(shot["data"]), source)


    async def foot_of(self, selector: str) -> float:
        """Where the first such element of the page drawn last ends, in CSS pixels from its top."""
        found = await self.ask("DOM.querySelector", nodeId=self._root, selector=selector)
        box = (await self.ask("DOM.getBoxModel", nodeId=found["nodeId"]))["model"]
        return float(box["border"][5])


@asynccontextmanager
async def opened(program: str, folder: Path) -> AsyncIterator[Tab]:
    """One browser with one tab, ended with the block."""
    process = await asyncio.create_subprocess_exec(
        program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--hide-scrollbars", "--no-first-run", "--remote-debugging-port=0",
        f"--user-data-dir={folder}", "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        port = await _port(folder / "DevToolsActivePort")
        async with aiohttp.ClientSession() as http:
            async with http.get(f"http://127.0.0.1:{port}/json/list") as answer:
                page = next(t for t in await answer.json() if t["type"] == "page")
            async with http.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                yield Tab(socket)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def _port(path: Path) -> int:
    for _ in range(300):
        if path.exists() and (text := path.read_text().split()):
            return int(text[0])
        await asyncio.sleep(0.1)
    raise AssertionError("Chromium did not open its debugging port")
