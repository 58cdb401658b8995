"""Values with one place changed; what is around it is copied, never changed."""

from collections.abc import Sequence
from typing import Any


def grown(tree: Any, steps: Sequence[str], value: Any) -> Any:
    """Return a tree with `value` at the end of some steps; what is missing on the way is made."""
    if not steps:
        return value
    first, rest = steps[0], steps[1:]
    if isinstance(tree, list) and first.isdecimal() and int(first) < len(tree):
        at = int(first)
        return [*tree[:at], grown(tree[at], rest, value), *tree[at + 1 :]]
    if tree is None and first == "0":
        return [grown(None, rest, value)]
    kept = tree if isinstance(tree, dict) else {}
    return {**kept, first: grown(kept.get(first), rest, value)}
