"""What is wrong with a cell of the kit; nothing, if all is well."""

import json
from collections.abc import Callable, Iterator, Mapping

from tests.conformance.kit import Cell
from tests.conformance.scenarios import MAIL, SCENARIOS, SECRET, TOKEN, UPSTREAM_SAYS, Ending, Scenario
from tests.conformance.sdks import Sdk


def all_faults(sdk: Sdk, cells: Mapping[str, Cell]) -> dict[str, list[str]]:
    """The faults of every scenario that has any."""
    found = {scenario.name: faults(sdk, scenario, cells[scenario.name]) for scenario in SCENARIOS}
    return {name: wrong for name, wrong in found.items() if wrong}


def faults(sdk: Sdk, scenario: Scenario, cell: Cell) -> list[str]:
    """Each fault in a sentence."""
    wrong = list(_ENDINGS[scenario.ending](sdk, scenario, cell))
    asked, reached = len(cell.outcomes), len(cell.received)
    wanted = sdk.attempts if scenario.status == 503 else 1
    if asked != wanted:
        wrong.append(f"the gateway was asked {asked} times, not {wanted}")
    if reached != (0 if scenario.ending == "refusal" else wanted):
        wrong.append(f"the upstream was asked {reached} times")
    if SECRET in json.dumps(cell.told):
        wrong.append("the secret reached the caller")
    if any(MAIL in text for text in cell.received):
        wrong.append("the address reached the upstream")
    return wrong


def _answered(_: Sdk, scenario: Scenario, cell: Cell) -> Iterator[str]:
    told, speech = cell.told, scenario.speech
    if told["error"]:
        yield f"it raised {told['error']}"
        return
    text = speech.text.replace(TOKEN, MAIL)
    if told["text"] != text:
        yield f"the text was {told['text']!r}"
    calls = [{"name": speech.call.name, "arguments": speech.call.value}] if speech.call else []
    if told["calls"] != calls:
        yield f"the calls were {told['calls']}"
    if scenario.streamed and text and told["pieces"] < 2:
        yield "the stream came in one piece"
    if not told["finish"]:
        yield "nothing said why the answer ended"


def _failed(sdk: Sdk, _: Scenario, cell: Cell) -> Iterator[str]:
    error = cell.told["error"]
    if not error:
        yield "nothing was raised"
    elif error["package"] not in sdk.own:
        yield f"{error['name']} is of {error['package']}"
    elif UPSTREAM_SAYS not in error["message"]:
        yield f"the upstream's words are not in {error['message']!r}"


def _refused(sdk: Sdk, scenario: Scenario, cell: Cell) -> Iterator[str]:
    told = cell.told
    raises = scenario.tools and sdk.objects
    if cell.shown != (sdk.objects if raises else sdk.blocked):
        yield f"it ended with {cell.shown!r}"
    said = told["error"]["message"] if told["error"] else told["text"] + told["refusal"]
    if scenario.policy.safe_text not in said:
        yield f"the words of the refusal are not in {said!r}"
    if told["calls"]:
        yield "a tool was called"
    yield from _recorded(cell, "refused")


def _stopped(sdk: Sdk, scenario: Scenario, cell: Cell) -> Iterator[str]:
    released, _, _ = scenario.speech.text.partition(SECRET)
    if not cell.told["text"].startswith(released):
        yield f"{cell.told['text']!r} was released, not {released!r}"
    rest = cell.told["text"].removeprefix(released).strip()
    if rest not in ("", scenario.policy.safe_text):
        yield f"{rest!r} came behind what was released"
    yield from _cut(cell)
    if cell.shown != ((scenario.tools and sdk.cut) or sdk.stopped):
        yield f"it ended with {cell.shown!r}"
    yield from _recorded(cell, "stopped")
    if scenario.stalls:
        yield from _cancelled(cell)


def _cut(cell: Cell) -> Iterator[str]:
    """Some packages read the beginning of a call for all of it: whoever runs calls would run it."""
    if cell.told["calls"] or cell.told["unfinished"]:
        yield f"it was told of calls: {cell.told['calls'] or cell.told['unfinished']}"


def _left(_: Sdk, scenario: Scenario, cell: Cell) -> Iterator[str]:
    if cell.told["error"]:
        yield f"leaving raised {cell.told['error']}"
    if not cell.told["text"] or not scenario.speech.text.startswith(cell.told["text"]):
        yield f"the text was {cell.told['text']!r}"
    yield from _recorded(cell, "client_gone")
    yield from _cancelled(cell)


def _recorded(cell: Cell, outcome: str) -> Iterator[str]:
    if set(cell.outcomes) != {outcome}:
        yield f"it is recorded as {cell.outcomes}"


def _cancelled(cell: Cell) -> Iterator[str]:
    if set(cell.fates) != {"aborted"}:
        yield f"the upstream's call was {cell.fates}"


_ENDINGS: dict[Ending, Callable[[Sdk, Scenario, Cell], Iterator[str]]] = {
    "answer": _answered,
    "error": _failed,
    "refusal": _refused,
    "stop": _stopped,
    "leave": _left,
}
