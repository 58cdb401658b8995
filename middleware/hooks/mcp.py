"""Guarding a client of the Model Context Protocol: what servers offer, what tools are given and return.

Messages are judged in the protocol's own dialect, as the gateway judges them on the wire. What a server says
is looked at once more as what a model reads next, which is where attacks on the model are sought.
"""

from collections.abc import Callable
from typing import Any, Self

import orjson

from ...detection.inspection import Decision, Inspection
from ...detection.policy import Policy
from ...detection.types import Decided, Direction, Kind, Role
from ...library import default
from ...library.embedded import Embedded
from ...library.exchange import outcome_of
from ...library.outcome import Blocked, Outcome
from ...library.session import current_session, with_leaks
from ...library.settings import PolicyLike, policy_of
from ...library.tree import texts_in
from ..outbound.parts import WHOEVER
from ..outbound.unasked import unasked

_METHODS = {
    "list_tools": "tools/list",
    "list_prompts": "prompts/list",
    "list_resources": "resources/list",
    "list_resource_templates": "resources/templates/list",
    "read_resource": "resources/read",
    "get_prompt": "prompts/get",
    "initialize": "initialize",
}
"""What a client asks of a server, beside the calls of tools, and how it is called on the wire."""


def guarded_mcp[Session](session: Session, *, source: str, policy: PolicyLike | None = None) -> Session:
    """Return a client session (`mcp.ClientSession`, `mcp.Client`) whose servers are guarded.

    Arguments of tools are judged before they leave and may leave masked; what comes back is judged before
    the program sees it. In a `guarded_session` text of another place may not leave through it.

    Args:
        session: asks the server; all that is not judged is its own.
        source: the place that the server is: its host, or a name.
        policy: decides instead of the library's.

    Raises:
        BadPolicy: there is no such policy.
    """
    guarded: Any = _GuardedMcp(session, source, None if policy is None else policy_of(policy))
    return guarded  # type: ignore[no-any-return]  # it has all that the session has


class _GuardedMcp:
    def __init__(self, session: Any, source: str, policy: Policy | None) -> None:
        self._session = session
        self._source = source
        self._policy = policy

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._session, name)
        return self._asking(found, _METHODS[name]) if name in _METHODS else found

    async def __aenter__(self) -> Self:
        await self._session.__aenter__()
        return self

    async def __aexit__(self, *problem: object) -> Any:
        return await self._session.__aexit__(*problem)

    async def call_tool(self, name: str, arguments: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Call a tool. Raises `Blocked` before it is called, or in place of its result."""
        exchange = _Exchange(self._source, self._policy)
        given = exchange.asked(name, arguments)
        return exchange.answered(await self._session.call_tool(name, given, *args, **kwargs))

    def _asking(self, ask: Callable[..., Any], method: str) -> Callable[..., Any]:
        async def asking(*args: Any, **kwargs: Any) -> Any:
            exchange = _Exchange(self._source, self._policy)
            exchange.open(method)
            return exchange.answered(await ask(*args, **kwargs))

        return asking


class _Exchange:
    """One request to a server and its answer."""

    def __init__(self, source: str, policy: Policy | None) -> None:
        self._source = source
        self._kind = Kind.TEXT
        self._policy = default.current().policy(policy)
        self._inspection: Inspection = Embedded().open("mcp", self._policy, WHOEVER)

    def open(self, method: str) -> None:
        """Begin with a request that holds no text of a model."""
        self._kind = Kind.TOOL_DEFINITION if method.endswith("/list") else Kind.TEXT
        self._inspection.request(_written({"jsonrpc": "2.0", "id": 1, "method": method, "params": {}}))

    def asked(self, name: str, arguments: Any) -> Any:
        """Return the arguments as they may leave. Raises `Blocked` and `BadInput`."""
        params = {"name": name, "arguments": arguments or {}}
        body = _written({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
        decision = unasked(self._inspection, self._inspection.request(body))
        self._report(decision, Direction.PROMPT, self._leaks(arguments))
        if decision.body is None or decision.body == body:
            return arguments
        return orjson.loads(decision.body)["params"]["arguments"]

    def answered(self, result: Any) -> Any:
        """Return a result as the program may read it. Raises `Blocked` and `UpstreamFault`."""
        dumped = result.model_dump(mode="json", by_alias=True, exclude_none=True)
        read = [text._replace(kind=self._kind) for text in texts_in(dumped, Role.TOOL)]
        self._tell(default.current().begin(self._policy).prompt(read)[0])
        body = _written({"jsonrpc": "2.0", "id": 1, "result": dumped})
        decision = unasked(self._inspection, self._inspection.response(body, "application/json"))
        session = current_session()
        if session is not None:
            session.learn(read, self._source)
        self._report(decision, Direction.ANSWER, ())
        if decision.body is None or decision.body == body:
            return result
        return type(result).model_validate(orjson.loads(decision.body)["result"])

    def _leaks(self, arguments: Any) -> tuple[Decided, ...]:
        session = current_session()
        if session is None:
            return ()
        return session.leaving([*texts_in(arguments, Role.ASSISTANT)], self._source, self._policy)

    def _report(self, decision: Decision, direction: Direction, leaks: tuple[Decided, ...]) -> None:
        self._tell(outcome_of(with_leaks(decision.verdict, leaks), self._policy, direction))

    def _tell(self, outcome: Outcome) -> None:
        session = current_session()
        if session is not None:
            session.told(outcome)
        if outcome.blocked:
            raise Blocked(outcome)


def _written(message: Any) -> bytes:
    return orjson.dumps(message)
