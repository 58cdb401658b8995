"""What every exchange through the core shares: two directions, one scope, one way from texts to edits."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from .approved import Search, question_of
from .channels import Channels
from .dialects import Asked
from .echo import Prompts, Quotable, speaks
from .effort import Bounded
from .escalation import Models, Plan
from .inquiry import Inquiry
from .judge import Ledger, Scope
from .memory import Memory, Opinions
from .pictures import pictures
from .pieces import edits_of
from .pointer import public
from .policy import Policy
from .ports import VaultStore
from .ruleset import Ruleset
from .session import session_finding
from .sift import Known, Sift
from .tiers import Ask, Opinion
from .turn_seams import seam_findings
from .types import (
    Action,
    AuditCore,
    Direction,
    Edit,
    Kind,
    Principal,
    Role,
    Segment,
    Tier,
    Unjudged,
    Verdict,
)
from .unscannable import DEAD_TIER
from .whole_json import Spelled

_NOTHING_ASKED = Asked()
_MODEL = "/model"
"""Where the model is said to stand, though some providers name it in the address."""


class Engine(Protocol):
    """What exchanges are judged by: compiled rules, shared by all of them."""

    rulesets: dict[Direction, Ruleset]
    sifts: dict[Direction, Sift]
    memory: Memory | None
    """What was judged before; None where that tells nothing."""
    prompts: Prompts
    vaults: VaultStore | None
    """Keeps placeholders of conversations whose history the provider keeps; None where nobody does."""
    models: Models | None
    """What may be asked beside the rules; None where nothing is."""

    def scope(self, policy: Policy, principal: Principal) -> Scope:
        """Return what the judges of one exchange share, nothing in it yet."""
        ...


class Named(Protocol):
    """What carries the texts of an exchange."""

    name: str
    """What a record calls it."""


class AnyExchange[Carrier: Named]:
    """One exchange, whatever carries its texts. What only findings need is made when one comes."""

    __slots__ = (
        "_answer",
        "_answer_ledger",
        "_asked",
        "_dialect",
        "_engine",
        "_inquiry",
        "_policy",
        "_principal",
        "_prompt",
        "_prompt_notes",
        "_prompt_segments",
        "_question",
        "_quotable",
        "_scope",
        "_search",
        "_withheld",
    )

    def __init__(self, engine: Engine, dialect: Carrier, policy: Policy, principal: Principal):
        self._engine = engine
        self._dialect = dialect
        self._asked = _NOTHING_ASKED
        self._policy = policy
        self._principal = principal
        self._scope: Scope | None = None
        self._prompt: Verdict | None = None
        self._inquiry: Inquiry | None = None
        self._prompt_notes: Ledger | None = None
        self._prompt_segments: Sequence[Segment] = ()
        self._quotable: Quotable | None = None
        self._question = ""
        self._search: Search | None = None
        self._answer: Verdict | None = None
        self._answer_ledger: Ledger | None = None
        self._withheld = False

    def core(self) -> AuditCore:
        """Return the face-independent audit record as it stands."""
        policy = self._policy
        answer = self._answer
        if answer is None and self._answer_ledger is not None:
            answer = self._answer_ledger.verdict(policy)
        prompt = self._prompt or self._prompt_ledger.verdict(policy)
        model = "" if self._withheld else self._asked.model
        return AuditCore(self._dialect.name, model, policy.digest, prompt, answer)

    @property
    def _prompt_ledger(self) -> Ledger:
        """What the prompt came to so far; begun when somebody asks, for most prompts pass without."""
        if self._prompt_notes is None:
            self._prompt_notes = _ledger(self._policy, Direction.PROMPT, self._engine.models)
        return self._prompt_notes

    def follow(self, earlier: "AnyExchange[Carrier]") -> None:
        """Go on with another exchange of one conversation.

        What was replaced there is put back here, too, and what must not be quoted there must not here.
        """
        shared = earlier._shared()  # noqa: SLF001 - of the same class
        same = shared.policy is self._policy
        self._scope = shared if same else replace(shared, policy=self._policy)
        self._prompt_segments = earlier._prompt_segments  # noqa: SLF001 - of the same class
        self._quotable = earlier._quotable  # noqa: SLF001 - of the same class

    @property
    def replaced(self) -> int:
        """How many values of the conversation were replaced."""
        return 0 if self._scope is None else len(self._scope.vault.tokens())

    def _shared(self) -> Scope:
        """Return what the judges of this exchange share."""
        if self._scope is None:
            self._scope = self._engine.scope(self._policy, self._principal)
        return self._scope

    def _only_records(self) -> bool:
        """Say whether nothing in the answer can be changed: neither masked, stopped nor restored."""
        minted = self._scope is not None and self._scope.vault.tokens()
        return not minted and not self._policy.changes(Direction.ANSWER)

    def _channels(self, direction: Direction, ledger: Ledger, *, whole: bool) -> Channels:
        quotable = self._must_not_be_quoted() if direction is Direction.ANSWER else None
        ruleset = self._engine.rulesets[direction]
        return Channels(ruleset, self._shared(), ledger, whole=whole, quotable=quotable)

    def _must_not_be_quoted(self) -> Quotable | None:
        """Return the words of this exchange's system prompt where the policy guards them."""
        if self._prompt_segments:
            self._quotable = self._engine.prompts.quotable(self._prompt_segments)
            self._prompt_segments = ()
        return self._quotable

    def _judge(self, segments: Sequence[Segment], direction: Direction, ledger: Ledger) -> list[Edit]:
        """Judge every segment; return the payload's edits. They hold restored values: never record them."""
        with self._bounded(segments):
            doubtful = self._engine.sifts[direction].doubtful(segments)
            if direction is Direction.ANSWER and (quotable := self._must_not_be_quoted()) is not None:
                doubtful = _quoting(segments, doubtful, quotable)
            return self._judge_doubtful(segments, doubtful, direction, ledger)

    def _bounded(self, segments: Sequence[Segment]) -> Bounded:
        """Bound the work that judging texts may take."""
        characters = sum([len(segment[0]) for segment in segments])
        return Bounded(characters, self._policy.max_findings, len(segments))

    def _judge_doubtful(
        self, segments: Sequence[Segment], doubtful: Mapping[int, Known], direction: Direction, ledger: Ledger
    ) -> list[Edit]:
        """Judge every segment where it is known which are in doubt."""
        edits: list[Edit] = []
        if doubtful:
            edits = self._judge_each(segments, doubtful, direction, ledger)
        else:
            _count(segments, ledger)
        if direction is Direction.PROMPT:
            if self._policy.guards_prompts:
                self._prompt_segments = segments
            if self._policy.knowledge:
                self._question = question_of(segments) or self._question
            if len(segments) > 1:
                self._judge_conversation(segments, ledger)
        if self._engine.models is not None:
            self._consult(self._engine.models, segments, direction, ledger)
        return edits

    def _consult(
        self, models: Models, segments: Sequence[Segment], direction: Direction, ledger: Ledger
    ) -> None:
        """Let models look at texts, too; a form has several such lots."""
        inquiry = self._inquiry
        if inquiry is None:
            plan = models.plan(self._policy, direction)
            if plan.empty:
                return
            whole = self._prompt_ledger if direction is Direction.PROMPT else ledger
            inquiry = self._inquiry = self._inquire(models, plan, whole)
        inquiry.look(segments, ledger.decided)

    def _inquire(self, models: Models, plan: Plan, ledger: Ledger) -> Inquiry:
        memory, opinions = self._engine.memory, None
        if memory is not None:
            opinions = Opinions(
                memory.opinions, memory.key(self._principal, self._policy, self._dialect.name)
            )
        return Inquiry(models, plan, self._shared, ledger, opinions)

    def _show(
        self,
        tree: Any,
        parts: Sequence[Unjudged],
        direction: Direction,
        ledger: Ledger,
        listed: Sequence[Unjudged] | None = None,
    ) -> None:
        """Let a vision guard look at the pictures among what texts' scanners cannot read.

        Args:
            tree: the payload.
            parts: what cannot be read, by its places in `tree`.
            listed: the same parts, as the ledger lists them; `parts` themselves unless given.
        """
        models = self._engine.models
        plan = None if models is None else models.plan(self._policy, direction)
        if models is None or plan is None or plan.vision is None:
            return
        if any(item.action is Action.BLOCK for item in ledger.decided):
            return
        found = pictures(tree, parts, direction, parts if listed is None else listed)
        if found and self._inquiry is None:
            self._inquiry = self._inquire(models, plan, ledger)
        if found and self._inquiry is not None:
            self._inquiry.see(found)

    def _next_ask(self, ledger: Ledger) -> Ask | None:
        """Return what a model is to be asked before anything is decided; None where all is said.

        Where that comes to a block, an answer that the policy has approved is looked for.
        """
        ask = self._inquiry.ask() if self._inquiry is not None else None
        if ask is not None or not self._policy.knowledge:
            return ask
        if self._search is None:
            models = self._engine.models
            blocked = ledger.verdict(self._policy).action is Action.BLOCK
            if not blocked or models is None or not models.has(Tier.SIMILARITY):
                return None
            self._search = Search(self._policy, ledger, self._question)
        return self._search.ask()

    def _answered(self, opinions: Sequence[Opinion], *, raced: bool = False) -> None:
        """Take the answer to what was asked. Raises `ValueError` where nothing was."""
        if self._search is not None and self._search.waits:
            self._search.told(opinions)
            return
        if self._inquiry is None:
            raise ValueError("nothing was asked")
        self._inquiry.told(opinions, raced=raced)

    def _judge_conversation(self, segments: Sequence[Segment], ledger: Ledger) -> None:
        """Judge what stands in no text alone. Such findings are told of a text, and never edited."""
        for finding in seam_findings(segments, self._engine.rulesets[Direction.PROMPT], self._digest_key):
            ledger.decided.append(self._shared().ruled(finding))
        if len(ledger.decided) > 1:
            risk = session_finding(ledger.decided, segments)
            if risk is not None:
                ledger.decided.append(self._shared().ruled(risk))

    def _digest_key(self) -> bytes:
        return self._shared().digest_key

    def _judge_model(self, ledger: Ledger) -> None:
        """Judge the name of the model, which is forwarded as it is; one with findings is not recorded."""
        model = self._asked.model
        if not model:
            return
        name = Segment(model, _MODEL, Role.SYSTEM, Kind.NAME, Direction.PROMPT, editable=False)
        if self._engine.sifts[Direction.PROMPT].clears(name):
            return
        before = len(ledger.decided)
        self._channels(Direction.PROMPT, ledger, whole=True).open(name).feed(name.text, final=True)
        self._withheld = len(ledger.decided) > before

    def _judge_each(
        self, segments: Sequence[Segment], doubtful: Mapping[int, Known], direction: Direction, ledger: Ledger
    ) -> list[Edit]:
        # A blocked answer is fixed by what came before the match, as in a stream: it is read as one.
        channels = self._channels(direction, ledger, whole=direction is Direction.PROMPT)
        edits: list[Edit] = []
        done = 0
        for index, known in doubtful.items():
            segment = segments[index]
            channels.skip(index - done)
            done = index + 1
            if known is None:
                fed = channels.open(segment).feed(segment.text, final=True)
            elif isinstance(known, Spelled):
                fed = channels.feed_json(segment, known)
            elif (whole := channels.edits(segment, known)) is not None:
                edits += whole
                continue
            else:
                fed = channels.open_text(segment).feed_whole(segment.text, known)
            edits += edits_of(segment.pointer, fed.pieces)
            if fed.blocked:
                _count(segments[:done], ledger)
                _note_unread(segments[done:], ledger)
                return edits
        channels.skip(len(segments) - done)
        _count(segments, ledger)
        return edits

    def _begin_answer(self) -> Ledger:
        """Begin the ledger of the answer; what an earlier answer came to is forgotten."""
        self._answer = self._inquiry = self._search = None
        ledger = self._answer_ledger = _ledger(self._policy, Direction.ANSWER, self._engine.models)
        return ledger

    def _begin_stream(self) -> Ledger:
        """Begin the ledger of an answer that comes in pieces: models are asked about whole texts only."""
        ledger = self._begin_answer()
        models = self._engine.models
        if models is not None:
            plan = models.plan(self._policy, Direction.ANSWER)
            for stage in (plan.linear, *plan.awaited):
                if stage is not None:
                    name = stage.rule.tier.name.lower()
                    ledger.unjudged.append(Unjudged("", f"{DEAD_TIER} {name}: streamed"))
        return ledger

    def _verdict(self, ledger: Ledger, began: float) -> Verdict:
        ledger.seconds = time.perf_counter() - began
        verdict = ledger.verdict(self._policy)
        if verdict.action is not Action.BLOCK:
            return verdict
        return replace(verdict, edits=(), answer=self._search.answer if self._search is not None else "")

    def _open_verdict(self, ledger: Ledger, began: float) -> Verdict:
        """Return the verdict on texts that wait for a model: as long as nobody answers they are unjudged."""
        waiting = self._inquiry.waiting() if self._inquiry is not None else []
        before = len(ledger.unjudged)
        ledger.unjudged += waiting
        verdict = self._verdict(ledger, began)
        del ledger.unjudged[before:]
        return verdict


def _ledger(policy: Policy, direction: Direction, models: Models | None) -> Ledger:
    """Begin a ledger. What only a guard model can judge is unjudged where there is none."""
    ledger = Ledger()
    asked = models is not None and models.has(Tier.GUARD_MODEL)
    if policy.scanners and not asked and policy.wants_model(direction):
        ledger.unjudged.append(Unjudged("", DEAD_TIER))
    if models is None and any(direction in topic.directions for topic in policy.topics):
        ledger.unjudged.append(Unjudged("", f"{DEAD_TIER} similarity: not installed"))
    return ledger


def _count(segments: Sequence[Segment], ledger: Ledger) -> None:
    ledger.segments = len(segments)
    ledger.characters = sum([len(segment[0]) for segment in segments])


def _note_unread(rest: Sequence[Segment], ledger: Ledger) -> None:
    """List what was not looked at because a block had decided already."""
    if rest:
        ledger.unjudged.append(Unjudged(public(rest[0].pointer), "behind a block"))


def _quoting(
    segments: Sequence[Segment], doubtful: Mapping[int, Known], quotable: Quotable
) -> Mapping[int, Known]:
    """Add to the texts of an answer that are in doubt, by index, those that hold a leak."""
    found = dict(doubtful)
    for index, segment in enumerate(segments):
        if speaks(segment) and (segment.encoded or quotable.stands_in(segment.text)):
            found[index] = None
    return dict(sorted(found.items()))
