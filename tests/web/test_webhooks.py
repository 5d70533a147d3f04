"""Callbacks: believed for their signature alone, in any order, and answered with nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from sqlalchemy import select

from alerting.dispatch.channels import Around
from alerting.dispatch.channels.twilio import Channel, Options
from alerting.store import schema as s
from tests.web.web_desk import Browser, Desk

TOKEN = "a token of the tests"
NUMBER = "+447700900123"


@pytest.fixture(autouse=True)
def sms(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", TOKEN)
    settings = Options(account="AC" + "0" * 32, sender="+447700900000")
    desk.channels["sms"] = Channel(settings, Around("sms", desk.runtime, "http://suian.example"))
    desk.person("wang", "answer", "field-road", name="王伟")
    desk.put(s.contact, person="wang", rank=0, channel="sms", address=NUMBER)


def call(desk: Desk, web: Browser, path: str, fields: dict[str, str], token: str = TOKEN,
         base: str = "") -> int:
    text = (base or desk.config.url) + path + "".join(k + fields[k] for k in sorted(fields))
    mac = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    headers = {"X-Twilio-Signature": base64.b64encode(mac).decode()}
    answer = web.post(path, data=fields, headers=headers)
    if answer.status_code == 200:
        assert answer.text.endswith("<Response/>")
    return answer.status_code


def sent(desk: Desk, state: str = "sending") -> int:
    alert = desk.open_alert()
    delivery, _ = desk.notify("wang", "请限速", alert=alert, measure=desk.ask(alert), state=state)
    desk.change(s.delivery, s.delivery.c.id == delivery, channel="sms", address=NUMBER)
    return delivery


def state(desk: Desk) -> str:
    with desk.store.read() as c:
        return str(c.execute(select(s.delivery.c.state)).scalar_one())


def test_a_reply_becomes_the_persons_report_once(desk: Desk, web: Browser) -> None:
    delivery = sent(desk, "delivered")
    fields = {"From": NUMBER, "To": "+447700900000", "Body": "1", "MessageSid": "SM1"}
    for _ in range(2):  # the provider repeats what it is not sure of
        assert call(desk, web, "/webhooks/sms/inbound", fields) == 200
    [report] = desk.said()
    assert (report.act, report.person, report.channel) == ("acknowledge", "wang", "sms")
    assert report.subject == f"delivery:{delivery}"
    assert report.detail["reply_to"] == NUMBER


def test_a_stranger_gets_nothing(desk: Desk, web: Browser) -> None:
    sent(desk)
    fields = {"From": "+447700900999", "To": "+447700900000", "Body": "1", "MessageSid": "SM1"}
    assert call(desk, web, "/webhooks/sms/inbound", fields) == 200
    assert desk.said() == []


def test_states_go_forward_in_any_order(desk: Desk, web: Browser) -> None:
    path = f"/webhooks/sms/status?delivery={sent(desk)}"
    for said, held in (("delivered", "delivered"), ("sent", "delivered"), ("queued", "delivered")):
        fields = {"MessageSid": "SM1", "MessageStatus": said, "To": NUMBER}
        assert call(desk, web, path, fields) == 204
        assert state(desk) == held


@pytest.mark.parametrize("path", ["/webhooks/sms/inbound", "/webhooks/sms/status?delivery=1"])
def test_a_forged_signature_changes_nothing(desk: Desk, web: Browser, path: str) -> None:
    sent(desk)
    fields = {"From": NUMBER, "Body": "1", "MessageSid": "SM1", "MessageStatus": "delivered"}
    assert call(desk, web, path, fields, token="another") == 403
    assert call(desk, web, path, fields, base="https://elsewhere.example") == 403
    assert web.post(path, data=fields).status_code == 403
    assert state(desk) == "sending"
    assert desk.said() == []


def test_a_delivery_of_another_message_cannot_be_slipped_in(desk: Desk, web: Browser) -> None:
    delivery = sent(desk)
    fields = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    text = f"{desk.config.url}/webhooks/sms/status?delivery=999MessageSidSM1MessageStatusdelivered"
    mac = hmac.new(TOKEN.encode(), text.encode(), hashlib.sha1).digest()
    answer = web.post(f"/webhooks/sms/status?delivery={delivery}", data=fields,
                      headers={"X-Twilio-Signature": base64.b64encode(mac).decode()})
    assert answer.status_code == 403
    assert state(desk) == "sending"


def test_the_signed_address_is_the_one_the_outside_knows(desk: Desk, web: Browser) -> None:
    desk.config.url = "https://suian.example"
    fields = {"From": NUMBER, "Body": "hello", "MessageSid": "SM1"}
    assert call(desk, web, "/webhooks/sms/inbound", fields) == 200


def test_a_channel_that_is_not_called_back_has_no_address(desk: Desk, web: Browser) -> None:
    assert call(desk, web, "/webhooks/console/inbound", {"From": NUMBER}) == 404
    assert call(desk, web, "/webhooks/sms/inbound", {"From": NUMBER}) == 422
