"""A running appliance as the SDK tests see it: its clients and its records."""

import contextlib
import json
import re
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import openai

from tests.support.appliance import PASSWORD, RunningAppliance, until

_PATIENCE = 60.0
_KEY = re.compile(r"\b[A-Za-z][A-Za-z0-9_-]{23,}\b")
_OK = 200


class Gateway:
    """An appliance over a scripted upstream. `start` and `stop` may be called again and again.

    `extra` stands at the end of the upstream's table in the settings file.
    """

    def __init__(
        self, folder: Path, upstream: str, upstream_key: str, settings: Mapping[str, str], extra: str = ""
    ) -> None:
        self.key = "sk-" + secrets.token_hex(24)
        self._folder = folder
        usual = {"rate_limit": "off", "admin_password": PASSWORD, "api_key": self.key}
        self._settings = usual | dict(settings)
        self._marks: set[str] = set()
        config = folder / "sluicegate.toml"
        config.write_text(
            f'[[upstreams]]\nname = "fake"\nprovider = "openai"\nbase_url = "{upstream}"\n'
            f'api_key = "{upstream_key}"\nmodels = ["gpt-*", "text-embedding-*"]\n{extra}\n'
        )
        config.chmod(0o600)
        self._running: RunningAppliance | None = None

    @property
    def running(self) -> RunningAppliance:
        """The process."""
        assert self._running is not None, "the appliance is not started"
        return self._running

    @property
    def base_url(self) -> str:
        """What a client's `base_url` is set to."""
        return f"{self.running.proxy}/v1"

    def port(self, service: str = "proxy") -> int:
        """Port of a service: proxy, detection or admin."""
        url: str = getattr(self.running, service)
        return urlsplit(url).port or 0

    def start(self) -> None:
        """Start the process and wait until it is ready."""
        self._running = RunningAppliance(self._folder, "up", self._settings)

    def stop(self) -> None:
        """Ask the process to end and wait for it."""
        if self._running is not None:
            self._running.close()
            self._running = None

    def create_key(self, application: str) -> str:
        """Make a key of another application with the command line; usable when this returns."""
        made = self.running.run("key", "create", "--application", application)
        assert made.returncode == 0, made.stderr
        key: str = _KEY.findall(made.stdout)[-1]
        until(lambda: self.get("/models", key=key).status_code == _OK or None, "the new key to work")
        return key

    @contextlib.contextmanager
    def client(
        self, key: str | None = None, *, seen: Callable[[object], object] | None = None, **options: Any
    ) -> Iterator[openai.OpenAI]:
        """The official client, synchronous. `seen` is called with every HTTP request it sends."""
        if seen is not None:
            options["http_client"] = openai.DefaultHttpxClient(event_hooks={"request": [seen]})
        usual: dict[str, Any] = {"base_url": self.base_url, "timeout": _PATIENCE, "api_key": key or self.key}
        with openai.OpenAI(**(usual | options)) as client:
            yield client

    def async_client(self) -> openai.AsyncOpenAI:
        """The official client, asynchronous."""
        return openai.AsyncOpenAI(base_url=self.base_url, api_key=self.key, timeout=_PATIENCE)

    def post(
        self, path: str, body: dict[str, Any], headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Send JSON without an SDK."""
        return self.post_raw(path, json.dumps(body).encode(), headers)

    def post_raw(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Send exact bytes. An empty header value leaves the header out."""
        usual = {"authorization": f"Bearer {self.key}", "content-type": "application/json"}
        given = {name: value for name, value in (usual | dict(headers or {})).items() if value}
        return self.running.client.post(self.base_url + path, content=body, headers=given)

    def get(self, path: str, *, key: str | None = None) -> httpx.Response:
        """Read a resource with a key."""
        return self.running.client.get(self.base_url + path, headers=self.running.headers(key))

    def exchange(self, request_id: str) -> dict[str, Any]:
        """The record of an exchange once it has ended."""

        def look() -> dict[str, Any] | None:
            answer = self.get(f"/exchanges/{request_id}")
            record: dict[str, Any] = answer.json() if answer.status_code == _OK else {"outcome": "open"}
            return record if record["outcome"] != "open" else None

        return until(look, f"exchange {request_id} to end")

    def entries(self, request_id: str) -> list[str]:
        """Outcomes of all stored entries of one exchange, once they are closed."""

        def look() -> list[str] | None:
            found = self._query("SELECT outcome FROM detection_results WHERE request_id = ?", request_id)
            return found if found and "open" not in found else None

        return until(look, f"the stored entry of {request_id}")

    def entry_ids(self) -> set[str]:
        """Request ids of all that is stored, after a mark that is sent now is stored too."""
        body = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "mark"}]}
        mark = self.post("/chat/completions", body).headers["x-sluicegate-request-id"]
        self.entries(mark)
        self._marks.add(mark)
        return set(self._query("SELECT request_id FROM detection_results")) - self._marks

    def _query(self, statement: str, *values: str) -> list[str]:
        database = next(self.running.data_dir.glob("*.db"))
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            return [row[0] for row in connection.execute(statement, values)]
