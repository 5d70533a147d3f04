"""Reading what a request carries, with a limit on how much."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import BaseModel, ConfigDict, model_validator

from alerting.vocabulary.gate import GATE
from alerting.vocabulary.nul import without_nul
from alerting.web.problems import Problem

FORM_LIMIT = 64 * 1024


class Body(BaseModel):
    """What a request of the API says in JSON; each extends it."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _texts(cls, given: object) -> object:
        return without_nul(given)


async def body_of(request: Request, limit: int) -> bytes:
    """The whole body; 413 as soon as it is longer than `limit` bytes."""
    said = request.headers.get("content-length", "")
    if said.isdigit() and int(said) > limit:
        raise _too_long(limit)
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise _too_long(limit)
        parts.append(part)
    return b"".join(parts)


async def pairs_of(request: Request) -> list[tuple[str, str]]:
    """A form's fields in their order and as they came, empty and repeated ones included."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/x-www-form-urlencoded", ""):
        raise Problem(415, f"a form is expected here, not {kind}",
                      zh="这不是本系统的表单，没有被接受。")  # fmt: skip
    body = await body_of(request, FORM_LIMIT)
    try:
        return parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=1000)
    except ValueError as error:
        raise Problem(400, f"this form cannot be read: {error}",
                      zh="表单内容无法读取，没有被接受。请重新打开页面再填。") from None  # fmt: skip


async def form_of(request: Request) -> dict[str, str]:
    form: dict[str, str] = without_nul(dict(await pairs_of(request)))
    return form


def points_of(form: dict[str, str]) -> dict[str, bool]:
    """What a form of the production gate answers, point by point; a gap stays one."""
    given = {key: form.get(f"point.{key}", "") for key in GATE}
    return {key: answer == "yes" for key, answer in given.items() if answer in ("yes", "no")}


def bare(text: str) -> str | float:
    """A number alone is in the measure's own unit; with a unit, or as words, it stays a text."""
    return float(text) if re.fullmatch(r"[-+]?\d+(\.\d+)?", text.strip()) else text


def arguments_of(form: dict[str, str]) -> dict[str, str | float | list[str]]:
    """The arguments of a measure that a form gives, a number alone as one in the measure's own unit;
    of several words those that are ticked."""
    given: dict[str, str | float | list[str]] = {}
    for field, value in form.items():
        if not field.startswith("argument."):
            continue
        name, _, word = field.removeprefix("argument.").partition(".")
        if not word:
            given[name] = bare(value.strip())
        else:
            ticked = given.setdefault(name, [])
            if isinstance(ticked, list) and word != "any":
                ticked.append(word)
    return given


def chosen_of(form: dict[str, str]) -> list[str] | None:
    """Which of several places of one question are ticked; None where the form asks about one."""
    if "several" not in form:
        return None
    return [key.removeprefix("one.") for key in form if key.startswith("one.")]


def nothing_chosen() -> Problem:
    return Problem(422, "no place is ticked", "Tick those that the answer is for.",
                   zh="没有勾选任何一处，没有记录。请勾选要答复的各处，再提交一次。")  # fmt: skip


def _too_long(limit: int) -> Problem:
    size = f"{limit // 1024 // 1024} MiB" if limit >= 1024 * 1024 else f"{limit // 1024} KiB"
    return Problem(413, f"the body is longer than {size}", "Send it in parts.",
                   zh=f"内容超过 {size}，没有被接受。请分次提交。")  # fmt: skip
