"""The checkout as the house tests see it."""

import ast
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("appliance", "gateway", "admin_ui", "middleware", "detection")
FACES = ("src/sluicegate/library", "src/sluicegate/compat")
"""Packages that stand in the package itself: they are names over floors and no floor of their own."""


@cache
def project() -> dict[str, Any]:
    """The parsed pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def sources(*folders: str) -> Iterator[Path]:
    """Python files of the named folders (all five floors and the faces by default), in order."""
    for folder in folders or (*FLOORS, *FACES):
        yield from sorted((ROOT / folder).rglob("*.py"))


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(), str(path))


def kept() -> list[Path]:
    """Files that belong to the project: what git tracks, or would if asked."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [path for name in sorted(filter(None, listed.split("\0"))) if (path := ROOT / name).is_file()]


def imported(path: Path) -> Iterator[str]:
    """Dotted names of the absolute imports in a file, at any depth of its code."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
