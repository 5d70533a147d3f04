"""Notices: a change that a post must know. Written here and in the chase, bound late in dispatch."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from alerting.people import Post
from alerting.store.schema import notice


@dataclass(frozen=True, slots=True)
class Facts:
    """What composing a message needs besides the book; see docs/messages.md for each field."""

    sector: str
    hazard: str
    place: str
    level: int
    rule: str = ""
    was: int = 0
    onset: datetime | None = None
    until: datetime | None = None
    why: dict[str, str] = field(default_factory=dict)
    official: dict[str, Any] | None = None
    measures: tuple[dict[str, Any], ...] = ()
    reason: dict[str, str] = field(default_factory=dict)
    by: str = ""
    due: datetime | None = None

    def json(self) -> dict[str, Any]:
        return {
            "sector": self.sector,
            "hazard": self.hazard,
            "place": self.place,
            "level": self.level,
            "rule": self.rule,
            "was": self.was,
            "onset": self.onset.isoformat() if self.onset else None,
            "until": self.until.isoformat() if self.until else None,
            "why": self.why,
            "official": self.official,
            "measures": list(self.measures),
            "reason": self.reason,
            "by": self.by,
            "due": self.due.isoformat() if self.due else None,
        }

    def saying(self, **changes: Any) -> Facts:
        return replace(self, **changes)


def tell(
    connection: Connection,
    realm: str,
    kind: str,
    post: Post,
    facts: Facts,
    at: datetime,
    *,
    alert: str | None = None,
    measure: str | None = None,
    wants: str = "",
    due: datetime | None = None,
) -> int:
    """Write a notice to a post; `due` holds it back until then. Gives its id."""
    result = connection.execute(
        insert(notice),
        {
            "realm": realm, "kind": kind, "alert": alert, "measure": measure, "post": post.id,
            "wants": wants, "level": facts.level, "created": at, "due": due or at, "state": "due",
            "facts": facts.json(),
        },
    )  # fmt: skip
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def withhold(connection: Connection, alert: str, kinds: tuple[str, ...], reason: str) -> int:
    """Take back notices of an alert that nobody has been sent yet; gives how many."""
    result = connection.execute(
        update(notice)
        .where(notice.c.alert == alert, notice.c.state == "due", notice.c.kind.in_(kinds))
        .values(state="withheld", reason=reason)
    )
    return result.rowcount


def posts_told(
    connection: Connection, *, alert: str | None = None, measure: str | None = None
) -> set[str]:
    """Posts that some notice of this alert or measure went to, or is going to."""
    about = notice.c.alert == alert if alert is not None else notice.c.measure == measure
    rows = connection.execute(
        select(notice.c.post).where(about, notice.c.state.in_(["due", "carried"])).distinct()
    )
    return {r.post for r in rows if r.post}
