"""The words that the schemas of the service are written in."""

from typing import Any

from .shapes import Schema

LONGEST_TEXT = 1_000_000
"""Characters of one text, as the clients of these APIs know it."""

ANYTHING: Schema = {}
STRING: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
INTEGER: Schema = {"type": "integer"}
BOOLEAN: Schema = {"type": "boolean"}
OBJECT: Schema = {"type": "object"}
NULL: Schema = {"type": "null"}
STRINGS: Schema = {"type": "array", "items": STRING}

TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT, "pattern": r"[^ \t\r\n]"}
"""Something to judge: not empty, not blank."""
ANY_TEXT: Schema = {"type": "string", "maxLength": LONGEST_TEXT}
NAME: Schema = {"type": "string", "maxLength": 512}


def obj(required: dict[str, Schema], optional: dict[str, Schema] | None = None, **more: Any) -> Schema:
    """Return the schema of an object with these members, and others where `more` does not forbid them."""
    properties = {**required, **(optional or {})}
    return {"type": "object", "properties": properties, "required": list(required), **more}


def array(items: Schema, least: int = 0, most: int | None = None) -> Schema:
    """Return the schema of an array of `items`."""
    schema: dict[str, Any] = {"type": "array", "items": items}
    if least:
        schema["minItems"] = least
    if most is not None:
        schema["maxItems"] = most
    return schema


def enum(*values: str) -> Schema:
    """Return the schema of one of several words."""
    return {"type": "string", "enum": list(values)}


def any_of(*schemas: Schema) -> Schema:
    """Return the schema of a value that fits one of several."""
    return {"anyOf": list(schemas)}


def or_null(schema: Schema) -> Schema:
    """Return the schema of a value or null."""
    return any_of(schema, NULL)
