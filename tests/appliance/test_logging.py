"""What leaves through the log: one line a record, JSON for machines, nothing secret in it."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from sluicegate.appliance.logging import configure, log_event
from sluicegate.detection.errors import SluicegateError

KEY = "sk-xxai-" + "k" * 43
PROMPT = "my grandmother's maiden name is Zebrowski"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _untouched() -> Iterator[None]:
    names = ("", "uvicorn", "uvicorn.error", "uvicorn.access", "httpx", "httpcore", "sqlalchemy", "aiosqlite")
    loggers = [logging.getLogger(name) for name in names]
    before = [(logger.handlers[:], logger.level, logger.propagate) for logger in loggers]
    yield
    logging.captureWarnings(capture=False)
    for logger, (handlers, level, propagate) in zip(loggers, before, strict=True):
        logger.handlers[:], logger.propagate = handlers, propagate
        logger.setLevel(level)


def _lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_json_line_has_the_agreed_fields() -> None:
    stream = io.StringIO()
    configure("info", "auto", stream)
    log_event(logging.getLogger("sluicegate.x"), logging.INFO, "exchange", duration_ms=1.5, tenant_id="t")
    (line,) = _lines(stream)
    assert {name: line[name] for name in ("level", "service", "event", "duration_ms", "tenant_id")} == {
        "level": "info", "service": "sluicegate", "event": "exchange", "duration_ms": 1.5, "tenant_id": "t",
    }  # fmt: skip
    assert line["timestamp"].endswith("+00:00")


def test_a_field_cannot_take_the_place_of_the_event() -> None:
    stream = io.StringIO()
    configure("info", "json", stream)
    logging.getLogger("x").info("real", extra={"fields": {"event": "forged", "level": "forged"}})
    assert (_lines(stream)[0]["event"], _lines(stream)[0]["level"]) == ("real", "info")


@pytest.mark.parametrize("style", ["json", "line"])
def test_a_record_is_one_line_whatever_it_holds(style: str) -> None:
    stream = io.StringIO()
    configure("info", style, stream)
    log_event(logging.getLogger("x"), logging.INFO, "a\nb", value="c\r\n\x1b[31md", other="\u2028")
    assert len(stream.getvalue().splitlines()) == 1
    assert "\x1b" not in stream.getvalue()


@pytest.mark.parametrize("style", ["json", "line"])
def test_no_key_and_no_prompt_of_an_exception_is_logged(style: str) -> None:
    stream = io.StringIO()
    configure("info", style, stream)
    logger = logging.getLogger("uvicorn.error")
    try:
        int(PROMPT)
    except ValueError as error:
        logger.exception("Exception in ASGI application\n")
        logger.critical("wrapped %s", KEY, exc_info=SluicegateError(f"{KEY} was refused"))
        logger.critical("shown %s", KEY, exc_info=RuntimeError(repr(error)))
    assert "Zebrowski" not in stream.getvalue()
    assert KEY not in stream.getvalue()
    assert "ValueError" in stream.getvalue()
    assert "was refused" in stream.getvalue()
    assert "test_logging.py" in stream.getvalue()


def test_an_error_of_the_operating_system_keeps_its_words() -> None:
    stream = io.StringIO()
    configure("info", "json", stream)
    logging.getLogger("x").error("no", exc_info=ConnectionRefusedError(111, "Connection refused"))
    assert _lines(stream)[0]["exception"] == "ConnectionRefusedError: Connection refused"


def test_a_terminal_gets_lines_and_colour() -> None:
    stream = Terminal()
    configure("info", "auto", stream)
    log_event(logging.getLogger("x"), logging.WARNING, "careful", code=7, nothing=None)
    assert stream.getvalue().startswith("\x1b[33m")
    assert "warning careful code=7\x1b[0m" in stream.getvalue().replace("warning ", "warning ")


def test_libraries_that_tell_of_each_request_are_kept_quiet() -> None:
    stream = io.StringIO()
    configure("debug", "json", stream)
    for name in ("httpx", "httpcore.http11", "sqlalchemy.engine", "uvicorn.access", "uvicorn.error"):
        logging.getLogger(name).info("GET https://host/path?secret")
    logging.getLogger("uvicorn.access").error("line of a request")
    assert stream.getvalue() == ""
