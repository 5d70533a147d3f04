"""What the service and its sentinel say to each other, and how each knows that it was the other.

    POST /heartbeat   the body a Heartbeat, X-Suian-Signature `v1=` and the hex HMAC-SHA256 under the
                      shared secret of `heartbeat.` and the body
    200 / 409         the body an Answer, signed alike with `answer.` before the body

A heartbeat carries the challenge of the answer before it, an answer the nonce of its heartbeat: what
somebody has recorded and sends again is refused, whatever the clocks say, for the clocks are among
what is judged. A true heartbeat with another challenge (the first of a process, the first after an
answer was lost) is answered 409 with the challenge that is waited for, and changes nothing else.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from alerting.errors import BadInput
from alerting.secret import needed

SIGNATURE = "X-Suian-Signature"
_MAKE = "make one with `openssl rand -hex 32`, the same for the service and its sentinel."
LARGEST = 1 << 20  # bytes of a heartbeat
Words = dict[str, str]  # {"zh", "en"}


class Said(BaseModel):
    # The two sides are upgraded one after the other: what a newer one says besides is passed over.
    model_config = ConfigDict(extra="ignore", frozen=True)


class Reader(Said):
    """Somebody who can be called: their contacts in the order of the register, (channel, address)."""

    id: str
    name: str
    name_en: str = ""
    language: str = "zh"
    contacts: tuple[tuple[str, str], ...] = ()

    def called(self, language: str) -> str:
        return self.name if language == "zh" or not self.name_en else self.name_en


class Exercise(Said):
    """Of a turn that has begun: `left` seconds to answer it, and whether the service's own was."""

    n: int
    person: str
    left: float
    answered: bool


class Heartbeat(Said):
    """How the service goes at `at`, by its own clock. The ages are seconds: of the oldest signal that
    nobody has taken, and of the oldest message that is due and not sent; `sent` is when a provider last
    took one. `standing` has the seconds for which each loop has done no good round.
    `duty` is the list of the duty office: on duty now first. `exercise`: the county is fictional, and
    all that is said of it is marked."""

    challenge: str
    nonce: str
    at: datetime
    county: Words
    exercise: bool
    signal_age: float = 0.0
    unsent_age: float = 0.0
    sent: datetime | None = None
    standing: dict[str, float] = {}
    duty: tuple[Reader, ...] = ()
    exercises: tuple[Exercise, ...] = ()


class Answer(Said):
    """`nonce` is the heartbeat's own; `challenge` what the next must carry; `calling` what the sentinel
    calls the duty list for at this moment; `answered` the exercises that were answered to it."""

    nonce: str
    challenge: str
    at: datetime
    calling: tuple[Words, ...] = ()
    answered: tuple[int, ...] = ()


def sign(secret: bytes, kind: str, body: bytes) -> str:
    """`kind` is heartbeat or answer: neither can be sent back as the other."""
    return "v1=" + hmac.new(secret, kind.encode() + b"." + body, hashlib.sha256).hexdigest()


def is_signed(secret: bytes, kind: str, body: bytes, signature: str) -> bool:
    return hmac.compare_digest(sign(secret, kind, body).encode(), signature.encode())


def read_secret(name: str) -> bytes:
    """The secret that both sides share. Raises BadInput where there is none, or one to be guessed."""
    found = needed(name, "the secret shared with the sentinel", _MAKE)
    if len(found) < 16:
        raise BadInput(f"{name}: the secret is shorter than 16 characters", mend=_MAKE)
    return found.encode()
