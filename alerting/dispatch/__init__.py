"""Dispatch: due notices become messages to persons, and no message ends in silence."""

from alerting.dispatch.channels import (
    Around,
    Channel,
    Inbound,
    Message,
    Sent,
    StatusChange,
    find,
    known,
    make_channels,
)
from alerting.dispatch.compose import Composer
from alerting.dispatch.dispatcher import Dispatcher
from alerting.dispatch.receipts import apply_status
from alerting.dispatch.segments import segments
from alerting.dispatch.writing import Settings

__all__ = [
    "Around",
    "Channel",
    "Composer",
    "Dispatcher",
    "Inbound",
    "Message",
    "Sent",
    "Settings",
    "StatusChange",
    "apply_status",
    "find",
    "known",
    "make_channels",
    "segments",
]
