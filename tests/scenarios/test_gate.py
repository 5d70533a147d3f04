"""The production gate: a halt lifts when its enterprise attested all four points and its regulator signed."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import requests
from sqlalchemy import select

from alerting.runtime import RealRuntime
from alerting.store.schema import audit
from alerting.vocabulary.gate import GATE
from alerting.web.tokens import create_token
from tests.scenarios.town import SOON, Phone, Town
from tests.scenarios.weather import GALE

ALL = dict.fromkeys(GATE, "yes")


@pytest.fixture
def town(make_town: Callable[..., Town]) -> Town:
    return make_town(rules="meeting").begin()


@pytest.fixture
def halted(town: Town, smith: Phone, wang: Phone) -> Town:
    """The gale is over; the site is still halted and its foreman is asked for the four points."""
    town.forecast(GALE)
    smith.gets("Stop outdoor work").replies("2").gets("in force")
    town.turns_fine(hours=4)
    town.passes(minutes=1)  # what follows a message within half a minute waits
    wang.forgets()
    assert state(town) == "lift proposed"
    return town


def state(town: Town) -> str:
    return str(town.measures(measure="halt")[-1]["state"])


def attests(town: Town, phone: Phone, points: dict[str, str], remark: str = "") -> str:
    """The form behind the link of their last message; gives the page that follows."""
    link = town.link(phone.person)
    page = requests.get(link, timeout=SOON).text
    [form] = [f for f in re.findall(r"<form.*?</form>", page, re.DOTALL) if "attest-gate" in f]
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    given = {f"point.{key}": answer for key, answer in points.items()}
    answer = requests.post(link, data=fields | given | {"act": "attest-gate", "reason": remark},
                           timeout=SOON, allow_redirects=False)  # fmt: skip
    assert answer.status_code == 303, answer.text
    town.settles()
    return requests.get(f"{town.url}{answer.headers['location']}", timeout=SOON).text


def entries(town: Town) -> list[tuple[str, str, str]]:
    store = town.store()
    with store.read() as connection:
        rows = connection.execute(
            select(audit).where(audit.c.action.like("attest %")).order_by(audit.c.n)
        ).all()
    store.close()
    return [(row.who, row.action.removeprefix("attest "), row.change["answer"]) for row in rows]


def test_all_four_and_the_signature_lift_it(halted: Town, smith: Phone, wang: Phone) -> None:
    smith.gets("Attest the four points", "Halt work", "/a/")
    attests(halted, smith, ALL, "cranes checked")
    assert state(halted) == "attested"
    assert entries(halted) == [("smith", key, "yes") for key in GATE]
    smith.expects_nothing()
    wang.gets("四项已确认", "停工", "史密斯", "cranes checked", "签字解除回1，退回").replies("1")
    wang.gets("措施解除")
    assert state(halted) == "lifted"
    halted.passes(seconds=40)
    smith.gets("LIFTED", "Stop outdoor work")


@pytest.mark.parametrize(("points", "why"), [
    (ALL | {"equipment": "no"}, "“设备设施已检修维护”为否"),
    ({k: "yes" for k in GATE if k != "workforce"}, "“从业人员稳定、已培训”未填"),
    ({}, "未填"),
])  # fmt: skip
def test_a_no_or_a_gap_is_refused_and_the_regulator_told(
    halted: Town, smith: Phone, wang: Phone, points: dict[str, str], why: str
) -> None:
    page = attests(halted, smith, points)
    assert state(halted) == "lift proposed"
    assert "the halt stays" in page
    wang.gets("四项不全，未受理", why)
    assert entries(halted) == [("smith", key, points[key]) for key in GATE if key in points]
    attests(halted, smith, ALL)
    assert state(halted) == "attested"


def test_the_regulator_sends_it_back_with_a_reason(
    halted: Town, smith: Phone, wang: Phone
) -> None:
    smith.forgets()
    attests(halted, smith, ALL)
    wang.gets("四项已确认").replies("2 塔吊还要验收").gets("退回")
    assert state(halted) == "lift proposed"
    halted.passes(seconds=40)
    smith.gets("Attest the four points", "塔吊还要验收")
    attests(halted, smith, ALL)
    assert state(halted) == "attested"
    halted.passes(seconds=40)
    wang.gets("四项已确认").replies("1").gets("措施解除")
    assert state(halted) == "lifted"


def test_no_digit_no_bare_check_and_nobody_else_opens_it(
    halted: Town, smith: Phone, wang: Phone
) -> None:
    [held] = halted.measures(measure="halt")
    for text in ("1", "2", "检查完毕可解除", "sign"):
        smith.replies(text)
    for act in ("attest", "sign", "in-force", "kept"):
        halted.api("POST", f"/measures/{held['id']}/{act}", json={"reason": "x"})
    halted.settles()
    given = {"points": dict.fromkeys(GATE, True)}
    said = halted.api("POST", f"/measures/{held['id']}/attest-gate", json=given)  # the office's token
    halted.settles()
    became = halted.api("GET", f"/answers/{said.json()['id']}").json()
    assert became["outcome"] == "refused"
    assert "东山工地" in became["next"]["zh"]
    assert state(halted) == "lift proposed"
    assert entries(halted) == []
    wrong = halted.api("POST", f"/measures/{held['id']}/attest-gate", json={"points": {"x": True}})
    assert wrong.status_code == 422


def test_silence_on_the_form_climbs_and_nobody_above_may_fill_it_in(
    halted: Town, smith: Phone, wang: Phone
) -> None:
    halted.passes(hours=2)
    wang.gets("【升级叫应】", "复工前请填报四项确认")
    page = requests.get(halted.link("wang"), timeout=SOON).text
    assert "attest-gate" not in page
    assert state(halted) == "lift proposed"


def test_a_gale_that_comes_back_voids_what_was_attested(
    halted: Town, smith: Phone, wang: Phone
) -> None:
    attests(halted, smith, ALL)
    assert state(halted) == "attested"
    halted.forecast(GALE)
    assert state(halted) in ("issued", "acknowledged")
    wang.gets("四项已确认").replies("1")
    assert state(halted) in ("issued", "acknowledged"), "a signature on what is void lifts nothing"


def test_withdrawn_by_hand_it_says_that_the_gate_was_passed(
    halted: Town, smith: Phone, wang: Phone
) -> None:
    [held] = halted.measures(measure="halt")
    halted.by_hand(f"/measures/{held['id']}/withdraw", "误发")
    assert state(halted) == "withdrawn"
    smith.gets("WITHDRAWN", "Past the production gate, by hand: 误发")


def logged_in(town: Town, person: str, role: str) -> dict[str, str]:
    store = town.store()
    token = store.write(
        lambda c: create_token(c, person, role, None, "a story", town.now, RealRuntime())
    )
    store.close()
    return {"Authorization": f"Bearer {token}"}


def test_the_page_of_the_halt_has_the_form_and_the_signature(
    halted: Town, smith: Phone, wang: Phone
) -> None:
    [held] = halted.measures(measure="halt")
    page, subject = f"{halted.url}/measures/{held['id']}", f"measure:{held['id']}"
    foreman, director = logged_in(halted, "smith", "answer"), logged_in(halted, "wang", "decide")
    shown = requests.get(page, headers=foreman, timeout=SOON).text
    assert shown.count('type="radio"') == 8
    assert "<script" not in shown
    assert 'type="radio"' not in requests.get(page, headers=director, timeout=SOON).text
    form = {"act": "attest-gate", "subject": subject, "back": f"/measures/{held['id']}"}
    points = {f"point.{key}": "yes" for key in GATE}
    requests.post(f"{halted.url}/act", data=form | points, headers=foreman, timeout=SOON)
    halted.settles()
    assert state(halted) == "attested"
    shown = requests.get(page, headers=director, timeout=SOON).text
    for said in ("史密斯", "签字解除", "填报：设备设施已检修维护"):
        assert said in shown, said
    sign = {"act": "sign", "subject": subject}
    requests.post(f"{halted.url}/act", data=sign, headers=foreman, timeout=SOON)
    halted.settles()
    assert state(halted) == "attested", "the enterprise does not sign for itself"
    requests.post(f"{halted.url}/act", data=sign, headers=director, timeout=SOON)
    halted.settles()
    assert state(halted) == "lifted"


def test_a_halt_that_leaves_the_book_keeps_its_gate(halted: Town, smith: Phone, wang: Phone) -> None:
    rules = halted.folder / "rules"
    for name in ("sites.yaml", "measures.yaml"):
        text = (rules / name).read_text("utf-8")
        (rules / name).write_text(
            text.replace("ask: [halt]", "ask: [stop]").replace("\n  halt:\n", "\n  stop:\n"), "utf-8"
        )
    halted.passes(hours=1)  # the changed book is read
    smith.forgets()
    [held] = halted.measures(measure="halt")
    assert held["gate"]
    halted.api("POST", f"/measures/{held['id']}/attest", json={"reason": "x"})
    halted.settles()
    assert state(halted) == "lift proposed", "no plain check lifts it"
    attests(halted, smith, ALL)
    wang.gets("四项已确认", "停工").replies("1").gets("措施解除")
    assert state(halted) == "lifted"
