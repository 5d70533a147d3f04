"""XML from strangers: size, encoding and prolog are checked before a parser sees a byte of it.

A document type is refused whatever it says, because nested entities take the memory of the machine
(and kill the process outright when a schema sits on the parser). libxml2's own limits stay on: 256
levels of nesting, 10 MB a text.
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from alerting.errors import BadInput
from connectors.formats.fields import refuse_other_than_utf8

# The largest real document we know is 0.2 MB, the largest index of warnings under 2 MB.
MAX_BYTES = 8 * 1024 * 1024
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
# Encodings in which the bytes of ASCII mean ASCII, so that the prolog can be read before decoding.
_READABLE = re.compile(
    r"utf-?8|us-ascii|ascii|iso-8859-\d+|windows-125\d|gbk|gb2312|gb18030|big5(-hkscs)?", re.I
)


def parse(body: bytes) -> Any:
    """The root element. Raises BadInput for what is too large, unreadable, hostile or no XML."""
    if len(body) > MAX_BYTES:
        raise BadInput(f"this document has {len(body):,} bytes; more than {MAX_BYTES:,} is refused")
    body = _plain_bytes(body)
    _refuse_doctype(body)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
        huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        return etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        said = getattr(error, "msg", None) or str(error)
        raise BadInput(f"this is no well-formed XML: {said}") from None


def local(element: Any) -> str:
    """The element's name without its namespace."""
    return etree.QName(element).localname


def children(element: Any, name: str) -> list[Any]:
    return [child for child in element if local(child) == name]


def text(element: Any, name: str) -> str:
    """The text of the first child of that name, "" where there is none."""
    for child in element:
        if local(child) == name:
            return (child.text or "").strip()
    return ""


def tree(element: Any) -> dict[str, Any]:
    """An element's children as JSON would have them: by name, texts or trees, several as a list."""
    made: dict[str, list[Any]] = {}
    for child in element:
        said = tree(child) if len(child) else (child.text or "").strip()
        made.setdefault(local(child), []).append(said)
    return {name: said if len(said) > 1 else said[0] for name, said in made.items()}


def looks_like(body: bytes) -> bool:
    """Whether a payload that may be JSON as well is meant to be XML."""
    return body.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<")


def _plain_bytes(body: bytes) -> bytes:
    """The same document in an encoding whose prolog reads as ASCII."""
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            decoded = body.decode("utf-16")
        except UnicodeDecodeError as error:
            raise BadInput(f"this is no UTF-16: {error}") from None
        if "\x00" in decoded:  # UTF-32 begins like UTF-16
            raise BadInput("this document has an encoding we do not read", mend="Send it as UTF-8.")
        return re.sub(r"^\s*<\?xml.*?\?>", "", decoded, count=1, flags=re.S).encode()
    if b"\x00" in body:
        raise BadInput("this document has an encoding we do not read", mend="Send it as UTF-8.")
    declared = _DECLARED.search(body[:300])
    if declared and not _READABLE.fullmatch(declared[1].decode()):
        raise BadInput(
            f"this document says its encoding is {declared[1].decode()}, which we do not read",
            mend="Send it as UTF-8.",
        )
    if not declared or declared[1].lower() in (b"utf-8", b"utf8"):
        refuse_other_than_utf8(body)
    return body


def _refuse_doctype(body: bytes) -> None:
    at = 3 if body.startswith(b"\xef\xbb\xbf") else 0
    while True:
        while at < len(body) and body[at : at + 1].isspace():
            at += 1
        if body.startswith(b"<?", at):
            end = body.find(b"?>", at)
        elif body.startswith(b"<!--", at):
            end = body.find(b"-->", at)
        elif body[at : at + 14].lower() == b"<!doctype html":
            raise BadInput(
                "this is a web page, not a warning", mend="Look at its address in a browser."
            )
        elif body.startswith(b"<!", at):
            raise BadInput(
                "this XML carries a document type or entities, which are refused",
                mend="A CAP document needs none: leave out everything before its first element.",
            )
        else:
            return
        if end < 0:
            raise BadInput("this is no well-formed XML: its beginning is never closed")
        at = end + 2
        if body.startswith(b">", at):
            at += 1
