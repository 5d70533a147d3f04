"""The tables of call-outs (叫应单): who was called about a hazard in a township, and what they said.

Times are UTC, by the clock of their realm. The messages of a call-out hang on the alert that opened
it; which call-out they are of stands in their facts.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from alerting.store.schema import Number, UtcText, metadata

SAYS_IT = "the call-out says it"  # why plain news of an alert does not go out beside its message

callout = Table(
    "callout", metadata,
    Column("id", String, primary_key=True),  # realm.hazard.zone.number
    Column("realm", String, ForeignKey("realm.id"), nullable=False),
    Column("hazard", String, nullable=False),
    Column("zone", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("alert", String, ForeignKey("alert.id"), nullable=False),  # that opened it
    Column("sector", String, nullable=False),  # of that one
    Column("level", Integer, nullable=False),  # the highest it had
    # open | closing (over, its closing reports are awaited) | closed
    Column("state", String, nullable=False),
    Column("opened", UtcText, nullable=False),
    Column("ended", UtcText),  # when the last of its alerts was over
    Column("closed", UtcText),
    UniqueConstraint("realm", "hazard", "zone", "number"),
    Index("callout_by_alert", "alert"),
    Index("callout_not_closed", "realm", sqlite_where=text("state != 'closed'"),
          postgresql_where=text("state != 'closed'")),
    info={"what": "A call-out (叫应单): the posts of a township called about a hazard.",
          "kept": "alerts_days"},
)  # fmt: skip

callout_alert = Table(
    "callout_alert", metadata,
    Column("callout", String, ForeignKey("callout.id"), primary_key=True),
    Column("alert", String, ForeignKey("alert.id"), primary_key=True),
    Column("joined", UtcText, nullable=False),
    Index("callout_by_its_alert", "alert"),
    info={"what": "The alerts a call-out is for: over when all of them are.",
          "kept": "alerts_days"},
)  # fmt: skip

callee = Table(
    "callee", metadata,
    Column("callout", String, ForeignKey("callout.id"), primary_key=True),
    Column("post", String, primary_key=True),
    Column("tier", String, nullable=False),
    Column("parent", String),  # the post that passed it on
    Column("called", UtcText, nullable=False),  # the first time
    Column("wake_by", UtcText, nullable=False),  # until when some answer is to be there
    Column("woken", UtcText),  # the first answer of any kind, or ticked off
    Column("woken_by", String),
    Column("asked", JSON, nullable=False),  # the questions as the newest call asks them
    Column("asked_at", UtcText, nullable=False),  # by that call
    Column("report_by", UtcText, nullable=False),  # until when that is to be answered
    Column("reported", UtcText),  # all of it was, since the newest call
    Column("first_report", UtcText),  # the first time all of it was
    Column("passed_on", UtcText),
    Column("passed_by", String),
    Column("ticked", UtcText),  # reached by other means, as somebody says
    Column("ticked_by", String),
    Column("ticked_how", String),  # phone | radio | in person
    Column("ticked_why", Text, nullable=False, server_default=""),
    Column("closing_by", UtcText),  # None: no closing report is asked
    Column("closed", UtcText),  # it is in
    info={"what": "A post that is called, and how far it has come. Its pursuits wait for the "
                  "answers.",
          "kept": "alerts_days"},
)  # fmt: skip

callout_report = Table(
    "callout_report", metadata,
    Column("n", Number, primary_key=True, autoincrement=True),
    Column("realm", String, nullable=False),
    Column("callout", String, ForeignKey("callout.id"), nullable=False),
    Column("post", String, nullable=False),  # for whom
    Column("wants", String, nullable=False),  # report | closing
    Column("at", UtcText, nullable=False),
    Column("by", String, nullable=False),  # person
    Column("via", String, nullable=False),  # channel
    Column("asked", JSON, nullable=False),  # the questions
    Column("said", JSON, nullable=False),  # by the question's id
    Column("lacks", JSON, nullable=False),  # ids of what is missing or did not read
    Index("report_by_callee", "callout", "post", "n"),
    info={"what": "What was reported, each time; the newest of each kind counts.",
          "kept": "alerts_days"},
)  # fmt: skip
