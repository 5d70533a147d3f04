"""The register of people as the database has it, for commands that name one."""

from __future__ import annotations

from alerting.cli.given import store_of
from alerting.errors import BadInput
from alerting.people import person_by_id
from alerting.runtime import RealRuntime
from alerting.service.clock import LIVE
from alerting.service.config import Config
from alerting.service.county import load_county, sync_people
from alerting.store import Store


def register_of(config: Config, person: str) -> Store:
    """The database, in which `person` stands; the county's files are read in where they must be.

    Raises BadInput for a person who is in neither.
    """
    store = store_of(config)
    if not _knows(store, person):  # the service may never have run here
        county, now = load_county(config), RealRuntime().now()
        store.write(lambda c: sync_people(c, county, LIVE, now))
    if not _knows(store, person):
        raise BadInput(
            f"there is no person {person!r}", where=str(config.county.people),
            mend="Add a line there, or `suian import people FILE`.",
        )  # fmt: skip
    return store


def _knows(store: Store, person: str) -> bool:
    with store.read() as connection:
        return person_by_id(connection, person) is not None
