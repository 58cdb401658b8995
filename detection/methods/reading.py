"""A method as a policy file writes it: ``"drop"``, or ``{ name = "partial", suffix = 4 }``."""

from collections.abc import Mapping
from dataclasses import MISSING, fields

from .base import Method
from .drop import Drop
from .fixed import Fixed
from .hashed import Hashed
from .label import Label
from .partial import Partial
from .placeholder import Placeholder
from .rewrite import Rewrite
from .sealed import Sealed
from .shape import Shape

METHODS: Mapping[str, type[Method]] = {
    kind.name: kind for kind in (Placeholder, Label, Fixed, Hashed, Sealed, Partial, Shape, Rewrite, Drop)
}
"""Every method by its name."""


def read_method(value: object) -> Method:
    """Return a method. Raises `ValueError` that says what is wrong."""
    options = {"name": value} if isinstance(value, str) else value
    if not isinstance(options, dict):
        raise ValueError("must be a name or a table with a name")
    kind = METHODS.get(str(options.get("name")))
    if kind is None:
        raise ValueError(f"name must be one of {', '.join(METHODS)}")
    known = {item.name: item for item in fields(kind)}  # type: ignore[arg-type]  # every method is a dataclass
    given = {key: option for key, option in options.items() if key != "name"}
    for key, option in given.items():
        if key not in known:
            raise ValueError(f"{kind.name} has no option {key}")
        if type(option) is not known[key].type:
            raise ValueError(f"{key} must be {_words(known[key].type)}")
    missing = [key for key, item in known.items() if item.default is MISSING and key not in given]
    if missing:
        raise ValueError(f"{kind.name} needs {', '.join(missing)}")
    return kind(**given)


def _words(kind: object) -> str:
    return "a whole number" if kind is int else "a text"
