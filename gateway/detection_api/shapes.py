"""Checks a JSON document against a schema and says what is wrong as FastAPI would.

The schemas are a subset of JSON Schema (draft 2020-12), written by us: the OpenAPI document shows the
same ones, so what it promises is what is checked. The words of an issue are those of pydantic 2, for
clients show them; the value itself is never repeated.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

type Schema = Mapping[str, Any]
type Where = tuple[str | int, ...]

MOST_ISSUES = 20
"""Issues that one answer lists."""
LONGEST_NAME = 64
"""Characters that an issue repeats of a name nobody knows."""


class Issue(NamedTuple):
    """One fault: pydantic's name for it, the way to it, and what was expected."""

    kind: str
    where: Where
    text: str


_NAMES: Mapping[str, tuple[str, str]] = {
    "string": ("string_type", "Input should be a valid string"),
    "integer": ("int_type", "Input should be a valid integer"),
    "number": ("float_type", "Input should be a valid number"),
    "boolean": ("bool_type", "Input should be a valid boolean"),
    "array": ("list_type", "Input should be a valid list"),
    "object": ("dict_type", "Input should be a valid dictionary"),
    "null": ("none_required", "Input should be None"),
}


def check(value: Any, schema: Schema, where: Where = ("body",)) -> list[Issue]:
    """Return what is wrong with a value, the first `MOST_ISSUES` things; nothing when it fits."""
    return list(islice(_issues(value, schema, where), MOST_ISSUES))


def missing(where: Where) -> Issue:
    """The issue of something that is not there."""
    return Issue("missing", where, "Field required")


def _issues(value: Any, schema: Schema, where: Where) -> Iterator[Issue]:
    choices = schema.get("anyOf")
    if choices is not None:
        yield from _of_any(value, choices, where)
        return
    if "enum" in schema and value not in schema["enum"]:
        yield Issue("literal_error", where, f"Input should be {_either(schema['enum'])}")
        return
    kind = schema.get("type")
    if kind is None:
        return
    if not _is(value, kind):
        yield Issue(_NAMES[kind][0], where, _NAMES[kind][1])
    elif kind in _FURTHER:
        yield from _FURTHER[kind](value, schema, where)


def _of_any(value: Any, choices: list[Schema], where: Where) -> Iterator[Issue]:
    """A value of several kinds is held to the schema of its own."""
    fitting = [choice for choice in choices if "type" not in choice or _is(value, choice["type"])]
    found = [check(value, choice, where) for choice in fitting or choices]
    if all(found):
        yield from found[0]


def _is(value: Any, kind: str) -> bool:
    if kind == "null":
        return value is None
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return not isinstance(value, bool) and (
            isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        )
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, {"string": str, "array": list, "object": dict}[kind])


def _string(value: str, schema: Schema, where: Where) -> Iterator[Issue]:
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    if len(value) < least:
        text = f"String should have at least {least} character{'s' if least > 1 else ''}"
        yield Issue("string_too_short", where, text)
    elif most is not None and len(value) > most:
        yield Issue("string_too_long", where, f"String should have at most {most} characters")
    elif "pattern" in schema and not _compiled(schema["pattern"]).search(value):
        text = f"String should match pattern '{schema['pattern']}'"
        yield Issue("string_pattern_mismatch", where, text)


def _number(value: float, schema: Schema, where: Where) -> Iterator[Issue]:
    if "minimum" in schema and value < schema["minimum"]:
        text = f"Input should be greater than or equal to {schema['minimum']}"
        yield Issue("greater_than_equal", where, text)
    if "maximum" in schema and value > schema["maximum"]:
        yield Issue("less_than_equal", where, f"Input should be less than or equal to {schema['maximum']}")


def _array(value: list[Any], schema: Schema, where: Where) -> Iterator[Issue]:
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    if len(value) < least:
        items = f"{least} item{'s' if least > 1 else ''}"
        text = f"List should have at least {items} after validation, not {len(value)}"
        yield Issue("too_short", where, text)
    elif most is not None and len(value) > most:
        text = f"List should have at most {most} items after validation, not {len(value)}"
        yield Issue("too_long", where, text)
    elif "items" in schema:
        for index, item in enumerate(value):
            yield from _issues(item, schema["items"], (*where, index))


def _object(value: dict[str, Any], schema: Schema, where: Where) -> Iterator[Issue]:
    properties: Mapping[str, Schema] = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield missing((*where, name))
    others = schema.get("additionalProperties", True)
    if len(value) > schema.get("maxProperties", len(value)):
        yield Issue("too_long", where, f"Dictionary should have at most {schema['maxProperties']} items")
        return
    for name, item in value.items():
        if name in properties:
            yield from _issues(item, properties[name], (*where, name))
        elif others is False:
            yield Issue("extra_forbidden", (*where, name[:LONGEST_NAME]), "Extra inputs are not permitted")
        elif isinstance(others, Mapping):
            yield from _issues(item, others, (*where, name))


def _either(values: list[Any]) -> str:
    *others, last = [repr(value) for value in values]
    return f"{', '.join(others)} or {last}" if others else last


_FURTHER: Mapping[str, Callable[[Any, Schema, Where], Iterator[Issue]]] = {
    "string": _string,
    "integer": _number,
    "number": _number,
    "array": _array,
    "object": _object,
}


@lru_cache(256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
