"""A core of this process's own, made when the first text comes."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from ..detection.errors import BadInput
from ..detection.policy import Clause, Policy
from ..detection.texts import Text
from ..detection.tiers import Opinion
from ..detection.types import AuditCore, Direction, Principal, Role, Tier
from .exchange import Exchange, outcome_of
from .messages import DIALECT, body_of, messages_of
from .result import Conversation, Result
from .settings import PolicyLike, Settings, policy_of
from .turn import TURN, aside, in_thread

if TYPE_CHECKING:
    from ..detection.core import Core
    from ..detection.inspection import Inspection
    from ..detection.keyring import ApplicationKeys
    from ..detection.similar.local import LocalSimilarity
    from ..detection.tiers import Ask
    from .local_models import LocalModels

LONGEST = 16 << 20
"""Characters of one text, bytes of one conversation."""
AT_ONCE = 32_768
"""Characters that are judged without leaving the event loop: about a millisecond."""
SELF = Principal("local", "library", "library", "")
"""Whose exchanges these are."""

_MOST_POLICIES = 64


class Library:
    """Judges texts in this process, for any number of threads.

    Args:
        settings: how; the defaults unless given.
        rules: a library with the same key and models, whose rules are used and loaded with it.
    """

    def __init__(self, settings: Settings | None = None, rules: "Library | None" = None):
        self.settings = settings or Settings()
        self._rules = rules
        self._policies: dict[str, Policy] = {}
        self._keyed: dict[int, tuple[ApplicationKeys, Core, Core]] = {}

    def scan(self, text: str, *, role: Role = Role.USER, policy: PolicyLike | None = None) -> Result:
        """Judge a text on its way to a model.

        Args:
            text: at most `LONGEST` characters.
            role: whose words it holds.
            policy: decides instead of the configured one.

        Raises:
            BadInput: the text is too long or holds too much.
            BadPolicy: there is no such policy.
            TypeError: it is no text.
        """
        exchange = self.begin(policy)
        outcome, (out,) = exchange.prompt([Text(_bounded(text), role)])
        return Result(outcome.verdict, outcome.safe_text, out, exchange)

    async def ascan(self, text: str, *, role: Role = Role.USER, policy: PolicyLike | None = None) -> Result:
        """Judge a text like `scan`; a long one in a thread, so that the event loop goes on."""
        if self.at_once(text):
            return self.scan(text, role=role, policy=policy)
        return await in_thread(self.scan, text, role=role, policy=policy)

    def scan_output(
        self, text: str, *, prompt: Result | None = None, policy: PolicyLike | None = None
    ) -> Result:
        """Judge a model's answer.

        Args:
            text: at most `LONGEST` characters.
            prompt: what `scan` made of the prompt: what it masked is put back, its policy decides.
            policy: decides instead of the configured one, where there is no prompt.

        Raises:
            BadInput: the text is too long or holds too much.
            BadPolicy: there is no such policy.
            TypeError: it is no text.
        """
        exchange = prompt.exchange if prompt is not None and prompt.exchange else self.begin(policy)
        outcome, (out,) = exchange.answer([Text(_bounded(text), Role.ASSISTANT)])
        return Result(outcome.verdict, outcome.safe_text, out, exchange)

    def scan_document(self, text: str, *, policy: PolicyLike | None = None) -> Result:
        """Judge a document that a model is to read: plain text, Markdown or HTML, as it stands.

        All of it is looked at, in time that grows with its length and no faster. Raises like `scan`.
        """
        return self.scan(text, role=Role.RETRIEVED, policy=policy)

    def scan_conversation(
        self, messages: Sequence[object], *, policy: PolicyLike | None = None
    ) -> Conversation:
        """Judge a conversation on its way to a model.

        Args:
            messages: dicts with ``role`` and ``content`` as providers have them, with their parts and
                tool calls; or an SDK's objects with ``model_dump``.
            policy: decides instead of the configured one.

        Raises:
            BadInput: one is no message, or all together are too long or hold too much.
            BadPolicy: there is no such policy.
        """
        body = body_of(messages)
        wanted = self.policy(policy)
        with TURN:
            inspection = self._opened(wanted)
            decision = inspection.request(_bounded(body))
        while decision.ask is not None:
            opinions = self._asked(decision.ask)
            with TURN:
                decision = inspection.settle(opinions)
        self._tell(inspection.core())
        outcome = outcome_of(decision.verdict, wanted, Direction.PROMPT)
        kept = messages_of(decision.body, messages) if decision.body is not None else ()
        return Conversation(outcome.verdict, outcome.safe_text, kept)

    def begin(self, policy: PolicyLike | None = None) -> Exchange:
        """Begin an exchange: a prompt and what is answered to it. Raises `BadPolicy`."""
        wanted = self.policy(policy)
        with TURN:
            core = self._with_keys(self._core_for(wanted))
        who, told = self.principal or SELF, None if self.settings.source is None else self._tell
        if not self.settings.scanners:
            return Exchange(core.texts(wanted, who), wanted, self._asked, told)
        from ..detection.function_exchange import open_texts  # noqa: PLC0415 - loads the engine

        inner = open_texts(core, self.settings.scanners, aside, wanted, who)
        return Exchange(inner, wanted, self._asked, told)

    def policy(self, wanted: PolicyLike | None = None) -> Policy:
        """Return a policy, the configured one unless named, behind what scanners say of themselves.

        Raises:
            BadPolicy: there is no such policy.
        """
        source = self.settings.source
        if wanted is not None:
            policy = policy_of(wanted)
        else:
            policy = self.settings.policy if source is None else source.policy()
        if not self._own_clauses:
            return policy
        known = self._policies.get(policy.digest)
        if known is None:
            if len(self._policies) >= _MOST_POLICIES:
                self._policies.clear()
            known = replace(policy, clauses=(*self._own_clauses, *policy.clauses))
            self._policies[policy.digest] = known
        return known

    def at_once(self, *texts: str) -> bool:
        """Say whether texts are judged so fast that an event loop need not be left."""
        ready = self.ready and not self.settings.scanners and self.settings.models != "transformer"
        return ready and sum(map(len, texts)) <= AT_ONCE

    @property
    def ready(self) -> bool:
        """Whether the rules are loaded, and there is a policy."""
        source = self.settings.source
        return "_core" in (self._rules or self).__dict__ and (source is None or source.ready)

    @property
    def principal(self) -> Principal | None:
        """Whose exchanges these are, where an appliance says so. Raises `PolicyAway`."""
        source = self.settings.source
        return None if source is None else source.principal

    @property
    def core(self) -> "Core":
        """The core itself, for faces that keep exchanges of their own.

        Its steps need a turn (see `turn`), and so does this one unless the library is `ready`. It asks no
        model that takes long. Raises `PolicyAway`.
        """
        return self._with_keys(self._in_passing)

    @property
    def asking_core(self) -> "Core":
        """The core whose exchanges say what models that take long are to be asked: see `opinions`."""
        return self._with_keys(self._core)

    def asking_core_for(self, policy: Policy) -> "Core":
        """Return `asking_core` for a policy: texts are compared where it has topics or answers."""
        return self._with_keys(self._core_for(policy))

    @property
    def waits(self) -> bool:
        """Whether models may be asked that take long."""
        return self.settings.models == "transformer"

    def opinions(self, ask: "Ask") -> "Sequence[Opinion]":
        """Ask the models of this process; whoever calls waits, so an event loop does in a thread."""
        return self._asked(ask)

    def load(self) -> None:
        """Load the rules and ask for a policy now; otherwise the first text waits. Raises `PolicyAway`."""
        with TURN:
            _ = self._core
        if self.settings.source is not None:
            self.settings.source.load()

    def warm(self) -> None:
        """Load the rules and compile their expressions now; otherwise the first texts wait for them."""
        with TURN:
            for _ in self._core.warm():
                pass

    def told(self, settings: Settings) -> "Library":
        """Return a library with other settings; it shares the rules unless key or cache differ.

        Raises `ModelMissing`.
        """
        other = Library(settings)
        if settings.models == self.settings.models:
            if "_models" in self.__dict__:
                other.__dict__["_models"] = self._models
        elif settings.models != "none":
            _ = other._models
        with TURN:
            if "_core" in self.__dict__ and settings.key == self.settings.key:
                same = settings.models == self.settings.models
                other.__dict__["_core"] = self._core if same else other._with_models(self._core)
        return other

    def _with_keys(self, core: "Core") -> "Core":
        """Return the core with the keys that an appliance handed out. Raises `PolicyAway`."""
        source = self.settings.source
        if source is None:
            return core
        keys, known = source.keys, self._keyed.get(id(core))
        if known is None or known[0] != keys:
            known = self._keyed[id(core)] = keys, core, core.with_keys(keys)
        return known[2]

    def _tell(self, core: AuditCore) -> None:
        if self.settings.source is not None:
            self.settings.source.tell(core)

    def _asked(self, ask: "Ask") -> "Sequence[Opinion]":
        """Ask the models of this process, and who compares texts in it."""
        if ask.tier is Tier.SIMILARITY:
            return [self._similarity.opinion(doubt) for doubt in ask.doubts]
        if self._models is None:
            return [Opinion("none", unjudged="not installed") for _ in ask.doubts]
        return self._models.opinions(ask)

    @cached_property
    def _models(self) -> "LocalModels | None":
        if self._rules is not None:
            return self._rules._models  # noqa: SLF001 - of the same class
        if self.settings.models == "none":
            return None
        from .local_models import LocalModels  # noqa: PLC0415 - brings libraries that few have

        return LocalModels.load(self.settings.models)

    def _with_models(self, core: "Core") -> "Core":
        return core.with_models(self._models.models if self._models is not None else None)

    def _core_for(self, policy: Policy) -> "Core":
        """Return the core for a policy: only one with topics or answers has texts compared."""
        return self._comparing if policy.topics or policy.knowledge else self._core

    @cached_property
    def _comparing(self) -> "Core":
        if self._rules is not None:
            return self._rules._comparing  # noqa: SLF001 - of the same class
        from ..detection.escalation import Models  # noqa: PLC0415 - loaded with the engine

        models = self._models.models if self._models is not None else Models()
        return self._core.with_models(Models(models.linear, {*models.tiers, Tier.SIMILARITY}, models.bands))

    @cached_property
    def _similarity(self) -> "LocalSimilarity":
        from ..detection.similar.local import LocalSimilarity  # noqa: PLC0415 - few policies need it

        return LocalSimilarity()

    @cached_property
    def _in_passing(self) -> "Core":
        models = self._models
        return self._core if models is None else self._core.with_models(models.in_passing)

    @cached_property
    def _own_clauses(self) -> tuple[Clause, ...]:
        scanners = self.settings.scanners
        return tuple(Clause(item.action, (item.category,)) for item in scanners if item.action is not None)

    @cached_property
    def _core(self) -> "Core":
        if self._rules is not None:
            return self._rules._core  # noqa: SLF001 - of the same class
        # The engine is loaded here: without it the library is imported several times faster.
        from ..detection.core import Core  # noqa: PLC0415 - see above
        from ..detection.rules import load_packs  # noqa: PLC0415 - see above
        from .cache_folder import open_cache  # noqa: PLC0415 - see above

        core = Core(self.settings.key, load_packs(), open_cache(self.settings.cache))
        return core if self.settings.models == "none" else self._with_models(core)

    def _opened(self, policy: Policy) -> "Inspection":
        core, who = self._with_keys(self._core_for(policy)), self.principal or SELF
        if not self.settings.scanners:
            return core.open(DIALECT, policy, who)
        from ..detection.function_exchange import open_payload  # noqa: PLC0415 - loads the engine

        return open_payload(core, self.settings.scanners, aside, DIALECT, policy, who)


def _bounded[Content: (str, bytes)](text: Content) -> Content:
    """Return a text. Raises `BadInput` for one that is too long, `TypeError` for what is none."""
    if not isinstance(text, str | bytes):
        raise TypeError(f"a text is expected, not {type(text).__name__}")
    if len(text) > LONGEST:
        raise BadInput(f"The text is longer than {LONGEST} characters.", code="over_size", status=413)
    return text
