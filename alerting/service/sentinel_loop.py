"""Tells every sentinel how the service goes, and notes which of them answers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import aiohttp
import structlog
from pydantic import ValidationError
from sqlalchemy import Connection

from alerting.sentinel.wire import SIGNATURE, Answer, Heartbeat, is_signed, read_secret, sign
from alerting.service.heartbeat import heartbeat
from alerting.service.sentinels import State, note, states

if TYPE_CHECKING:
    from alerting.service.station import Station

log = structlog.get_logger()
EVERY = timedelta(seconds=30)
PATIENCE = aiohttp.ClientTimeout(total=10)


class SentinelLoop:
    """Raises BadInput where a sentinel's secret is missing."""

    name = "sentinels"
    heeds = frozenset[str]()  # the clock alone

    def __init__(self, station: Station) -> None:
        self._station = station
        on = {name: one for name, one in station.config.sentinels.items() if one.on}
        self._urls = {name: f"{one.url.rstrip('/')}/heartbeat" for name, one in on.items()}
        self._secrets = {name: read_secret(one.secret_env) for name, one in on.items()}
        self._challenges = dict.fromkeys(on, "")
        self._due = station.runtime.now()

    def next_due(self) -> datetime | None:
        return self._due if self._urls else None

    def clock_set(self, by: timedelta) -> None:
        self._due += by

    async def step(self) -> bool:
        now = self._station.runtime.now()
        if not self._urls or now < self._due:
            return False
        self._due = now + EVERY
        # Off the event loop: it looks past all that waits, which may be a crowd's.
        known, beat = await self._station.runtime.in_thread("sentinels", lambda: self._look(now))
        async with aiohttp.ClientSession(timeout=PATIENCE) as session:
            found = await asyncio.gather(*(self._tell(session, known[n], beat) for n in self._urls))

        def write(connection: Connection) -> None:
            for state in found:
                note(connection, state, now)

        await self._station.writer.write(write)
        return False

    def _look(self, now: datetime) -> tuple[dict[str, State], Heartbeat]:
        with self._station.store.read() as connection:
            known = {one.name: one for one in states(connection, self._station.config)}
            return known, heartbeat(self._station, connection, now, "", "")

    async def _tell(self, session: aiohttp.ClientSession, held: State, beat: Heartbeat) -> State:
        """How one was heard; the second try is for one that waits for another challenge."""
        try:
            answer = await self._ask(session, held.name, beat) or await self._ask(
                session, held.name, beat
            )
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            said = f"{type(error).__name__}: {error}"[:200]
            log.warning("a sentinel does not answer", sentinel=held.name, why=said)
            return replace(held, error=said)
        if answer is None:
            return replace(held, error="it waits for a challenge that it does not tell")
        return State(held.name, self._station.runtime.now(), "", answer.calling, answer.answered)

    async def _ask(
        self, session: aiohttp.ClientSession, name: str, beat: Heartbeat
    ) -> Answer | None:
        """Its answer, None where it told only which challenge it waits for. Raises ValueError where
        it is not its answer."""
        nonce, secret = self._station.runtime.token(), self._secrets[name]
        sent = beat.model_copy(update={"challenge": self._challenges[name], "nonce": nonce})
        body = sent.model_dump_json().encode()
        headers = {SIGNATURE: sign(secret, "heartbeat", body), "Content-Type": "application/json"}
        async with session.post(
            self._urls[name], data=body, headers=headers, allow_redirects=False
        ) as got:
            said = await got.content.read(1 << 16)
            if got.status not in (200, 409):
                raise ValueError(f"HTTP {got.status} {said[:100].decode(errors='replace').strip()}")
            if not is_signed(secret, "answer", said, got.headers.get(SIGNATURE, "")):
                raise ValueError("its answer is not signed with the secret that both should have")
            try:
                answer = Answer.model_validate_json(said)
            except ValidationError:
                raise ValueError("its answer is of another version") from None
            if answer.nonce != nonce:
                raise ValueError("its answer is to another heartbeat")
            self._challenges[name] = answer.challenge
            return answer if got.status == 200 else None
