"""Emergency responses (应急响应): proposed by their plan's triggers, decided by their post alone.

    proposed → in force (grade Ⅳ to Ⅰ, up and down) → ended
    ends also: withdrawn (the trigger went before anybody decided); declined waits until it goes

Nothing starts, changes or ends by itself. `review` looks at the triggers after every signal and asks
the post for a decision where they speak for another grade than the one in force; what the post has
decided otherwise is not put to it again until they speak for something else. While it is in force a
response asks for each department's measures; its end lifts them as any measure is lifted and asks every
department for the closing report.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from alerting.alerts.asking import ask, drop
from alerting.alerts.ledger import Ledger
from alerting.alerts.life import Life
from alerting.alerts.notices import Facts, tell
from alerting.alerts.orders import end
from alerting.alerts.triggers import Officials, Spoken, spoken_for
from alerting.errors import Refused
from alerting.people import Post, posts_held
from alerting.places import Place
from alerting.rulebook.plans import END, GRADES, NAMES, SIGNS, Department, Plan, level_of
from alerting.signals import Report
from alerting.store.schema import response, response_step

# What is said of a consultation must be said with the decision: who sat, what was found.
NOTE_NEEDED = {
    "zh": "须附会商意见，如：1 会商同意",
    "en": "add a note of the consultation, such as: 1 agreed by all departments",
}


def review(connection: Connection, life: Life, official: Officials, at: datetime) -> None:
    """Put to each plan's post what its triggers speak for now, or take it back."""
    for plan in life.book.plans.values():
        spoken = spoken_for(connection, life, plan, official, at)
        with Ledger(connection, life) as ledger:
            _follow(ledger, plan, open_one(connection, life.realm, plan.id), spoken, at)


def open_one(connection: Connection, realm: str, plan: str) -> Any | None:
    """The response under a plan that has not ended."""
    return connection.execute(
        select(response).where(
            response.c.realm == realm, response.c.plan == plan, response.c.ended.is_(None)
        )
    ).one_or_none()


def put_by(connection: Connection, measure_id: str) -> Any | None:
    """The response about which a measure asks for a decision; None for any other measure."""
    return connection.execute(
        select(response).where(response.c.decision == measure_id, response.c.ended.is_(None))
    ).one_or_none()


def _follow(ledger: Ledger, plan: Plan, held: Any | None, spoken: Spoken, at: datetime) -> None:
    wanted = spoken.grade
    if held is None:
        if wanted != END:
            _ask_for(ledger, plan, _begin(ledger, plan, "proposed", spoken, at), wanted, spoken, at)
        return
    if held.state != "in force" and wanted == END:
        _take_back(ledger, held, at)
        over = "withdrawn" if held.state == "proposed" else "ended"
        _change(ledger, held, state=over, wanted=END, asked=None, decision=None, ended=at)
        _step(ledger, held, at, "withdrawn", END, "service", "", spoken.json())
        return
    settled = held.settled if held.settled == wanted else None
    if held.state == "in force" and _milder(wanted, held.grade) and _milder(held.wanted, wanted):
        settled = wanted  # things get worse, and still not as bad as its post judged them
    target = None if wanted in (held.grade or END, settled) else wanted
    if target == held.asked:
        if (wanted, settled) != (held.wanted, held.settled):
            _change(ledger, held, wanted=wanted, settled=settled, trigger=spoken.json())
        return
    _take_back(ledger, held, at)
    held = _change(ledger, held, wanted=wanted, settled=settled, asked=None, decision=None,
                   trigger=spoken.json())  # fmt: skip
    if target is not None:
        _ask_for(ledger, plan, held, target, spoken, at)


def _begin(ledger: Ledger, plan: Plan, state: str, spoken: Spoken, at: datetime) -> Any:
    """A new response under a plan, of which nothing is decided yet."""
    last = ledger.connection.execute(
        select(func.max(response.c.number))
        .where(response.c.realm == ledger.realm, response.c.plan == plan.id)
    ).scalar_one()  # fmt: skip
    number = (last or 0) + 1
    post = decider_of(ledger, plan)
    key = f"{ledger.realm}.{plan.id}.{number}"
    ledger.connection.execute(
        insert(response).values(
            id=key, realm=ledger.realm, plan=plan.id, number=number, title=dict(plan.title),
            decider=post.id if post else None, state=state, wanted=spoken.grade,
            trigger=spoken.json(), proposed=at,
        )
    )
    return _read(ledger, key)


def _ask_for(
    ledger: Ledger, plan: Plan, held: Any, grade: int, spoken: Spoken, at: datetime
) -> None:
    """Put a grade (or the end) to the post that decides."""
    word = "end" if grade == END else f"to-{NAMES[grade]}" if held.grade else NAMES[grade]
    county = _county(ledger)
    facts = Facts(
        plan.decides.sector, "", county.id, level_of(max_grade(held.grade, grade)),
        why=dict(spoken.sentence), reason=dict(NOTE_NEEDED),
        response={"zh": "应急响应会商", "en": "Consultation on an emergency response"},
    )  # fmt: skip
    made = ask(ledger, plan.decision, county, {"step": [word]}, facts, asker_of(held.id), at)
    state = "proposed" if held.state == "declined" else held.state
    held = _change(ledger, held, asked=grade, decision=made[0] if made else None, state=state)
    _step(ledger, held, at, "proposed", grade, "service", "", spoken.json())
    ledger.record(at, "service", "propose response", held.id,
                  {"grade": grade, "trigger": dict(spoken.sentence)})  # fmt: skip


def _take_back(
    ledger: Ledger, held: Any, at: datetime, how: str = "withdrawn", by: str = "service"
) -> None:
    """What waits for a decision waits no more; its post hears of it where it did not decide itself."""
    row = ledger.measure(held.decision) if held.decision else None
    if row is None or row.ended is not None:
        return
    if by == "service":
        post = ledger.post(row.decider)
        if post is not None:
            tell(ledger, "response", post, _news(ledger, held, {
                "zh": "此前提请会商的事项条件已变，不必再决定",
                "en": "What was put to you for consultation has changed: no decision is needed",
            }), at)  # fmt: skip
    else:
        ledger.change(row, decided_by=by)
    end(ledger, row, ("proposed",), how, by, at, "")


def decide_on(
    connection: Connection, life: Life, measure_id: str, by: str, note: str, yes: bool, at: datetime
) -> bool:
    """The post's answer to what was put to it, with what it says of the consultation; False where that
    waits no more."""
    held = put_by(connection, measure_id)
    if held is None or held.asked is None:
        return False
    with Ledger(connection, life) as ledger:
        row = ledger.measure(measure_id)
        if row is None or row.state != "proposed":
            return False
        _take_back(ledger, held, at, "approved" if yes else "refused", by)
        if yes:
            _apply(ledger, life.book.plans.get(held.plan), held, held.asked, by, note, at)
        else:
            _decline(ledger, held, by, note, at)
        return True


def respond(ledger: Ledger, key: str, report: Report, note: str, at: datetime) -> str:
    """By hand, by the post that decides: subject plan:<id>, detail grade: "I" … "IV", "end", "decline".

    Raises Refused for anybody else, and for what does not change anything.
    """
    step = str(report.detail.get("grade", ""))
    plan, held = ledger.life.book.plans.get(key), open_one(ledger.connection, ledger.realm, key)
    if plan is None and (held is None or step != "end"):
        raise Refused(f"there is no plan {key!r}", zh=f"没有“{key}”这个预案。")
    post = ledger.post(held.decider) if held is not None else None
    if plan is not None and post is None:
        post = decider_of(ledger, plan)
    if post is None or not holds(ledger.connection, report.person, post.id):
        named = (post.called("zh"), post.called("en")) if post else ("预案所定岗位", "the plan's post")
        raise Refused(f"this is for {named[1]} to decide", zh=f"此事由{named[0]}决定。")
    if step == "decline":
        if held is None or held.asked is None:
            raise Refused("nothing waits for a decision", zh="目前没有待决定的事项。")
        _take_back(ledger, held, at, "refused", report.person)
        _decline(ledger, held, report.person, note, at)
        return str(held.id)
    if step != "end" and (step not in GRADES or plan is None or GRADES[step] not in plan.grades):
        offered = ", ".join(NAMES[g] for g in plan.grades) if plan else ""
        raise Refused(f"{step!r} is no grade of this plan: {offered}, end, decline",
                      zh=f"预案没有“{step}”这一级。")  # fmt: skip
    target = END if step == "end" else GRADES[step]
    if target == (held.grade if held is not None else None):
        raise Refused("it is at that grade already", zh="目前就是这一级。")
    if target == END and (held is None or held.state != "in force"):
        raise Refused("no response is in force", zh="目前没有启动响应。")
    if held is None:
        assert plan is not None
        held = _begin(ledger, plan, "proposed", Spoken(), at)
    _take_back(ledger, held, at, "approved" if held.asked == target else "withdrawn", report.person)
    _apply(ledger, plan, held, target, report.person, note, at)
    return str(held.id)


def _decline(ledger: Ledger, held: Any, by: str, note: str, at: datetime) -> None:
    state = held.state if held.state == "in force" else "declined"
    _change(ledger, held, state=state, asked=None, decision=None, settled=held.wanted,
            decided_by=by, note=note)  # fmt: skip
    _step(ledger, held, at, "declined", held.asked, by, note, held.trigger)
    ledger.record(at, by, "decline response", held.id, {"grade": held.asked, "note": note})


def _apply(
    ledger: Ledger, plan: Plan | None, held: Any, target: int, by: str, note: str, at: datetime
) -> None:
    """Start, change or end it, as its post has decided after the consultation that `note` tells of."""
    was = held.grade or END
    settled = held.wanted if held.wanted != target else None
    common = {"asked": None, "decision": None, "settled": settled, "decided_by": by, "note": note}
    if target == END:
        what = "ended"
        _change(ledger, held, state="ended", ended=at, **common)
    else:
        what = "started" if was == END else "raised" if target < was else "lowered"
        _change(ledger, held, state="in force", grade=target, started=held.started or at,
                changed=at, **common)  # fmt: skip
    _step(ledger, held, at, what, target, by, note, held.trigger)
    ledger.record(at, by, {"started": "start response", "ended": "end response"}.get(
        what, "change response"), held.id, {"grade": target, "was": was, "note": note})  # fmt: skip
    named = plan.named(target) if plan is not None else dict(held.title)
    facts = Facts("", "", _county(ledger).id, level_of(max_grade(was, target)), response=named)
    keep: set[str] = set()
    if plan is not None:  # what was decided is said before what is asked
        _announce(ledger, plan, what, target, note, facts, by, at)
    if plan is not None and target != END:
        keep = _ask_departments(ledger, plan, held, target, facts, at)
    drop(ledger, asker_of(held.id), keep, facts.saying(response=dict(held.title)), at)
    if plan is not None and target == END:
        _ask_reports(ledger, plan, held, facts, at)


def _ask_departments(
    ledger: Ledger, plan: Plan, held: Any, grade: int, facts: Facts, at: datetime
) -> set[str]:
    """Ask for every department's measures of the grade and all milder ones; gives their names."""
    kept: set[str] = set()
    for department in plan.departments:
        for wanted in plan.asked(department.id, grade):
            kept.add(wanted.measure)
            for place in _places(ledger.life, department):
                here = facts.saying(sector=department.sector, place=place.id)
                ask(ledger, wanted.measure, place, dict(wanted.arguments), here, asker_of(held.id), at)
    return kept


def _ask_reports(ledger: Ledger, plan: Plan, held: Any, facts: Facts, at: datetime) -> None:
    for department in plan.departments:
        post = post_of(ledger, department)
        if post is not None:
            ask(ledger, plan.report, _county(ledger), {},
                facts.saying(sector=department.sector, response=dict(held.title)),
                asker_of(held.id), at, carrier=post)  # fmt: skip


def _announce(
    ledger: Ledger, plan: Plan, what: str, target: int, note: str, facts: Facts, by: str, at: datetime
) -> None:
    """Every department and the duty office hear of the decision, whatever else is asked of them."""
    sign, name = SIGNS.get(target), NAMES.get(target)
    said = {
        "started": {"zh": "已启动", "en": "started"},
        "raised": {"zh": f"响应级别升至{sign}级", "en": f"raised to {name}"},
        "lowered": {"zh": f"响应级别降至{sign}级", "en": f"lowered to {name}"},
        "ended": {"zh": "已终止，请按要求报送结案报告", "en": "ended; send the closing report"},
    }[what]
    posts = [post_of(ledger, d) for d in plan.departments]
    posts.append(ledger.resolve("duty-office", "", _county(ledger).id))
    reason = {"zh": f"会商意见：{note}", "en": f"Consultation: {note}"}
    news = facts.saying(why=said, reason=reason, by=f"person:{by}")
    for post in {p.id: p for p in posts if p is not None}.values():
        tell(ledger, "response", post, news, at)


def _news(ledger: Ledger, held: Any, said: Mapping[str, str]) -> Facts:
    return Facts("", "", _county(ledger).id, level_of(held.grade or END), why=dict(said),
                 response=dict(held.title))  # fmt: skip


def decider_of(ledger: Ledger, plan: Plan) -> Post | None:
    """The post that decides, or the duty office where the county has none."""
    county = _county(ledger).id
    found = ledger.resolve(plan.decides.tier, plan.decides.sector, county)
    return found or ledger.resolve("duty-office", "", county)


def post_of(ledger: Ledger, department: Department) -> Post | None:
    county = _county(ledger).id
    found = ledger.resolve(department.tier, department.sector, county)
    return found or ledger.resolve("duty-office", "", county)


def holds(connection: Connection, person: str, post: str) -> bool:
    """Whether a person is on the roster of a post now."""
    return post in posts_held(connection, [person])[person]


def asker_of(response_id: str) -> str:
    """How a response is named among those who ask for a measure."""
    return f"response:{response_id}"


def _milder(one: int, other: int) -> bool:
    """Whether a grade is milder than another; the end is the mildest."""
    return (one == END, one) > (other == END, other)


def max_grade(one: int | None, other: int) -> int:
    """The graver of two grades."""
    given = [g for g in (one or END, other) if g != END]
    return min(given, default=END)


def _places(life: Life, department: Department) -> list[Place]:
    if not department.place:
        return [life.places.by_id[life.places.county]]
    found = list(life.places.of_kind(department.place))
    if department.place == "zone":  # the townships, not what they lie in
        found = [p for p in found if p.id != life.places.county]
    return sorted(found, key=lambda p: p.id)


def _county(ledger: Ledger) -> Place:
    return ledger.life.places.by_id[ledger.life.places.county]


def _read(ledger: Ledger, key: str) -> Any:
    return ledger.connection.execute(select(response).where(response.c.id == key)).one()


def _change(ledger: Ledger, held: Any, **values: Any) -> Any:
    """Guarded by the state and grade it was read in. Raises Refused where another was first."""
    done = ledger.connection.execute(
        update(response)
        .where(response.c.id == held.id, response.c.state == held.state,
               response.c.grade.is_(None) if held.grade is None else response.c.grade == held.grade)
        .values(**values)
    )  # fmt: skip
    if not done.rowcount:
        raise Refused("it was decided by somebody else meanwhile", zh="此事刚刚已由他人决定。")
    return _read(ledger, held.id)


def _step(
    ledger: Ledger, held: Any, at: datetime, what: str, grade: int, by: str, note: str, trigger: Any
) -> None:
    ledger.connection.execute(
        insert(response_step).values(realm=ledger.realm, response=held.id, at=at, what=what,
                                     grade=grade, by=by, note=note, trigger=trigger)
    )  # fmt: skip
