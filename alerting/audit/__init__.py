"""The log that cannot be quietly changed."""

from alerting.audit.log import Broken, head, record, seal, unsealed_since, verify

__all__ = ["Broken", "head", "record", "seal", "unsealed_since", "verify"]
