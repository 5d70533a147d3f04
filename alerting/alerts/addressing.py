"""To whom a measure falls: its objects and the posts that carry, decide and lift it."""

from __future__ import annotations

from alerting.alerts.ledger import Ledger
from alerting.people import Post
from alerting.places import Place


def addressed(ledger: Ledger, name: str, place: Place, sector: str) -> list[tuple[str, Post]]:
    """Whom a measure at a place falls to: (object, carrier's post).

    A zone's measure carried by enterprises is one measure for each site of the sector in the zone.
    What falls to nobody falls to the duty office.
    """
    definition = ledger.life.measure(name)
    objects = [place.id]
    if place.kind == "zone" and definition.carrier == "enterprise":
        sites = ledger.life.places.sites_in(place.id, definition.sector or sector)
        objects = [site.id for site in sites]
    found: list[tuple[str, Post]] = []
    for one in objects:
        post = post_for(ledger, definition.carrier, definition.sector or sector, one)
        if post is not None:
            found.append((one, post))
    return found


def post_for(ledger: Ledger, tier: str | None, sector: str, place: str) -> Post | None:
    """tier(sector) nearest up from the place, else the duty office; None without a tier."""
    if not tier:
        return None
    return ledger.resolve(tier, sector, place) or ledger.resolve("duty-office", "", place)
