"""Engines in tiers: quick ones first, each tier with a time it may take."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass, replace

from ...detection.types import Role
from .result import ScanResult, joined
from .scanning import scanned, told
from .state import state

ENOUGH = 0.9
"""Risk at which later tiers are left out."""


@dataclass(frozen=True, slots=True)
class Tier:
    """Engines by name, and the milliseconds they may take together."""

    engines: Sequence[str]
    timeout_ms: float = 50.0


class TieredPipeline:
    """Runs tiers in order.

    A tier that takes too long is listed as unjudged, and the text is not called safe; its engines are
    left to finish on their own.

    Args:
        tiers: the tiers.
        early_exit: leave out the rest after a tier that found a risk of `ENOUGH`.

    Raises:
        ConfigurationError: there is no such engine.
    """

    def __init__(self, tiers: Sequence[Tier], *, early_exit: bool = True):
        self._tiers = tuple(tiers)
        self._early_exit = early_exit
        for tier in self._tiers:
            state().chosen(tier.engines)
        self._threads = ThreadPoolExecutor(thread_name_prefix="sentinel-tier")

    def scan(self, text: str) -> ScanResult:
        """Scan a prompt tier by tier. Raises `BadInput`."""
        results: list[ScanResult] = []
        for tier in self._tiers:
            results.append(self._run(tier, text))
            if self._early_exit and results[-1].risk_score >= ENOUGH:
                return told(joined(results, early_exit=len(results) < len(self._tiers)))
        return told(joined(results))

    def _run(self, tier: Tier, text: str) -> ScanResult:
        began = time.perf_counter()
        running = self._threads.submit(scanned, text, Role.USER, tier.engines)
        try:
            result = running.result(tier.timeout_ms / 1000)
        except TooLate:
            running.cancel()
            reason = f"{', '.join(tier.engines)} took longer than {tier.timeout_ms:g} ms"
            result = ScanResult(unjudged=(reason,), engines_executed=tuple(tier.engines))
        return replace(result, total_time_ms=(time.perf_counter() - began) * 1000)
