"""JSON pointers (RFC 6901) that can step into JSON documents held in strings.

``/a/b`` is the usual pointer. ``/a/b#/c`` is member ``c`` of the JSON document that the string at
``/a/b`` holds; each ``#`` is one level of escaping. A literal ``#`` in a key is written ``~2``.
"""

import re

LONGEST = 300
"""Characters of a recorded pointer."""

_STEP = r"(?:[A-Za-z][A-Za-z_]{0,31}#?|\d{1,6}#?|#|-|)"
_FIELD = re.compile(_STEP)
_FIELDS = re.compile(rf"{_STEP}(?:/{_STEP})*+")


def step(parent: str, key: str | int) -> str:
    """Return the pointer of a member or element of `parent`."""
    if isinstance(key, int):
        return f"{parent}/{key}"
    if "~" in key or "/" in key or "#" in key:
        key = key.replace("~", "~0").replace("/", "~1").replace("#", "~2")
    return f"{parent}/{key}"


def split(pointer: str) -> tuple[str, ...]:
    """Split one level of a pointer into its unescaped tokens. ``""`` gives ``()``."""
    if not pointer:
        return ()
    if "~" not in pointer:
        return tuple(pointer[1:].split("/"))
    return tuple(
        token.replace("~2", "#").replace("~1", "/").replace("~0", "~") for token in pointer[1:].split("/")
    )


def levels(pointer: str) -> tuple[str, ...]:
    """Split a pointer at its ``#`` steps, outermost document first."""
    return tuple(pointer.split("#"))


def public(pointer: str) -> str:
    """Return a pointer that may be recorded: steps that look like no field's name become ``*``.

    A client chooses object keys and can put anything there, a secret too. Names of fields stay,
    because they explain a decision.
    """
    if len(pointer) <= LONGEST and _FIELDS.fullmatch(pointer):
        return pointer
    steps = [step if _FIELD.fullmatch(step) else "*" for step in pointer.split("/")]
    return "/".join(steps)[:LONGEST]
