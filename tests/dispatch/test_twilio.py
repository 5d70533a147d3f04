"""SMS through a stand-in that refuses, limits, breaks, hangs, and calls back."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import ValidationError
from twilio.request_validator import RequestValidator

from alerting.dispatch import Around, Sent, StatusChange, make_channels
from alerting.dispatch.channels import Passing, Permanent, Unusable
from alerting.dispatch.channels.twilio import Channel, Options, form
from alerting.errors import BadInput
from alerting.runtime import VirtualRuntime
from tests.dispatch.hall import START
from tests.dispatch.provider import ACCOUNT, Provider, message, with_provider

TOKEN, SECOND = "the-first-token", "the-second-token"
PARAMS = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": "+447700900101", "Empty": ""}
URL = "https://office.example/webhooks/sms/status?delivery=7"


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", TOKEN)
    monkeypatch.setenv("SECOND_TOKEN", SECOND)


def channel(url: str = "http://127.0.0.1:9", **more: Any) -> Channel:
    given = {"account": ACCOUNT, "sender": "+15005550006", "base_url": url,
             "second_token_env": "SECOND_TOKEN", "timeout_seconds": 0.3} | more  # fmt: skip
    return Channel(Options(**given), Around("sms", VirtualRuntime(START), "http://here"))


async def failure(one: Channel) -> Exception:
    try:
        await one.send(message())
    except (Permanent, Passing, Unusable) as failed:
        return failed
    finally:
        await one.close()
    raise AssertionError("it was sent")


def test_a_message_is_handed_over_with_our_id_in_its_callback() -> None:
    async def story(provider: Provider) -> None:
        one = channel(provider.url)
        assert await one.send(message()) == Sent("accepted", "SM1")
        await one.close()
        fields = dict(await provider.requests[0].post())
        assert fields == {
            "To": "+447700900101", "From": "+15005550006", "Body": message().text,
            "StatusCallback": "http://here/webhooks/sms/status?delivery=7",
        }  # fmt: skip
        assert provider.requests[0].path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        assert provider.requests[0].headers["Authorization"].startswith("Basic ")

    with_provider(story)


def test_a_messaging_service_is_no_sender_number() -> None:
    async def story(provider: Provider) -> None:
        one = channel(provider.url, sender="MG" + "2" * 32)
        await one.send(message())
        await one.close()
        fields = dict(await provider.requests[0].post())
        assert fields["MessagingServiceSid"] == "MG" + "2" * 32
        assert "From" not in fields

    with_provider(story)


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        ((400, {"code": 21211, "message": "Invalid 'To'"}, {}), Permanent, "21211"),
        ((400, {"code": 21610, "message": "unsubscribed"}, {}), Permanent, "21610"),
        ((400, {"code": 21614, "message": "not mobile"}, {}), Permanent, "21614"),
        ((401, {"code": 20003, "message": "Authenticate"}, {}), Unusable, "20003"),
        ((400, {"code": 30002, "message": "suspended"}, {}), Unusable, "30002"),
        ((429, {"code": 20429}, {"Retry-After": "7"}), Passing, "20429"),
        ((400, {"code": 30001, "message": "Queue overflow"}, {}), Passing, "30001"),
        ((500, {}, {}), Passing, "500"),
        ((502, "no json of ours", {}), Passing, "502"),
        ("hang", Passing, "Timeout"),
        ("drop", Passing, "Disconnected"),
    ],
)
def test_errors_are_told_apart(answer: Any, kind: type[Exception], says: str) -> None:
    async def story(provider: Provider) -> None:
        provider.answers = [answer]
        failed = await failure(channel(provider.url))
        assert type(failed) is kind
        assert says in str(failed)
        if isinstance(failed, Passing):
            # A refusal is certain; silence and a server's own mistake are not.
            certain = isinstance(answer, tuple) and answer[0] < 500
            assert failed.unsure is not certain
            assert failed.retry_after == (7.0 if says == "20429" else None)

    with_provider(story)


def test_where_nothing_listens_it_certainly_did_not_arrive() -> None:
    async def story(provider: Provider) -> None:
        failed = await failure(channel("http://127.0.0.1:9"))
        assert isinstance(failed, Passing)
        assert not failed.unsure

    with_provider(story)


def test_it_is_asked_for_a_message_with_the_same_words_to_the_same_number() -> None:
    async def story(provider: Provider) -> None:
        one = channel(provider.url)
        assert await one.ask(message()) is None
        provider.answers = ["drop"]
        with pytest.raises(Passing):
            await one.send(message())
        assert await one.ask(message()) == Sent("accepted", "SM1")
        assert await one.ask(message(text="other words")) is None
        assert await one.ask(message(address="+447700900199")) is None
        provider.messages[0]["status"] = "delivered"
        assert await one.ask(message()) == Sent("delivered", "SM1")
        provider.messages[0]["status"] = "undelivered"
        assert await one.ask(message()) is None
        await one.close()
        assert provider.queries[0]["To"] == "+447700900101"
        assert provider.queries[0]["DateSent>"] == "2026-01-19"

    with_provider(story)


def test_asking_that_fails_is_never_unsure() -> None:
    async def story(provider: Provider) -> None:
        one = channel(provider.url)
        provider.answers = [(500, {}, {}), "hang"]
        for _ in range(2):
            with pytest.raises(Passing) as failed:
                await one.ask(message())
            assert not failed.value.unsure
        await one.close()

    with_provider(story)


@pytest.mark.parametrize("url", [URL, URL.replace("example", "example:443"),
                                 "http://127.0.0.1:8080/webhooks/sms/inbound"])  # fmt: skip
@pytest.mark.parametrize("token", [TOKEN, SECOND])
@pytest.mark.parametrize("algorithm", [None, "HMAC_SHA256"])
def test_signatures_are_those_of_the_vendor_s_own_library(
    url: str, token: str, algorithm: str | None
) -> None:
    signature = RequestValidator(token).compute_signature(url, PARAMS, algorithm)
    header = f"key=x,algorithm={algorithm}" if algorithm else ""
    one = channel()
    assert one.verify(url, PARAMS, signature, header)
    assert not one.verify(url, PARAMS | {"To": "+447700900102"}, signature, header)
    assert not one.verify(url + "1", PARAMS, signature, header)
    assert not one.verify(url, PARAMS, "é" + signature, header)
    forged = RequestValidator("another").compute_signature(url, PARAMS, algorithm)
    assert not one.verify(url, PARAMS, forged, header)


def test_repeated_fields_are_signed_once_each_in_order() -> None:
    class Several(dict[str, list[str]]):
        def getall(self, name: str) -> list[str]:
            return self[name]

    params = Several(Media=["b", "a", "a"], To=["x"])
    signature = RequestValidator(TOKEN).compute_signature(URL, params)
    assert channel().verify(URL, params, signature)


@pytest.mark.parametrize(
    ("given", "change"),
    [
        ({"MessageStatus": "sent", "MessageSid": "S", "delivery": "7"}, StatusChange("accepted", "S", 7)),
        ({"MessageStatus": "delivered", "MessageSid": "S"}, StatusChange("delivered", "S")),
        ({"SmsStatus": "read", "MessageSid": "S", "delivery": "x"}, StatusChange("read", "S")),
        ({"MessageStatus": "undelivered", "MessageSid": "S", "ErrorCode": "30003"},
         StatusChange("failed", "S", None, "30003 handset out of reach", True)),
        ({"MessageStatus": "failed", "MessageSid": "S", "ErrorCode": "30004"},
         StatusChange("failed", "S", None, "30004 blocked by the reader")),
        ({"MessageStatus": "queued", "MessageSid": "S"}, None),
        ({"MessageStatus": "something new", "MessageSid": "S"}, None),
    ],
)  # fmt: skip
def test_callbacks(given: dict[str, str], change: StatusChange | None) -> None:
    assert channel().callback(given) == change


def test_what_a_person_wrote() -> None:
    said = channel().inbound({"From": "+447700900101", "Body": " 1 K7 ", "MessageSid": "SM9"})
    assert (said.address, said.text, said.provider_id) == ("+447700900101", " 1 K7 ", "SM9")
    with pytest.raises(BadInput, match="From"):
        channel().inbound({"Body": "1"})


def test_a_token_that_is_not_set_is_named_and_no_token_is_ever_shown(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def story(provider: Provider) -> None:
        provider.answers = [(401, {"code": 20003, "message": "no"}, {})]
        assert TOKEN not in str(await failure(channel(provider.url)))

    with_provider(story)
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(channel())
    monkeypatch.delenv("TWILIO_AUTH_TOKEN")
    with pytest.raises(BadInput, match="TWILIO_AUTH_TOKEN"):
        channel()


def test_options_are_checked_and_the_channel_named() -> None:
    with pytest.raises(ValidationError):
        Options(account="XX", sender="+1500")

    class Given:
        use, on = "twilio", True

        def options(self) -> dict[str, Any]:
            return {"account": ACCOUNT, "sender": "+15005550006", "tokn": "x"}

    with pytest.raises(BadInput, match=r"channels\.sms.*tokn"):
        make_channels({"sms": Given()}, VirtualRuntime(START), "http://here")


def test_an_unknown_kind_of_channel_lists_the_known() -> None:
    class Given:
        use, on = "twillio", True

        def options(self) -> dict[str, Any]:
            return {}

    with pytest.raises(BadInput, match=r"Did you mean 'twilio'.*console, twilio, webhook"):
        make_channels({"sms": Given()}, VirtualRuntime(START), "")


def test_whatever_a_text_holds_comes_out_of_its_form_as_it_went_in() -> None:
    told = "".join(map(chr, [*range(1, 0x250), *range(0x4E00, 0x4E40), 0x1F600])) + " a+b%20&c=d;e#f?\r\n"
    fields = {"To": "+447700900101", "Body": told}
    assert parse_qs(form(fields).decode(), strict_parsing=True) == {name: [text] for name, text in fields.items()}
