"""The files of a rule folder, each read once: what is checked, kept and watched is one and the same."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from alerting.vocabulary.official import FILE

MEASURES = "measures.yaml"
DISTRICTS = "districts.yaml"
POLICIES = "policies.yaml"
CALLING = "calling.yaml"
PLANS = "plans"  # a folder
# Files of the folder that others read.
NOT_RULES = ("calendar.yaml", FILE)

Files = dict[str, bytes]


def read_files(folder: Path) -> tuple[Files, list[str]]:
    """What the files hold that make the book, by name (`plans/icing.yaml`); and what is wrong with
    those that cannot be read."""
    files: Files = {}
    problems: list[str] = []
    for path in [*sorted(folder.glob("*.yaml")), *sorted((folder / PLANS).glob("*.yaml"))]:
        if path.name in NOT_RULES:
            continue
        try:
            files[path.relative_to(folder).as_posix()] = path.read_bytes()
        except FileNotFoundError:  # an editor replaces files while we look
            continue
        except OSError as error:
            problems.append(f"{path}: cannot be read: {error.strerror}. Check its permissions.")
    return files, problems


def version(files: Mapping[str, bytes]) -> str:
    """Changes with the name or content of any of them."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode() + b"\0" + files[name] + b"\0")
    return digest.hexdigest()[:12]
