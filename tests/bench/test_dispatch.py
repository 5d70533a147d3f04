"""The bench of dispatch at a tiny size: whoever sends, the provider has every message once."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerting.dispatch.channels.twilio import form
from bench import dispatch, queue
from tests import postgres_server


def test_the_provider_has_every_message_once_from_everybody(
    tmp_path: Path, postgres: postgres_server.Server
) -> None:
    made = dispatch.Contest(deliveries=300, bare=40).hold(postgres, tmp_path)
    assert {name: len(turns) for name, turns in made.items()} == {"SQLite": 1, "PostgreSQL": 1, "twilio": 3}
    assert all(one["rate"] > 0 for turns in made.values() for one in turns)


@pytest.mark.parametrize("wrong", ["lost", "twice", "another's text"])
def test_what_did_not_arrive_as_it_should_stops_the_bench(wrong: str) -> None:
    bodies = [form({"To": queue.address_of(n), "Body": queue.text_of(n),
                             "StatusCallback": f"http://here?delivery={n}"}) for n in (1, 2, 3)]
    dispatch._arrived(bodies, 3)
    changed = {"lost": bodies[:2], "twice": [*bodies[:2], bodies[1]],
               "another's text": [*bodies[:2], bodies[2].replace(b"3&", b"4&")]}[wrong]
    assert changed != bodies
    with pytest.raises(AssertionError, match="results differ"):
        dispatch._arrived(changed, 3)
