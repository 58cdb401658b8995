"""Rules: what is looked for, as data, and how a pack of them is read.

A pack is a TOML file: an optional ``[defaults]`` table and ``[[rule]]`` tables whose keys are the
fields of `Rule`; a long expression may be a list of pieces that are joined, and a piece ``@name``
stands for what an optional ``[pieces]`` table has under that name. With an optional `joints` these
characters may stand wherever an expression has white space, so that words are read that were glued
together with them. Loading refuses
whatever could fail or mislead later; compiling, which takes longer, is `check`, for tests and for
the author of a pack.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

import hyperscan
import re2

from .errors import BadRule
from .regular import Chars, Node, NotRegular, parse, width
from .scanners import VALIDATORS
from .types import Direction, Kind, Level

PACKS = (
    "secrets",
    "secrets_commands",
    "secrets_clouds",
    "secrets_models",
    "secrets_code",
    "secrets_messages",
    "secrets_payments",
    "secrets_operations",
    "pii_contact",
    "pii_payment",
    "pii_devices",
    "pii_documents",
    "pii_america",
    "pii_europe",
    "pii_asia",
    "prompt_attacks",
    "prompt_attacks_direct",
    "prompt_attacks_indirect",
    "prompt_attacks_languages",
    "prompt_attacks_agents",
    "exfiltration",
    "code",
)
"""Names of the built-in packs, in the order their rules are loaded."""
LONG = 1024
"""A pattern may be unbounded when its `max_length` is at least this."""
LONGEST_LEAD = 64
LONGEST_ANCHOR = 256
FAMILIES = ("secret", "pii", "prompt_attack", "exfiltration", "code", "leak", "custom", "deny", "harmful")
"""First parts of categories, in the order of their packs; the last four come without a built-in pack."""
SCORES: Mapping[Level, float] = {Level.HIGH: 0.95, Level.MEDIUM: 0.75, Level.LOW: 0.5, Level.NONE: 0.0}
"""Confidence of a rule that states none, by its level."""

_SPACE = re.compile(r"(\[(?:[^\]\\]|\\.)*\]|\\[^s])|\\s")
"""White space outside of a class, or what is none."""
_JOINTS = re.compile(r"\.?_?/?\+?~?\*?-?")
_CATEGORY = re.compile(r"[a-z]+(?:_[a-z]+)*(?:\.[a-z0-9_]+)+")
_ID = re.compile(r"[a-z][a-z0-9_]{2,60}")
_LABEL = re.compile(r"[A-Z][A-Za-z]{1,11}")
_LABELLED = ("secret", "pii", "exfiltration")
_NEVER_LABELLED = ("prompt_attack",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing to look for.

    `pattern` is matched leftmost-longest and is what is reported and masked. `lead` must stand
    directly before it and is neither. `before` and `after` are insides of character classes that
    must not touch the match; a rule with a lead has no `before`. One of the `context` words must
    stand, in any case, in the 64 characters before the match. `anchor` is a cheap expression that
    occurs in every match, the character behind it included; a rule with a lead or context is found
    by those and needs none. A lead may have one, which occurs in every lead: a word that is rare by itself
    is cheaper to look for than what may follow it. `kinds` are the kinds of text it speaks about, all
    unless given.
    `score` is how often such a match is what the rule looks for, above 0 and at most 1.
    `max_length` counts characters: the true bound of the pattern, or the cap of an unbounded one.
    `validator` names an entry of `scanners.VALIDATORS` that judges the matched text. An example
    ends with its match; a near miss holds none. A rule about prompts looks at foreign texts of answers,
    too, see `lots`.
    """

    id: str
    category: str
    level: Level
    pattern: str
    anchor: str = ""
    before: str = ""
    after: str = ""
    lead: str = ""
    max_length: int
    caseless: bool = False
    validator: str = ""
    context: tuple[str, ...] = ()
    directions: tuple[Direction, ...] = (Direction.PROMPT, Direction.ANSWER)
    kinds: tuple[Kind, ...] = ()
    score: float = 0.0
    """0 stands for that of the level, see `SCORES`."""
    label: str = ""
    """Name used in placeholders; required of secrets, personal data and exfiltration."""
    source: str
    """Where the format is documented, or why the rule exists."""
    examples: tuple[str, ...]
    near_misses: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.score:
            object.__setattr__(self, "score", SCORES[self.level])


@cache
def load_packs() -> tuple[Rule, ...]:
    """Return the rules of all built-in packs. Raises `BadRule`."""
    folder = files(__package__) / "packs"
    rules = tuple(
        rule for name in PACKS for rule in load_pack((folder / f"{name}.toml").read_text("utf-8"), name)
    )
    _refuse_duplicates(rules, "built-in packs")
    return rules


def load_pack(text: str, name: str) -> tuple[Rule, ...]:
    """Return the rules of one pack. Raises `BadRule` naming the pack, the rule and the fault."""
    try:
        pack = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadRule(f"pack {name}: not TOML: {error}") from None
    defaults, pieces, tables = pack.pop("defaults", {}), pack.pop("pieces", {}), pack.pop("rule", [])
    joints = pack.pop("joints", "")
    known = isinstance(defaults, dict) and isinstance(pieces, dict) and isinstance(joints, str)
    if pack or not known or not isinstance(tables, list) or not tables:
        raise BadRule(
            f"pack {name}: must hold joints, [defaults], [pieces] and [[rule]] tables and nothing else"
        )
    if not _JOINTS.fullmatch(joints):
        raise BadRule(f"pack {name}: joints are marks out of . _ / + ~ * -, in this order")
    rules = tuple(
        _rule(_joined(_put_together(table, pieces, name), joints), defaults, name, number)
        for number, table in enumerate(tables, 1)
    )
    _refuse_duplicates(rules, f"pack {name}")
    return rules


def _put_together(table: object, pieces: Mapping[str, object], pack: str) -> object:
    """Put the pieces of a pack in their places in the expressions of a rule."""
    if not isinstance(table, dict):
        return table
    whole = dict(table)
    for key in _EXPRESSIONS:
        if isinstance(given := table.get(key), list):
            whole[key] = [_piece(item, pieces, pack) for item in given]
    return whole


def _joined(table: object, joints: str) -> object:
    """Let the joints of a pack stand for white space in the expressions of a rule."""
    if not isinstance(table, dict) or not joints:
        return table
    whole = dict(table)
    for key in _EXPRESSIONS:
        if key in whole:
            whole[key] = _SPACE.sub(lambda found: found[1] or f"[\\s{joints}]", _expression(whole[key]))
    return whole


def _piece(item: object, pieces: Mapping[str, object], pack: str) -> object:
    if not isinstance(item, str) or not item.startswith("@"):
        return item
    piece = pieces.get(item[1:])
    if not isinstance(piece, str):
        raise BadRule(f"pack {pack}: no piece is named {item[1:]}")
    return piece


def _refuse_duplicates(rules: tuple[Rule, ...], where: str) -> None:
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise BadRule(f"{where}: rule {rule.id}: the id is used twice")
        seen.add(rule.id)


def _rule(table: object, defaults: dict[str, object], pack: str, number: int) -> Rule:
    given = table if isinstance(table, dict) else {}
    try:
        values = {key: _decode(key, value) for key, value in {**defaults, **given}.items()}
        if missing := sorted(_REQUIRED - values.keys()):
            raise ValueError(f"{', '.join(missing)} missing")
        longest = width(_tree("pattern", values["pattern"]))
        return _checked(Rule(**{**values, "max_length": _bound(longest, values.get("max_length"))}))
    except ValueError as error:
        raise BadRule(f"pack {pack}: rule {given.get('id', number)}: {error}") from None


def _decode(key: str, value: object) -> Any:
    decoder = _DECODERS.get(key)
    if decoder is None:
        raise ValueError(f"unknown key {key}")
    try:
        return decoder(value)
    except (TypeError, KeyError):
        raise ValueError(f"{key} has a bad value") from None


def _of(kind: type) -> Callable[[object], object]:
    def decode(value: object) -> object:
        if type(value) is not kind:
            raise TypeError
        return value

    return decode


def _expression(value: object) -> str:
    if isinstance(value, list):
        return "".join(_texts(value))
    if not isinstance(value, str):
        raise TypeError
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(item, str) and item for item in value):
        raise TypeError
    return tuple(value)


def _level(value: object) -> Level:
    return {"low": Level.LOW, "medium": Level.MEDIUM, "high": Level.HIGH}[str(value)]


def _members[Member: StrEnum](kind: type[Member]) -> Callable[[object], tuple[Member, ...]]:
    known = {item.value: item for item in kind}
    return lambda value: tuple(known[item] for item in _texts(value))


_EXPRESSIONS = ("pattern", "lead", "anchor")
_DECODERS: Mapping[str, Callable[[object], object]] = {
    **{field.name: _of(str) for field in fields(Rule)},
    **dict.fromkeys(_EXPRESSIONS, _expression),
    **dict.fromkeys(("context", "examples", "near_misses"), _texts),
    "level": _level,
    "directions": _members(Direction),
    "kinds": _members(Kind),
    "score": _of(float),
    "max_length": _of(int),
    "caseless": _of(bool),
}
_REQUIRED = {field.name for field in fields(Rule) if field.default is MISSING} - {"max_length"}


def _tree(name: str, pattern: str) -> Node:
    try:
        return parse(pattern)
    except NotRegular as error:
        raise ValueError(f"{name}: {error}") from None


def _bound(found: tuple[int, int | None], stated: int | None) -> int:
    least, most = found
    if least == 0:
        raise ValueError("pattern matches the empty text")
    if most is None:
        if stated is None or stated < LONG:
            raise ValueError(f"an unbounded pattern needs a max_length of at least {LONG}")
        return stated
    if stated not in (None, most):
        raise ValueError(f"max_length is {most}, the bound of the pattern; leave it out")
    return most


def _checked(rule: Rule) -> Rule:
    if not _ID.fullmatch(rule.id):
        raise ValueError("id must be lower-case words joined by _")
    family = rule.category.split(".")[0]
    if not _CATEGORY.fullmatch(rule.category) or family not in FAMILIES:
        raise ValueError(f"category must be dotted and begin with one of {', '.join(FAMILIES)}")
    if family in (_LABELLED if not rule.label else _NEVER_LABELLED):
        raise ValueError("label must be on secrets, personal data and exfiltration, on no prompt attack")
    if rule.label and not _LABEL.fullmatch(rule.label):
        raise ValueError("label must be 2 to 12 letters, capitalised")
    if not 0 < rule.score <= 1:
        raise ValueError("score must be above 0 and at most 1")
    if rule.validator and rule.validator not in VALIDATORS:
        raise ValueError(f"validator {rule.validator} does not exist")
    if not rule.source.strip():
        raise ValueError("source is empty")
    _check_neighbours(rule)
    return rule


def _check_neighbours(rule: Rule) -> None:
    if rule.before and rule.lead:
        raise ValueError("a rule with a lead has no before")
    for name, inside in (("before", rule.before), ("after", rule.after)):
        if inside and not isinstance(_tree(name, f"[{inside}]"), Chars):
            raise ValueError(f"{name} is not the inside of a character class")
    for name, pattern, longest in (
        ("anchor", rule.anchor, LONGEST_ANCHOR),
        ("lead", rule.lead, LONGEST_LEAD),
    ):
        least, most = width(_tree(name, pattern))
        needed = name == "anchor" and not (rule.lead or rule.context)
        if (pattern or needed) and (least == 0 or most is None or most > longest):
            raise ValueError(f"{name} must match 1 to {longest} characters")


def check(rule: Rule) -> None:
    """Compile the rule with both engines. Too slow for every start. Raises `BadRule`."""
    options = re2.Options()
    options.longest_match, options.case_sensitive, options.log_errors = True, not rule.caseless, False
    flags = hyperscan.HS_FLAG_UTF8 | (hyperscan.HS_FLAG_CASELESS if rule.caseless else 0)
    try:
        re2.compile(f"(?:{rule.lead})(?:{rule.pattern})", options)
        hyperscan.Database().compile(expressions=[(rule.anchor or rule.lead or "-").encode()], flags=[flags])
    except (re2.error, hyperscan.error) as error:
        raise BadRule(f"rule {rule.id}: does not compile: {error}") from None
