"""What is typed in on the page: a warning from a fax, an alert, a measure."""

from __future__ import annotations

import pytest

from alerting.signals import Warning, encode
from alerting.store import schema as s
from alerting.web.bodies import arguments_of
from tests.web.test_pages import HTML, hidden, log_in
from tests.web.web_desk import NOW, Browser, Desk

WARNING = {
    "kind": "warning", "realm": "live", "issuer": "青岚县气象台", "issued": "2026-01-21T03:05",
    "hazard": "road-icing", "level": "orange", "areas": "石门镇", "reason": "03:10 传真", "action": "alert",
}  # fmt: skip
OPEN = {"kind": "open", "realm": "live", "rule": "icing", "place": "雾岭垭口", "level": "orange",
        "reason": "巡查发现结冰"}  # fmt: skip
ORDER = {"kind": "order", "realm": "live", "measure": "speed-limit", "argument.speed": "40",
         "place": "G70 12–19 公里", "level": "orange", "reason": "交警要求"}  # fmt: skip
EPIDEMIC = {"kind": "epidemic", "realm": "live", "issuer": "青岚县疾控中心", "areas": "石门镇",
            "begins": "2026-01-21T03:00", "period_end": "2026-01-25T00:00", "reason": "疾控电话"}  # fmt: skip
INCIDENT = {"kind": "incident", "realm": "live", "incident": "x" * 500, "where": "石门镇",
            "happened": "2026-01-21T03:00", "reason": "电话"}  # fmt: skip


@pytest.fixture
def typed(desk: Desk, web: Browser) -> dict[str, str]:
    """The office at the page; gives what every form of it carries."""
    desk.person("office", "order", name="陈晓")
    log_in(desk, web, "office")
    return {"form": hidden(web.get("/by-hand").text)}


def test_a_warning_from_a_fax_comes_in(desk: Desk, web: Browser, typed: dict[str, str]) -> None:
    answer = web.post("/by-hand", data=WARNING | typed)
    assert answer.status_code == 303
    assert "预警已录入" in web.get(answer.headers["Location"]).text
    [warning] = desk.said()
    assert isinstance(warning, Warning)
    assert (warning.sender, warning.level, warning.area.names) == ("青岚县气象台", "orange", ("石门镇",))
    assert warning.issued.isoformat() == "2026-01-20T19:05:00+00:00"
    assert "03:10 传真" in warning.description
    # The end of it names it.
    assert warning.headline in web.get("/by-hand").text
    ends = WARNING | typed | {"action": "cancel", "issued": "2026-01-21T03:20"}
    assert "请选择所指的那一条预警" in web.post("/by-hand", data=ends).text
    assert web.post("/by-hand", data=ends | {"reference": warning.identifier}).status_code == 303
    assert desk.said()[-1].references == (warning.identifier,)


def test_an_alert_and_a_measure_are_said_as_through_the_api(
    desk: Desk, web: Browser, typed: dict[str, str]
) -> None:
    for form in (OPEN, ORDER):
        answer = web.post("/by-hand", data=form | typed)
        assert answer.status_code == 303
        assert "请稍候" in web.get(answer.headers["Location"]).text  # no engine runs behind the desk
    opened, ordered = desk.said()
    assert (opened.act, opened.subject, opened.channel) == ("open", "rule:icing", "page")
    assert opened.detail == {"place": "wuling-pass", "level": "orange", "reason": "巡查发现结冰"}
    assert (ordered.act, ordered.subject) == ("order", "place:g70-12")
    assert ordered.detail["arguments"] == {"speed": 40.0}


def test_an_epidemic_can_be_ended_however_many_warnings_came_since(
    desk: Desk, web: Browser, typed: dict[str, str]
) -> None:
    assert web.post("/by-hand", data=EPIDEMIC | typed).status_code == 303
    [bulletin] = desk.said()
    assert isinstance(bulletin, Warning)
    other = encode(bulletin.model_copy(update={"hazard": "dense-fog", "source": "cma"}))
    came = [{"realm": "live", "id": f"w{n}", "kind": "warning", "source": "cma", "issued": NOW,
             "accepted": NOW, "body": other} for n in range(5001)]  # fmt: skip
    desk.store.write(lambda c: c.execute(s.signal.insert(), came))
    ends = {"kind": "epidemic-end", "realm": "live", "bulletin": bulletin.identifier, "reason": "疾控通知"}
    assert bulletin.identifier in web.get("/by-hand").text
    assert web.post("/by-hand", data=ends | typed).status_code == 303


@pytest.mark.parametrize(
    ("form", "zh", "en"),
    [
        (WARNING | {"areas": "别处"}, "本县没有地点在“别处”之内", "no place of the county lies in"),
        (WARNING | {"issuer": " "}, "还没有填：发布单位", "missing: Issued by"),
        (WARNING | {"issued": "昨天"}, "“昨天”不是时间", "is no time"),
        (WARNING | {"expires": "2026-01-21T02:00"}, "失效时间早于发布时间", "it would end"),
        (OPEN | {"place": "雾岭哑口"}, "相近的有：雾岭垭口", "Closest: Wuling Pass"),
        (OPEN | {"reason": ""}, "还没有填：原因或来源", "missing: Why"),
        (ORDER | {"argument.speed": ""}, "还要填：… 公里/小时", "needs its argument speed"),
        (ORDER | {"argument.speed": "fast"}, "“fast”不合适", "not 'fast'"),
        (OPEN | {"rule": "no-such"}, "没有“no-such”这条规则", "there is no rule"),
        (EPIDEMIC | {"areas": "长" * 5000}, "有一项填写得过长或格式不对", "this cannot be used: areas.0"),
        (INCIDENT, "有一项填写得过长或格式不对", "this cannot be used: kind"),
    ],
    ids=["area", "issuer", "issued", "expires", "place", "reason", "argument", "number", "rule",
         "epidemic", "incident"],
)
def test_what_cannot_be_taken_is_shown_again_with_what_was_wrong(
    desk: Desk, web: Browser, typed: dict[str, str], form: dict[str, str], zh: str, en: str
) -> None:
    answer = web.post("/by-hand", data=form | typed, headers=HTML)
    assert answer.status_code == 422
    assert zh in answer.text
    for name in ("place", "areas", "reason"):  # nothing typed is lost
        assert f'name="{name}" value="{form.get(name, "")}"' in answer.text or name not in form
    assert en in web.post("/by-hand?lang=en", data=form | typed, headers=HTML).text.replace("&#39;", "'")
    assert desk.said() == []


@pytest.mark.parametrize("form", [WARNING, OPEN, ORDER], ids=["warning", "open", "order"])
def test_red_is_asked_for_twice(
    desk: Desk, web: Browser, typed: dict[str, str], form: dict[str, str]
) -> None:
    red = form | typed | {"level": "red"}
    asked = web.post("/by-hand", data=red)
    assert asked.status_code == 200
    assert 'name="confirmed"' in asked.text
    assert desk.said() == []
    assert web.post("/by-hand", data=red | {"confirmed": "yes"}).status_code == 303
    assert len(desk.said()) == 1


def test_only_who_may_order_sees_the_page_and_forms_are_their_own(desk: Desk, web: Browser) -> None:
    assert web.get("/by-hand", headers=HTML).status_code == 401
    desk.person("wang", "decide")
    log_in(desk, web, "wang")
    assert 'href="/by-hand' not in web.get("/").text
    assert web.get("/by-hand", headers=HTML).status_code == 403
    assert web.post("/by-hand", data=OPEN).status_code == 403
    desk.person("office", "order")
    log_in(desk, web, "office")
    assert 'href="/by-hand?realm=live"' in web.get("/").text
    assert web.post("/by-hand", data=OPEN | {"form": "0" * 32}).status_code == 403
    assert desk.said() == []


def test_a_form_goes_to_the_realm_it_is_drawn_for(
    desk: Desk, web: Browser, typed: dict[str, str]
) -> None:
    desk.put(s.realm, id="exercise-1", kind="exercise", exercise=True, speed=600.0, started=NOW,
             title={"zh": "演练", "en": "An exercise"}, begins=NOW)  # fmt: skip
    page = web.get("/by-hand?realm=exercise-1").text
    assert 'name="realm" value="exercise-1"' in page
    assert "以下全部为演练" in page
    answer = web.post("/by-hand", data=OPEN | typed | {"realm": "exercise-1"})
    assert answer.headers["Location"].startswith("/by-hand?realm=exercise-1&said=report")
    desk.change(s.realm, s.realm.c.id == "exercise-1", ended=NOW)
    assert "不再接受录入" in web.get("/by-hand?realm=exercise-1").text
    answer = web.post("/by-hand", data=OPEN | typed | {"realm": "exercise-1"}, headers=HTML)
    assert answer.status_code == 422
    assert len(desk.said()) == 1


def test_a_stored_warning_that_nobody_can_read_leaves_the_page_whole(desk: Desk, web: Browser) -> None:
    desk.put(s.signal, realm="live", id="w", kind="warning", source="met", issued=NOW, accepted=NOW,
             body=b"no signal of ours")
    desk.person("office", "order")
    log_in(desk, web, "office")
    assert web.get("/by-hand").status_code == 200


def test_a_number_typed_into_a_form_is_in_the_measures_own_unit() -> None:
    form = {"argument.limit": " 50 ", "argument.until": "06:00", "argument.of.any": "1", "argument.of.a": "1"}
    assert arguments_of(form) == {"limit": 50.0, "until": "06:00", "of": ["a"]}
