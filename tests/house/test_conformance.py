"""The page about SDKs tells of all of them and of all that they were put through."""

import re

from tests.conformance import page
from tests.conformance.scenarios import SCENARIOS
from tests.conformance.sdks import SDKS
from tests.house.tree import ROOT

_KIT = ROOT / "tests" / "conformance"


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split(" | ")]


def test_the_tables_name_every_scenario() -> None:
    heads = [_cells(table.splitlines()[0])[1:] for table in page.kept()]
    assert sorted(heads[0] + heads[1]) == sorted(scenario.name for scenario in SCENARIOS)
    assert [table.splitlines()[0] for table in page.kept()] == [*page.head()]


def test_the_tables_name_every_sdk_with_a_version_and_fill_every_cell() -> None:
    for table in page.kept():
        top, _, *rows = table.splitlines()
        lines = [_cells(line) for line in rows]
        assert [re.sub(r" \d[\w.]*$", "", first) for first, *_ in lines] == [sdk.name for sdk in SDKS]
        assert all(re.search(r" \d[\w.]*$", first) for first, *_ in lines)
        assert all(len(cells) == len(_cells(top)) and all(cells) for cells in lines)


def test_every_driver_is_an_sdks() -> None:
    python = {path.stem for path in (_KIT / "drivers").glob("*.py")} - {"contract"}
    javascript = {path.stem for path in (_KIT / "javascript").glob("*.mjs")} - {"contract"}
    assert python == {sdk.driver for sdk in SDKS if sdk.where != "javascript"}
    assert javascript == {sdk.driver for sdk in SDKS if sdk.where == "javascript"}


def test_packages_of_javascript_are_locked_without_an_address() -> None:
    locked = (_KIT / "javascript" / "package-lock.json").read_text()
    assert '"integrity": "sha512-' in locked
    assert "resolved" not in locked
    assert "://" not in re.sub(r'"url": "[^"]*"', "", locked), "but for where authors ask for money"
