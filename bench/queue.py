"""A queue of any length: red news of fog, each to a person of their own, bound and waiting to be sent.

It is written by the database itself, the same rows on SQLite and on PostgreSQL, so that filling it
takes a moment; every text says its own code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from alerting.dispatch import Composer, Dispatcher
from alerting.dispatch.channels import Channel
from alerting.dispatch.writing import Drafts, Settings
from alerting.places import Place, Places
from alerting.runtime import Runtime
from alerting.service.clock import open_live
from alerting.store import Store, Writer

START = datetime(2026, 1, 20, 6, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
SENDER = {"zh": "某县应急办", "en": "County EMO"}
URL = "http://here"
AT = "2026-01-20T06:00:00.000000Z"
_FACTS = {
    "rule": "fog", "sector": "road-traffic", "hazard": "fog", "place": "99", "level": 4, "was": 0,
    "onset": "2026-01-20T12:00:00+00:00", "until": "2026-01-21T00:00:00+00:00",
    "why": {"zh": "能见度 20日22时 40 m < 50 m", "en": "visibility 40 m < 50 m at 22:00"},
    "official": None, "measures": [], "reason": {}, "by": "", "due": None,
}  # fmt: skip
# As long as a text of three segments is: 200 characters of Chinese.
_BODY = "【某县应急办】大雾红色风险提示：20日20时至21日08时，能见度低于50米，请立即到岗值守。" * 4
_BOOK: Any = SimpleNamespace(measures={}, rules_by_id={})
PLACES = Places.of("99", [Place("99", "zone", "某县", "County", ())])
_ROWS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count) "
_FILL = (
    """INSERT INTO person (id, name, name_en, language, role, active)
    SELECT 'p' || i, '某' || i, 'No ' || i, 'zh', 'answer', true FROM n""",
    """INSERT INTO contact (person, rank, channel, address)
    SELECT 'p' || i, 0, 'sms', '+86' || (13000000000 + i) FROM n""",
    """INSERT INTO post (id, tier, sector, place, title, title_en, active)
    SELECT 'at' || i, 'field', '', '99', '岗位' || i, 'Post ' || i, true FROM n""",
    """INSERT INTO holder (post, rank, person) SELECT 'at' || i, 0, 'p' || i FROM n""",
    """INSERT INTO notice (id, realm, kind, alert, post, person, level, created, due, state, facts)
    SELECT i, 'live', 'open', 'live.fog.99.1', 'at' || i, 'p' || i, 4, :at, :at, 'carried',
        CAST(:facts AS JSON) FROM n""",
    """INSERT INTO delivery (id, realm, person, channel, address, band, round, state, language, subject,
        text, segments, code, link, letters, error, created, at, rule, turn, bound)
    SELECT i, 'live', 'p' || i, 'sms', '+86' || (13000000000 + i), 'red', 0, 'bound', 'zh', '大雾红色',
        :body || '编号' || i, 3, 'K' || i, 'link' || i, CAST('{}' AS JSON), '', :at, :at, 'fog', i, :at
    FROM n""",
    "INSERT INTO delivery_notice (delivery, notice) SELECT i, i FROM n",
)


def fill(store: Store, count: int) -> None:
    """An empty store gets a queue of `count` messages, numbered from 1 in the order of their turns."""

    def write(connection: Connection) -> None:
        open_live(connection, START, True)
        connection.execute(text(
            "INSERT INTO alert (id, realm, rule, place, episode, sector, hazard, state, level, peak,"
            " opened, updated, why) VALUES ('live.fog.99.1', 'live', 'fog', '99', 1, 'road-traffic',"
            " 'fog', 'open', 4, 4, :at, :at, '{}')"), {"at": AT})  # fmt: skip
        values = {"count": count, "at": AT, "body": _BODY,
                  "facts": json.dumps(_FACTS, ensure_ascii=False)}  # fmt: skip
        for statement in _FILL:
            into, _, rows = statement.partition("SELECT")
            made = text(f"{into} {_ROWS} SELECT {rows}")
            connection.execute(made, {key: values[key] for key in made.compile().params})
        if store.shared:
            for table in ("notice", "delivery"):
                connection.execute(text(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {count})"))  # fmt: skip
            connection.execute(text("ANALYZE"))  # as autovacuum does; SQLite has none

    store.write(write)


def drafts_of(channels: Mapping[str, Channel], runtime: Runtime) -> Drafts:
    """What the outbox writes with, for messages that all arrive: nothing is composed anew."""
    composer = Composer(_BOOK, PLACES, ZONE, SENDER)
    return Drafts(Settings(channels, SENDER, ZONE, URL), composer, runtime)


def dispatcher_of(
    writer: Writer, channels: Mapping[str, Channel], runtime: Runtime, kind: type[Dispatcher]
) -> Dispatcher:
    return kind(
        store=writer.store, writer=writer, runtime=runtime, channels=channels, book=_BOOK,
        places=PLACES, sender=SENDER, zone=ZONE, url=URL, now_of=lambda _: runtime.now(),
    )  # fmt: skip


def text_of(number: int) -> str:
    """What the message of this number says."""
    return f"{_BODY}编号{number}"


def address_of(number: int) -> str:
    return f"+86{13000000000 + number}"
