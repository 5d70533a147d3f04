"""The states of measures and alerts as people read them, (Chinese, English)."""

from __future__ import annotations

MEASURE_STATES = {
    "proposed": ("待决定", "waits for a decision"), "approved": ("已同意", "approved"),
    "issued": ("已下达", "issued"), "acknowledged": ("已收到", "acknowledged"),
    "in force": ("已落实", "in force"), "lift proposed": ("拟解除", "lifting proposed"),
    "attested": ("已确认，待签字", "attested"), "lifted": ("已解除", "lifted"),
    "refused": ("不同意", "refused"), "withdrawn": ("已撤回", "withdrawn"),
    "expired": ("到期结束", "expired"), "superseded": ("已被接替", "superseded"),
}  # fmt: skip
ALERT_STATES = {
    "open": ("有效", "open"), "closed": ("已结束", "closed"), "withdrawn": ("已撤回", "withdrawn"),
}  # fmt: skip
