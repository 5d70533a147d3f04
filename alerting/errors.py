"""Errors are written for the person who meets them: what was wrong, where, what to do."""

from __future__ import annotations


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
