"""Tokens for programs: they are made for a time, listed by name, and revoked."""

from __future__ import annotations

import hashlib
import re

from tests.cli.conftest import Folder


def name_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:12]


def test_a_token_lasts_a_year_is_listed_and_revoked(county: Folder) -> None:
    token = county.run("token", "create", "li", "--role", "order", "--label", "feed").out.strip()
    name = name_of(token)
    listed = county.run("token", "list")
    listed.says(name, "li", "order", "feed", "until")
    assert token not in listed.out
    county.run("token", "revoke", name).says("revoked", "li")
    county.run("token", "list").says(name, "revoked")
    county.run("token", "revoke", name, code=2).says("revoked already")
    county.run("token", "revoke", "ffff00", code=2).says("names no token", "suian token list")


def test_how_long_a_token_lasts_is_said_when_it_is_made(county: Folder) -> None:
    short = county.run("token", "create", "li", "--days", "1").out.strip()
    long = county.run("token", "create", "li", "--days", "700").out.strip()
    ends = dict(re.findall(r"(\w{12}) .*有效至 (\d{4}-\d\d-\d\d)", county.run("token", "list").out))
    assert ends[name_of(short)] < ends[name_of(long)]
    county.run("token", "create", "li", "--days", "0", code=2)
