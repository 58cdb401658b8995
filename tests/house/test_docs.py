"""The documents say what the code does."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sluicegate.detection.policy import Policy
from sluicegate.detection.presets import PRESETS, preset
from sluicegate.detection.types import Action, Direction, Finding, Kind, Level, Receipt, Role, Span, Unjudged
from tests.house.tree import ROOT, parsed, sources

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
_LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")


def _page(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text()


def _anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in _LINK.findall(page.read_text()):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        found = page.parent / name if name else page
        assert found.exists(), target
        assert not anchor or anchor in _anchors(found), target


def test_tables_from_the_code_are_fresh() -> None:
    ran = subprocess.run(
        [sys.executable, "scripts/docs.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


def test_the_readme_begins_with_the_two_commands() -> None:
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert re.findall(r"^make \w+", blocks[0], re.MULTILINE) == ["make run", "make test"]
    assert len(blocks[0].splitlines()) == 2


def _finding(
    category: str,
    level: Level,
    direction: Direction,
    *,
    role: Role = Role.USER,
    known: bool = False,
) -> Finding:
    return Finding(
        scanner="patterns",
        rule="rule",
        category=category,
        level=level,
        score=1.0,
        pointer="/messages/0/content",
        span=Span(0, 1),
        role=role,
        kind=Kind.TEXT,
        direction=direction,
        digest="",
        known=known,
    )


def _done(policy: Policy, category: str, direction: Direction, *, known: bool = False) -> str:
    """What a policy does about every level of a category, in the words of the page."""
    levels = (Level.LOW, Level.MEDIUM, Level.HIGH)
    low, medium, high = (
        policy.action(_finding(category, level, direction, known=known)).label for level in levels
    )
    assert low == medium
    return high if high == low else f"{high} when high, else {low}"


def _about_an_attack(policy: Policy, level: Level, role: Role = Role.USER) -> str:
    return policy.action(_finding("prompt_attack.x", level, Direction.PROMPT, role=role)).label


def _column(policy: Policy) -> list[str]:
    prompt, answer = Direction.PROMPT, Direction.ANSWER
    levels = (Level.HIGH, Level.MEDIUM, Level.LOW)
    instructions = {_about_an_attack(policy, level, Role.SYSTEM) for level in levels}
    known = {_done(policy, category, answer, known=True) for category in ("secret.x", "pii.x")}
    unjudged = policy.decide((), Receipt(unjudged=(Unjudged("/x", "media"),))).action
    return [
        *(_about_an_attack(policy, level) for level in levels),
        *instructions,
        _done(policy, "secret.x", prompt),
        _done(policy, "pii.x", prompt),
        _done(policy, "secret.x", answer),
        _done(policy, "pii.x", answer),
        *known,
        unjudged.label,
    ]


def test_the_table_of_presets_is_what_they_do() -> None:
    section = _page("policies").partition("## The presets")[2].partition("\n## ")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if "|" in line
    ]
    head, _, *body = rows
    for index, name in enumerate(re.findall(r"`(\w+)`", " ".join(head)), 1):
        assert [row[index] for row in body] == _column(preset(name)), name
    assert set(re.findall(r"`(\w+)`", " ".join(head))) == set(PRESETS)


def test_every_action_is_explained() -> None:
    listed = re.findall(r"^\| `(\w+)` \|", _page("policies"), re.MULTILINE)
    assert listed == [action.label for action in Action]


def _codes() -> set[str]:
    """Regular expressions of the error codes a caller can be given."""
    found = set()
    for path in sources("detection", "middleware", "gateway"):
        for call in (node for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)):
            for keyword in call.keywords:
                if keyword.arg != "code":
                    continue
                if isinstance(keyword.value, ast.Constant):
                    found.add(str(keyword.value.value))
                elif isinstance(keyword.value, ast.JoinedStr):
                    parts = keyword.value.values
                    found.add("".join(str(p.value) if isinstance(p, ast.Constant) else r"\w+" for p in parts))
    return found


def test_every_error_code_is_documented() -> None:
    documented = set(re.findall(r"^\| `(\w+)` \| [45]\d\d \|", _page("api"), re.MULTILINE))
    silent = {code for code in _codes() if not any(re.fullmatch(code, known) for known in documented)}
    assert silent == set()


def test_every_documented_error_code_exists() -> None:
    text = "\n".join(path.read_text() for path in sources("detection", "middleware", "gateway"))
    documented = re.findall(r"^\| `(\w+)` \| [45]\d\d \|", _page("api"), re.MULTILINE)
    known = _codes()
    made_up = [
        code
        for code in documented
        if f'"{code}"' not in text and not any(re.fullmatch(c, code) for c in known)
    ]
    assert made_up == []
    assert len(documented) == len(set(documented))
