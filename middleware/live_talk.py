"""What is said on one WebSocket to a provider, judged. Sans-io but for the models that are asked.

Every message of the client is judged before it leaves. What the provider says is sorted into answers, and
each is guarded as a stream of its own. One record is written for each answer, with all that the client said
before it; a message that is refused has a record of its own.
"""

from typing import Any, NamedTuple

import orjson

from ..detection.dialects import Asked
from ..detection.dialects.live import LiveDialect, Strand
from ..detection.errors import BadInput, UpstreamFault
from ..detection.exchange import AnyExchange
from ..detection.framing.messages import framed, unframed
from ..detection.inspection import AskingStream, Decision, Inspection, Step, StreamGuard
from ..detection.json_text import dump
from ..detection.notice import Letterhead, notice
from ..detection.types import Action, Direction, Verdict
from ..library.panel import settled
from .desk import body_of
from .handover import Handover
from .identity import Caller
from .live_turn import LiveTurn
from .outbound.going_on import Failed, GoingOn
from .parts import Parts
from .request_id import new_id
from .routes import Route

MOST_STRANDS = 64
"""Answers of one connection that may be under way at once."""
MOST_STOPPED = 256
"""Answers that were stopped, and of which more may still come."""
MOST_REPLACED = 10_000
"""Values of one connection that can be put back; after so many it begins anew."""

_NAMED_ONCE = "The model of a connection is named once."
_ELSEWHERE = "This message may only go to a model on premise, and this connection leads elsewhere."


class Told(NamedTuple):
    """What a message came to: what goes to either end."""

    provider: tuple[bytes, ...] = ()
    client: tuple[bytes, ...] = ()
    closes: str = ""
    """Why the connection ends then, in words for the client; empty where it does not."""


class _Answer(NamedTuple):
    """An answer that is under way. `is_turn` says whether it is what the model says.

    `asking` is its guard where models are asked about it, too.
    """

    guard: StreamGuard
    asking: AskingStream | None
    inspection: Inspection
    turn: LiveTurn
    is_turn: bool


class LiveTalk:
    """Judges the messages of one connection.

    Args:
        parts: of the service.
        dialect: of the messages.
        route: of the connection; the model of its address is the connection's.
        caller: whose it is.
        client: address of the client.
        failed: is told of failures of the guard in an answer, which then goes on unjudged; unless given
            they are raised.
    """

    def __init__(
        self,
        parts: Parts,
        dialect: LiveDialect,
        route: Route,
        caller: Caller,
        client: str,
        failed: Failed | None = None,
    ) -> None:
        self._failed = failed
        self._parts = parts
        self._dialect = dialect
        self._route = route
        self._caller = caller
        self._client = client
        self._sorter = dialect.sorter()
        self.model = route.addressed.model
        """Model of the connection; empty until somebody names one."""
        self.private = False
        """Whether something was said that may only go to a model on premise."""
        self._upstream = ""
        self._on_premise = False
        self._first: AnyExchange[Any] | None = None
        self._instructed: AnyExchange[Any] | None = None
        self._turn: LiveTurn | None = None
        self._answers: dict[str, _Answer] = {}
        self._stopped: dict[str, None] = {}

    def leads(self, upstream: str, *, on_premise: bool) -> None:
        """Note whom all that is said goes to."""
        self._upstream, self._on_premise = upstream, on_premise
        if self._turn is not None:
            self._turn.told.upstream = upstream

    @property
    def busy(self) -> bool:
        """Whether an answer is under way."""
        return any(answer.is_turn for answer in self._answers.values())

    @property
    def begun(self) -> bool:
        """Whether the client said something that no answer followed yet."""
        return self._turn is not None and self._turn.asked

    async def asked(self, content: bytes) -> Told:
        """Judge a message of the client."""
        turn = self._current()
        turn.times.lap()
        tree = _tree(content)
        inspection = self._open(turn)
        try:
            decision = inspection.request(content, self._route.addressed._replace(model=self.model))
            decision = await settled(inspection, decision, self._parts.panel)
        except BadInput as fault:
            return self._refuse(inspection, tree, fault.code, fault.message)
        finally:
            turn.times.guard += turn.times.lap()
        return self._decided(turn, inspection, decision, tree)

    async def said(self, content: bytes) -> Told:
        """Judge a message of the provider. Raises `UpstreamFault` for one that cannot be read."""
        try:
            tree = orjson.loads(content)
        except orjson.JSONDecodeError:
            message = "The upstream sent a message that is not JSON."
            raise UpstreamFault(message, code="upstream_protocol") from None
        strand = self._sorter.strand(tree)
        if strand.name in self._stopped:
            if strand.ends:
                del self._stopped[strand.name]
            return Told()
        answer = self._answer(strand)
        times = answer.turn.times
        times.lap()
        step = await self._settled(answer, answer.guard.feed(framed(content)))
        released, stopped = step.release, step.ended
        complete = strand.ends or not strand.name
        if complete and not stopped:
            rest = await self._settled(answer, answer.guard.close())
            released, stopped = released + rest.release, rest.ended
        times.guard += times.lap()
        if stopped:
            return Told(self._stop(strand, answer), tuple(unframed(released)))
        if complete:
            self._ended(strand.name, answer, "complete")
        elif released and answer.is_turn:
            answer.turn.journal.open()
        return Told(client=tuple(unframed(released)))

    def declined(self, content: bytes, code: str, message: str) -> Told:
        """Return what tells the client that a message goes nowhere, for another reason than its words."""
        return self._say_no(_tree(content), code, message)

    async def finished(self) -> tuple[bytes, ...]:
        """The provider says no more: return what is still held."""
        out = b""
        for name, answer in list(self._answers.items()):
            out += (await self._settled(answer, answer.guard.close())).release
            self._ended(name, answer, "upstream_error")
        self._over("complete")
        return tuple(unframed(out))

    def failed(self, message: str) -> tuple[bytes, ...]:
        """Nothing more can be said: return what tells the client so. What is held stays where it is."""
        shape = self._dialect.stream(Asked(self.model))
        self._over("upstream_error")
        return () if shape is None else (dump(shape.fault(message)),)

    def parting(self, reason: str) -> str:
        """Return what may be told of the words with which the provider ended the connection."""
        if not reason:
            return ""
        told = orjson.loads(self.instead(dump({"message": reason})) or b"{}")
        return str(told.get("message", ""))

    def instead(self, body: bytes) -> bytes:
        """Return what may be told of a provider's words that are no message; nothing unless they are JSON."""
        turn = self._current()
        inspection = self._open(turn)
        try:
            decision = inspection.response(body, "")
        except UpstreamFault:
            return b""
        if decision.verdict.action is not Action.PASS:
            turn.heard(decision.verdict)
        return decision.body or b""

    def over(self, outcome: str) -> None:
        """Close every record that is open."""
        self._over(outcome)

    # the client's messages

    def _decided(self, turn: LiveTurn, inspection: Inspection, decision: Decision, tree: Any) -> Told:
        if decision.refusal is not None:
            return self._refuse(inspection, tree, "content_filter", "", decision.verdict)
        named = self._sorter.model(tree)
        if named and self.model and named != self.model:
            return self._refuse(inspection, tree, "invalid_model", _NAMED_ONCE)
        if turn.policy.private and turn.policy.keeps_private(decision.verdict):
            if self._upstream and not self._on_premise:
                return self._refuse(inspection, tree, "no_private_upstream", _ELSEWHERE)
            self.private = turn.told.private = True
        self.model = self.model or named
        if self._sorter.instructs(tree) and isinstance(inspection, AnyExchange):
            self._instructed = inspection
        goes_on = self._answers.get(self._sorter.continues(tree))
        turn = goes_on.turn if goes_on is not None else turn
        turn.say(inspection.core())
        if turn is self._turn and turn.full:
            turn.journal.close("complete")
            self._turn = None
        return Told((body_of(decision),))

    def _refuse(
        self, inspection: Inspection, tree: Any, code: str, words: str, verdict: Verdict | None = None
    ) -> Told:
        """Record a message that goes nowhere, apart from what the client said before.

        What a policy stops is told in the words that the policy has for it.
        """
        alone = self._begin()
        alone.say(inspection.core())
        if verdict is not None:
            head = Letterhead(alone.told.exchange_id, self._caller.principal.application, self._parts.links)
            words = notice(alone.policy, verdict.decided, Direction.PROMPT, head)
        alone.refuse()
        return self._say_no(tree, code, words)

    def _say_no(self, tree: Any, code: str, words: str) -> Told:
        told = tuple([dump(item) for item in self._sorter.declined(tree, code, words)])
        return Told(client=told, closes="" if told else words)

    # the provider's messages

    def _answer(self, strand: Strand) -> _Answer:
        """Return the answer that a message belongs to; one that stands for itself is an answer of its own."""
        known = self._answers.get(strand.name) if strand.name else None
        if known is not None:
            return known
        if len(self._answers) >= MOST_STRANDS:
            raise UpstreamFault("The upstream sent too many answers at once.", code="upstream_protocol")
        turn = self._current()
        inspection = self._open(turn)
        asking = inspection.asking_stream()
        guard: StreamGuard = asking or inspection.stream()
        if self._failed is not None:
            guard = GoingOn(guard, self._failed)
        answer = _Answer(guard, asking, inspection, turn, strand.turn)
        if strand.turn:
            turn.answered_by(inspection)
            self._turn = None
        if strand.name:
            self._answers[strand.name] = answer
        return answer

    async def _settled(self, answer: _Answer, step: Step) -> Step:
        """Return what a piece of an answer came to, with the word of every model that was to be asked."""
        released = step.release
        while step.ask is not None and answer.asking is not None:
            step = answer.asking.answer(await self._parts.panel.opinions(step.ask))
            released += step.release
        return step._replace(release=released)

    def _stop(self, strand: Strand, answer: _Answer) -> tuple[bytes, ...]:
        """No more of an answer is heard; the provider need not go on with it."""
        self._ended(strand.name, answer, "stopped")
        if not strand.name or strand.ends:
            return ()
        self._stopped[strand.name] = None
        if len(self._stopped) > MOST_STOPPED:
            del self._stopped[next(iter(self._stopped))]
        return tuple([dump(item) for item in self._sorter.cancelled(strand.name)])

    def _ended(self, name: str, answer: _Answer, outcome: str) -> None:
        """Record an answer that ended; what is none of the model's own belongs to the one beside it."""
        self._answers.pop(name, None)
        if answer.is_turn:
            answer.turn.journal.close(outcome)
            return
        verdict = answer.inspection.core().answer
        if verdict is not None and (verdict.action is not Action.PASS or verdict.receipt.unjudged):
            beside = next((other.turn for other in self._answers.values() if other.is_turn), None)
            (beside or self._current()).heard(verdict)

    # exchanges

    def _current(self) -> LiveTurn:
        """Return the exchange that goes on, or begin one under the policy of now."""
        if self._turn is None or self._turn.empty:
            self._turn = self._begin()
        return self._turn

    def _begin(self) -> LiveTurn:
        parts, principal = self._parts, self._caller.principal
        started = parts.clock.now()
        told = Handover(new_id(started), principal, self._route)
        told.upstream, told.model, told.private = self._upstream, self.model, self.private
        policy = parts.policies.policy(principal, self._route.path)
        return LiveTurn(parts, self._dialect.name, told, policy, self._client, started)

    def _open(self, turn: LiveTurn) -> Inspection:
        """Open an inspection that goes on with those before it on this connection."""
        parts, principal = self._parts, self._caller.principal
        inspection = parts.inspector.open(
            self._dialect.name, turn.policy, principal, turn.told.exchange_id, parts.links
        )
        if not isinstance(inspection, AnyExchange):
            raise TypeError("a connection is judged by a core in this process")
        earlier = self._instructed or self._first
        if earlier is None or earlier.replaced > MOST_REPLACED:
            self._first, self._instructed = inspection, None
        else:
            inspection.follow(earlier)
        return inspection

    def _over(self, outcome: str) -> None:
        """Close every record that is open."""
        for answer in self._answers.values():
            if answer.is_turn:
                answer.turn.journal.close(outcome)
        self._answers.clear()
        if self._turn is not None and not self._turn.empty:
            self._turn.journal.close(outcome)
        self._turn = None


def _tree(content: bytes) -> Any:
    """Return the JSON of a client's message; None for what is none, which the dialect refuses."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
