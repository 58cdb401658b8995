"""Wall 7: a placeholder is worth nothing outside of the exchange that minted it."""

import pytest

from sluicegate.detection.types import Principal
from sluicegate.detection.vault import SHAPE
from tests.detection.support import ALICE, BOB, begin, chat, run, text_of, text_stream

MAIL = "maria.keller@kontor-nord.example"
OTHERS = Principal("tenant-2", "app-1", "one", "key-3")


def _minted(principal: Principal) -> str:
    _, forwarded = begin(chat(f"Write to {MAIL} soon."), principal=principal)
    found = SHAPE.search(forwarded["messages"][0]["content"])
    assert found
    return found.group()


def test_wall_7_tenants_and_applications_have_placeholders_of_their_own() -> None:
    assert len({_minted(principal) for principal in (ALICE, BOB, OTHERS)}) == 3


@pytest.mark.parametrize("principal", [ALICE, BOB, OTHERS], ids=["same", "application", "tenant"])
def test_wall_7_a_placeholder_of_another_exchange_stays(principal: Principal) -> None:
    foreign = _minted(principal)
    inspection, _ = begin(chat("Write to jonas.weber@kontor-sued.example."), principal=ALICE)
    assert text_of(run(inspection, [text_stream([f"Say {foreign} now."])])) == f"Say {foreign} now."
