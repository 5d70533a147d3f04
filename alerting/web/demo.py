"""Logging in with one click: only in a fictional county, whose people are nobody."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from itsdangerous import BadData
from sqlalchemy import Connection, func, select

from alerting.errors import Refused
from alerting.people import on_duty
from alerting.store.schema import person, post
from alerting.web.desk import Station
from alerting.web.logins import keys, signer
from alerting.web.problems import Problem
from alerting.web.roles import ROLES

DEMO_LINK = timedelta(days=7)


def demo_link(station: Station, person_id: str) -> str:
    """An address that logs a demo person in with one click; only where the county is fictional."""
    if not station.config.county.fictional:
        raise Refused("login links exist only in a fictional county",
                      zh="一键登录链接只在虚构县提供。")  # fmt: skip
    until = station.runtime.now() + DEMO_LINK
    said = {"person": person_id, "until": until.isoformat()}
    signed = signer(keys(station.store, station.runtime), "demo").dumps(said)
    return f"{station.config.url}/login/{signed}"


def demo_people(connection: Connection, station: Station) -> list[dict[str, str]]:
    """Who can be logged in with one click, the most powerful first: name, role, post, link."""
    rows = connection.execute(
        select(person.c.id, person.c.name, person.c.name_en, person.c.role,
               func.min(post.c.title).label("title"), func.min(post.c.title_en).label("title_en"))
        .outerjoin(on_duty, on_duty.c.person == person.c.id)
        .outerjoin(post, post.c.id == on_duty.c.post)
        .where(person.c.active)
        .group_by(person.c.id)
    ).all()  # fmt: skip
    rows = sorted(rows, key=lambda r: (-ROLES.index(r.role), r.id))
    return [
        {"id": r.id, "zh": r.name, "en": r.name_en or r.name, "role": r.role,
         "post_zh": r.title or "", "post_en": r.title_en or r.title or "",
         "path": urlsplit(demo_link(station, r.id)).path}
        for r in rows
    ]  # fmt: skip


def demo_person(station: Station, secret: bytes, signed: str) -> str:
    """Whom a demo link logs in; 404 where it is forged, too old or the county is a real one."""
    gone = Problem(404, "this login link is unknown or too old", "Take a new one from the terminal.",
                   zh="登录链接无效或已过期，请从终端取新的链接。")  # fmt: skip
    if not station.config.county.fictional:
        raise gone
    try:
        said = signer(secret, "demo").loads(signed)
        until = datetime.fromisoformat(said["until"])
    except (BadData, KeyError, TypeError, ValueError):
        raise gone from None
    if until <= station.runtime.now():
        raise gone
    return str(said["person"])
