"""The decorator of SENTINEL's lessons, for functions of every kind."""

import inspect
import logging
import warnings
from collections.abc import Callable, Sequence
from typing import Any, overload

from ...detection.policy import SAFE_TEXT
from ...detection.types import Action, Role, Verdict
from ...library.exchange import Exchange
from ...library.guard import guarded
from ...library.guarded import Call, Guarding
from ...library.local import Library
from ...library.outcome import Blocked, Outcome
from ...library.tree import texts_in
from .exceptions import ConfigurationError, ThreatDetectedError
from .result import ScanResult, joined, result_of
from .scanning import scanned, told
from .state import ON_THREAT, OnThreat, state

_log = logging.getLogger("sentinel")


@overload
def guard[**Given, Returned](function: Callable[Given, Returned], /) -> Callable[Given, Returned]: ...


@overload
def guard[**Given, Returned](
    engines: Sequence[str] | None = None, on_threat: OnThreat | None = None
) -> Callable[[Callable[Given, Returned]], Callable[Given, Returned]]: ...


def guard(engines: Any = None, on_threat: OnThreat | None = None) -> Any:
    """Guard a function: texts it is given, and what it returns or yields.

    Args:
        engines: names of those that run; the configured ones unless given.
        on_threat: ``raise`` raises `ThreatDetectedError`; ``block`` gives a safe text back; ``log`` and
            ``warn`` tell and go on. The configured one unless given.

    Raises:
        ConfigurationError: there is no such engine or word.
    """
    if callable(engines):
        return guard()(engines)
    if on_threat is not None and on_threat not in ON_THREAT:
        raise ConfigurationError(f"on_threat is one of {', '.join(ON_THREAT)}")
    state().chosen(engines)

    def make(guarding: Guarding, signature: inspect.Signature) -> Call:
        return _Call(guarding, signature, engines, on_threat or state().on_threat)

    def library() -> Library:
        now = state()
        return now.library(now.chosen(engines))

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        return guarded(function, Guarding(library, on_block="text"), make)

    return decorate


class _Call(Call):
    """One call of a function guarded in this way."""

    def __init__(
        self,
        guarding: Guarding,
        signature: inspect.Signature,
        engines: Sequence[str] | None,
        on_threat: OnThreat,
    ):
        super().__init__(guarding, signature)
        self._on_threat = on_threat
        self._engines = state().chosen(engines)

    def begin(self) -> Exchange:
        """Open an exchange in which every threat stops what is answered, or none does."""
        stops = self._on_threat in ("raise", "block")
        policy = state().policy(self._engines, Action.BLOCK if stops else Action.FLAG)
        return self.library.begin(policy)

    def arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> inspect.BoundArguments:
        """Scan the arguments. Raises `ThreatDetectedError`, or `Blocked`."""
        bound = self.signature.bind(*args, **kwargs)
        texts = [text for value in bound.arguments.values() for text in texts_in(value, Role.USER)]
        self._deal(joined([scanned(text.text, text.role, self._engines) for text in texts]))
        return bound

    def report(self, outcome: Outcome) -> None:
        """Deal with what an answer came to."""
        self._deal(result_of(outcome, "", self._engines))

    def _deal(self, result: ScanResult) -> None:
        told(result)
        if result.is_safe:
            return
        if self._on_threat == "raise":
            raise ThreatDetectedError(result)
        if self._on_threat == "block":
            raise Blocked(Outcome(Verdict(Action.BLOCK), SAFE_TEXT))
        if self._on_threat == "warn":
            warnings.warn(f"threat detected: {result.threat_type}", stacklevel=2)
        else:
            _log.warning("threat detected: %s", result.threat_type)
