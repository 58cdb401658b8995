"""What detection costs by itself: microseconds a kilobyte by kind of text, and a streamed frame.

A text is scanned as one finished segment: encoding, views, anchors, exact matches of the rules that
may match, validators. Processor time of this process is taken over repetitions that last long
enough for its clock, and again in each round; figures are medians of the rounds. A frame goes
through the whole stream guard: framing, JSON, scan, hold-back, rendering.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ...detection.core import Core, build_inspector
from ...detection.encoded import Encoded
from ...detection.inspection import StreamGuard
from ...detection.presets import preset
from ...detection.rules import Rule
from ...detection.ruleset import Ruleset
from ...detection.text_scan import TextScan
from ...detection.types import Direction, Principal
from .figures import Spread, spread
from .texts import kinds, ordinary_prose, shortened
from .workload import chat_body, fixed_answer, plain_prompt, stream_frames

SIZES = (1024, 16 * 1024)
"""Bytes of the texts: a message, and enough that only the rate is left."""
PRINCIPAL = Principal("tenant", "application", "bench", "key")

_FRAMES = 200
_TURNS = 3
_KEY = b"a key of the benchmark, and no secret"


@dataclass(frozen=True, slots=True)
class Scan:
    """What one kind of text costs: microseconds a kilobyte, and how much was found in it."""

    kind: str
    rules: int
    size: int
    cost: Spread
    findings: int


def built(rules: Sequence[Rule], cache: Path) -> Core:
    """Build a core, its compiled rules loaded from a folder or kept there."""
    core = build_inspector(_KEY, rules, cache)
    if not isinstance(core, Core):
        raise TypeError("the core is of another kind")
    return core


def scans(core: Core, count: int, rounds: int, seconds: float) -> list[Scan]:
    """Measure every kind at every size. `seconds` is how long one figure of one round takes."""
    ruleset = core.rulesets[Direction.PROMPT]
    texts = [(kind, shortened(text, size)) for kind, text in kinds().items() for size in SIZES]
    found: dict[tuple[str, int], list[float]] = {}
    for _ in range(rounds):
        for kind, text in texts:
            each = timed(lambda text=text: _scan(ruleset, text), seconds)  # type: ignore[misc] # mypy cannot infer a lambda's default
            found.setdefault((kind, len(text)), []).append(each / (len(text.encode()) / 1024) * 1e6)
    return [
        Scan(kind, count, len(text.encode()), _spread(found[kind, len(text)]), _scan(ruleset, text))
        for kind, text in texts
    ]


def views(core: Core, rounds: int, seconds: float) -> Spread:
    """Return what looking for other readings adds to varied prose: microseconds a kilobyte.

    Texts are scanned with the views and without them by turns in one process; of each the least counts.
    """
    ruleset = core.rulesets[Direction.PROMPT]
    plain = copy(ruleset)
    vars(plain)["signs"] = _NoSigns()
    texts = ordinary_prose()
    size = sum(len(text.encode()) for text in texts) / 1024
    return _spread([_added(ruleset, plain, texts, seconds) / size * 1e6 for _ in range(rounds)])


def _added(ruleset: Ruleset, plain: Ruleset, texts: Sequence[str], seconds: float) -> float:
    """Return the seconds that views add to a scan of all texts."""
    each = seconds / len(texts)
    added = 0.0
    for text in texts:
        seen, bare = partial(_scan, ruleset, text), partial(_scan, plain, text)
        both = [(timed(seen, each), timed(bare, each)) for _ in range(_TURNS)]
        added += min(one for one, _ in both) - min(other for _, other in both)
    return max(0.0, added)


class _NoSigns:
    """Shows no view."""

    def of(self, _: Encoded) -> tuple[()]:
        return ()


def frames(core: Core, rounds: int) -> Spread:
    """Return microseconds of processor time for a frame of a stream."""
    sent = stream_frames(_FRAMES)
    return _spread([_stream_once(core, sent) / len(sent) * 1e6 for _ in range(rounds + 1)][1:])


def exchanges(core: Core, rounds: int, seconds: float) -> Spread:
    """Return microseconds of processor time for judging one request and its answer, whole."""
    return _spread([timed(lambda: exchange(core), seconds) * 1e6 for _ in range(rounds)])


def exchange(core: Core) -> None:
    """Judge one request and its answer."""
    inspection = core.open("openai_chat", preset("balanced"), PRINCIPAL)
    inspection.request(chat_body(plain_prompt()))
    inspection.response(fixed_answer(), "application/json")


def timed(work: Callable[[], object], seconds: float) -> float:
    """Return the processor seconds of one call, the best of three stretches of `seconds` in all."""
    work()
    began = time.perf_counter()
    work()
    times = max(1, int(seconds / 3 / max(time.perf_counter() - began, 1e-7)))
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        for _ in range(times):
            work()
        best = min(best, (time.process_time() - began) / times)
    return best


def guard(core: Core) -> StreamGuard:
    """Begin a streamed answer."""
    inspection = core.open("openai_chat", preset("balanced"), PRINCIPAL)
    inspection.request(chat_body(plain_prompt(), stream=True))
    return inspection.stream()


def _stream_once(core: Core, sent: Sequence[bytes]) -> float:
    watching = guard(core)
    began = time.process_time()
    for frame in sent:
        watching.feed(frame)
    watching.close()
    return time.process_time() - began


def _scan(ruleset: Ruleset, text: str) -> int:
    return len(TextScan(ruleset, whole=True).look(text, final=True).hits)


def _spread(values: Sequence[float]) -> Spread:
    found = spread(values)
    if found is None:
        raise ValueError("no rounds")
    return found


def by_kind(found: Sequence[Scan], size: int) -> Mapping[str, Scan]:
    """Return the scans of one size by kind."""
    return {scan.kind: scan for scan in found if abs(scan.size - size) < 4}
