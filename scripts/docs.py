"""Write the tables of docs/ that come from the code, between their markers.

scripts/docs.py          writes them
scripts/docs.py --check  changes nothing; fails when one is stale
"""

import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from sluicegate.appliance.embeddings_settings import KEYS as EMBEDDINGS_KEYS
from sluicegate.appliance.guard_settings import KEYS as GUARD_KEYS
from sluicegate.appliance.guard_settings import VISION_KEYS
from sluicegate.appliance.intercept_settings import KEYS as INTERCEPT_KEYS
from sluicegate.appliance.settings import SETTINGS, Setting
from sluicegate.detection.rules import Rule, load_packs
from sluicegate.gateway.census import census
from sluicegate.gateway.detection_api.catalogue import TABLE
from sluicegate.gateway.router import MATCHER
from sluicegate.middleware.limits import Rate
from sluicegate.middleware.providers.hosts import hosts as known_hosts

DOCS = Path(__file__).resolve().parents[1] / "docs"
_WINDOWS = {1.0: "second", 60.0: "minute", 3600.0: "hour"}
_BLOCK = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    cells = [[cell.replace("|", "\\|") for cell in row] for row in (head, *rows)]
    cells.insert(1, ["---"] * len(cells[0]))
    return "".join(f"| {' | '.join(row)} |\n" for row in cells)


def _rule(rule: Rule) -> tuple[str, ...]:
    where = " and ".join(direction.value for direction in rule.directions)
    return (f"`{rule.id}`", rule.category, rule.level.label, str(rule.max_length), where, rule.source)


def rules() -> str:
    """Every shipped rule, in the order of the packs."""
    head = ("Rule", "Category", "Level", "Bound", "Looked for in", "Source")
    return _table(head, map(_rule, load_packs()))


def _default(setting: Setting) -> str:
    value = setting.default
    if value is None:
        return "not set"
    if isinstance(value, Rate):
        return f"`{value.calls}/{_WINDOWS[value.window]}`"
    if isinstance(value, bool):
        return str(value).lower()
    return f"`{value}`"


def settings() -> str:
    """Every setting but the upstreams."""
    rows = (
        (f"`{item.name}`", f"`{item.variable}`", item.kind.name, _default(item), item.help)
        for item in SETTINGS
    )
    return _table(("Setting", "Environment", "Takes", "Default", "What it does"), rows)


def guard() -> str:
    """Every key of ``[models.guard]``."""
    return _table(("Key", "What it says"), ((f"`{name}`", text) for name, text in GUARD_KEYS.items()))


def vision() -> str:
    """Every key of ``[models.vision]``."""
    return _table(("Key", "What it says"), ((f"`{name}`", text) for name, text in VISION_KEYS.items()))


def embeddings() -> str:
    """Every key of ``[models.embeddings]``."""
    return _table(("Key", "What it says"), ((f"`{name}`", text) for name, text in EMBEDDINGS_KEYS.items()))


def intercept() -> str:
    """Every key of ``[intercept]`` but its hosts."""
    rows = ((f"`{key.name}`", key.kind.name, _stated(key.default), key.help) for key in INTERCEPT_KEYS)
    return _table(("Key", "Takes", "Default", "What it does"), rows)


def _stated(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return str(value).lower()
    return "`" + (", ".join(map(str, value)) if isinstance(value, tuple) else str(value)) + "`"


def operations() -> str:
    """Every route of the detection API with an example, by family."""
    parts: list[str] = []
    family = ""
    for item in TABLE.operations:
        if item.family != family:
            family = item.family
            parts.append(f"\n### {family}\n")
        parts.append(f"\n`{item.method} {item.path}`: {item.about}\n")
        if item.example is not None:
            parts.append(f"\n```json\n{json.dumps(item.example, indent=2)}\n```\n")
    return "".join(parts).lstrip("\n")


def routes() -> str:
    """Every route of the gateway and how much of it is judged."""
    rows = (
        (item.method, f"`{item.template}`", item.provider, item.state, "; ".join(item.beside))
        for item in census(MATCHER.claims)
    )
    return _table(("Method", "Path", "Format", "State", "Not judged"), rows)


def hosts() -> str:
    """Names of the hosts that speak a provider's format."""
    return ", ".join(f"`{name}`" for name in known_hosts()) + ".\n"


TABLES: dict[str, Callable[[], str]] = {
    "rules": rules,
    "settings": settings,
    "intercept": intercept,
    "guard": guard,
    "vision": vision,
    "embeddings": embeddings,
    "operations": operations,
    "routes": routes,
    "hosts": hosts,
}


def written(text: str) -> str:
    """The text of a page with each marked table as the code has it."""
    return _BLOCK.sub(lambda match: match[1] + TABLES[match[2]]() + match[3], text)


def main(arguments: list[str]) -> int:
    """Write or check every page; return the exit status."""
    stale = [page for page in sorted(DOCS.glob("*.md")) if written(page.read_text()) != page.read_text()]
    if arguments == ["--check"]:
        for page in stale:
            print(f"docs/{page.name} is stale: run scripts/docs.py", file=sys.stderr)
        return 1 if stale else 0
    for page in stale:
        page.write_text(written(page.read_text()))
        print(f"wrote docs/{page.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
