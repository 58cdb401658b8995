"""What the core looks for, grouped as SENTINEL's clients know it: engines by name."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...detection.categories import covers
from ...detection.rules import Rule
from ...detection.types import Finding

ENGINES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "injection": ("Instructions that take over, in prompts and in what a model reads.", ("prompt_attack",)),
    "jailbreak": ("Personas and games that talk a model out of its rules.", ("prompt_attack.jailbreak",)),
    "prompt_leak": (
        "Attempts to read the system prompt, and its words.",
        ("prompt_attack.extraction", "leak"),
    ),
    "pii": ("Personal data.", ("pii",)),
    "secrets": ("Credentials and keys.", ("secret",)),
    "exfiltration": ("Ways to carry data out.", ("exfiltration", "prompt_attack.exfiltration")),
    "code": ("Commands and code that do harm.", ("code",)),
    "custom": ("What a tenant looks for itself.", ("custom", "deny")),
}
"""Engine: what it is for, and the categories it speaks about. One pass finds what all of them look for."""


def engine_of(finding: Finding) -> str:
    """Return the engine that names a finding's category most exactly."""
    found = [
        (len(name), engine)
        for engine, (_, names) in ENGINES.items()
        for name in names
        if covers(name, finding.category)
    ]
    return max(found)[1] if found else finding.family


def chosen(findings: Iterable[Finding], engines: Sequence[str]) -> list[Finding]:
    """Return the findings that some engines speak about; with none named, all."""
    names = [name for engine in engines for name in ENGINES[engine][1]]
    return [item for item in findings if not engines or any(covers(name, item.category) for name in names)]


def described(engine: str, rules: Sequence[Rule]) -> dict[str, Any]:
    """Return what there is to say about an engine: what it runs now, counted, not claimed."""
    text, names = ENGINES[engine]
    own = [rule for rule in rules if any(covers(name, rule.category) for name in names)]
    return {
        "name": engine,
        "description": text,
        "category": names[0].partition(".")[0],
        "tier": 0,
        "enabled": bool(own) or engine == "custom",
        "rules": len(own),
    }


def statistics(engine: str, rules: Sequence[Rule], seen: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the numbers of an engine: its rules by category and level, and what the record holds."""
    names = ENGINES[engine][1]
    own = [rule for rule in rules if any(covers(name, rule.category) for name in names)]
    found = {
        str(item["name"]): int(item["value"])
        for item in seen
        if any(covers(name, str(item["name"])) for name in names)
    }
    return {
        "name": engine,
        "rules": len(own),
        "categories": dict(sorted(Counter(rule.category for rule in own).items())),
        "levels": dict(sorted(Counter(rule.level.label for rule in own).items())),
        "detections": found,
        "total_detections": sum(found.values()),
    }
