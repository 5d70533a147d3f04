"""A signed JSON POST, and what its receiver may answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from alerting.dispatch import Around, Sent
from alerting.dispatch.channels import Passing, Permanent
from alerting.dispatch.channels.webhook import Channel, Options, sign
from alerting.errors import BadInput
from alerting.runtime import VirtualRuntime
from tests.dispatch.hall import START
from tests.dispatch.provider import Provider, message, with_provider


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUIAN_HOOK_SECRET", "shared")


def channel(**more: Any) -> Channel:
    return Channel(Options(timeout_seconds=0.3, **more), Around("hook", VirtualRuntime(START)))


def test_the_receiver_can_prove_who_sent_it_and_when() -> None:
    async def story(provider: Provider) -> None:
        one = channel(url=f"{provider.url}/in")
        assert await one.send(message(address="-")) == Sent("accepted")
        await one.close()
        request, body = provider.requests[0], provider.bodies[0]
        stamp = request.headers["X-Suian-Timestamp"]
        assert stamp == str(int(START.timestamp()))
        assert request.headers["X-Suian-Signature"] == "v1=" + sign(b"shared", stamp, body)
        assert request.headers["X-Suian-Signature"] != "v1=" + sign(b"other", stamp, body)
        said = json.loads(body)
        assert said["delivery"] == 7
        assert said["exercise"] is True
        assert said["reader"] == "陈警官"
        assert said["text"].startswith("【演练】")
        assert said["notices"][0]["level"] == 4
        assert "shared" not in body.decode()

    with_provider(story)


def test_a_contact_s_own_address_is_posted_to() -> None:
    async def story(provider: Provider) -> None:
        one = channel()
        await one.send(message(address=f"{provider.url}/mine"))
        await one.close()
        assert provider.requests[0].path == "/mine"

    with_provider(story)


@pytest.mark.parametrize(
    ("answer", "kind", "unsure", "wait"),
    [
        ((404, {}, {}), Permanent, None, None),
        ((401, {}, {}), Permanent, None, None),
        ((302, {}, {"Location": "http://127.0.0.1:1/"}), Permanent, None, None),
        ((408, {}, {}), Passing, False, None),
        ((429, {}, {"Retry-After": "30"}), Passing, False, 30.0),
        ((503, {}, {"Retry-After": "5"}), Passing, True, 5.0),
        ("hang", Passing, True, None),
    ],
)
def test_answers_are_told_apart(
    answer: Any, kind: type[Exception], unsure: bool | None, wait: float | None
) -> None:
    async def story(provider: Provider) -> None:
        provider.answers = [answer]
        one = channel(url=provider.url)
        with pytest.raises(kind) as failed:
            await one.send(message(address="-"))
        await one.close()
        assert len(provider.requests) == 1
        if isinstance(failed.value, Passing):
            assert (failed.value.unsure, failed.value.retry_after) == (unsure, wait)

    with_provider(story)


def test_an_address_that_is_none_is_refused_for_good() -> None:
    async def story(provider: Provider) -> None:
        one = channel()
        for address in ("-", "file:///etc/passwd", "chen"):
            with pytest.raises(Permanent):
                await one.send(message(address=address))
        await one.close()
        assert not provider.requests

    with_provider(story)


def test_a_secret_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUIAN_HOOK_SECRET")
    with pytest.raises(BadInput, match="SUIAN_HOOK_SECRET"):
        channel(url="http://127.0.0.1:1")
    with pytest.raises(ValueError, match="no http"):
        Options(url="ftp://x")
