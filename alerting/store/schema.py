"""The tables. Each concept keeps its own queries beside it; only the shapes are here.

Every row that belongs to a realm names it: the real world is one realm, each start of an exercise a
new one, and nothing crosses. Times are UTC, stored as ISO text that sorts.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
    or_,
    text,
)
from sqlalchemy.types import TypeDecorator

metadata = MetaData()
# Of what is counted for ever: a thousand signals a second pass two thousand millions in 25 days.
Number = BigInteger().with_variant(Integer(), "sqlite")


@lru_cache(maxsize=1024)  # the rows of one transaction share a few times
def _utc_text(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError(f"a time without its zone: {value!r}")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@lru_cache(maxsize=1024)
def _utc_time(text: str) -> datetime:
    return datetime.fromisoformat(text)


class UtcText(TypeDecorator[datetime]):
    """An aware UTC datetime as text of fixed width, so that text order is time order."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> str | None:
        return None if value is None else _utc_text(value)

    def process_result_value(self, value: str | None, dialect: Any) -> datetime | None:
        return _utc_time(value) if value else None


def _realm() -> Column[str]:
    return Column("realm", String, ForeignKey("realm.id"), nullable=False)


realm = Table(
    "realm", metadata,
    Column("id", String, primary_key=True),  # "live", "exercise-1" …
    Column("kind", String, nullable=False),  # live | exercise
    Column("title", JSON, nullable=False),  # {zh, en}
    Column("exercise", Boolean, nullable=False),  # its messages say 演练 / EXERCISE
    Column("started", UtcText, nullable=False),  # by the machine's clock
    Column("begins", UtcText, nullable=False),  # by its own clock, at `started`
    Column("speed", Float, nullable=False),  # seconds of its own clock a second
    Column("ended", UtcText),
    Column("reason", Text, nullable=False, server_default=""),
    Column("clock", UtcText),  # the latest signal time: now never runs backwards
    Column("drill", Integer),  # of a drill of people its number, see schema_drill
    info={"what": "The real world, and each start of an exercise: its clock, its speed, when it "
                  "ended.",
          "kept": "for ever"},
)  # fmt: skip

signal = Table(
    "signal", metadata,
    Column("seq", Number, primary_key=True, autoincrement=True),  # the order of taking
    _realm(),
    Column("id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("source", String, nullable=False),
    Column("issued", UtcText, nullable=False),
    Column("accepted", UtcText, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("share", Integer),  # of the places, the one it can concern; NULL: any of them
    UniqueConstraint("realm", "id"),
    Index("signal_by_realm", "realm", "seq"),
    Index("signal_by_kind", "realm", "kind", "accepted"),
    Index("signal_by_source", "realm", "kind", "source", "seq"),
    sqlite_autoincrement=True,
    info={"what": "What came in, in the order in which it is taken.",
          "kept": "signals_days, alerts_days"},
)  # fmt: skip

position = Table(
    "position", metadata,
    Column("realm", String, ForeignKey("realm.id"), primary_key=True),
    Column("share", Integer, primary_key=True, autoincrement=False),
    Column("taken", Number, nullable=False),  # seq of the last signal done
    info={"what": "How far each share of a realm's places has come.",
          "kept": "for ever"},
)  # fmt: skip

bus_position = Table(
    "bus_position", metadata,
    Column("topic", String, primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),  # of the topic
    Column("next", Number, nullable=False),
    Column("topic_id", String),  # as the broker calls it: another, and it was made anew
    # At the last look of whoever reads it: records not read yet, since when the first of them can be
    # there, and what went wrong in a round since.
    Column("unread", Integer),
    Column("oldest", UtcText),
    Column("looked", UtcText),
    Column("error", String),
    # Records that were gone before they were read: how many (none: nobody knows), and when it was seen.
    Column("missing", Integer),
    Column("missing_at", UtcText),
    info={"what": "How far a queue in front of the bus has been taken.",
          "kept": "for ever"},
)  # fmt: skip

slice_done = Table(
    "slice_done", metadata,
    Column("realm", String, primary_key=True),
    Column("seq", Number, primary_key=True),
    Column("slice", Integer, primary_key=True),
    info={"what": "Slices of a signal already committed.",
          "kept": "until its last slice marks it done"},
)  # fmt: skip

standing = Table(
    "standing", metadata,
    Column("realm", String, ForeignKey("realm.id"), primary_key=True),
    Column("rule", String, primary_key=True),
    Column("place", String, primary_key=True),
    Column("level", Integer, nullable=False, server_default="0"),
    Column("believed", UtcText),  # the last hour the held level was believed true
    Column("hold_since", UtcText),  # since when everything a fall needs has been true
    Column("hold_level", Integer),  # and to which level
    Column("unknown_since", UtcText),
    Column("cleared", UtcText),
    info={"what": "What the engine remembers of a (rule, place) that is not simply at rest.",
          "kept": "until it is at rest"},
)  # fmt: skip

alert = Table(
    "alert", metadata,
    Column("id", String, primary_key=True),  # realm.rule.place.episode
    _realm(),
    Column("rule", String, nullable=False),
    Column("place", String, nullable=False),
    Column("episode", Integer, nullable=False),
    Column("sector", String, nullable=False),
    Column("hazard", String, nullable=False),
    Column("state", String, nullable=False),  # open | closed | withdrawn
    Column("level", Integer, nullable=False),  # held now; at the end, the last held
    Column("peak", Integer, nullable=False),
    Column("official", Integer, nullable=False, server_default="0"),
    Column("opened", UtcText, nullable=False),
    Column("onset", UtcText),
    Column("until", UtcText),  # end of the stretch believed now
    Column("woken", UtcText),  # first answer of the field tier, for the lead
    Column("updated", UtcText, nullable=False),
    Column("closed", UtcText),
    Column("why", JSON, nullable=False),  # rulebook.why's Why
    Column("held_by_unknown", UtcText),
    Column("asked_to_withdraw", UtcText),
    Column("kept_by", String),  # a person who keeps it open by hand
    Column("version", Integer, nullable=False, server_default="1"),
    UniqueConstraint("realm", "rule", "place", "episode"),
    Index("alert_open", "realm", "state"),
    Index("alert_by_end", "realm", "closed"),
    Index("alert_by_state", "state"),
    info={"what": "Each alert, open or over.",
          "kept": "alerts_days"},
)  # fmt: skip

alert_change = Table(
    "alert_change", metadata,
    Column("n", Number, primary_key=True, autoincrement=True),
    Column("realm", String, nullable=False),
    Column("alert", String, ForeignKey("alert.id"), nullable=False),
    Column("at", UtcText, nullable=False),
    Column("what", String, nullable=False),
    Column("level", Integer, nullable=False),
    Column("by", String, nullable=False),  # signal id or person
    Column("why", JSON, nullable=False),
    Index("change_by_alert", "alert", "n"),
    info={"what": "Each change of an alert, for its page: opened, raised, fell, reopened, extended, "
                  "corrected, cleared, withdrawn.",
          "kept": "alerts_days"},
)  # fmt: skip

measure = Table(
    "measure", metadata,
    Column("id", String, primary_key=True),  # realm.measure.object.carrier.number
    _realm(),
    Column("measure", String, nullable=False),  # key in measures.yaml
    Column("title", JSON),  # {zh, en} when it was asked for; it may leave measures.yaml since
    Column("object", String, nullable=False),  # place
    Column("carrier", String, nullable=False),  # post
    Column("number", Integer, nullable=False),
    Column("day", String),  # the local date that it is for, where it is for one: 2026-12-06
    Column("gate", Boolean),  # behind the production gate when it was asked for; see title
    # proposed | approved | issued | acknowledged | in force | lift proposed | attested | lifted |
    # refused | withdrawn | expired | superseded
    Column("state", String, nullable=False),
    Column("level", Integer, nullable=False),  # highest level that asks
    Column("arguments", JSON, nullable=False),  # the strictest of all askers
    Column("decider", String),  # post; None where none is needed
    Column("lifter", String),
    Column("interim_for", String),  # the measure it stands in for until that is approved
    Column("proposed", UtcText, nullable=False),
    Column("decided_by", String),
    Column("ahead", UtcText),  # when it was ordered ahead of the signature it needs; None: it was not
    # What its decider signed in place of what was asked; see alerts/signing.py.
    Column("signed", JSON(none_as_null=True)),
    # What its decider is asked anew while it goes on as they signed it; see alerts/signing.py.
    Column("put", JSON(none_as_null=True)),
    # What was put right by hand, in place of what; see alerts/corrected.py.
    Column("corrects", JSON(none_as_null=True)),
    Column("issued", UtcText),
    Column("acknowledged", UtcText),
    Column("in_force", UtcText),
    Column("due", UtcText),  # by when it must be in force
    Column("begins", UtcText),  # from when on it holds; None: from the moment it is in force
    Column("ends", UtcText),  # until when it was asked for; None: until it is lifted
    Column("timed", Boolean),  # whether it was first asked for hours: of these there may be several
    Column("overdue", UtcText),  # flag with its time
    Column("cannot", UtcText),  # flag with its time
    # What keeps it from being issued: {"why": "conflict" | "first", "for": [{id, title, object}]}.
    Column("waits", JSON(none_as_null=True)),
    Column("attested", UtcText),  # when its carrier attested all that its gate asks
    Column("attested_by", String),
    Column("ended", UtcText),
    Column("end_reason", Text, nullable=False, server_default=""),
    Column("successor", String),  # of one that is superseded, the measure that took over
    Column("version", Integer, nullable=False, server_default="1"),
    UniqueConstraint("realm", "measure", "object", "carrier", "number"),
    Index("measure_key", "realm", "measure", "object", "carrier"),
    Index("measure_by_end", "realm", "ended"),
    # At most one open, of a named day one for each day, however many ask; but see timed.
    Index("measure_one_open", "realm", "measure", "object", "carrier",
          text("coalesce(day, '')"), text("(CASE WHEN timed THEN id ELSE '' END)"), unique=True,
          sqlite_where=text("ended IS NULL"), postgresql_where=text("ended IS NULL")),
    info={"what": "Each measure that was asked for at an object, and how far it has come.",
          "kept": "alerts_days"},
)  # fmt: skip

meeting = Table(
    "meeting", metadata,
    Column("id", String, primary_key=True),  # the newer's id ~ the older's
    _realm(),
    Column("first", String, ForeignKey("measure.id"), nullable=False),  # the older
    Column("second", String, ForeignKey("measure.id"), nullable=False),  # the newer: the question's
    Column("state", String, nullable=False),  # open | settled | withdrawn
    Column("stands", String, nullable=False),  # of the two, the one that holds while nobody answers
    Column("post", String, nullable=False),  # whom the question was put to
    Column("opened", UtcText, nullable=False),
    Column("answer", String),  # keep-first | take-second | both
    Column("answered", UtcText),
    Column("answered_by", String),
    Column("reason", Text, nullable=False, server_default=""),
    Index("meeting_by_first", "first"),
    Index("meeting_by_second", "second"),
    info={"what": "Two open measures that conflict at the same object, and what was decided between "
                  "them.",
          "kept": "alerts_days"},
)  # fmt: skip

asker = Table(
    "asker", metadata,
    Column("measure", String, ForeignKey("measure.id"), primary_key=True),
    Column("asker", String, primary_key=True),  # alert id, "person:…", "response:…"
    Column("realm", String, nullable=False),
    Column("level", Integer, nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("since", UtcText, nullable=False),
    # From when and until when they ask, where their arguments say so: a clock strikes every day.
    Column("begins", UtcText),
    Column("ends", UtcText),
    Column("ended", UtcText),
    Index("asker_by_asker", "asker"),
    Index("asker_by_end", "ends", sqlite_where=text("ended IS NULL AND ends IS NOT NULL"),
          postgresql_where=text("ended IS NULL AND ends IS NOT NULL")),
    info={"what": "Who asks for a measure: an alert, a person, a response; `ended` when it no "
                  "longer does.",
          "kept": "alerts_days"},
)  # fmt: skip

returned = Table(
    "returned", metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    _realm(),
    Column("measure", String, ForeignKey("measure.id"), nullable=False),
    Column("at", UtcText, nullable=False),
    Column("by", String, nullable=False),  # person
    Column("said", JSON, nullable=False),  # by the field's id, as the form has them
    Index("returned_by_measure", "measure", "n"),
    info={"what": "What came back on a measure's return form, each time it was sent; the newest "
                  "counts.",
          "kept": "alerts_days"},
)  # fmt: skip

response = Table(
    "response", metadata,
    Column("id", String, primary_key=True),  # realm.plan.number
    _realm(),
    Column("plan", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("title", JSON, nullable=False),  # {zh, en} when it began; the plan may leave the rules
    Column("decider", String),  # post
    # proposed | in force | declined (its trigger still stands) | ended | withdrawn (never decided)
    Column("state", String, nullable=False),
    Column("grade", Integer),  # 1 to 4, the one in force
    Column("wanted", Integer, nullable=False),  # the grade its triggers speak for now; 0 for none
    Column("asked", Integer),  # the grade that waits for a decision, 0 for the end; None: nothing waits
    Column("settled", Integer),  # what the triggers spoke for when its post decided otherwise
    Column("decision", String),  # the measure by which that is asked
    Column("trigger", JSON, nullable=False),  # alerts, warnings, sentence {zh, en}
    Column("proposed", UtcText, nullable=False),
    Column("started", UtcText),
    Column("changed", UtcText),
    Column("decided_by", String),  # person
    Column("note", Text, nullable=False, server_default=""),  # of the last consultation
    Column("ended", UtcText),
    UniqueConstraint("realm", "plan", "number"),
    Index("response_one_open", "realm", "plan", unique=True,
          sqlite_where=text("ended IS NULL"), postgresql_where=text("ended IS NULL")),
    info={"what": "An emergency response (应急响应) under a plan: proposed by what triggers it, "
                  "decided by its post.",
          "kept": "for ever"},
)  # fmt: skip

response_step = Table(
    "response_step", metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    _realm(),
    Column("response", String, ForeignKey("response.id"), nullable=False),
    Column("at", UtcText, nullable=False),
    Column("what", String, nullable=False),
    Column("grade", Integer, nullable=False),  # 0 for the end
    Column("by", String, nullable=False),  # person, or "service"
    Column("note", Text, nullable=False),
    Column("trigger", JSON, nullable=False),
    Index("step_by_response", "response", "n"),
    info={"what": "Each step of a response: proposed, started, raised, lowered, ended, declined, "
                  "withdrawn.",
          "kept": "for ever"},
)  # fmt: skip

# What waits to be bound: red and what is said to one person first, and then by posts, so that a post's
# news go together. A query must repeat these words of its index to be answered by it.
DUE = "state = 'due'"
NOBODY = "state = 'nobody'"
AFTER_RED = "(CASE WHEN level >= 4 OR post IS NULL THEN 0 ELSE 1 END)"
AT_POST = "coalesce(post, '')"

notice = Table(
    "notice", metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    _realm(),
    # open | raise | fall | clear | reopen | update | order | tighten | decide | check | ask |
    # suspended | lifted | reopened | superseded | withdrawn | correction | refused | reminder |
    # escalation | question | reply | stopped | service | head | response | roster | handover |
    # callout | closing
    Column("kind", String, nullable=False),
    Column("alert", String, ForeignKey("alert.id")),
    Column("measure", String, ForeignKey("measure.id")),
    Column("pursuit", Number),
    Column("post", String),  # None for a reply to a person
    Column("person", String),  # a reply's reader; else who was bound
    Column("wants", String, nullable=False, server_default=""),  # a key of vocabulary.answers.ANSWERS
    Column("rung", Integer, nullable=False, server_default="0"),
    Column("round", Integer, nullable=False, server_default="0"),
    Column("level", Integer, nullable=False),
    Column("created", UtcText, nullable=False),
    Column("due", UtcText, nullable=False),
    Column("state", String, nullable=False),  # due | carried | withheld | nobody
    Column("reason", Text, nullable=False, server_default=""),
    Column("facts", JSON, nullable=False),  # what composing needs besides alert and measure
    Column("cause", String),  # the signal with which it began; None: none did
    Column("noted", Boolean, nullable=False, server_default="0"),  # "nobody" seen by the chase
    # Whom of the post it calls: on-duty | any one | everyone | incomer (`person`, who is to come and is
    # not on duty yet) | reached (those whom earlier ones about the same reached, and who do not hold it
    # now); and on how loud a channel at least.
    Column("who", String, nullable=False, server_default="on-duty"),
    Column("loudness", Integer, nullable=False, server_default="0"),
    Index("notice_nobody", "noted", sqlite_where=text(NOBODY), postgresql_where=text(NOBODY)),
    Index("notice_next", "realm", "due", "id", sqlite_where=text(DUE), postgresql_where=text(DUE)),
    Index("notice_queue", "realm", text(AFTER_RED), text(AT_POST), "id",
          sqlite_where=text(DUE), postgresql_where=text(DUE)),
    Index("notice_by_alert", "alert"),
    Index("notice_by_measure", "measure"),
    Index("notice_by_pursuit", "pursuit", sqlite_where=text("pursuit IS NOT NULL"),
          postgresql_where=text("pursuit IS NOT NULL")),
    Index("notice_loose", "realm", "created",
          sqlite_where=text("alert IS NULL AND measure IS NULL"),
          postgresql_where=text("alert IS NULL AND measure IS NULL")),
    Index("notice_by_question", "realm", "post", "created"),
    Index("notice_held", "realm", "id", sqlite_where=text("reason != ''"),
          postgresql_where=text("reason != ''")),
    Index("notice_corrections", "alert", "measure", sqlite_where=text("kind = 'correction'"),
          postgresql_where=text("kind = 'correction'")),
    Index("notice_unpursued", "realm",
          sqlite_where=text("wants != '' AND pursuit IS NULL"),
          postgresql_where=text("wants != '' AND pursuit IS NULL")),
    info={"what": "A change that a post must know. Ends carried, withheld (with the reason) or "
                  "nobody.",
          "kept": "alerts_days"},
)  # fmt: skip

# What is waited for still; and for what, about what. See DUE.
OPEN = "state = 'open'"
SUBJECT = "(wants || ' ' || coalesce(measure, alert, ''))"

pursuit = Table(
    "pursuit", metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    _realm(),
    Column("wants", String, nullable=False),
    Column("alert", String, ForeignKey("alert.id")),
    Column("measure", String, ForeignKey("measure.id")),
    Column("post", String, nullable=False),  # whose answer it is
    Column("level", Integer, nullable=False),
    Column("state", String, nullable=False),  # open | answered | ended
    Column("rung", Integer, nullable=False),  # how far it has climbed
    Column("round", Integer, nullable=False),  # how often this rung was called
    Column("at_post", String, nullable=False),  # whom the rung calls now
    Column("opened", UtcText, nullable=False),
    Column("deadline", UtcText),  # of this rung; None when it ended
    Column("must_by", UtcText),  # of the whole, where there is one
    Column("answered", UtcText),
    Column("answered_by", String),
    Column("end_reason", Text, nullable=False, server_default=""),
    Index("pursuit_deadlines", "realm", "deadline", "id",
          sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
    Index("pursuit_of_post", "post", "realm", "wants",
          sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
    Index("pursuit_subjects", text(SUBJECT), "id",
          sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
    Index("pursuit_by_measure", "measure"),
    Index("pursuit_by_alert", "alert"),
    Index("pursuit_by_time", "realm", "opened"),
    Index("pursuit_by_state", "realm", "state"),
    info={"what": "What is waited for: an acknowledgement, a report in force, a decision, a check "
                  "before lifting.",
          "kept": "alerts_days"},
)  # fmt: skip

escalation = Table(
    "escalation", metadata,
    Column("n", Number, primary_key=True, autoincrement=True),
    Column("realm", String, nullable=False),
    Column("pursuit", Number, ForeignKey("pursuit.id"), nullable=False),
    Column("alert", String),
    Column("measure", String),
    Column("from_post", String, nullable=False),
    Column("to_post", String, nullable=False),
    Column("at", UtcText, nullable=False),
    Column("reason", String, nullable=False),  # silent | nobody | cannot | overdue | undelivered
    Index("escalation_by_alert", "alert"),
    Index("escalation_by_pursuit", "pursuit"),
    Index("escalation_by_measure", "measure"),
    info={"what": "Each time that what was waited for went on to another post, and why.",
          "kept": "alerts_days"},
)  # fmt: skip

# How the error of a delivery begins whose last attempt may have arrived all the same.
MAY_HAVE_ARRIVED = "may have arrived: "

# The queue of each channel: what waits, the most urgent first and then by turns. A query must repeat
# these words of its index to be answered by it.
WAITING = "state IN ('bound', 'sending')"
BOUND = "state = 'bound'"  # what has not been tried yet
URGENCY = "(CASE WHEN band = 'red' AND realm = 'live' THEN 0 WHEN band = 'red' THEN 1 ELSE 2 END)"
# What is under way, and what is tried again later.
LATER = "(leased_until IS NOT NULL OR next_try IS NOT NULL)"

delivery = Table(
    "delivery", metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    _realm(),
    Column("person", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("address", String, nullable=False),
    Column("band", String, nullable=False),
    Column("round", Integer, nullable=False),
    # bound | sending | accepted | delivered | read | answered | superseded | dead
    Column("state", String, nullable=False),
    Column("final", Boolean, nullable=False, server_default="0"),
    Column("language", String, nullable=False),
    Column("subject", Text, nullable=False, server_default=""),
    Column("text", Text, nullable=False),
    Column("segments", Integer, nullable=False, server_default="1"),
    Column("code", String, nullable=False),  # reply code, see dispatch.codes
    Column("link", String, nullable=False),  # the signed link's token
    Column("letters", JSON, nullable=False),  # {"A": notice id, …} where several measures
    Column("provider_id", String),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("resends", Integer, nullable=False, server_default="0"),
    Column("next_try", UtcText),
    Column("leased_until", UtcText),
    Column("leased_by", String),  # of several processes that send, the one; see store/link.py
    Column("error", Text, nullable=False, server_default=""),
    Column("created", UtcText, nullable=False),  # by the realm's clock
    Column("at", UtcText, nullable=False),  # of the last change of state
    Column("accepted_at", UtcText),
    Column("answered_at", UtcText),
    Column("fallback_of", Number),
    # Its turn in its channel's queue, and the lane in which it waits for it: see dispatch.turns.
    Column("rule", String, nullable=False, server_default=""),
    Column("turn", Number, nullable=False, server_default="0"),
    Column("bound", UtcText),  # when it was written, by the machine's clock
    Column("digest", Number),  # the digest it belongs to, and whether it is one of its summaries
    Column("summary", Boolean, nullable=False, server_default="0"),
    Index("delivery_by_digest", "digest", sqlite_where=text("digest IS NOT NULL"),
          postgresql_where=text("digest IS NOT NULL")),
    Index("delivery_by_budget", "person", "channel", "bound"),
    Index("delivery_later", "channel", sqlite_where=text(LATER), postgresql_where=text(LATER)),
    Index("delivery_queue", "channel", text(URGENCY), "turn", "id",
          sqlite_where=text(WAITING), postgresql_where=text(WAITING)),
    Index("delivery_lane", "channel", "rule", "turn",
          sqlite_where=text(BOUND), postgresql_where=text(BOUND)),
    Index("delivery_by_person", "realm", "person", "channel"),
    Index("delivery_by_provider", "channel", "provider_id",
          sqlite_where=text("provider_id IS NOT NULL"),
          postgresql_where=text("provider_id IS NOT NULL")),
    Index("delivery_by_link", "link"),
    Index("delivery_by_time", "realm", "created"),
    Index("delivery_by_realm", "realm", "id"),
    Index("delivery_dead", "realm", "at", sqlite_where=text("state = 'dead'"),
          postgresql_where=text("state = 'dead'")),
    info={"what": "One message to one person on one channel, carrying notices.",
          "kept": "alerts_days"},
)  # fmt: skip

# The same as expressions, for whoever asks about the queue.
is_waiting = delivery.c.state.in_([literal_column("'bound'"), literal_column("'sending'")])
is_bound = delivery.c.state == literal_column("'bound'")
is_open = pursuit.c.state == literal_column("'open'")
is_nobody = notice.c.state == literal_column("'nobody'")
is_due = notice.c.state == literal_column("'due'")
is_later = or_(delivery.c.leased_until.is_not(None), delivery.c.next_try.is_not(None))

delivery_notice = Table(
    "delivery_notice", metadata,
    Column("delivery", Number, ForeignKey("delivery.id"), primary_key=True),
    Column("notice", Number, ForeignKey("notice.id"), primary_key=True),
    Index("delivery_by_notice", "notice"),
    info={"what": "Which notices a message carries.",
          "kept": "alerts_days"},
)  # fmt: skip

answer = Table(
    "answer", metadata,
    Column("id", String, primary_key=True),  # the Report signal's id
    _realm(),
    Column("person", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("delivery", Number),
    Column("notice", Number),
    Column("alert", String),
    Column("measure", String),
    Column("act", String, nullable=False),  # acknowledge|in-force|cannot|support|approve|refuse|…
    Column("text", Text, nullable=False, server_default=""),
    Column("at", UtcText, nullable=False),
    Column("outcome", String, nullable=False),  # taken | late | repeated | refused | not-understood
    Column("reason", Text, nullable=False, server_default=""),
    Column("told", JSON, nullable=False, server_default="{}"),  # {zh, en} of what follows
    Index("answer_by_alert", "alert"),
    Index("answer_by_measure", "measure"),
    Index("answer_by_time", "realm", "at"),
    info={"what": "What a person said, and what became of it.",
          "kept": "alerts_days"},
)  # fmt: skip

person = Table(
    "person", metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("name_en", String, nullable=False, server_default=""),
    Column("language", String, nullable=False),
    Column("role", String, nullable=False),  # view | answer | decide | order | admin
    Column("password", String),  # argon2
    Column("active", Boolean, nullable=False, server_default="1"),
    info={"what": "Who can be reached, as people.csv has it, and their password.",
          "kept": "for ever"},
)  # fmt: skip

contact = Table(
    "contact", metadata,
    Column("person", String, ForeignKey("person.id"), primary_key=True),
    Column("rank", Integer, primary_key=True),  # 0 is tried first
    Column("channel", String, nullable=False),
    Column("address", String, nullable=False),
    Column("stopped", UtcText),
    Column("verified", UtcText),  # when a code sent there was said back; None: it counts last
    Index("contact_by_address", "channel", "address"),
    Index("contact_stopped", "person", sqlite_where=text("stopped IS NOT NULL"),
          postgresql_where=text("stopped IS NOT NULL")),
    info={"what": "A person's addresses, in the order in which they are tried.",
          "kept": "until people.csv says otherwise"},
)  # fmt: skip

post = Table(
    "post", metadata,
    Column("id", String, primary_key=True),
    Column("tier", String, nullable=False),
    Column("sector", String, nullable=False, server_default=""),  # "" for all sectors
    Column("place", String, nullable=False),  # zone code or site id; the county's code at the top
    Column("title", String, nullable=False),
    Column("title_en", String, nullable=False),
    Column("deputy", String),  # the post that is called where this one does not answer
    Column("active", Boolean, nullable=False, server_default="1"),
    Index("post_by_place", "place", "tier", "sector"),
    info={"what": "The posts, as posts.csv has them.",
          "kept": "for ever"},
)  # fmt: skip

holder = Table(
    "holder", metadata,
    Column("post", String, ForeignKey("post.id"), primary_key=True),
    Column("rank", Integer, primary_key=True),
    Column("person", String, ForeignKey("person.id"), nullable=False),
    Index("holder_by_person", "person"),
    info={"what": "Who holds a post now.",
          "kept": "until it changes"},
)  # fmt: skip

token = Table(
    "token", metadata,
    Column("digest", String, primary_key=True),  # sha-256 of the token; the token is never stored
    Column("person", String, ForeignKey("person.id"), nullable=False),
    Column("role", String, nullable=False),
    Column("post", String),
    Column("label", String, nullable=False, server_default=""),
    Column("created", UtcText, nullable=False),
    Column("expires", UtcText),
    Column("revoked", UtcText),
    info={"what": "Tokens for programs, by their digest.",
          "kept": "for ever"},
)  # fmt: skip

setting = Table(
    "setting", metadata,
    Column("key", String, primary_key=True),
    Column("value", Text, nullable=False),
    info={"what": "Small facts of the service: seeds, secrets made at first start, hashes of "
                  "imported files.",
          "kept": "for ever"},
)  # fmt: skip

source_health = Table(
    "source_health", metadata,
    Column("realm", String, primary_key=True),
    Column("source", String, primary_key=True),
    Column("polled", UtcText),
    Column("spoke", UtcText),  # last successful poll or push
    Column("new", UtcText),  # last new run or message
    Column("failed", UtcText),
    Column("error", Text, nullable=False, server_default=""),
    Column("held_until", UtcText),
    info={"what": "When each source last spoke, by the machine's clock, and what it said of itself.",
          "kept": "for ever"},
)  # fmt: skip

SET_ASIDE = "set aside"  # what the log says of signals and records that cannot be taken
# What is asked of the log by its newest entry, however many others came after it. A query must repeat
# these words of its index to be answered by it.
MILESTONE = "action IN ('load rules', 'send head', 'cut log')"

audit = Table(
    "audit", metadata,
    Column("n", Number, primary_key=True, autoincrement=True),
    Column("realm", String, nullable=False),
    Column("at", UtcText, nullable=False),
    Column("who", String, nullable=False),
    Column("action", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("change", JSON, nullable=False),
    Column("number", Number),  # in its realm's chain, once sealed
    Column("hash", String),
    Index("audit_unsealed", "realm", "number", "n"),
    Index("audit_set_aside", "realm", "at", sqlite_where=text(f"action = '{SET_ASIDE}'"),
          postgresql_where=text(f"action = '{SET_ASIDE}'")),
    Index("audit_by_realm", "realm", "n"),
    Index("audit_milestones", "realm", "n", "action",
          sqlite_where=text(MILESTONE), postgresql_where=text(MILESTONE)),
    Index("audit_by_subject", "subject", "n"),
    Index("audit_to_seal", "n", sqlite_where=text("number IS NULL"),
          postgresql_where=text("number IS NULL")),
    sqlite_autoincrement=True,
    info={"what": "The log that cannot be quietly changed: who did what, numbered and chained.",
          "kept": "audit_days"},
)  # fmt: skip

# The same as expressions, for whoever asks for one of them.
is_set_aside = audit.c.action == literal_column(f"'{SET_ASIDE}'")
is_milestone = audit.c.action.in_(
    [literal_column("'load rules'"), literal_column("'send head'"), literal_column("'cut log'")]
)
