"""The bench of the outbox at a tiny size: everybody's queue is leased and settled whole, and in order."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerting.store import Store
from bench import outbox, queue
from tests import postgres_server


def test_everybody_settles_their_whole_queue(tmp_path: Path, postgres: postgres_server.Server) -> None:
    made = outbox.measure(outbox.Size(messages=250, tasks=20, rounds=1), postgres, tmp_path)
    assert min(*made.ours, *made.bare, *made.procrastinate, *made.sqlite) > 0


def test_a_text_that_is_not_its_own_stops_the_bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "suian.db")
    queue.fill(store, 5)
    monkeypatch.setattr(queue, "text_of", lambda number: f"another's, {number}")
    with pytest.raises(AssertionError, match="a text that was leased"):
        outbox.ours(store, 5)
    store.close()
