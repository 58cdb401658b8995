"""Exchanges in which functions of a caller's own scan beside the rules."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager

from .channels import Channels
from .core import Core, Exchange
from .dialects import DIALECTS, Dialect
from .exchange import AnyExchange, Engine, Named
from .function_rules import Failures, WithFunctions
from .function_scanners import FunctionScanner
from .inspection import Inspection
from .judge import Ledger, Scope
from .memory import Memory
from .policy import Policy
from .sift import Known, Sift
from .text_exchange import TextExchange
from .texts import ANSWER, TEXTS, Text, TextInspection, Texts, TextStream
from .types import Action, Direction, Edit, Principal, Segment

type Aside = Callable[[], AbstractContextManager[None]]
"""What stands around every call of a function, see `WithFunctions`."""


def open_texts(
    core: Core, scanners: Iterable[FunctionScanner], aside: Aside, policy: Policy, principal: Principal
) -> TextInspection:
    """Begin an exchange of plain texts, like `Core.texts`. A stream is held until its end."""
    engine = WithScanners(core.engine(policy, principal), scanners, aside)
    return _ScannedTexts(engine, TEXTS, policy, principal)


def open_payload(
    core: Core,
    scanners: Iterable[FunctionScanner],
    aside: Aside,
    dialect: str,
    policy: Policy,
    principal: Principal,
) -> Inspection:
    """Begin an exchange in a named dialect, like `Core.open`. Not for streamed answers."""
    engine = WithScanners(core.engine(policy, principal), scanners, aside)
    return _ScannedPayload(engine, DIALECTS[dialect], policy, principal)


class WithScanners:
    """What one exchange is judged by: an engine, and functions beside it. Implements `exchange.Engine`."""

    def __init__(self, base: Engine, scanners: Iterable[FunctionScanner], aside: Aside):
        self.failures = Failures()
        self.rulesets = dict(base.rulesets)
        self.sifts = dict(base.sifts)
        self.scanned = frozenset(direction for item in scanners for direction in item.directions)
        """Directions in which functions look at texts, which have to be whole."""
        for direction in self.scanned:
            own = [item for item in scanners if direction in item.directions]
            self.rulesets[direction] = WithFunctions(base.rulesets[direction], own, self.failures, aside)
            self.sifts[direction] = _DOUBT
        self.memory: Memory | None = None  # a function may answer otherwise when it is asked again
        self.vaults = base.vaults
        self.models = base.models
        self.prompts = base.prompts
        self._base = base

    def scope(self, policy: Policy, principal: Principal) -> Scope:
        """Return what the judges of the exchange share."""
        return self._base.scope(policy, principal)


class _Doubt(Sift):
    """Clears nothing: nobody knows what gives a function's findings away."""

    def __init__(self) -> None:
        """There are no rules to ask."""

    def knows(self, name: str) -> bool:
        """Know every name, see `clears`."""
        return True

    def silences(self, texts: Sequence[str]) -> bool:
        """Clear none."""
        return False

    def doubtful(self, segments: Sequence[Segment]) -> Mapping[int, Known]:
        """Return all."""
        return dict.fromkeys(range(len(segments)))

    def clears(self, name: Segment) -> bool:
        """Clear every model: a function is asked about texts, and in a program it names the model itself."""
        return True


_DOUBT = _Doubt()


class Scanned[Carrier: Named](AnyExchange[Carrier]):
    """Adds to an exchange what became of the functions."""

    __slots__ = ()

    def _judge_doubtful(
        self, segments: Sequence[Segment], doubtful: Mapping[int, Known], direction: Direction, ledger: Ledger
    ) -> list[Edit]:
        edits = super()._judge_doubtful(segments, doubtful, direction, ledger)
        if isinstance(self._engine, WithScanners):
            self._engine.failures.tell(ledger)
        return edits

    def _channels(self, direction: Direction, ledger: Ledger, *, whole: bool) -> Channels:
        held = isinstance(self._engine, WithScanners) and direction in self._engine.scanned
        return super()._channels(direction, ledger, whole=whole or held)


class _ScannedTexts(Scanned[Texts], TextExchange):
    __slots__ = ()

    def stream(self, like: Text = ANSWER) -> TextStream:
        return _HeldText(self, like, passes=self._only_records())


class _ScannedPayload(Scanned[Dialect], Exchange):
    __slots__ = ()


class _HeldText:
    """A text that is judged at its end.

    Args:
        passes: every character leaves at once, because the policy changes nothing.
    """

    def __init__(self, exchange: TextInspection, like: Text, *, passes: bool):
        self._exchange = exchange
        self._like = like
        self._passes = passes
        self._held: list[str] = []
        self._ended = False
        self.blocked = False

    def feed(self, text: str) -> str:
        """Take the next characters; nothing leaves before the end."""
        if not self._ended:
            self._held.append(text)
        return text if self._passes else ""

    def close(self) -> str:
        """The text ended: judge it. Raises `BadInput`."""
        if self._ended:
            return ""
        self._ended = True
        judged = self._exchange.answer([self._like._replace(text="".join(self._held))])
        self.blocked = judged.verdict.action is Action.BLOCK
        return "" if self._passes else judged.texts[0]
