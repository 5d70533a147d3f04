"""The tables of rosters: the rules of each post, what people changed, who was on duty, and how they
handed over.

People and posts belong to no realm: an exercise is answered by whoever is awake now.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from alerting.store.schema import Number, UtcText, metadata

AT_ONCE = datetime.fromtimestamp(0, UTC)  # a `next` that is due by every clock

roster = Table(
    "roster", metadata,
    Column("post", String, ForeignKey("post.id"), primary_key=True),
    Column("rules", JSON, nullable=False),  # as people.roster_file reads them
    # Before its first turn a post is held as posts.csv says.
    Column("begun", Boolean, nullable=False, server_default="0"),
    Column("next", UtcText, nullable=False),  # when it is looked at who is on duty then
    # The first time in the weeks ahead that nobody is, as it was last looked at.
    Column("gap_begins", UtcText),
    Column("gap_ends", UtcText),
    Index("roster_next", "next"),
    info={"what": "The rules by which a post is on duty, and when it is looked at next.",
          "kept": "until rosters.yaml leaves it out"},
)  # fmt: skip

roster_change = Table(
    "roster_change", metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("post", String, ForeignKey("post.id"), nullable=False),
    Column("kind", String, nullable=False),  # add | remove | replace | temporary
    # asked (a swap nobody has taken) | in force | flagged (meets its shift no more) | declined | undone
    Column("state", String, nullable=False),
    Column("was", String),  # what a flagged one was before: asked | in force
    Column("part_of", Integer),  # the first of those that were made together; None: it is alone, or it
    Column("turn", UtcText),  # the beginning of the shift that it changes; None where it fills a gap
    Column("begins", UtcText, nullable=False),
    Column("ends", UtcText, nullable=False),
    Column("person", String),  # who is on duty then
    Column("instead_of", String),  # whose shift it is
    Column("shifts", JSON(none_as_null=True)),  # of a temporary roster: [{person, begins, ends}]
    Column("by", String, nullable=False),
    Column("at", UtcText, nullable=False),
    Column("reason", Text, nullable=False),
    Index("roster_change_by_post", "post", "ends"),
    info={"what": "What people changed of the rules: an override of one shift, a temporary roster "
                  "for a while.",
          "kept": "for ever"},
)  # fmt: skip

duty = Table(
    "duty", metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("post", String, ForeignKey("post.id"), nullable=False),
    Column("rank", Integer, nullable=False),
    Column("person", String, ForeignKey("person.id"), nullable=False),
    Column("began", UtcText, nullable=False),
    Column("ended", UtcText),
    Index("duty_by_person", "person", sqlite_where=text("ended IS NULL"),
          postgresql_where=text("ended IS NULL")),
    Index("duty_now", "post", "rank", unique=True, sqlite_where=text("ended IS NULL"),
          postgresql_where=text("ended IS NULL")),
    info={"what": "Who was on duty from when until when, of posts with a roster; `ended` is empty "
                  "while they are.",
          "kept": "for ever"},
)  # fmt: skip

handover = Table(
    "handover", metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("post", String, ForeignKey("post.id"), nullable=False),
    Column("outgoer", String),  # who stays on duty until then; None: nobody was there to stay
    Column("incomer", String, nullable=False),  # who must confirm
    Column("people", JSON, nullable=False),  # all who come with them, in the order of the shift
    Column("due", UtcText, nullable=False),  # the beginning of their shift
    Column("asked", UtcText, nullable=False),  # when it was opened
    Column("must_by", UtcText, nullable=False),  # then others are told that it is not confirmed
    # open | confirmed (before its shift began) | taken (they are on duty by it) | ended (without)
    Column("state", String, nullable=False),
    # How it stands: ahead | turn | alone (nobody is left to stay); and whether the incomer was told so.
    Column("stage", String, nullable=False),
    Column("said", Boolean, nullable=False, server_default="0"),
    Column("pursuit", Number),  # by which it is called for; None: not yet
    Column("items", JSON, nullable=False),  # what was open when it was last said, see chase.open_items
    Column("cannot", UtcText),  # when the incomer said that they cannot
    Column("reason", Text, nullable=False, server_default=""),  # why not; or why it was done for them
    Column("confirmed", UtcText),
    Column("by", String),  # the incomer, or who did it for them
    Index("handover_one_open", "post", unique=True, sqlite_where=text("state = 'open'"),
          postgresql_where=text("state = 'open'")),
    Index("handover_by_state", "state", "post"),
    Index("handover_by_pursuit", "pursuit"),
    info={"what": "Posts whose hand-over must be confirmed: who is to come, and until then who "
                  "stays.",
          "kept": "for ever"},
)  # fmt: skip

shift_exercise = Table(
    "shift_exercise", metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("duty", Integer, ForeignKey("duty.n"), nullable=False, unique=True),
    Column("person", String, nullable=False),
    Column("asked", UtcText, nullable=False),
    Column("must_by", UtcText, nullable=False),
    Column("answered", UtcText),  # by the service's own way
    Column("elsewhere", JSON, nullable=False),  # by sentinel, when that one's was answered
    Index("shift_exercise_open", "person", "answered"),
    info={"what": "The exercise with which a turn at the duty office begins, where a sentinel "
                  "watches: whoever comes on duty is written to by the service's own way and by "
                  "each sentinel's, and must answer both.",
          "kept": "for ever"},
)  # fmt: skip
