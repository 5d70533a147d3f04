"""What a channel is: how loud, what it can carry, and how it hands over one message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict, Field

from alerting.errors import SuianError
from alerting.runtime import Runtime
from alerting.vocabulary.answers import STOP_WORDS, StopWords
from alerting.vocabulary.nul import without_nul

# How far a message has come; a state is only ever replaced by one of a higher rank. What failed for
# good was never delivered, and an answer proves more than any receipt.
RANK = {
    "bound": 0, "sending": 1, "accepted": 2, "delivered": 3, "read": 4,
    "superseded": 5, "dead": 5, "answered": 6,
}  # fmt: skip


class PerPerson(BaseModel):
    """How many messages one person may be sent on a channel; what is left out has no limit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    minute: int | None = Field(None, ge=1, description="messages that one person may be sent a minute")
    hour: int | None = Field(None, ge=1, description="an hour")
    day: int | None = Field(None, ge=1, description="a day")


class Options(BaseModel):
    """The options of a channel in config.yaml; each channel extends it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    per_person: PerPerson = PerPerson()
    reserve_for_red: float = Field(
        0.5, ge=0, lt=1, description="part of `per_person` that only the real world's red may use"
    )


@dataclass(frozen=True, slots=True)
class Around:
    """What a channel is told besides its options: its name in the config, and where we are."""

    name: str
    runtime: Runtime
    url: str = ""  # how the outside reaches this service, without a slash at the end


@dataclass(frozen=True, slots=True)
class Message:
    """One message, ready to go. `text` is all of it; `subject` a first line for those that show one."""

    delivery: int
    realm: str
    exercise: bool
    address: str
    person: str
    reader: str  # the person's name and post, in their language
    post: str
    language: str
    band: str
    subject: str
    text: str
    code: str
    link: str  # whole address, or "" where nothing is asked
    created: datetime
    about: tuple[Mapping[str, Any], ...] = ()  # kind, alert, measure, level of each notice
    causes: tuple[str, ...] = ()  # the signals with which its notices began, each once
    # Provider ids of other messages to this address: plain news can say the same twice.
    others: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sent:
    """Handed over: `state` is accepted, delivered or read."""

    state: str
    provider_id: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "provider_id", without_nul(self.provider_id))


@dataclass(frozen=True, slots=True)
class StatusChange:
    """What a provider says of a message later. `state` is accepted, delivered, read or failed.

    `again` says that a failed one may be tried once more; `delivery` is our own id where the callback
    carries it.
    """

    state: str
    provider_id: str
    delivery: int | None = None
    reason: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class Inbound:
    """What somebody wrote to us."""

    address: str
    text: str
    provider_id: str


class Failed(SuianError):
    """A message was not handed over; `reason` never holds a secret."""

    def __init__(self, reason: str) -> None:
        self.reason: str = without_nul(reason)  # a provider's own words may be in it
        super().__init__(self.reason)


class Permanent(Failed):
    """The same message to the same address can never work."""


class Passing(Failed):
    """Trying later may work. `unsure`: the provider may have taken it all the same."""

    def __init__(
        self, reason: str, retry_after: float | None = None, *, unsure: bool = False
    ) -> None:
        self.retry_after, self.unsure = retry_after, unsure
        super().__init__(reason)


class Unusable(Failed):
    """The account or the channel itself refuses: an alarm, and nothing more is sent on it for now."""


class Channel(Protocol):
    """One way to reach people. The class is found through the name of its kind in config.yaml.

    `receipts`: it says when a message arrived; `reads`: when it was opened; `can_ask`: it can be asked
    whether it has a message already. `max_segments` None takes the long text. `rate` is messages a
    second we allow ourselves (0: no limit), `concurrency` how many are under way at once.
    """

    kind: ClassVar[str]
    options: ClassVar[type[Options]]
    loudness: int
    can_reply: ClassVar[bool]
    receipts: ClassVar[bool]
    reads: ClassVar[bool]
    can_ask: ClassVar[bool]
    needs_template: ClassVar[bool]
    stops: ClassVar[StopWords]

    def __init__(self, settings: Any, around: Around) -> None: ...

    @property
    def name(self) -> str: ...

    max_segments: int | None
    rate: float
    concurrency: int
    per_person: PerPerson
    reserve_for_red: float

    async def send(self, message: Message) -> Sent:
        """Hand a message over. Raises Permanent, Passing or Unusable."""
        ...

    async def ask(self, message: Message) -> Sent | None:
        """Whether the provider has this message already. Raises as `send` does."""
        ...

    async def close(self) -> None: ...


class Plain:
    """What most channels have in common: no limits, nothing to ask, nothing to close."""

    max_segments: int | None = None
    rate: float = 0.0
    concurrency: int = 16
    per_person: PerPerson = PerPerson()
    reserve_for_red: float = 0.5
    stops: ClassVar[StopWords] = STOP_WORDS

    def __init__(self, settings: Any, around: Around) -> None:
        self.settings, self.around = settings, around
        if isinstance(settings, Options):
            self.per_person, self.reserve_for_red = settings.per_person, settings.reserve_for_red

    @property
    def name(self) -> str:
        return self.around.name

    async def ask(self, message: Message) -> Sent | None:
        return None

    async def close(self) -> None:
        return None
