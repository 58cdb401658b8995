"""What a library is told: policy, key, cache and scanners."""

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..detection.errors import BadPolicy
from ..detection.function_scanners import FunctionScanner
from ..detection.policy import Policy
from ..detection.presets import BALANCED, PRESETS, preset
from .source import Source

type PolicyLike = Policy | str | Path
"""A policy, the name of a built-in one, or the path of a policy file."""

type ModelsUsed = Literal["none", "linear", "transformer"]

SHORTEST_KEY = 32


def _random_key() -> bytes:
    return secrets.token_bytes(SHORTEST_KEY)


@dataclass(frozen=True, slots=True)
class Settings:
    """How texts are judged.

    `key` is secret; placeholders and digests come from it. A random one lives as long as the process:
    another process gives the same value another placeholder. `cache` is the private folder for
    compiled rules; True stands for this user's own, False for none. `models` are those that policies may
    ask in this process: none, the linear one, or the small transformer as well.

    Raises:
        ValueError: the key is too short.
    """

    policy: Policy = BALANCED
    key: bytes = field(default_factory=_random_key, repr=False)
    cache: Path | bool = True
    scanners: tuple[FunctionScanner, ...] = ()
    models: ModelsUsed = "none"
    source: Source | None = None
    """An appliance whose policies are in force where nobody names one, and whose keys are used."""

    def __post_init__(self) -> None:
        if len(self.key) < SHORTEST_KEY:
            raise ValueError(f"the key must have {SHORTEST_KEY} bytes or more")


def policy_of(wanted: PolicyLike) -> Policy:
    """Return the policy that is meant. Raises `BadPolicy`, also for a file that cannot be read."""
    if isinstance(wanted, Policy):
        return wanted
    if isinstance(wanted, str):
        return preset(wanted)
    from ..detection.policy_file import load_policy  # noqa: PLC0415 - loads what few need

    try:
        text = wanted.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadPolicy(f"policy {wanted.stem}: cannot be read: {error}") from None
    return load_policy(text, wanted.stem, PRESETS)
