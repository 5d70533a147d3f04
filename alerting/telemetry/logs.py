"""How the service logs: one line an event, as text or as JSON, with the id of what is being worked on.

The id is bound by whoever begins a piece of work (`about`) and goes with it into every thread (see
runtime.in_thread). Phone numbers never stand in a log in clear, nor do local variables of a traceback,
which hold secrets.
"""

from __future__ import annotations

import logging
import re
from contextlib import AbstractContextManager
from typing import Any, Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

# An international number, and a Chinese mobile one as it is written at home.
_PHONE = re.compile(r"\+\d{7,15}(?!\d)|(?<![0-9A-Za-z_+./:-])1[3-9]\d{9}(?![0-9A-Za-z_-])")

# Until a command says otherwise only what is grave is said: what a replay prints is read by programs.
if not structlog.is_configured():
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("warning"))


def about(cause: str, **more: Any) -> AbstractContextManager[Any]:
    """While this lasts every line of this task carries `cause`, and what else is given."""
    return structlog.contextvars.bound_contextvars(cause=cause, **more)


def configure(level: str, form: Literal["text", "json"]) -> None:
    """Log what is at least this grave, the libraries' warnings too."""
    plain = structlog.dev.plain_traceback
    drawn: Processor = structlog.dev.ConsoleRenderer(exception_formatter=plain)
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.StackInfoRenderer(),
        structlog.dev.set_exc_info,
        structlog.processors.TimeStamper(fmt="iso" if form == "json" else "%Y-%m-%d %H:%M:%S",
                                         utc=form == "json"),
    ]  # fmt: skip
    # Drawn before it is masked: an error's words hold what a row held.
    before.append(structlog.processors.format_exc_info)
    if form == "json":
        drawn = structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        processors=[*before, masked, drawn],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=before,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, masked, drawn],
    ))  # fmt: skip
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def masked(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The event with every phone number in it cut to its ends."""
    return {key: _mask(value) for key, value in event.items()}


def _mask(value: Any) -> Any:
    if isinstance(value, str):
        return _PHONE.sub(lambda found: f"{found[0][:3]}…{found[0][-2:]}", value)
    if isinstance(value, dict):
        return {key: _mask(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_mask(one) for one in value]
    return value
