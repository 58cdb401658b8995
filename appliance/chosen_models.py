"""Which of the small models an appliance runs: what its settings say, and what its policies ask for."""

from collections.abc import Iterable
from importlib.util import find_spec

from ..detection.policy import Policy
from ..detection.types import Tier
from .errors import SettingError
from .settings import Settings

NEEDS = {Tier.LINEAR: ("numpy",), Tier.TRANSFORMER: ("numpy", "onnxruntime", "tokenizers")}
"""Modules without which a model cannot be loaded."""


def chosen_models(settings: Settings, policies: Iterable[Policy]) -> frozenset[Tier]:
    """Return the tiers of small models that are run, and that of similarity where texts are compared.

    Raises:
        SettingError: one is wanted and cannot be loaded.
    """
    known = tuple(policies)
    said = {Tier.LINEAR: settings.linear, Tier.TRANSFORMER: settings.transformer}
    found = {tier: _wanted(tier, word, known) for tier, word in said.items()}
    if found[Tier.TRANSFORMER] and said[Tier.LINEAR] == "auto":
        found[Tier.LINEAR] = found[Tier.TRANSFORMER]  # who else would be in doubt
    for tier, why in found.items():
        missing = [name for name in NEEDS[tier] if why and find_spec(name) is None]
        if missing:
            raise SettingError(
                f"{why}, and {', '.join(missing)} is not installed: pip install 'sluicegate[models]'"
            )
    if settings.embeddings is not None and find_spec("numpy") is None:
        raise SettingError("models.embeddings: numpy is not installed: pip install 'sluicegate[models]'")
    compares = settings.embeddings is not None or any(policy.topics or policy.knowledge for policy in known)
    return frozenset(tier for tier, why in found.items() if why) | ({Tier.SIMILARITY} if compares else set())


def _wanted(tier: Tier, word: str, policies: Iterable[Policy]) -> str:
    """Return who wants a tier, in words; empty for nobody."""
    name = tier.name.lower()
    if word == "on":
        return f"{name} is on"
    demanding = [policy.name for policy in policies if word == "auto" and policy.tier(tier).demanded]
    return f"policy {demanding[0]} asks the {name} tier" if demanding else ""
