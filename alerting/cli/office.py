"""Speaking to the running service, as a person of the county, with a token that lives for one call."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import requests
from sqlalchemy import delete, insert, select

from alerting.cli.given import store_of
from alerting.errors import BadInput, Refused, SuianError
from alerting.runtime import RealRuntime
from alerting.service.address import address_of
from alerting.service.config import Config
from alerting.store import Store
from alerting.store.schema import alert, measure, person, token
from alerting.web.roles import ROLES

TIMEOUT = (3, 30)  # seconds to connect, to answer
LONGEST_CALL = timedelta(minutes=5)


def post(
    config: Config,
    path: str,
    body: dict[str, Any],
    role: str,
    who: str = "",
    *,
    as_form: bool = False,
) -> Any:
    """POST to the running service as `who`; nobody need be named where one person alone may.

    Raises BadInput where it is not clear who speaks, Refused where they may not or with the service's
    own words, SuianError when none runs.
    """
    store = store_of(config)
    try:
        with _token(store, role, who) as given:
            return _answer(config, path, body, given, as_form)
    finally:
        store.close()


@contextmanager
def _token(store: Store, role: str, who: str) -> Iterator[str]:
    """A token for one call. It has no audit entry: what is done with it has, in the person's name."""
    runtime = RealRuntime()
    speaker = _speaker(store, role, who)
    made, now = "suian_" + runtime.token(32), runtime.now()
    digest = hashlib.sha256(made.encode()).hexdigest()
    given = {"digest": digest, "person": speaker, "role": role, "label": "command line",
             "created": now, "expires": now + LONGEST_CALL}  # fmt: skip
    store.write(lambda c: c.execute(insert(token).values(given)))
    try:
        yield made
    finally:
        store.write(lambda c: c.execute(delete(token).where(token.c.digest == digest)))


def _speaker(store: Store, role: str, who: str) -> str:
    """The person in whose name it is done."""
    with store.read() as connection:
        rows = connection.execute(select(person).where(person.c.active).order_by(person.c.id)).all()
    people = {row.id: row for row in rows}
    may = [row for row in rows if row.role in ROLES[ROLES.index(role) :]]
    named = f"Who may: {', '.join(f'{row.id} ({row.name})' for row in may) or 'nobody yet'}."
    how = f"{named} Say who does it: --as ID, or SUIAN_AS=ID for all commands."
    if who and who not in people:
        raise BadInput(f"there is no person {who!r}", mend=how)
    if who and people[who] not in may:
        raise Refused(f"{who} has the role {people[who].role}; this needs {role}", mend=how)
    if who:
        return who
    if not may:
        raise BadInput(
            f"nobody in the database has the role {role}",
            mend="Start the service once (`suian serve`) or `suian import people FILE`, with"
            f" somebody whose role is {' or '.join(ROLES[ROLES.index(role) :])}.",
        )
    if len(may) > 1:
        raise BadInput("several people may do this, and the log names who did", mend=how)
    return str(may[0].id)


def _answer(config: Config, path: str, body: dict[str, Any], given: str, as_form: bool) -> Any:
    at = address_of(config)
    try:
        got = requests.post(
            f"{at}{path}", data=body if as_form else None, json=None if as_form else body,
            headers={"Authorization": f"Bearer {given}"}, timeout=TIMEOUT, allow_redirects=False,
        )  # fmt: skip
    except requests.RequestException:
        raise SuianError(
            f"no service answers on {at}: nothing was done",
            mend="Start it with `suian serve` (or `make run`) in this county's folder and repeat the"
            " command.",
        ) from None
    try:
        said = got.json()
    except ValueError:
        said = {}
    if got.ok:
        return said
    detail = said.get("detail") or f"HTTP {got.status_code}"
    if got.status_code == 401:
        detail, said = "the service does not know our token: it uses another database", {
            "mend": "Give the --config with which it was started.",
        }  # fmt: skip
    if got.status_code >= 500:
        raise SuianError(f"the service failed: {detail}", mend=str(said.get("mend", "")))
    refused = f"{said['zh']} the service refuses" if "zh" in said else "the service refuses"
    raise Refused(f"{refused}: {detail}", mend=str(said.get("mend", "")))


def kind_of(config: Config, key: str) -> str:
    """Whether an id is that of an "alert" or of a "measure". Raises BadInput for neither."""
    store = store_of(config)
    try:
        with store.read() as connection:
            for kind, table in (("alert", alert), ("measure", measure)):
                if connection.execute(select(table.c.id).where(table.c.id == key)).first():
                    return kind
    finally:
        store.close()
    raise BadInput(
        f"there is no alert and no measure {key!r}",
        mend="The page, or GET /api/v1/alerts?state=all, shows their ids.",
    )


def say_next(answer: dict[str, Any]) -> None:
    """Print what became of it and what happens next, in both languages. Raises Refused where it was
    not done."""
    said = answer["next"]
    words = f"{said['zh']} {said['en']}"
    if answer["outcome"] in ("late", "refused", "not-understood"):
        raise Refused(words)
    print(words)
