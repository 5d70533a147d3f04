"""/by-hand: what somebody on duty types in when nothing else brings it, in forms without scripts.

A warning from a fax or a call, a bulletin of an accident, a road that a neighbour closed or opened, an
alert, a measure. They go the way of the
API and through its checks; what cannot be taken is shown again as it was typed, with the sentence of
what was wrong.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError
from sqlalchemy import Connection, select

from alerting.errors import BadInput
from alerting.places.areas import AreaMatcher
from alerting.places.roads import CLOSED, REOPENED
from alerting.rulebook.arguments import EXEMPTS
from alerting.rulebook.given import read_given
from alerting.signals import Area, Warning, decode
from alerting.store.schema import signal
from alerting.vocabulary import HAZARDS
from alerting.vocabulary.incidents import incident_named
from alerting.web import api_answers, auth, saying
from alerting.web.api_epidemics import (
    EndOfBulletin,
    EpidemicBulletin,
    end_epidemic,
    epidemics,
    publish_epidemic,
)
from alerting.web.api_incidents import Bulletin, publish_bulletin
from alerting.web.api_roads import tell
from alerting.web.bodies import bare, form_of
from alerting.web.cards import natural
from alerting.web.desk import Station, station_of
from alerting.web.drawing import page
from alerting.web.places_named import place_named
from alerting.web.problems import Problem
from alerting.web.realms import shown_of_realm
from alerting.web.roles import Who
from alerting.web.words import PROBLEMS, WORDS
from connectors.typed import NOT_WARNED

router = APIRouter(include_in_schema=False)
Form = dict[str, str]
NEEDED = {
    "warning": ("issuer", "issued", "hazard", "level", "areas", "reason"),
    "incident": ("incident", "where", "happened", "reason"),
    "road": ("act", "road", "from_km", "to_km", "by"),
    "epidemic": ("issuer", "areas", "begins", "period_end", "reason"),
    "epidemic-end": ("bulletin", "reason"),
    "open": ("rule", "place", "level", "reason"),
    "order": ("measure", "place", "level", "reason"),
}
WARNINGS = 30  # of the latest, that a new one may change or end


class _Unconfirmed(Exception):
    """All of it can be taken; it is red, and nobody has said yet that red is meant."""


@router.get("/by-hand")
async def by_hand(request: Request) -> Response:
    who_asks = await auth.needs("order")(request)
    given = request.query_params.get("said", "")
    said = await saying.became(station_of(request), given, who_asks.person) if given else None
    return await _draw(request, who_asks, {}, said=said)


@router.post("/by-hand")
async def typed_in(request: Request) -> Response:
    form = await form_of(request)
    who_asks = await auth.needs("order")(request)
    auth.check_form(who_asks, form)
    kind = form.get("kind", "")
    if kind not in NEEDED:
        raise Problem(422, "this form is unknown", "Open the page again.",
                      zh="这个表单无法识别，请重新打开页面。")  # fmt: skip
    try:
        _complete(kind, form)
        made = await TAKE[kind](request, who_asks, form)
    except _Unconfirmed:
        return await _draw(request, who_asks, form, confirm=True)
    except ValidationError as error:
        fields = ", ".join(".".join(str(p) for p in one["loc"]) for one in error.errors())
        wrong = {"zh": "有一项填写得过长或格式不对。", "en": f"this cannot be used: {fields}"}
        return await _draw(request, who_asks, form, wrong=wrong)
    except BadInput as error:
        wrong = {"zh": error.zh or PROBLEMS[422], "en": f"{error.what}. {error.mend}".strip()}
        return await _draw(request, who_asks, form, wrong=wrong)
    except Problem as problem:
        wrong = {"zh": problem.zh or PROBLEMS[problem.status],
                 "en": f"{problem.detail}. {problem.mend}".strip()}  # fmt: skip
        return await _draw(request, who_asks, form, wrong=wrong)
    what = f"said={quote(made)}" if made else f"{kind}=taken"
    return RedirectResponse(f"/by-hand?realm={quote(form['realm'])}&{what}", 303)


async def _warning(request: Request, who_asks: Who, form: Form) -> str:
    station = station_of(request)
    areas = _areas(form["areas"])
    codes = [part for part in areas if part.isdigit()]
    names = [part for part in areas if not part.isdigit()]
    if not AreaMatcher(station.places).covers(Area(names=tuple(names), codes=tuple(codes))).any():
        county = station.places.by_id[station.places.county]
        raise BadInput(f"no place of the county lies in {form['areas']!r}",
                       mend="Give the county's or townships' names or codes, such as"
                       f" {county.name} or {county.id}.",
                       zh=f"本县没有地点在“{form['areas']}”之内。"
                       f"请填县、乡镇名称或区划代码，如 {county.name} 或 {county.id}。")  # fmt: skip
    reference, action = form.get("reference", ""), form.get("action") or "alert"
    if action != "alert" and not reference:
        raise BadInput("it changes or ends an earlier warning: choose which",
                       zh="更新或解除预警时，请选择所指的那一条预警。")  # fmt: skip
    given = api_answers.Typed.model_validate({
        "issuer": form["issuer"], "issued": _time(station, form["issued"]),
        "hazard": form["hazard"], "level": form["level"], "action": action,
        "text": form.get("text", ""), "areas": names, "codes": codes,
        "expires": _time(station, form["expires"]) if form.get("expires") else None,
        "references": [reference] if reference else [], "reason": form["reason"],
        "realm": form["realm"],
    })  # fmt: skip
    _confirmed(form)
    await api_answers.type_warning(request, given, who_asks)
    return ""


async def _incident(request: Request, who_asks: Who, form: Form) -> str:
    station = station_of(request)
    given = Bulletin(
        kind=form["incident"], place=form["where"][:200], at=_time(station, form["happened"]),
        casualties=form.get("casualties", "")[:200], text=form.get("text", "")[:5000],
        reason=form["reason"][:500], realm=form["realm"],
    )  # fmt: skip
    await publish_bulletin(station, who_asks, given)
    return ""


async def _road(request: Request, who_asks: Who, form: Form) -> str:
    station = station_of(request)
    detail: dict[str, Any] = {key: form.get(key, "").strip() for key in ("road", "by", "reason")}
    detail |= {"from_km": bare(form["from_km"]), "to_km": bare(form["to_km"])}
    detail |= {"direction": form.get("direction") or "both"}
    if form.get("until"):
        detail["until"] = _time(station, form["until"]).isoformat()
    act = REOPENED if form["act"] == REOPENED else CLOSED
    made = await tell(station, who_asks, act, detail, form["realm"], "page")
    return str(made["id"])


async def _epidemic(request: Request, who_asks: Who, form: Form) -> str:
    station = station_of(request)
    given = EpidemicBulletin(
        issuer=form["issuer"][:100], areas=_areas(form["areas"])[:200],
        begins=_time(station, form["begins"]), until=_time(station, form["period_end"]),
        text=form.get("text", "")[:5000], reason=form["reason"][:500], realm=form["realm"],
    )  # fmt: skip
    await publish_epidemic(station, who_asks, given)
    return ""


async def _epidemic_end(request: Request, who_asks: Who, form: Form) -> str:
    given = EndOfBulletin(reason=form["reason"][:500], realm=form["realm"])
    await end_epidemic(station_of(request), who_asks, form["bulletin"], given)
    return ""


def _areas(text: str) -> list[str]:
    return [part for part in re.split(r"[,，、;；\s]+", text) if part]


async def _open(request: Request, who_asks: Who, form: Form) -> str:
    station = station_of(request)
    if form["rule"] not in station.book.rules_by_id:
        raise BadInput(f"there is no rule {form['rule']!r}", zh=f"没有“{form['rule']}”这条规则。")
    detail = {"place": place_named(station, form["place"]), "level": form["level"],
              "reason": form["reason"]}  # fmt: skip
    _confirmed(form)
    made = await saying.say(station, who_asks, "open", f"rule:{form['rule']}", detail,
                            channel="page", realm_id=form["realm"])  # fmt: skip
    return str(made["id"])


async def _order(request: Request, who_asks: Who, form: Form) -> str:
    station, name = station_of(request), form["measure"]
    definition = station.book.orderable.get(name)
    if definition is None:
        raise BadInput(f"there is no measure {name!r}", zh=f"没有“{name}”这项措施。")
    given = {key: bare(form[f"argument.{key}"]) for key in [*definition.arguments, EXEMPTS]
             if form.get(f"argument.{key}")}  # fmt: skip
    detail = {
        "measure": name, "level": form["level"], "reason": form["reason"],
        "arguments": read_given(name, definition, given),
    } | ({"day": form["day"]} if form.get("day") else {})  # fmt: skip
    place = place_named(station, form["place"])
    _confirmed(form)
    made = await saying.say(station, who_asks, "order", f"place:{place}", detail, channel="page",
                            realm_id=form["realm"])  # fmt: skip
    return str(made["id"])


# Each gives the id of the report that was made, "" where it was a warning or a bulletin.
TAKE: dict[str, Callable[[Request, Who, Form], Awaitable[str]]] = {
    "warning": _warning, "incident": _incident, "road": _road, "epidemic": _epidemic,
    "epidemic-end": _epidemic_end, "open": _open, "order": _order,
}  # fmt: skip


def _complete(kind: str, form: Form) -> None:
    lacking = [name for name in NEEDED[kind] if not form.get(name, "").strip()]
    if lacking:
        zh, en = zip(*(WORDS[f"field_{name}"] for name in lacking), strict=True)
        raise BadInput(f"missing: {', '.join(en)}", zh=f"还没有填：{'、'.join(zh)}。")
    form.setdefault("realm", "live")


def _confirmed(form: Form) -> None:
    if form["level"] == "red" and form.get("confirmed") != "yes":
        raise _Unconfirmed


def _time(station: Station, text: str) -> datetime:
    """A time of the county, as browsers send it: 2026-01-20T08:00. Raises BadInput."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadInput(f"{text!r} is no time", mend="Write it like 2026-01-20 08:00.",
                       zh=f"“{text}”不是时间，请写成 2026-01-20 08:00。") from None  # fmt: skip
    return at if at.tzinfo is not None else at.replace(tzinfo=station.config.county.zone)


async def _draw(
    request: Request, who_asks: Who, form: Form, *, wrong: dict[str, str] | None = None,
    confirm: bool = False, said: dict[str, Any] | None = None,
) -> Response:  # fmt: skip
    station = station_of(request)
    shown = await shown_of_realm(
        request, lambda c, realm_id: {
            "warnings": _warnings(c, realm_id),
            "epidemics": _in_force(epidemics(c, realm_id), station.now(realm_id)),
        }, form.get("realm")
    )  # fmt: skip
    return page(
        request, "by_hand.html", status=422 if wrong else 200, who=who_asks, given=form, wrong=wrong,
        confirm=confirm, said=said, now=station.now(shown["realm"].id),
        warning_taken=request.query_params.get("warning") == "taken",
        incident_taken=request.query_params.get("incident") == "taken",
        roads=sorted({p.road for p in station.places.of_kind("road-section") if p.road}),
        epidemic_taken=request.query_params.get("epidemic") == "taken",
        epidemic_ended=request.query_params.get("epidemic-end") == "taken",
        incidents={kind: incident_named(kind) for kind in sorted(station.book.incidents)},
        hazards=[h for h in HAZARDS.values() if h.id not in NOT_WARNED],
        rules=station.book.rules_by_id, measures=station.book.orderable,
        places=sorted(station.places.by_id.values(), key=lambda p: natural(p.name)), **shown,
    )  # fmt: skip


def _in_force(given: list[Warning], now: datetime) -> list[Warning]:
    return [one for one in given if one.expires is not None and one.expires > now]


def _warnings(connection: Connection, realm_id: str) -> list[Warning]:
    """The latest warnings, by which one typed in says what it changes or ends."""
    bodies = connection.execute(
        select(signal.c.body)
        .where(signal.c.realm == realm_id, signal.c.kind == "warning")
        .order_by(signal.c.seq.desc())
        .limit(WARNINGS)
    ).scalars()
    found = []
    for body in bodies:
        try:
            one = decode(body)
        except ValueError:  # the engine has set it aside and the watch says so
            continue
        if isinstance(one, Warning) and one.action != "cancel" and one.hazard != "epidemic":
            found.append(one)
    return found
