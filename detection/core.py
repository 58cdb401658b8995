"""The core, assembled: rules compiled once, one `Exchange` for each exchange."""

import hmac
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from .asking_guard import AskingGuard, Watch
from .database_cache import Compile, DatabaseCache, Databases, SharedDatabases
from .dialects import DIALECTS, NOTHING_ADDRESSED, Addressed, Dialect, StreamShape
from .echo import Prompts
from .errors import BadInput, UpstreamFault
from .escalation import Models
from .exchange import Engine
from .frame_guard import FrameGuard
from .frame_watcher import FrameWatcher
from .glancing_exchange import GlancingExchange
from .inquiry import Inquiry
from .inspection import AskingStream, Decision, Inspection, Inspector, StreamGuard
from .judge import Ledger, Scope
from .keyring import ApplicationKeys
from .layered import ByLot
from .memory import WORTH, Memory, Recollection
from .methods import seal_key
from .notice import Letterhead, notice
from .patterns import Pattern
from .pending import Pending
from .placeholders import UNKNOWN
from .policy import Policy
from .ports import Links, VaultStore
from .race import only_generates
from .rules import Rule, load_packs
from .ruleset import Ruleset
from .sift import Sift
from .stateful_exchange import KeepingGuard, NamedStream
from .tenant import tenant_key
from .tenant.engine import TenantEngine
from .text_exchange import TextExchange
from .texts import TEXTS
from .tier_rule import FailMode
from .tiers import Opinion
from .types import Action, Direction, Edit, Principal, Refusal, Unjudged, Verdict
from .vault import Vault, placeholder_key

_FALLBACK = "openai_chat"
_SHORTEST_KEY = 32
_MOST_SCOPES = 4096
"""Applications whose derived keys are kept."""
_MOST_LAYERED = 64
"""Policies with rules of their own that are kept compiled."""


def build_inspector(
    master_key: bytes,
    rules: Iterable[Rule] | None = None,
    cache: Path | None = None,
    compile_own: Compile | None = None,
    vaults: VaultStore | None = None,
    models: Models | None = None,
) -> Inspector:
    """Build the core.

    Args:
        master_key: at least 32 secret bytes; placeholders and digests depend on it.
        rules: what to look for; the built-in packs unless given.
        cache: private folder for compiled rules; None compiles them at every start.
        compile_own: compiles the expressions of policies, which nobody tried before; it may refuse with
            `BadPolicy`. Unless given they are compiled like the rules.
        vaults: keeps placeholders for conversations whose history the provider keeps; without one the
            answers of their later turns are not restored.
        models: what policies may ask beside the rules; whoever drives the core must be ready to ask the
            tiers that it names.

    Raises:
        BadRule: a rule is at fault.
        ValueError: the key is too short.
    """
    if len(master_key) < _SHORTEST_KEY:
        raise ValueError(f"the master key must have {_SHORTEST_KEY} bytes or more")
    key = hmac.digest(master_key, b"databases", "sha256")
    databases = DatabaseCache(cache, key) if cache else None
    own = DatabaseCache(cache, key, compile_own) if cache and compile_own else databases
    shared = SharedDatabases(databases) if databases else None
    return Core(master_key, load_packs() if rules is None else rules, shared, own, vaults, models)


class Core:
    """Opens inspections. Holds no state of an exchange but what `Memory` keeps of it."""

    def __init__(
        self,
        master_key: bytes,
        rules: Iterable[Rule],
        cache: Databases | None = None,
        own: Databases | None = None,
        vaults: VaultStore | None = None,
        models: Models | None = None,
    ):
        self._master_key = master_key
        self._patterns = patterns = [Pattern(rule) for rule in (*rules, UNKNOWN)]
        prompts = Ruleset(_about(patterns, Direction.PROMPT), cache)
        answers = ByLot(_about(patterns, Direction.ANSWER), cache, prompts)
        self.rulesets: dict[Direction, Ruleset] = {Direction.PROMPT: prompts, Direction.ANSWER: answers}
        self.sifts = {
            direction: Sift(ruleset, whole=direction is Direction.PROMPT)
            for direction, ruleset in self.rulesets.items()
        }
        self.memory: Memory | None = Memory()
        self.prompts = Prompts()
        self.vaults = vaults
        self.models = models
        self._keys: Callable[[str, str], tuple[bytes, bytes, bytes]] = lru_cache(_MOST_SCOPES)(self._derived)
        self._known_key: Callable[[str], bytes] = partial(tenant_key, master_key)
        self._own = own
        self._layered: dict[tuple[str, str], Engine] = {}
        for ruleset in (answers, *map(answers.of, answers.apart)):
            _ = ruleset.holdback  # made now, so that no first stream waits for it
        _ = prompts.minding_quotes  # and no first typeset text for this

    def warm(self, *, expressions: bool = True) -> Iterator[None]:
        """Load what validators read, and compile all expressions unless told not to; a rule a step."""
        for pattern in self._patterns:
            pattern.try_validator()
            if expressions:
                pattern.compile()
            yield

    def open(
        self,
        dialect: str,
        policy: Policy,
        principal: Principal,
        exchange_id: str = "",
        links: Links | None = None,
    ) -> Inspection:
        """Begin an exchange in a named dialect."""
        engine = self.engine(policy, principal) if policy.own_rules else self
        return Exchange(engine, DIALECTS[dialect], policy, principal, exchange_id, links)

    def texts(self, policy: Policy, principal: Principal) -> TextExchange:
        """Begin an exchange of plain texts."""
        return TextExchange(self.engine(policy, principal), TEXTS, policy, principal)

    def engine(self, policy: Policy, principal: Principal) -> Engine:
        """Return what exchanges under a policy are judged by. Raises `BadPolicy` for its own rules."""
        if not policy.own_rules:
            return self
        layered = self._layered
        tenant = principal.tenant_id if policy.known_values else ""
        engine = layered.get((policy.digest, tenant))
        if engine is None:
            if len(layered) >= _MOST_LAYERED:
                del layered[next(iter(layered))]
            engine = TenantEngine(self, policy, self._known_key(tenant), self._own)
            layered[policy.digest, tenant] = engine
        return engine

    def with_models(self, models: Models | None) -> "Core":
        """Return a core with the same rules and other models; it remembers nothing yet."""
        other = copy(self)
        vars(other).update(models=models, memory=Memory(), _layered={})
        return other

    def with_keys(self, keys: ApplicationKeys) -> "Core":
        """Return a core with the same rules that judges for one application, with the keys it was handed."""
        other = copy(self)
        derived = lru_cache(2)(keys.of_scope)
        vars(other).update(memory=Memory(), _layered={}, _keys=derived, _known_key=keys.of_known)
        return other

    def scope(self, policy: Policy, principal: Principal) -> Scope:
        """Return what the judges of one exchange share, nothing in it yet."""
        application = principal.application_id if policy.placeholder_scope == "application" else ""
        placeholders, digests, seal = self._keys(principal.tenant_id, application)
        return Scope(policy, Vault(placeholders), digests, set(), seal, principal.application)

    def _derived(self, tenant: str, application: str) -> tuple[bytes, bytes, bytes]:
        """Derive the keys of placeholders and digests, and the one that seals the tenant's values."""
        key = placeholder_key(self._master_key, tenant, application)
        return key, hmac.digest(key, b"digest", "sha256"), seal_key(self._master_key, tenant)

    def error(self, dialect: str, status: int, code: str, message: str, param: str | None = None) -> Refusal:
        """Render an error in the dialect's own envelope; an unknown dialect gives OpenAI's."""
        return DIALECTS.get(dialect, DIALECTS[_FALLBACK]).error(status, code, message, param)


def _about(patterns: Iterable[Pattern], direction: Direction) -> list[Pattern]:
    return [item for item in patterns if direction in item.rule.directions]


class Exchange(GlancingExchange):
    """One exchange in a provider's format. What only streams need is made when one comes."""

    __slots__ = ("_exchange_id", "_links", "_pending")

    def __init__(
        self,
        engine: Engine,
        dialect: Dialect,
        policy: Policy,
        principal: Principal,
        exchange_id: str = "",
        links: Links | None = None,
    ):
        super().__init__(engine, dialect, policy, principal)
        self._exchange_id = exchange_id
        self._links = links
        self._pending: Pending | None = None

    @property
    def model(self) -> str:
        """Model the request names."""
        return self._asked.model

    @property
    def wants_stream(self) -> bool:
        """Whether the request asks for a streamed answer."""
        return self._asked.stream

    @property
    def wants_array(self) -> bool:
        """Whether a streamed answer of type ``application/json`` is an array that grows."""
        return self._asked.framing == "json_array" and self._asked.stream

    def request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> Decision:
        """Judge the request body. Raises `BadInput`."""
        began = time.perf_counter()
        if (clean := self._clean_request(body, addressed, began)) is not None:
            return clean
        ledger = self._prompt_ledger
        if len(body) >= WORTH and (memory := self._engine.memory) is not None:
            forwarded = self._remembering(memory, body, addressed, ledger)
        else:
            document, self._asked = self._dialect.parse_request(body, addressed)
            if self._asked.continues:
                self._recall(self._asked.continues)
            ledger.unjudged += document.unjudged
            edits = self._judge(document.segments, Direction.PROMPT, ledger)
            if document.unjudged:
                self._show(document.tree, document.unjudged, Direction.PROMPT, ledger)
            forwarded = document.render(edits) if edits else body
        self._judge_model(ledger)
        if self._inquiry is not None:
            return self._decide(Pending(Direction.PROMPT, ledger, forwarded), began)
        self._prompt = verdict = self._verdict(ledger, began)
        if verdict.action is Action.BLOCK:
            return self._stopped(Pending(Direction.PROMPT, ledger, forwarded), verdict, began)
        return Decision(verdict, body=forwarded)

    def _stopped(self, pending: Pending, verdict: Verdict, began: float) -> Decision:
        """Refuse what is blocked, with an approved answer where the policy has some."""
        if self._policy.knowledge:
            return self._decide(pending, began)
        return Decision(verdict, refusal=self._refusal(verdict, pending.direction, pending.original))

    def settle(self, opinions: Sequence[Opinion], *, raced: bool = False) -> Decision:
        """Go on with what the last decision asked. Raises `ValueError`."""
        began = time.perf_counter()
        pending = self._pending
        if pending is None:
            raise ValueError("nothing was asked")
        self._answered(opinions, raced=raced)
        return self._decide(pending, began - pending.ledger.seconds)

    def _decide(self, pending: Pending, began: float) -> Decision:
        """Decide what becomes of a body, unless a model is to be asked first."""
        ledger, direction = pending.ledger, pending.direction
        ask = self._next_ask(ledger)
        self._pending = pending if ask else None
        verdict = self._open_verdict(ledger, began) if ask else self._verdict(ledger, began)
        if direction is Direction.PROMPT:
            self._prompt = verdict
        else:
            self._answer = verdict
        if ask is not None:
            return Decision(verdict, ask=ask, ahead=self._ahead(pending))
        if verdict.action is Action.BLOCK:
            return Decision(verdict, refusal=self._refusal(verdict, direction, pending.original))
        return Decision(verdict, body=pending.forwarded)

    def _ahead(self, pending: Pending) -> bytes | None:
        """Return what may be sent before all is said, see `race`; what nobody could read holds it back."""
        if pending.direction is Direction.ANSWER or self._inquiry is None or not self._inquiry.races:
            return None
        if self._policy.private or pending.ledger.unjudged or self._search is not None:
            return None
        body = pending.forwarded
        return body if only_generates(self._dialect.name, body) else None

    def _remembering(self, memory: Memory, body: bytes, addressed: Addressed, ledger: Ledger) -> bytes:
        """Judge a large body, but not again what was judged before; return what may be forwarded."""
        key = memory.key(self._principal, self._policy, self._dialect.name)
        recalled = Recollection(memory, key, self._dialect, body, addressed)
        document, self._asked = recalled.parse()
        if self._asked.continues:
            self._recall(self._asked.continues)
        ledger.unjudged += document.unjudged
        with self._bounded(document.segments):
            doubtful = recalled.doubtful(self._engine.sifts[Direction.PROMPT], document.segments)
            edits = self._judge_doubtful(document.segments, doubtful, Direction.PROMPT, ledger)
        small = recalled.small
        if document.unjudged and small is not None:
            self._show(small.tree, small.unjudged, Direction.PROMPT, ledger, document.unjudged)
        ledger.segments += recalled.segments
        ledger.characters += recalled.unread
        ledger.remembered = recalled.remembered
        if not any(item.action is Action.BLOCK for item in ledger.decided):
            again = self._inquiry.again if self._inquiry is not None else ()
            recalled.keep(document, {*doubtful, *again} if again else doubtful)
        return document.render(edits) if edits else body

    def response(self, body: bytes, content_type: str) -> Decision:
        """Judge a whole answer and restore placeholders.

        Raises:
            UpstreamFault: it cannot be read, and the policy is not one that only records.
        """
        began = time.perf_counter()
        if (clean := self._clean_answer(body, began)) is not None:
            return clean
        ledger = self._begin_answer()
        try:
            document, repeats = self._dialect.parse_answer(body)
            ledger.unjudged += document.unjudged
            edits = self._judge(document.segments, Direction.ANSWER, ledger)
            if document.unjudged:
                self._show(document.tree, document.unjudged, Direction.ANSWER, ledger)
            self._keep(self._names(document.tree))
        except BadInput as fault:
            if self._only_records():
                ledger.unjudged.append(Unjudged("", fault.code))
                self._answer = verdict = self._verdict(ledger, began)
                return Decision(verdict, body=body)
            message = f"The upstream's answer cannot be read: {fault.message}"
            raise UpstreamFault(message, code="upstream_protocol") from None
        forwarded = document.render(edits, _nulled(repeats, edits)) if edits else document.body
        if self._inquiry is not None:
            return self._decide(Pending(Direction.ANSWER, ledger, forwarded, document.tree), began)
        self._answer = verdict = self._verdict(ledger, began)
        if verdict.action is Action.BLOCK:
            return self._stopped(Pending(Direction.ANSWER, ledger, forwarded, document.tree), verdict, began)
        return Decision(verdict, body=forwarded)

    def stream(self) -> StreamGuard:
        """Begin judging a streamed answer. Raises `UpstreamFault` where the dialect never streams."""
        shape = self._dialect.stream(self._asked)
        if shape is None:
            raise UpstreamFault("The upstream streams where nothing streams.", code="upstream_protocol")
        guard = self._frame_guard(shape, self._begin_stream())
        return FrameWatcher(guard) if self._only_records() else self._keeping(guard, shape)

    def asking_stream(self) -> AskingStream | None:
        """Begin judging a streamed answer with models; None where the policy wants none."""
        models = self._engine.models
        plan = None if models is None else models.plan(self._policy, Direction.ANSWER)
        if models is None or plan is None or plan.empty:
            return None
        shape, ahead = self._dialect.stream(self._asked), self._dialect.stream(self._asked)
        if shape is None or ahead is None:
            return None
        ledger = self._begin_answer()
        guard = self._frame_guard(shape, ledger)
        passes = self._only_records() and all(stage.rule.fail is FailMode.OPEN for stage in plan.awaited)
        watch = Watch(partial(Inquiry, models, plan, self._shared, ledger, None), ledger, passes)
        judging = FrameWatcher(guard) if passes else self._keeping(guard, shape)
        return AskingGuard(ahead, judging, guard, watch)

    def _frame_guard(self, shape: StreamShape, ledger: Ledger) -> FrameGuard:
        channels = self._channels(Direction.ANSWER, ledger, whole=False)
        sift = self._engine.sifts[Direction.ANSWER]
        return FrameGuard(shape, self._asked, self._policy, channels, ledger, sift, self._head())

    def _keeping(self, guard: FrameGuard, shape: StreamShape) -> StreamGuard:
        if self._engine.vaults is not None and isinstance(shape, NamedStream):
            return KeepingGuard(guard, shape.named, self._keep)
        return guard

    def _head(self) -> Letterhead:
        return Letterhead(self._exchange_id, self._principal.application, self._links)

    def _refusal(self, verdict: Verdict, direction: Direction, original: Any = None) -> Refusal:
        text = verdict.answer or notice(self._policy, verdict.decided, direction, self._head())
        if self._policy.block_style == "error":
            return self._dialect.error(400, "content_filter", text, None)
        return self._dialect.refuse(self._asked, text, original)


def _nulled(repeats: Mapping[str, str], edits: Iterable[Edit]) -> dict[str, str]:
    """Return the values that repeat an edited text: each becomes null."""
    return {
        pointer: "null"
        for pointer, prefix in repeats.items()
        if any(edit.pointer.startswith(prefix) for edit in edits)
    }
