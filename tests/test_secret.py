"""Secrets stand in the environment or in files that it names, and are shown nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import make_url

from alerting.errors import BadInput, SuianError
from alerting.secret import needed, secret
from alerting.service.config import Config, load_config
from alerting.store import Store

CONFIG = Path(__file__).parent / "scenarios/config.json"  # JSON is YAML; it names no database
WORD = "p@ss/w:rd%20 岁安"
CLEARED = ("A_SECRET", "SUIAN_DATABASE", "SUIAN_DATABASE_PASSWORD")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CLEARED:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)


def written(folder: Path, text: str) -> str:
    path = folder / "secret"
    path.write_text(text, "utf-8")
    return str(path)


def test_it_is_what_the_variable_holds_or_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert secret("A_SECRET") == ""
    monkeypatch.setenv("A_SECRET", WORD)
    assert secret("A_SECRET") == WORD
    monkeypatch.delenv("A_SECRET")
    monkeypatch.setenv("A_SECRET_FILE", written(tmp_path, WORD + "\n"))
    assert secret("A_SECRET") == WORD
    assert needed("A_SECRET", "the word", "or go without.") == WORD


def test_two_of_one_secret_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", WORD)
    monkeypatch.setenv("A_SECRET_FILE", written(tmp_path, "another"))
    with pytest.raises(BadInput, match=r"both A_SECRET and A_SECRET_FILE are set. Leave out one"):
        secret("A_SECRET")


def test_one_that_must_be_there_says_both_ways_to_give_it() -> None:
    with pytest.raises(BadInput, match=r"the word is not set.* Set A_SECRET, or A_SECRET_FILE .*; or go without\."):
        needed("A_SECRET", "the word", "or go without.")


@pytest.mark.parametrize(
    ("text", "said"), [("", "is empty"), (" \n", "is empty"), (f"{WORD}\n{WORD}\n", "more than one line")]
)
def test_a_file_that_holds_none_is_named(
    text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_SECRET_FILE", path := written(tmp_path, text))
    with pytest.raises(BadInput, match=said) as refused:
        secret("A_SECRET")
    assert f"A_SECRET_FILE={path}" in refused.value.text()
    assert WORD not in refused.value.text()


def test_a_file_that_is_not_there_is_named_with_the_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path, said in ((tmp_path / "none", "No such file"), (tmp_path, "Is a directory")):
        monkeypatch.setenv("A_SECRET_FILE", str(path))
        with pytest.raises(BadInput, match=f"{said}.*Mount it there") as refused:
            secret("A_SECRET")
        assert str(path) in refused.value.text()
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    monkeypatch.setenv("A_SECRET_FILE", str(tmp_path / "bytes"))
    with pytest.raises(BadInput, match="UTF-8"):
        secret("A_SECRET")


def configured() -> Config:
    return load_config(CONFIG)


def test_the_databases_password_comes_in_beside_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL's own image reads the same file."""
    monkeypatch.setenv("SUIAN_DATABASE", "postgresql://suian@127.0.0.1:1/suian")
    monkeypatch.setenv("SUIAN_DATABASE_PASSWORD_FILE", written(tmp_path, WORD + "\n"))
    config = configured()
    assert make_url(config.database).password == WORD
    assert make_url(config.database).host == "127.0.0.1"
    with pytest.raises(SuianError, match="cannot be opened") as failed:
        Store(config.kept_in)
    for form in (WORD, "p%40ss", "p@ss"):
        assert form not in failed.value.text()


def test_the_whole_address_may_be_the_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUIAN_DATABASE_FILE", written(tmp_path, "postgresql://suian:word@db-1/suian\n"))
    assert configured().database == "postgresql://suian:word@db-1/suian"
    monkeypatch.setenv("SUIAN_DATABASE_PASSWORD", WORD)
    with pytest.raises(BadInput, match="has a password already") as refused:
        configured()
    assert "word@" not in refused.value.text()
    assert WORD not in refused.value.text()


def test_a_password_for_no_database_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUIAN_DATABASE_PASSWORD", WORD)
    with pytest.raises(BadInput, match="there is no database that it opens"):
        configured()


def test_kafka_is_the_machines_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUIAN_KAFKA", "kafka-1:9092,kafka-2:9092")
    assert configured().bus.kafka == "kafka-1:9092,kafka-2:9092"
    monkeypatch.setenv("SUIAN_KAFKA", "kafka-1")
    with pytest.raises(BadInput, match="is no HOST:PORT"):
        configured()
