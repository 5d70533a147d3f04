"""`init`, `import`, `token`, `password` and `audit`: setting up a county, and its errors."""

from __future__ import annotations

import os
import sqlite3

import pytest

from tests.cli.conftest import TABLES, Folder


def test_init_makes_a_folder_and_tells_three_steps(empty: Folder) -> None:
    ran = empty.run("init", "云岭县")
    ran.says("1.", "2.", "3.", "suian check", "suian doctor", "suian import")
    made = empty.path / "云岭县"
    for name in ("zones", "sites", "people", "posts"):
        header, *examples = (made / "county" / f"{name}.csv").read_text("utf-8-sig").splitlines()
        assert len(examples) >= 1
        for example in examples:
            assert example.startswith("#")
            assert example.count(",") == header.count(",")
    config = (made / "config.yaml").read_text("utf-8")
    assert "open-meteo" in config
    assert "non-commercial" in config
    assert (made / "rules" / "measures.yaml").exists()


def test_init_writes_nothing_over(empty: Folder) -> None:
    empty.write("here/mine.txt", "mine")
    empty.run("init", "here", code=2).says("here: this exists already")
    empty.run("init", "../out", code=2).says("cannot be the name of a folder")


def test_a_fresh_folder_takes_its_tables_one_by_one(empty: Folder) -> None:
    empty.run("init", "fresh")
    fresh = Folder(empty.path / "fresh")
    for name in ("zones", "sites", "people", "posts"):
        file = fresh.write(f"in/{name}.csv", TABLES[name])
        fresh.run("import", name, str(file)).says(f"{name}:", "taken")
    fresh.run("token", "create", "li", "--role", "view")


def test_an_import_lists_every_bad_line_and_takes_nothing(county: Folder) -> None:
    before = (county.path / "county/zones.csv").read_bytes()
    bad = TABLES["zones"] + "990100102,北,N,990100,n-low,106.7,26.6,abc\n,无号,,,,,,\n"
    county.write("bad.csv", bad)
    county.run("import", "zones", "bad.csv", code=2).says("line 4", "line 5", "Nothing was taken")
    assert (county.path / "county/zones.csv").read_bytes() == before


@pytest.mark.parametrize(
    "bad",
    [
        TABLES["zones"].encode("utf-16"),
        TABLES["zones"].encode("utf-16-le"),
        b"PK\x03\x04\x14\x00\x08\x08" + bytes(range(256)) * 4,
        b"code,name\n" + b"\x80\xff" * 40,
    ],
)
def test_a_table_that_is_not_text(county: Folder, bad: bytes) -> None:
    (county.path / "z.csv").write_bytes(bad)
    county.run("import", "zones", "z.csv", code=2).says("z.csv: this is not text", "UTF-8 or GBK")
    gbk = TABLES["zones"].encode("gbk")
    (county.path / "z.csv").write_bytes(gbk)
    county.run("import", "zones", "z.csv").says("2 taken")


def test_a_config_that_is_not_text(county: Folder) -> None:
    (county.path / "config.yaml").write_bytes("county:\n".encode("utf-16"))
    county.run("check", code=2).says("config.yaml: the config is not text in UTF-8")


def test_an_import_says_all_that_is_wrong_with_a_row(county: Folder) -> None:
    def faults(table: str, row: str, *more: str) -> None:
        county.write("bad.csv", TABLES[table].splitlines()[0] + "\n" + row + "\n")
        county.run("import", table, "bad.csv", code=2).says("Nothing was taken", *more)

    faults("sites", "r,rode,段,R,990100101,no-such,,,,smoke,,G1,9,1,,,", "kind 'rode'",
           "the point no-such", "from_km 9 is greater than to_km 1", "sector 'smoke'")  # fmt: skip
    faults("sites", ",road-section,,,990100101;990100102,,,,,,,G1,x,1,,,", "needs an id and a name",
           "zone 990100101;990100102 is not in the zones file: several are parted by blanks",
           "from_km 'x' is not a number")  # fmt: skip
    faults("posts", ",boss,smoke,nowhere,,,li;wang", "needs an id and a title", "tier 'boss'",
           "sector 'smoke'", "the place nowhere",
           "li;wang is not among the people: several are parted by blanks")  # fmt: skip
    faults("people", ",,,fr,king,fax:1", "needs an id", "language 'fr'", "role 'king'", "'fax'")
    faults("zones", ",,,,p,91,x,high", "needs a code and a name", "lon 'x'", "elevation 'high'")
    county.write("bad.csv", "id,name\n")
    county.run("import", "people", "bad.csv", code=2).says("missing: contacts. The columns are")


def test_an_import_must_fit_the_other_tables(county: Folder) -> None:
    county.write(
        "z.csv", "code,name,name_en,parent,point,lat,lon,elevation\n990199,别县,Other,,,,,\n"
    )
    county.run("import", "zones", "z.csv", code=2).says(
        "sites.csv", "990100101 is not in the zones file"
    )
    county.write("p.csv", "id,name,name_en,language,role,contacts\nli,李,Li,zh,admin,console:li\n")
    county.run("import", "people", "p.csv", code=2).says(
        "posts.csv", "wang is not among the people"
    )


def test_an_import_of_people_goes_into_the_register_and_keeps_the_old_file(county: Folder) -> None:
    more = TABLES["people"] + "zhao,赵,Zhao,en,order,console:zhao\n"
    county.write("p.csv", more)
    county.run("import", "people", "p.csv").says("3 taken", "kept")
    assert (county.path / "county/people.csv").read_text("utf-8") == more
    (old,) = (county.path / "county").glob("people.2*.csv")
    assert old.read_text("utf-8") == TABLES["people"]
    with sqlite3.connect(county.path / "var/suian.db") as db:
        assert db.execute("select role from person where id = 'zhao'").fetchone() == ("order",)
        done = db.execute("select count(*) from audit where action = 'import person'").fetchone()
    assert done == (3,)


def test_a_channel_the_config_does_not_have(county: Folder) -> None:
    county.write("p.csv", TABLES["people"].replace("console:wang", "sms:+15550100"))
    county.run("import", "people", "p.csv", code=2).says(
        "line 3", "channel 'sms' is none of console"
    )


def test_a_token_is_printed_once_and_only_its_digest_kept(county: Folder) -> None:
    token = county.run("token", "create", "li", "--role", "order", "--label", "test").out.strip()
    assert token.startswith("suian_")
    assert token.encode() not in (county.path / "var/suian.db").read_bytes()
    county.run("token", "create", "wang", "--role", "admin", code=2).says(
        "wang has the role answer"
    )
    county.run("token", "create", "nobody", code=2).says("no person 'nobody'")
    county.run("token", "create", "li", "--role", "king", code=2).says("role 'king' is none of")


def test_a_password_comes_from_a_terminal_or_from_the_input(county: Folder) -> None:
    county.run("password", "li", "--stdin", given="long enough 1\n").says("is set")
    county.run("password", "li", "--stdin", given="short\n", code=2).says("at least ten characters")
    ran = county.run("password", "li", given="long enough 1\nlong enough 1\n", code=2)
    ran.says("terminal", "--stdin")
    assert "Warning" not in ran.err


def test_a_password_is_asked_for_twice_on_a_terminal(county: Folder) -> None:
    said, ended = county.run_on_a_terminal("password", "li", typed="long enough 1\nlong enough 1\n")
    assert ended == 0, said
    assert "Password" in said
    assert "Again" in said
    assert "is set" in said
    assert "long enough" not in said  # it is never shown


def test_the_log_is_consistent_or_not(county: Folder) -> None:
    county.run("audit", "verify", code=1).says("there is no log yet")
    assert not (county.path / "var").exists()
    county.run("token", "create", "li")
    county.run("audit", "verify").says("consistent")
    county.run("audit", "verify", "--head", "deadbeef", code=2).says("a head is 64 hex digits")
    county.run("audit", "verify", "--head", "ab" * 32, code=1).says("no entry has the hash")


def test_a_config_that_is_wrong_names_line_and_mend(county: Folder) -> None:
    county.run("check", "--config", "gone.yaml", code=2).says("gone.yaml", "suian init")
    text = (county.path / "config.yaml").read_text("utf-8")
    county.write("bad.yaml", text.replace("fictional: true", "fictionel: true"))
    county.run("token", "create", "li", "--config", "bad.yaml", code=2).says("line 4", "fictional")
    county.write("worse.yaml", "county: [")
    county.run("token", "create", "li", "--config", "worse.yaml", code=2).says("this is not YAML")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written(county: Folder) -> None:
    (county.path).chmod(0o555)
    county.run("token", "create", "li", code=1).says("data folder")


def test_data_that_is_no_folder(county: Folder) -> None:
    county.write("var", "a file where the folder should be")
    county.run("token", "create", "li", code=1).says("data folder", "data:")


def test_a_database_that_is_none(county: Folder) -> None:
    county.write("var/suian.db", "this is no database at all, whatever its name says " * 40)
    county.run("token", "create", "li", code=1).says("database")


@pytest.mark.parametrize(
    "words",
    [
        ("order", "guide", "road-1", "--reason", "ice"),
        ("report", "road-1", "icing", "--as", "li"),
        ("withdraw", "live.x.y.1", "--reason", "wrong"),
    ],
)
def test_by_hand_without_a_service_says_how_to_start_it(
    county: Folder, words: tuple[str, ...]
) -> None:
    county.run("token", "create", "li")
    if words[0] == "withdraw":
        county.run(*words, code=2).says("no alert and no measure")
    else:
        county.run(*words, code=1).says("no service answers", "nothing was done", "suian serve")


def test_the_command_as_a_shell_starts_it(county: Folder) -> None:
    county.run_afresh("token", "create", "li").says("suian_")
    county.run_afresh("audit", "verify").says("consistent")
    county.run_afresh("check", "--config", "gone.yaml", code=2).says("gone.yaml", "suian init")
    said = county.run_afresh("--help")
    said.says("evaluate", "replay", "doctor", "withdraw")
    assert "…" not in said.out.replace("reported …", "")  # nothing is cut, in 80 columns


def test_an_unknown_command_and_a_missing_argument(county: Folder) -> None:
    county.run_afresh("serv", code=2).says("No such command")
    county.run("order", "guide", code=2).says("Missing argument")
    county.run("drill", "play", "storm", code=2).says("no plan 'storm'")
