"""A record of an exchange in which something was found."""

from sluicegate.detection.types import (
    Action,
    AuditCore,
    AuditEntry,
    Cost,
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

ID = "019aa000-0000-7000-8000-0123456789ab"
STARTED = 1_700_000_000.25
WHO = Principal("local", "app", "app", "")


def entry(exchange_id: str = ID, **more: object) -> AuditEntry:
    """A record with a bit of everything."""
    finding = Finding(
        "patterns", "email", "pii.email", Level.MEDIUM, 0.9, "/messages/0/content", Span(3, 12), Role.USER,
        Kind.TEXT, Direction.PROMPT, "0123456789abcdef0123456789abcdef",
    )  # fmt: skip
    verdict = Verdict(
        Action.MASK,
        (Decided(finding, Action.MASK),),
        (Edit("/messages/0/content", Span(3, 12), ""),),
        Receipt(1, 20, (Unjudged("/messages/1", "image"),)),
        Tier.LINEAR,
        "0123456789abcdef",
        0.001,
        (Cost(Tier.LINEAR, "linear.1", 1, 0.0001),),
    )
    core = AuditCore("openai_chat", "gpt-5-mini", "0123456789abcdef", verdict, Verdict(Action.PASS))
    made = AuditEntry(
        exchange_id, WHO, "middleware", "POST", "/chat", "", 200, "complete", False, STARTED, 0.001, 0.2,
        "192.0.2.7", core,
    )  # fmt: skip
    for name, value in more.items():
        setattr(made, name, value)
    return made
