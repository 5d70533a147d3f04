"""Speaking to the running service, as a person of the county, with a token that lives for one call."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from sqlalchemy import select, update

from alerting.cli.given import store_of
from alerting.errors import BadInput, Refused, SuianError
from alerting.runtime import RealRuntime
from alerting.service.address import address_of
from alerting.service.config import Config
from alerting.store import Store
from alerting.store.schema import person, token
from alerting.web.auth import ROLES, create_token

TIMEOUT = (3, 30)  # seconds to connect, to answer


def post(
    config: Config,
    path: str,
    body: dict[str, Any],
    role: str,
    who: str = "",
    *,
    as_form: bool = False,
) -> Any:
    """POST to the running service as `who`, or as the first person who has `role`.

    Raises BadInput where nobody may, Refused with the service's own words, SuianError when none runs.
    """
    store = store_of(config)
    try:
        with _token(store, role, who) as given:
            return _answer(config, path, body, given, as_form)
    finally:
        store.close()


@contextmanager
def _token(store: Store, role: str, who: str) -> Iterator[str]:
    runtime = RealRuntime()
    speaker = who or _first_who_may(store, role)
    made = store.write(
        lambda c: create_token(c, speaker, role, None, "command line", runtime.now(), runtime)
    )
    digest = hashlib.sha256(made.encode()).hexdigest()
    try:
        yield made
    finally:
        store.write(
            lambda c: c.execute(
                update(token).where(token.c.digest == digest).values(revoked=runtime.now())
            )
        )


def _first_who_may(store: Store, role: str) -> str:
    may = ROLES[ROLES.index(role) :]
    with store.read() as connection:
        found = connection.execute(
            select(person.c.id).where(person.c.active, person.c.role.in_(may)).order_by(person.c.id)
        ).scalars().first()  # fmt: skip
    if found is None:
        raise BadInput(
            f"nobody in the database has the role {role}",
            mend="Start the service once (`suian serve`) or `suian import people FILE`, with"
            f" somebody whose role is {' or '.join(may)}.",
        )
    return found


def _answer(config: Config, path: str, body: dict[str, Any], given: str, as_form: bool) -> Any:
    at = address_of(config)
    try:
        got = requests.post(
            f"{at}{path}", data=body if as_form else None, json=None if as_form else body, timeout=TIMEOUT,
            headers={"Authorization": f"Bearer {given}"}, allow_redirects=False,
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
    raise Refused(f"the service refuses: {detail}", mend=str(said.get("mend", "")))


def say_next(answer: dict[str, Any]) -> None:
    """Print what became of it and what happens next, in both languages. Raises Refused where it was
    not done."""
    said = answer["next"]
    words = f"{said['zh']} {said['en']}"
    if answer["outcome"] in ("late", "refused", "not-understood"):
        raise Refused(words)
    print(words)
