"""The nouns of the house: frozen values that travel between its parts.

No logic lives here beyond what a value knows of itself. Everything that is found is a
`Finding`, everything that is decided is an `Action` of a `Verdict`, everything that was and
was not looked at is a `Receipt`.
"""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import NamedTuple


class Direction(StrEnum):
    """Which way a text travels: to the model or from it."""

    PROMPT = "prompt"
    ANSWER = "answer"


class Role(StrEnum):
    """Whose words a segment holds. `RETRIEVED` is text fetched for the model by the caller."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"
    RETRIEVED = "retrieved"


class Kind(StrEnum):
    """What a segment is for.

    `ARGUMENTS` is one string, number or key inside the JSON text of a tool call; `OTHER` is any
    string of the payload that no dialect names. `IMAGE` is a picture, its text a data URL: patterns
    never read it, a vision guard does.
    """

    TEXT = "text"
    ARGUMENTS = "arguments"
    TOOL_DEFINITION = "tool_definition"
    REASONING = "reasoning"
    REFUSAL = "refusal"
    NAME = "name"
    IMAGE = "image"
    OTHER = "other"


class Level(IntEnum):
    """Severity of a finding, ordered."""

    NONE = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3

    @property
    def label(self) -> str:
        """Lower-case name: ``"high"``."""
        return self.name.lower()


class Action(IntEnum):
    """What is done about a finding or an exchange, ordered by severity."""

    PASS = 0
    FLAG = 1
    MASK = 2
    REPLACE = 3
    BLOCK = 4

    @property
    def label(self) -> str:
        """Lower-case name: ``"block"``."""
        return self.name.lower()


class Tier(IntEnum):
    """How deep an inspection went: 0 patterns, 1 linear model, 2 transformer, 3 LLM guard.

    Beside them 4 is a vision guard, and 5 compares texts with examples.
    """

    PATTERNS = 0
    LINEAR = 1
    TRANSFORMER = 2
    GUARD_MODEL = 3
    VISION = 4
    SIMILARITY = 5


class Segment(NamedTuple):
    """One text a model reads or writes.

    `pointer` is a JSON pointer (RFC 6901); ``#`` steps into a JSON document held in a string
    (see `detection.pointer`). `editable` is false where no edit may happen: a number or an object
    key cannot become a placeholder, signed reasoning must not change. `name` is the field or
    tool-argument name the text stands under: context for generic rules. `encoded`: the text is
    itself JSON, the values inside are what is judged.

    A tuple, because a payload has many and a frozen dataclass costs three times as much to make.
    """

    text: str
    pointer: str
    role: Role
    kind: Kind
    direction: Direction
    editable: bool = True
    name: str = ""
    encoded: bool = False

    def __repr__(self) -> str:
        """Tell no text, pointer or name: clients choose them."""
        return f"Segment({self.role}, {self.kind}, {self.direction}, {len(self.text)} characters)"


class Span(NamedTuple):
    """Half-open range ``[start, end)`` of characters in a segment's original text."""

    start: int
    end: int


@dataclass(slots=True, unsafe_hash=True)  # not frozen, see AuditEntry; nobody changes one
class Finding:
    """What a scanner saw, where, and how sure it is - never the value itself.

    `category` is dotted, family first (``secret.aws_access_key``). `span` counts characters of the
    segment's original text whatever `view` the match was seen in. `digest` is a keyed digest of
    the value (data) or of the whole segment (attacks), so that two findings can be compared
    without either being kept.
    """

    scanner: str
    rule: str
    category: str
    level: Level
    score: float
    pointer: str
    span: Span
    role: Role
    kind: Kind
    direction: Direction
    digest: str
    view: str = "plain"
    editable: bool = True
    tier: Tier = Tier.PATTERNS
    known: bool = False
    """In an answer: the value stood in a user-role segment of this exchange's own prompt."""
    allowed: bool = False
    """An exception of the policy lets it through."""

    @property
    def family(self) -> str:
        """First part of the category: ``prompt_attack``, ``secret``, ``pii``, ``placeholder``."""
        return self.category.partition(".")[0]


class Decided(NamedTuple):
    """A finding together with what the policy makes of it."""

    finding: Finding
    action: Action


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A part that was not scanned, and why (``media``, ``token ids``, ``over size``...)."""

    pointer: str
    reason: str


@dataclass(slots=True, unsafe_hash=True)  # as a finding
class Receipt:
    """What an inspection covered: segments and characters scanned, and what was not judged.

    Of the characters, `remembered` ones were scanned in an earlier exchange and judged by what was
    found then. That depends on what came before: two receipts that differ in it alone are equal.
    """

    segments: int = 0
    characters: int = 0
    unjudged: tuple[Unjudged, ...] = ()
    remembered: int = field(default=0, compare=False)


class Cost(NamedTuple):
    """What a model behind the patterns took for one direction of an exchange."""

    tier: Tier
    model: str
    """Which one, and its version."""
    texts: int
    """How many it was asked about; those it had judged before are not among them."""
    seconds: float
    """Processor time where the model tells it, else the time it was waited for."""
    raced: bool = False
    """Whether the prompt was on its way while the model judged it."""


@dataclass(slots=True, unsafe_hash=True)  # as a finding
class Edit:
    """Replace `span` of the text at `pointer` by `text`. Offsets count characters."""

    pointer: str
    span: Span
    text: str = field(repr=False)


@dataclass(slots=True, unsafe_hash=True)  # as a finding
class Verdict:
    """What one direction of an exchange came to.

    `action` is the most severe action taken. `tier` is the deepest that was asked. `seconds` is time
    spent judging, `costs` what models took; neither is part of the face-independent core. `answer` is what
    the policy has for whoever asked this and is blocked; it is not recorded.
    """

    action: Action
    decided: tuple[Decided, ...] = ()
    edits: tuple[Edit, ...] = ()
    receipt: Receipt = field(default_factory=Receipt)
    tier: Tier = Tier.PATTERNS
    policy: str = ""
    seconds: float = 0.0
    costs: tuple[Cost, ...] = field(default=(), compare=False)
    answer: str = field(default="", repr=False, compare=False)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings without their actions."""
        return tuple(item.finding for item in self.decided)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A complete answer in the caller's dialect that stands in for the upstream's."""

    status: int
    body: bytes
    content_type: str = "application/json"
    retry: bool = True
    """False adds ``x-should-retry: false`` so that SDKs do not repeat a policy decision."""
    headers: tuple[tuple[str, str], ...] = ()
    """Further header fields, lower case, that the provider's clients read."""


@dataclass(frozen=True, slots=True)
class Why:
    """What a caller may be told about a block; what the policy does not tell is empty."""

    exchange: str
    application: str
    policy: str
    direction: Direction
    category: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is calling: the application a credential belongs to."""

    tenant_id: str
    application_id: str
    application: str
    key_id: str


@dataclass(frozen=True, slots=True)
class Ban:
    """A refusal of service for one subject. `until` is seconds since the epoch, None for ever."""

    kind: str
    value: str
    reason: str
    until: float | None


@dataclass(slots=True, unsafe_hash=True)  # as a finding
class AuditCore:
    """The face-independent part of an audit entry: equal for the same exchange on every face."""

    dialect: str
    model: str
    policy: str
    prompt: Verdict
    answer: Verdict | None

    @property
    def action(self) -> Action:
        """The most severe action of both directions."""
        return max(self.prompt.action, self.answer.action if self.answer else Action.PASS)


@dataclass(slots=True)  # not frozen: fourteen guarded fields take three microseconds of every exchange
class AuditEntry:
    """One exchange, as recorded. Holds no prompt text and no secret.

    `outcome` is ``complete``, ``refused`` (we answered), ``stopped`` (blocked in mid-stream),
    ``upstream_error``, ``client_gone``, ``error`` or - while it runs - ``open``; one whose worker died
    becomes ``interrupted``.
    Times are seconds since the epoch; durations are seconds.
    """

    exchange_id: str
    principal: Principal
    face: str
    method: str
    path: str
    upstream: str
    status: int
    outcome: str
    streamed: bool
    started: float
    guard_seconds: float
    upstream_seconds: float
    client: str
    core: AuditCore
