"""What one transaction knows of call-outs: part of its ledger, read when it is asked for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from alerting.store.rows import Row, Rows
from alerting.store.schema_callout import callee, callout, callout_alert


class CalloutRows:
    """Those of one realm. Rows that are added or changed here are written with the ledger."""

    def __init__(self, connection: Connection, realm: str, rows: Rows) -> None:
        self._connection, self._realm, self._rows = connection, realm, rows
        self._known: dict[str, Row] = {}
        self._newest: dict[tuple[str, str], Row | None] = {}  # by hazard and zone
        self._callees: dict[str, dict[str, Row]] = {}  # by call-out; by post
        self._alerts: dict[str, list[str]] | None = None  # of those that are not closed

    def newest(self, hazard: str, zone: str) -> Row | None:
        """The call-out of a hazard in a zone with the highest number, whatever its state."""
        if (hazard, zone) not in self._newest:
            self._newest[hazard, zone] = self._one(
                callout.c.realm == self._realm, callout.c.hazard == hazard, callout.c.zone == zone)
        return self._newest[hazard, zone]

    def by_id(self, key: str) -> Row | None:
        return self._known.get(key) or self._one(callout.c.id == key)

    def add(self, **values: Any) -> Row:
        row = self._rows.add(callout, realm=self._realm, **values)
        self._known[row.id] = self._newest[row.hazard, row.zone] = row
        self._callees[row.id] = {}
        return row

    def callees(self, key: str) -> dict[str, Row]:
        """Who is called by a call-out, by post, in the order of their call."""
        if key not in self._callees:
            rows = self._connection.execute(
                select(callee).where(callee.c.callout == key)
                .order_by(callee.c.called, callee.c.parent.is_not(None), callee.c.post)
            ).mappings()  # fmt: skip
            self._callees[key] = {r["post"]: Row(callee, dict(r), stored=True) for r in rows}
        return self._callees[key]

    def add_callee(self, key: str, post: str, **values: Any) -> Row:
        row = self._rows.add(callee, callout=key, post=post, **values)
        self.callees(key)[post] = row
        return row

    def alerts_of(self, key: str) -> list[str]:
        """The alerts of a call-out that is not closed, as they joined."""
        return self._open_alerts().get(key, [])

    def of_alert(self, alert: str) -> list[Row]:
        """The call-outs that are not closed and for which an alert stands."""
        found = [self.by_id(key) for key, alerts in self._open_alerts().items() if alert in alerts]
        return [row for row in found if row is not None]

    def join(self, row: Row, alert: str, **values: Any) -> bool:
        """From now on the call-out is for this alert too; False where it was already."""
        if alert in (alerts := self._open_alerts().setdefault(row.id, [])):
            return False
        self._rows.add(callout_alert, callout=row.id, alert=alert, **values)
        alerts.append(alert)
        return True

    def _open_alerts(self) -> dict[str, list[str]]:
        if self._alerts is None:
            self._alerts = {}
            for row in self._connection.execute(
                select(callout_alert.c.callout, callout_alert.c.alert)
                .join(callout, callout.c.id == callout_alert.c.callout)
                .where(callout.c.realm == self._realm, callout.c.state != "closed")
                .order_by(callout_alert.c.joined, callout_alert.c.alert)
            ):
                self._alerts.setdefault(row.callout, []).append(row.alert)
        return self._alerts

    def _one(self, *where: Any) -> Row | None:
        read = self._connection.execute(
            select(callout).where(*where).order_by(callout.c.number.desc()).limit(1)
        ).mappings().one_or_none()  # fmt: skip
        if read is None:
            return None
        return self._known.setdefault(read["id"], Row(callout, dict(read), stored=True))
