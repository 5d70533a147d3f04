"""The life of a measure: what somebody must do, held by all who ask, whoever asks first.

    proposed → approved → issued → acknowledged → in force → lift proposed → attested → lifted

At most one is open for each (realm, measure, object, carrier); the strictest argument of all askers
wins; a stricter one is a new version of the same measure, issued again. When the last asker goes it is
lifted, or its lifting is proposed where a check is due. Each change is guarded by the state it starts
from, so that of two answers at once one wins and the other is told.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from alerting.alerts.life import Life
from alerting.alerts.notices import Facts, posts_told, tell
from alerting.audit import record
from alerting.people import Post, post_by_id, resolve
from alerting.places import Place
from alerting.store.schema import alert, asker, measure

OPEN_WORK = ("issued", "acknowledged", "in force")

# Asked several times for every alert of a front: made once, for SQLAlchemy takes longer to put such a
# statement together than SQLite to answer it.
_BY_ID = select(measure).where(measure.c.id == bindparam("key"))
_SAME = (
    (measure.c.realm == bindparam("realm")) & (measure.c.measure == bindparam("name"))
    & (measure.c.object == bindparam("object")) & (measure.c.carrier == bindparam("carrier"))
)  # fmt: skip
_OPEN = select(measure).where(_SAME, measure.c.ended.is_(None))
_HIGHEST = select(func.max(measure.c.number)).where(_SAME)
_CHANGE = update(measure).where(measure.c.id == bindparam("key"))
_ASKER = select(asker).where(
    asker.c.measure == bindparam("key"), asker.c.asker == bindparam("by")
)  # fmt: skip
_ASKING_ALERT = (
    select(asker.c.asker)
    .join(alert, alert.c.id == asker.c.asker)
    .where(asker.c.measure == bindparam("key"))
    .order_by(asker.c.ended.is_not(None), asker.c.since, asker.c.asker)
    .limit(1)
)


def ask(
    connection: Connection,
    life: Life,
    name: str,
    place: Place,
    arguments: dict[str, Any],
    facts: Facts,
    by: str,
    at: datetime,
    interim_for: str | None = None,
) -> list[str]:
    """Ask for a measure at a place on behalf of `by` (an alert id, "person:…", a measure's id).

    Gives the ids of the measures that are new or were issued again because of it.
    """
    changed: list[str] = []
    for object_id, carrier in _addressed(connection, life, name, place, facts.sector):
        here = facts.saying(place=object_id)
        held = _open_one(connection, life.realm, name, object_id, carrier.id)
        if held is None:
            changed.append(_propose(connection, life, name, object_id, carrier, arguments, here,
                                    by, at, interim_for))  # fmt: skip
        elif _join(connection, life, held, arguments, here, by, at):
            changed.append(held.id)
    return changed


def drop(
    connection: Connection, life: Life, by: str, keep: set[str], facts: Facts, at: datetime
) -> None:
    """`by` no longer asks for any measure but those named in `keep`."""
    rows = connection.execute(
        select(asker.c.measure, measure.c.measure.label("name"))
        .join(measure, measure.c.id == asker.c.measure)
        .where(asker.c.asker == by, asker.c.ended.is_(None))
        .order_by(asker.c.measure)
    ).all()
    for row in rows:
        if row.name in keep:
            continue
        connection.execute(
            update(asker)
            .where(asker.c.measure == row.measure, asker.c.asker == by)
            .values(ended=at)
        )
        _settle(connection, life, row.measure, facts, at)


def acknowledge(connection: Connection, life: Life, measure_id: str, by: str, at: datetime) -> bool:
    return _move(connection, life, measure_id, ("issued",), "acknowledged", by, at,
                 acknowledged=at)  # fmt: skip


def in_force(connection: Connection, life: Life, measure_id: str, by: str, at: datetime) -> bool:
    done = _move(connection, life, measure_id, ("issued", "acknowledged"), "in force", by, at,
                 in_force=at, cannot=None)  # fmt: skip
    if done:
        _end_interim(connection, life, measure_id, at)
    return done


def cannot(
    connection: Connection, life: Life, measure_id: str, by: str, at: datetime, reason: str
) -> bool:
    """The carrier cannot: a flag with its time; the state stays and the chase goes on."""
    row = _row(connection, measure_id)
    if row is None or row.state not in OPEN_WORK:
        return False
    back = "acknowledged" if row.state == "in force" else row.state
    connection.execute(
        update(measure)
        .where(measure.c.id == measure_id, measure.c.state == row.state)
        .values(cannot=at, state=back, in_force=None)
    )
    record(connection, life.realm, at, by, "cannot carry out", measure_id, {"reason": reason})
    return True


def overdue(connection: Connection, life: Life, measure_id: str, at: datetime) -> bool:
    """Its time to be in force has passed: a flag with its time."""
    result = connection.execute(
        update(measure)
        .where(
            measure.c.id == measure_id,
            measure.c.state.in_(["issued", "acknowledged"]),
            measure.c.overdue.is_(None),
        )
        .values(overdue=at)
    )
    if result.rowcount:
        record(connection, life.realm, at, "service", "overdue", measure_id, {})
    return bool(result.rowcount)


def approve(connection: Connection, life: Life, measure_id: str, by: str, at: datetime) -> bool:
    """The decider has signed: from here on it is ordered, not proposed."""
    done = _move(connection, life, measure_id, ("proposed",), "approved", by, at, decided_by=by)
    if done:
        _issue(connection, life, measure_id, _facts_of(connection, life, measure_id), at)
    return done


def refuse(
    connection: Connection, life: Life, measure_id: str, by: str, at: datetime, reason: str
) -> bool:
    row = _row(connection, measure_id)
    done = _end(connection, life, measure_id, ("proposed",), "refused", by, at, reason)
    if done and row is not None:
        facts = _facts_of(connection, life, measure_id)
        _tell_carrier(connection, life, row, "refused", facts.saying(
            reason={"zh": reason, "en": reason}, by=by), at, wants="")  # fmt: skip
        _end_interim(connection, life, measure_id, at)
    return done


def attest(connection: Connection, life: Life, measure_id: str, by: str, at: datetime) -> bool:
    """The check before lifting is done: it is lifted, and its carrier told."""
    if not _move(connection, life, measure_id, ("lift proposed",), "attested", by, at):
        return False
    _lift(connection, life, measure_id, _facts_of(connection, life, measure_id), by, at)
    return True


def withdraw(
    connection: Connection, life: Life, measure_id: str, by: str, at: datetime, reason: str
) -> bool:
    """By hand, with a reason; it reaches everyone the order reached."""
    row = _row(connection, measure_id)
    if row is None or row.ended is not None:
        return False
    connection.execute(
        update(asker).where(asker.c.measure == measure_id, asker.c.ended.is_(None)).values(ended=at)
    )
    facts = _facts_of(connection, life, measure_id)
    _end(connection, life, measure_id, (row.state,), "withdrawn", by, at, reason)
    said = facts.saying(
        reason={"zh": reason, "en": reason}, by=by, place=row.object,
        measures=(describe(row, life.book.measures[row.measure]),),
    )  # fmt: skip
    for post_id in sorted(posts_told(connection, measure=measure_id)):
        post = post_by_id(connection, post_id)
        if post is not None:
            tell(connection, life.realm, "withdrawn", post, said, at, measure=measure_id,
                 alert=_alert_of(connection, measure_id))  # fmt: skip
    _end_interim(connection, life, measure_id, at)
    return True


def strictest(declared: dict[str, Any], sets: list[dict[str, Any]]) -> dict[str, Any]:
    """The strictest of several argument sets, by what each argument declares."""
    out: dict[str, Any] = {}
    for name, declaration in declared.items():
        given = [s[name] for s in sets if name in s]
        if not given:
            continue
        if declaration.stricter == "union":
            out[name] = sorted({x for g in given for x in (g if isinstance(g, list) else [g])})
        else:
            out[name] = (min if declaration.stricter == "lower" else max)(given)
    return out


def describe(row: Any, definition: Any) -> dict[str, Any]:
    """A measure as notices carry it."""
    return {
        "id": row.id,
        "measure": row.measure,
        "arguments": row.arguments,
        "object": row.object,
        "state": row.state,
        "form": definition.form,
    }


def _addressed(
    connection: Connection, life: Life, name: str, place: Place, sector: str
) -> list[tuple[str, Post]]:
    """Whom a measure at a place falls to: (object, carrier's post).

    A zone's measure carried by enterprises is one measure for each site of the sector in the zone.
    What falls to nobody falls to the duty office.
    """
    definition = life.book.measures[name]
    objects = [place.id]
    if place.kind == "zone" and definition.carrier == "enterprise":
        objects = [p.id for p in life.places.sites_in(place.id, definition.sector or sector)]
    found: list[tuple[str, Post]] = []
    for one in objects:
        post = resolve(
            connection, life.places, definition.carrier, definition.sector or sector, one
        ) or resolve(connection, life.places, "duty-office", "", one)
        if post is not None:
            found.append((one, post))
    return found


def _propose(
    connection: Connection,
    life: Life,
    name: str,
    object_id: str,
    carrier: Post,
    arguments: dict[str, Any],
    facts: Facts,
    by: str,
    at: datetime,
    interim_for: str | None,
) -> str:
    definition = life.book.measures[name]
    sector = definition.sector or facts.sector
    same = _same(life.realm, name, object_id, carrier.id)
    number = 1 + (connection.execute(_HIGHEST, same).scalar_one() or 0)
    measure_id = f"{life.realm}.{name}.{object_id}.{carrier.id}.{number}"
    decider = _post(connection, life, definition.decider, sector, object_id)
    lifter = _post(connection, life, definition.lifter, sector, object_id)
    connection.execute(
        insert(measure),
        {
            "id": measure_id, "realm": life.realm, "measure": name, "object": object_id,
            "carrier": carrier.id, "number": number, "state": "proposed", "level": facts.level,
            "arguments": arguments, "decider": decider.id if decider else None,
            "lifter": lifter.id if lifter else None, "interim_for": interim_for, "proposed": at,
        },
    )  # fmt: skip
    connection.execute(
        insert(asker),
        {
            "measure": measure_id, "asker": by, "realm": life.realm, "level": facts.level,
            "arguments": arguments, "since": at,
        },
    )  # fmt: skip
    record(connection, life.realm, at, by, "propose measure", measure_id,
           {"arguments": arguments, "level": facts.level})  # fmt: skip
    if decider is None:
        connection.execute(_CHANGE, {"key": measure_id, "state": "approved"})
        _issue(connection, life, measure_id, facts, at)
    else:
        _ask_decider(connection, life, measure_id, decider, facts, at)
        for interim in definition.interim:
            ask(connection, life, interim, life.places.by_id[object_id], {}, facts,
                measure_id, at, interim_for=measure_id)  # fmt: skip
    return measure_id


def _join(
    connection: Connection,
    life: Life,
    held: Any,
    arguments: dict[str, Any],
    facts: Facts,
    by: str,
    at: datetime,
) -> bool:
    """Another asker, or the same with other arguments or level. True where it is issued again."""
    known = connection.execute(_ASKER, {"key": held.id, "by": by}).one_or_none()
    values = {"level": facts.level, "arguments": arguments, "ended": None}
    if known is None:
        connection.execute(
            insert(asker),
            {
                "measure": held.id,
                "asker": by,
                "realm": life.realm,
                "since": at,
                **values,
            },
        )
    elif known.ended is None and (known.level, known.arguments) == (facts.level, arguments):
        return False
    else:
        connection.execute(
            update(asker).where(asker.c.measure == held.id, asker.c.asker == by).values(**values)
        )
    return _settle(connection, life, held.id, facts, at)


def _settle(
    connection: Connection, life: Life, measure_id: str, facts: Facts, at: datetime
) -> bool:
    """Make the measure what its askers now ask. True where it was issued or proposed again."""
    row = _row(connection, measure_id)
    if row is None or row.ended is not None:
        return False
    askers = connection.execute(
        select(asker).where(asker.c.measure == measure_id, asker.c.ended.is_(None))
    ).all()
    if not askers:
        _no_longer_asked(connection, life, row, facts, at)
        return False
    definition = life.book.measures[row.measure]
    arguments = strictest(definition.arguments, [a.arguments for a in askers])
    level = max(a.level for a in askers)
    revived = row.state in ("lift proposed", "attested")
    stricter = arguments != row.arguments and strictest(
        definition.arguments, [arguments, row.arguments]
    ) == arguments  # fmt: skip
    risen = level > row.level
    if (arguments, level) == (row.arguments, row.level) and not revived:
        return False
    again = stricter or risen or revived
    values: dict[str, Any] = {"arguments": arguments, "level": level}
    if again and row.state != "proposed":
        values |= {"version": row.version + 1}
    connection.execute(update(measure).where(measure.c.id == measure_id).values(**values))
    record(connection, life.realm, at, "service", "change measure", measure_id,
           {"arguments": arguments, "level": level, "was": [row.arguments, row.level]})  # fmt: skip
    if not again:
        _tell_carrier(connection, life, _row(connection, measure_id), "update", facts, at, wants="")
        return False
    if row.state == "proposed":
        decider = post_by_id(connection, row.decider) if row.decider else None
        if decider:
            _ask_decider(connection, life, measure_id, decider, facts.saying(level=level), at)
        return True
    _issue(connection, life, measure_id, facts.saying(level=level), at,
           kind="tighten" if stricter or revived else "raise")  # fmt: skip
    return True


def _issue(
    connection: Connection,
    life: Life,
    measure_id: str,
    facts: Facts,
    at: datetime,
    kind: str = "order",
) -> None:
    """Order it from its carrier, who must acknowledge and then report it in force."""
    row = _row(connection, measure_id)
    definition = life.book.measures[row.measure]
    minutes = definition.by_minutes or life.policy.in_force_minutes
    due = at + timedelta(minutes=minutes)
    # What is in force already and only rises stays in force; it is acknowledged anew.
    state = "in force" if kind == "raise" and row.state == "in force" else "issued"
    connection.execute(_CHANGE, {
        "key": measure_id, "state": state, "issued": row.issued or at, "due": due, "overdue": None,
        "cannot": None, "acknowledged": None,
    })  # fmt: skip
    record(connection, life.realm, at, "service", "issue measure", measure_id,
           {"due": due.isoformat(), "kind": kind})  # fmt: skip
    _tell_carrier(connection, life, _row(connection, measure_id), kind, facts.saying(due=due), at,
                  wants="acknowledge")  # fmt: skip


def _ask_decider(
    connection: Connection, life: Life, measure_id: str, decider: Post, facts: Facts, at: datetime
) -> None:
    """The decider is told what, where, and by when it must be decided: onset less the muster time."""
    row = _row(connection, measure_id)
    definition = life.book.measures[row.measure]
    by = None
    if facts.onset is not None:
        by = max(at, facts.onset - timedelta(minutes=definition.muster_minutes))
    tell(connection, life.realm, "decide", decider, facts.saying(
        measures=(describe(row, definition),), due=by), at,
        alert=_alert_of(connection, measure_id), measure=measure_id, wants="decision")  # fmt: skip


def _no_longer_asked(
    connection: Connection, life: Life, row: Any, facts: Facts, at: datetime
) -> None:
    definition = life.book.measures[row.measure]
    if row.state in ("proposed", "approved"):
        _end(connection, life, row.id, (row.state,), "withdrawn", "service", at, "no longer asked")
        decider = post_by_id(connection, row.decider) if row.decider else None
        if decider:
            tell(connection, life.realm, "lifted", decider, facts.saying(
                measures=(describe(row, definition),)), at, measure=row.id,
                alert=_alert_of(connection, row.id))  # fmt: skip
        _end_interim(connection, life, row.id, at)
    elif definition.check and row.state in OPEN_WORK:
        connection.execute(
            update(measure).where(measure.c.id == row.id).values(state="lift proposed")
        )
        record(connection, life.realm, at, "service", "propose lift", row.id, {})
        lifter = post_by_id(connection, row.lifter) if row.lifter else None
        to = lifter or post_by_id(connection, row.carrier)
        if to is not None:
            tell(connection, life.realm, "check", to, facts.saying(
                measures=(describe(row, definition),)), at, measure=row.id, wants="check",
                alert=_alert_of(connection, row.id))  # fmt: skip
    elif row.state in OPEN_WORK:
        _lift(connection, life, row.id, facts, "service", at)


def _lift(
    connection: Connection, life: Life, measure_id: str, facts: Facts, by: str, at: datetime
) -> None:
    row = _row(connection, measure_id)
    _end(connection, life, measure_id, (row.state,), "lifted", by, at, "")
    _tell_carrier(connection, life, row, "lifted", facts, at, wants="")
    _end_interim(connection, life, measure_id, at)


def _end_interim(connection: Connection, life: Life, measure_id: str, at: datetime) -> None:
    """What stood in for this measure is no longer asked on its behalf."""
    facts = _facts_of(connection, life, measure_id)
    drop(connection, life, measure_id, set(), facts, at)


def _move(
    connection: Connection,
    life: Life,
    measure_id: str,
    come_from: tuple[str, ...],
    to: str,
    by: str,
    at: datetime,
    **values: Any,
) -> bool:
    result = connection.execute(
        update(measure)
        .where(measure.c.id == measure_id, measure.c.state.in_(come_from))
        .values(state=to, **values)
    )
    if result.rowcount:
        record(connection, life.realm, at, by, to, measure_id, {})
    return bool(result.rowcount)


def _end(
    connection: Connection,
    life: Life,
    measure_id: str,
    come_from: tuple[str, ...],
    how: str,
    by: str,
    at: datetime,
    reason: str,
) -> bool:
    result = connection.execute(
        update(measure)
        .where(measure.c.id == measure_id, measure.c.state.in_(come_from))
        .values(state=how, ended=at, end_reason=reason)
    )
    if result.rowcount:
        record(connection, life.realm, at, by, how, measure_id, {"reason": reason})
    return bool(result.rowcount)


def _tell_carrier(
    connection: Connection, life: Life, row: Any, kind: str, facts: Facts, at: datetime, wants: str
) -> None:
    carrier = post_by_id(connection, row.carrier)
    if carrier is None:
        return
    definition = life.book.measures[row.measure]
    tell(connection, life.realm, kind, carrier, facts.saying(
        place=row.object, measures=(describe(row, definition),)), at,
        alert=_alert_of(connection, row.id), measure=row.id, wants=wants)  # fmt: skip


def _facts_of(connection: Connection, life: Life, measure_id: str) -> Facts:
    """The facts of a measure where no alert is at hand to give them."""
    row = _row(connection, measure_id)
    definition = life.book.measures[row.measure]
    from alerting.alerts.episodes import facts_of_alert

    alert_id = _alert_of(connection, measure_id)
    held = facts_of_alert(connection, life, alert_id) if alert_id else None
    if held is not None:
        return held.saying(place=row.object, level=row.level)
    return Facts(definition.sector, "", row.object, row.level)


def _alert_of(connection: Connection, measure_id: str) -> str | None:
    """The alert that asks for it (the first still asking), for the notice to hang on."""
    return connection.execute(_ASKING_ALERT, {"key": measure_id}).scalar_one_or_none()


def _post(
    connection: Connection, life: Life, tier: str | None, sector: str, place: str
) -> Post | None:
    if not tier:
        return None
    return resolve(connection, life.places, tier, sector, place) or resolve(
        connection, life.places, "duty-office", "", place
    )


def _open_one(
    connection: Connection, realm: str, name: str, object_id: str, carrier: str
) -> Any | None:
    return connection.execute(_OPEN, _same(realm, name, object_id, carrier)).one_or_none()


def _same(realm: str, name: str, object_id: str, carrier: str) -> dict[str, str]:
    return {"realm": realm, "name": name, "object": object_id, "carrier": carrier}


def _row(connection: Connection, measure_id: str) -> Any:
    return connection.execute(_BY_ID, {"key": measure_id}).one_or_none()
