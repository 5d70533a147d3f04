"""The log that cannot be quietly changed."""

from alerting.audit.log import (
    Broken,
    cut,
    entry,
    first_kept,
    head,
    newest,
    record,
    record_all,
    seal,
    take_off,
    unsealed_since,
    verify,
)

__all__ = [
    "Broken", "cut", "entry", "first_kept", "head", "newest", "record", "record_all", "seal",
    "take_off", "unsealed_since", "verify",
]  # fmt: skip
