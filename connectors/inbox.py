"""A watched folder: what is laid there is read as the source its name or the options say.

A file stays where it is until the next poll finds it read already, and only then goes to `done/`: by
then its signals have been taken, and a service that was killed in between reads it again, which
changes nothing. What cannot be read goes to `refused/` at once, with a .txt beside it that says why.
Lay a file down under a name that ends in .part or .tmp and rename it when it is complete.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

import connectors
from alerting.connector import Context, Fetch, Options, Problem, Reading
from alerting.errors import BadInput, SourceError

# The national exchange names its files <identifier>_<11Bxx>_<COLOUR>_<msgType>.xml.
PATTERNS = {
    "*_11B*_*.xml": "national-exchange",
    "*.xml": "cap",
    "*.cap": "cap",
    "*.jsonp": "weathercn",
    "*.js": "weathercn",
    "*.json": "signals",
    "*.jsonl": "signals",
}
_UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload")
# A file that was written a moment ago may still be growing.
_SETTLED = timedelta(seconds=2)
_LARGEST = 64 * 1024 * 1024


class InboxOptions(Options):
    """`format` names the source that reads every file; without it the first of `patterns` (file
    name: source) that fits does."""

    folder: Path = Path("var/inbox")
    format: str = ""
    patterns: dict[str, str] = Field(default=PATTERNS, min_length=1)
    seconds: int = Field(default=30, ge=1, le=86400)


class Source:
    name: ClassVar[str] = "inbox"
    options: ClassVar[type[Options]] = InboxOptions
    def __init__(self, settings: Any) -> None:
        self._settings = InboxOptions.model_validate(settings, from_attributes=True)
        named = (
            {self._settings.format} if self._settings.format else self._settings.patterns.values()
        )
        self._readers = {name: _reader(name) for name in sorted(set(named) - {self.name})}
        self._read: dict[Path, tuple[int, int]] = {}  # file: its size and time when it was read

    @property
    def feeds(self) -> frozenset[str]:
        """What its readers bring. Envelopes of ours promise nothing: each names its own source."""
        return frozenset().union(*(reader.feeds for reader in self._readers.values()))

    @property
    def every(self) -> timedelta:
        return timedelta(seconds=self._settings.seconds)

    @property
    def cadence(self) -> timedelta:
        """How often it is looked into; where it carries a weather source's files, as that speaks."""
        weather = [r.cadence for r in self._readers.values() if r.quantities]
        return max(weather, default=self.every)

    @property
    def quantities(self) -> frozenset[str]:
        return frozenset().union(*(reader.quantities for reader in self._readers.values()))

    def poll(self, fetch: Fetch, context: Context) -> Reading:
        """The signals of the files that are new. Raises SourceError when the folder is no use."""
        reading = Reading()
        for path in self._files(context.now):
            if self._read.get(path) == _mark(path):
                self._move(path, "done")
                del self._read[path]
                continue
            try:
                found = self.read_file(path, context)
            except BadInput as error:
                reading.refuse(error.what, path.name, error.mend)
                self._explain(self._move(path, "refused"), [Problem(error.what, "", error.mend)])
                continue
            reading.signals += found.signals
            reading.problems += [
                Problem(p.what, f"{path.name}, {p.where}" if p.where else path.name, p.mend)
                for p in found.problems
            ]
            if found.signals:
                self._read[path] = _mark(path)
            else:
                self._explain(self._move(path, "refused"), found.problems)
        return reading

    def read(self, body: bytes, context: Context) -> Reading:
        """A payload as the reader of `format` reads it. Raises BadInput, also without a format."""
        return self._reader("").read(body, context)  # type: ignore[no-any-return]

    def payload_time(self, body: bytes) -> datetime | None:
        """What the reader of `format` says of it; None without one."""
        if not self._settings.format:
            return None
        found: datetime | None = self._reader("").payload_time(body)
        return found

    def read_file(self, path: Path, context: Context) -> Reading:
        """One file, by the reader its name asks for. Raises BadInput."""
        reader = self._reader(path.name)
        try:
            if path.stat().st_size > _LARGEST:
                raise BadInput(f"the file is larger than {_LARGEST // 1024 // 1024} MiB")
            body = path.read_bytes()
        except OSError as error:
            raise BadInput(f"the file cannot be read: {error.strerror}") from None
        found: Reading = reader.read(body, context)
        return found

    def _reader(self, file: str) -> Any:
        wanted = self._settings.format or next(
            (name for pattern, name in self._settings.patterns.items() if fnmatch(file, pattern)),
            "",
        )
        if wanted not in self._readers:
            raise BadInput(
                f"nothing here says how to read {file!r}"
                if file
                else "an inbox needs a format here",
                mend=f"Name it like one of {', '.join(self._settings.patterns)}, or set format.",
            )
        return self._readers[wanted]

    def _files(self, now: datetime) -> Iterator[Path]:
        folder = self._settings.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            found = [p for p in folder.iterdir() if p.is_file() and not p.name.startswith(".")]
        except OSError as error:
            raise SourceError(
                f"the inbox cannot be used: {error.strerror}",
                where=str(folder),
                mend="Make the folder, and let the service read and write there.",
            ) from None
        self._read = {path: mark for path, mark in self._read.items() if path in found}
        ready = [p for p in found if p.suffix not in _UNFINISHED]
        for path in sorted(ready, key=lambda p: (p.stat().st_mtime_ns, p.name)):
            age = now.timestamp() - path.stat().st_mtime
            if path in self._read or not 0 <= age < _SETTLED.total_seconds():
                yield path

    def _move(self, path: Path, where: str) -> Path:
        """Move a file aside, under a name nothing there has yet. Raises SourceError."""
        target = self._settings.folder / where / path.name
        count = 1
        try:
            target.parent.mkdir(exist_ok=True)
            while target.exists():
                count += 1
                target = target.with_name(f"{path.stem}-{count}{path.suffix}")
            return path.rename(target)
        except OSError as error:
            raise SourceError(
                f"{path.name} cannot be moved to {where}/: {error.strerror}",
                where=str(self._settings.folder),
                mend="Let the service write in the inbox.",
            ) from None

    def _explain(self, moved: Path, problems: list[Problem]) -> None:
        lines = [" ".join(part for part in (p.where, p.what, p.mend) if part) for p in problems]
        text = "\n".join(lines) or "there is nothing in it"
        moved.with_name(moved.name + ".txt").write_text(text + "\n", encoding="utf-8")


def _reader(name: str) -> Any:
    found = connectors.find(name)
    if getattr(found, "needs", ()):
        raise BadInput(
            f"the source {name} is not read from files", mend="Take it out of the inbox's patterns."
        )
    return found({})


def _mark(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_size, state.st_mtime_ns
