"""Errors are written for the person who meets them: what was wrong, where, what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def plain(one: Mapping[str, Any]) -> str:
    """What one of pydantic's errors says, without the words it has for programmers."""
    if one["type"] in ("bool_parsing", "bool_type"):
        return f"{one['input']!r} is neither true nor false"
    return str(one["msg"]).removeprefix("Value error, ")


def plainly(errors: Sequence[Mapping[str, Any]]) -> str:
    """All of them, each with the option it is about."""
    said = ((".".join(str(part) for part in one["loc"]), plain(one)) for one in errors)
    return "; ".join(f"{at}: {words}" if at else words for at, words in said)


class SuianError(Exception):
    """A failure that a person can act on.

    `what` says what was wrong, `where` names file, line, column or address, `mend` says what to do;
    `zh` says all of it in Chinese, where the reader may be one of the county's pages.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", mend: str = "", zh: str = "") -> None:
        self.what, self.where, self.mend, self.zh = what, where, mend, zh
        super().__init__(self.text())

    def text(self) -> str:
        place = f"{self.where}: " if self.where else ""
        what = self.what if not self.mend or self.what[-1:] in ".?!。\n" else f"{self.what}."
        return f"{place}{what} {self.mend}".rstrip()


class BadInput(SuianError):
    """What the person gave cannot be used: a config, a rule, a payload, an argument."""

    exit_code = 2


class TooLarge(BadInput):
    """It is well formed, and more than what carries it takes at once."""


class Refused(SuianError):
    """The input was understood and is not allowed: no right to do it, or it is too late."""

    exit_code = 2


class SourceError(SuianError):
    """A source did not give what it should have; `passing` says whether asking again may help, and
    `gone` that what was asked for is not there and never comes back."""

    def __init__(
        self, what: str, *, where: str = "", mend: str = "", passing: bool = True,
        gone: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(what, where=where, mend=mend)
        self.passing, self.gone = passing, gone
