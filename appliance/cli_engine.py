"""``sluicegate engine``: what is looked for."""

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..detection.types import Level
from .cli_terminal import console, grid
from .errors import SettingError

if TYPE_CHECKING:
    from ..detection.rules import Rule

engine = typer.Typer(help="Show what is looked for.", no_args_is_help=True)

_FamilyOption = Annotated[
    str | None, typer.Option("--family", metavar="NAME", help="Only this family, each of its rules.")
]
_JsonOption = Annotated[bool, typer.Option("--json", help="Write every rule as JSON.")]


@engine.callback()
def _group() -> None:
    """Keep a group of one command a group."""


@engine.command("list")
def list_rules(family: _FamilyOption = None, json: _JsonOption = False) -> None:
    """List what is looked for: the families, or each rule of one."""
    from ..detection.rules import load_packs  # noqa: PLC0415 - help and errors need not wait for it

    rules = [rule for rule in load_packs() if family in (None, _family(rule))]
    if not rules:
        known = ", ".join(sorted({_family(rule) for rule in load_packs()}))
        raise SettingError(f"option --family: no rule is of the family {family}; there are {known}")
    if json:
        _as_json(rules)
    elif family is None:
        _by_family(rules)
    else:
        _each(rules)


def _family(rule: "Rule") -> str:
    return rule.category.partition(".")[0]


def _by_family(rules: Iterable["Rule"]) -> None:
    heads = (
        "Family",
        "Rules",
        "Categories",
        "High",
        "Medium",
        "Low",
        "Longest match",
        "Looked for in",
        "Tier",
    )
    members = groupby(sorted(rules, key=_family), _family)
    rows = [_sums(family, [*group]) for family, group in members]
    console().print(grid("What is looked for", heads, rows))


def _sums(name: str, rules: Sequence["Rule"]) -> tuple[str, ...]:
    levels = Counter(rule.level for rule in rules)
    directions = sorted({each.value for rule in rules for each in rule.directions}, reverse=True)
    return (
        name,
        f"{len(rules):,}",
        f"{len({rule.category for rule in rules}):,}",
        *(f"{levels[level]:,}" for level in (Level.HIGH, Level.MEDIUM, Level.LOW)),
        f"{max(rule.max_length for rule in rules):,}",
        " and ".join(directions),
        "0, patterns",
    )


def _each(rules: Iterable["Rule"]) -> None:
    heads = ("Rule", "Category", "Level", "Score", "Longest match", "Source")
    rows = [
        (
            rule.id,
            rule.category,
            rule.level.label,
            f"{rule.score:.2f}",
            f"{rule.max_length:,}",
            rule.source,
        )
        for rule in rules
    ]
    console().print(grid(f"{len(rows):,} rules", heads, rows))


def _as_json(rules: Iterable["Rule"]) -> None:
    import orjson  # noqa: PLC0415 - as above

    sys.stdout.buffer.write(orjson.dumps([*map(_plain, rules)], option=orjson.OPT_INDENT_2) + b"\n")


def _plain(rule: "Rule") -> dict[str, Any]:
    return {
        "id": rule.id,
        "family": _family(rule),
        "category": rule.category,
        "level": rule.level.label,
        "score": rule.score,
        "longest_match": rule.max_length,
        "directions": [each.value for each in rule.directions],
        "tier": 0,
        "source": rule.source,
    }
