"""SMS through Twilio's Messages API, with a session of our own.

No path to numbers in mainland China for replies: this is the international one. Error codes as in
Twilio's error dictionary.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit, urlunsplit

import aiohttp
from pydantic import Field

from alerting.dispatch.channels import base
from alerting.dispatch.channels.base import (
    Around,
    Inbound,
    Message,
    Passing,
    Permanent,
    Sent,
    StatusChange,
    Unusable,
)
from alerting.dispatch.channels.secrets import secret

# No number, stopped by its owner, no mobile; blocked, unknown, landline, filtered by the carrier.
PERMANENT = frozenset({21211, 21610, 21614, 30004, 30005, 30006, 30007})
# Queue full, handset off, unknown at the carrier: may work a little later.
ONCE_MORE = frozenset({30001, 30003, 30008})
# The account is suspended; the credentials are wrong.
ACCOUNT = frozenset({30002, 20003})

# Twilio's words for ours. "sending" and "queued" are not a step further than having taken it.
_STATES = {
    "accepted": "accepted", "scheduled": "accepted", "queued": "accepted", "sending": "accepted",
    "sent": "accepted", "delivered": "delivered", "read": "read",
    "failed": "failed", "undelivered": "failed", "canceled": "failed",
}  # fmt: skip
_PATIENCE = 20.0  # seconds for a whole call; asking and sending together stay within a lease


class Options(base.Options):
    """`token_env` and `alternate_env` name environment variables; the alternate token is accepted on
    callbacks while the primary one is being rotated."""

    account: str = Field(pattern=r"^AC[0-9a-zA-Z]{32}$")
    token_env: str = "TWILIO_AUTH_TOKEN"
    alternate_env: str = ""
    sender: str = Field(min_length=1)
    base_url: str = "https://api.twilio.com"
    max_segments: int = Field(3, ge=1, le=10)
    concurrency: int = Field(16, ge=1, le=200)
    rate: float = Field(0.0, ge=0)  # messages a second; 0: as many as the account takes


class Channel(base.Plain):
    kind: ClassVar[str] = "twilio"
    options: ClassVar[type[base.Options]] = Options
    loudness: ClassVar[int] = 2
    can_reply: ClassVar[bool] = True
    receipts: ClassVar[bool] = True
    reads: ClassVar[bool] = False
    can_ask: ClassVar[bool] = True
    needs_template: ClassVar[bool] = False

    def __init__(self, settings: Options, around: Around) -> None:
        super().__init__(settings, around)
        self.max_segments = settings.max_segments
        self.concurrency, self.rate = settings.concurrency, settings.rate
        self._token = secret(settings.token_env, "Twilio's token")
        self._tokens = [self._token]
        if settings.alternate_env:
            self._tokens.append(secret(settings.alternate_env, "Twilio's alternate token"))
        root = settings.base_url.rstrip("/")
        self._messages = f"{root}/2010-04-01/Accounts/{settings.account}/Messages.json"
        self._session: aiohttp.ClientSession | None = None

    async def send(self, message: Message) -> Sent:
        fields = {"To": message.address, "From": self.settings.sender, "Body": message.text}
        if self.around.url:
            # Our own id, so that a callback quicker than the answer to this call finds its message.
            fields["StatusCallback"] = (
                f"{self.around.url}/webhooks/{self.name}/status?delivery={message.delivery}"
            )
        answer = await self._call("POST", fields)
        return Sent("accepted", str(answer["sid"]))

    async def ask(self, message: Message) -> Sent | None:
        """Look through the messages to this number for one with our text; its code makes it ours.

        One that the provider says failed does not count: it must be sent again.
        """
        # By the machine's clock: a message's own time may be an exercise's.
        day = (self.around.runtime.now() - timedelta(days=1)).date().isoformat()
        query = {"To": message.address, "From": self.settings.sender, "PageSize": "1000",
                 "DateSent>": day}  # fmt: skip
        answer = await self._call("GET", query)
        for one in answer.get("messages") or []:
            state = _STATES.get(str(one.get("status")), "accepted")
            if one.get("body") == message.text and state != "failed":
                return Sent(state, str(one["sid"]))
        return None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    # What the provider tells us

    def verify(self, url: str, params: Mapping[str, str], signature: str) -> bool:
        """Whether a callback is Twilio's: HMAC-SHA1 over the address and the sorted fields.

        The address is tried with and without its port, as Twilio signs either; both tokens count.
        """
        tail = "".join(f"{name}{params[name]}" for name in sorted(params))
        return any(
            hmac.compare_digest(_signed(token, one + tail), signature.encode())
            for token in self._tokens
            for one in _with_and_without_port(url)
        )

    def callback(self, params: Mapping[str, str], delivery: int | None = None) -> StatusChange | None:
        """A status callback; None where it says nothing we know. `delivery` comes from its address."""
        state = _STATES.get(params.get("MessageStatus") or params.get("SmsStatus") or "")
        if state is None:
            return None
        code = _number(params.get("ErrorCode"))
        reason = ""
        if state == "failed":
            reason = f"{params.get('MessageStatus', 'failed')}" + (f", code {code}" if code else "")
        return StatusChange(
            state, params.get("MessageSid") or params.get("SmsSid") or "", delivery, reason,
            again=code in ONCE_MORE,
        )  # fmt: skip

    def inbound(self, params: Mapping[str, str]) -> Inbound:
        """What somebody texted to us."""
        return Inbound(params.get("From", ""), params.get("Body", ""), params.get("MessageSid", ""))

    # Underneath

    async def _call(self, method: str, fields: dict[str, str]) -> dict[str, Any]:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                auth=aiohttp.BasicAuth(self.settings.account, self._token),
                timeout=aiohttp.ClientTimeout(total=_PATIENCE),
                connector=aiohttp.TCPConnector(limit=self.concurrency),
            )
        where: dict[str, Any] = {"params": fields} if method == "GET" else {"data": fields}
        try:
            async with self._session.request(method, self._messages, **where) as answer:
                body = _object(await answer.read())
                if answer.status < 300:
                    return body
                raise _refusal(answer.status, body, answer.headers.get("Retry-After"))
        except aiohttp.ClientConnectorError as error:
            raise Passing(f"{self.name} cannot be reached: {error.strerror or error}") from None
        except (TimeoutError, aiohttp.ClientError) as error:
            # The connection stood: the provider may have taken the message all the same.
            raise Passing(f"{self.name} gave no answer ({type(error).__name__})",
                          unsure=True) from None  # fmt: skip


def _refusal(status: int, body: Mapping[str, Any], retry_after: str | None) -> base.Failed:
    code = _number(body.get("code"))
    reason = f"{status}" + (f", code {code}" if code else "") + f": {body.get('message') or '-'}"
    if code in PERMANENT:
        return Permanent(reason)
    if code in ACCOUNT or status in (401, 403):
        return Unusable(reason)
    if code in ONCE_MORE:
        return Passing(reason)
    if status == 429:
        return Passing(reason, _seconds(retry_after))
    if status >= 500:
        # A gateway's error says nothing about whether the message went through.
        return Passing(reason, _seconds(retry_after), unsure=True)
    return Permanent(reason)


def _object(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _seconds(given: str | None) -> float | None:
    # The other form of the header, a date, is not used by this API.
    return float(given) if given is not None and given.isdigit() else None


def _number(given: object) -> int:
    text = str(given or "")
    return int(text) if text.isdigit() else 0


def _signed(token: str, text: str) -> bytes:
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest())


def _with_and_without_port(url: str) -> list[str]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    bare = urlunsplit(parts._replace(netloc=host))
    return list(dict.fromkeys([url, bare, urlunsplit(parts._replace(netloc=f"{host}:{port}"))]))
