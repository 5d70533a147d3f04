"""What people say through the API: answers, decisions, and what is done by hand with a reason."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import select

from alerting.rulebook.given import read_form, read_given
from alerting.signals import Area, Warning
from alerting.store.schema import measure
from alerting.web.api_signals import lies_nowhere
from alerting.web.auth import needs
from alerting.web.bodies import Body
from alerting.web.desk import Station, read, station_of
from alerting.web.problems import Problem, described
from alerting.web.roles import Who
from alerting.web.saying import ACTS, TOGETHER, became, check_realm, say
from connectors.typed import typed_warning

router = APIRouter(prefix="/api/v1", tags=["answers"],
                   responses=described(401, 403, 404, 409, 422))  # fmt: skip
Key = Annotated[str, Field(max_length=200)]
Outcome = Literal["taken", "late", "repeated", "refused", "not-understood"]
Point = Literal["staffing", "equipment", "dangerous-work", "workforce"]
LevelName = Literal["blue", "yellow", "orange", "red"]
MEASURE_ACTS = {
    "acknowledge": "Acknowledge a measure", "in-force": "Report a measure in force",
    "cannot": "Say that a measure cannot be carried out", "approve": "Approve a proposed measure",
    "refuse": "Refuse a proposed measure", "attest": "Attest the check, so that a measure is lifted",
    "kept": "Keep a measure whose lifting is proposed", "support": "Ask for support with a measure",
    "withdraw": "Withdraw a measure",
    "keep-first": "Of two measures that conflict, keep the older; {id} is the newer",
    "take-second": "Of two measures that conflict, take the newer; {id} is the newer",
    "both": "Let two measures that conflict both stand; {id} is the newer",
    "go-ahead": "Order a measure without what should be in force first",
    "give-up": "Call off a measure that waits for another",
    "sign": "Sign an attestation, so that a halt is lifted",
    "send-back": "Send an attestation back unsigned",
}  # fmt: skip
ALERT_ACTS = {
    "acknowledge": "Acknowledge an alert", "keep": "Keep an alert open until a person ends it",
    "withdraw": "Withdraw an alert",
}  # fmt: skip


class Became(BaseModel):
    """What was said is on the disk; `outcome` is null while it is still on its way to the engine."""

    ids: list[str] = Field(description="ids of the reports that are new")
    id: str = Field(description="ask GET /api/v1/answers/{id} for the outcome later")
    realm: str
    outcome: Outcome | None
    next: dict[str, str] = Field(description="what follows, {zh, en}")


class Said(Body):
    reason: str = Field("", max_length=500)


class Decided(Said):
    """`with`: other measures of the same question that are answered alike, by their ids."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    beside: list[Key] = Field([], alias="with", max_length=500)


class Attestation(Said):
    """All four with true are taken; with a gap or a false the halt stays, and it is recorded."""

    points: dict[Point, bool]


class Raising(Body):
    level: LevelName
    reason: str = Field(min_length=1, max_length=500)


class CorrectedAlert(Body):
    """What is left out stays as it is."""

    level: LevelName | None = None
    place: Key | None = None
    reason: str = Field(min_length=1, max_length=500)


class CorrectedMeasure(CorrectedAlert):
    """`arguments`: those that were wrong, by name; given empty, one that may be left out is."""

    arguments: dict[Key, Any] = Field({}, max_length=20)
    day: date | None = None


class Opening(Raising):
    rule: Key
    place: Key
    realm: Key = "live"


class Ordering(Raising):
    measure: Key
    place: Key
    arguments: dict[str, Any] = Field({})
    day: date | None = None  # of a measure for a named day; left out, the next morning's
    realm: Key = "live"


class Seen(Body):
    word: str = Field(min_length=1, max_length=40)
    realm: Key = "live"


class Typed(Body):
    """An official warning typed in from a fax or a call. `hazard` is ours or the office's own word.

    A later one that changes or ends it names it in `references`.
    """

    issuer: str = Field(max_length=100)
    issued: AwareDatetime
    hazard: str = Field(max_length=60)
    level: str = Field(max_length=20)
    action: Literal["alert", "update", "cancel"] = "alert"
    text: str = Field("", max_length=5000)
    expires: AwareDatetime | None = None
    areas: list[Key] = Field(default=[], max_length=200)  # names as the warning gives them
    codes: list[Key] = Field(default=[], max_length=200)
    above: float | None = None  # metres
    below: float | None = None
    references: list[Key] = Field(default=[], max_length=50)
    reason: str = Field(min_length=1, max_length=500)  # how it came: fax of 14:05, call …
    realm: Key = "live"


def _answering(subject: str, act: str, summary: str) -> None:
    """POST /alerts/{id}/acknowledge and its like: one route an act, all alike."""
    body = Decided if subject == "measure" and act in TOGETHER else Said

    async def take(
        request: Request,
        item_id: str,
        said: Said | None = None,
        who_asks: Who = Depends(needs(ACTS[act])),  # not Annotated: `act` is no name of the module
    ) -> dict[str, Any]:
        detail = said.model_dump(by_alias=True, exclude_defaults=True) if said else {}
        return await say(station_of(request), who_asks, act, f"{subject}:{item_id}", detail,
                         channel="api")  # fmt: skip

    take.__annotations__["said"] = body | None  # nor is `body`
    router.add_api_route(
        f"/{subject}s/{{item_id}}/{act}", take, methods=["POST"], status_code=202,
        response_model=Became,
        name=f"{act} {subject}", summary=summary,
    )  # fmt: skip


for _act, _summary in ALERT_ACTS.items():
    _answering("alert", _act, _summary)
for _act, _summary in MEASURE_ACTS.items():
    _answering("measure", _act, _summary)


class Changing(Body):
    """`arguments`: those that are changed, by name; the others stay as they were put. Given empty, one
    that may be left out is."""

    arguments: dict[Key, Any] = Field(min_length=1, max_length=20)
    reason: str = Field(min_length=1, max_length=500)


@router.post("/measures/{item_id}/approve-changed", status_code=202, response_model=Became,
             summary="Approve a proposed measure with other arguments than were proposed")  # fmt: skip
async def approve_changed(
    request: Request,
    item_id: str,
    given: Changing,
    who_asks: Annotated[Who, Depends(needs("decide"))],
) -> dict[str, Any]:
    return await say(station_of(request), who_asks, "approve-changed", f"measure:{item_id}",
                     given.model_dump(), channel="api")  # fmt: skip


@router.post("/measures/{item_id}/attest-gate", status_code=202, response_model=Became,
             summary="Attest the four points before a halt is lifted")  # fmt: skip
async def attest_gate(
    request: Request,
    item_id: str,
    given: Attestation,
    who_asks: Annotated[Who, Depends(needs("answer"))],
) -> dict[str, Any]:
    return await say(station_of(request), who_asks, "attest-gate", f"measure:{item_id}",
                     given.model_dump(), channel="api")  # fmt: skip


class Returning(Body):
    form: dict[Key, str | int] = Field(description="by the id of each field of the measure's form")


@router.post("/measures/{measure_id}/return", status_code=202, response_model=Became,
             summary="Send back a measure's form, which reports it in force")  # fmt: skip
async def return_form(
    request: Request,
    measure_id: str,
    given: Returning,
    who_asks: Annotated[Who, Depends(needs("answer"))],
) -> dict[str, Any]:
    return await send_form(station_of(request), who_asks, measure_id, given.form, "api")


async def send_form(
    station: Station, who_asks: Who, measure_id: str, form: dict[str, Any], channel: str
) -> dict[str, Any]:
    """Publish a form once it is whole. Raises BadInput with the fields at fault, Problem else."""
    named = await read(station, lambda c: c.execute(
        select(measure.c.measure).where(measure.c.id == measure_id)).scalar_one_or_none())  # fmt: skip
    definition = station.book.measures.get(named or "")
    if definition is not None:
        form = dict(read_form(definition, form))
    return await say(station, who_asks, "return", f"measure:{measure_id}", {"form": form},
                     channel=channel)  # fmt: skip


@router.get("/answers/{report_id}", summary="What became of something you said")
async def outcome_of(
    request: Request, report_id: str, who_asks: Annotated[Who, Depends(needs("view"))]
) -> dict[str, Any]:
    return {"id": report_id, **await became(station_of(request), report_id, who_asks.person)}


@router.post("/alerts/{alert_id}/raise", status_code=202, response_model=Became,
             summary="Raise an alert by hand")  # fmt: skip
async def raise_alert(
    request: Request,
    alert_id: str,
    given: Raising,
    who_asks: Annotated[Who, Depends(needs("order"))],
) -> dict[str, Any]:
    return await say(station_of(request), who_asks, "raise", f"alert:{alert_id}",
                     given.model_dump(), channel="api")  # fmt: skip


@router.post("/alerts/{alert_id}/correct", status_code=202, response_model=Became,
             summary="Correct an alert that a person opened, raised or keeps")  # fmt: skip
async def correct_alert(
    request: Request,
    alert_id: str,
    given: CorrectedAlert,
    who_asks: Annotated[Who, Depends(needs("order"))],
) -> dict[str, Any]:
    return await correct(station_of(request), who_asks, f"alert:{alert_id}", given, "api")


@router.post("/measures/{measure_id}/correct", status_code=202, response_model=Became,
             summary="Correct a measure that was ordered by hand")  # fmt: skip
async def correct_measure(
    request: Request,
    measure_id: str,
    given: CorrectedMeasure,
    who_asks: Annotated[Who, Depends(needs("order"))],
) -> dict[str, Any]:
    return await correct(station_of(request), who_asks, f"measure:{measure_id}", given, "api")


async def correct(
    station: Station, who_asks: Who, subject: str, given: CorrectedAlert, channel: str
) -> dict[str, Any]:
    """Publish what is put right. Raises Problem where the right place is none of ours."""
    if given.place is not None and given.place not in station.places.by_id:
        raise Problem(404, f"there is no place {given.place!r}",
                      zh=f"没有编号为 {given.place} 的地点。")  # fmt: skip
    detail = given.model_dump(mode="json", exclude_none=True)
    return await say(station, who_asks, "correct", subject, detail, channel=channel)


@router.post("/alerts", status_code=202, response_model=Became,
             summary="Open an alert by hand")  # fmt: skip
async def open_alert(
    request: Request, given: Opening, who_asks: Annotated[Who, Depends(needs("order"))]
) -> dict[str, Any]:
    detail = {"place": given.place, "level": given.level, "reason": given.reason}
    station = station_of(request)
    if given.place not in station.places.by_id:
        raise Problem(404, f"there is no place {given.place!r}",
                      zh=f"没有编号为 {given.place} 的地点。")  # fmt: skip
    return await say(station, who_asks, "open", f"rule:{given.rule}", detail, channel="api",
                     realm_id=given.realm)  # fmt: skip


@router.post("/measures", status_code=202, response_model=Became,
             summary="Order a measure by hand")  # fmt: skip
async def order_measure(
    request: Request, given: Ordering, who_asks: Annotated[Who, Depends(needs("order"))]
) -> dict[str, Any]:
    station = station_of(request)
    if given.measure not in station.book.orderable:
        raise Problem(422, f"there is no measure {given.measure!r}",
                      f"Known: {', '.join(sorted(station.book.orderable))}.",
                      zh=f"规则包里没有“{given.measure}”这项措施。")  # fmt: skip
    arguments = read_given(given.measure, station.book.measures[given.measure], given.arguments)
    detail = given.model_dump(include={"measure", "level", "reason"}) | {"arguments": arguments}
    if given.day is not None:
        detail["day"] = given.day.isoformat()
    return await say(station, who_asks, "order", f"place:{given.place}", detail, channel="api",
                     realm_id=given.realm)  # fmt: skip


@router.post("/places/{place_id}/reported", status_code=202, response_model=Became,
             summary="Say what is seen at a place")  # fmt: skip
async def report_seen(
    request: Request,
    place_id: str,
    given: Seen,
    who_asks: Annotated[Who, Depends(needs("answer"))],
) -> dict[str, Any]:
    _known_word(station_of(request), given.word)
    return await say(station_of(request), who_asks, "reported", f"place:{place_id}",
                     {"word": given.word}, channel="api", realm_id=given.realm)  # fmt: skip


@router.post("/places/{place_id}/report-ended", status_code=202, response_model=Became,
             summary="Say that what was seen at a place has ended")  # fmt: skip
async def report_ended(
    request: Request,
    place_id: str,
    given: Seen,
    who_asks: Annotated[Who, Depends(needs("answer"))],
) -> dict[str, Any]:
    _known_word(station_of(request), given.word)
    return await say(station_of(request), who_asks, "report-ended", f"place:{place_id}",
                     {"word": given.word}, channel="api", realm_id=given.realm)  # fmt: skip


def _known_word(station: Station, word: str) -> None:
    known = station.book.reported
    if word not in known:
        raise Problem(422, f"no rule looks for {word!r} being reported",
                      f"Known words: {', '.join(sorted(known)) or 'none'}.",
                      zh=f"没有规则使用现场情况“{word}”。可报：{'、'.join(sorted(known)) or '无'}。")


@router.post("/warnings", status_code=202, summary="Type in an official warning, with its origin")
async def type_warning(
    request: Request, given: Typed, who_asks: Annotated[Who, Depends(needs("order"))]
) -> dict[str, Any]:
    station = station_of(request)
    await read(station, lambda c: check_realm(c, given.realm))
    if given.action != "alert" and not given.references:
        raise Problem(422, f"to {given.action} a warning, name the one it refers to in references",
                      zh="更新或解除预警时，请指明所指的那一条预警。")  # fmt: skip
    area = Area(names=tuple(given.areas), codes=tuple(given.codes), above=given.above,
                below=given.below)  # fmt: skip
    typed = typed_warning(given.hazard, given.level, area, given.issuer, given.text, given.issued,
                          given.expires, who_asks.person, station.county.table)  # fmt: skip
    fields = typed.model_dump(exclude={"id", "accepted", "area"}) | {
        "area": area, "action": given.action, "references": tuple(given.references),
        "description": f"{typed.description}\n（{who_asks.name}：{given.reason}）".strip(),
    }  # fmt: skip
    warning = Warning.model_validate(fields)
    ids = await station.publish(given.realm, [warning])
    left = await read(station, lambda _: lies_nowhere(station, warning))
    return {"ids": ids, "realm": given.realm, "identifier": warning.identifier,
            "problems": [asdict(one) for one in left]}  # fmt: skip
