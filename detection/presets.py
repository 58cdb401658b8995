"""The built-in policies: `monitor` records, `balanced` protects, `strict` refuses early."""

from .errors import BadPolicy
from .policy import Clause, Policy
from .types import Action, Direction, Kind, Level, Role

_PROMPT, _ANSWER = Direction.PROMPT, Direction.ANSWER
_DATA = ("secret", "pii")
_LINKS = ("pii.url", "pii.domain")
"""Personal at times, and in every other text: only a policy that names them acts on them."""

_OWN_INSTRUCTIONS = Clause(
    Action.FLAG, ("prompt_attack",), direction=_PROMPT, role=(Role.SYSTEM,), kind=(Kind.TEXT,)
)
"""An operator's own system prompt may speak of attacks; tool definitions stay suspect."""

_LISTED = (
    Clause(Action.BLOCK, ("deny",)),
    Clause(Action.BLOCK, ("custom",), Level.HIGH),
)
"""What an organisation has listed itself."""

MONITOR = Policy("monitor", (Clause(Action.FLAG, level=Level.LOW),), unjudged=Action.FLAG)

BALANCED = Policy(
    "balanced",
    (
        _OWN_INSTRUCTIONS,
        Clause(Action.BLOCK, ("prompt_attack",), Level.HIGH),
        Clause(Action.FLAG, ("prompt_attack",), Level.LOW),
        Clause(Action.PASS, _LINKS),
        Clause(Action.MASK, ("secret",), Level.LOW, _PROMPT),
        Clause(Action.MASK, ("pii",), Level.MEDIUM, _PROMPT),
        Clause(Action.FLAG, _DATA, Level.LOW, _ANSWER, known=True),
        Clause(Action.MASK, ("secret",), Level.LOW, _ANSWER),
        Clause(Action.MASK, ("pii",), Level.HIGH, _ANSWER),
        Clause(Action.BLOCK, ("leak",), Level.HIGH, _ANSWER),
        Clause(Action.REPLACE, ("exfiltration",), Level.HIGH, _ANSWER),
        *_LISTED,
        Clause(Action.FLAG, level=Level.LOW),
    ),
    unjudged=Action.FLAG,
)

STRICT = Policy(
    "strict",
    (
        _OWN_INSTRUCTIONS,
        Clause(Action.BLOCK, ("prompt_attack",), Level.MEDIUM),
        Clause(Action.PASS, _LINKS),
        Clause(Action.BLOCK, ("secret",), Level.LOW, _PROMPT),
        Clause(Action.MASK, ("pii",), Level.LOW, _PROMPT),
        Clause(Action.FLAG, _DATA, Level.LOW, _ANSWER, known=True),
        Clause(Action.BLOCK, ("secret",), Level.HIGH, _ANSWER),
        Clause(Action.MASK, _DATA, Level.LOW, _ANSWER),
        Clause(Action.BLOCK, ("leak",), Level.LOW, _ANSWER),
        Clause(Action.REPLACE, ("exfiltration",), Level.LOW, _ANSWER),
        Clause(Action.BLOCK, ("code",), Level.HIGH, _ANSWER, kind=(Kind.ARGUMENTS,)),
        *_LISTED,
        Clause(Action.FLAG, level=Level.LOW),
    ),
    unjudged=Action.BLOCK,
    unscannable=(("encrypted", Action.FLAG), ("history", Action.FLAG)),
)

PRESETS = {policy.name: policy for policy in (MONITOR, BALANCED, STRICT)}


def preset(name: str) -> Policy:
    """Return a built-in policy. Raises `BadPolicy` and lists the names there are."""
    try:
        return PRESETS[name]
    except KeyError:
        raise BadPolicy(f"no policy named {name!r}; there are {', '.join(sorted(PRESETS))}") from None
