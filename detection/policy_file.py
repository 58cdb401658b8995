"""The policy file: TOML that says how a policy differs from the one it extends.

Its clauses come before those of the policy it extends, so that they decide first; tables are merged
key by key; everything else it says stands instead. Each section has a reader of its own in
`policy_sections`, which returns the fields of the `Policy` that it changes.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .errors import BadPolicy
from .notice import misplaced
from .policy import Policy
from .policy_reading import Table
from .policy_sections import SECTIONS

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


def load_policy(text: str, name: str, known: Mapping[str, Policy]) -> Policy:
    """Return the policy that a file makes of the one it extends.

    Args:
        text: the file, TOML.
        name: what the policy is called.
        known: the policies it may extend.

    Raises:
        BadPolicy: names the file, the place and the fault.
    """
    where = f"policy {name}"
    if not _NAME.fullmatch(name):
        raise BadPolicy(f"{where}: a name holds lower-case letters, digits, - and _, at most 63")
    data = _parsed(text, where)
    Table({key: None for key in data if key not in SECTIONS}, where).done(SECTIONS)
    policy = replace(Table(data, where).one_of("extends", known), name=name, cases=())
    for key, section in SECTIONS.items():
        if key in data:
            policy = replace(policy, **section(data[key], policy, where))
    fault = misplaced(policy)
    if fault:
        raise BadPolicy(f"{where}: responses: {fault}")
    return policy


def extends(text: str, name: str) -> str:
    """Return the name of the policy that a file extends. Raises `BadPolicy`."""
    where = f"policy {name}"
    return Table(_parsed(text, where), where).text("extends", 63)


def _parsed(text: str, where: str) -> dict[str, Any]:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadPolicy(f"{where}: not TOML: {error}") from None
    if "extends" not in data:
        raise BadPolicy(f'{where}: extends: missing; a policy stands on another, like extends = "balanced"')
    return data
