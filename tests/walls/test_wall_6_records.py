"""Wall 6: neither a name that a client chose nor a guessable digest tells what was said."""

import json

import pytest

from sluicegate.detection.errors import BadInput
from sluicegate.detection.presets import BALANCED, MONITOR
from sluicegate.detection.types import Principal
from sluicegate.detection.vault import value_digest
from tests.detection.support import ALICE, BOB, INSPECTOR, begin, chat

SECRET = "AKIA" + "5XGQ7R2MZN4CTYLB"
MAIL = "maria.keller@kontor-nord.example"
OTHERS = Principal("tenant-2", "app-1", "one", "key-3")


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"metadata": {SECRET: MAIL}}, id="metadata"),
        pytest.param({"unknown": [{SECRET: {"x": MAIL}}]}, id="unknown field"),
        pytest.param({"tools": [{"type": "function", "function": {"name": "f", SECRET: MAIL}}]}, id="tool"),
    ],
)
def test_wall_6_no_key_of_a_client_stands_in_a_finding(more: dict[str, object]) -> None:
    inspection, _ = begin(chat("hello", **more), MONITOR)
    prompt = inspection.core().prompt
    assert prompt.findings
    assert SECRET not in str(prompt)
    assert MAIL not in str(prompt)


def test_wall_6_no_key_of_a_client_stands_in_an_error() -> None:
    body = json.dumps({**chat(), SECRET: {"a": 1, "A": 2}}).encode()
    with pytest.raises(BadInput) as caught:
        INSPECTOR.open("openai_chat", BALANCED, ALICE).request(body)
    assert caught.value.code == "duplicate_key"
    assert SECRET not in f"{caught.value.message} {caught.value.param}"


def test_wall_6_a_digest_cannot_be_guessed_without_its_key() -> None:
    assert value_digest(b"a" * 32, SECRET) != value_digest(b"b" * 32, SECRET)


def test_wall_6_and_7_digests_of_two_applications_cannot_be_compared() -> None:
    digests = set()
    for principal in (ALICE, BOB, OTHERS):
        inspection, _ = begin(chat(f"Use {SECRET}."), principal=principal)
        digests |= {finding.digest for finding in inspection.core().prompt.findings}
    assert len(digests) == 3
