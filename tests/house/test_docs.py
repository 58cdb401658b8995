"""The documents say what the code does."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from sluicegate.appliance.cli import app
from sluicegate.detection.methods import METHODS
from sluicegate.detection.policy import Policy
from sluicegate.detection.policy_sections import SECTIONS
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
    kind: Kind = Kind.TEXT,
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
        kind=kind,
        direction=direction,
        digest="",
        known=known,
    )


def _done(
    policy: Policy, category: str, direction: Direction, *, known: bool = False, kind: Kind = Kind.TEXT
) -> str:
    """What a policy does about every level of a category, in the words of the page."""
    levels = (Level.LOW, Level.MEDIUM, Level.HIGH)
    low, medium, high = (
        policy.action(_finding(category, level, direction, known=known, kind=kind)).label for level in levels
    )
    if low != medium:
        assert medium == high
        return f"{high}, but {low} when low"
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
        _done(policy, "leak.x", answer),
        _done(policy, "exfiltration.x", answer),
        _done(policy, "code.x", answer, kind=Kind.ARGUMENTS),
        *{_done(policy, "deny.x", direction) for direction in Direction},
        *{_done(policy, "custom.x", direction) for direction in Direction},
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
    section = _page("policies").partition("## Actions")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert listed == [action.label for action in Action]


def test_every_method_of_a_policy_is_explained() -> None:
    section = _page("policies").partition("## Methods")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == list(METHODS)


def test_every_key_of_a_policy_file_is_explained() -> None:
    section = _page("policies").partition("## Every key")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([\w.]+)` \|", section, re.MULTILINE)) == set(SECTIONS)


_STATUS = {"BadInput": 400, "UpstreamFault": 502}


def _literal(node: ast.expr) -> str:
    """A regular expression for the texts an expression can be; empty when it is no text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.escape(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_literal(part) or r"\w+" for part in node.values)
    return ""


def _faults() -> Iterator[tuple[str, int]]:
    """Code, as a regular expression, and status of every fault a caller can be told of."""
    for path in sources("detection", "middleware", "gateway"):
        if path.name == "testing.py":
            continue
        for call in (node for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)):
            given = {keyword.arg: keyword.value for keyword in call.keywords}
            kind = call.func.id if isinstance(call.func, ast.Name) else ""
            code = _literal(given["code"]) if "code" in given else ""
            status = given.get("status", ast.Constant(_STATUS.get(kind)))
            if code and isinstance(status, ast.Constant) and isinstance(status.value, int):
                yield code, status.value


def _documented_codes() -> dict[str, int]:
    listed = re.findall(r"^\| `(\w+)` \| ([45]\d\d) \|", _page("api"), re.MULTILINE)
    assert len(dict(listed)) == len(listed)
    return {code: int(status) for code, status in listed}


def test_every_error_code_is_documented_with_its_status() -> None:
    documented = _documented_codes()
    faults = set(_faults())
    assert len(faults) > 20
    silent = {
        (code, status)
        for code, status in faults
        if not any(re.fullmatch(code, known) and documented[known] == status for known in documented)
    }
    assert silent == set()


def test_every_documented_error_code_exists() -> None:
    text = "".join(path.read_text() for path in sources())
    faults = [code for code, _ in _faults()]
    made_up = [
        code
        for code in _documented_codes()
        if f'"{code}"' not in text and not any(re.fullmatch(fault, code) for fault in faults)
    ]
    assert made_up == []


def _commands(command: Any, name: str) -> Iterator[tuple[str, set[str]]]:
    """Every command with its own options."""
    subcommands = getattr(command, "commands", {})
    for child, each in subcommands.items():
        yield from _commands(each, f"{name} {child}")
    options = {option for item in command.params for option in item.opts if option.startswith("--")}
    if not subcommands or options - {"--help"}:
        yield name, options - {"--help"}


def test_every_command_and_option_is_documented() -> None:
    page = _page("cli")
    for name, options in _commands(typer.main.get_command(app), "sluicegate"):
        assert f"`{name}" in page, name
        assert [option for option in options if option not in page] == [], name


def test_every_documented_command_exists() -> None:
    known = {name for name, _ in _commands(typer.main.get_command(app), "sluicegate")} | {"sluicegate"}
    for page in PAGES:
        for words in re.findall(r"(?:^|`)(sluicegate(?: [a-z]+)*)", page.read_text(), re.MULTILINE):
            assert any(
                words == name or words.startswith(f"{name} ") for name in known if name != "sluicegate"
            ) or (words == "sluicegate"), f"{page.name}: {words}"


def test_the_table_of_metrics_is_what_is_exposed() -> None:
    source = "".join(path.read_text() for path in sources("middleware", "appliance"))
    kinds = "_total|_seconds|_pending|_bytes|_workers|_connections|_ready"
    defined = set(re.findall(rf'"((?:guardrails|sluicegate)_[a-z_]+(?:{kinds}))"', source))
    listed = re.findall(r"^\| `((?:guardrails|sluicegate)_\w+)` \|", _page("operations"), re.MULTILINE)
    assert sorted(listed) == sorted(defined)


def test_every_make_target_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text()
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    explained = re.findall(r"@echo 'make ([\w-]+)", makefile)
    assert sorted(explained) == sorted(set(phony.split()) - {"help"})
