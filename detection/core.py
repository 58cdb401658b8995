"""The core, assembled: rules compiled once, one `Exchange` for each exchange."""

import hmac
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from .channels import Channels
from .database_cache import DatabaseCache
from .dialects import DIALECTS, Asked, Dialect
from .document import Document
from .errors import BadInput, UpstreamFault
from .inspection import Decision, Inspection, Inspector, StreamGuard
from .judge import Ledger, Scope
from .patterns import Pattern
from .placeholders import UNKNOWN
from .pointer import public
from .policy import Policy
from .rules import Rule, load_packs
from .ruleset import Ruleset
from .sse_guard import SseGuard, SseWatcher, edits_of
from .types import Action, AuditCore, Direction, Edit, Principal, Refusal, Segment, Unjudged, Verdict
from .vault import Vault, placeholder_key

_FALLBACK = "openai_chat"
_SHORTEST_KEY = 32


def build_inspector(
    master_key: bytes, rules: Iterable[Rule] | None = None, cache: Path | None = None
) -> Inspector:
    """Build the core.

    Args:
        master_key: at least 32 secret bytes; placeholders and digests depend on it.
        rules: what to look for; the built-in packs unless given.
        cache: private folder for compiled rules; None compiles them at every start.

    Raises:
        BadRule: a rule is at fault.
        ValueError: the key is too short.
    """
    if len(master_key) < _SHORTEST_KEY:
        raise ValueError(f"the master key must have {_SHORTEST_KEY} bytes or more")
    databases = DatabaseCache(cache, hmac.digest(master_key, b"databases", "sha256")) if cache else None
    return Core(master_key, load_packs() if rules is None else rules, databases)


class Core:
    """Opens inspections. Holds no state of an exchange."""

    def __init__(self, master_key: bytes, rules: Iterable[Rule], cache: DatabaseCache | None = None):
        self._master_key = master_key
        self._patterns = patterns = [Pattern(rule) for rule in (*rules, UNKNOWN)]
        self.rulesets = {
            direction: Ruleset((item for item in patterns if direction in item.rule.directions), cache)
            for direction in Direction
        }
        _ = self.rulesets[Direction.ANSWER].holdback  # made now, so that no first stream waits for it

    def warm(self) -> Iterator[None]:
        """Compile every rule's expressions, a rule a step."""
        for pattern in self._patterns:
            pattern.compile()
            yield

    def open(self, dialect: str, policy: Policy, principal: Principal) -> Inspection:
        """Begin an exchange in a named dialect."""
        application = principal.application_id if policy.placeholder_scope == "application" else ""
        key = placeholder_key(self._master_key, principal.tenant_id, application)
        scope = Scope(policy, Vault(key), hmac.digest(key, b"digest", "sha256"), set())
        return Exchange(DIALECTS[dialect], scope, self.rulesets)

    def error(self, dialect: str, status: int, code: str, message: str, param: str | None = None) -> Refusal:
        """Render an error in the dialect's own envelope; an unknown dialect gives OpenAI's."""
        return DIALECTS.get(dialect, DIALECTS[_FALLBACK]).error(status, code, message, param)


class Exchange:
    """One exchange through the core."""

    def __init__(self, dialect: Dialect, scope: Scope, rulesets: dict[Direction, Ruleset]):
        self._dialect = dialect
        self._scope = scope
        self._policy = scope.policy
        self._asked = Asked()
        self._prompt = Ledger()
        self._answer: Ledger | None = None
        self._rulesets = rulesets

    @property
    def model(self) -> str:
        """Model the request names."""
        return self._asked.model

    @property
    def wants_stream(self) -> bool:
        """Whether the request asks for a streamed answer."""
        return self._asked.stream

    def request(self, body: bytes) -> Decision:
        """Judge the request body. Raises `BadInput`."""
        began = time.perf_counter()
        ledger = self._prompt
        document, self._asked = self._dialect.parse_request(body)
        edits = self._judge(document, Direction.PROMPT, ledger)
        verdict = ledger.verdict(self._policy)
        if verdict.action is Action.BLOCK:
            ledger.edits.clear()
            decision = Decision(_timed(ledger, self._policy, began), refusal=self._refusal(verdict))
        else:
            decision = Decision(_timed(ledger, self._policy, began), body=document.render(edits))
        return decision

    def response(self, body: bytes, content_type: str) -> Decision:
        """Judge a whole answer and restore placeholders.

        Raises:
            UpstreamFault: it cannot be read, and the policy is not one that only records.
        """
        began = time.perf_counter()
        ledger = self._answer = Ledger()
        try:
            document, repeats = self._dialect.parse_answer(body)
            edits = self._judge(document, Direction.ANSWER, ledger)
        except BadInput as fault:
            if self._only_records():
                ledger.unjudged.append(Unjudged("", fault.code))
                return Decision(_timed(ledger, self._policy, began), body=body)
            message = f"The upstream's answer cannot be read: {fault.message}"
            raise UpstreamFault(message, code="upstream_protocol") from None
        verdict = ledger.verdict(self._policy)
        if verdict.action is Action.BLOCK:
            ledger.edits.clear()
            refusal = self._refusal(verdict, document.tree)
            return Decision(_timed(ledger, self._policy, began), refusal=refusal)
        values = {
            pointer: "null"
            for pointer, prefix in repeats.items()
            if any(edit.pointer.startswith(prefix) for edit in edits)
        }
        return Decision(_timed(ledger, self._policy, began), body=document.render(edits, values))

    def stream(self) -> StreamGuard:
        """Begin judging a streamed answer. Raises `UpstreamFault` where the dialect never streams."""
        shape = self._dialect.stream()
        if shape is None:
            raise UpstreamFault("The upstream streams where nothing streams.", code="upstream_protocol")
        ledger = self._answer = Ledger()
        channels = Channels(self._rulesets[Direction.ANSWER], self._scope, ledger, whole=False)
        guard = SseGuard(shape, self._asked, self._policy, channels, ledger)
        return SseWatcher(guard) if self._only_records() else guard

    def core(self) -> AuditCore:
        """Return the face-independent audit record as it stands."""
        answer = self._answer.verdict(self._policy) if self._answer else None
        return AuditCore(
            self._dialect.name,
            self._asked.model,
            self._policy.digest,
            self._prompt.verdict(self._policy),
            answer,
        )

    def _only_records(self) -> bool:
        """Say whether nothing in the answer can be changed: neither masked, stopped nor restored."""
        return not self._policy.changes(Direction.ANSWER) and not self._scope.vault.tokens()

    def _judge(self, document: Document, direction: Direction, ledger: Ledger) -> list[Edit]:
        """Judge every segment; return the payload's edits. They hold restored values: never record them."""
        # A blocked answer is fixed by what came before the match, as in a stream: it is read as one.
        whole = direction is Direction.PROMPT
        channels = Channels(self._rulesets[direction], self._scope, ledger, whole=whole)
        ledger.unjudged += document.unjudged
        edits: list[Edit] = []
        for segment in document.segments:
            ledger.segments += 1
            ledger.characters += len(segment.text)
            fed = channels.open(segment).feed(segment.text, final=True)
            edits += edits_of(segment.pointer, fed.pieces)
            if fed.blocked:
                self._note_unread(document, segment, ledger)
                break
        return edits

    def _note_unread(self, document: Document, stopped: Segment, ledger: Ledger) -> None:
        """List what was not looked at because a block had decided already."""
        rest = document.segments[ledger.segments :]
        if rest:
            ledger.unjudged.append(Unjudged(public(rest[0].pointer), "behind a block"))

    def _refusal(self, verdict: Verdict, original: Any = None) -> Refusal:
        text = self._policy.safe_text
        if self._policy.show_categories:
            names = sorted({item.finding.category for item in verdict.decided if item.action is Action.BLOCK})
            text = f"{text} ({', '.join(names)})" if names else text
        if self._policy.block_style == "error":
            return self._dialect.error(400, "content_filter", text, None)
        return self._dialect.refuse(self._asked, text, original)


def _timed(ledger: Ledger, policy: Policy, began: float) -> Verdict:
    ledger.seconds += time.perf_counter() - began
    return ledger.verdict(policy)
