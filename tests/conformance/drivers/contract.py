"""What every driver speaks: a job a line on stdin, what came of it a line on stdout, as JSON.

The first line that a driver writes names the package and its version. Drivers run in environments of their
own, so this file needs nothing but the standard library. Its twin is ``javascript/contract.mjs``.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from typing import Any

MODEL = "gpt-4o-mini"
TIMEOUT = 20.0
TOOL = {
    "name": "send_mail",
    "description": "Send a mail.",
    "parameters": {
        "type": "object",
        "properties": {"to": {"type": "string"}, "subject": {"type": "string"}},
        "required": ["to", "subject"],
    },
}


@dataclass(frozen=True, slots=True)
class Job:
    """One question. `url` has no path; with `cancel` the driver goes away after the first text."""

    url: str
    key: str
    prompt: str
    streamed: bool
    tools: bool
    cancel: bool

    def leaves(self, told: "Told") -> bool:
        """Whether the caller has seen enough."""
        return self.cancel and bool(told.pieces)


class Told:
    """What the SDK gave its caller so far."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.refusal = ""
        self.finish = ""
        self.calls: list[dict[str, Any]] = []
        self._unfinished: list[str] = []
        self._fragments: dict[int, list[str]] = {}

    def add(self, text: str | None) -> None:
        """Note a piece of the model's words; an empty one is none."""
        if text:
            self.pieces.append(text)

    def refuse(self, text: str | None) -> None:
        """Note a piece of a refusal, where the format keeps it apart from the words."""
        self.refusal += text or ""

    def end(self, reason: object) -> None:
        """Note why the answer ended; the last reason counts."""
        if reason:
            self.finish = str(getattr(reason, "value", reason))

    def call(self, name: str, arguments: Any) -> None:
        """Note a whole call; arguments are a value or the JSON text of one."""
        given = json.loads(arguments) if isinstance(arguments, str) else arguments
        self.calls.append({"name": name, "arguments": given})

    def fragment(self, index: int, name: str | None, arguments: str | None) -> None:
        """Note a piece of a call's JSON text; the first one brings the name."""
        parts = self._fragments.setdefault(index, [""])
        parts[0] += name or ""
        parts.append(arguments or "")

    def result(self, problem: Exception | None) -> dict[str, Any]:
        """The line for the runner."""
        for name, *parts in self._fragments.values() if problem is None else ():
            try:
                self.call(name, "".join(parts) or "{}")
            except ValueError:
                self._unfinished.append(name)
        return {
            "text": "".join(self.pieces),
            "pieces": len(self.pieces),
            "refusal": self.refusal,
            "finish": self.finish,
            "calls": self.calls,
            "unfinished": self._unfinished,
            "error": _error(problem) if problem else None,
        }


def serve(package: str, ask: Callable[[Job, Told], None]) -> None:
    """Answer jobs until stdin ends."""
    _say({"package": package, "version": metadata.version(package)})
    for line in sys.stdin:
        told, problem = Told(), None
        try:
            ask(Job(**json.loads(line)), told)
        except Exception as raised:  # noqa: BLE001 - which one it is, is what is asked
            problem = raised
        _say(told.result(problem))


def _error(problem: Exception) -> dict[str, str]:
    kind = type(problem)
    return {"package": kind.__module__.partition(".")[0], "name": kind.__qualname__, "message": str(problem)}


def _say(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()
