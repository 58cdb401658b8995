"""Fakes of the ports and of the core, for tests of whatever stands on them.

They answer from memory, keep what they were given where a test can read it, and do nothing else.
`FakeInspector` reads plain bytes: it knows no wire format and judges by substring, so that a test
of a face need not load a rule.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from .dialects import NOTHING_ADDRESSED, Addressed
from .errors import BadInput
from .inspection import Decision, Step
from .policy import Policy
from .ports import Allowance, Links
from .presets import BALANCED
from .texts import ANSWER, Judged, Text
from .tiers import ATTACK, Ask, Doubt, Opinion, Score
from .types import (
    Action,
    AuditCore,
    AuditEntry,
    Ban,
    Decided,
    Direction,
    Finding,
    Kind,
    Level,
    Principal,
    Receipt,
    Refusal,
    Role,
    Span,
    Tier,
    Verdict,
)


class Gate(Protocol):
    """Something to wait at, like an `asyncio.Event`."""

    async def wait(self) -> object:
        """Return when it is open."""
        ...


SOMEBODY = Principal("tenant-1", "application-1", "shop", "key-1")
"""A principal for tests that need any."""


@dataclass(slots=True)
class FakeClock:
    """Stands still unless it is told to move."""

    time: float = 1_700_000_000.0
    elapsed: float = 0.0

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.time

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return self.elapsed

    def advance(self, seconds: float) -> None:
        """Move both readings forward."""
        self.time += seconds
        self.elapsed += seconds


class MemoryKeys:
    """Keys of a test, kept as digests like everywhere else."""

    def __init__(self, keys: Mapping[str, Principal] | None = None) -> None:
        self._principals = {_digest(secret): principal for secret, principal in (keys or {}).items()}

    def find(self, credential: str) -> Principal | None:
        """Return the principal of a live key, or None."""
        return self._principals.get(_digest(credential))

    @property
    def state(self) -> object:
        """Nobody may rely on an earlier answer."""
        return object()

    def add(self, credential: str, principal: Principal) -> None:
        """Make a key live."""
        self._principals[_digest(credential)] = principal

    def revoke(self, credential: str) -> None:
        """Make a key unknown."""
        del self._principals[_digest(credential)]


class MemoryBans:
    """Bans of a test; they never run out by themselves."""

    def __init__(self, bans: Iterable[Ban] = ()) -> None:
        self._bans = {(ban.kind, ban.value): ban for ban in bans}

    def find(self, kind: str, value: str) -> Ban | None:
        """Return the ban on ``(kind, value)``, or None."""
        return self._bans.get((kind, value))

    def add(self, ban: Ban) -> None:
        """Put a ban in force."""
        self._bans[ban.kind, ban.value] = ban


class OpenCounters:
    """Counts calls by name and refuses none."""

    def __init__(self) -> None:
        self.taken: dict[str, int] = {}

    def take(self, name: str, limit: int, window: float) -> Allowance:
        """Count one call and allow it."""
        self.taken[name] = self.taken.get(name, 0) + 1
        return Allowance(allowed=True, limit=limit, remaining=limit, retry_after=0.0)


class FixedWindows:
    """Counts calls in windows that begin with the first call of each name."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._windows: dict[str, tuple[float, int]] = {}

    def take(self, name: str, limit: int, window: float) -> Allowance:
        """Allow `limit` calls in a window; a refused call does not count."""
        now = self._clock.monotonic()
        begun, count = self._windows.get(name, (now, 0))
        if now >= begun + window:
            begun, count = now, 0
        if count >= limit:
            return Allowance(allowed=False, limit=limit, remaining=0, retry_after=begun + window - now)
        self._windows[name] = (begun, count + 1)
        return Allowance(allowed=True, limit=limit, remaining=limit - count - 1, retry_after=0.0)


class MemoryAudit:
    """Keeps every record in order. Sink and reader in one."""

    def __init__(self) -> None:
        self.opens: list[AuditEntry] = []
        self.entries: list[AuditEntry] = []

    def opened(self, entry: AuditEntry) -> None:
        """Keep the record of a beginning."""
        self.opens.append(entry)

    def closed(self, entry: AuditEntry) -> None:
        """Keep the record of an end."""
        self.entries.append(entry)

    async def find(self, exchange_id: str, principal: Principal) -> AuditEntry | None:
        """Return the newest record of an exchange of the principal's application, else None."""
        for entry in reversed([*self.opens, *self.entries]):
            mine = entry.principal.application_id == principal.application_id
            if entry.exchange_id == exchange_id and mine:
                return entry
        return None


@dataclass(slots=True)
class FixedPolicy:
    """One policy for everybody."""

    value: Policy = BALANCED

    def policy(self, principal: Principal, route: str = "") -> Policy:
        """Return the one policy."""
        return self.value


class NullMetrics:
    """Keeps what it was told and shows it nowhere."""

    def __init__(self) -> None:
        self.exchanges: list[tuple[str, AuditEntry]] = []
        self.rejections: list[tuple[str, str]] = []

    def exchange(self, service: str, entry: AuditEntry) -> None:
        """Keep a finished exchange."""
        self.exchanges.append((service, entry))

    def rejected(self, service: str, reason: str) -> None:
        """Keep a rejection."""
        self.rejections.append((service, reason))


@dataclass(frozen=True, slots=True)
class FakeInspector:
    """A core that judges bytes: refuses `block`, swaps `mask` on the way in and back on the way out.

    Made without words it passes everything but a request that is not a JSON object. A streamed
    answer that comes to hold a word of `block` ends at the chunk that completes it; its last `hold`
    bytes wait for the next chunk or the end. `broken` makes the named step of every inspection
    (``request``, ``response``, ``feed``, ``close``) raise `RuntimeError`.
    """

    block: tuple[bytes, ...] = ()
    mask: Mapping[bytes, bytes] = field(default_factory=dict)
    hold: int = 0
    broken: str = ""

    def warm(self, *, expressions: bool = True) -> Iterator[None]:
        """Nothing needs warming."""
        return iter(())

    def open(
        self,
        dialect: str,
        policy: Policy,
        principal: Principal,
        exchange_id: str = "",
        links: Links | None = None,
    ) -> "FakeInspection":
        """Begin an exchange."""
        return FakeInspection(self, dialect, policy)

    def texts(self, policy: Policy, principal: Principal) -> "FakeTexts":
        """Begin an exchange of plain texts."""
        return FakeTexts(FakeInspection(self, "texts", policy))

    def error(self, dialect: str, status: int, code: str, message: str, param: str | None = None) -> Refusal:
        """Render an error as OpenAI does."""
        error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
        return Refusal(status, json.dumps({"error": error}).encode())


class FakeInspection:
    """One exchange through a `FakeInspector`."""

    def __init__(self, inspector: FakeInspector, dialect: str, policy: Policy) -> None:
        self.model = ""
        self.wants_stream = self.wants_array = False
        self._inspector = inspector
        self._policy = policy
        unjudged = Verdict(Action.PASS, policy=policy.digest)
        self._core = AuditCore(dialect, "", policy.digest, unjudged, None)

    def request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> Decision:
        """Judge the request body."""
        self.fail("request")
        data = _json_object(body)
        self.model = addressed.model or str(data.get("model", ""))
        self.wants_stream = data.get("stream") is True if addressed.stream is None else addressed.stream
        return self.asked(body)

    def settle(self, opinions: Sequence[Opinion], *, raced: bool = False) -> Decision:
        """Nothing was asked."""
        raise ValueError("nothing was asked")

    def asked(self, body: bytes) -> Decision:
        """Judge what goes to a model, whatever it is."""
        decision = self._judge(body, Direction.PROMPT, self._inspector.mask)
        self._core = replace(self._core, model=self.model, prompt=decision.verdict)
        return decision

    def response(self, body: bytes, content_type: str) -> Decision:
        """Judge a whole answer."""
        self.fail("response")
        back = {label: value for value, label in self._inspector.mask.items()}
        decision = self._judge(body, Direction.ANSWER, back)
        self.answered(decision.verdict)
        return decision

    def stream(self) -> "FakeStreamGuard":
        """Begin a streamed answer."""
        self.answered(self.verdict(Action.PASS, Direction.ANSWER))
        return FakeStreamGuard(self, self._inspector.block, self._inspector.hold)

    def asking_stream(self) -> None:
        """Nobody is asked."""

    def core(self) -> AuditCore:
        """The record as it stands."""
        return self._core

    def fail(self, step: str) -> None:
        """Raise where the inspector was told to break."""
        if self._inspector.broken == step:
            raise RuntimeError(f"the fake core breaks in {step}")

    def answered(self, verdict: Verdict) -> None:
        """Record the verdict on the answer."""
        self._core = replace(self._core, answer=verdict)

    def verdict(self, action: Action, direction: Direction) -> Verdict:
        """A verdict with one invented finding, or none when the action is to pass."""
        if action is Action.PASS:
            return Verdict(action, receipt=Receipt(segments=1), policy=self._policy.digest)
        finding = Finding(
            "fake", "fake_rule", "prompt_attack.fake", Level.HIGH, 1.0, "/messages/0/content", Span(0, 4),
            Role.USER, Kind.TEXT, direction, "0" * 16,
        )  # fmt: skip
        decided = (Decided(finding, action),)
        return Verdict(action, decided, receipt=Receipt(segments=1), policy=self._policy.digest)

    def _judge(self, body: bytes, direction: Direction, swaps: Mapping[bytes, bytes]) -> Decision:
        if any(word in body for word in self._inspector.block):
            refusal = Refusal(200, json.dumps({"refused": self._policy.safe_text}).encode(), retry=False)
            return Decision(self.verdict(Action.BLOCK, direction), refusal=refusal)
        edited = body
        for old, new in swaps.items():
            edited = edited.replace(old, new)
        action = Action.PASS if edited == body else Action.MASK
        return Decision(self.verdict(action, direction), body=edited)


class FakeStreamGuard:
    """Releases what it is fed but for a tail, up to the chunk that completes a blocked word."""

    END = b'data: {"stopped":true}\n\n'
    """What it says when it stops a stream."""
    MARK = b"[DONE]"
    """What ends an answer."""

    def __init__(self, inspection: FakeInspection, block: tuple[bytes, ...], hold: int = 0) -> None:
        self._inspection = inspection
        self._block = block
        self._hold = hold
        self._seen = b""
        self._released = 0

    def feed(self, chunk: bytes) -> Step:
        """Release all but the tail, or end the stream."""
        self._inspection.fail("feed")
        self._seen += chunk
        if any(word in self._seen for word in self._block):
            self._inspection.answered(self._inspection.verdict(Action.BLOCK, Direction.ANSWER))
            return Step(self.END, ended=True)
        return Step(self._release(len(self._seen) - self._hold), told=self.MARK in self._seen)

    def close(self) -> Step:
        """Release the tail."""
        self._inspection.fail("close")
        return Step(self._release(len(self._seen)))

    def fault(self, message: str) -> bytes:
        """End a stream that broke off."""
        error = {"message": message, "type": "api_error", "param": None, "code": "upstream_protocol"}
        return b"data: " + json.dumps({"error": error}).encode() + b"\n\n"

    def _release(self, until: int) -> bytes:
        released = self._seen[self._released : max(until, 0)]
        self._released += len(released)
        return released


class FakeTexts:
    """An exchange of plain texts through a `FakeInspector`: every text is a body."""

    def __init__(self, inspection: FakeInspection) -> None:
        self._inspection = inspection
        self.asks: Ask | None = None

    def prompt(self, texts: Sequence[Text]) -> Judged:
        """Judge what goes to a model."""
        return _joined([self._inspection.asked(text.text.encode()) for text in texts])

    def answer(self, texts: Sequence[Text]) -> Judged:
        """Judge what a model answered."""
        return _joined([self._inspection.response(text.text.encode(), "") for text in texts])

    def settle(self, opinions: Sequence[Opinion]) -> Judged:
        """Nothing was asked."""
        raise ValueError("nothing was asked")

    def stream(self, like: Text = ANSWER) -> "FakeTextStream":
        """Begin a streamed answer."""
        return FakeTextStream(self._inspection.stream())

    def core(self) -> AuditCore:
        """The record as it stands."""
        return self._inspection.core()


class FakeTextStream:
    """A text through a `FakeStreamGuard`."""

    def __init__(self, guard: FakeStreamGuard) -> None:
        self._guard = guard
        self.blocked = False

    def feed(self, text: str) -> str:
        """Release all but the tail, or end the stream."""
        return self._text(self._guard.feed(text.encode()))

    def close(self) -> str:
        """Release the tail."""
        return self._text(self._guard.close())

    def _text(self, step: Step) -> str:
        self.blocked = self.blocked or step.ended
        return "" if self.blocked else step.release.decode()


@dataclass(slots=True)
class FakeModel:
    """A linear tier that knows words: its score of an attack is that of the worst word in the text.

    `seen` keeps what it was asked about.
    """

    words: Mapping[str, float] = field(default_factory=dict)
    version: str = "fake-linear"
    seen: list[str] = field(default_factory=list)

    def opinion(self, text: str) -> Opinion:
        """Judge a text."""
        self.seen.append(text)
        return Opinion(self.version, (Score(ATTACK, _worst(self.words, text)),))


@dataclass(slots=True)
class FakeTier:
    """A slow tier that knows words, like `FakeModel`; a text with ``mute`` it leaves unjudged.

    `asked` keeps what it was asked, `deadlines` how long it had. With a `gate` it waits there first.
    """

    tier: Tier = Tier.TRANSFORMER
    words: Mapping[str, float] = field(default_factory=dict)
    mute: str = "\0"
    seconds: float = 0.01
    model: str = "fake-transformer"
    gate: Gate | None = None
    asked: list[Doubt] = field(default_factory=list)
    deadlines: list[float] = field(default_factory=list)

    async def judge(self, doubts: Sequence[Doubt], deadline: float) -> Sequence[Opinion]:
        """Judge texts."""
        self.asked += doubts
        self.deadlines.append(deadline)
        if self.gate is not None:
            await self.gate.wait()
        return [self._opinion(doubt.text) for doubt in doubts]

    def _opinion(self, text: str) -> Opinion:
        if self.mute in text:
            return Opinion(self.model, unjudged="dead")
        return Opinion(self.model, (Score(ATTACK, _worst(self.words, text)),), self.seconds)


def _worst(words: Mapping[str, float], text: str) -> float:
    return max((score for word, score in words.items() if word in text), default=0.0)


def _joined(decisions: Sequence[Decision]) -> Judged:
    """Put the decisions about some texts into one, with the verdict of the most severe."""
    worst = max(decisions, key=lambda decision: decision.verdict.action)
    return Judged(worst.verdict, tuple((decision.body or b"").decode() for decision in decisions))


def _digest(credential: str) -> bytes:
    return hashlib.sha256(credential.encode()).digest()


def _json_object(body: bytes) -> dict[str, object]:
    try:
        data = json.loads(body)
    except ValueError:
        raise BadInput("The body is not JSON.", code="invalid_json") from None
    if not isinstance(data, dict):
        raise BadInput("The body is not a JSON object.", code="invalid_json")
    return data
