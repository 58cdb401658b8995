"""Compiling expressions of policies in a process that can be stopped."""

from pathlib import Path
from typing import Any

import pytest

from sluicegate.appliance import compile_aside as aside
from sluicegate.detection.core import build_inspector
from sluicegate.detection.database_cache import Expression
from sluicegate.detection.errors import BadPolicy
from sluicegate.detection.policy_file import load_policy
from sluicegate.detection.presets import PRESETS
from sluicegate.detection.texts import Text
from sluicegate.detection.types import Action
from tests.detection.support import ALICE, MASTER, RULES


def test_what_was_compiled_there_scans_here() -> None:
    found: list[int] = []
    database = aside.compile_aside([Expression(b"bar[gk]e", 0), Expression(b"quay", 0)])
    database.scan(b"the barge at the quay", lambda index, *_: found.append(index))
    assert found == [0, 1]


def test_more_than_the_bounds_allow_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "MEMORY", 64 << 20)
    with pytest.raises(BadPolicy, match="to compile"):
        aside.compile_aside([Expression(b"[a-z]{1,400}%d[0-9a-z]{5,900}" % n, 0) for n in range(20)])


def test_an_expression_that_the_engine_refuses_is_no_crash() -> None:
    with pytest.raises(BadPolicy, match="to compile"):
        aside.compile_aside([Expression(b"(", 0)])


def test_policies_are_compiled_aside_and_kept(tmp_path: Path) -> None:
    policy = load_policy(
        'extends = "balanced"\n[[deny]]\nname = "rivals"\nwords = ["Acme Corp"]', "own", PRESETS
    )
    for compiled in (aside.compile_aside, _never):
        inspector = build_inspector(MASTER, RULES[:3], tmp_path, compiled)
        judged = inspector.texts(policy, ALICE).prompt([Text("and Acme Corp?")])
        assert judged.verdict.action is Action.BLOCK


def _never(expressions: object) -> Any:
    raise AssertionError(expressions)
