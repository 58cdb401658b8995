"""Logs: one JSON object a line for machines, one short line for a person at a terminal.

Everything, the libraries' own logging included, leaves through one handler on stderr, and what
leaves has been through `redaction`. Of an exception the type and the places are logged; its
message only where the house or the operating system wrote it, for others may quote a prompt.
"""

import json
import logging
import os
import sys
import traceback
from datetime import UTC, datetime
from typing import TextIO

import orjson

from ..detection.errors import SluicegateError
from .redaction import redact_fields, redact_text

SERVICE = "sluicegate"

_process = ""
"""What this process is called in its lines; empty where there is only one."""

_COLOURS = {"DEBUG": "2", "WARNING": "33", "ERROR": "31", "CRITICAL": "31;1"}
_FRAMES = 20


def log_event(logger: logging.Logger, level: int, event: str, **fields: object) -> None:
    """Log a named event with fields. Fields never hold prompt text or credentials."""
    # Not `logger.log`: who called is in no line, and to find out costs as much as the rest.
    if logger.isEnabledFor(level):
        logger.handle(logger.makeRecord(logger.name, level, "", 0, event, (), None, extra={"fields": fields}))


def name_process(name: str) -> None:
    """Say in every line from now on which process of the appliance it is from."""
    global _process  # noqa: PLW0603 - as all of logging, it belongs to the process
    _process = name


def configure(level: str, style: str, stream: TextIO | None = None) -> None:
    """Send all logging to `stream` (stderr). `style` is ``json``, ``line`` or ``auto``."""
    stream = stream or sys.stderr
    terminal = stream.isatty()
    line = style == "line" or (style == "auto" and terminal)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LineFormatter(colour=terminal) if line else JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Libraries that tell of every request or statement would tell of its content, too.
    for noisy in ("httpx", "httpcore", "sqlalchemy", "aiosqlite", "asyncio", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = name != "uvicorn.access"
        logger.setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    # What no line tells need not be found out for each.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


class JsonFormatter(logging.Formatter):
    """One JSON object a record: timestamp, level, service, event and the event's fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without its end."""
        fields = _fields(record)
        head = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": fields.pop("service", SERVICE),
            "event": redact_text(record.getMessage()),
            "logger": record.name,
        }
        if _process:
            head |= {"process": _process, "pid": os.getpid()}
        return _json(fields | head)


class LineFormatter(logging.Formatter):
    """One short line a record."""

    def __init__(self, *, colour: bool) -> None:
        super().__init__()
        self._colour = colour

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without its end; control characters are spelt out."""
        time = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        fields = " ".join(f"{name}={value}" for name, value in _fields(record).items() if value is not None)
        process = f"{_process}[{os.getpid()}] " if _process else ""
        said = f"{process}{redact_text(record.getMessage())}"
        text = _printable(f"{time} {record.levelname.lower():7} {said} {fields}".rstrip())
        code = _COLOURS.get(record.levelname) if self._colour else None
        return f"\x1b[{code}m{text}\x1b[0m" if code else text


def _json(line: dict[str, object]) -> str:
    """Return JSON that is one line for everybody: there are more line breaks than JSON escapes."""
    try:
        told = orjson.dumps(line)
    except orjson.JSONEncodeError:
        return json.dumps(line)
    return told.decode() if told.isascii() else json.dumps(line)


def _fields(record: logging.LogRecord) -> dict[str, object]:
    fields = redact_fields(getattr(record, "fields", {}))
    if record.exc_info and record.exc_info[1]:
        fields |= {"exception": _describe(record.exc_info[1]), "frames": _frames(record.exc_info[1])}
    return fields


def _describe(error: BaseException) -> str:
    """Name the error and, where its words are known to be harmless, say them."""
    name = type(error).__name__
    if isinstance(error, SluicegateError):
        return redact_text(f"{name}: {error}")
    if isinstance(error, OSError) and error.strerror:
        return redact_text(f"{name}: {error.strerror}")
    return name


def _frames(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
