"""Before a resend the provider is asked; what it says of another message must not count for ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerting.dispatch import Message, Sent
from alerting.dispatch.channels import Around
from alerting.dispatch.channels.twilio import Channel, Options
from alerting.runtime import VirtualRuntime
from tests.dispatch.hall import START, Hall, run
from tests.scenarios.standin import ACCOUNT, SENDER, TOKEN, StandIn


class Sms(Channel):
    """The channel as it is; its session ends with each of a test's event loops."""

    async def _call(self, method: str, **more: object) -> dict[str, object]:
        try:
            return await super()._call(method, **more)
        finally:
            await self.close()
            self._session = None


@pytest.fixture
def hall(tmp_path: Path, provider: StandIn, monkeypatch: pytest.MonkeyPatch) -> Hall:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", TOKEN)
    options = Options(account=ACCOUNT, sender=SENDER, base_url=provider.address)
    return Hall(tmp_path, {"sms": Sms(options, Around("sms", VirtualRuntime(START), "http://here"))})


@pytest.fixture
def provider():
    with StandIn() as made:
        yield made


def test_the_same_news_twice_is_two_messages_though_the_second_had_to_be_sent_again(
    hall: Hall, provider: StandIn
) -> None:
    hall.tell(level=4)
    hall.goes()
    provider.refuses(503)
    hall.tell(level=4)
    hall.passes(minutes=5)
    assert [m.body for m in provider.messages] == [provider.messages[0].body] * 2
    ids = [d.provider_id for d in hall.deliveries()]
    assert ids == [m.sid for m in provider.messages]


@pytest.mark.parametrize("had_it", [True, False])
def test_after_a_crash_the_provider_is_asked_and_nobody_reads_it_twice(
    hall: Hall, provider: StandIn, had_it: bool
) -> None:
    hall.tell(level=4)
    claimed = hall.takes()
    if had_it:
        run(hall.channels["sms"].send(claimed[0].message))
    hall.begin()
    hall.goes()
    [sms] = provider.messages
    [sent] = hall.deliveries()
    assert (sent.state, sent.provider_id, sent.resends) == ("accepted", sms.sid, 0)


def test_an_answer_that_never_comes_is_asked_for_and_not_repeated(
    hall: Hall, provider: StandIn
) -> None:
    """The provider takes it, and the line breaks before it can say so."""

    class Cut(Sms):
        async def send(self, message: Message) -> Sent:
            sent = await super().send(message)
            if len(provider.messages) == 1:
                raise ConnectionResetError("the line broke")
            return sent

    sms = hall.channels["sms"]
    hall.channels["sms"] = Cut(sms.settings, sms.around)  # type: ignore[attr-defined]
    hall.tell(level=4)
    hall.passes(minutes=5)
    assert len(provider.messages) == 1
    assert hall.deliveries()[0].provider_id == provider.messages[0].sid
