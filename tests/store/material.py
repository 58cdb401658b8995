"""Exchanges to record: one to read, and strategies for every shape one can have."""

from collections.abc import Iterable
from dataclasses import replace

from hypothesis import strategies as st

from sluicegate.admin_ui.store.audit import AuditLog, Stored
from sluicegate.admin_ui.store.record import record_of
from sluicegate.detection.types import (
    Action,
    AuditCore,
    AuditEntry,
    Decided,
    Direction,
    Edit,
    Finding,
    Kind,
    Level,
    Principal,
    Receipt,
    Role,
    Span,
    Tier,
    Unjudged,
    Verdict,
)

SOMEONE = Principal("tenant-1", "application-1", "Support bot", "key-1")

LEAK = Finding(
    scanner="secrets",
    rule="aws_access_key",
    category="secret.aws_access_key",
    level=Level.HIGH,
    score=0.98,
    pointer="/messages/1/content",
    span=Span(12, 32),
    role=Role.USER,
    kind=Kind.TEXT,
    direction=Direction.PROMPT,
    digest="0123456789abcdef",
)

ATTACK = replace(
    LEAK,
    scanner="prompt_attacks",
    rule="ignore_previous",
    category="prompt_attack.override",
    role=Role.TOOL,
    view="base64",
)

MASKED = Verdict(
    Action.MASK,
    (Decided(LEAK, Action.MASK),),
    (Edit("/messages/1/content", Span(12, 32), "PLACEHOLDER"),),
    Receipt(2, 240, (Unjudged("/messages/1/content/1", "media"),)),
    policy="0f1e2d3c4b5a6978",
    seconds=0.0008,
)

CLEAN = Verdict(Action.PASS, receipt=Receipt(1, 80), policy="0f1e2d3c4b5a6978", seconds=0.0002)

ENTRY = AuditEntry(
    exchange_id="exchange-1",
    principal=SOMEONE,
    face="gateway",
    method="POST",
    path="/v1/chat/completions",
    upstream="openai",
    status=200,
    outcome="complete",
    streamed=True,
    started=1_780_000_000.25,
    guard_seconds=0.001,
    upstream_seconds=0.5,
    client="127.0.0.1",
    core=AuditCore("openai_chat", "gpt-5", "0f1e2d3c4b5a6978", MASKED, CLEAN),
)

OUTCOMES = ("complete", "refused", "stopped", "upstream_error", "client_gone", "error")

_WORDS = st.from_regex(r"[a-z][a-z_]{0,20}", fullmatch=True)
_CATEGORIES = st.builds(
    lambda family, name: f"{family}.{name}",
    st.sampled_from(["prompt_attack", "secret", "pii", "placeholder", "harm"]),
    _WORDS,
)
_POINTERS = st.lists(_WORDS | st.integers(0, 99).map(str), max_size=5).map(
    lambda steps: "".join(f"/{step}" for step in steps)
)
_SPANS = st.builds(
    lambda start, length: Span(start, start + length), st.integers(0, 10**6), st.integers(0, 999)
)

FINDINGS = st.builds(
    Finding,
    scanner=_WORDS,
    rule=_WORDS,
    category=_CATEGORIES,
    level=st.sampled_from(Level),
    score=st.floats(0, 1),
    pointer=_POINTERS,
    span=_SPANS,
    role=st.sampled_from(Role),
    kind=st.sampled_from(Kind),
    direction=st.sampled_from(Direction),
    digest=st.from_regex(r"[0-9a-f]{16}", fullmatch=True),
    view=_WORDS,
    editable=st.booleans(),
    tier=st.sampled_from(Tier),
    known=st.booleans(),
)

VERDICTS = st.builds(
    Verdict,
    action=st.sampled_from(Action),
    decided=st.lists(st.builds(Decided, FINDINGS, st.sampled_from(Action)), max_size=4).map(tuple),
    edits=st.lists(st.builds(Edit, _POINTERS, _SPANS, st.just("")), max_size=3).map(tuple),
    receipt=st.builds(
        Receipt,
        st.integers(0, 10**6),
        st.integers(0, 10**9),
        st.lists(st.builds(Unjudged, _POINTERS, _WORDS), max_size=3).map(tuple),
    ),
    tier=st.sampled_from(Tier),
    policy=st.from_regex(r"[0-9a-f]{16}", fullmatch=True),
    seconds=st.floats(0, 1000),
)


def entry(number: int, principal: Principal = SOMEONE, outcome: str = "complete") -> AuditEntry:
    """Return the entry of the exchange of a number."""
    return replace(ENTRY, exchange_id=f"exchange-{number}", principal=principal, outcome=outcome)


async def written(log: AuditLog, entries: Iterable[AuditEntry]) -> list[Stored]:
    """Write entries as the drainer does."""
    return await log.write([record_of(item) for item in entries])


def stored(original: AuditEntry) -> AuditEntry:
    """Return what the log gives back: everything but the texts of edits."""
    core = original.core
    answer = None if core.answer is None else _without_texts(core.answer)
    return replace(original, core=replace(core, prompt=_without_texts(core.prompt), answer=answer))


def _without_texts(verdict: Verdict) -> Verdict:
    return replace(verdict, edits=tuple(replace(edit, text="") for edit in verdict.edits))
