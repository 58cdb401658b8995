"""What a policy file may say: a reader for each of its keys."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from .crowd import MOST_ALLOWED
from .models.missing import ModelMissing
from .models.name import KINDS as NAME_KINDS
from .notice import PLACES, UNSCANNABLE
from .policy import Policy
from .policy_case_reading import read_cases
from .policy_clauses import category, read_clauses
from .policy_reading import Changes, Table, words
from .sensitivity import THRESHOLDS, Threshold
from .tenant.canaries import read_canaries
from .tenant.reading import read_allowed, read_deny_lists, read_known_values, read_scanners
from .tenant.reading_topics import read_knowledge, read_topics
from .tier_rule import LONGEST as LONGEST_DEADLINE
from .tier_rule import FailMode, TierRule, Use, usual
from .types import Action, Role, Tier
from .unscannable import KINDS

type Section = Callable[[Any, Policy, str], Changes]
"""Reads one key of a file: its value, the policy as it stands, and the file's name for messages."""

LONGEST_TEXT = 2_000
"""Characters of a text that a caller reads."""

_BRACES = re.compile(r"\{([a-z_]*)\}")
_KINDS = {kind.replace(" ", "_"): kind for kind in KINDS}
_UNSCANNABLE = {"pass": Action.PASS, "flag": Action.FLAG, "block": Action.BLOCK}
_LONGEST_LINK = 24 * 366


def _sensitivity(value: Any, policy: Policy, where: str) -> Changes:
    if isinstance(value, str | float | int):
        value = {"default": value}
    table = Table(value, f"{where}: sensitivity")
    found = dict(policy.thresholds)
    for name in table.names():
        found["" if name == "default" else category(table, name, name)] = _least(table, name)
    return {"thresholds": tuple(Threshold(*item) for item in sorted(found.items()))}


def _least(table: Table, name: str) -> float:
    if isinstance(table.take(name), str):
        return table.one_of(name, THRESHOLDS)
    return table.number(name, 0, 1)


def _unscannable(value: Any, policy: Policy, where: str) -> Changes:
    if isinstance(value, str):
        value = {"default": value}
    table = Table(value, f"{where}: unscannable")
    changes: Changes = {}
    if "default" in table:
        changes["unjudged"] = table.one_of("default", _UNSCANNABLE)
    found = dict(policy.unscannable)
    for key, kind in _KINDS.items():
        if key in table:
            found[kind] = table.one_of(key, _UNSCANNABLE)
    table.done(("default", *_KINDS))
    return {**changes, "unscannable": tuple(sorted(found.items()))}


def _tiers(value: Any, policy: Policy, where: str) -> Changes:
    known = {name: tier for name, tier in words(Tier).items() if tier is not Tier.PATTERNS}
    table = Table(value, f"{where}: tiers")
    found = {rule.tier: rule for rule in policy.tiers}
    for name in table.names():
        tier: Tier = table.chosen(name, name, known)
        found[tier] = _tier(Table(table.take(name), f"{where}: tiers.{name}"), found.get(tier) or usual(tier))
    return {"tiers": tuple(found[tier] for tier in sorted(found))}


def _tier(table: Table, rule: TierRule) -> TierRule:
    if "fail" in table:
        rule = replace(rule, fail=table.one_of("fail", words(FailMode)))
    if "deadline_ms" in table:
        rule = replace(rule, deadline=table.number("deadline_ms", 1, LONGEST_DEADLINE * 1000) / 1000)
    if "use" in table:
        rule = replace(rule, use=table.one_of("use", words(Use)))
    if "always" in table:
        rule = replace(rule, always=table.several("always", words(Role)))
    if "answers" in table:
        rule = replace(rule, answers=table.flag("answers"))
    if "race" in table:
        rule = replace(rule, race=table.flag("race"))
    table.done(("fail", "deadline_ms", "use", "always", "answers", "race"))
    return rule


def _responses(value: Any, policy: Policy, where: str) -> Changes:
    table = Table(value, f"{where}: responses")
    changes: Changes = {}
    found = dict(policy.responses)
    for name in table.names():
        text = _template(table, name)
        if name == "default":
            changes["safe_text"] = text
        else:
            found[name if name == UNSCANNABLE else category(table, name, name)] = text
    return {**changes, "responses": tuple(sorted(found.items()))}


def _template(table: Table, key: str) -> str:
    text = table.text(key, LONGEST_TEXT)
    for place in _BRACES.findall(text):
        if place not in PLACES:
            raise table.fail(
                key, f"{{{place}}} is not known; there are {', '.join(f'{{{it}}}' for it in PLACES)}"
            )
    return text


def _flag(name: str) -> Section:
    return lambda value, _, where: {name: Table({name: value}, where).flag(name)}


def _choice(name: str, *known: str) -> Section:
    return lambda value, _, where: {name: Table({name: value}, where).one_of(name, {it: it for it in known})}


def _about(value: Any, _: Policy, where: str) -> Changes:
    """Check what a policy says about itself for people; it decides nothing."""
    Table({"about": value}, where).text("about", LONGEST_TEXT)
    return {}


def _safe_text(value: Any, _: Policy, where: str) -> Changes:
    return {"safe_text": _template(Table({"safe_text": value}, where), "safe_text")}


def _private(value: Any, _: Policy, where: str) -> Changes:
    table = Table({"private": value}, where)
    return {"private": tuple(category(table, "private", name) for name in table.texts("private"))}


def _names(value: Any, _: Policy, where: str) -> Changes:
    table = Table({"names": value}, where)
    if value == []:
        return {"names": ()}
    kinds = table.several("names", {kind: kind for kind in NAME_KINDS})
    from .models.names import names_model  # noqa: PLC0415 - brings a library, and few policies ask

    try:
        names_model()
    except ModelMissing as missing:
        raise table.fail("names", str(missing)) from None
    return {"names": tuple(kind for kind in NAME_KINDS if kind in kinds)}


def _link_hours(value: Any, _: Policy, where: str) -> Changes:
    return {"link_hours": int(Table({"link_hours": value}, where).number("link_hours", 1, _LONGEST_LINK))}


def _max_findings(value: Any, _: Policy, where: str) -> Changes:
    table = Table({"max_findings": value}, where)
    bound = table.number("max_findings", 1, MOST_ALLOWED)
    if not bound.is_integer():
        raise table.fail("max_findings", "must be a whole number")
    return {"max_findings": int(bound)}


SECTIONS: Mapping[str, Section] = {
    "extends": lambda _value, _policy, _where: {},
    "about": _about,
    "block_style": _choice("block_style", "refusal", "error"),
    "show_categories": _flag("show_categories"),
    "restore": _flag("restore"),
    "placeholder_scope": _choice("placeholder_scope", "application", "tenant"),
    "explain": _choice("explain", "none", "category", "rule"),
    "link_hours": _link_hours,
    "safe_text": _safe_text,
    "max_findings": _max_findings,
    "private": _private,
    "names": _names,
    "sensitivity": _sensitivity,
    "unscannable": _unscannable,
    "tiers": _tiers,
    "responses": _responses,
    "scanner": read_scanners,
    "deny": read_deny_lists,
    "canaries": read_canaries,
    "known": read_known_values,
    "allow": read_allowed,
    "topic": read_topics,
    "knowledge": read_knowledge,
    "clause": read_clauses,
    "tests": read_cases,
}
"""What a file may say, in the order in which it is read."""
