"""The text of one field of each of many JSON lines."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from ..errors import SettingError
from ..numbered_lines import numbered_lines


class BadLine(SettingError):
    """A line that holds no such text: names file, line and fault, never what stands in it."""


def texts(
    stream: io.BufferedIOBase, name: str, field: str, report: Callable[[int], None]
) -> Iterator[tuple[int, str]]:
    """Read the texts of a field with the numbers of their lines.

    Args:
        stream: JSON lines; empty ones are passed over.
        name: what the input is called, for errors.
        field: the field; points step into objects and, with a number, into lists.
        report: told how many bytes were read.

    Raises:
        BadLine: a line is no JSON object, or has no such text.
        SettingError: a line is too long, or reading fails.
    """
    path, done = field.split("."), 0
    for number, line in numbered_lines(stream, name):
        done += len(line)
        yield number, _text(line, path, f"{name}:{number}", field)
        report(done)


def _text(line: bytes, path: list[str], place: str, field: str) -> str:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise BadLine(f"{place}: not JSON") from None
    for step in path:
        value = _inside(value, step)
    if not isinstance(value, str):
        raise BadLine(f"{place}: {field}: expected a string")
    return value


def _inside(value: Any, step: str) -> Any:
    if isinstance(value, dict):
        return value.get(step)
    if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
        return value[int(step)]
    return None
