"""The log line of an exchange says what happened and nothing that a client wrote."""

import logging
from dataclasses import replace
from typing import Any

import pytest

from sluicegate.admin_ui.store.audit import Stored
from sluicegate.admin_ui.store.record import record_of
from sluicegate.appliance.exchange_log import log_exchanges
from sluicegate.detection.presets import BALANCED
from sluicegate.detection.testing import SOMEBODY, FakeInspector
from sluicegate.detection.types import Action, AuditCore, AuditEntry, Direction, Verdict

CORE = AuditCore("openai_chat", "a-model-a-client-named", "p", Verdict(Action.PASS), None)
ENTRY = AuditEntry(
    "x1", SOMEBODY, "gateway", "POST", "/v1/chat/completions", "demo", 200, "complete", False,
    1.0, 0.0015, 0.25, "127.0.0.1", CORE,
)  # fmt: skip


def _logged(caplog: pytest.LogCaptureFixture, entry: AuditEntry, level: int = logging.INFO) -> dict[str, Any]:
    caplog.set_level(level)
    log_exchanges([Stored(1, record_of(entry))])
    (record,) = caplog.records
    assert record.message == "exchange"
    fields: dict[str, Any] = record.__dict__["fields"]
    return fields


def test_who_where_how_long_and_how_it_ended(caplog: pytest.LogCaptureFixture) -> None:
    fields = _logged(caplog, ENTRY, logging.DEBUG)
    assert fields["request_id"] == "x1"
    assert fields["tenant_id"] == SOMEBODY.tenant_id
    assert fields["service"] == "gateway"
    assert fields["outcome"] == "complete"
    assert fields["action"] == "pass"
    assert fields["risk_level"] == "no_risk"
    assert (fields["guard_ms"], fields["duration_ms"]) == (1.5, 251.5)
    assert "a-model-a-client-named" not in str(fields)


@pytest.mark.parametrize("direction", Direction)
def test_the_highest_finding_of_either_direction_counts(
    caplog: pytest.LogCaptureFixture, direction: Direction
) -> None:
    inspection = FakeInspector().open("openai_chat", BALANCED, SOMEBODY)
    verdict = inspection.verdict(Action.BLOCK, direction)
    core = replace(CORE, prompt=verdict) if direction is Direction.PROMPT else replace(CORE, answer=verdict)
    fields = _logged(caplog, replace(ENTRY, core=core))
    assert (fields["risk_level"], fields["action"]) == ("high_risk", "block")
    assert fields["categories"] == ["prompt_attack.fake"]


@pytest.mark.parametrize("outcome", ["refused", "stopped", "upstream_error", "client_gone", "interrupted"])
def test_an_exchange_that_did_not_complete_is_told(caplog: pytest.LogCaptureFixture, outcome: str) -> None:
    assert _logged(caplog, replace(ENTRY, outcome=outcome))["outcome"] == outcome


@pytest.mark.parametrize("action", [action for action in Action if action is not Action.PASS])
def test_an_exchange_in_which_something_was_done_is_told(
    caplog: pytest.LogCaptureFixture, action: Action
) -> None:
    assert (
        _logged(caplog, replace(ENTRY, core=replace(CORE, answer=Verdict(action))))["action"] == action.label
    )


def test_an_exchange_in_which_nothing_happened_is_not(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    log_exchanges([Stored(1, record_of(ENTRY))])
    assert caplog.records == []


def test_an_exchange_that_still_runs_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    log_exchanges([Stored(None, record_of(replace(ENTRY, outcome="open")))])
    assert caplog.records == []
