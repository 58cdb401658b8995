"""The locked requirements: complete, hashed, equal among themselves, free of addresses."""

import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, project

APART = "conformance"
"""An environment of its own, that tests make: nothing of ours runs in it."""
FILES = sorted((ROOT / "requirements").glob("*.txt"))
OURS = [path for path in FILES if path.stem != APART]
_ENTRY = re.compile(r"(?P<name>[a-z0-9][a-z0-9-]*)(?:\[[a-z,-]+\])?==(?P<version>[^\s;\\]+)(?P<rest>[^\n]*)")


def _entries(text: str) -> list[tuple[str, str, list[str]]]:
    """(name, version, hashes) of each requirement."""
    joined = text.replace("\\\n", " ")
    found = []
    for line in filter(None, (line.strip() for line in joined.splitlines())):
        match = _ENTRY.fullmatch(line)
        assert match, line
        found.append((match["name"], match["version"], re.findall(r"--hash=sha256:[0-9a-f]{64}", line)))
    return found


def _names(requirements: list[str]) -> set[str]:
    bare = {re.split(r"[\[<>=!~; ]", text, maxsplit=1)[0] for text in requirements}
    return {name.lower().replace("_", "-") for name in bare} - {"sluicegate"}


def test_there_is_a_file_for_every_extra() -> None:
    extras = set(project()["project"]["optional-dependencies"])
    assert {path.stem for path in FILES} == extras | {"base", "build", APART}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_requirement_is_pinned_and_hashed(path: Path) -> None:
    entries = _entries(path.read_text())
    assert entries
    assert [name for name, _, hashes in entries if not hashes] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_file_names_an_index(path: Path) -> None:
    assert re.findall(r"://|^\s*-(?!-hash)|#| @ ", path.read_text(), re.MULTILINE) == []


def test_a_package_has_one_version_everywhere() -> None:
    versions: dict[str, set[str]] = {}
    for path in OURS:
        for name, version, _ in _entries(path.read_text()):
            versions.setdefault(name, set()).add(version)
    assert {name: sorted(found) for name, found in versions.items() if len(found) > 1} == {}


@pytest.mark.parametrize("path", [path for path in OURS if path.stem != "build"], ids=lambda path: path.stem)
def test_what_is_declared_is_locked(path: Path) -> None:
    declared = _names(project()["project"]["dependencies"])
    if path.stem != "base":
        declared |= _names(project()["project"]["optional-dependencies"][path.stem])
    assert declared <= {name for name, _, _ in _entries(path.read_text())}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_default_install_brings_no_deep_learning_framework(path: Path) -> None:
    heavy = {"torch", "vllm", "tensorflow", "transformers", "jax"}
    assert heavy & {name for name, _, _ in _entries(path.read_text())} == set()
