"""A running appliance as the SDK tests see it: its process, its clients and its records."""

import contextlib
import json
import os
import re
import secrets
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import openai

_TICK = 0.02
_TRIES = 1500
_KEY = re.compile(r"\b[A-Za-z][A-Za-z0-9_-]{23,}\b")


def eventually[T](look: Callable[[], T | None], what: str) -> T:
    """Look again and again, bounded, until there is something."""
    pause = threading.Event()
    for _ in range(_TRIES):
        found = look()
        if found is not None:
            return found
        pause.wait(_TICK)
    raise AssertionError(f"waited in vain for {what}")


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Gateway:
    """One appliance over a scripted upstream. `start` and `stop` may be called again and again."""

    def __init__(
        self, folder: Path, upstream: str, upstream_key: str, settings: Mapping[str, object]
    ) -> None:
        self.folder = folder
        self.key = "sk-" + secrets.token_hex(24)
        self.port, self.admin_port, self.detection_port = free_port(), free_port(), free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._raw = httpx.Client(base_url=self.base_url, timeout=60, trust_env=False)
        folder.mkdir(parents=True, exist_ok=True)
        self._config = folder / "sluicegate.toml"
        lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
        lines += ["[[upstreams]]", 'name = "fake"', 'provider = "openai"', f'base_url = "{upstream}"']
        lines += [f'api_key = "{upstream_key}"', 'models = ["gpt-*", "text-embedding-*"]']
        self._config.write_text("\n".join(lines) + "\n")

    @property
    def base_url(self) -> str:
        """What a client's `base_url` is set to."""
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> None:
        """Start the process and wait until it is ready."""
        with (self.folder / "output.txt").open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sluicegate", "up", "--config", str(self._config)],
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        eventually(self._ready, "the appliance to be ready")

    def stop(self) -> None:
        """Ask the process to end and wait for it."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(30)
        finally:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        """Stop for good."""
        self._raw.close()
        self.stop()

    def output(self) -> str:
        """All that the process wrote to its terminal."""
        return (self.folder / "output.txt").read_text()

    def create_key(self, application: str) -> str:
        """Make a key of another application with the command line; usable when this returns."""
        made = subprocess.run(
            [sys.executable, "-m", "sluicegate", "key", "create", "--application", application],
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        key: str = _KEY.findall(made.stdout)[-1]
        eventually(lambda: self.get("/models", key=key).status_code == 200 or None, "the new key to work")
        return key

    @contextlib.contextmanager
    def client(
        self, key: str | None = None, *, seen: Callable[[object], object] | None = None, **options: Any
    ) -> Iterator[openai.OpenAI]:
        """The official client, synchronous. `seen` is called with every HTTP request it sends."""
        if seen is not None:
            options["http_client"] = openai.DefaultHttpxClient(event_hooks={"request": [seen]})
        with openai.OpenAI(base_url=self.base_url, api_key=key or self.key, **options) as client:
            yield client

    def async_client(self) -> openai.AsyncOpenAI:
        """The official client, asynchronous."""
        return openai.AsyncOpenAI(base_url=self.base_url, api_key=self.key)

    def post(
        self, path: str, body: dict[str, Any], headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Send JSON without an SDK."""
        return self.post_raw(path, json.dumps(body).encode(), headers)

    def post_raw(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Send exact bytes. An empty header value leaves the header out."""
        usual = {"authorization": f"Bearer {self.key}", "content-type": "application/json"}
        given = {name: value for name, value in (usual | dict(headers or {})).items() if value}
        return self._raw.post(path, content=body, headers=given)

    def get(self, path: str, *, key: str | None = None) -> httpx.Response:
        """Read a resource with a key."""
        return self._raw.get(path, headers={"authorization": f"Bearer {key or self.key}"})

    def exchange(self, request_id: str) -> dict[str, Any]:
        """The record of an exchange once it has ended."""

        def look() -> dict[str, Any] | None:
            answer = self.get(f"/exchanges/{request_id}")
            record: dict[str, Any] = answer.json() if answer.status_code == 200 else {"outcome": "open"}
            return record if record["outcome"] != "open" else None

        return eventually(look, f"exchange {request_id} to end")

    def entries(self, request_id: str) -> list[str]:
        """Outcomes of all stored entries of one exchange, once they are closed."""

        def look() -> list[str] | None:
            found = self._query("SELECT outcome FROM detection_results WHERE request_id = ?", request_id)
            return found if found and "open" not in found else None

        return eventually(look, f"the stored entry of {request_id}")

    def entry_ids(self) -> set[str]:
        """Request ids of every stored entry, after a mark that was sent last is stored too."""
        body = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "mark"}]}
        mark = self.post("/chat/completions", body).headers["x-sluicegate-request-id"]
        self.entries(mark)
        return set(self._query("SELECT request_id FROM detection_results")) - {mark}

    def _query(self, statement: str, *values: str) -> list[str]:
        database = next((self.folder / "var").glob("*.db"), None)
        if database is None:
            return []
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            return [row[0] for row in connection.execute(statement, values)]

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SLUICEGATE_")}
        return kept | {
            "SLUICEGATE_DATA_DIR": str(self.folder / "var"),
            "SLUICEGATE_API_KEY": self.key,
            "SLUICEGATE_ADMIN_PASSWORD": "a-password-for-tests-only",
            "SLUICEGATE_ADMIN_PORT": str(self.admin_port),
            "SLUICEGATE_DETECTION_PORT": str(self.detection_port),
            "SLUICEGATE_PROXY_PORT": str(self.port),
            "SLUICEGATE_RATE_LIMIT": "off",
        }

    def _ready(self) -> bool | None:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"the appliance ended with {self._process.returncode}:\n{self.output()}")
        try:
            answer = self._raw.get(f"http://127.0.0.1:{self.port}/ready")
        except httpx.TransportError:
            return None
        return answer.status_code == 200 or None
