"""A signed JSON POST to another system: a chat gateway, a duty desk, a siren.

The signature is HMAC-SHA256 over `timestamp.body`, in hex, so that whoever receives it can tell that it
is ours and that it is fresh. The address of a contact is the receiver's own name for the reader.
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
from alerting.dispatch.channels.base import Around, Message, Passing, Permanent, Sent, Unusable
from alerting.dispatch.channels.secrets import secret

_PATIENCE = 20.0  # seconds


class Options(base.Options):
    """`to` is where everything is posted; `secret_env` names the environment variable with the key.

    `loudness` says how loud the other end is: 0 a page, 1 a chat, 2 a message, 3 a call.
    """

    to: str
    secret_env: str = "SUIAN_HOOK_SECRET"
    loudness: int = Field(1, ge=0, le=3)
    concurrency: int = Field(8, ge=1, le=200)

    @field_validator("to")
    @classmethod
    def _is_http(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{value!r} is no http(s) address")
        return value


class Channel(base.Plain):
    kind: ClassVar[str] = "webhook"
    options: ClassVar[type[base.Options]] = Options
    loudness = 1
    can_reply: ClassVar[bool] = False
    receipts: ClassVar[bool] = False
    reads: ClassVar[bool] = False
    can_ask: ClassVar[bool] = False
    needs_template: ClassVar[bool] = False

    def __init__(self, settings: Options, around: Around) -> None:
        super().__init__(settings, around)
        self.loudness, self.concurrency = settings.loudness, settings.concurrency
        self._secret = secret(settings.secret_env, "the key that signs posts")
        self._session: aiohttp.ClientSession | None = None

    async def send(self, message: Message) -> Sent:
        """Anything below 300 is taken. `id` lets the receiver drop what it has already."""
        body = json.dumps(self.body(message), ensure_ascii=False).encode()
        stamp = str(int(self.around.runtime.now().timestamp()))
        headers = {
            "Content-Type": "application/json", "X-Suian-Timestamp": stamp,
            "X-Suian-Signature": sign(self._secret, stamp, body),
        }  # fmt: skip
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=_PATIENCE),
                connector=aiohttp.TCPConnector(limit=self.concurrency),
            )
        try:
            async with self._session.post(self.settings.to, data=body, headers=headers,
                                          allow_redirects=False) as answer:  # fmt: skip
                await answer.read()
                return _taken(answer.status, answer.headers.get("Retry-After"))
        except aiohttp.ClientConnectorError as error:
            raise Passing(f"{self.name} cannot be reached: {error.strerror or error}") from None
        except (TimeoutError, aiohttp.ClientError) as error:
            raise Passing(f"{self.name} gave no answer ({type(error).__name__})",
                          unsure=True) from None  # fmt: skip

    def body(self, message: Message) -> dict[str, Any]:
        return {
            "id": message.delivery, "realm": message.realm, "exercise": message.exercise,
            "to": message.address, "reader": message.reader, "post": message.post,
            "language": message.language, "band": message.band, "subject": message.subject,
            "text": message.text, "link": message.link, "created": message.created.isoformat(),
            "about": [dict(one) for one in message.about],
        }  # fmt: skip

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


def sign(key: str, timestamp: str, body: bytes) -> str:
    """Hex HMAC-SHA256 over `timestamp.body`."""
    return hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _taken(status: int, retry_after: str | None) -> Sent:
    if status < 300:
        return Sent("accepted")
    reason = f"the receiver answered {status}"
    if status in (401, 403):
        raise Unusable(reason)
    if status == 429 or status >= 500:
        given = float(retry_after) if retry_after and retry_after.isdigit() else None
        raise Passing(reason, given)
    raise Permanent(reason)
