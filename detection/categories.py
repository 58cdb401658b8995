"""Dotted names of what is found: a name covers itself and everything below it."""

from collections.abc import Mapping


def covers(wanted: str, category: str) -> bool:
    """Say whether a name covers a category: ``secret`` covers ``secret.aws_access_key``."""
    return category == wanted or category.startswith(wanted + ".")


def closest[Value](table: Mapping[str, Value], category: str) -> Value | None:
    """Return the value under the longest name that covers a category; under ``""`` stands all else."""
    name = category
    while name:
        if name in table:
            return table[name]
        name = name.rpartition(".")[0]
    return table.get("")
