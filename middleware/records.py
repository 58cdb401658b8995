"""Where an app's records of exchanges go: a function, a file, spans, or a sink of its own."""

import asyncio
import inspect
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import orjson

from ..detection.ports import AuditSink
from ..detection.types import AuditEntry, Verdict
from .faults import describe
from .journal import is_ends_only

type OnVerdict = Callable[[AuditEntry], Awaitable[object] | object]
"""Is told the record of every exchange that ended; a coroutine function, too."""
type Audit = AuditSink | Callable[[AuditEntry], object] | Path | None
"""A sink; a function that is given each record; a file to which each is added as a line of JSON."""

_log = logging.getLogger(__name__)
_NANO = 1_000_000_000


class Nowhere:
    """Keeps no record. Implements `detection.ports.AuditSink`."""

    ends_only = True

    def opened(self, entry: AuditEntry) -> None:
        """Forget it."""

    def closed(self, entry: AuditEntry) -> None:
        """Forget it."""


class ToFunction:
    """Gives every end to a function. Implements `detection.ports.AuditSink`."""

    ends_only = True

    def __init__(self, function: Callable[[AuditEntry], object]) -> None:
        self._function = function

    def opened(self, entry: AuditEntry) -> None:
        """Wait for the end."""

    def closed(self, entry: AuditEntry) -> None:
        """Give the record away. Raises what the function raises."""
        self._function(entry)


class ToFile:
    """Adds every end to a file, a line of JSON each. Implements `detection.ports.AuditSink`.

    The file is made for its owner alone. Several processes may share it: a line is one write.
    """

    ends_only = True

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def opened(self, entry: AuditEntry) -> None:
        """Wait for the end."""

    def closed(self, entry: AuditEntry) -> None:
        """Write the record. Raises `OSError` when the disk does not take it."""
        os.write(self._file, orjson.dumps(told(entry), option=orjson.OPT_APPEND_NEWLINE))


class Tracer(Protocol):
    """What makes spans: an OpenTelemetry tracer."""

    def start_span(self, name: str, *, attributes: Mapping[str, Any], start_time: int) -> Any:
        """Begin a span at a moment in nanoseconds since the epoch; it has ``end()``."""
        ...


class ToSpans:
    """Makes a span of every exchange, named ``sluicegate.exchange``. Implements `detection.ports.AuditSink`.

    Its attributes are names and numbers; no text of an exchange is among them.
    """

    ends_only = True

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def opened(self, entry: AuditEntry) -> None:
        """Wait for the end."""

    def closed(self, entry: AuditEntry) -> None:
        """Make the span."""
        core = entry.core
        attributes = {
            "sluicegate.exchange": entry.exchange_id,
            "sluicegate.action": core.action.label,
            "sluicegate.outcome": entry.outcome,
            "sluicegate.policy": core.policy,
            "sluicegate.guard_seconds": entry.guard_seconds,
            "http.request.method": entry.method,
            "http.response.status_code": entry.status,
            "http.route": entry.path,
            "gen_ai.request.model": core.model,
        }
        span = self._tracer.start_span(
            "sluicegate.exchange", attributes=attributes, start_time=int(entry.started * _NANO)
        )
        span.end()


class Telling:
    """Tells a function of every end, behind another sink. Implements `detection.ports.AuditSink`.

    A function that raises changes nothing for the exchange; that is logged, without its message.
    """

    def __init__(self, sink: AuditSink, on_verdict: OnVerdict) -> None:
        self._sink = sink
        self._on_verdict = on_verdict
        self._telling: set[asyncio.Task[object]] = set()
        self.opened = sink.opened
        self.ends_only = is_ends_only(sink)

    def closed(self, entry: AuditEntry) -> None:
        """Record an end, then tell of it."""
        self._sink.closed(entry)
        try:
            said = self._on_verdict(entry)
        except Exception as fault:  # noqa: BLE001 - who is told may not break the exchange it is told of
            _log.error("on_verdict failed: %s", describe(fault))
            return
        if inspect.isawaitable(said):
            task = asyncio.ensure_future(_awaited(said))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)


class Both:
    """Gives every record to two sinks. Implements `detection.ports.AuditSink`."""

    def __init__(self, first: AuditSink, second: AuditSink) -> None:
        self._sinks = first, second
        self.ends_only = is_ends_only(first) and is_ends_only(second)

    def opened(self, entry: AuditEntry) -> None:
        """Record a beginning."""
        for sink in self._sinks:
            sink.opened(entry)

    def closed(self, entry: AuditEntry) -> None:
        """Record an end."""
        for sink in self._sinks:
            sink.closed(entry)


def sink_of(audit: Audit, on_verdict: OnVerdict | None, beside: AuditSink | None = None) -> AuditSink:
    """Return the sink that is meant, with one `beside` it. Raises `OSError` for a file that does not open."""
    sink: AuditSink
    if audit is None:
        sink = Nowhere() if beside is None else beside
    elif isinstance(audit, Path):
        sink = ToFile(audit)
    elif callable(audit):
        sink = ToFunction(audit)
    else:
        sink = audit
    if beside is not None and sink is not beside:
        sink = Both(beside, sink)
    return sink if on_verdict is None else Telling(sink, on_verdict)


def told(entry: AuditEntry) -> dict[str, Any]:
    """Return a record as a JSON object: names, numbers and places, no text."""
    core = entry.core
    return {
        "exchange": entry.exchange_id,
        "started": entry.started,
        "application": entry.principal.application,
        "key": entry.principal.key_id,
        "face": entry.face,
        "method": entry.method,
        "route": entry.path,
        "client": entry.client,
        "status": entry.status,
        "outcome": entry.outcome,
        "streamed": entry.streamed,
        "guard_seconds": round(entry.guard_seconds, 6),
        "upstream_seconds": round(entry.upstream_seconds, 6),
        "dialect": core.dialect,
        "model": core.model,
        "policy": core.policy,
        "action": core.action.label,
        "prompt": _verdict(core.prompt),
        "answer": None if core.answer is None else _verdict(core.answer),
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    found = [
        {
            "category": item.finding.category,
            "rule": item.finding.rule,
            "level": item.finding.level.label,
            "pointer": item.finding.pointer,
            "span": list(item.finding.span),
            "action": item.action.label,
        }
        for item in verdict.decided
    ]
    unjudged = [{"pointer": item.pointer, "reason": item.reason} for item in verdict.receipt.unjudged]
    return {"action": verdict.action.label, "findings": found, "unjudged": unjudged}


async def _awaited(said: Awaitable[object]) -> object:
    try:
        return await said
    except Exception as fault:  # noqa: BLE001 - as in `Telling.closed`
        _log.error("on_verdict failed: %s", describe(fault))
        return None
