"""A tenant's scanners as rules: judged, masked and streamed like any other."""

import re
from collections.abc import Collection, Iterable, Iterator
from functools import partial

import re2

from .. import closure
from ..encoded import Encoded
from ..errors import BadPolicy
from ..patterns import Pattern
from ..regular import Node, NotRegular, Repeat, Sequence, parse, width
from ..rules import LONG, LONGEST_ANCHOR, Rule
from ..types import Level
from .known_values import KnownValues, known_digest
from .scanner import CustomScanner

_WORD = "A-Za-z0-9_"
_SOURCE = "the tenant's own"
_LABEL = "Custom"
_GROUP = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?!\?)", re.DOTALL)
"""Finds groups that capture, which rules have no use for; escapes and classes are passed over."""


def own_patterns(
    scanners: Iterable[CustomScanner], known: Iterable[KnownValues], key: bytes
) -> Iterator[Pattern]:
    """Yield the rules that a policy adds, ready to run.

    Args:
        scanners: the policy's; those for a model are left out.
        known: the policy's lists of values.
        key: 32 secret bytes of the tenant, see `known_digest`.

    Raises:
        BadPolicy: an expression is at fault.
    """
    for scanner in scanners:
        if scanner.way != "genai":
            yield from map(Pattern, rules_of(scanner))
    for values in known:
        digests = frozenset(values.digests)
        for number, shape in enumerate(values.shapes, 1):
            yield Pattern(_rule_of_shape(values, shape, number), partial(_is_known, key, digests))


def rules_of(scanner: CustomScanner) -> list[Rule]:
    """Return a scanner of words or of an expression as rules. Raises `BadPolicy` that says what is wrong."""
    try:
        if scanner.way == "keyword":
            return [
                _made(scanner, "|".join(map(re.escape, words)), *ends)
                for ends, words in _by_ends(scanner.words)
            ]
        return [_made(scanner, _GROUP.sub(_uncaptured, scanner.pattern))]
    except (ValueError, re2.error) as error:
        raise BadPolicy(f"scanner {scanner.name}: {error}") from None


def try_examples(scanner: CustomScanner) -> None:
    """Run a scanner over its own examples. Raises `BadPolicy` naming the first that is not as it should."""
    patterns = [*map(Pattern, rules_of(scanner))]
    for kind, texts, wanted in (
        ("matches", scanner.matches, True),
        ("near_misses", scanner.near_misses, False),
    ):
        for number, text in enumerate(texts, 1):
            if any(any(pattern.find(Encoded(f"\n{text}"), 1)) for pattern in patterns) is not wanted:
                fault = "is not found" if wanted else "is found"
                raise BadPolicy(f"scanner {scanner.name}: {kind} {number} {fault}")


def _is_known(key: bytes, digests: Collection[str], value: str) -> bool:
    return known_digest(key, value) in digests


def _by_ends(words: Iterable[str]) -> Iterator[tuple[tuple[str, str], list[str]]]:
    """Group words by whether they begin and end with letters that must not go on beside them."""
    groups: dict[tuple[str, str], list[str]] = {}
    for word in words:
        groups.setdefault((_neighbours(word[0]), _neighbours(word[-1])), []).append(word)
    yield from groups.items()


def _neighbours(character: str) -> str:
    return _WORD if character.isascii() and (character.isalnum() or character == "_") else ""


def _uncaptured(found: re.Match[str]) -> str:
    return "(?:" if found[0] == "(" else found[0]


def _made(scanner: CustomScanner, pattern: str, before: str = "", after: str = "") -> Rule:
    node = _parsed(pattern)
    least, most = width(node)
    if not least:
        raise ValueError("the pattern matches the empty text")
    if most is None and (scanner.max_length or 0) < LONG:
        raise ValueError(
            "the pattern has no longest match, so a streamed answer could be held back for ever: "
            f"bound its repeats, as in [a-z]{{1,40}}, or give max_length, at least {LONG}"
        )
    rule = Rule(
        id=scanner.name,
        category=scanner.category,
        level=scanner.level,
        pattern=pattern,
        anchor=closure.forward(beginning(node)),
        before=before,
        after=after,
        max_length=most or scanner.max_length or LONG,
        caseless=not scanner.exact_case,
        directions=scanner.directions,
        label=_LABEL,
        score=scanner.score,
        source=_SOURCE,
        examples=(),
        near_misses=(),
    )
    Pattern(rule).compile()
    return rule


def _parsed(pattern: str) -> Node:
    try:
        return parse(pattern)
    except NotRegular as error:
        raise ValueError(f"the pattern cannot run in linear time: {error}") from None


def beginning(node: Node) -> Node:
    """Return an expression of at most `LONGEST_ANCHOR` characters that every match begins with.

    Raises:
        ValueError: there is none.
    """
    parts: list[Node] = []
    for part in node.parts if isinstance(node, Sequence) else (node,):
        whole = Sequence((*parts, part))
        most = width(whole)[1]
        if most is not None and most <= LONGEST_ANCHOR:
            parts.append(part)
            continue
        # what follows a part of no fixed length does not follow its shortest form
        if isinstance(part, Repeat) and part.least:
            parts.append(_fewest(part, LONGEST_ANCHOR - (width(Sequence(tuple(parts)))[1] or 0)))
        break
    found = Sequence(tuple(parts))
    least, most = width(found)
    if not least or most is None:
        raise ValueError(
            "the pattern begins with nothing of a fixed length: begin it with what is always there"
        )
    return found


def _fewest(part: Repeat, room: int) -> Node:
    """Return as many copies as a repeat has at least, within so many characters."""
    one = width(part.body)[1]
    copies = part.least if not one else min(part.least, room // one)
    return Repeat(part.body, copies, copies)


def _rule_of_shape(values: KnownValues, shape: str, number: int) -> Rule:
    return Rule(
        id=f"{values.name}_{number}",
        category=f"custom.known.{values.name}",
        level=Level.HIGH,
        pattern=shape,
        anchor=closure.forward(beginning(parse(shape))),
        before=_WORD,
        after=_WORD,
        max_length=width(parse(shape))[1] or LONG,
        label=values.label,
        source=_SOURCE,
        examples=(),
        near_misses=(),
    )
