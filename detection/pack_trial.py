"""Trying a pack that did not come with the product: what tests do for the shipped ones."""

from collections.abc import Iterable

from .encoded import Encoded
from .errors import BadRule
from .patterns import Pattern
from .rules import Rule, check


def try_rules(rules: Iterable[Rule]) -> None:
    """Compile each rule and run its examples. Raises `BadRule` naming the rule and what is wrong."""
    for rule in rules:
        check(rule)
        pattern = Pattern(rule)
        for number, text in enumerate(rule.examples, 1):
            if len(text) + 1 not in _ends(pattern, text):
                raise BadRule(f"rule {rule.id}: example {number} does not end with a match")
        for number, text in enumerate(rule.near_misses, 1):
            if _ends(pattern, text):
                raise BadRule(f"rule {rule.id}: near miss {number} is found")


def _ends(pattern: Pattern, text: str) -> list[int]:
    return [match.end for match in pattern.find(Encoded(f"\n{text}"), 1)]
