"""NUL, which PostgreSQL keeps in no text, in all that comes in from outside: it is left out, or the address
that holds it is refused; nothing fails for it, and nobody is asked to send again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from sqlalchemy import select

from alerting.dispatch.channels import Around, Passing, Sent
from alerting.dispatch.channels.twilio import Channel, Options
from alerting.signals import Incident, Observation, Report, Signal, Warning
from alerting.store import schema as s
from tests.web.web_desk import NOW, Browser, Desk, bearer

TOKEN, NUMBER = "a token of the tests", "+447700900123"


def in_full(text: str) -> str:
    """A text with NUL before, in and after it."""
    return f"\0{text[:1]}\0{text[1:]}\0"


def kept(desk: Desk) -> list[Any]:
    """What was kept of each signal: its columns, which are texts, and its body."""
    with desk.store.read() as c:
        rows = c.execute(select(s.signal.c.id, s.signal.c.source, s.signal.c.body).order_by(s.signal.c.seq))
        return [tuple(row) for row in rows]


@pytest.mark.parametrize("said", [
    Report(source=in_full("web"), issued=NOW, act=in_full("cannot"), person=in_full("wang"), id=in_full("r1"),
           detail={"reason": in_full("no lorry"), in_full("form"): [{"a": in_full("b")}]}),
    Warning(source="office", issued=NOW, identifier=in_full("W1"), sender=in_full("台"), action="alert",
            hazard="fog", event=in_full("大雾"), level="red", area={"names": [in_full("石门镇")]}),  # type: ignore[arg-type]
    Incident(source="office", issued=NOW, incident="fire", place=in_full("某地"), at=NOW, text=in_full("火")),
    Observation(source=in_full("stations"), issued=NOW, station=in_full("s"), lat=26.5, lon=106.5, at=NOW,
                values={in_full("visibility"): 90.0}),
])  # fmt: skip
def test_a_signal_is_kept_without_it(desk: Desk, said: Signal) -> None:
    desk.say(said)
    [(key, source, body)] = kept(desk)
    assert "\0" not in key + source
    assert b"\\u0000" not in body
    assert b"\0" not in body


def test_a_reply_by_text_is_read_without_it(desk: Desk, web: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its signature is over what came."""
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", TOKEN)
    settings = Options(account="AC" + "0" * 32, sender="+447700900000")
    desk.channels["sms"] = Channel(settings, Around("sms", desk.runtime, "http://suian.example"))
    desk.person("wang", "answer", "field-road", name="王伟")
    desk.put(s.contact, person="wang", rank=0, channel="sms", address=NUMBER)
    alert = desk.open_alert()
    delivery, _ = desk.notify("wang", "请限速", alert=alert, measure=desk.ask(alert))
    fields = {"From": NUMBER, "To": "+447700900000", "Body": "\x001\0", "MessageSid": in_full("SM1")}
    text = f"{desk.config.url}/webhooks/sms/inbound" + "".join(k + fields[k] for k in sorted(fields))
    mac = base64.b64encode(hmac.new(TOKEN.encode(), text.encode(), hashlib.sha1).digest()).decode()
    answer = web.post("/webhooks/sms/inbound", data=fields, headers={"X-Twilio-Signature": mac})
    assert answer.status_code == 200
    [report] = desk.said()
    assert (report.act, report.subject) == ("acknowledge", f"delivery:{delivery}")


def test_a_form_and_a_body_in_json_are_taken_without_it(desk: Desk, web: Browser) -> None:
    alert = desk.open_alert()
    measure = desk.ask(alert)
    desk.notify("wang", "请限速", alert=alert, measure=measure, link="l-1")
    asks = bearer(desk.person("wang", "answer", "field-road"))
    given = {"reason": in_full("no lorry")}
    answer = web.post(f"/api/v1/measures/{measure}/cannot", headers=asks, json=given)
    assert answer.status_code == 202, answer.text
    [said] = desk.said()
    assert said.detail["reason"] == "no lorry"
    answer = web.post(f"/api/v1/measures/{measure}/cannot", headers=asks, json={"reason": "\0"})
    assert answer.status_code == 422, "a reason of nothing is none"
    form = {"name": in_full("wang"), "password": in_full("secret")}
    assert web.post("/login", data=form, headers={"Origin": web.base}).status_code in (401, 403, 422)


def test_a_signal_that_is_pushed_is_taken_without_it(desk: Desk, web: Browser) -> None:
    asks = bearer(desk.person("li", "order"))
    one = {"kind": "incident", "source": in_full("desk"), "issued": NOW.isoformat(), "incident": "fire",
           "place": in_full("某地"), "at": NOW.isoformat()}  # fmt: skip
    body = json.dumps([one]).encode()
    for _ in range(2):
        answer = web.post("/api/v1/signals", headers=asks, data=body)
        assert answer.status_code == 202, answer.text
    assert len(kept(desk)) == 1, "and it is the same when it comes again"


@pytest.mark.parametrize("address", [
    "/measures/%00", "/?realm=%00", "/api/v1/alerts?realm=%00live", "/a/%00", "/alerts/x%00y?lang=zh",
])  # fmt: skip
def test_an_address_that_holds_it_is_refused_in_words(desk: Desk, web: Browser, address: str) -> None:
    answer = web.get(address, headers=bearer(desk.person("li", "order")))
    assert answer.status_code == 400
    assert "NUL" in answer.text or "空字符" in answer.text
    assert web.get("/?lang=%2500", headers=bearer(desk.person("wu", "order"))).status_code == 200


def test_what_a_provider_says_is_written_down_without_it() -> None:
    assert Passing(in_full("HTTP 500")).reason == "HTTP 500"
    assert Sent("accepted", in_full("SM1")).provider_id == "SM1"
