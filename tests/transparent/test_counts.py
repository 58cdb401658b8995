"""What the proxy counts is shown by every process of the appliance, and the documents say what it means."""

import json
import logging
import re
from pathlib import Path
from typing import cast

import pytest

from sluicegate.appliance.board import Board
from sluicegate.appliance.proxy_counts import CELLS, ProxyCounts
from sluicegate.appliance.shown_metrics import shown_metrics
from sluicegate.gateway.transparent.tally import COUNTS, Tally
from sluicegate.middleware.cells import Cells

_PAGE = Path(__file__).parents[2] / "docs" / "transparent.md"


def _counts(board: Board, fail: str = "open") -> ProxyCounts:
    return ProxyCounts(cast("Cells", board.slots[2].cells), fail)


def test_another_process_shows_what_the_proxy_counted() -> None:
    board = Board(3, CELLS)
    tally = Tally(_counts(board).count)
    for kind in (*COUNTS, "handed_over"):
        tally.count(kind, "192.0.2.7", "api.openai.com")
    shown = shown_metrics(board, board.slots[1]).render().decode()
    for kind in COUNTS:
        times = 2.0 if kind == "handed_over" else 1.0
        assert f'sluicegate_intercepted_total{{what="{kind}"}} {times}' in shown
    assert "192.0.2.7" not in shown
    assert tally.times("handed_over") == 2


def test_the_time_without_a_gateway_is_counted_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    board = Board(3, CELLS)
    counts = _counts(board)
    with caplog.at_level(logging.INFO, "sluicegate.intercept"):
        counts.looked(alive=True, seconds=5.0)
        for _ in range(3):
            counts.looked(alive=False, seconds=0.5)
        counts.looked(alive=True, seconds=0.5)
    shown = shown_metrics(board, board.slots[0]).render().decode()
    assert 'sluicegate_gateway_away_seconds_total{fail="open"} 1.5' in shown
    assert [record.getMessage() for record in caplog.records] == ["gateway_away", "gateway_back"]
    assert {json.dumps(getattr(record, "fields", None)) for record in caplog.records} == {'{"fail": "open"}'}


def test_the_page_lists_all_that_is_counted() -> None:
    section = _PAGE.read_text().partition("## What is counted")[2].partition("\n## ")[0]
    listed = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)))
    assert sorted(listed) == sorted(COUNTS)
