"""What a backup takes along, what it leaves out and names, and what a restore refuses."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from alerting.audit import record, seal
from alerting.errors import BadInput, Refused, SuianError
from alerting.service.backup import SECRETS, back_up, open_for_backup
from alerting.service.clock import open_live
from alerting.service.config import Config, load_config
from alerting.service.restore import restore, write_files
from alerting.store import Store
from alerting.store.archive import Archive, Manifest
from alerting.store.schema import delivery, setting

pytestmark = pytest.mark.sqlite  # the file itself is looked for; tests/store/test_archive.py has both
ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 1, 20, 6, tzinfo=UTC)
CONFIG = """\
county: {name: 雾岭县, fictional: true, zones: county/zones.csv, people: county/people.csv, posts: county/posts.csv}
port: 8123
data: var
rules: rules
calendar: rules/calendar.yaml
exercise: {plans: plans}
database: "%s"
sources:
  open-meteo: {on: false, apikey: weather-key-9}
channels:
  hook: {use: webhook, on: true}
  console:
    on: true
    token: 'one of theirs'
"""


def quietly(part: str, more: int) -> None:
    return None


@pytest.fixture
def county(tmp_path: Path) -> Path:
    """The config of a county with a short log, in a folder of its own."""
    folder = tmp_path / "here"
    (folder / "rules").mkdir(parents=True)
    (folder / "county").mkdir()
    (folder / "rules" / "calendar.yaml").write_text("years: {}")
    for name in ("zones", "people", "posts"):
        (folder / "county" / f"{name}.csv").write_text(f"{name} 表")
    (folder / "config.yaml").write_text(CONFIG % "", "utf-8")
    store = Store(folder / "var" / "suian.db")
    store.write(lambda c: open_live(c, NOW, True))
    for n in range(3):
        store.write(lambda c, n=n: record(c, "live", NOW, "x", "did", f"thing {n}", {"n": n}))
    store.write(seal)
    store.write(lambda c: c.execute(insert(setting), [
        {"key": key, "value": value} for key, value in (*((key, "hidden") for key in SECRETS), ("kept", "x"))]))  # fmt: skip
    store.close()
    return folder / "config.yaml"


def saved(path: Path, to: Path) -> Manifest:
    config = load_config(path)
    store = open_for_backup(config)
    try:
        return back_up(config, path, store, to, NOW, quietly)
    finally:
        store.close()


def into(config: Config, archive: Path) -> None:
    opened = Archive(archive)
    opened.check(quietly)
    restore(opened, config, NOW, quietly)


def test_secrets_stay_behind_and_are_named(
    county: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = CONFIG % "postgresql://suian:deep%secret@db/suian"
    county.write_text(text + "sentinels: {far: {url: 'http://127.0.0.1:1'}}\n", "utf-8")
    config = load_config(county).model_copy(update={"database": ""})
    store = open_for_backup(config)
    monkeypatch.setenv("SUIAN_DATABASE_PASSWORD", "of the environment")
    made = back_up(config, county, store, tmp_path / "a.zip", NOW, quietly)
    store.close()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    for secret in ("hidden", "deep", "weather-key-9", "one of theirs", "of the environment"):
        assert secret.encode() not in everything, secret
    assert b'"kept"' in everything
    assert b"postgresql://suian@db/suian" in everything
    named = " ".join(made.left_out)
    for one in ("keys that sign logins", "`database:`", "sources.open-meteo.apikey", "channels.console.token",
                "SUIAN_HOOK_SECRET in the environment (for hook)", "SUIAN_DATABASE_PASSWORD in the environment",
                "SUIAN_SENTINEL_SECRET in the environment (for the sentinel far)"):  # fmt: skip
        assert one in named


def test_a_secret_on_several_lines_is_not_copied(county: Path, tmp_path: Path) -> None:
    county.write_text((CONFIG % "").replace("'one of theirs'", "'one of\n      theirs'"), "utf-8")
    with pytest.raises(SuianError, match=r"line 14: channels.console.token .* Write it on one line"):
        saved(county, tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()


def test_a_new_machine_gets_all_of_its_files(county: Path, tmp_path: Path) -> None:
    saved(county, tmp_path / "a.zip")
    archive = Archive(tmp_path / "a.zip")
    there = write_files(archive, tmp_path / "there")
    assert there == tmp_path / "there" / "config.yaml"
    for name in ("rules/calendar.yaml", "county/zones.csv", "county/people.csv", "county/posts.csv"):
        assert (tmp_path / "there" / name).read_bytes() == (county.parent / name).read_bytes()
    into(load_config(there), tmp_path / "a.zip")
    assert write_files(archive, tmp_path / "there") == there, "begun again it writes them again"
    (tmp_path / "there" / "county" / "posts.csv").write_text("another")
    with pytest.raises(Refused, match=r"other files already: county/posts\.csv"):
        write_files(archive, tmp_path / "there")
    archive.close()


def test_a_name_that_leads_out_of_the_folder_is_refused(county: Path, tmp_path: Path) -> None:
    saved(county, tmp_path / "a.zip")
    archive = Archive(tmp_path / "a.zip")
    held = archive.manifest.files | {"../evil": archive.manifest.files["config.yaml"]}
    archive.manifest = archive.manifest.model_copy(update={"files": held})
    archive.file = lambda name: b"x"  # type: ignore[method-assign]
    with pytest.raises(SuianError, match="no file below the folder"):
        write_files(archive, tmp_path / "there")
    assert not (tmp_path / "evil").exists()


def test_a_log_that_was_changed_in_the_archive_is_refused(county: Path, tmp_path: Path) -> None:
    """Whoever writes a row anew can write its sum anew: the chain and its head are looked at too."""
    store = Store(county.parent / "var" / "suian.db")
    good = saved(county, tmp_path / "good.zip")
    store.write(lambda c: c.execute(text("UPDATE audit SET who = 'nobody' WHERE number = 2")))
    store.close()
    config = load_config(county)
    broken = saved(county, tmp_path / "broken.zip")
    assert broken.broken == ["live: entry 2 was changed"], "a backup says what it found"
    empty = config.model_copy(update={"data": tmp_path / "there"})
    archive = Archive(tmp_path / "broken.zip")
    archive.manifest = archive.manifest.model_copy(update={"broken": good.broken})
    with pytest.raises(SuianError, match="the log does not hold as it did"):
        restore(archive, empty, NOW, quietly)
    into(empty, tmp_path / "broken.zip")  # as it was: for whoever looks into it


def test_what_waits_is_said(county: Path, tmp_path: Path) -> None:
    store = Store(county.parent / "var" / "suian.db")
    given = {"realm": "live", "person": "chen", "channel": "sms", "address": "+1", "band": "red", "round": 0,
             "language": "zh", "text": "x", "code": "H6", "link": "x", "letters": {}, "at": NOW}  # fmt: skip
    store.write(lambda c: c.execute(insert(delivery), [
        given | {"state": state, "created": NOW - timedelta(minutes=age)}
        for state, age in (("bound", 5), ("bound", 9), ("sending", 2), ("accepted", 1), ("delivered", 30))]))  # fmt: skip
    store.close()
    saved(county, tmp_path / "a.zip")
    archive = Archive(tmp_path / "a.zip")
    archive.check(quietly)
    empty = load_config(county).model_copy(update={"data": tmp_path / "there"})
    waiting = restore(archive, empty, NOW, quietly)
    assert (waiting.bound, waiting.oldest, waiting.sending) == (2, NOW - timedelta(minutes=9), 1)
    assert (waiting.overdue, waiting.exercises, waiting.topics) == (0, [], {})
    again = Store(tmp_path / "there" / "suian.db")
    with again.read() as connection:
        assert connection.execute(select(setting.c.key)).scalars().all() == ["kept"]
    again.close()


def test_what_cannot_be_saved_is_said(county: Path, tmp_path: Path) -> None:
    config = load_config(county)
    with pytest.raises(SuianError, match="there is no database yet"):
        open_for_backup(config.model_copy(update={"data": tmp_path / "none"}))
    assert not (tmp_path / "none").exists(), "to save must not begin a database"
    saved(county, tmp_path / "a.zip")
    with pytest.raises(BadInput, match="such a file already"):
        saved(county, tmp_path / "a.zip")
    with pytest.raises(BadInput, match="cannot be written"):
        saved(county, tmp_path / "no folder" / "a.zip")
    store = Store(config.kept_in)
    store.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '0028'")))
    store.close()
    with pytest.raises(SuianError, match=r"schema 0028.* with the suian that runs on it"):
        open_for_backup(config)


def test_an_archive_of_an_earlier_schema_is_brought_up_to_date(county: Path, tmp_path: Path) -> None:
    """It makes its own tables, and goes on from there as any earlier database does."""
    store = Store(county.parent / "var" / "suian.db")
    saved(county, tmp_path / "a.zip")
    store.close()
    archive = Archive(tmp_path / "a.zip")
    made = archive.manifest
    old = [one.replace("leased_by VARCHAR, ", "") for one in archive.statements("sqlite")]
    columns = {name: kind for name, kind in made.tables["delivery"].columns.items() if name != "leased_by"}
    tables = made.tables | {"delivery": made.tables["delivery"].model_copy(update={"columns": columns})}
    archive.manifest = made.model_copy(update={"revision": "0028", "tables": tables})
    archive.statements = lambda kind: old  # type: ignore[method-assign]
    empty = load_config(county).model_copy(update={"data": tmp_path / "there"})
    restore(archive, empty, NOW, quietly)
    store = Store(tmp_path / "there" / "suian.db")
    with store.read() as connection:
        assert connection.execute(select(delivery.c.leased_by)).all() == []
    store.close()


def test_the_commands_say_what_they_did(county: Path, tmp_path: Path) -> None:
    def suian(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "alerting.cli", *words], cwd=ROOT, capture_output=True,
                              text=True, timeout=60, check=False)  # fmt: skip

    done = suian("backup", str(tmp_path / "a.zip"), "--config", str(county))
    assert done.returncode == 0, done.stderr
    assert "Backed up" in done.stdout
    assert "head of the log: 3 " in done.stdout
    done = suian("restore", str(tmp_path / "a.zip"), "--files", str(tmp_path / "there"))
    assert done.returncode == 0, done.stderr
    assert "Before the first `suian serve`" in done.stdout
    assert "set sources.open-meteo.apikey" in done.stdout
    again = suian("restore", str(tmp_path / "a.zip"), "--config", str(tmp_path / "there" / "config.yaml"))
    assert again.returncode == 2
    assert "the database is not empty" in again.stderr
    whole = (tmp_path / "a.zip").read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    cut = suian("restore", str(tmp_path / "cut.zip"), "--check")
    assert cut.returncode == 1
    assert "cut off or damaged" in cut.stderr
