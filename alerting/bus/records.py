"""What a record of the broker holds: signals of one realm, compressed, at most 512 KiB of them.

A run of many spots is more than any record may be. It goes in pieces by its spots: each is a signal of
its own and says of its places all that the run says, and where its spots concern one share of the
places alone it goes to that share alone. Fields put them together again: a run counts column by column.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

import zstandard

from alerting.bus.shares import Shares
from alerting.errors import TooLarge
from alerting.signals import Forecast, Signal, Spot, decode, encode

LARGEST = 512 * 1024
# One signal that cannot be cut may be more; brokers take 1,048,588 bytes as they come, with what
# they write around it.
LIMIT = 1_000_000


@dataclass(frozen=True, slots=True)
class Load:
    """A signal as it is carried: to which share of the places (None: to all), and as which bytes."""

    signal: Signal
    share: int | None
    body: bytes


def loads(signals: Iterable[Signal], shares: Shares) -> list[Load]:
    """What is carried for these signals, runs that are too large in pieces."""
    found = []
    for one in signals:
        body = encode(one)
        if isinstance(one, Forecast) and len(body) > LARGEST:
            found += _pieces(one, len(body), shares)
        else:
            found.append(Load(one, shares.of(one), body))
    return found


def pack(realm: str, carried: Sequence[Load]) -> Iterator[bytes]:
    """Record values, each at most 512 KiB unless one signal alone is larger. Raises TooLarge for a
    signal of which no broker takes a record."""
    start, size = 0, 0
    for at, one in enumerate(carried):
        if at > start and size + len(one.body) > LARGEST:
            yield _value(realm, carried[start:at])
            start, size = at, 0
        size += len(one.body)
    if carried[start:]:
        yield _value(realm, carried[start:])


def unpack(value: bytes) -> tuple[str, tuple[Signal, ...], dict[str, bytes], tuple[str, ...]]:
    """What `pack` made: the realm, its signals, their bodies by id, and what is wrong with those that
    cannot be read (a newer suian may know kinds that this one does not). Raises ValueError for no
    record of ours."""
    try:
        raw = zstandard.ZstdDecompressor().decompress(value)
        size = int.from_bytes(raw[:4], "big")
        head = json.loads(raw[4 : 4 + size])
        realm, lengths = str(head["realm"]), [int(length) for length in head["lengths"]]
    except Exception as error:  # whatever somebody else has written there
        raise ValueError(f"not a record of ours: {error!r}") from None
    at, found, bodies, faults = 4 + size, [], {}, []
    for length in lengths:
        try:
            one = decode(body := raw[at : at + length])
            if one.accepted is None:
                raise ValueError(f"{one.id} does not say when it was accepted")
            found.append(one)
            bodies[one.id] = body
        except ValueError as error:
            faults.append(str(error))
        at += length
    return realm, tuple(found), bodies, tuple(faults)


def _value(realm: str, carried: Sequence[Load]) -> bytes:
    head = json.dumps({"realm": realm, "lengths": [len(one.body) for one in carried]}).encode()
    raw = len(head).to_bytes(4, "big") + head + b"".join(one.body for one in carried)
    value = zstandard.ZstdCompressor(level=1).compress(raw)
    if len(value) > LIMIT:  # one alone: others are put together only up to LARGEST
        one = carried[0].signal
        raise TooLarge(
            f"this {one.kind} of {one.source} is {len(value) // 1000} kB packed, and the broker takes"
            f" {LIMIT // 1000}", where=one.id, mend="Send it in parts, or with fewer corners or words.",
            zh=f"内容太大（压缩后 {len(value) // 1000} kB，上限 {LIMIT // 1000} kB），请分次提交。",
        )  # fmt: skip
    return value


def _pieces(run: Forecast, size: int, shares: Shares) -> list[Load]:
    """Halved as often as it takes: so the next run, of another size, is as a rule cut at the same
    spots, which fields place but once."""
    found = []
    for share, spots in shares.spots_of(run):
        times = (size * len(spots) // len(run.spots) // LARGEST).bit_length()
        cut = _cut(run, spots, times)
        while max(len(body) for _, body in cut) > LARGEST and 1 << times < len(spots):
            times += 1
            cut = _cut(run, spots, times)
        found += [Load(piece, share, body) for piece, body in cut]
    return found


def _cut(
    run: Forecast, spots: list[tuple[Spot, int]], times: int
) -> list[tuple[Forecast, bytes]]:
    step = -(-len(spots) // (1 << times))
    made = [_piece(run, spots[at : at + step]) for at in range(0, len(spots), step)]
    return [(one, encode(one)) for one in made]


def _piece(run: Forecast, spots: list[tuple[Spot, int]]) -> Forecast:
    """Of the same content and the same spots always the same one."""
    where, numbers = tuple(spot for spot, _ in spots), [n for _, n in spots]
    said = "".join(f"{spot.id}|{spot.lat:.5f}|{spot.lon:.5f};" for spot in where)
    digest = blake2b(said.encode(), digest_size=6).hexdigest()
    values = {quantity: column[:, numbers] for quantity, column in run.values.items()}
    return replace(run, id=f"{run.id}:{digest}", spots=where, values=values)
