"""Alerts and measures as the API, a replay and the pages list them: one shape, one order.

Everything here comes from stored rows and none of it from a clock, so that the same history listed
twice gives the same bytes. A listing takes a fixed number of queries, however many alerts it holds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from sqlalchemy import Column, ColumnElement, Connection, Select, select, union

from alerting.alerts.orders import title_of, unconfirmed
from alerting.places import Places
from alerting.rulebook.spoken import said_of
from alerting.store.schema import (
    alert,
    answer,
    asker,
    delivery,
    delivery_notice,
    escalation,
    measure,
    notice,
    realm,
    returned,
)
from alerting.vocabulary import Level
from alerting.vocabulary.days import day_in_words
from alerting.vocabulary.languages import LANGUAGES

State = Literal["open", "all"]
Row = dict[str, Any]


class Titles(Protocol):
    """What a listing asks of the rule book: what its rules and measures are called."""

    @property
    def rules_by_id(self) -> Any: ...

    @property
    def measures(self) -> Any: ...


def alerts(
    connection: Connection, places: Places, book: Titles, realm_id: str | None, state: State
) -> list[Row]:
    """Alerts of a realm (None: of all), oldest first, each with everything that hangs on it.

    Levels are names, times ISO in UTC, `lead` whole minutes (negative: the first of the field tier
    was woken after the onset). `state` "open" lists what is open, "all" what ever was.
    """
    wanted = [alert.c.realm == realm_id] if realm_id else []
    wanted += [alert.c.state == "open"] if state == "open" else []
    rows = connection.execute(
        select(alert, realm.c.exercise)
        .join(realm, realm.c.id == alert.c.realm)
        .where(*wanted)
        .order_by(alert.c.opened, alert.c.realm, alert.c.rule, alert.c.place, alert.c.episode)
    ).all()
    parts = _parts_of(connection, {row.id for row in rows}, wanted)
    return [_alert(row, parts, places, book) for row in rows]


def one_alert(connection: Connection, places: Places, book: Titles, alert_id: str) -> Row | None:
    """The same for a single alert; None where there is none of that id."""
    wanted = [alert.c.id == alert_id]
    row = connection.execute(
        select(alert, realm.c.exercise).join(realm, realm.c.id == alert.c.realm).where(*wanted)
    ).one_or_none()
    if row is None:
        return None
    return _alert(row, _parts_of(connection, {row.id}, wanted), places, book)


def measures(
    connection: Connection,
    places: Places,
    book: Titles,
    realm_id: str | None,
    state: State,
    keys: Collection[str] | None = None,
) -> list[Row]:
    """Measures of a realm (None: of all), oldest first, each with who asks for it and what came back on
    its form; `keys` names those wanted, else all are."""
    wanted = [measure.c.realm == realm_id] if realm_id else []
    wanted += [measure.c.ended.is_(None)] if state == "open" else []
    wanted += [measure.c.id.in_(keys)] if keys is not None else []
    return _listed(connection, places, book, wanted)


def one_measure(connection: Connection, places: Places, book: Titles, measure_id: str) -> Row | None:
    """The same for a single measure; None where there is none of that id."""
    return next(iter(_listed(connection, places, book, [measure.c.id == measure_id])), None)


def _listed(
    connection: Connection, places: Places, book: Titles, wanted: list[ColumnElement[bool]]
) -> list[Row]:
    ids = select(measure.c.id).where(*wanted)
    asking: dict[str, list[Row]] = defaultdict(list)
    for one in connection.execute(
        select(asker).where(asker.c.measure.in_(ids)).order_by(asker.c.since, asker.c.asker)
    ):
        asking[one.measure].append(
            {"asker": one.asker, "level": level_name(one.level), "since": utc(one.since),
             "ended": utc(one.ended)}
        )  # fmt: skip
    rows = connection.execute(
        select(measure).where(*wanted).order_by(measure.c.proposed, measure.c.id)
    )
    came = _returned(connection, ids)
    return [
        {"realm": row.realm, **_measure(row, places, book), "askers": asking[row.id],
         "returned": came[row.id]}
        for row in rows
    ]  # fmt: skip


def _returned(connection: Connection, ids: Select[Any]) -> dict[str, list[Row]]:
    """What came back on the forms of these measures, oldest first: the last one counts."""
    found: dict[str, list[Row]] = defaultdict(list)
    for one in connection.execute(
        select(returned).where(returned.c.measure.in_(ids)).order_by(returned.c.n)
    ):
        found[one.measure].append({"at": utc(one.at), "by": one.by, "form": one.said})
    return found


def utc(at: datetime | None) -> str | None:
    """A time as the API writes it: ISO, whole seconds, Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def level_name(level: int) -> str | None:
    return Level(level).name if level else None


class _Parts:
    """What hangs on alerts, by alert id."""

    def __init__(self) -> None:
        self.measures: dict[str, list[Any]] = defaultdict(list)
        self.deliveries: dict[str, list[Row]] = defaultdict(list)
        self.acknowledgements: dict[str, list[Row]] = defaultdict(list)
        self.escalations: dict[str, list[Row]] = defaultdict(list)


def _parts_of(
    connection: Connection, listed: set[str], wanted: list[ColumnElement[bool]]
) -> _Parts:
    ids = select(alert.c.id).where(*wanted)
    # Interim measures are asked for by the measure they stand in for, not by the alert itself.
    asked = select(asker.c.measure).where(asker.c.asker.in_(ids))
    asking = asker.c.asker.in_(union(ids, asked))
    of_these = select(asker.c.measure).where(asking)
    parts = _Parts()
    holders = _measures(connection, asking, parts, listed)
    _deliveries(connection, _hanging(notice.c.id, ids, of_these), holders, parts)
    _acknowledgements(connection, _hanging(answer.c.id, ids, of_these), holders, parts)
    _escalations(connection, _hanging(escalation.c.n, ids, of_these), holders, parts)
    return parts


def _hanging(key: Column[Any], ids: Select[Any], of_measures: Select[Any]) -> ColumnElement[bool]:
    """Condition: the row with this key hangs on one of the alerts or measures.

    Each of the two is found by its own index; joined by "or", PostgreSQL reads the whole table.
    """
    of = key.table.c
    by_alert = select(key).where(of.alert.in_(ids))
    return key.in_(union(by_alert, select(key).where(of.measure.in_(of_measures))))


def _measures(
    connection: Connection, which: ColumnElement[bool], parts: _Parts, listed: set[str]
) -> dict[str, set[str]]:
    """Fill in the measures; gives for each measure the alerts it is asked for by."""
    rows = connection.execute(
        select(measure, asker.c.asker)
        .join(asker, asker.c.measure == measure.c.id)
        .where(which)
        .order_by(measure.c.measure, measure.c.object, measure.c.carrier, measure.c.number)
    ).all()
    holders: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.asker in listed:
            holders[row.id].add(row.asker)
    for row in rows:
        if row.asker not in listed:
            holders[row.id] |= holders[row.asker]
    seen: set[str] = set()
    for row in rows:
        if row.id not in seen:
            seen.add(row.id)
            for held in holders[row.id]:
                parts.measures[held].append(row)
    return holders


def _deliveries(
    connection: Connection,
    which: ColumnElement[bool],
    holders: dict[str, set[str]],
    parts: _Parts,
) -> None:
    rows = connection.execute(
        select(delivery.c.id, delivery.c.person, delivery.c.channel, delivery.c.state,
               delivery.c.at, notice.c.alert, notice.c.measure)
        .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
        .join(notice, notice.c.id == delivery_notice.c.notice)
        .where(which)
        .order_by(delivery.c.created, delivery.c.person, delivery.c.channel, delivery.c.band,
                  delivery.c.round, delivery.c.id)
    )  # fmt: skip
    seen: set[tuple[str, int]] = set()
    for row in rows:
        for held in {row.alert} | holders.get(row.measure, set()):
            if held and (held, row.id) not in seen:
                seen.add((held, row.id))
                parts.deliveries[held].append(
                    {"person": row.person, "channel": row.channel, "state": row.state,
                     "at": utc(row.at)}
                )  # fmt: skip


def _acknowledgements(
    connection: Connection,
    which: ColumnElement[bool],
    holders: dict[str, set[str]],
    parts: _Parts,
) -> None:
    rows = connection.execute(
        select(answer)
        .where(answer.c.act == "acknowledge", answer.c.outcome == "taken")
        .where(which)
        .order_by(answer.c.at, answer.c.person, answer.c.id)
    )
    for row in rows:
        for held in {row.alert} | holders.get(row.measure, set()):
            said = {"person": row.person, "channel": row.channel, "at": utc(row.at)}
            # One answer to a message of several measures is one acknowledgement.
            if held and said not in parts.acknowledgements[held]:
                parts.acknowledgements[held].append(said)


def _escalations(
    connection: Connection,
    which: ColumnElement[bool],
    holders: dict[str, set[str]],
    parts: _Parts,
) -> None:
    rows = connection.execute(
        select(escalation)
        .where(which)
        .order_by(escalation.c.at, escalation.c.from_post, escalation.c.to_post, escalation.c.n)
    )
    for row in rows:
        for held in {row.alert} | holders.get(row.measure, set()):
            if held:
                parts.escalations[held].append(
                    {"from": row.from_post, "to": row.to_post, "at": utc(row.at),
                     "reason": row.reason}
                )  # fmt: skip


def _alert(row: Any, parts: _Parts, places: Places, book: Titles) -> Row:
    return {
        "id": row.id,
        "realm": row.realm,
        "exercise": bool(row.exercise),
        "rule": row.rule,
        "title": _title(book.rules_by_id.get(row.rule), row.rule),
        "sector": row.sector,
        "hazard": row.hazard,
        "place": row.place,
        "place_name": place_name(places, row.place),
        "state": row.state,
        "level": level_name(row.level),
        "peak": level_name(row.peak),
        "official": level_name(row.official),
        "opened": utc(row.opened),
        "onset": utc(row.onset),
        "until": utc(row.until),
        "lead": _lead(row.onset, row.woken),
        "updated": utc(row.updated),
        "closed": utc(row.closed),
        "held_by_unknown": utc(row.held_by_unknown),
        "kept_by": row.kept_by,
        "why": row.why,
        "measures": [_measure(one, places, book) for one in parts.measures[row.id]],
        "deliveries": parts.deliveries[row.id],
        "acknowledgements": parts.acknowledgements[row.id],
        "escalations": parts.escalations[row.id],
    }


def _measure(row: Any, places: Places, book: Titles) -> Row:
    definition = book.measures.get(row.measure)
    return {
        "id": row.id,
        "measure": row.measure,
        "title": title_of(book, row.measure, row.title),
        "object": row.object,
        "object_name": place_name(places, row.object),
        "carrier": row.carrier,
        "arguments": row.arguments,
        "day": row.day,
        "said": {language: said_with_day(definition, row, places.by_id.get(row.object), language)
                 for language in LANGUAGES},
        # Beside the like of it elsewhere, where each has its place already.
        "said_apart": {language: said_with_day(definition, row, None, language)
                       for language in LANGUAGES},
        "exempts": {language: definition.passes(row.arguments, language) if definition else []
                    for language in LANGUAGES},
        "form": bool(definition is not None and definition.returns),
        "state": row.state,
        "waits": row.waits,
        "gate": bool(row.gate or (definition and definition.gate)),
        "attested": utc(row.attested),
        "attested_by": row.attested_by,
        "level": level_name(row.level),
        "decider": row.decider,
        "decided_by": row.decided_by,
        "ahead": utc(row.ahead),
        "unconfirmed": unconfirmed(row),
        "signed": row.signed,
        "corrects": row.corrects,
        "put": row.put,
        "lifter": row.lifter,
        "proposed": utc(row.proposed),
        "issued": utc(row.issued),
        "acknowledged": utc(row.acknowledged),
        "in_force": utc(row.in_force),
        "due": utc(row.due),
        "begins": utc(row.begins),
        "ends": utc(row.ends),
        "overdue": utc(row.overdue),
        "cannot": utc(row.cannot),
        "ended": utc(row.ended),
        "successor": row.successor,
    }  # fmt: skip


def said_with_day(definition: Any, row: Any, place: Any, language: Any) -> str:
    """What is said of a measure beside its title: its day, its arguments at its place."""
    day = day_in_words(row.day, language) if row.day else ""
    said = said_of(definition, row.arguments, place, language) if definition else ""
    return (" " if language == "zh" else ", ").join(part for part in (day, said) if part)


def place_name(places: Places, place_id: str) -> dict[str, str]:
    place = places.by_id.get(place_id)
    if place is None:  # it has left the county's tables; its alerts keep its id
        return {"zh": place_id, "en": place_id}
    return {"zh": place.called("zh"), "en": place.called("en")}


def _title(named: Any, key: str) -> dict[str, str]:
    title = getattr(named, "title", None)
    return dict(title) if title else {"zh": key, "en": key}


def _lead(onset: datetime | None, woken: datetime | None) -> int | None:
    if onset is None or woken is None:
        return None
    return round((onset - woken).total_seconds() / 60)
