"""A real PostgreSQL server for the length of a test run: a free loopback port, a folder of its own."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import IO

_PASSWORD = "only-for-this-run"
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60")
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server and its superuser's address."""

    port: int

    def url(self, database: str) -> str:
        """Return the address of one of its databases."""
        return f"postgresql://postgres:{_PASSWORD}@127.0.0.1:{self.port}/{database}"


def binaries() -> Path | None:
    """Return the folder of the newest PostgreSQL server on this machine."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=_version)
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    return Path(on_path).resolve().parent if on_path else None


def missing() -> str | None:
    """Say why there can be no server here, None when there can."""
    if binaries() is None:
        return "no PostgreSQL server is installed"
    if os.getuid() == 0 and not _has_user():
        return "PostgreSQL does not run as root and there is no user postgres"
    return None


@contextmanager
def running() -> Iterator[PostgresServer]:
    """Start a server, stop it and remove what it wrote."""
    folder = Path(tempfile.mkdtemp(prefix="sluicegate-postgres-"))
    try:
        _initialise(folder)
        process, port = _start(folder)
        try:
            yield PostgresServer(port)
        finally:
            _stop(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class StoppableServer:
    """A server of its own that can be away and come back where it was."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process, self.port = _start(folder)

    def url(self, database: str) -> str:
        """Return the address of one of its databases."""
        return PostgresServer(self.port).url(database)

    def stop(self) -> None:
        """Be away: connections end, new ones are refused."""
        _stop(self._process)

    def start(self) -> None:
        """Come back on the same port, with everything that was committed."""
        self._process, _ = _start(self._folder, self.port)


@contextmanager
def stoppable() -> Iterator[StoppableServer]:
    """Start a server that the test may stop and start; stop it and remove what it wrote."""
    folder = Path(tempfile.mkdtemp(prefix="sluicegate-postgres-"))
    try:
        _initialise(folder)
        server = StoppableServer(folder)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _version(binary: Path) -> int:
    name = binary.parent.parent.name
    return int(name) if name.isdigit() else 0


def _has_user() -> bool:
    with suppress(KeyError):
        return pwd.getpwnam("postgres") is not None
    return False


def _popen(folder: Path, program: str, *arguments: str) -> subprocess.Popen[str]:
    path = binaries()
    assert path is not None
    as_postgres = os.getuid() == 0
    return subprocess.Popen(
        [path / program, *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        user="postgres" if as_postgres else None,
        group="postgres" if as_postgres else None,
        extra_groups=[] if as_postgres else None,
    )


def _initialise(folder: Path) -> None:
    secret = folder / "password"
    secret.write_text(_PASSWORD)
    if os.getuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        shutil.chown(secret, "postgres", "postgres")
    process = _popen(
        folder,
        "initdb",
        *("--no-sync", "--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8"),
        *(f"--pwfile={secret}", f"--pgdata={folder / 'data'}"),
    )
    output, _ = process.communicate()
    assert process.returncode == 0, output


def _start(folder: Path, again: int | None = None) -> tuple[subprocess.Popen[str], int]:
    """Another program may take the free port first: then try the next one, unless it has to be this."""
    output = ""
    for _ in range(_ATTEMPTS):
        port = again or _free_port()
        options = [f"-c{option}" for option in (*_FAST, "listen_addresses=127.0.0.1", f"port={port}")]
        process = _popen(
            folder, "postgres", "-D", str(folder / "data"), "-cunix_socket_directories=", *options
        )
        assert process.stdout is not None
        for line in process.stdout:
            output += line
            if "ready to accept connections" in line:
                Thread(target=_drain, args=(process.stdout,), daemon=True).start()
                return process, port
        process.stdout.close()
        process.wait()
    raise RuntimeError(output)


def _drain(output: IO[str]) -> None:
    """A full pipe would stop the server."""
    with output:
        deque(output, maxlen=0)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _stop(process: subprocess.Popen[str]) -> None:
    """Ask for the fast shutdown, which does not wait for clients."""
    process.send_signal(signal.SIGINT)
    process.wait()
