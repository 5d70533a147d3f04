"""The pages: the first one, one per alert, messages, exercises, logging in and out."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote, unquote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from alerting.errors import BadInput
from alerting.service.held import held
from alerting.web import auth, demo, logins, problems, saying
from alerting.web.alert_page import alert_page
from alerting.web.auth import who
from alerting.web.bodies import arguments_of, chosen_of, form_of, nothing_chosen, points_of
from alerting.web.chronicle import latest
from alerting.web.desk import Station, read, station_of
from alerting.web.drawing import STYLE, language_of, page, words_in, wrong_in_words
from alerting.web.drill_page import took_in
from alerting.web.front import front, messages
from alerting.web.health import failing
from alerting.web.measure_page import draw_measure
from alerting.web.origin import at_the_machine
from alerting.web.places_named import place_named
from alerting.web.problems import Problem
from alerting.web.realms import shown_of_realm
from alerting.web.roles import NOBODY, Who
from alerting.web.waiting import waiting

router = APIRouter(include_in_schema=False)
Asking = Annotated[Who, Depends(who)]
REFRESH, REFRESH_PLAYING = 30, 5  # seconds
MESSAGES_SHOWN = 200
EVENTS = 10  # of what has just happened
TOP_CARDS = 2  # which a phone shows before who has not answered
TOP_WAITING = 30  # posts: the gravest come first
PLACES = 6  # that a card names before the rest is folded away


@router.get("/")
async def first_page(request: Request, who_asks: Asking) -> Response:
    station = station_of(request)

    def show(connection: Connection, realm_id: str) -> dict[str, Any]:
        happened = latest(connection, station, realm_id, EVENTS)
        return {**front(connection, station, realm_id), "happened": happened}

    said = await saying.just_said(request, who_asks)
    shown = await shown_of_realm(request, show)
    playing = shown["realm"].kind == "exercise" and shown["realm"].ended is None
    return page(
        request, "front.html", who=who_asks, now=station.now(shown["realm"].id),
        refresh=REFRESH_PLAYING if playing else REFRESH, playing=playing,
        exercise=station.exercise, may_play=_may_play(request, who_asks),
        top_cards=TOP_CARDS, top_waiting=TOP_WAITING, named_places=PLACES, said=said,
        failing=failing(station),
        book_problem=station.book_problem, **shown,
    )  # fmt: skip


@router.get("/alerts/{alert_id}")
async def one_alert(request: Request, who_asks: Asking, alert_id: str) -> Response:
    return await _draw_alert(request, who_asks, alert_id)


async def _draw_alert(
    request: Request, who_asks: Who, alert_id: str, given: dict[str, str] | None = None,
    problem: Problem | None = None,
) -> Response:  # fmt: skip
    """`given` is the form that was refused, with its `problem`."""
    station = station_of(request)
    said = await saying.just_said(request, who_asks)
    shown = await read(station, lambda c: alert_page(c, station, alert_id))
    if shown is None:
        raise Problem(404, f"there is no alert {alert_id!r}",
                      zh=f"这里没有页面：没有编号为 {alert_id} 的风险提示。")  # fmt: skip
    return page(request, "alert.html", status=problem.status if problem else 200, who=who_asks,
                now=station.now(shown["alert"]["realm"]), given=given or {},
                wrong=wrong_in_words(problem) if problem else None,
                may_act=bool(who_asks.by) and shown["realm"].ended is None, took=took_in(request),
                said=said, **shown)  # fmt: skip


@router.get("/waiting")
async def all_waiting(request: Request, who_asks: Asking) -> Response:
    station = station_of(request)
    shown = await shown_of_realm(
        request, lambda c, realm_id: {"waiting": waiting(c, station, realm_id)}
    )
    return page(request, "waiting.html", who=who_asks, now=station.now(shown["realm"].id), **shown)


@router.get("/messages")
async def all_messages(request: Request, who_asks: Asking) -> Response:
    station = station_of(request)
    shown = await shown_of_realm(
        request, lambda c, realm_id: {
            "messages": messages(c, realm_id, MESSAGES_SHOWN),
            "held": held(c, station.places, realm_id, limit=MESSAGES_SHOWN),
        }
    )  # fmt: skip
    return page(request, "messages.html", who=who_asks, now=station.now(shown["realm"].id), **shown)


@router.post("/act")
async def act(request: Request) -> Response:
    """A button of a page: the same checks and the same report as through the API."""
    form = await form_of(request)
    doing, subject = form.get("act", ""), form.get("subject", "")
    if doing not in saying.ACTS or subject.partition(":")[0] not in ("alert", "measure"):
        raise Problem(422, "this button is unknown", "Open the page again.",
                      zh="这个按钮无法识别，请重新打开页面。")  # fmt: skip
    who_asks = await auth.needs(saying.ACTS[doing])(request)
    auth.check_form(who_asks, form)
    try:
        subject, detail = _said_by(station_of(request), doing, subject, form)
        made = await saying.say(station_of(request), who_asks, doing, subject, detail, channel="page")
    except BadInput as error:
        return await _shown_again(request, who_asks, form, problems.from_error(error))
    except Problem as problem:
        return await _shown_again(request, who_asks, form, problem)
    return RedirectResponse(f"{_own_path(form.get('back', '/'))}?said={quote(made['id'])}", 303)


def _said_by(
    station: Station, doing: str, subject: str, form: dict[str, str]
) -> tuple[str, dict[str, Any]]:
    """What a button's form says, and about what. Raises BadInput and Problem."""
    detail: dict[str, Any] = {k: form[k] for k in ("reason", "level") if form.get(k)}
    if doing == "approve-changed":
        detail["arguments"] = arguments_of(form)
    if doing == "correct":
        detail |= {"arguments": arguments_of(form)} if subject.startswith("measure:") else {}
        detail |= {"day": form["day"]} if form.get("day") else {}
        if form.get("place", "").strip():
            detail["place"] = place_named(station, form["place"])
    if doing == "attest-gate":
        detail["points"] = points_of(form)
    chosen = chosen_of(form)
    if chosen is not None:
        if not chosen:
            raise nothing_chosen()
        subject, detail["with"] = f"measure:{chosen[0]}", chosen[1:]
    return subject, detail


async def _shown_again(
    request: Request, who_asks: Who, form: dict[str, str], problem: Problem
) -> Response:
    """The page the button stands on, with what was wrong; a correction as it was typed."""
    kind, _, key = unquote(_own_path(form.get("back", "/"))).strip("/").partition("/")
    if kind == "alerts":
        return await _draw_alert(request, who_asks, key, form, problem)
    if kind == "measures":
        return await draw_measure(request, who_asks, key, typed=form, problem=problem)
    raise problem


@router.post("/exercises")
async def play_again(request: Request) -> Response:
    """Start the configured exercise in a new realm."""
    station = station_of(request)
    form = await form_of(request)
    role = "answer" if station.config.county.fictional else "order"
    who_asks = await auth.needs(role)(request)
    auth.check_form(who_asks, form)
    if station.exercise.get("state") == "playing":
        raise Problem(409, "an exercise is playing already", "Wait until it ends.",
                      zh="已有演练正在播放，请等它结束。")  # fmt: skip
    await station.start_exercise()
    return RedirectResponse("/", 303)


@router.get("/login")
async def login_form(request: Request) -> Response:
    return page(request, "login.html", who=NOBODY, wrong="", demo=await _demo(request))


@router.post("/login")
async def login(request: Request) -> Response:
    station, tries = station_of(request), request.app.state.tries
    form = await form_of(request)
    given, password = form.get("person", "").strip(), form.get("password", "")
    address = request.client.host if request.client else ""
    now, t = station.runtime.now(), words_in(language_of(request))
    wait = tries.must_wait(address, now)
    if wait:
        wrong = t("login_wait", n=wait)
        return page(request, "login.html", status=429, wrong=wrong, demo=await _demo(request))
    if not await read(station, lambda c: logins.password_fits(c, given, password)):
        tries.failed(address, now)
        left = tries.left(address, now)
        wrong = t("wrong_login", n=left) if left else t("login_wait", n=tries.must_wait(address, now))
        return page(request, "login.html", status=401, wrong=wrong, demo=await _demo(request))
    return await _let_in(request, given)


@router.get("/login/{signed}")
async def demo_login(request: Request, signed: str) -> Response:
    station = station_of(request)
    return await _let_in(request, demo.demo_person(station, request.app.state.secret, signed))


@router.post("/logout")
async def logout(request: Request) -> Response:
    station, cookie = station_of(request), request.cookies.get(logins.COOKIE, "")
    who_asks = await auth.somebody(request)
    if who_asks is not None and who_asks.by == "session":
        now = station.runtime.now()
        await station.writer.write(lambda c: logins.end_session(c, cookie, now), first=True)
    response = RedirectResponse("/login", 303)
    response.delete_cookie(logins.COOKIE, samesite="lax", httponly=True)
    return response


@router.get("/static/suian.css")
async def style() -> Response:
    # The address carries the sheet's version, so that it may be kept for as long as anyone likes.
    kept = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(STYLE, media_type="text/css; charset=utf-8", headers=kept)


async def _let_in(request: Request, person_id: str) -> Response:
    station, secret = station_of(request), request.app.state.secret
    now, number = station.runtime.now(), station.runtime.token(8)
    cookie = await read(station, lambda c: logins.session(c, secret, person_id, now, number))
    if cookie is None:
        raise Problem(404, f"there is no person {person_id!r} any more",
                      zh=f"人员 {person_id} 已不在名册中，无法登录。")  # fmt: skip
    response = RedirectResponse("/", 303)
    secure = station.config.url.startswith("https://")
    response.set_cookie(
        logins.COOKIE, cookie, max_age=int(logins.SESSION.total_seconds()), httponly=True,
        samesite="lax", secure=secure,
    )  # fmt: skip
    return response


async def _demo(request: Request) -> list[dict[str, str]]:
    """One-click logins, shown in a fictional county to a reader on the machine itself."""
    station = station_of(request)
    if not station.config.county.fictional or not at_the_machine(request):
        return []
    return await read(station, lambda c: demo.demo_people(c, station))


def _may_play(request: Request, who_asks: Who) -> bool:
    fictional = station_of(request).config.county.fictional
    return bool(who_asks.by) and who_asks.may("answer" if fictional else "order")


def _own_path(given: str) -> str:
    """Only a path of ours: never a way to another site."""
    if not given.startswith("/") or given.startswith(("//", "/\\")):
        return "/"
    return quote(given.partition("?")[0], safe="/:.-_~%")
