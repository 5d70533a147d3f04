"""rules/warnings.yaml read from a rule folder: how other offices' warnings are named there."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from alerting.errors import BadInput
from alerting.rulebook.yamltext import Document
from alerting.vocabulary.official import FILE, WarningsText, WarningTable, shipped


def load_warnings(folder: Path) -> WarningTable:
    """The folder's table, the shipped one where it has none. Raises BadInput that lists every problem
    as `file:line:column: what mend`."""
    table, problems = read_warnings(folder)
    if problems:
        raise BadInput("the table of official warnings does not load:\n" + "\n".join(problems))
    return table


def read_warnings(folder: Path) -> tuple[WarningTable, list[str]]:
    """The table and what is wrong with it; with something wrong, the shipped one."""
    path = folder / FILE
    if not path.exists():
        return shipped(), []
    try:
        content = path.read_bytes()
    except OSError as error:
        return shipped(), [f"{path}: cannot be read: {error.strerror}. Check its permissions."]
    document = Document(path, content)
    if not document.problems:
        try:
            return WarningTable.of(WarningsText.model_validate(document.data or {})), []
        except ValidationError as error:
            document.problems_of(error)
    return shipped(), document.problems


def raw_warnings(folder: Path) -> bytes:
    """What the folder's file holds, to see whether it has changed; empty where it cannot be read."""
    try:
        return (folder / FILE).read_bytes()
    except OSError:
        return b""
