"""A watched folder: what is laid there is read as the source its name or the options say.

A file stays where it is until the next poll finds it read already, and only then goes to `done/`: by
then its signals have been taken, and a service that was killed in between reads it again, which
changes nothing. What cannot be read goes to `refused/` when it is still the same at the next look (it
may have been half written), with a .txt beside it that says why.
Lay a file down under a name that ends in .part or .tmp and rename it when it is complete.
"""

from __future__ import annotations

import contextlib
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
Mark = tuple[int, int]  # a file's size and its time in ns: another one is another content
_LARGEST = 64 * 1024 * 1024


class InboxOptions(Options):
    folder: Path = Field(Path("var/inbox"), description="that files are laid into")
    format: str = Field("", description="kind of source that reads every file")
    patterns: dict[str, str] = Field(
        default=PATTERNS, min_length=1,
        description="without `format` the first file name of these that fits says who reads it",
    )  # fmt: skip
    seconds: int = Field(default=30, ge=1, le=86400, description="between two looks")


class Source:
    name: ClassVar[str] = "inbox"
    options: ClassVar[type[Options]] = InboxOptions

    def __init__(self, settings: Any) -> None:
        self._settings = InboxOptions.model_validate(settings, from_attributes=True)
        named = (
            {self._settings.format} if self._settings.format else self._settings.patterns.values()
        )
        self._readers = {name: _reader(name) for name in sorted(set(named) - {self.name})}
        self._read: dict[Path, Mark] = {}  # as they were when they were read
        self._broken: dict[Path, Mark] = {}  # … when they could not be

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
        for path, mark in self._files(context.now, reading):
            if self._read.get(path) == mark:
                self._move(path, "done")
                del self._read[path]
                continue
            try:
                found = self.read_file(path, context)
            except BadInput as error:
                found = Reading(problems=[Problem(error.what, error.where, error.mend)])
            if found.signals:
                reading.signals += found.signals
                self._read[path] = mark
            elif self._broken.get(path) != mark:
                self._broken[path] = mark
                continue
            else:
                self._explain(self._move(path, "refused"), found.problems)
                del self._broken[path]
            name = _shown(path)
            reading.problems += [
                Problem(p.what, f"{name}, {p.where}" if p.where else name, p.mend)
                for p in found.problems
            ]
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
            if path.is_symlink():
                raise BadInput("this is a link, not a file", mend="Lay the file itself down.")
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

    def _files(self, now: datetime, reading: Reading) -> list[tuple[Path, Mark]]:
        """The files that are ready, the oldest first, with their marks."""
        folder = self._settings.folder
        found: dict[Path, Mark] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for path in folder.iterdir():
                if path.is_dir() and path.name not in ("done", "refused"):
                    reading.refuse("folders are not looked into", _shown(path),
                                   "Lay its files into the inbox itself.")  # fmt: skip
                elif not path.name.startswith(".") and (path.is_file() or path.is_symlink()):
                    with contextlib.suppress(FileNotFoundError):  # taken back in this moment
                        found[path] = _mark(path)
        except OSError as error:
            raise SourceError(
                f"the inbox cannot be used: {error.strerror}",
                where=str(folder),
                mend="Make the folder, and let the service read and write there.",
            ) from None
        self._read = {path: mark for path, mark in self._read.items() if path in found}
        self._broken = {path: mark for path, mark in self._broken.items() if path in found}
        fresh = int((now - _SETTLED).timestamp() * 1e9), int(now.timestamp() * 1e9)
        ready = [
            (path, mark) for path, mark in found.items()
            if path.suffix not in _UNFINISHED
            and (path in self._read or not fresh[0] < mark[1] <= fresh[1])
        ]  # fmt: skip
        return sorted(ready, key=lambda one: (one[1][1], one[0].name))

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
                f"{_shown(path)} cannot be moved to {where}/: {error.strerror}",
                where=str(self._settings.folder),
                mend="Let the service write in the inbox.",
            ) from None

    def _explain(self, moved: Path, problems: list[Problem]) -> None:
        lines = [" ".join(part for part in (p.where, p.what, p.mend) if part) for p in problems]
        text = "\n".join(lines) or "there is nothing in it"
        beside = moved.with_name(moved.name + ".txt")
        try:
            beside.write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise SourceError(
                f"{_shown(beside)} cannot be written: {error.strerror}", where=str(moved.parent)
            ) from None


def _reader(name: str) -> Any:
    found = connectors.find(name)
    if getattr(found, "needs", ()):
        raise BadInput(
            f"the source {name} is not read from files", mend="Take it out of the inbox's patterns."
        )
    return found({})


def _mark(path: Path) -> Mark:
    state = path.lstat()
    return state.st_size, state.st_mtime_ns


def _shown(path: Path) -> str:
    """A name as it can be printed and kept: line breaks and broken characters are none."""
    return "".join(c if c.isprintable() else "?" for c in path.name)
