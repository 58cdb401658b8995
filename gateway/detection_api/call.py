"""What a route of the service is, what its handler is given and what it gives back."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from inspect import getdoc
from typing import TYPE_CHECKING, Any

from ...detection.notice import Letterhead, notice
from ...detection.policy import Policy
from ...detection.types import Action, Direction, Principal, Verdict
from .faults import Render, detail_body
from .shapes import Schema

if TYPE_CHECKING:
    from .judging import Judge
    from .tools import Tools


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, whole."""

    body: bytes
    status: int = 200
    kind: str = "application/json"
    headers: tuple[tuple[bytes, bytes], ...] = ()
    """Further fields, names in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call: who makes it, what it says - checked against the operation's schemas - and the judge.

    `service` is ``detection`` or ``proxy``: the port it came in on. `exchange_id` names its record.
    """

    exchange_id: str
    service: str
    principal: Principal
    policy: Policy
    judge: "Judge"
    tools: "Tools"
    body: Any = field(default=None, repr=False)
    query: Mapping[str, Any] = field(default_factory=dict, repr=False)
    path: Mapping[str, str] = field(default_factory=dict, repr=False)
    credential: str = field(default="", repr=False)
    """Our key, where the call held one and no token."""
    known_tag: str = ""
    """The entity tag of what the caller has."""

    def notice(self, verdict: Verdict) -> str:
        """Return what a user may read about a block, as far as the policy tells."""
        if verdict.answer:
            return verdict.answer
        blocked = [item.finding.direction for item in verdict.decided if item.action is Action.BLOCK]
        head = Letterhead(self.exchange_id, self.principal.application, self.tools.links)
        return notice(self.policy, verdict.decided, blocked[0] if blocked else Direction.PROMPT, head)


type Handler = Callable[[Call], Awaitable[Reply]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One route.

    `path` may end in a ``{name}``, which stands for one segment. `body`, `query` and `answer` are the
    schemas of what is taken and given; with `body_optional` a call may leave its body out. `judged`
    calls leave a record. `open` ones need no key. `render` writes faults.
    """

    method: str
    path: str
    family: str
    summary: str
    handler: Handler
    body: Schema | None = None
    body_optional: bool = False
    query: Mapping[str, Schema] = field(default_factory=dict)
    answer: Schema | None = None
    answer_kind: str = "application/json"
    judged: bool = True
    open: bool = False
    render: Render = detail_body
    example: Any = None

    @property
    def about(self) -> str:
        """What it does: the words of its handler."""
        return getdoc(self.handler) or self.summary
