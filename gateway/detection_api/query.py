"""Reading the query of a request against an operation's schemas."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from .faults import Invalid
from .shapes import Issue, Schema, check

MOST_FIELDS = 128
"""Fields of one query."""
_DIGITS = 15


def read_query(raw: bytes, schemas: Mapping[str, Schema]) -> dict[str, Any]:
    """Return the values that `schemas` know: text, whole numbers, or lists of text where one may repeat.

    What nobody asked for is left out. Raises `Invalid` for a value that does not fit.
    """
    if not schemas:
        return {}
    try:
        given = parse_qs(
            raw.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"
        )
    except ValueError:  # a byte that is not ASCII, an escape that is not UTF-8, too many fields
        raise Invalid([Issue("query", ("query",), "The query cannot be read")]) from None
    values = {name: _value(given[name], schema) for name, schema in schemas.items() if name in given}
    issues = [
        issue for name, value in values.items() for issue in check(value, schemas[name], ("query", name))
    ]
    if issues:
        raise Invalid(issues)
    return values


def _value(given: list[str], schema: Schema) -> Any:
    if schema.get("type") == "array":
        return given
    last = given[-1]
    digits = last.removeprefix("-")
    if schema.get("type") == "integer" and digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS:
        return int(last)
    return last
