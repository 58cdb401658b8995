"""A server over real sockets whose every answer a test writes down; the APIs build on it."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Self

from tests.fakes.http_server import Answer, Exchange, HttpServer, Received


class ScriptedServer[Said](ABC):
    """Serves on a free port; use as a context manager.

    Args:
        script: what runs unless a test sets another: from the received request to what is said.
    """

    folder = ""
    """Path of the base URL."""

    def __init__(self, script: Callable[[Received], Said]) -> None:
        self._usual = script
        self.script = script
        self._server = HttpServer(self._answer)

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *problem: object) -> None:
        self._server.__exit__(*problem)

    @property
    def base_url(self) -> str:
        """What a client is given."""
        return f"http://127.0.0.1:{self._server.port}{self.folder}"

    @property
    def requests(self) -> list[Received]:
        """Every request since the last `reset`, oldest first."""
        return self._server.requests

    @property
    def exchanges(self) -> list[Exchange]:
        """Requests with what became of their answers."""
        return self._server.exchanges

    @property
    def last(self) -> Received:
        """The newest request."""
        return self.requests[-1]

    def reset(self, script: Callable[[Received], Said] | None = None) -> None:
        """Forget what was received and begin a new script."""
        self._server.exchanges.clear()
        self.script = script or self._usual

    @abstractmethod
    def _answer(self, request: Received) -> Answer:
        """Answer a request: by the script, unless it lacks a key or asks for what needs no script."""
