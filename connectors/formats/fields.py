"""JSON from strangers: parsed strictly, read field by field without surprises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pydantic_core

from alerting.errors import BadInput


def load(body: bytes) -> Any:
    """The JSON in `body`; raises BadInput for anything else, broken surrogates and deep nests too."""
    refuse_other_than_utf8(body)
    try:
        return pydantic_core.from_json(body.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError) as error:
        what = "it is XML or a web page" if body.lstrip()[:1] == b"<" else str(error)
        raise BadInput(f"this is no JSON: {what}") from None


def refuse_other_than_utf8(body: bytes) -> None:
    """Raises BadInput that says where the bytes stop to be UTF-8, and what they may be instead."""
    try:
        body.decode("utf-8")
        return
    except UnicodeDecodeError as error:
        at = error.start
    try:
        words = "".join(body.decode("gb18030").split())
        like = " They look like GBK." if words.isprintable() else ""
    except UnicodeDecodeError:
        like = ""
    raise BadInput(
        f"its bytes are no UTF-8 from byte {at + 1} on.{like}",
        mend="Send it as UTF-8; XML may say another encoding in its first line.",
    )


def text(row: Any, key: str) -> str:
    """The text (or number) under `key`, the first of several, "" where there is none."""
    value = row.get(key) if isinstance(row, Mapping) else None
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    return str(value).strip()


def rows(row: Any, key: str) -> list[Any]:
    """The list under `key`, an only value as a list of one, empty where there is none."""
    value = row.get(key) if isinstance(row, Mapping) else None
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
