"""A stand-in for the SMS provider, over real HTTP on loopback.

It takes messages as Twilio's API does, and can refuse, limit, break, hang, repeat itself and call back
out of order. Callbacks and inbound replies are signed as the provider signs them, and go out only when
a story says `deliver` or `flush`: that is how "nothing more arrives" can be proven.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from tests.listening import listens

ACCOUNT, TOKEN, SENDER = "AC" + "0" * 32, "a-token-of-the-stand-in", "+447700900000"


@dataclass
class Sms:
    """A message the provider accepted."""

    sid: str
    to: str
    body: str
    callback: str
    status: str = "queued"
    read: bool = False  # a story has looked at it


@dataclass
class StandIn:
    """Start it with `with StandIn() as provider`; `address` is what the config names."""

    messages: list[Sms] = field(default_factory=list)
    refusals: list[tuple[str, int, dict[str, Any], dict[str, str]]] = field(default_factory=list)
    callbacks: deque[tuple[Sms, str]] = field(default_factory=deque)
    attempts: int = 0
    calls_back: bool = True
    hangs: threading.Event | None = None
    hangs_on: str = ""
    on_send: Callable[[Sms], None] | None = None
    _heard: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)  # by number
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def __enter__(self) -> StandIn:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                self._answer(*provider._take(dict(parse_qsl(raw, keep_blank_values=True))))

            def do_GET(self) -> None:
                query = dict(parse_qsl(urlsplit(self.path).query))
                self._answer(*provider._list(query))

            def _answer(self, status: int, body: dict[str, Any], headers: dict[str, str]) -> None:
                data = json.dumps(body).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                return None

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        listens(self._server)
        return self

    def __exit__(self, *_: object) -> None:
        if self.hangs is not None:
            self.hangs.set()
        self._server.shutdown()
        self._server.server_close()

    # What a story makes it do

    def refuses(
        self, status: int, code: int = 0, *, times: int = 1, retry_after: int = 0, to: str = ""
    ) -> None:
        """Answer the next `times` messages (to that number) with an error of the provider's."""
        headers = {"Retry-After": str(retry_after)} if retry_after else {}
        body = {"code": code, "message": "refused by the story", "status": status}
        self.refusals.extend([(to, status, body, headers)] * times)

    def hang(self, number: str = "") -> None:
        """Take messages (to that number) and never answer, until the story ends or `release`."""
        self.hangs, self.hangs_on = threading.Event(), number

    def release(self) -> None:
        if self.hangs is not None:
            self.hangs.set()
            self.hangs = None

    def flush(self) -> int:
        """Send all callbacks that are due, in the order in which they became so; gives how many."""
        sent = 0
        while self.callbacks:
            sms, status = self.callbacks.popleft()
            self.call_back(sms, status)
            sent += 1
        return sent

    def call_back(self, sms: Sms, status: str, *, code: int = 0, forged: bool = False) -> int:
        """Tell the service a message's state, signed; gives the HTTP status it answered."""
        fields = {"MessageSid": sms.sid, "MessageStatus": status, "To": sms.to, "From": SENDER,
                  "AccountSid": ACCOUNT} | ({"ErrorCode": str(code)} if code else {})  # fmt: skip
        return self._post(sms.callback, fields, forged)

    def reply(
        self, number: str, text: str, inbound: str, *, forged: bool = False, twice: bool = False
    ) -> int:
        """A person answers: the provider hands their words to the service's inbound address."""
        fields = {"MessageSid": f"SM{next(self._numbers):032d}", "From": number, "To": SENDER,
                  "Body": text, "AccountSid": ACCOUNT}  # fmt: skip
        if twice:
            self._post(inbound, fields, forged)
        self._heard[number] = (inbound, fields)
        return self._post(inbound, fields, forged)

    def repeats(self, number: str) -> int:
        """The provider delivers somebody's last words once more, as it does when it heard no answer."""
        return self._post(*self._heard[number], forged=False)

    def _post(self, url: str, fields: dict[str, str], forged: bool) -> int:
        token = "forged" if forged else TOKEN
        text = url + "".join(k + fields[k] for k in sorted(fields))
        mac = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
        headers = {"X-Twilio-Signature": base64.b64encode(mac).decode()}
        return requests.post(url, data=fields, headers=headers, timeout=30).status_code

    # What the service sees

    def _take(self, fields: dict[str, str]) -> tuple[int, dict[str, Any], dict[str, str]]:
        self.attempts += 1
        if self.hangs is not None and self.hangs_on in ("", fields["To"]):
            self.hangs.wait()
        for refusal in self.refusals:
            if refusal[0] in ("", fields["To"]):
                self.refusals.remove(refusal)
                return refusal[1:]
        sms = Sms(f"SM{next(self._numbers):032d}", fields["To"], fields["Body"],
                  fields.get("StatusCallback", ""))  # fmt: skip
        self.messages.append(sms)
        if self.on_send is not None:
            self.on_send(sms)
        if self.calls_back and sms.callback:
            self.callbacks.extend([(sms, "sent"), (sms, "delivered")])
        return 201, self._shown(sms), {}

    def _list(self, query: dict[str, str]) -> tuple[int, dict[str, Any], dict[str, str]]:
        held = [self._shown(m) for m in self.messages if query.get("To") in (None, m.to)]
        return 200, {"messages": held, "next_page_uri": None, "page": 0}, {}

    @staticmethod
    def _shown(sms: Sms) -> dict[str, Any]:
        return {"sid": sms.sid, "to": sms.to, "from": SENDER, "body": sms.body,
                "status": sms.status, "account_sid": ACCOUNT, "error_code": None,
                "date_sent": None, "date_created": None}  # fmt: skip
