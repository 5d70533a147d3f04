"""Secrets come from the environment, or from files that it names: never from the config.

`NAME_FILE` is what Docker's own images take, and what a secret of Kubernetes is mounted as.
"""

from __future__ import annotations

from pathlib import Path

from alerting.errors import BadInput
from alerting.variable import Variable


def secret(name: str) -> str:
    """What the environment variable `name` holds, or the file that `name`_FILE names; or "".

    Blanks and the line's end around it are not part of it. Raises BadInput, which never shows it.
    """
    held, file = Variable(name).get().strip(), Variable(f"{name}_FILE").get()
    if not file:
        return held
    if held:
        raise BadInput(f"both {name} and {name}_FILE are set", mend="Leave out one of them.")
    return _read(Path(file), name)


def needed(name: str, what: str, otherwise: str) -> str:
    """The same, of one that must be there; `what` it is, and what to do without it. Raises BadInput."""
    if found := secret(name):
        return found
    raise BadInput(
        f"{what} is not set: neither {name} nor {name}_FILE is in the environment",
        mend=f"Set {name}, or {name}_FILE to the file that holds it; {otherwise}",
    )


def _read(path: Path, name: str) -> str:
    """Raises BadInput."""
    where = f"{name}_FILE={path}"
    try:
        text = path.read_text("utf-8").strip()
    except UnicodeDecodeError:
        raise BadInput(
            "this is not text in UTF-8", where=where, mend="Write the secret anew."
        ) from None
    except OSError as error:
        raise BadInput(
            f"the secret cannot be read: {error.strerror}", where=where,
            mend="Mount it there, and let the account that runs the service read it.",
        ) from None  # fmt: skip
    if not text:
        raise BadInput("the file is empty", where=where, mend="Write the secret into it.")
    if len(text.splitlines()) > 1:
        raise BadInput(
            "the file has more than one line", where=where, mend="Write the secret alone into it."
        )
    return text
