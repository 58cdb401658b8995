"""What was configured: thresholds, engines, what a threat does, who is told."""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Literal

from ...detection.function_scanners import FunctionScanner
from ...detection.policy import Clause, Policy
from ...detection.sensitivity import Threshold
from ...detection.types import Action
from ...library.default import current
from ...library.local import Library
from .engines import ENGINES, categories_of
from .exceptions import ConfigurationError
from .result import ScanResult
from .whitelist import Whitelist

type OnThreat = Literal["raise", "block", "log", "warn"]

ON_THREAT = ("raise", "block", "log", "warn")
THRESHOLD = 0.7
_MOST_POLICIES = 64
_UNSET: Any = object()


@dataclass(frozen=True, slots=True)
class State:
    """All that is configured. `engines` None stands for all there are."""

    threshold: float = THRESHOLD
    thresholds: Mapping[str, float] = field(default_factory=dict)
    engines: tuple[str, ...] | None = None
    on_threat: OnThreat = "raise"
    callbacks: tuple[Callable[[ScanResult], object], ...] = ()
    whitelist: Whitelist | None = None
    own: tuple[FunctionScanner, ...] = ()

    def chosen(self, engines: Sequence[str] | None = None) -> tuple[str, ...]:
        """Return the names of the engines that run. Raises `ConfigurationError` for an unknown one."""
        known = (*ENGINES, *(item.name for item in self.own))
        names = self.engines if engines is None else tuple(engines)
        if names is None:
            return known
        if not names:
            raise ConfigurationError("no engine is chosen")
        for name in names:
            if name not in known:
                raise ConfigurationError(f"no engine named {name!r}; there are {', '.join(known)}")
        return tuple(dict.fromkeys(names))

    def policy(self, engines: Sequence[str], action: Action) -> Policy:
        """Return a policy that does one thing about whatever these engines find surely enough."""
        return _policy(self.threshold, tuple(self.thresholds.items()), tuple(engines), action)

    def library(self, engines: Sequence[str]) -> Library:
        """Return what scans with these engines."""
        base = current()
        scanners = tuple(item for item in self.own if item.name in engines)
        if not scanners:
            return base
        base.load()
        return base.told(replace(base.settings, scanners=scanners))


@lru_cache(_MOST_POLICIES)
def _policy(
    threshold: float, thresholds: tuple[tuple[str, float], ...], engines: tuple[str, ...], action: Action
) -> Policy:
    """Build a policy; kept, because one remembers what it decided."""
    least = [Threshold("", threshold)]
    for engine, score in thresholds:
        if engine in engines:
            least += [Threshold(name, score) for name in categories_of([engine])]
    clauses = (Clause(action, categories_of(engines)),)
    return Policy("sentinel", clauses, thresholds=tuple(least), unjudged=action)


_changing = threading.Lock()


class _InForce:
    state: State | None = None


def state() -> State:
    """Return what is in force; the first time what the environment says."""
    if _InForce.state is None:
        _InForce.state = _from_environment()
    return _InForce.state


def configure(
    *,
    threshold: float = _UNSET,
    thresholds: Mapping[str, float] = _UNSET,
    engines: Sequence[str] | None = _UNSET,
    on_threat: OnThreat = _UNSET,
    callbacks: Sequence[Callable[[ScanResult], object]] = _UNSET,
    whitelist: Whitelist | None = _UNSET,
) -> None:
    """Change what is in force; what is left out stays.

    Args:
        threshold: least score that counts, 0 to 1.
        thresholds: the same by engine.
        engines: names of those that run; None for all.
        on_threat: what a guarded call does: ``raise`` `ThreatDetectedError`, ``block`` (return a safe
            text), ``log`` or ``warn`` and go on.
        callbacks: are given every result that is a threat.
        whitelist: takes findings out.

    Raises:
        ConfigurationError: an unknown engine or word, or a threshold out of range.
    """
    given = {
        "threshold": threshold,
        "thresholds": thresholds,
        "engines": engines,
        "on_threat": on_threat,
        "callbacks": callbacks,
        "whitelist": whitelist,
    }
    wanted = {name: _kept(value) for name, value in given.items() if value is not _UNSET}
    with _changing:
        _InForce.state = _checked(replace(state(), **wanted))


def reset() -> None:
    """Forget what was configured and registered."""
    with _changing:
        _InForce.state = None


def add_engine(scanner: FunctionScanner) -> None:
    """Add an engine of one's own; one of the same name is replaced."""
    with _changing:
        before = state()
        kept = tuple(item for item in before.own if item.name != scanner.name)
        _InForce.state = replace(before, own=(*kept, scanner))


def _kept(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return tuple(value) if isinstance(value, list | tuple) else value


def _checked(wanted: State) -> State:
    wanted.chosen()
    if wanted.thresholds:
        wanted.chosen([*wanted.thresholds])
    for score in (wanted.threshold, *wanted.thresholds.values()):
        if not 0 <= score <= 1:
            raise ConfigurationError("a threshold lies between 0 and 1")
    if wanted.on_threat not in ON_THREAT:
        raise ConfigurationError(f"on_threat is one of {', '.join(ON_THREAT)}")
    return wanted


def _from_environment() -> State:
    """Read SENTINEL_THRESHOLD and SENTINEL_ENGINES. Raises `ConfigurationError`."""
    names = os.environ.get("SENTINEL_ENGINES", "all")
    chosen = None if names == "all" else tuple(name.strip() for name in names.split(","))
    try:
        threshold = float(os.environ.get("SENTINEL_THRESHOLD", THRESHOLD))
    except ValueError:
        raise ConfigurationError("SENTINEL_THRESHOLD is no number") from None
    return _checked(State(threshold, engines=chosen))
