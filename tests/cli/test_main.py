"""What nobody foresaw: a sentence, a file with the trace, exit 1."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from alerting.cli import main


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, error: Exception) -> int:
    def fails(_: str | None = None) -> None:
        raise error

    monkeypatch.chdir(folder)
    monkeypatch.setattr(main, "make_app", fails)
    monkeypatch.setattr(sys, "argv", ["suian", "check"])
    with pytest.raises(SystemExit) as ended:
        main.run()
    return int(str(ended.value.code))


def test_the_trace_goes_to_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, tmp_path, RuntimeError("the moon")) == 1
    said = capsys.readouterr().err
    assert "should not have happened" in said
    assert "Traceback" not in said
    (kept,) = (tmp_path / "var").glob("error-*.log")
    assert kept.name in said
    assert "the moon" in kept.read_text("utf-8")


def test_where_nothing_can_be_written_it_goes_to_the_temporary_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "var").write_text("no folder")
    elsewhere = tmp_path / "elsewhere"
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(elsewhere))
    assert run(monkeypatch, tmp_path, RuntimeError("the moon")) == 1
    (kept,) = elsewhere.glob("error-*.log")
    assert str(kept) in capsys.readouterr().err


def test_a_full_or_read_only_disk_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, tmp_path, OSError(30, "Read-only file system", "var/x")) == 1
    assert capsys.readouterr().err.startswith("suian: var/x: Read-only file system. Check")
