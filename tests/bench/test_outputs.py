"""Pages, pictures, selections and stamps."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from sluicegate.appliance.bench import stamps
from sluicegate.appliance.bench.cells import CELLS
from sluicegate.appliance.bench.figures import Spread
from sluicegate.appliance.bench.orders import Measured, Order, read_measured, read_order
from sluicegate.appliance.bench.page import put
from sluicegate.appliance.bench.plain_subjects import Direct, Nginx
from sluicegate.appliance.bench.plot import Panel, draw
from sluicegate.appliance.bench.report import Grid, answer_grid
from sluicegate.appliance.bench.selection import WORKERS, chosen, read_peers
from sluicegate.appliance.bench.subject import Subject
from sluicegate.appliance.bench.targets import Answer, Target
from sluicegate.appliance.errors import SettingError

_PAGE = (
    "# Page\n\n<!-- bench:one -->\nold\n<!-- bench:/one -->\n\n<!-- bench:two -->\n<!-- bench:/two -->\nend\n"
)


def test_a_section_of_a_page_is_replaced_and_the_rest_kept(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(_PAGE)
    put(page, "one", "new")
    assert page.read_text() == _PAGE.replace("old", "new")
    put(page, "two", "added")
    assert page.read_text() == _PAGE.replace("old", "new").replace("two -->\n<", "two -->\nadded\n<")


def test_a_page_without_the_markers_is_refused_and_kept(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(_PAGE)
    with pytest.raises(SettingError, match="no markers"):
        put(page, "three", "new")
    assert page.read_text() == _PAGE


def test_the_picture_is_well_formed_and_a_decade_is_as_long_as_the_next() -> None:
    bars = [
        ("a<b>", Spread(100, 40, 1000)),
        ("guarded", Spread(1000, 1000, 1000)),
        ("less", Spread(-3, -4, 2)),
    ]
    drawn = ET.fromstring(draw([Panel("A & B", bars), Panel("empty", [])]))  # noqa: S314 - we wrote it
    texts = [item.text for item in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["A & B", "10", "100", "1,000", "a<b>", "100", "guarded", "1,000", "less", "-3"]
    widths = [float(item.get("width", 0)) for item in drawn.iter("{http://www.w3.org/2000/svg}rect")][1:]
    assert widths[1] == 2 * widths[0] > 0 == widths[2]


def test_a_grid_becomes_a_markdown_table() -> None:
    grid = Grid("Title", ("", "a"), [("x", "1"), ("y", "2")])
    assert grid.markdown() == "**Title**\n\n|  | a |\n| --- | ---: |\n| x | 1 |\n| y | 2 |"


def test_the_table_of_targets_says_the_answer() -> None:
    grid = answer_grid(
        [
            Answer(Target("t", "at most", 5, "times"), Spread(4, 3, 6)),
            Answer(Target("u", "at least", 2), None),
        ]
    )
    assert list(grid.rows) == [
        ("t", "at most 5 times", "4.00 (3.00 to 6.00)", "reached"),
        ("u", "at least 2 times", "-", "not measured"),
    ]


def test_only_names_subjects_and_cells() -> None:
    everything: list[Subject] = [Direct(), Nginx()]
    assert chosen(everything, ()) == (everything, list(CELLS))
    subjects, cells = chosen(everything, ["nginx,plain-16", "stream-1"])
    assert [subject.name for subject in subjects] == ["nginx"]
    assert [cell.name for cell in cells] == ["plain-16", "stream-1"]
    assert chosen(everything, ["hits-16"])[0] == everything
    assert chosen(everything, [WORKERS])[0] == []
    assert [subject.name for subject in chosen(everything, [WORKERS, "nginx"])[0]] == ["nginx"]
    with pytest.raises(SettingError, match="plain-17: no such subject or cell"):
        chosen(everything, ["plain-17"])


def test_peers_are_named_with_a_path() -> None:
    assert read_peers(["ferrogw=/opt/f"]) == {"ferrogw": Path("/opt/f")}
    for text in ("ferrogw", "ferrogw=", "other=/opt/o"):
        with pytest.raises(SettingError, match="--peer"):
            read_peers([text])


def test_orders_and_results_cross_a_pipe_unchanged() -> None:
    order = Order(port=1, headers={"a": "b"}, body="ü", expect=["x"], pids=[1, 2])
    assert read_order(order.dump()) == order
    measured = Measured(requests=3, latency={"p50": 1.5}, error="")
    assert read_measured(measured.dump()) == measured


def test_stamps_are_shared_by_those_who_open_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "stamps"
    stamps.create(path)
    writer, reader = stamps.Stamps(path), stamps.Stamps(path)
    writer.write(3, 4, 12345)
    writer.write(4, 0, 6)
    assert (reader.read(3, 4), reader.read(4, 0), reader.read(0, 0)) == (12345, 6, 0)
    reader.clear(4, 5)
    assert (writer.read(3, 4), writer.read(4, 0)) == (0, 6)
    with pytest.raises(IndexError):
        writer.write(stamps.MOST_STREAMS, 0, 1)
    with pytest.raises(IndexError):
        writer.write(0, -1, 1)
