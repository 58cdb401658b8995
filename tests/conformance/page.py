"""The table of docs/compatibility.md that tells what each SDK saw."""

from collections.abc import Iterable, Mapping

from tests.conformance.driving import ROOT
from tests.conformance.kit import Cell
from tests.conformance.scenarios import SCENARIOS, Scenario
from tests.conformance.sdks import SDKS

PAGE = ROOT / "docs" / "compatibility.md"
BEGIN, END = (
    "<!-- begin of what `make conformance` saw -->\n",
    "<!-- end of what `make conformance` saw -->\n",
)

_HALVES = (
    ("The answer ends with", [scenario for scenario in SCENARIOS if scenario.ending in ("answer", "leave")]),
    ("The caller sees", [scenario for scenario in SCENARIOS if scenario.ending not in ("answer", "leave")]),
)
"""What goes through, and what does not: two tables, because one would be too wide."""

type Lines = tuple[str, str]


def row(name: str, version: str, cells: Mapping[str, Cell]) -> Lines:
    """An SDK's line in each of the two tables."""
    first = f"{name} {version}"
    told = [[_told(scenario, cells[scenario.name]) for scenario in half] for _, half in _HALVES]
    return _line([first, *told[0]]), _line([first, *told[1]])


def head() -> Lines:
    """The first line of each of the two tables."""
    first, second = (
        _line([f"SDK ({title.lower()})", *(scenario.name for scenario in half)]) for title, half in _HALVES
    )
    return first, second


def kept() -> Lines:
    """The two tables as the page has them."""
    _, _, rest = PAGE.read_text().partition(BEGIN)
    first, _, second = rest.partition(END)[0].strip().partition("\n\n")
    return first, second


def write(rows: Mapping[str, Lines]) -> None:
    """Put the rows of every SDK into the page, in the order of the kit."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    tables = [
        "\n".join([top, _rule(top), *(rows[sdk.name][at] for sdk in SDKS)]) for at, top in enumerate(head())
    ]
    PAGE.write_text(f"{before}{BEGIN}\n{'\n\n'.join(tables)}\n\n{END}{after}")


def _told(scenario: Scenario, cell: Cell) -> str:
    if scenario.ending == "leave":
        return "cancelled"
    times = f", asked {len(cell.outcomes)} times" if scenario.status == 503 and len(cell.outcomes) > 1 else ""
    return f"`{cell.shown}`{times}"


def _line(values: Iterable[str]) -> str:
    return f"| {' | '.join(values)} |"


def _rule(line: str) -> str:
    return _line(["---"] * (line.count(" | ") + 1))
