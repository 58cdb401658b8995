"""The sections of a policy file that say what a tenant adds."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from functools import partial
from typing import Any

from ..errors import BadPolicy
from ..policy import Policy
from ..policy_reading import Changes, Table, attempt, tables, words
from ..regular import NotRegular, parse
from ..types import Direction, Level, Role
from .allowed import Allowed
from .known_values import LONGEST, MOST_SHAPES, KnownValues
from .own_rules import try_examples
from .scanner import FIRST_TAG, CustomScanner

MOST_SCANNERS = 200
MOST_WORDS = 2_000
MOST_ALLOWED = 10_000
MOST_KNOWN = 25_000
LONGEST_WORD = 200
LONGEST_PATTERN = 2_000
LONGEST_DEFINITION = 4_000

_NAME = re.compile(r"[a-z][a-z0-9_]{0,60}")
_TAG = re.compile(r"S[1-9][0-9]{2,5}")
_DIGEST = re.compile(r"[0-9a-f]{32}")
_WAYS = {way: way for way in ("keyword", "regex", "genai")}
_SAYS = {"keyword": "words", "regex": "pattern", "genai": "definition"}
_SCANNER = (
    "name", "tag", "way", "words", "pattern", "max_length", "definition", "exact_case", "level", "score",
    "scan_prompt", "scan_response", "matches", "near_misses",
)  # fmt: skip
_DENY = ("name", "words", "level", "exact_case", "scan_prompt", "scan_response")


def read_scanners(value: Any, policy: Policy, where: str) -> Changes:
    """Add the scanners of a file to those there are, and try their examples. Raises `BadPolicy`."""
    found = {scanner.name: scanner for scanner in policy.scanners}
    for table in tables(value, f"{where}: scanner"):
        _add(found, _scanner(table, _free_tag(found.values())), table)
    return {"scanners": tuple(found.values())}


def read_deny_lists(value: Any, policy: Policy, where: str) -> Changes:
    """Add lists of words that are never let through. Raises `BadPolicy`."""
    found = {scanner.name: scanner for scanner in policy.scanners}
    for table in tables(value, f"{where}: deny"):
        name = read_name(table)
        scanner = CustomScanner(
            name=name,
            tag="",
            category=f"deny.{name}",
            way="keyword",
            level=read_level(table, Level.HIGH),
            words=_words(table),
            exact_case="exact_case" in table and table.flag("exact_case"),
            directions=read_directions(table),
        )
        table.done(_DENY)
        _add(found, scanner, table)
    return {"scanners": tuple(found.values())}


def read_allowed(value: Any, policy: Policy, where: str) -> Changes:
    """Add exceptions. Raises `BadPolicy`."""
    own = tuple(_allowed(table) for table in tables(value, f"{where}: allow"))
    if len(own) + len(policy.allowed) > MOST_ALLOWED:
        raise BadPolicy(f"{where}: allow: more than {MOST_ALLOWED} exceptions")
    return {"allowed": policy.allowed + own}


def read_known_values(value: Any, policy: Policy, where: str) -> Changes:
    """Add lists of known values. Raises `BadPolicy`."""
    found = {values.name: values for values in policy.known_values}
    for table in tables(value, f"{where}: known"):
        values = _known(table)
        found[values.name] = values
    return {"known_values": tuple(found.values())}


def _add(found: dict[str, CustomScanner], scanner: CustomScanner, table: Table) -> None:
    if scanner.way != "genai":
        try_examples(scanner)
    found[scanner.name] = scanner
    if len(found) > MOST_SCANNERS:
        raise BadPolicy(f"{table.where}: more than {MOST_SCANNERS} scanners")


def _scanner(table: Table, free: str) -> CustomScanner:
    way = table.one_of("way", _WAYS)
    for other, key in _SAYS.items():
        if (key in table) is not (other == way):
            fault = f"goes with way = {other!r}" if key in table else f"is what a {way} scanner needs"
            raise table.fail(key, fault)
    tag = free
    if "tag" in table:
        tag = table.text("tag", 7)
        if not _TAG.fullmatch(tag):
            raise table.fail("tag", f"must be S{FIRST_TAG} or more: what is below is taken by built-in ones")
    scanner = CustomScanner(
        name=read_name(table),
        tag=tag,
        category=f"custom.{tag.lower()}",
        way=way,  # type: ignore[arg-type] # one of the words that `_WAYS` holds
        level=read_level(table, Level.MEDIUM),
        words=_words(table) if way == "keyword" else (),
        pattern=table.text("pattern", LONGEST_PATTERN) if way == "regex" else "",
        max_length=int(table.number("max_length", 1, 65_536)) if "max_length" in table else None,
        definition=table.text("definition", LONGEST_DEFINITION) if way == "genai" else "",
        exact_case="exact_case" in table and table.flag("exact_case"),
        directions=read_directions(table),
        score=table.number("score", 0.01, 1) if "score" in table else 0.0,
        matches=table.texts("matches") if "matches" in table else (),
        near_misses=table.texts("near_misses") if "near_misses" in table else (),
    )
    table.done(_SCANNER)
    if way == "genai" and (scanner.matches or scanner.near_misses):
        raise table.fail("matches", "examples are run by rules; a genai scanner has none")
    return scanner


def read_name(table: Table) -> str:
    """Return the name of what a tenant adds. Raises `BadPolicy`."""
    name = table.text("name", 61)
    if not _NAME.fullmatch(name):
        raise table.fail("name", "must be lower-case letters, digits and _, a letter first")
    return name


def _words(table: Table) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(word.strip() for word in table.texts("words")))
    if len(found) > MOST_WORDS or not all(0 < len(word) <= LONGEST_WORD for word in found):
        raise table.fail("words", f"must be at most {MOST_WORDS} words of 1 to {LONGEST_WORD} characters")
    return found


def read_level(table: Table, default: Level) -> Level:
    """Return how grave it is. Raises `BadPolicy`."""
    if "level" not in table:
        return default
    level: Level = table.one_of("level", {name: level for name, level in words(Level).items() if level})
    return level


def read_directions(table: Table) -> tuple[Direction, ...]:
    """Return which way the texts travel that it is about. Raises `BadPolicy`."""
    wanted = [
        direction
        for key, direction in (("scan_prompt", Direction.PROMPT), ("scan_response", Direction.ANSWER))
        if key not in table or table.flag(key)
    ]
    if not wanted:
        raise table.fail("scan_response", "a scanner that looks at neither prompts nor answers finds nothing")
    return tuple(wanted)


def _free_tag(scanners: Iterable[CustomScanner]) -> str:
    taken = {scanner.tag for scanner in scanners}
    return next(tag for tag in map("S{}".format, range(FIRST_TAG, 10**6)) if tag not in taken)


def _allowed(table: Table) -> Allowed:
    digest = table.text("digest", 32)
    if not _DIGEST.fullmatch(digest):
        raise table.fail("digest", "must be the digest of a finding: 32 hexadecimal digits")
    found = Allowed(
        digest,
        rule=table.text("rule", 200) if "rule" in table else "",
        application=table.text("application", 200) if "application" in table else "",
        role=table.one_of("role", words(Role)) if "role" in table else None,
        direction=table.one_of("direction", words(Direction)) if "direction" in table else None,
        until=_until(table) if "until" in table else None,
    )
    table.done(("digest", "rule", "application", "role", "direction", "until"))
    return found


def _until(table: Table) -> float:
    value = table.take("until")
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        raise table.fail("until", "must be a date, like 2027-01-31")
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()


def _known(table: Table) -> KnownValues:
    name = read_name(table)
    shapes, digests = table.texts("shapes"), table.texts("digests")
    if len(shapes) > MOST_SHAPES:
        raise table.fail("shapes", f"at most {MOST_SHAPES}; put values of other forms into another list")
    for shape in shapes:
        if len(shape) > 8 * LONGEST:
            raise table.fail("shapes", "one is too long")
        attempt(table, "shapes", partial(_regular, shape))
    if len(digests) > MOST_KNOWN or not all(_DIGEST.fullmatch(item) for item in digests):
        raise table.fail("digests", f"must be at most {MOST_KNOWN} texts of 32 hexadecimal digits")
    table.done(("name", "shapes", "digests"))
    return KnownValues(name, shapes, tuple(sorted(set(digests))))


def _regular(shape: str) -> None:
    try:
        parse(shape)
    except NotRegular as error:
        raise ValueError(str(error)) from None
