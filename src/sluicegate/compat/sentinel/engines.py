"""The engines by name: which categories each looks for."""

from collections.abc import Iterable, Mapping, Sequence

from ...detection.categories import covers

ENGINES: Mapping[str, tuple[str, ...]] = {
    "injection": ("prompt_attack",),
    "jailbreak": ("prompt_attack.jailbreak",),
    "prompt_leak": ("prompt_attack.extraction", "leak"),
    "pii": ("pii",),
    "secrets": ("secret",),
    "exfiltration": ("exfiltration", "prompt_attack.exfiltration"),
    "code": ("code",),
}
"""Built-in engines. One pass finds what all of them look for; choosing some leaves the rest out."""


def categories_of(engines: Iterable[str]) -> tuple[str, ...]:
    """Return the categories these engines look for; an engine of one's own has one by its name."""
    return tuple(name for engine in engines for name in ENGINES.get(engine, (f"custom.{engine}",)))


def engine_of(category: str, engines: Sequence[str]) -> str:
    """Return which of the engines looks for a category: the one that names it most exactly."""
    found = [
        (len(name), engine)
        for engine in engines
        for name in categories_of([engine])
        if covers(name, category)
    ]
    return max(found)[1] if found else category.partition(".")[0]
