"""What is measured: something that listens on a port and passes chat requests to the upstream."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ..errors import ApplianceError
from .accounting import tree

_START_SECONDS = 300.0
"""The first start compiles the rules, which takes minutes on a machine with other work."""
_STOP_SECONDS = 15.0


class StartError(ApplianceError):
    """A subject did not start; the text says what its log says."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a subject finds what it needs: a folder of its own and the port of the upstream."""

    folder: Path
    upstream: int


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of a subject that is no gateway: where, what, and what every answer holds."""

    path: str
    body: str
    expect: tuple[str, ...]


@dataclass(slots=True)
class Running:
    """A subject that serves. Without a process it is the upstream itself, which costs nothing here."""

    port: int
    headers: Mapping[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None
    streams: str = ""
    """What stands before the path of a stream, where the subject treats them differently."""
    restores: bool = True
    """What was in the prompt comes back as it was, also where it was masked on its way."""
    ports: Mapping[str, int] = field(default_factory=dict)
    """What else it listens on, by the name of the setting."""
    ask: Ask | None = None
    """Asked instead of chat requests."""

    def pids(self) -> list[int]:
        """Every process of the subject."""
        return tree(self.process.pid) if self.process else []

    def stop(self) -> None:
        """End it, with force if it takes too long."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            for pid in reversed(self.pids()):
                os.kill(pid, signal.SIGKILL)
            self.process.wait()


class Subject(Protocol):
    """Knows how something is started.

    `name` stands in tables and options; `about` says in a few words what is switched on; `workers`
    is how many processes, or threads, share its work.
    """

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def about(self) -> str:
        """What is switched on."""
        ...

    @property
    def workers(self) -> int:
        """How many share its work."""
        ...

    def missing(self) -> str:
        """Say why it cannot be measured here; empty when it can."""
        ...

    def start(self, place: Place) -> Running:
        """Start it and return when it answers. Raises `StartError`."""
        ...


def free_port() -> int:
    """Return a port that nothing listens on now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def spawn(
    command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
) -> "subprocess.Popen[bytes]":
    """Start a process whose output goes to ``log.txt`` of its folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)}
    with (folder / "log.txt").open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - fixed programs, ours and those the user names
            command,
            cwd=folder,
            env=kept | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


_NOT_INHERITED = ("SLUICEGATE_", "OPENAI_", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")


def wait_until_ready(process: "subprocess.Popen[bytes]", folder: Path, port: int, path: str = "") -> None:
    """Wait until the port accepts and, with a path, answers 200 there. Raises `StartError`."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise StartError(f"ended with {process.returncode}: {_last(folder)}")
        if _answers(port, path):
            return
        time.sleep(0.05)
    process.kill()
    process.wait()
    raise StartError(f"not ready after {_START_SECONDS:.0f} s: {_last(folder)}")


@contextmanager
def affinity(cores: Sequence[int]) -> Iterator[None]:
    """Let what is started inside run on these cores only; none given changes nothing."""
    before = os.sched_getaffinity(0)
    if cores:
        os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _answers(port: int, path: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            if not path:
                return True
            connection.sendall(
                f"GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".encode()
            )
            return connection.recv(64)[9:12] == b"200"
    except OSError:
        return False


def _last(folder: Path) -> str:
    text = (folder / "log.txt").read_text("utf-8", "replace").strip()
    return " ".join(text.splitlines()[-3:])[-600:] or "it said nothing"
