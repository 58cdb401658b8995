"""A core that is elsewhere: every body is judged by an appliance, and nothing is loaded here.

What a core asks of its driver is to wait: a request and a whole answer are put to the appliance where slow
tiers are put to models. A streamed answer is collected first, for the appliance keeps nothing between two
questions. While it is away, nothing is judged, and the record says so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from weakref import WeakValueDictionary

from ...detection.dialects import NOTHING_ADDRESSED, Addressed
from ...detection.errors import BadInput, UpstreamFault
from ...detection.inspection import AskingStream, Decision, Step
from ...detection.policy import Policy
from ...detection.ports import Links
from ...detection.tier_rule import TierRule
from ...detection.tiers import Ask, Opinion
from ...detection.types import Action, AuditCore, Principal, Receipt, Tier, Unjudged, Verdict
from ...detection.unscannable import DEAD_TIER
from ...detection.wire import Unreadable, plain, typed
from ...library.embedded import Embedded
from ...library.panel import Panel
from ...library.turn import in_thread
from ..asgi import Headers, Scope
from ..faults import told_of
from ..handover import Handover
from ..origin import Source, Taker
from ..spooled import Body
from .asked import EXCHANGES, LONGEST, Answered, Question, Said, octets, spelled
from .caller import Away
from .remote import Remote

AWAY = f"{DEAD_TIER} appliance: away"
"""Why a body is unjudged that the appliance said nothing about."""

_CODE, _NOTHING = "detection_away", "Nothing can be judged now; try again later."
_RULE = TierRule(Tier.GUARD_MODEL)


@dataclass(frozen=True, slots=True)
class RemoteAsk(Ask):
    """Puts a body to the appliance; may take seconds, and never raises."""

    fetch: Callable[[], None] = field(default=lambda: None, repr=False)


class RemotePanel(Panel):
    """Waits for the appliance, in a thread."""

    async def opinions(self, ask: Ask) -> list[Opinion]:
        """Return no opinions: what the appliance said is with the inspection."""
        if isinstance(ask, RemoteAsk):
            await in_thread(ask.fetch)
            return []
        return await super().opinions(ask)


class RemoteInspection:
    """One exchange that an appliance judges. Implements `detection.inspection.Inspection`.

    Args:
        remote: the appliance.
        question: all that is known before the request is.
        policy: in force; says what becomes of what nobody judged.
        fails_open: lets bodies pass unjudged while the appliance is away, where the policy lets them.
        refuse: renders an error in the caller's format.
    """

    def __init__(
        self,
        remote: Remote,
        question: Question,
        policy: Policy,
        *,
        fails_open: bool,
        refuse: Callable[[], Decision],
    ) -> None:
        self._remote = remote
        self._question = question
        self._policy = policy
        self._fails_open = fails_open
        self._refuse = refuse
        self._said = Said()
        self._prompt: Verdict | None = None
        self._answer: Verdict | None = None
        self._came = b""
        self.streams = False
        """Whether the answer is judged as a stream."""

    @property
    def model(self) -> str:
        """Model the request names."""
        return self._said.model

    @property
    def wants_stream(self) -> bool:
        """Whether the request asks for a streamed answer."""
        return self._said.wants_stream

    @property
    def wants_array(self) -> bool:
        """Whether a streamed answer of type ``application/json`` is an array that grows."""
        return self._said.wants_array

    def request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> Decision:
        """Ask about the request body."""
        self._question = replace(self._question, body=spelled(body), addressed=addressed)
        return self._ask(body)

    def response(self, body: bytes, content_type: str) -> Decision:
        """Ask about a whole answer."""
        answer = Answered(streamed=False, body=spelled(body), content_type=content_type)
        self._question = replace(self._question, answer=answer)
        return self._ask(body)

    def settle(self, opinions: Sequence[Opinion], *, raced: bool = False) -> Decision:
        """Return what the appliance decided. Raises `BadInput` and `UpstreamFault` like a core here."""
        answers, said = self._question.answer is not None, self._said
        if said.core is None and said.fault is None:
            return self._unjudged(answers=answers)
        core = self.core()
        return said.decision((core.answer if answers else None) or core.prompt)

    def stream(self) -> "RemoteStream":
        """Begin to judge a streamed answer."""
        self.streams = True
        return RemoteStream(self)

    def asking_stream(self) -> AskingStream | None:
        """Return None: models are asked by the appliance."""
        return None

    async def judge_stream(self, body: bytes, broke: str | None) -> None:
        """Ask about a streamed answer, as far as it came. Never raises."""
        answer = Answered(streamed=True, body=spelled(body), broke=broke)
        self._question = replace(self._question, answer=answer)
        self._came = body
        await in_thread(self._fetch)

    def step(self) -> Step:
        """Return what may leave of a streamed answer. Raises `UpstreamFault`; `BadInput` if unjudged."""
        said = self._said
        if said.fault is not None:
            raise said.fault.raised()
        if said.core is None:
            decision = self._unjudged(answers=True)
            return Step(self._came) if decision.body is not None else _stopped()
        return Step(octets(said.body or ""), said.ended, said.told)

    def last(self) -> bytes:
        """Return how a streamed answer that broke off is ended."""
        return octets(self._said.last)

    def core(self) -> AuditCore:
        """The record as it stands."""
        core = self._said.core
        if core is not None:
            return core
        prompt = self._prompt or self._verdict(Action.FLAG)
        return AuditCore(self._question.dialect, self.model, self._policy.digest, prompt, self._answer)

    def _ask(self, body: bytes) -> Decision:
        self._came = body
        return Decision(self._verdict(Action.FLAG), ask=RemoteAsk(Tier.GUARD_MODEL, (), _RULE, self._fetch))

    def _fetch(self) -> None:
        """Ask the appliance; while it is away what it said before stands for the prompt."""
        try:
            tree = self._remote.ask(EXCHANGES, plain(self._question))
            said = typed(Said, tree, LONGEST)
        except (Away, Unreadable):
            self._prompt = self._said.core.prompt if self._said.core is not None else None
            self._said = replace(self._said, core=None, fault=None, last="")
        else:
            self._said = said

    def _verdict(self, action: Action) -> Verdict:
        return Verdict(action, receipt=Receipt(unjudged=(Unjudged("", AWAY),)), policy=self._policy.digest)

    def _unjudged(self, *, answers: bool) -> Decision:
        """Decide about what nobody judged: by the policy, or not at all."""
        action = max(Action.FLAG, self._policy.unscanned(AWAY)) if self._fails_open else Action.BLOCK
        verdict = self._verdict(action)
        if answers:
            self._answer = verdict
        else:
            self._prompt = verdict
        return Decision(verdict, body=self._came) if action < Action.BLOCK else self._refuse()


class RemoteStream:
    """The guard of a streamed answer that was judged already. Implements `StreamGuard`."""

    def __init__(self, inspection: RemoteInspection) -> None:
        self._inspection = inspection
        self._given = False

    def feed(self, chunk: bytes) -> Step:
        """Return what may leave, once. Raises `UpstreamFault` and `BadInput`."""
        given, self._given = self._given, True
        return Step() if given else self._inspection.step()

    def close(self) -> Step:
        """Return nothing more: the end was judged with the rest."""
        return self.feed(b"")

    def fault(self, message: str) -> bytes:
        """End a stream that broke off."""
        return self._inspection.last()


class RemoteInspector(Embedded):
    """Opens exchanges that an appliance judges. No rules are loaded.

    Args:
        remote: the appliance.
        inner: tells errors.
        fails_open: see `RemoteInspection`.
    """

    def __init__(self, remote: Remote, inner: Embedded, *, fails_open: bool) -> None:
        super().__init__()
        self._remote = remote
        self._inner = inner
        self._fails_open = fails_open
        self._under_way: WeakValueDictionary[str, RemoteInspection] = WeakValueDictionary()
        self.error = inner.error  # type: ignore[method-assign]  # what stands behind it tells its own failures

    @property
    def ready(self) -> bool:
        """Whether there is a policy."""
        return self._remote.ready

    def load(self) -> None:
        """Ask for a policy. Raises `PolicyAway`."""
        self._remote.load()

    def open(  # type: ignore[override]  # an inspection like any other
        self,
        dialect: str,
        policy: Policy,
        principal: Principal,
        exchange_id: str = "",
        links: Links | None = None,
    ) -> RemoteInspection:
        """Begin an exchange in a shipped dialect."""

        def refuse() -> Decision:
            return Decision(inspection.core().prompt, refusal=self.error(dialect, 503, _CODE, _NOTHING))

        question = Question(exchange_id, dialect, policy.digest, "")
        inspection = RemoteInspection(
            self._remote, question, policy, fails_open=self._fails_open, refuse=refuse
        )
        self._under_way[exchange_id] = inspection
        return inspection

    def judging(self, exchange_id: str) -> RemoteInspection | None:
        """Return the inspection of an exchange that is under way."""
        return self._under_way.get(exchange_id)


class RemoteSource:
    """Answers whose streams are judged before any of them leaves. Implements `origin.Source`."""

    def __init__(self, inner: Source, inspector: RemoteInspector, most: int) -> None:
        self._inner = inner
        self._inspector = inspector
        self._most = most

    async def pour(self, scope: Scope, headers: Headers, body: Body, told: Handover, taker: Taker) -> None:
        """Give the answer, see `origin.Source`."""
        inspection = self._inspector.judging(told.exchange_id)
        if inspection is None:
            await self._inner.pour(scope, headers, body, told, taker)
            return
        judged = _Judged(taker, inspection, self._most)
        try:
            await self._inner.pour(scope, headers, body, told, judged)
        except UpstreamFault as fault:
            await judged.broke_off(fault)
            raise


class _Judged:
    """Takes an answer, collects and has it judged where it streams. Implements `origin.Taker`."""

    def __init__(self, taker: Taker, inspection: RemoteInspection, most: int) -> None:
        self._taker = taker
        self._inspection = inspection
        self._most = most
        self._body = bytearray()
        self._judged = False
        self.begin = taker.begin
        self.heed = taker.heed

    async def take(self, piece: bytes, *, last: bool) -> bool:
        if not self._inspection.streams:
            return await self._taker.take(piece, last=last)
        self._body += piece
        if len(self._body) > self._most:
            raise UpstreamFault("The answer is too large to be judged.", code="answer_too_large")
        return await self._judge(None) if last else True

    async def broke_off(self, fault: UpstreamFault) -> None:
        """Give what came of a stream before a fault, as far as it may leave."""
        if self._inspection.streams and not self._judged:
            await self._judge(fault)

    async def _judge(self, fault: UpstreamFault | None) -> bool:
        self._judged = True
        body = bytes(self._body)
        await self._inspection.judge_stream(body, None if fault is None else told_of(fault))
        return bool(body or fault is None) and await self._taker.take(body, last=fault is None)


def _stopped() -> Step:
    raise BadInput(_NOTHING, code=_CODE, status=503)
