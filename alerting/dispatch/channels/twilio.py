"""SMS through Twilio, on aiohttp: callbacks and replies verified, asked before a resend.

Codes: https://www.twilio.com/docs/api/errors. Twilio's create has no idempotency key, so that after a
crash the messages to the number are listed and compared with ours, those of other deliveries left out.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit, urlunsplit

import aiohttp
from pydantic import Field
from yarl import URL

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
from alerting.errors import BadInput
from alerting.secret import needed, secret
from alerting.vocabulary.answers import STOP_WORDS, StopWords

# Statuses in Twilio's words; what is not here (queued, sending, scheduled) is accepted at most.
_STATES = {"delivered": "delivered", "read": "read"}
_FAILED = frozenset({"failed", "undelivered", "canceled"})
# The account itself: wrong credentials, suspended, out of money, no right to send there.
_ACCOUNT = frozenset({20003, 20005, 20006, 21606, 21659, 30002, 30023})
# Once again later: queue overflow, handset out of reach, unknown error.
_AGAIN = frozenset({30001, 30003, 30008})
_MEANING = {
    21211: "no valid number", 21610: "the reader has opted out; START ends it",
    21614: "no mobile number", 30003: "handset out of reach", 30004: "blocked by the reader",
    30005: "unknown handset", 30006: "a landline", 30007: "filtered by the carrier",
    30008: "unknown error of the carrier",
}  # fmt: skip
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_LOOK_BACK = timedelta(hours=24)


class Options(base.Options):
    """SMS through Twilio."""

    account: str = Field(pattern="^AC[0-9a-zA-Z]{32}$", description="AC…")
    sender: str = Field(min_length=3, description="number or messaging service (MG…) it is sent from")
    token_env: str = Field(
        "TWILIO_AUTH_TOKEN", description="variable of the environment that holds the token"
    )
    second_token_env: str = Field(
        "", description="and that of the second token, for the time of a change"
    )
    base_url: str = Field("https://api.twilio.com", description="where it is asked")
    max_segments: int = Field(3, ge=1, le=10, description="of one message at most")
    price_per_segment: float | None = Field(
        None, ge=0, description="for `suian preview` alone, in whatever money the contract is in"
    )
    rate: float = Field(0.0, ge=0, description="messages a second at most; 0: as many as there are")
    concurrency: int = Field(100, ge=1, le=1000, description="messages under way at once")
    timeout_seconds: float = Field(
        20.0, gt=0, le=40, description="after which the provider counts as silent"
    )
    # Half of it is red's: three a minute are left, which two digests, each one a minute, keep below.
    # Of an hour or a day only a contract knows; see decision 0103 for what a default would silence.
    per_person: base.PerPerson = base.PerPerson(minute=6)


class Channel(base.Plain):
    """Raises BadInput where there is no token."""

    kind: ClassVar[str] = "twilio"
    options: ClassVar[type[base.Options]] = Options
    loudness: int = 1
    can_reply: ClassVar[bool] = True
    receipts: ClassVar[bool] = True
    reads: ClassVar[bool] = False
    can_ask: ClassVar[bool] = True
    needs_template: ClassVar[bool] = False
    # Twilio itself lets nothing through after these, so they mean the same to us.
    stops: ClassVar[StopWords] = StopWords(
        STOP_WORDS.stop | {"end", "quit", "cancel", "revoke", "optout"}, STOP_WORDS.start
    )

    def __init__(self, settings: Any, around: Around) -> None:
        super().__init__(settings, around)
        self.max_segments, self.rate = settings.max_segments, settings.rate
        self.concurrency = settings.concurrency
        token = needed(settings.token_env, "Twilio's auth token",
                       "or switch the channel off with `on: false`.")  # fmt: skip
        second = secret(settings.second_token_env) if settings.second_token_env else ""
        self._tokens = [t for t in (token, second) if t]
        self._session: aiohttp.ClientSession | None = None
        self._messages = (
            f"{settings.base_url.rstrip('/')}/2010-04-01/Accounts/{settings.account}/Messages.json"
        )

    # Sending

    async def send(self, message: Message) -> Sent:
        whom = "MessagingServiceSid" if self.settings.sender.startswith("MG") else "From"
        fields = {
            "To": message.address, whom: self.settings.sender, "Body": message.text,
            "StatusCallback": self.callback_url(message.delivery),
        }  # fmt: skip
        answer = await self._call("POST", data=form(fields), headers=_FORM)
        status = str(answer.get("status") or "queued")
        if status in _FAILED:
            raise _refusal(
                _number(answer.get("error_code")), str(answer.get("error_message") or "")
            )
        if not answer.get("sid"):  # it was not Twilio that answered, or not as it says it does
            raise Passing("an answer without a sid", unsure=True)
        return Sent(_STATES.get(status, "accepted"), str(answer["sid"]))

    async def ask(self, message: Message) -> Sent | None:
        """Look the message up among those to its number; one that failed there does not count."""
        since = (self.around.runtime.now() - _LOOK_BACK).strftime("%Y-%m-%d")
        params = {"To": message.address, "DateSent>": since, "PageSize": "200"}
        answer = await self._call("GET", params=params)
        for held in answer.get("messages") or ():
            same = held.get("to") == message.address and held.get("body") == message.text
            ours = same and held.get("sid") not in message.others
            if ours and held.get("status") not in _FAILED:
                return Sent(_STATES.get(str(held.get("status")), "accepted"), str(held["sid"]))
        return None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _call(self, method: str, **more: Any) -> dict[str, Any]:
        session = self._open()
        reading = method == "GET"
        try:
            async with session.request(method, self._messages, **more) as answer:
                if answer.status < 300:
                    return _as_object(await answer.json(content_type=None))
                raise await self._refused(answer, reading)
        except aiohttp.ClientConnectorError as error:
            raise Passing(f"no connection to {_host(self._messages)}: {error.strerror}") from None
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            # The request may have reached it: only asking can tell.
            raise Passing(f"no answer: {type(error).__name__}", unsure=not reading) from None

    async def _refused(self, answer: aiohttp.ClientResponse, reading: bool) -> base.Failed:
        try:
            body = await answer.json(content_type=None)
        except ValueError:
            body = {}
        body = body if isinstance(body, dict) else {}
        code, said = _number(body.get("code")), str(body.get("message") or "")
        if answer.status == 429:
            return Passing(f"too many requests ({code})", _seconds(answer.headers))
        if answer.status >= 500:
            return Passing(f"HTTP {answer.status}", _seconds(answer.headers), unsure=not reading)
        if answer.status in (401, 403):
            return Unusable(f"HTTP {answer.status}: {code} {said}".strip())
        return _refusal(code, said)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            who = f"{self.settings.account}:{self._tokens[0]}".encode()
            self._session = aiohttp.ClientSession(
                headers={"Authorization": "Basic " + base64.b64encode(who).decode()},
                connector=aiohttp.TCPConnector(limit=self.concurrency),
                timeout=aiohttp.ClientTimeout(total=self.settings.timeout_seconds),
            )
        return self._session

    # What comes back

    def callback_url(self, delivery: int) -> str:
        """Where Twilio reports on a message; it carries our own id."""
        return f"{self.around.url}/webhooks/{self.name}/status?delivery={delivery}"

    def verify(
        self, url: str, params: Mapping[str, str | list[str]], signature: str, settings: str = ""
    ) -> bool:
        """Whether a callback is Twilio's: by either token, with or without the port in `url`.

        `settings` is the header X-Twilio-Webhooks-Signature-Settings, which may ask for HMAC_SHA256.
        """
        digest = hashlib.sha256 if "HMAC_SHA256" in settings.upper() else hashlib.sha1
        text = "".join(
            name + value for name in sorted(params) for value in sorted(set(_values(params[name])))
        )
        found = False
        for one in _with_and_without_port(url):
            for token in self._tokens:
                mac = hmac.new(token.encode(), (one + text).encode(), digest).digest()
                found |= hmac.compare_digest(base64.b64encode(mac), signature.encode())
        return found

    def callback(self, params: Mapping[str, str]) -> StatusChange | None:
        """A status callback's fields, those of its query included; None for a state of no interest."""
        status = str(params.get("MessageStatus") or params.get("SmsStatus") or "")
        sid, ours = str(params.get("MessageSid") or ""), str(params.get("delivery") or "")
        delivery = int(ours) if ours.isdecimal() else None
        if status in _FAILED:
            code = _number(params.get("ErrorCode"))
            return StatusChange("failed", sid, delivery, _meaning(code, status), code in _AGAIN)
        if status in _STATES:
            return StatusChange(_STATES[status], sid, delivery)
        return StatusChange("accepted", sid, delivery) if status in ("sent", "sending") else None

    def inbound(self, params: Mapping[str, str]) -> Inbound:
        """A person's message to us. Raises BadInput where it is none."""
        try:
            return Inbound(params["From"], params.get("Body", ""), params["MessageSid"])
        except KeyError as error:
            raise BadInput(f"an inbound message needs the field {error}") from None


def _as_object(said: object) -> dict[str, Any]:
    """Raises ValueError where it is none."""
    if not isinstance(said, dict):
        raise ValueError(said)
    return said


def form(fields: Mapping[str, str]) -> bytes:
    """Fields as a form's body. Python quotes Chinese byte by byte, which takes a tenth of a send; yarl
    has it in C."""
    return URL.build(query=fields).raw_query_string.encode()


def _refusal(code: int, said: str) -> base.Failed:
    if code in _ACCOUNT:
        return Unusable(f"{code} {said}".strip())
    if code in _AGAIN:
        return Passing(_meaning(code, said))
    return Permanent(_meaning(code, said))


def _meaning(code: int, said: str) -> str:
    return (
        f"{code} {_MEANING.get(code, said)}".strip() if code else said or "refused without a reason"
    )


def _number(given: object) -> int:
    text = str(given or "")
    return int(text) if text.isdecimal() else 0


def _seconds(headers: Mapping[str, str]) -> float | None:
    given = headers.get("Retry-After", "")
    return float(given) if given.isdecimal() else None


def _values(given: str | list[str]) -> list[str]:
    return given if isinstance(given, list) else [given]


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _with_and_without_port(url: str) -> list[str]:
    # Twilio signs with the port for some requests and without it for others.
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = parts.hostname or ""
    bare = urlunsplit(parts._replace(netloc=host))
    return [url, bare, urlunsplit(parts._replace(netloc=f"{host}:{port}"))]
