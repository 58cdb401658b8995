"""What things are called on a page."""

from ...detection.types import Action, Decided, Direction, Finding, Kind, Role, Tier

ACTIONS = {
    Action.PASS: "Passed",
    Action.FLAG: "Flagged",
    Action.MASK: "Masked",
    Action.REPLACE: "Replaced",
    Action.BLOCK: "Blocked",
}
"""What was done, as a badge says it."""

OUTCOMES = {
    "complete": "Answered",
    "refused": "Refused",
    "stopped": "Stopped in mid-stream",
    "upstream_error": "The upstream failed",
    "client_gone": "The client went away",
    "error": "Failed",
    "open": "Still running",
    "interrupted": "Interrupted",
}
"""How exchanges end."""

TIERS = {
    Tier.PATTERNS: "Patterns",
    Tier.LINEAR: "Linear model",
    Tier.TRANSFORMER: "Small transformer",
    Tier.GUARD_MODEL: "Guard model",
    Tier.VISION: "Vision guard",
    Tier.SIMILARITY: "Similarity",
}
"""How deep an inspection went."""

_FAMILIES = {
    "prompt_attack": "Prompt attack",
    "secret": "Secret",
    "pii": "Personal data",
    "placeholder": "Placeholder",
    "exfiltration": "Data carried off",
    "code": "Risky code",
    "leak": "Leak",
    "custom": "Own rule",
    "deny": "Denied",
    "harmful": "Harmful content",
    "topic": "Unwanted topic",
}
_SPELLED = {
    "github": "GitHub",
    "gitlab": "GitLab",
    "openai": "OpenAI",
    "huggingface": "Hugging Face",
    "iot": "IoT",
}
_CAPITALS = frozenset(
    {"api", "aws", "gcp", "iban", "id", "ip", "jwt", "npm", "pem", "sql", "ssh", "ssn", "url", "us"}
)

_ROLES = {
    Role.SYSTEM: "the system prompt",
    Role.USER: "the user's message",
    Role.ASSISTANT: "an earlier answer",
    Role.TOOL: "a tool result",
    Role.RETRIEVED: "a retrieved document",
}
_KINDS = {
    Kind.ARGUMENTS: "the arguments of a tool call",
    Kind.TOOL_DEFINITION: "a tool definition",
    Kind.REASONING: "the model's reasoning",
    Kind.REFUSAL: "the model's refusal",
    Kind.NAME: "a name",
    Kind.IMAGE: "a picture",
    Kind.OTHER: "another field",
}


def spaced(name: str) -> str:
    """Return ``AWS access key`` for ``aws_access_key``."""
    words = [_spelled(word) for word in name.replace(".", "_").split("_") if word]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def _spelled(word: str) -> str:
    return word.upper() if word in _CAPITALS else _SPELLED.get(word, word)


def family(finding: Finding) -> str:
    """Return the family of a finding's category in words."""
    return _FAMILIES.get(finding.family, spaced(finding.family))


def subject(finding: Finding) -> str:
    """Return what a category names below its family, in words; empty for a bare family."""
    return spaced(finding.category.partition(".")[2])


def short(name: str) -> str:
    """Return ``AWS access key`` for ``secret.aws_access_key``, the family where there is no more."""
    head, _, rest = name.partition(".")
    return spaced(rest) if rest else _FAMILIES.get(head, spaced(head))


def category(name: str) -> str:
    """Return ``Secret · AWS access key`` for ``secret.aws_access_key``."""
    head, _, rest = name.partition(".")
    words = _FAMILIES.get(head, spaced(head))
    return f"{words} · {spaced(rest)}" if rest else words


def place(finding: Finding) -> str:
    """Return where a finding was, as a person says it."""
    if finding.kind in _KINDS:
        return _KINDS[finding.kind]
    if finding.direction is Direction.ANSWER and finding.role is Role.ASSISTANT:
        return "the model's answer"
    return _ROLES[finding.role]


def done(item: Decided) -> str:
    """Return what was done about one finding."""
    return ACTIONS[item.action]


def count(number: int, one: str, many: str) -> str:
    """Return ``1 value`` or ``2 values``."""
    return f"{number:,} {one if number == 1 else many}"


def milliseconds(seconds: float) -> str:
    """Return a duration as a person reads it: ``0.84 ms``, ``412 ms``, ``3.2 s``."""
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.2f} ms" if seconds < 0.01 else f"{seconds * 1000:.0f} ms"
