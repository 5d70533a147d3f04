"""What a well-formed signal must say besides, so that some rule of the book heeds it."""

from __future__ import annotations

from alerting.errors import BadInput
from alerting.rulebook import Book
from alerting.signals import Incident, Signal
from alerting.vocabulary.incidents import incident_named


def check_heeded(signal: Signal, book: Book) -> None:
    """Raises BadInput, with the kinds there are, for a bulletin of an accident that no rule looks for:
    it would be kept and move nothing, and its sender would not know."""
    if not isinstance(signal, Incident) or signal.incident in book.incidents:
        return
    known = sorted(book.incidents)
    zh = "、".join(f"{incident_named(k)['zh']}（{k}）" for k in known) or "无"
    raise BadInput(
        f"no rule looks for an accident of the kind {signal.incident[:40]!r}",
        mend=f"Known kinds: {', '.join(known) or 'none'}.",
        zh=f"没有规则使用“{signal.incident[:40]}”这类事故，不会下达排查。可填：{zh}。",
    )
