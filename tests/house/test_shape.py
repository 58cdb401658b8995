"""The shape of the code: small files, short functions, and nothing of the machine it was written on."""

import ast
import re
from pathlib import Path
from statistics import median, quantiles

import pytest

from tests.house.tree import FLOORS, ROOT, kept, parsed, sources

LONGEST_FILE = 600
_FOREIGN = re.compile(
    "|".join(
        [
            r"(?<![\w.])/(?:work|root|home)/",
            r"pypi\.org/" + "simple",
            r"python" + r"hosted\.org",
            r"registry\.npm" + r"js\.org",
            r"deb\." + r"debian\.org",
            r"\bpyenv\b",
        ]
    )
)


def _functions() -> list[int]:
    return [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for path in sources()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_no_file_is_long() -> None:
    paths = [*sources(), *sources("tests", "scripts", "src")]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in paths}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_files_hold_one_idea() -> None:
    assert (
        median(len(path.read_text().splitlines()) for path in sources() if path.name != "__init__.py") <= 150
    )


def test_functions_are_short() -> None:
    lengths = _functions()
    assert median(lengths) <= 10
    assert quantiles(lengths, n=10)[-1] <= 35


@pytest.mark.parametrize("floor", FLOORS)
def test_each_floor_is_reached_by_a_relative_link(floor: str) -> None:
    link = ROOT / "src" / "sluicegate" / floor
    assert link.is_symlink()
    assert link.readlink() == Path("../..") / floor
    assert (link / "__init__.py").is_file()


def test_every_package_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in sources()
        if path.name == "__init__.py" and not (ast.get_docstring(parsed(path)) or "").strip()
    ]
    assert silent == []


def test_nothing_names_the_machine_it_was_written_on() -> None:
    found = []
    for path in kept():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue  # a picture
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in _FOREIGN.finditer(text)]
    assert found == []
