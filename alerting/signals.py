"""Signals: everything that can change an alert, the clock's tick included.

A connector makes them, the bus keeps them, the engine takes them in a recorded order. Each has a
deterministic id, so that one delivered twice changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal, cast

import numpy as np
import zstandard
from numpy.typing import NDArray
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    TypeAdapter,
    field_validator,
    model_validator,
)

from alerting.errors import BadInput
from alerting.vocabulary.nul import without_nul

HOUR = timedelta(hours=1)
AHEAD = timedelta(hours=1)  # further ahead of us than this no honest clock is
CLOCK_MEND = "Check the source's clock, and that its times carry their zone (+08:00 or Z)."
Floats = NDArray[np.float32]


def content_id(kind: str, *parts: object) -> str:
    """A short id made of what the signal says: the same content always has the same id."""
    digest = hashlib.sha256("\x1f".join(str(p) for p in parts).encode()).hexdigest()
    return f"{kind}:{digest[:20]}"


@dataclass(frozen=True, slots=True)
class Spot:
    """A location that a source speaks of: `id` is a point of ours, or "" where it is none yet."""

    id: str
    lat: float
    lon: float
    elevation: float | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """One run of a source: hourly values on UTC hours.

    `values[q]` is float32 of shape (hours, spots), hours first, in the vocabulary's units, NaN where
    the source says nothing. `derived` names quantities that a connector spread over a longer period.
    """

    kind: ClassVar[Literal["forecast"]] = "forecast"
    source: str
    issued: datetime
    start: datetime
    spots: tuple[Spot, ...]
    values: Mapping[str, Floats]
    derived: frozenset[str] = frozenset()
    accepted: datetime | None = None
    id: str = field(default="")

    def __post_init__(self) -> None:
        if self.start != self.start.replace(minute=0, second=0, microsecond=0):
            raise BadInput(f"a forecast must start on a full UTC hour, not {self.start}")
        object.__setattr__(self, "source", without_nul(self.source))
        object.__setattr__(self, "id", without_nul(self.id) or self._content_id())

    @property
    def hours(self) -> int:
        return next((len(v) for v in self.values.values()), 0)

    def _content_id(self) -> str:
        where = "".join(f"{spot.id}|{spot.lat:.5f}|{spot.lon:.5f};" for spot in self.spots)
        digest = hashlib.blake2b(where.encode(), digest_size=16)
        for name in sorted(self.values):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(self.values[name]).data)
        issued = self.issued.astimezone(UTC).isoformat()  # of two runs in a minute each is one
        return content_id("forecast", self.source, issued, self.start, digest.hexdigest())


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _texts(cls, given: object) -> object:
        return without_nul(given)


class _Envelope(_Told):
    source: str
    issued: AwareDatetime
    accepted: AwareDatetime | None = None
    id: str = ""

    def model_post_init(self, _context: Any) -> None:
        if not self.id:
            said = self.model_dump_json(exclude={"id", "accepted"})
            object.__setattr__(self, "id", content_id(cast(Any, self).kind, said))


class Observation(_Envelope):
    """What a station measured at `at`; it speaks for points near in distance and height."""

    kind: Literal["observation"] = "observation"
    station: str
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    elevation: float | None = None
    at: AwareDatetime
    values: dict[str, float]


class Area(_Told):
    """Where a warning holds: the union of codes, polygons and circles, cut by height.

    Polygons are rings of (lat, lon); circles (lat, lon, km). `codes` are administrative codes (6, 9 or
    12 digits in China, EMMA_ID and NUTS elsewhere). `above`/`below` are metres, None where not said.
    `tags` are kinds of place the text singles out (high-road, bridge, tunnel-mouth).
    """

    names: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    polygons: tuple[tuple[tuple[float, float], ...], ...] = ()
    circles: tuple[tuple[float, float, float], ...] = ()
    above: FiniteFloat | None = None
    below: FiniteFloat | None = None
    tags: tuple[str, ...] = ()

    @field_validator("polygons")
    @classmethod
    def _rings(cls, rings: tuple[tuple[tuple[float, float], ...], ...]) -> object:
        for ring in rings:
            if len(set(ring)) < 3:
                raise ValueError(f"a polygon needs three corners at least, not {len(set(ring))}")
            for lat, lon in ring:
                _check_place(lat, lon)
        return rings

    @field_validator("circles")
    @classmethod
    def _circles(cls, circles: tuple[tuple[float, float, float], ...]) -> object:
        for lat, lon, km in circles:
            _check_place(lat, lon)
            if not 0 <= km < float("inf"):
                raise ValueError(f"a circle's radius of {km} km cannot be")
        return circles


def _check_place(lat: float, lon: float) -> None:
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise ValueError(f"there is no place at {lat}, {lon}: latitude comes first")


class Warning(_Envelope):
    """An official warning, with CAP's semantics. `issued` is CAP's sent."""

    kind: Literal["warning"] = "warning"
    identifier: str
    sender: str
    action: Literal["alert", "update", "cancel"]
    references: tuple[str, ...] = ()  # identifiers alone
    status: Literal["actual", "exercise"] = "actual"
    hazard: str  # the vocabulary's, or "" for one we do not know
    event: str  # the source's own word
    level: Literal["blue", "yellow", "orange", "red"]
    headline: str = ""
    description: str = ""
    instruction: str = ""
    onset: AwareDatetime | None = None
    expires: AwareDatetime | None = None
    area: Area = Area()


class Incident(_Envelope):
    """A bulletin of an accident elsewhere."""

    kind: Literal["incident"] = "incident"
    incident: str  # confined-space, fire, roof-fall, …
    place: str
    at: AwareDatetime
    casualties: str = ""
    text: str = ""


class Occasion(_Envelope):
    """The calendar's word: `name` begins, ends or is not known from `date` on."""

    kind: Literal["occasion"] = "occasion"
    name: str
    state: Literal["begins", "ends", "unknown"]
    date: str  # local, ISO


class Report(_Envelope):
    """What a person says: an answer, an order by hand, "the bridge is iced".

    `act` says which; `subject` names the delivery, measure, alert or place it is about; `detail`
    carries the rest (rule, level, reason, arguments …), checked by whoever handles the act.
    """

    kind: Literal["report"] = "report"
    act: str
    person: str
    channel: str = ""
    subject: str = ""
    detail: dict[str, Any] = {}


class Tick(_Envelope):
    """The clock's word. Hourly (subject ""), or a deadline's, which names one alert or measure."""

    kind: Literal["tick"] = "tick"
    subject: str = ""


Said = Observation | Warning | Incident | Occasion | Report | Tick
Signal = Forecast | Said
KINDS = ("forecast", "observation", "warning", "incident", "occasion", "report", "tick")
OBSERVATION = "observation"
_SAID: TypeAdapter[Said] = TypeAdapter(Annotated[Said, Field(discriminator="kind")])


# Years between which a time is believed, and how far a source's clock may run ahead of ours. A warning
# gets a day: one stamped in the wrong zone is a warning all the same.
_YEARS = (1970, 2100)
_AHEAD_WARNING = timedelta(days=1)


def check_times(signal: Signal, now: datetime) -> None:
    """Raises BadInput for a signal whose times cannot be at `now`."""
    for name, at in _times(signal):
        if not _YEARS[0] <= at.year <= _YEARS[1]:
            raise BadInput(f"{name} {at:%Y-%m-%d} lies outside {_YEARS[0]} to {_YEARS[1]}")
    if fault := wrong_clock(signal, now):
        raise BadInput(fault, mend=CLOCK_MEND)


def _times(signal: Signal) -> list[tuple[str, datetime]]:
    times = [("issued", signal.issued)]
    if isinstance(signal, Forecast):
        times.append(("start", signal.start))
    elif isinstance(signal, Observation | Incident):
        times.append(("at", signal.at))
    return times


def wrong_clock(signal: Signal, now: datetime) -> str:
    """What a signal says of its own time that is still to come at `now`, "" for none.

    Such a one is not believed: it would stand as its source's newest until then, and hide all that
    follows.
    """
    ahead = _AHEAD_WARNING if isinstance(signal, Warning) else AHEAD
    for name, at in _times(signal):
        if name != "start" and at > now + ahead:
            said, is_now = (f"{t.astimezone(UTC):%Y-%m-%d %H:%M}Z" for t in (at, now))
            return f"{name} {said} is still to come: it is {is_now}"
    return ""


def moment(signals: Iterable[Signal], now: datetime) -> datetime:
    """With which time signals that came at `now` are accepted: observations alone to the second they
    came in, so that those of one second are of one moment and can be taken together."""
    if all(isinstance(one, Observation) for one in signals):
        return now.replace(microsecond=0)
    return now


def accepted_at(signal: Signal, at: datetime) -> Signal:
    """The same signal, stamped once with the time at which it was accepted."""
    if signal.accepted is not None:
        return signal
    if isinstance(signal, Forecast):
        return replace(signal, accepted=at)
    return signal.model_copy(update={"accepted": at})


def stamped_by(signal: Signal, now: datetime, since: datetime | None = None) -> Signal:
    """The same signal, its stamp no later than `now`, nor earlier than `since`, where that is given."""
    if signal.accepted is None:
        return signal
    at = min(max(signal.accepted, since or signal.accepted), now)
    if at == signal.accepted:
        return signal
    if isinstance(signal, Forecast):
        return replace(signal, accepted=at)
    return signal.model_copy(update={"accepted": at})


def encode(signal: Signal) -> bytes:
    """A signal as bytes for the bus: a JSON header and, for a forecast, its float32 columns."""
    if not isinstance(signal, Forecast):
        return b"j" + signal.model_dump_json().encode()
    names = sorted(signal.values)
    header = {
        "id": signal.id,
        "source": signal.source,
        "issued": signal.issued.isoformat(),
        "accepted": signal.accepted.isoformat() if signal.accepted else None,
        "start": signal.start.isoformat(),
        "hours": signal.hours,
        "spots": [(s.id, s.lat, s.lon, s.elevation) for s in signal.spots],
        "quantities": names,
        "derived": sorted(signal.derived),
    }
    head = json.dumps(header, ensure_ascii=False).encode()
    body = b"".join(np.ascontiguousarray(signal.values[n], np.float32).tobytes() for n in names)
    packed = zstandard.ZstdCompressor(level=1).compress(len(head).to_bytes(4, "big") + head + body)
    return b"f" + packed


def decode(data: bytes) -> Signal:
    """What `encode` made; raises ValueError for anything else."""
    try:
        return _decoded(data)
    except (KeyError, TypeError, zstandard.ZstdError) as error:
        raise ValueError(f"not a signal of ours: {error!r}") from None


def _decoded(data: bytes) -> Signal:
    if data[:1] == b"j":
        return _SAID.validate_json(data[1:])
    if data[:1] != b"f":
        raise ValueError("not a signal of ours")
    raw = zstandard.ZstdDecompressor().decompress(data[1:])
    size = int.from_bytes(raw[:4], "big")
    head = json.loads(raw[4 : 4 + size])
    shape = (head["hours"], len(head["spots"]))
    step = shape[0] * shape[1] * 4
    columns = {
        name: np.frombuffer(raw, np.float32, shape[0] * shape[1], 4 + size + i * step).reshape(shape)
        for i, name in enumerate(head["quantities"])
    }
    return Forecast(
        source=head["source"],
        issued=datetime.fromisoformat(head["issued"]),
        accepted=datetime.fromisoformat(head["accepted"]) if head["accepted"] else None,
        start=datetime.fromisoformat(head["start"]),
        spots=tuple(Spot(*s) for s in head["spots"]),
        values=columns,
        derived=frozenset(head["derived"]),
        id=head["id"],
    )


def from_envelope(body: Mapping[str, Any]) -> Signal:
    """A signal from our own JSON envelope, as `POST /api/v1/signals` and histories carry it.

    A forecast is `{kind: forecast, source, issued, start, spots: [{id} or {lat, lon, elevation}],
    values: {visibility: [[hour 0 by spot], …]}}` with null for missing; the others are their fields.
    Raises BadInput that names the field at fault.
    """
    if body.get("kind") != "forecast":
        if body.get("kind") == "observation" and isinstance(body.get("values"), Mapping):
            # What is missing is null, in an observation as in a forecast.
            said = {q: v for q, v in body["values"].items() if v is not None}
            body = dict(body) | {"values": said}
        try:
            return _SAID.validate_python(dict(body))
        except ValueError as error:
            raise BadInput(_plain(error), mend="See docs/signals.md for the envelope.") from None
    try:
        source = body["source"]
        if not isinstance(source, str):
            raise ValueError(f"its source is no text: {source!r}")
        issued, start = _stamp(body["issued"]), _stamp(body["start"])
        spots = tuple(
            Spot(str(s.get("id", "")), float(s.get("lat", np.nan)), float(s.get("lon", np.nan)),
                 None if s.get("elevation") is None else float(s["elevation"]))
            for s in body["spots"]
        )  # fmt: skip
        values = {str(q): _column(q, v, len(spots)) for q, v in body["values"].items()}
    except KeyError as error:
        raise BadInput(f"a forecast needs the field {error}") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise BadInput(f"this forecast cannot be read: {error}") from None
    if len({len(v) for v in values.values()}) != 1:
        raise BadInput("all quantities of a forecast must have the same number of hours, and some")
    return Forecast(source, issued, start, spots, values)


def _column(name: object, rows: Any, spots: int) -> Floats:
    lines = [[np.nan if x is None else x for x in row] for row in rows]
    if not lines or any(len(line) != spots for line in lines):
        raise ValueError(f"{name} must hold one row an hour with {spots} values each")
    with np.errstate(over="ignore"):  # what float32 cannot hold is beyond any plausible range
        return np.array(lines, dtype=np.float32)


def _stamp(text: Any) -> datetime:
    at = datetime.fromisoformat(str(text))
    if at.tzinfo is None:
        raise ValueError(f"the time {text!r} needs its zone, e.g. 2026-01-20T08:00:00+08:00")
    return at.astimezone(UTC)


def _plain(error: ValueError) -> str:
    details = getattr(error, "errors", None)
    if details is None:
        return str(error)
    return "; ".join(
        f"{'.'.join(str(p) for p in e['loc'][1:] or e['loc'])}: {e['msg']}" for e in details()
    )
