"""A measure's return form comes back: it is kept with the measure, and the measure is in force."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert

from alerting.alerts import measures
from alerting.alerts.life import Life
from alerting.audit import record
from alerting.chase import pursuits, reply_words, words
from alerting.chase.outcomes import Outcome, Said, carriers
from alerting.errors import BadInput
from alerting.rulebook.given import read_form
from alerting.rulebook.plans import PlanMeasure
from alerting.store.schema import returned as returned_table


def returned(connection: Connection, life: Life, said: Said, row: Any) -> Outcome:
    """Keep the form. One that is sent again corrects the one before, which is kept too."""
    if pursuits.by_id(connection, said.notice.pursuit).post != row.carrier:
        return Outcome("refused", reply_words.not_asked(), "was not asked")
    definition = life.measure(row.measure)
    try:
        form = read_form(definition, said.form)
    except BadInput as error:
        return Outcome("refused", words.both(error.zh, error.text()), "the form lacks something")
    connection.execute(
        insert(returned_table).values(
            realm=life.realm, measure=row.id, at=said.at, by=said.who.id, said=form
        )
    )
    record(connection, life.realm, said.at, said.who.id, "return form", row.id, form)
    measures.in_force(connection, life, row.id, said.who.id, said.at)
    for held in carriers(connection, row, ("acknowledge", "in-force")):
        pursuits.answered(connection, life, held.id, said.who.id, said.at)
    if isinstance(definition, PlanMeasure):  # a closing report is done with once it is there
        measures.finish(connection, life, row.id, said.who.id, said.at)
    return Outcome("taken", reply_words.form_taken(life, said.at))
