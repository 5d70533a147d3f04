"""CAP messages of our own making, in the shapes that offices really send."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alerting.connector import Answer, Reading
from alerting.errors import BadInput, SourceError
from alerting.signals import Warning
from connectors.cap import Source
from connectors.formats.area import touches
from tests.connectors.connector_fakes import NOW, FakeFetch, context

SENT = "2026-01-20T15:00:00+08:00"
NS = "urn:oasis:names:tc:emergency:cap:1.2"


def info(
    language: str = "zh-CN",
    event: str = "道路结冰",
    severity: str = "Severe",
    expires: str = "2026-01-21T15:00:00+08:00",
    more: str = "",
    area: str = "<areaDesc>某县</areaDesc>",
    headline: str = "",
    description: str = "",
) -> str:
    return (
        f"<info><language>{language}</language><category>Met</category><event>{event}</event>{more}"
        f"<urgency>Expected</urgency><severity>{severity}</severity>"
        f"<expires>{expires}</expires><headline>{headline}</headline>"
        f"<description>{description}</description><area>{area}</area></info>"
    )


def message(
    *infos: str,
    identifier: str = "ID-1",
    status: str = "Actual",
    kind: str = "Alert",
    scope: str = "Public",
    references: str = "",
    sent: str = SENT,
    namespace: str = NS,
) -> bytes:
    refer = f"<references>{references}</references>" if references else ""
    return (
        f'<alert xmlns="{namespace}"><identifier>{identifier}</identifier>'
        f"<sender>office@example.org</sender><sent>{sent}</sent><status>{status}</status>"
        f"<msgType>{kind}</msgType><scope>{scope}</scope>{refer}{''.join(infos)}</alert>"
    ).encode()


def read(body: bytes, now: datetime = NOW, **settings: object) -> Reading:
    return Source(settings).read(body, context(now))


def warnings(body: bytes, now: datetime = NOW, **settings: object) -> list[Warning]:
    return [s for s in read(body, now, **settings).signals if isinstance(s, Warning)]


def refusal(body: bytes, now: datetime = NOW, **settings: object) -> str:
    reading = read(body, now, **settings)
    assert reading.signals == []
    return reading.problems[0].what


# --- what is read -----------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_a_warning_is_read_whatever_its_version(version: str) -> None:
    (warning,) = warnings(message(info(), namespace=f"urn:oasis:names:tc:emergency:cap:{version}"))
    assert (warning.hazard, warning.level, warning.action) == ("road-icing", "orange", "alert")
    assert warning.issued == datetime(2026, 1, 20, 7, tzinfo=UTC)
    assert warning.expires == datetime(2026, 1, 21, 7, tzinfo=UTC)
    assert warning.onset is None
    assert warning.area.names == ("某县",)


def test_the_colour_in_words_outranks_the_severity() -> None:
    (warning,) = warnings(message(info(headline="某县气象台发布道路结冰红色预警信号")))
    assert warning.level == "red"
    english = info(
        "en-US", "road icing", headline="Some Office issues a red warning signal for ice"
    )
    assert warnings(message(english))[0].level == "red"


@pytest.mark.parametrize(
    "headline", ["Red Flag Warning for the hills", "Warning for Orange County", "Red River flood"]
)
def test_a_colour_in_a_name_is_no_level(headline: str) -> None:
    (warning,) = warnings(message(info("en", "Fire Weather", "Minor", headline=headline)))
    assert warning.level == "blue"


def test_an_upgrade_ends_on_the_new_colour() -> None:
    headline = "某县气象台将道路结冰黄色预警信号升级为道路结冰橙色预警信号"
    (warning,) = warnings(message(info(severity="Minor", headline=headline)))
    assert warning.level == "orange"


def test_an_unknown_hazard_is_kept_and_a_level_nobody_named_is_not_made_up() -> None:
    (warning,) = warnings(message(info(event="空间天气")))
    assert (warning.hazard, warning.event) == ("", "空间天气")
    assert "level is not known" in refusal(message(info(severity="Unknown")))


def test_without_an_end_the_end_stays_unknown() -> None:
    (warning,) = warnings(message(info(expires="")))
    assert warning.expires is None


def test_one_language_is_chosen() -> None:
    body = message(info("en-US", "road icing"), info("pt-PT", "gelo"), info("zh-CN"))
    assert [w.event for w in warnings(body)] == ["道路结冰"]
    assert [w.event for w in warnings(body, languages=("pt",))] == ["gelo"]
    neither = message(info("pt-PT", "gelo"), info("fr", "verglas"))
    assert [w.event for w in warnings(neither)] == ["gelo"]


def test_two_hazards_in_one_message_are_two_warnings_of_one_identifier() -> None:
    found = warnings(message(info(), info(event="大雾", severity="Moderate")))
    assert [(w.identifier, w.hazard, w.level) for w in found] == [
        ("ID-1", "road-icing", "orange"),
        ("ID-1#2", "fog", "yellow"),
    ]
    assert len({w.id for w in found}) == 2


def test_blocks_that_differ_in_their_area_alone_are_one_warning() -> None:
    found = warnings(message(info(area="<areaDesc>甲镇</areaDesc>"),
                             info(area="<areaDesc>乙镇</areaDesc>")))  # fmt: skip
    assert [w.area.names for w in found] == [("甲镇", "乙镇")]


def test_a_dwd_group_names_the_hazard_of_a_german_word() -> None:
    group = "<eventCode><valueName>GROUP</valueName><value>THUNDERSTORM</value></eventCode>"
    (warning,) = warnings(message(info("de-DE", "STARKES UNWETTER", more=group)))
    assert warning.hazard == "lightning"


# --- areas ------------------------------------------------------------------------------------


def test_codes_polygons_and_circles() -> None:
    area = (
        "<areaDesc>某县</areaDesc>"
        "<polygon>27.0,107.0\n 27.0,107.2 27.2,107.2 27.0,107.0 </polygon>"
        "<circle>27.1,107.1 12.5</circle>"
        "<geocode><valueName>CPEAS Geographic Code</valueName><value>520122000000</value></geocode>"
        "<geocode><value>006109</value><valueName>SAME</valueName></geocode>"
        "<geocode><valueName>EMMA_ID</valueName><value>AT001</value></geocode>"
        "<geocode><valueName>EXCLUDE_POLYGON</valueName><value>27,107 27,108 28,107</value></geocode>"
    )
    (warning,) = warnings(message(info(area=area)))
    assert warning.area.codes == ("520122000000", "SAME:006109", "AT001")
    assert warning.area.polygons == (((27.0, 107.0), (27.0, 107.2), (27.2, 107.2), (27.0, 107.0)),)
    assert warning.area.circles == ((27.1, 107.1, 12.5),)


def test_altitude_and_ceiling_are_feet() -> None:
    area = "<areaDesc>山区</areaDesc><altitude>3937.0</altitude><ceiling>9842.5197</ceiling>"
    (warning,) = warnings(message(info(area=area)))
    assert (warning.area.above, warning.area.below) == (1200.0, 3000.0)
    sea = "<areaDesc>全县</areaDesc><altitude>0.0</altitude>"
    assert warnings(message(info(area=sea)))[0].area.above is None


def test_areas_of_different_heights_are_warnings_of_their_own() -> None:
    area = "<areaDesc>甲</areaDesc></area><area><areaDesc>乙</areaDesc><altitude>3937.0</altitude>"
    found = warnings(message(info(area=area)))
    assert [(w.area.names, w.area.above) for w in found] == [(("甲",), None), (("乙",), 1200.0)]


@pytest.mark.parametrize(
    ("ring", "said", "kept"),
    [
        ("27,107 27,108 28,107", "an open polygon was closed", 1),
        ("27,107 27,108 27,107", "it has 2 corners", 0),
        ("127,27 128,27 128,28 127,27", "is no point lat,lon", 0),
        ("27,107 27;108 28,107 27,107", "is no point lat,lon", 0),
        ("27,107 nan,108 28,107 27,107", "is no point lat,lon", 0),
    ],
)
def test_a_broken_polygon_is_named_and_the_rest_kept(ring: str, said: str, kept: int) -> None:
    reading = read(message(info(area=f"<areaDesc>某县</areaDesc><polygon>{ring}</polygon>")))
    (warning,) = reading.signals
    assert isinstance(warning, Warning)
    assert len(warning.area.polygons) == kept
    assert said in reading.problems[0].what


@pytest.mark.parametrize(
    ("text", "above"),
    [
        ("预计未来24小时海拔1200米以上地区将出现道路结冰", 1200.0),
        ("预计今天夜间，我县1200米以上路段有凝冻", 1200.0),
        ("全县大部有凝冻，尤其海拔1200米以上山区较重", None),
        ("全县气温下降，海拔1000米以上和海拔1500米以上地区不同", None),
        ("能见度1000米以上", None),
        ("Icing is expected above 1,200 m.", 1200.0),
        ("Snow on roads above 3000 ft", 914.4),
        ("Snow everywhere, especially above 1200 m", None),
        ("Gusts above 300 m/s, visibility above 500 m", None),
    ],
)
def test_a_height_in_words_limits_only_where_the_text_does(text: str, above: float | None) -> None:
    (warning,) = warnings(message(info(description=text)))
    assert warning.area.above == above


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("预计夜间桥梁、涵洞、隧道口等路段将出现道路结冰", ("bridge", "tunnel-mouth")),
        ("高海拔路段有结冰", ("high-road",)),
        ("全县有结冰，特别是桥梁路段将出现积冰", ()),
        ("请驾驶人通过桥梁、隧道时减速慢行", ()),
        ("Icing limited to bridges and overpasses", ("bridge",)),
    ],
)
def test_kinds_of_road_are_tags_only_where_the_text_limits_itself(
    text: str, tags: tuple[str, ...]
) -> None:
    (warning,) = warnings(message(info(description=text)))
    assert warning.area.tags == tags


# --- chains -----------------------------------------------------------------------------------


def test_an_update_names_what_it_replaces_by_identifier_alone() -> None:
    refer = f"office@example.org,ID-0,{SENT} office@example.org,ID-00,{SENT}"
    (warning,) = warnings(message(info(), kind="Update", references=refer))
    assert (warning.action, warning.references) == ("update", ("ID-0", "ID-00"))


def test_a_message_that_refers_to_itself_does_not_replace_itself() -> None:
    body = message(info(), kind="Update", references=f"o,ID-1,{SENT} o,ID-0,{SENT}")
    assert warnings(body)[0].references == ("ID-0",)


def test_a_cancel_needs_no_info_and_is_decided_before_the_severity() -> None:
    refer = f"office@example.org,ID-0,{SENT}"
    (bare,) = warnings(message(kind="Cancel", references=refer))
    assert (bare.action, bare.references, bare.hazard) == ("cancel", ("ID-0",), "")
    (extreme,) = warnings(message(info(severity="Extreme"), kind="Cancel", references=refer))
    assert extreme.action == "cancel"


def test_a_cancel_counts_however_late_and_without_references_ends_its_own_identifier() -> None:
    late = NOW + timedelta(days=9)
    (warning,) = warnings(message(info(), kind="Cancel"), late)
    assert (warning.action, warning.references) == ("cancel", ("ID-1",))


@pytest.mark.parametrize(
    "block",
    [
        info().replace("Expected", "Past"),
        info(more="<responseType>AllClear</responseType>"),
        info(headline="某县气象台解除道路结冰橙色预警信号"),
        info(expires="2026-01-20T15:00:00+08:00", more=f"<onset>{SENT}</onset>"),
        info(more="<parameter><valueName>Alert_Location_Status</valueName><value>ended</value>"
             "</parameter>"),
    ],
)  # fmt: skip
def test_an_update_that_says_it_is_over_ends_what_it_refers_to(block: str) -> None:
    (ended,) = warnings(message(block, kind="Update", references=f"o,ID-0,{SENT}"))
    assert (ended.action, ended.references) == ("cancel", ("ID-0",))
    (itself,) = warnings(message(block, kind="Update", references=f"o,ID-1,{SENT}"))
    assert (itself.action, itself.references) == ("cancel", ("ID-1",))
    assert "over" in refusal(message(block))


def test_an_expired_warning_is_dropped_and_an_expired_update_ends_what_it_replaced() -> None:
    later = NOW + timedelta(days=2)
    assert "expired" in refusal(message(info()), later)
    (ended,) = warnings(message(info(), kind="Update", references=f"o,ID-0,{SENT}"), later)
    assert (ended.action, ended.references) == ("cancel", ("ID-0",))


# --- what must never be taken for real ----------------------------------------------------------


def test_an_exercise_stays_an_exercise() -> None:
    (warning,) = warnings(message(info(), status="Exercise"))
    assert warning.status == "exercise"


@pytest.mark.parametrize("status", ["Test", "System", "Draft", "", "Real"])
def test_other_states_are_refused(status: str) -> None:
    assert "status" in refusal(message(info(severity="Extreme"), status=status))


def test_messages_between_systems_and_to_closed_groups_are_refused() -> None:
    assert "between systems" in refusal(message(info(), kind="Ack"))
    assert "Private" in refusal(message(info(), scope="Private"))
    assert len(warnings(message(info(), scope="Restricted"), scopes=("Public", "Restricted"))) == 1


def test_green_is_no_warning() -> None:
    green = (
        "<parameter><valueName>awareness_level</valueName><value>1; green; Minor</value>"
        "</parameter>"
    )
    assert "green" in refusal(message(info(more=green)))


@pytest.mark.parametrize("sent", ["", "2569-01-20T15:00:00+07:00", "2026-01-20T15:00:00", "soon"])
def test_a_message_without_a_sound_time_is_refused(sent: str) -> None:
    assert "sent" in refusal(message(info(), sent=sent))


def test_a_sender_who_is_none_of_ours_is_refused() -> None:
    assert "sender" in refusal(message(info()), senders=("other@example.org",))


# --- hostile XML ------------------------------------------------------------------------------

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE alert [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {x} "{("&" + y + ";") * 10}">' for x, y in zip("bcdefgh", "abcdefg", strict=True)
    )
    + "]><alert><identifier>&h;</identifier></alert>"
)


@pytest.mark.parametrize(
    "body",
    [
        BOMB.encode(),
        BOMB.encode("utf-16"),
        BOMB.replace("<!DOCTYPE", "<!-- x --> <?pi y?>\n<!DOCTYPE").encode(),
        b'<!DOCTYPE alert SYSTEM "http://127.0.0.1:1/x.dtd"><alert/>',
        b'<!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/passwd">]><alert>&x;</alert>',
        b"<!DOCTYPE alert [<!ENTITY % p SYSTEM 'file:///etc/hosts'> %p;]><alert/>",
        b"\xef\xbb\xbf<!DOCTYPE alert><alert/>",
        b'<?xml version="1.0" encoding="UTF-7"?>+ADw-alert/+AD4-',
        "<alert/>".encode("utf-32"),
        b"<alert>" * 5000,
        b"<alert>" + b"<a>" * 3000 + b"</a>" * 3000 + b"</alert>",
        b"<alert><identifier>" + b"x" * (50 * 1024 * 1024) + b"</identifier></alert>",
        b"<alert><identifier>&undeclared;</identifier></alert>",
        b"<!-- never closed",
        b"",
        b"{}",
        b"<html><body>login</body></html>",
    ],
    ids=["bomb", "bomb-utf16", "bomb-after-comment", "external-dtd", "external-entity",
         "parameter-entity", "bom", "utf-7", "utf-32", "unclosed", "deep", "50MB", "undeclared",
         "open-comment", "empty", "json", "html"],
)  # fmt: skip
def test_hostile_and_foreign_documents_are_refused(body: bytes) -> None:
    with pytest.raises(BadInput):
        read(body)
    assert Source({}).payload_time(body) is None


def test_doctype_in_a_text_is_only_text() -> None:
    (warning,) = warnings(message(info(description="<![CDATA[<!DOCTYPE alert> is not written]]>")))
    assert "DOCTYPE" in warning.description


def test_utf16_and_gbk_documents_are_read() -> None:
    text = message(info()).decode()
    assert warnings(text.encode("utf-16"))[0].event == "道路结冰"
    gbk = f'<?xml version="1.0" encoding="GBK"?>{text}'.encode("gbk")
    assert warnings(gbk)[0].event == "道路结冰"


# --- indexes ----------------------------------------------------------------------------------

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:cap="urn:oasis:names:tc:emergency:cap:1.2">
<updated>2026-01-20T08:20:00Z</updated>{}</feed>"""
ENTRY = """<entry><id>{id}</id><title>{id}</title><updated>{at}</updated>
<link rel="alternate" type="text/html" href="https://hub.example/{id}.html"/>
<link type="application/cap+xml" href="/cap/{id}.xml"/></entry>"""
HUB = "https://hub.example/feed.atom"


def entry(name: str, at: str = "2026-01-20T08:00:00Z") -> str:
    return ENTRY.format(id=name, at=at)


def hub(*entries: str, **documents: bytes) -> FakeFetch:
    pages = {f"https://hub.example/cap/{name}.xml": body for name, body in documents.items()}
    return FakeFetch(pages={HUB: ATOM.format("".join(entries)).encode()} | pages)


def test_an_index_is_followed_to_its_messages_in_the_order_of_their_times() -> None:
    fetch = hub(
        entry("new"), entry("old"),
        new=message(info(), identifier="NEW", kind="Update", references=f"o,OLD,{SENT}"),
        old=message(info(), identifier="OLD", sent="2026-01-20T14:00:00+08:00"),
    )  # fmt: skip
    reading = Source({"url": HUB}).poll(fetch, context())
    assert [w.identifier for w in reading.signals if isinstance(w, Warning)] == ["OLD", "NEW"]
    assert reading.problems == []


def test_a_message_is_fetched_once_and_again_when_its_entry_changes() -> None:
    source = Source({"url": HUB})
    fetch = hub(entry("a"), a=message(info()))
    assert len(source.poll(fetch, context()).signals) == 1
    assert len(source.poll(fetch, context()).signals) == 0
    changed = hub(entry("a", "2026-01-20T08:30:00Z"), a=message(info()))
    assert len(source.poll(changed, context()).signals) == 1


def test_what_was_left_for_later_is_fetched_even_if_the_index_did_not_change() -> None:
    source = Source({"url": HUB, "documents": 1})
    fetch = hub(entry("a"), entry("b"), a=message(info()), b=message(info(), identifier="B"))
    assert len(source.poll(fetch, context()).signals) == 1
    del fetch.pages[HUB]
    fetch.answers = [Answer(304, b"", url=HUB)]
    (second,) = source.poll(fetch, context()).signals
    assert isinstance(second, Warning)
    assert second.identifier == "B"


def test_a_message_that_is_not_there_for_now_is_tried_again() -> None:
    source = Source({"url": HUB})
    fetch = hub(entry("a"))
    fetch.answers = [SourceError("it does not answer", passing=True)]
    assert "does not answer" in source.poll(fetch, context()).problems[0].what
    fetch.pages["https://hub.example/cap/a.xml"] = message(info())
    assert len(source.poll(fetch, context()).signals) == 1


def test_a_warning_that_vanishes_from_its_index_is_not_cancelled() -> None:
    source = Source({"url": HUB})
    assert len(source.poll(hub(entry("a"), a=message(info())), context()).signals) == 1
    assert source.poll(hub(), context()).signals == []


def test_one_hostile_message_does_not_lose_the_others() -> None:
    fetch = hub(entry("a"), entry("b"), a=BOMB.encode(), b=message(info()))
    reading = Source({"url": HUB}).poll(fetch, context())
    assert len(reading.signals) == 1
    assert "document type" in reading.problems[0].what


def test_rss_links_are_the_messages_and_other_schemes_are_not_followed() -> None:
    rss = (
        '<rss version="2.0"><channel><pubDate>Tue, 20 Jan 2026 08:00:00 +0000</pubDate>'
        "<item><guid>1</guid><link>https://hub.example/1.xml</link></item>"
        "<item><guid>2</guid><link>file:///etc/passwd</link></item></channel></rss>"
    )
    fetch = FakeFetch(pages={HUB: rss.encode(), "https://hub.example/1.xml": message(info())})
    reading = Source({"url": HUB}).poll(fetch, context())
    assert len(reading.signals) == 1
    assert [url for url, _, _ in fetch.asked] == [HUB, "https://hub.example/1.xml"]
    assert Source({}).payload_time(rss.encode()) == datetime(2026, 1, 20, 8, tzinfo=UTC)


def test_a_stored_index_is_read_as_far_as_it_speaks_itself() -> None:
    def said(region: str) -> str:
        return (
            "<entry><title>Yellow Fog Warning issued for Somewhere</title><id>x</id>"
            f"<cap:geocode><valueName>EMMA_ID</valueName><value>{region}</value></cap:geocode>"
            "<cap:areaDesc>Coast</cap:areaDesc><cap:event>Yellow Fog warning</cap:event>"
            f"<cap:sent>{SENT}</cap:sent><cap:expires>2026-01-21T15:00:00+08:00</cap:expires>"
            "<cap:severity>Moderate</cap:severity><cap:status>Actual</cap:status>"
            "<cap:message_type>Alert</cap:message_type><cap:scope>Public</cap:scope>"
            "<cap:identifier>FOG-1</cap:identifier><author><name>office.example</name></author>"
            "</entry>"
        )

    bare = entry("bare").replace('"/cap', '"https://hub.example/cap')
    body = ATOM.format(said("XX001") + said("XX002") + bare).encode()
    reading = read(body)
    (warning,) = reading.signals
    assert isinstance(warning, Warning)
    assert (warning.hazard, warning.level) == ("fog", "yellow")
    assert warning.area.codes == ("XX001", "XX002")
    assert "only points to its warning" in reading.problems[0].what
    assert Source({}).payload_time(body) == datetime(2026, 1, 20, 8, 20, tzinfo=UTC)


def test_a_whole_message_inside_an_entry_is_read() -> None:
    inner = message(info()).decode()
    body = ATOM.format(f"<entry><id>1</id><content>{inner}</content></entry>").encode()
    assert len(read(body).signals) == 1


def test_a_poll_of_one_message_reads_it() -> None:
    fetch = FakeFetch(pages={HUB: message(info())})
    assert len(Source({"url": HUB}).poll(fetch, context()).signals) == 1


def test_a_poll_without_an_address_or_of_a_broken_page_says_so() -> None:
    with pytest.raises(SourceError, match="no address"):
        Source({}).poll(FakeFetch(), context())
    with pytest.raises(SourceError, match="well-formed"):
        Source({"url": HUB}).poll(FakeFetch(pages={HUB: b"<html"}), context())


def coded(code: str) -> bytes:
    area = (
        f"<areaDesc>x</areaDesc><geocode><valueName>CPEAS Geographic Code</valueName>"
        f"<value>{code}</value></geocode>"
    )
    return message(info(area=area))


def test_only_warnings_for_our_areas_are_kept_and_those_without_codes() -> None:
    ours = ("520122",)
    assert len(read(coded("520122000000"), areas=ours).signals) == 1
    assert len(read(coded("520100000000"), areas=ours).signals) == 1  # the city's covers us
    assert len(read(coded("520123000000"), areas=ours).signals) == 0
    assert len(read(message(info()), areas=ours).signals) == 1


@pytest.mark.parametrize(
    ("code", "area", "expected"),
    [
        ("520000000000", "520122", True),
        ("520122100000", "520122", True),
        ("530122", "520122", False),
        ("AT001", "AT001", True),
        ("AT001", "520122", False),
    ],
)
def test_codes_touch_where_one_lies_in_the_other(code: str, area: str, expected: bool) -> None:
    assert touches(code, area) is expected


@pytest.mark.timeout(10)
@pytest.mark.parametrize("piece", ["桥梁", "桥梁、", "海拔", "above ", "red "])
def test_a_text_made_to_be_slow_is_read_quickly(piece: str) -> None:
    assert len(warnings(message(info(description=piece * 100_000)))) == 1


def test_an_index_that_is_too_large_is_refused() -> None:
    body = ATOM.format(entry("x" * 800_000)).encode()
    with pytest.raises(BadInput, match="index has"):
        read(body)
