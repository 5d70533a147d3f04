"""A signed JSON POST to another system.

Headers: `X-Suian-Timestamp` (seconds since 1970) and `X-Suian-Signature`, `v1=` and the hex HMAC-SHA256
of `timestamp.body` under the shared secret. A receiver refuses what is older than five minutes and
tells one delivery from its resend by `delivery` and `realm`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any, ClassVar
from urllib.parse import urlsplit

import aiohttp
from pydantic import Field, field_validator

from alerting.dispatch.channels import base
from alerting.dispatch.channels.base import Around, Message, Passing, Permanent, Sent
from alerting.secret import needed


class Options(base.Options):
    """A signed JSON POST to the address that a person's contact names."""

    url: str = Field("", description="for contacts that name none (`-`)")
    secret_env: str = Field(
        "SUIAN_HOOK_SECRET",
        description="variable of the environment that holds the secret shared with the receiver",
    )
    loudness: int = Field(
        1, ge=0, le=3,
        description="where the other system brings it: 0 a page, 1 a text, 2 a call, 3 a siren",
    )  # fmt: skip
    rate: float = Field(0.0, ge=0, description="messages a second at most; 0: as many as there are")
    concurrency: int = Field(32, ge=1, le=1000, description="messages under way at once")
    timeout_seconds: float = Field(
        20.0, gt=0, le=40, description="after which the receiver counts as silent"
    )

    @field_validator("url")
    @classmethod
    def _reachable(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in ("http", "https"):
            raise ValueError(f"{value!r} is no http(s) address")
        return value


class Channel(base.Plain):
    """Raises BadInput where there is no secret."""

    kind: ClassVar[str] = "webhook"
    options: ClassVar[type[base.Options]] = Options
    loudness: int = 1
    can_reply: ClassVar[bool] = False
    receipts: ClassVar[bool] = False
    reads: ClassVar[bool] = False
    can_ask: ClassVar[bool] = False
    needs_template: ClassVar[bool] = False

    def __init__(self, settings: Any, around: Around) -> None:
        super().__init__(settings, around)
        self.rate, self.concurrency = settings.rate, settings.concurrency
        self.loudness = settings.loudness
        self._secret = needed(settings.secret_env, "the secret shared with the receiver",
                              "or switch the channel off with `on: false`.").encode()  # fmt: skip
        self._session: aiohttp.ClientSession | None = None

    async def send(self, message: Message) -> Sent:
        address = self.settings.url if message.address in ("", "-") else message.address
        if urlsplit(address).scheme not in ("http", "https"):
            raise Permanent(
                f"{message.address!r} is no http(s) address and the channel names no url"
            )
        body = json.dumps(self.body(message), ensure_ascii=False).encode()
        try:
            # A redirect could carry a signed message to an address nobody wrote into the register.
            async with self._open().post(
                address, data=body, headers=self.headers(body), allow_redirects=False
            ) as answer:
                return _judged(answer.status, answer.headers.get("Retry-After", ""))
        except aiohttp.ClientConnectorError as error:
            raise Passing(
                f"no connection to {urlsplit(address).netloc}: {error.strerror}"
            ) from None
        except aiohttp.InvalidURL:
            raise Permanent(f"{address!r} is no address") from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Passing(f"no answer: {type(error).__name__}", unsure=True) from None

    def body(self, message: Message) -> dict[str, Any]:
        return {
            "delivery": message.delivery, "realm": message.realm, "exercise": message.exercise,
            "person": message.person, "reader": message.reader, "post": message.post,
            "language": message.language, "band": message.band, "subject": message.subject,
            "text": message.text, "link": message.link, "created": message.created.isoformat(),
            "notices": [dict(one) for one in message.about],
        }  # fmt: skip

    def headers(self, body: bytes) -> dict[str, str]:
        stamp = str(int(self.around.runtime.now().timestamp()))
        return {
            "Content-Type": "application/json", "X-Suian-Timestamp": stamp,
            "X-Suian-Signature": "v1=" + sign(self._secret, stamp, body),
        }  # fmt: skip

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self.concurrency),
                timeout=aiohttp.ClientTimeout(total=self.settings.timeout_seconds),
            )
        return self._session


def sign(secret: bytes, stamp: str, body: bytes) -> str:
    """The hex HMAC-SHA256 of `stamp.body`, for senders and receivers alike."""
    return hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _judged(status: int, retry_after: str) -> Sent:
    if 200 <= status < 300:
        return Sent("accepted")
    wait = float(retry_after) if retry_after.isdecimal() else None
    if status in (408, 429):
        raise Passing(f"HTTP {status}", wait)
    if 300 <= status < 500:
        raise Permanent(f"HTTP {status}")
    # It may have taken the message before it failed.
    raise Passing(f"HTTP {status}", wait, unsure=True)
