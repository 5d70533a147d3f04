"""The table of drills: exercises that people answer themselves, each played in a realm of its own.

Times are the machine's. What was said and answered in a drill stands in its realm's own rows.
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from alerting.store.schema import UtcText, metadata

drill = Table(
    "drill", metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("plan", String, nullable=False),  # its folder below exercises/
    Column("title", JSON, nullable=False),  # {zh, en}
    # scheduled | running | ended | missed (it never began) | called off
    Column("state", String, nullable=False),
    Column("due", UtcText, nullable=False),
    Column("announced", Boolean, nullable=False),  # its players are told beforehand
    Column("told", UtcText),  # when they were
    Column("by", String, nullable=False),  # who asked for it, when and why
    Column("at", UtcText, nullable=False),
    Column("reason", Text, nullable=False),
    Column("realm", String, ForeignKey("realm.id")),
    Column("script", Text),  # as it was when it began: an edit must not play its steps twice
    Column("started", UtcText),
    Column("ends", UtcText),  # when it is over if nobody stops it
    Column("alive", UtcText),  # while it runs, when the service last said so
    Column("gaps", JSON, nullable=False, server_default="[]"),  # [[from, until]]: the service was down
    Column("ended", UtcText),
    # over | stopped (by hand) | real (real work) | interrupted | plan (unreadable at a restart); why it
    # was missed: down | real | busy | left (who asked for it) | plan
    Column("how", String, nullable=False, server_default=""),
    Column("ended_by", String),
    Column("remark", Text, nullable=False, server_default=""),
    Index("drill_by_state", "state", "due"),
    Index("drill_by_plan", "plan", "id"),
    info={"what": "Exercises that people answer themselves, each played in a realm of its own.",
          "kept": "for ever"},
)  # fmt: skip
