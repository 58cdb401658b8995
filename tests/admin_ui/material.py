"""Exchanges as an organisation would see them on a day, one of each kind."""

from dataclasses import replace

from sluicegate.detection.presets import BALANCED
from sluicegate.detection.types import (
    Action,
    AuditCore,
    AuditEntry,
    Decided,
    Direction,
    Finding,
    Kind,
    Level,
    Principal,
    Receipt,
    Role,
    Span,
    Unjudged,
    Verdict,
)

SECRET = Finding(
    scanner="secrets",
    rule="aws_access_key",
    category="secret.aws_access_key",
    level=Level.HIGH,
    score=0.99,
    pointer="/messages/1/content",
    span=Span(41, 61),
    role=Role.USER,
    kind=Kind.TEXT,
    direction=Direction.PROMPT,
    digest="5b1f0c9e2a7d44e1",
)
EMAIL = replace(
    SECRET,
    scanner="pii",
    rule="email",
    category="pii.email_address",
    level=Level.MEDIUM,
    score=0.95,
    span=Span(88, 107),
    digest="90aa31c2be5f7d02",
)
ATTACK = replace(
    SECRET,
    scanner="prompt_attacks",
    rule="ignore_previous_instructions",
    category="prompt_attack.instruction_override",
    score=0.97,
    pointer="/messages/3/content",
    span=Span(210, 268),
    role=Role.TOOL,
    view="base64",
    digest="c41d8e7f60b2a913",
)
LEAKED = replace(
    SECRET,
    rule="github_token",
    category="secret.github_token",
    pointer="/choices/0/message/content",
    span=Span(130, 170),
    role=Role.ASSISTANT,
    direction=Direction.ANSWER,
    digest="77e0d15c3f9a2b68",
)
DOUBT = replace(
    ATTACK,
    rule="role_play_frame",
    category="prompt_attack.jailbreak",
    level=Level.MEDIUM,
    score=0.62,
    role=Role.USER,
    view="plain",
    pointer="/messages/1/content",
    span=Span(0, 54),
)


def verdict(*decided: tuple[Finding, Action], unjudged: tuple[Unjudged, ...] = (), texts: int = 3) -> Verdict:
    """Return a verdict with these findings, as severe as the most severe of them."""
    action = max((action for _, action in decided), default=Action.FLAG if unjudged else Action.PASS)
    return Verdict(
        action,
        tuple(Decided(finding, action) for finding, action in decided),
        receipt=Receipt(texts, 412 * texts, unjudged),
        policy=BALANCED.digest,
        seconds=0.00064,
    )


CLEAN = verdict(texts=1)
IMAGE = Unjudged("/messages/1/content/1", "media")

_KINDS: tuple[tuple[str, str, Verdict, Verdict | None], ...] = (
    ("refused", "gpt-5", verdict((ATTACK, Action.BLOCK), (EMAIL, Action.MASK)), None),
    ("complete", "gpt-5", verdict((SECRET, Action.MASK), (EMAIL, Action.MASK)), CLEAN),
    ("complete", "gpt-5-mini", verdict(), CLEAN),
    ("complete", "gpt-5", verdict((DOUBT, Action.FLAG)), CLEAN),
    ("complete", "text-embedding-3-small", verdict(texts=24), None),
    ("complete", "gpt-5", verdict(), verdict((LEAKED, Action.MASK), texts=1)),
    ("complete", "gpt-5", verdict(unjudged=(IMAGE,)), CLEAN),
    ("stopped", "gpt-5", verdict(), verdict((LEAKED, Action.BLOCK), texts=1)),
    ("upstream_error", "gpt-5", verdict(), None),
)

BLOCKED, MASKED, PASSED, FLAGGED, EMBEDDED, LEAKING, UNSEEN, STOPPED, FAILED = range(len(_KINDS))
"""Numbers of the kinds, for `exchange`."""


def exchange(number: int, principal: Principal, now: float, kind: int | None = None) -> AuditEntry:
    """Return the entry of an exchange: numbered, of its kind, `number` minutes before `now`."""
    outcome, model, prompt, answer = _KINDS[number % len(_KINDS) if kind is None else kind]
    embedding = model.startswith("text-embedding")
    return AuditEntry(
        exchange_id=f"exchange-{number:04d}",
        principal=principal,
        face="gateway",
        method="POST",
        path="/v1/embeddings" if embedding else "/v1/chat/completions",
        upstream="" if outcome == "refused" else "openai",
        status=502 if outcome == "upstream_error" else 200,
        outcome=outcome,
        streamed=number % 2 == 0 and not embedding,
        started=now - 60 * number,
        guard_seconds=0.0011,
        upstream_seconds=0.0 if outcome == "refused" else 0.618,
        client="10.0.3.7",
        core=AuditCore(
            "openai_embeddings" if embedding else "openai_chat", model, BALANCED.digest, prompt, answer
        ),
    )
