"""``@copilotkit/aimock``, an upstream that somebody else wrote, in a process of its own."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conformance.environments import MODULES
from tests.conformance.scenarios import SCENARIOS, TOKEN, UPSTREAM_SAYS, Scenario

_PROGRAM = MODULES / "@copilotkit" / "aimock" / "dist" / "cli.js"
_LISTENS = re.compile(r"listening on http://127\.0\.0\.1:(\d+)")

COMPARED = tuple(
    scenario
    for scenario in SCENARIOS
    if scenario.ending in ("answer", "error")
    and scenario.status != 503
    and TOKEN not in scenario.speech.parts
)
"""What aimock can say: it answers alike whatever it is asked, so it cannot speak of placeholders."""


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Start it with what the scenarios want said; yields its address."""
    fixtures = folder / "fixtures.json"
    # The first that fits is said, and a question with tools has the prompt of one without.
    said = sorted((item for item in COMPARED if not item.streamed), key=lambda item: not item.tools)
    fixtures.write_text(json.dumps({"fixtures": [_fixture(scenario) for scenario in said]}))
    process = subprocess.Popen(
        ["node", str(_PROGRAM), "-p", "0", "-f", str(fixtures), "-c", "6", "--strict"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if found := _LISTENS.search(line):
                yield f"http://127.0.0.1:{found[1]}"
                return
        raise AssertionError("aimock did not start")
    finally:
        process.kill()
        process.communicate()


def _fixture(scenario: Scenario) -> dict[str, Any]:
    if scenario.ending == "error":
        said: dict[str, Any] = {"error": {"message": UPSTREAM_SAYS}, "status": scenario.status}
        return {"match": {"userMessage": scenario.prompt}, "response": said}
    if scenario.speech.call is not None:
        call = {"name": scenario.speech.call.name, "arguments": scenario.speech.call.value}
        return {"match": {"toolName": call["name"]}, "response": {"toolCalls": [call]}}
    return {"match": {"userMessage": scenario.prompt}, "response": {"content": scenario.speech.text}}
