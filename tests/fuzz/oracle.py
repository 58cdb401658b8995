"""The oracle of the fuzzers: a secret that is planted anywhere must not leave unseen.

It is masked, or the payload is refused, or the receipt names the place as not judged - and then a policy
that blocks what is not judged must have blocked.
"""

import copy
import json
import re
from collections.abc import Iterable, Iterator
from random import Random
from typing import Any

import orjson

from sluicegate.detection.dialects import DIALECTS, StreamShape
from sluicegate.detection.dialects.live import LiveDialect
from sluicegate.detection.errors import BadInput, UpstreamFault
from sluicegate.detection.framing.messages import unframed
from sluicegate.detection.inspection import Inspection
from sluicegate.detection.pointer import public, step
from sluicegate.detection.policy import Clause, Policy
from sluicegate.detection.types import Action, Unjudged, Verdict
from tests.detection.support import ALICE, INSPECTOR, run
from tests.fuzz.changes import at, places, put
from tests.fuzz.shapes import Material

CANARY = "AKIA" + "5XGQ7R2MZN4CTYLB"
LENIENT = Policy("lenient", (Clause(Action.MASK),), restore=False, unjudged=Action.FLAG)
SEVERE = Policy("severe", (Clause(Action.MASK),), restore=False, unjudged=Action.BLOCK)
_ALONE = re.compile(rf"(?<![A-Za-z0-9_+/=-]){CANARY}(?![A-Za-z0-9_+/=-])")
"""The secret where nothing stands beside it that would make it another word."""
_DEEPEST = 4


class UnscannedPass(AssertionError):
    """A secret left that nobody looked at."""


def planted(tree: Any, random: Random) -> Any:
    """A copy of a tree with the secret somewhere: in a text, as a key, in a member of its own."""
    tree = copy.deepcopy(tree)
    path = random.choice(list(places(tree)))
    value = at(tree, path)
    if isinstance(value, dict):
        member = random.choice([CANARY, [CANARY], {"deep": [{"er": CANARY}]}, json.dumps({"a": CANARY})])
        if random.random() < 0.3:
            value[f"about {CANARY}"] = random.choice([None, 1, "x", {}])
        else:
            value[random.choice(["note", "x_new_member", "text", "content", "name", "data"])] = member
        return tree
    if isinstance(value, list):
        value.insert(
            random.randrange(len(value) + 1), random.choice([CANARY, {"text": CANARY}, {"x": CANARY}])
        )
        return tree
    spoken = value if isinstance(value, str) else ""
    return put(tree, path, random.choice([CANARY, f"{spoken} {CANARY}", f"{CANARY} {spoken}"]))


def sightings(value: Any, pointer: str = "", depth: int = 0) -> Iterator[str]:
    """The places where the secret still stands, in strings of JSON within strings, too."""
    if isinstance(value, str):
        if _ALONE.search(value):
            yield pointer
        elif depth < _DEEPEST and value[:1] in ("{", "[", '"') and "\\" in value:
            try:
                inner = json.loads(value)
            except ValueError:
                return
            yield from sightings(inner, f"{pointer}#", depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from sightings(item, f"{pointer}/{index}", depth)
    elif isinstance(value, dict):
        for key, item in value.items():
            if _ALONE.search(key):
                yield pointer
            yield from sightings(item, step(pointer, key), depth)


def _named(place: str, parts: Iterable[Unjudged]) -> bool:
    said = public(place)
    return any(
        said == part.pointer or said.startswith((f"{part.pointer}/", f"{part.pointer}#")) for part in parts
    )


def _field(place: str) -> str:
    return public(place).rstrip("#").rpartition("/")[2]


def _tell_nothing(said: str) -> None:
    assert not _ALONE.search(said), said


def hold_request(material: Material, body: bytes) -> None:
    """Judge a request under both policies; raise where the secret leaves unseen."""
    for policy in (LENIENT, SEVERE):
        inspection = INSPECTOR.open(material.dialect, policy, ALICE)
        try:
            decision = inspection.request(body, material.addressed)
        except BadInput as fault:
            _tell_nothing(fault.message + (fault.param or ""))
            continue
        _hold(decision.body, decision.verdict, policy)
        _tell_nothing(repr(inspection.core()))


def opened(material: Material, policy: Policy) -> Inspection:
    """An exchange whose request was a plain one."""
    inspection = INSPECTOR.open(material.dialect, policy, ALICE)
    if material.requests:
        inspection.request(json.dumps(material.requests[0]).encode(), material.addressed)
    return inspection


def hold_answer(material: Material, body: bytes) -> None:
    """Judge a whole answer under both policies; raise where the secret leaves unseen."""
    for policy in (LENIENT, SEVERE):
        inspection = opened(material, policy)
        try:
            decision = inspection.response(body, "application/json")
        except UpstreamFault as fault:
            _tell_nothing(fault.message)
            continue
        _hold(decision.body, decision.verdict, policy)
        _tell_nothing(repr(inspection.core()))


def _hold(body: bytes | None, verdict: Verdict, policy: Policy) -> None:
    if body is None or not body:
        return
    try:
        tree = json.loads(body)
    except ValueError:  # lines of JSON, or a text
        if _ALONE.search(body.decode("utf-8", "replace")) and not verdict.receipt.unjudged:
            raise UnscannedPass("in a text") from None
        return
    for place in sightings(tree):
        if policy is SEVERE or not _named(place, verdict.receipt.unjudged):
            raise UnscannedPass(f"{place}, {verdict.action.name}, unjudged: {verdict.receipt.unjudged}")


def shape_of(material: Material) -> StreamShape:
    """The shape of the answer to a material's first request."""
    guard = opened(material, LENIENT).stream()
    shape: StreamShape = guard._shape  # type: ignore[attr-defined] # a guard of frames, which tells nobody its shape
    return shape


def framed(shape: StreamShape, frames: Iterable[Any]) -> bytes:
    """Spell a stream."""
    parser = shape.framing.parser()
    written = []
    for tree in frames:
        try:
            written.append(shape.framing.write(tree))
        except (AttributeError, TypeError, KeyError, ValueError, StopIteration):  # no frame of this framing
            continue
    return parser.join([*written, shape.framing.end])


def hold_stream(material: Material, chunks: list[bytes]) -> None:
    """Judge a streamed answer under both policies; raise where the secret leaves unseen."""
    for policy in (LENIENT, SEVERE):
        inspection = opened(material, policy)
        out = run(inspection, chunks)
        verdict = inspection.core().answer
        assert verdict is not None
        _tell_nothing(repr(verdict))
        _hold_frames(material, out, verdict, policy)


def hold_sorter(material: Material, what: str, spelled: bytes | list[bytes]) -> None:
    """Sort the messages of a connection; raise for what no driver of one would expect."""
    dialect = DIALECTS[material.dialect]
    assert isinstance(dialect, LiveDialect)
    sorter = dialect.sorter()
    for content in [spelled] if isinstance(spelled, bytes) else unframed(b"".join(spelled)):
        try:
            tree = orjson.loads(content)
        except orjson.JSONDecodeError:
            continue
        if what == "stream":
            sorter.cancelled(sorter.strand(tree).name)
            continue
        try:
            dialect.parse_request(content, material.addressed)
        except BadInput as fault:
            sorter.declined(tree, fault.code, fault.message)
            continue
        sorter.instructs(tree)
        sorter.continues(tree)
        sorter.model(tree)


def _hold_frames(material: Material, out: bytes, verdict: Verdict, policy: Policy) -> None:
    unjudged = verdict.receipt.unjudged
    named = {_field(part.pointer) for part in unjudged}
    parser = shape_of(material).framing.parser()
    grown: dict[str, str] = {}
    reader = shape_of(material)
    try:
        events = [*parser.feed(out)]
        last = parser.close()
    except UpstreamFault:  # what was ended by us may lack its end
        events, last = [], None
        if _ALONE.search(out.decode("utf-8", "replace")):
            raise UnscannedPass("in a stream that broke off") from None
    for event in [*events, *([last] if last else [])]:
        try:
            tree = json.loads(event.data or b"null")
        except ValueError:
            tree = None
        growing, media = _grow(reader, tree, event.name, grown) if tree is not None else (set(), set())
        for place in sightings(tree):
            if place in growing or (policy is LENIENT and unjudged and place in media):
                continue
            if policy is SEVERE or _field(place) not in named:
                raise UnscannedPass(f"{place} of a frame, {verdict.action.name}, unjudged: {unjudged}")
        if _ALONE.search(event.without_data().decode("utf-8", "replace")):
            raise UnscannedPass("beside the data of a frame")
    for target, text in grown.items():
        if _ALONE.search(text):
            raise UnscannedPass(f"in pieces at {target}")


def _grow(reader: StreamShape, tree: Any, name: str, grown: dict[str, str]) -> tuple[set[str], set[str]]:
    """Put the growing texts together, as a client does; return their places in this frame, and of sound."""
    try:
        frame = reader.read(tree, name)
    except (UpstreamFault, BadInput):
        return set(), set()
    for slot in frame.slots:
        grown[slot.target] = grown.get(slot.target, "") + slot.text
    return {slot.pointer for slot in frame.slots if slot.text}, {pointer for pointer, _ in frame.media}
