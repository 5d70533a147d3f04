"""The log that cannot be quietly changed."""

from alerting.audit.log import (
    Broken,
    entry,
    head,
    newest,
    record,
    record_all,
    seal,
    unsealed_since,
    verify,
)

__all__ = [
    "Broken", "entry", "head", "newest", "record", "record_all", "seal", "unsealed_since", "verify",
]  # fmt: skip
