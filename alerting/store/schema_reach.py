"""The tables of reaching people: digests of a storm's messages, codes that verify an address."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table

from alerting.store.schema import Number, UtcText, metadata

digest = Table(
    "digest", metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("realm", String, ForeignKey("realm.id"), nullable=False),
    Column("person", String, ForeignKey("person.id"), nullable=False),
    Column("channel", String, nullable=False),
    Column("band", String, nullable=False),
    # What it gathers: "" orders and news, "ends", or the sort of question.
    Column("sort", String, nullable=False, server_default=""),
    Column("begun", UtcText, nullable=False),  # by the realm's clock
    Column("last", UtcText, nullable=False),  # when its newest message was written
    Column("ended", UtcText),
    Index("digest_open", "realm", "ended"),
    info={"what": "What gathers a storm's messages to one person on one channel in one band, until "
                  "all are answered.",
          "kept": "alerts_days"},
)  # fmt: skip

verification = Table(
    "verification", metadata,
    Column("person", String, ForeignKey("person.id"), primary_key=True),
    Column("channel", String, primary_key=True),
    Column("address", String, primary_key=True),
    Column("digest", String, nullable=False),  # sha-256 of the code; the code is never stored
    Column("asked", UtcText, nullable=False),  # by the machine's clock
    Column("by", String, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),  # wrong ones
    info={"what": "A code sent to an address, to be said back by whoever reads it there.",
          "kept": "until it is said back"},
)  # fmt: skip

heard = Table(
    "heard", metadata,
    Column("pursuit", Number, ForeignKey("pursuit.id"), primary_key=True),
    Column("person", String, ForeignKey("person.id"), primary_key=True),
    Column("at", UtcText, nullable=False),  # by the realm's clock
    info={"what": "Who has answered for themselves, where everyone on a post's list must.",
          "kept": "alerts_days"},
)  # fmt: skip

rate = Table(
    "rate", metadata,
    Column("channel", String, primary_key=True),
    Column("sent", JSON, nullable=False),  # seconds since 1970, by the senders' machines
    info={"what": "Where several processes send: when the messages went that count towards a "
                  "channel's rate.",
          "kept": "as long as they count"},
)  # fmt: skip
