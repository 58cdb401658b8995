"""A container of the image, driven with podman as a user would."""

import json
import os
import re
import shutil
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.house.tree import ROOT

DATA = "/var/lib/sluicegate"
_READY_SECONDS = 90
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, read whole."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The parsed body."""
        return json.loads(self.body)


def fetch(port: int, path: str, body: object = None, key: str = "") -> Answer:
    """Send a GET, or a POST when there is a body. Raises `OSError` when nobody answers."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {key}"} if key else {})
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, headers)
    try:
        with _DIRECT.open(request, timeout=30) as answer:
            return Answer(answer.status, dict(answer.headers.items()), answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, dict(error.headers.items()), error.read())


@dataclass(frozen=True, slots=True)
class Podman:
    """podman with settings that work on small machines, too."""

    settings: Path
    environment: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        runtime = '[engine]\nruntime="runc"\n' if shutil.which("runc") else ""
        ulimits = '[containers]\ndefault_ulimits=["nofile=4096:8192","nproc=4096:8192"]\n'
        self.settings.write_text(ulimits + runtime)
        object.__setattr__(self, "environment", os.environ | {"CONTAINERS_CONF": str(self.settings)})

    def __call__(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a podman command."""
        ran = subprocess.run(
            ["podman", *arguments], env=self.environment, capture_output=True, text=True, check=False
        )
        if check and ran.returncode:
            raise AssertionError(f"podman {' '.join(arguments)}: {ran.stderr}")
        return ran

    def build(self, tag: str) -> None:
        """Build the image as a user would."""
        self.script("build-image", tag)

    def script(self, name: str, *arguments: str) -> str:
        """Run one of ``scripts/`` that drives podman; return what it printed."""
        ran = subprocess.run(
            [ROOT / "scripts" / name, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout


@dataclass(frozen=True, slots=True)
class Container:
    """A running appliance."""

    podman: Podman
    name: str
    admin: int
    detection: int
    proxy: int

    @property
    def ports(self) -> tuple[int, int, int]:
        """The ports of the three services."""
        return self.admin, self.detection, self.proxy

    def run(self, *command: str) -> str:
        """Run a command inside; return what it printed."""
        return self.podman("exec", self.name, *command).stdout.strip()

    def log(self) -> str:
        """What the appliance said so far."""
        ran = self.podman("logs", self.name)
        return ran.stdout + ran.stderr

    def state(self, part: str) -> str:
        """One part of podman's view of the container."""
        return self.podman("inspect", "--format", f"{{{{{part}}}}}", self.name).stdout.strip()

    def wait(self) -> None:
        """Return when every port is ready. Raises `AssertionError` when it stops or takes too long."""
        pause = threading.Event()
        for _ in range(_READY_SECONDS * 5):
            try:
                if all(fetch(port, "/ready").status == 200 for port in self.ports):
                    return
            except OSError:
                assert self.state(".State.Running") == "true", self.log()
            pause.wait(0.2)
        raise AssertionError(f"not ready after {_READY_SECONDS} seconds: {self.log()}")

    def key_file(self) -> str:
        """Path inside of the file that holds the first API key, as the log names it."""
        match = re.search(rf"{DATA}/[\w./-]*key[\w./-]*", self.log())
        assert match, self.log()
        return match[0]

    def key(self) -> str:
        """The first API key."""
        return self.run("cat", self.key_file()).split()[-1]


def _free_ports(count: int) -> list[int]:
    with_sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(item.getsockname()[1]) for item in with_sockets]
    for item in with_sockets:
        item.close()
    return ports


@contextmanager
def started(podman: Podman, image: str, name: str) -> Iterator[Container]:
    """Run a locked-down container until the block ends; leaves nothing behind.

    It shares the machine's network, so that no address translation has to be set up and undone.
    """
    admin, detection, proxy = _free_ports(3)
    container = Container(podman, name, admin, detection, proxy)
    ports = {"ADMIN": admin, "DETECTION": detection, "PROXY": proxy}
    settings = [f"--env=SLUICEGATE_{side}_PORT={port}" for side, port in ports.items()]
    confined = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--memory=768m"]
    volume = f"--volume={name}:{DATA}"
    limits = ["--pids-limit=200", "--network=host"]
    try:
        podman("run", "--detach", f"--name={name}", *confined, *limits, volume, *settings, image)
        container.wait()
        yield container
    finally:
        podman("rm", "--force", "--time=0", name, check=False)
        podman("volume", "rm", "--force", name, check=False)
