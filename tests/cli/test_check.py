"""`suian check` and `suian doctor`: what is wrong, and what is still missing."""

from __future__ import annotations

from tests.cli.conftest import PACK, TABLES, Folder


def test_a_good_county_passes(county: Folder) -> None:
    county.run("check").says("ok", "2 rules", "4 cases", "2 measures")
    assert county.run("check", "--format", "json").json["ok"]


def test_the_measures_are_listed_on_request(county: Folder) -> None:
    county.run("check", "--measures").says("speed-limit", "km/h", "限速")
    long = "speed-limit-" + "x" * 60
    text = (county.path / "rules/measures.yaml").read_text("utf-8")
    county.write("rules/measures.yaml", text + text.partition("measures:\n")[2].replace("guide:", f"{long}:")
                 .partition("  speed-limit:")[0].replace("引导", "慢行").replace(": guide", ": slow"))
    county.run("check", "--measures", COLUMNS="80").says(f"  {long}")  # whole, to be copied
    county.write("rules/measures.yaml", text)
    said = county.run("check", "--measures", "--format", "json").json
    assert said["measures"]["speed-limit"]["arguments"] == {"speed": "km/h"}


def test_a_failing_case_ends_with_2_and_names_the_line(county: Folder) -> None:
    county.write(
        "rules/trial.yaml", PACK.replace("expect: {level: orange}", "expect: {level: none}")
    )
    county.run("check", code=2).says("trial.yaml:", "does not come out")
    said = county.run("check", "--format", "json", code=2).json
    assert not said["ok"]
    assert [f["level"] for f in said["findings"]].count("error") == 1


def test_another_folder_of_rules_may_be_checked(county: Folder) -> None:
    county.write("draft/trial.yaml", PACK)
    county.run("check", "--rules", "draft", code=2).says("measures.yaml", "missing")
    county.run("check").says("ok")


def test_every_bad_table_is_named_in_one_go(county: Folder) -> None:
    county.write("county/zones.csv", TABLES["zones"].replace("800", "high"))
    county.write("county/people.csv", TABLES["people"].replace("zh,admin", "zh,king"))
    county.run("check", code=2).says("zones.csv", "'high' is not a number", "role 'king'")


def test_the_way_into_a_broker_is_checked_without_one(county: Folder) -> None:
    """The doctor goes on, and a restore says which secrets it wants."""
    text = (county.path / "config.yaml").read_text("utf-8")

    def bus(words: str) -> None:
        county.write("config.yaml", f"{text}bus: {{kafka: '127.0.0.1:9', {words}}}\n")

    bus("tls: {ca: kafka-ca.pem}")
    county.run("check", code=2).says(f"bus.tls.ca: {county.path / 'kafka-ca.pem'}: the file cannot be read")
    county.run("serve", code=2).says("bus.tls.ca")
    assert not list(county.path.glob("var/*.db")), "it is found before the database is made"
    bus("tls: {cafile: kafka-ca.pem}")
    county.run("check", code=2).says("bus.tls.cafile: there is no such option; known: ca, certificate, key")
    bus("login: {user: suian, mechanism: SCRAM-SHA-256}")
    county.run("check", code=2).says("the password of suian at Kafka is not set", "SUIAN_KAFKA_PASSWORD_FILE")
    county.run("doctor", code=1).says("the password of suian at Kafka is not set", "Rules and places")
    county.run("check", SUIAN_KAFKA_PASSWORD="a-word").says("ok")
    ran = county.run("doctor", code=1, SUIAN_KAFKA_PASSWORD="a-word")
    ran.says("Kafka at 127.0.0.1:9 does not answer")
    assert "a-word" not in ran.out + ran.err
    county.run("backup", "copy").says("SUIAN_KAFKA_PASSWORD in the environment (for suian at Kafka)")


def test_what_no_source_can_say_is_undecidable_by_place(county: Folder) -> None:
    text = (county.path / "config.yaml").read_text("utf-8")
    county.write("config.yaml", text.replace("open-meteo: {on: true}", "open-meteo: {on: false}"))
    said = county.run("check", "--format", "json").json
    found = {(u["rule"], u["level"]): u for u in said["undecidable"]}
    assert found["heat-test", "yellow"]["places"] == ["road-1"]
    assert found["heat-test", "yellow"]["missing"] == ["temperature"]
    county.run("check").says("heat-test", "no 缺 temperature")


def test_vacant_posts_silent_people_and_measures_nobody_carries(county: Folder) -> None:
    posts = TABLES["posts"].replace("交警,Traffic police,wang", "交警,Traffic police,")
    county.write("county/posts.csv", posts)
    county.write("county/people.csv", TABLES["people"].replace("console:wang", ""))
    county.run("check").says("the post police", "vacant", "wang", "no contact")
    gone = "\n".join(line for line in posts.splitlines() if not line.startswith("police")) + "\n"
    county.write("county/posts.csv", gone)
    said = county.run("check", code=2).out
    (line,) = [line for line in said.splitlines() if "no post field of road-traffic" in line]
    # One line a missing post, with all it would carry.
    assert "at road-1" in line
    assert "nobody to carry guide, speed-limit" in line


def test_an_option_of_a_source_is_checked(county: Folder) -> None:
    text = (county.path / "config.yaml").read_text("utf-8")
    county.write("config.yaml", text.replace("{on: true}", "{on: true, dayz: 3}", 1))
    county.run("check", code=2).says("sources.open-meteo", "dayz")


def test_a_config_that_cannot_be_meant(county: Folder) -> None:
    text = (county.path / "config.yaml").read_text("utf-8")

    def says(old: str, new: str, *words: str) -> None:
        county.write("config.yaml", text.replace(old, new, 1))
        ran = county.run("check", code=2)
        ran.says(*words)
        for foreign in ("Value error", "Input should", "validation"):
            assert foreign not in ran.out + ran.err

    says("port: 1", "port: 1\naddress: 999.1.1.1", "line 13: address", "'999.1.1.1' is no IPv4 address")
    says("port: 1", "port: 1\naddress: 'all of them'", "neither an IPv4 address nor the name")
    says("cap: {on: true}", "cap: {on: maybe}", "sources.cap.on", "'maybe' is neither true nor false")
    says("cap: {on: true}", "nmc-list: {use: nmcc, on: false}", "sources.nmc-list",
         "no source 'nmcc'", "Did you mean 'nmc'")  # fmt: skip
    ran = county.run("check", "--format", "xml", code=2)
    ran.says("'xml' is none of table, json")
    assert "Value error" not in ran.err
    county.run("import", "roads", "x.csv", code=2).says("'roads' is none of zones, sites, people, posts")


def test_the_doctor_ends_with_what_is_missing(county: Folder) -> None:
    text = (county.path / "config.yaml").read_text("utf-8")
    lines = "  open-meteo: {on: true, base_url: 'http://127.0.0.1:9'}\n  cap: {on: false}\n"
    county.write("config.yaml", text.partition("sources:\n")[0] + "sources:\n" + lines)
    ran = county.run("doctor", code=1)
    ran.says("open-meteo: ", "no answer", "cap: switched off", "console", "no service runs", "can be written",
             "GiB", "known through", "no loud channel reaches", "李值班")  # fmt: skip
    last = ran.out.partition("Still missing")[2]
    for words in ("still fictional", "official warnings", "beyond the console", "public_url"):
        assert words in last


def test_the_doctor_of_an_empty_folder_goes_on(empty: Folder) -> None:
    empty.run("init", "fresh")
    fresh = Folder(empty.path / "fresh")
    ran = fresh.run("doctor", code=1)
    ran.says("has no rows yet", "suian import zones FILE", "can be written", "no place to run on")
    assert "decidable" not in ran.out.replace("undecidable", "")
    assert "no parent" not in ran.out + ran.err
    last = ran.out.partition("Still missing")[2]
    for words in ("zones.csv", "no duty office", "role admin"):
        assert words in last
    fresh.run("check", code=2).says("zones.csv: has no rows yet")
    fresh.run("serve", code=2).says("zones.csv: has no rows yet")
    # What the person asked for comes first.
    fresh.run("evaluate", "nofile.json", "--source", "cap", code=2).says("nofile.json: cannot be read")
    fresh.run("explain", "nope", code=2).says("no alert 'nope'", "None has opened yet")
    fresh.write("none.csv", TABLES["zones"].splitlines()[0] + "\n")
    fresh.run("import", "zones", "none.csv", code=2).says("none.csv: has no rows")


def test_what_does_not_work_ends_with_1_and_stands_in_the_last_list(county: Folder) -> None:
    config = (county.path / "config.yaml").read_text("utf-8").partition("sources:")[0]
    county.write("config.yaml", config)
    county.run("doctor")
    county.write("county/posts.csv", "id,tier,sector,place,title,title_en,holders\n")
    ran = county.run("doctor", code=1)
    last = ran.out.partition("Still missing")[2]
    for words in ("no duty office", "no post field of road-traffic"):
        assert words in last, last


def test_the_doctor_says_what_a_source_will_use_of_its_quota(county: Folder) -> None:
    # The proxy that is none keeps the question from leaving the machine.
    ran = county.run("doctor", code=1, HTTPS_PROXY="http://127.0.0.1:9")
    ran.says("open-meteo: about 48 calls a day of 10000 allowed", "1 points", "asked every 轮询间隔 30 min")


def test_a_post_is_missing_for_what_a_rule_asks_and_the_ask_is_named(county: Folder) -> None:
    """One line a missing post, at the first ask, whose decider or carrier nobody is."""
    text = (county.path / "rules/measures.yaml").read_text("utf-8")
    county.write("rules/measures.yaml", text.replace("form: notify", "form: propose\n    decider: township", 1))
    said = county.run("check", "--format", "json").json
    (found,) = [f for f in said["findings"] if "township" in f["what"]]
    line, column = position(county, "rules/trial.yaml", "guide, speed-limit 60")
    assert found["where"].endswith(f"rules/trial.yaml:{line}:{column}")
    assert "nobody to decide guide" in found["what"]
    assert "posts.csv" in found["mend"]


def test_a_post_that_decides_with_nobody_on_it_who_may_sign(county: Folder) -> None:
    text = (county.path / "rules/measures.yaml").read_text("utf-8")
    county.write("rules/measures.yaml", text.replace("form: notify", "form: propose\n    decider: regulator", 1))
    signs = county.run("check", "--format", "json").json
    assert not [f for f in signs["findings"] if "may sign" in f["what"]]
    county.write("county/posts.csv", TABLES["posts"].replace("Transport office,li", "Transport office,wang"))
    said = county.run("check", "--format", "json").json
    (found,) = [f for f in said["findings"] if "may sign" in f["what"]]
    assert "rules/trial.yaml:11:15" in found["where"]
    assert "nobody on the post office" in found["what"]
    assert "people.csv" in found["mend"]


def test_who_is_on_a_list_that_decides_and_may_not_is_named_by_check_and_doctor(county: Folder) -> None:
    text = (county.path / "rules/measures.yaml").read_text("utf-8")
    county.write("rules/measures.yaml", text.replace("form: notify", "form: propose\n    decider: regulator", 1))
    posts = TABLES["posts"].replace("Transport office,li", "Transport office,li wang")
    county.write("county/posts.csv", posts.replace("Duty office,li", "Duty office,wang"))
    said = county.run("check", "--format", "json").json
    some, above = [f for f in said["findings"] if "may sign" in f["what"]]
    assert some["what"].startswith("not everybody on the post office may sign / 岗位人员无决定权限 (王交警)")
    assert "decide guide" in some["what"]
    assert above["where"].endswith("posts.csv")
    assert above["what"].endswith("逐级呼叫时会叫到，但无决定权限: duty (王交警)")
    assert "people.csv" in above["mend"]
    ran = county.run("doctor", code=1, HTTPS_PROXY="http://127.0.0.1:9")
    ran.says("not everybody on the post office may sign", "duty (王交警)")


def test_a_rule_that_no_source_decides_is_named_where_it_stands(county: Folder) -> None:
    text = (county.path / "config.yaml").read_text("utf-8")
    county.write("config.yaml", text.replace("open-meteo: {on: true}", "open-meteo: {on: false}"))
    said = county.run("check", "--format", "json").json
    found = {f["what"].partition(" at any place")[0]: f for f in said["findings"] if f["level"] == "warning"}
    heat = found["no configured source can decide heat-test"]
    line, column = position(county, "rules/trial.yaml", "heat-test")
    assert heat["where"].endswith(f"rules/trial.yaml:{line}:{column}")
    assert "nothing says temperature" in heat["what"]
    assert "Switch on a source" in heat["mend"]
    # A person's word opens it, and no source says when it is over.
    fog = [f for f in said["findings"] if "fog-test can open and never clear" in f["what"]]
    assert len(fog) == 1
    assert fog[0]["where"].endswith("rules/trial.yaml:{}:{}".format(*position(county, "rules/trial.yaml", "visibility >= 500 m")))


def test_an_order_longer_than_its_sms(county: Folder) -> None:
    text = (county.path / "rules/measures.yaml").read_text("utf-8")
    county.write("rules/measures.yaml", text.replace("sms: {zh: 引导, en: guide}",
                                                     f"sms: {{zh: {'引导车辆慢行，' * 30}, en: guide}}"))
    said = county.run("check", "--format", "json").json
    (found,) = [f for f in said["findings"] if "segments" in f["what"]]
    line, column = position(county, "rules/measures.yaml", "引导车辆慢行，引导")
    assert found["where"].endswith(f"rules/measures.yaml:{line}:{column}")
    assert "the order guide of heat-test at road-1" in found["what"]
    assert "3 are sent" in found["what"]
    assert "Shorten its sms" in found["mend"]


def test_a_place_whose_name_does_not_fit_the_form(county: Folder) -> None:
    county.write("county/sites.csv", TABLES["sites"].replace("河口段", "河口高速公路自河口镇收费站至上游大桥北引桥路段"))
    said = county.run("check", "--format", "json").json
    (found,) = [f for f in said["findings"] if "fills an SMS form" in f["what"]]
    assert found["where"].endswith("county/sites.csv:2:1")
    assert "23 characters; a variable may have 20" in found["what"]
    assert found["mend"] == "Shorten its name."


def test_rules_that_are_not_monotone_are_listed_on_request(county: Folder) -> None:
    said = county.run("check", "--format", "json").json
    assert {"rule": "heat-test", "quantity": "temperature", "danger": "up"} in said["monotone"]
    assert said["not_monotone"] == []
    county.run("check", "--monotone").says("Not monotone", "none")
    pack = PACK.replace("(temperature >= 40 degC for 1 h) within 6 h", "(temperature >= 40 degC and temperature < 60 degC) within 6 h")
    county.write("rules/trial.yaml", pack)
    (found,) = county.run("check", "--format", "json").json["not_monotone"]
    assert (found["rule"], found["quantity"]) == ("heat-test", "temperature")
    line, column = position(county, "rules/trial.yaml", "(temperature >= 40")
    assert found["where"].endswith(f"rules/trial.yaml:{line}:{column}")
    assert "'temperature < 60 degC' falls" in found["why"]
    county.run("check", "--monotone").says("heat-test, temperature: 'temperature >= 35 degC' rises")


def position(county: Folder, file: str, text: str) -> tuple[int, int]:
    """Line and column of a text of the folder."""
    before = (county.path / file).read_text("utf-8").partition(text)[0]
    return before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
