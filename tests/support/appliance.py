"""A real appliance in a process of its own: started, waited for, driven, stopped."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.compiled_rules import with_compiled_rules

KEY = "test-key-0123456789-abcdefghij"
PASSWORD = "a-password-for-tests"
_SECONDS = 60.0
_URL = re.compile(r"http://[^\s/]+")


def until[T](look: Callable[[], T | None], what: str, seconds: float = _SECONDS) -> T:
    """Look again and again until there is something. Raises `AssertionError` at the deadline."""
    pause, deadline = threading.Event(), time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        pause.wait(0.02)
    raise AssertionError(f"waited in vain for {what}")


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """An environment with these settings (names in lower case), free ports, and no others of ours."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("SLUICEGATE_", "OPENAI_"))
    }
    ours = {"data_dir": str(data_dir), "admin_port": "0", "detection_port": "0", "proxy_port": "0"} | settings
    return kept | {f"SLUICEGATE_{name.upper()}": value for name, value in ours.items()}


def command(*arguments: str, folder: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run one command of the appliance to its end."""
    return subprocess.run(
        [sys.executable, "-m", "sluicegate", *arguments],
        cwd=folder,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )


class RunningAppliance:
    """A process that serves. Made by `started`.

    `proxy`, `detection` and `admin` are base URLs without a path; `key` opens the gateway,
    `email` and `password` the web admin.
    """

    email = "admin@localhost"

    def __init__(self, folder: Path, verb: str, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.data_dir = folder / "var"
        self.key = settings.get("api_key", "")
        self.password = settings.get("admin_password", "")
        self.environment = environment(self.data_dir, **settings)
        with_compiled_rules(self.data_dir)
        self.client = httpx.Client(timeout=30, trust_env=False)
        self._output, self._log = folder / "stdout.txt", folder / "stderr.txt"
        with self._output.open("w") as output, self._log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "sluicegate", verb],
                cwd=folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=log,
            )
        try:
            self.proxy, self.detection, self.admin = until(self._places, "the appliance to say where it is")
            until(self._ready, "the appliance to be ready")
        except BaseException:
            self.close()
            raise

    @property
    def output(self) -> str:
        """What it said on stdout so far."""
        return self._output.read_text()

    @property
    def log(self) -> str:
        """What it logged on stderr so far."""
        return self._log.read_text()

    def events(self, name: str) -> list[dict[str, Any]]:
        """The events of one name that it logged so far."""
        lines = [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == name]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another command on its data directory."""
        return command(*arguments, folder=self.folder, env=self.environment)

    def ask(self, text: str, *, key: str | None = None, **fields: object) -> httpx.Response:
        """Send a chat request of one user message."""
        body = {"model": "demo", "messages": [{"role": "user", "content": text}], **fields}
        return self.client.post(f"{self.proxy}/v1/chat/completions", json=body, headers=self.headers(key))

    def headers(self, key: str | None = None) -> dict[str, str]:
        """The header fields that say who asks."""
        return {"authorization": f"Bearer {self.key if key is None else key}"}

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(_SECONDS)

    def close(self) -> None:
        """End it whatever it is doing."""
        self.client.close()
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def _places(self) -> tuple[str, str, str] | None:
        self._still_runs()
        found = _URL.findall(self.output.partition("Policy:")[0]) if "Policy:" in self.output else []
        return (
            (found[0], found[1], found[2]) if len(found) == len(("gateway", "detection", "admin")) else None
        )

    def _ready(self) -> bool | None:
        self._still_runs()
        answers = [self.client.get(f"{place}/ready") for place in (self.proxy, self.detection, self.admin)]
        return all(answer.status_code == httpx.codes.OK for answer in answers) or None

    def _still_runs(self) -> None:
        code = self.process.poll()
        assert code is None, f"the appliance ended with {code}:\n{self.output}\n{self.log}"


@contextmanager
def started(
    folder: Path, *, toml: str = "", verb: str = "up", secrets: bool = True, **settings: str
) -> Iterator[RunningAppliance]:
    """Start an appliance in `folder` and stop it when the block ends.

    `settings` are settings by name, `toml` is its settings file. With `secrets` key and password
    are supplied; otherwise the first start makes them up. The record outlives it in ``folder/var``,
    so that it can be started there again.
    """
    if toml:
        (folder / "sluicegate.toml").write_text(toml)
        (folder / "sluicegate.toml").chmod(0o600)
    supplied = {"api_key": KEY, "admin_password": PASSWORD} if secrets else {}
    running = RunningAppliance(folder, verb, supplied | {"rate_limit": "off"} | settings)
    try:
        yield running
    finally:
        running.close()
