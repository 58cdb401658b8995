"""An independent fake and ours come to the same, or it is said who is right."""

from pathlib import Path
from typing import Any

import pytest

from tests.conformance.aimock import COMPARED, running
from tests.conformance.driving import Driver
from tests.conformance.environments import need_javascript
from tests.conformance.kit import Stand, job
from tests.conformance.sdks import SDKS
from tests.conformance.voices import VOICES
from tests.support.local_gateway import LocalGateway

DIFFERENCES: dict[tuple[str, str], str] = {
    ("google-genai", "tools"): "aimock ends with FUNCTION_CALL; `FinishReason` has no such value, calls STOP",
    ("google-genai", "streamed tools"): "aimock ends with FUNCTION_CALL; `FinishReason` has no such value",
    ("boto3", "streamed"): "aimock starts a text with `start: {}`; the union `ContentBlockStart` has no text",
    ("boto3", "upstream error"): "aimock names no error in `x-amzn-errortype`, where the package reads it",
    ("boto3", "upstream error, streamed"): "aimock names no error in `x-amzn-errortype`",
}
"""Where they differ, and why ours is right: by the types of each SDK."""

UNKNOWN = {"mistral"}
"""Formats that aimock has not."""

COMPARABLE = [sdk for sdk in SDKS if sdk.where != "apart" and sdk.voice not in UNKNOWN]


def _core(told: dict[str, Any]) -> tuple[Any, ...]:
    error = told["error"]["name"] if told["error"] else ""
    return told["text"], told["calls"], told["finish"], error


@pytest.mark.long
def test_both_fakes_come_to_the_same(tmp_path: Path) -> None:
    need_javascript()
    found: dict[tuple[str, str], Any] = {}
    with running(tmp_path) as url:
        for sdk in COMPARABLE:
            theirs = LocalGateway(VOICES[sdk.voice].spec(url))
            with Stand(sdk.voice).open() as stand, theirs, Driver(sdk) as driver:
                for scenario in COMPARED:
                    ours = _core(stand.run(driver, scenario).told)
                    other = _core(driver.ask(job(theirs, scenario)))
                    if ours != other:
                        found[sdk.name, scenario.name] = ours, other
    assert found.keys() == DIFFERENCES.keys(), found
