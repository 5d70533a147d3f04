"""A cry for help in whatever somebody writes: the duty office hears it at once, whatever it answers.

"Received, two are trapped" is an answer and a cry; only the first of the two has a digit.
"""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import Connection

from alerting.alerts.life import Life
from alerting.chase import calls, spoken, words
from alerting.chase.targets import Targets
from alerting.people import Person, resolve
from alerting.signals import Report
from alerting.vocabulary import Level

_CRY = re.compile(
    r"救命|救人|求救|求援|增援|快来人|被困|被埋|受伤|(?<![A-Z])(?:SOS|MAYDAY|TRAPPED|BURIED|INJURED)(?![A-Z])"
)
# "Nobody is trapped" is good news.
_NONE = re.compile(
    r"(?:无|没有?|未发现)[^，。,.;；]{0,5}(?:被困|被埋|受伤)|"
    r"(?<![A-Z])(?:NO|NOBODY|NONE|NOT|WITHOUT)(?![A-Z])[^,.;]{0,20}(?:TRAPPED|BURIED|INJURED)"
)
_TELL_THEMSELVES = ("support", "cannot")  # answers of which somebody above hears, with the words


def cries(text: str) -> bool:
    """Whether a text, in either language, says that somebody needs to be helped now."""
    return _CRY.search(_NONE.sub("", spoken.shown(text).upper())) is not None


def unheard(report: Report, outcome: str) -> bool:
    """Whether a report cries for help, and what it answers tells nobody of it."""
    if outcome == "taken" and report.act in _TELL_THEMSELVES:
        return False
    return report.act == "support" or bool(report.detail.get("support")) or cries(_said(report))


def tell_office(
    connection: Connection, life: Life, who: Person, report: Report, targets: Targets, at: datetime
) -> None:
    """Call the duty office until it answers, with the person's own words."""
    office = resolve(connection, life.places, "duty-office", "", life.places.county)
    if office is None:
        return
    about = targets.notices[0] if targets.notices else None
    subject = calls.About(about.alert, about.measure, int(Level.red)) if about else calls.About(
        None, None, int(Level.red))  # fmt: skip
    facts = dict(about.facts) if about else calls.bare_facts(connection, life, subject)
    facts |= {"level": int(Level.red), "due": None}
    facts["hazard"] = facts["hazard"] or "service"
    calls.tell(connection, life, "escalation" if about else "service", facts,
               words.asks_support(who, _said(report)), at, post=office.id, alert_id=subject.alert,
               measure_id=subject.measure, wants="acknowledge", by=who.called("zh"))  # fmt: skip


def _said(report: Report) -> str:
    return str(report.detail.get("text") or report.detail.get("reason") or "").strip()
