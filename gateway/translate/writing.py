"""What the writers of requests share."""

from collections.abc import Mapping
from typing import Any

from .middle import Asked, Option, Text, Turn
from .refusals import untranslatable


def options_as(asked: Asked, names: Mapping[str, str], beside: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the options under an upstream's names; `beside` are written elsewhere. Raises `BadInput`."""
    written: dict[str, Any] = {}
    for name, option in asked.options.items():
        if name in names:
            written[names[name]] = option.value
        elif name not in beside:
            raise untranslatable(option.where)
    return written


def option(asked: Asked, name: str) -> Option | None:
    """Return one wish."""
    return asked.options.get(name)


def between(asked: Asked, name: str, most: float) -> None:
    """Raise `BadInput` for a number above what the upstream's format knows."""
    found = asked.options.get(name)
    if found is not None and found.value > most:
        raise untranslatable(found.where, f"there it is {most:g} at most")


def no_system(turns: tuple[Turn, ...]) -> None:
    """Raise `BadInput` for a system's text that does not stand at the beginning."""
    for turn in turns:
        if turn.role == "system":
            raise untranslatable(turn.where, "a system message must stand at the beginning")


def no_strict(asked: Asked) -> None:
    """Raise `BadInput` for a tool whose schema must be kept to the letter."""
    for tool in asked.tools:
        if tool.strict:
            raise untranslatable(f"{tool.where}.strict")


def texts_of(parts: tuple[Any, ...]) -> str:
    """Return parts that must be texts as one text. Raises `BadInput`."""
    for part in parts:
        if not isinstance(part, Text):
            raise untranslatable(part.where)
    return "\n".join(part.text for part in parts)
