"""The production gate (四不生产): what an enterprise attests before a halt is lifted."""

from __future__ import annotations

# By the key an answer uses: what it says when it is so, (Chinese, English).
GATE: dict[str, tuple[str, str]] = {
    "staffing": ("安全管理人员配齐在岗", "Safety staff complete and on duty"),
    "equipment": ("设备设施已检修维护", "Equipment inspected and maintained"),
    "dangerous-work": ("危险作业安全措施已落实", "Measures for dangerous work in place"),
    "workforce": ("从业人员稳定、已培训", "Workforce settled and trained"),
}
