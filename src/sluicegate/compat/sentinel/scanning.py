"""Scans in the words of SENTINEL's lessons."""

from collections.abc import Sequence
from dataclasses import replace

from ...detection.texts import Text
from ...detection.types import Action, Role
from .result import ScanResult, joined, result_of
from .state import State, state


def scan(
    prompt: str, response: str | None = None, engines: Sequence[str] | None = None, *, user: str = ""
) -> ScanResult:
    """Scan a prompt, and the answer to it where there is one.

    Args:
        prompt: what goes to a model.
        response: what it answered.
        engines: names of those that run; the configured ones unless given.
        user: whose prompt it is, for the whitelist.

    Raises:
        ConfigurationError: there is no such engine.
        BadInput: a text is too long or holds too much.
    """
    results = [scanned(prompt, Role.USER, engines, user)]
    if response is not None:
        results.append(scanned(response, Role.ASSISTANT, engines, user))
    return told(joined(results))


def scan_output(text: str, engines: Sequence[str] | None = None) -> ScanResult:
    """Scan a model's answer. Raises like `scan`."""
    return told(scanned(text, Role.ASSISTANT, engines))


def scan_document(text: str, engines: Sequence[str] | None = None) -> ScanResult:
    """Scan a document that a model is to read. Raises like `scan`."""
    return told(scanned(text, Role.RETRIEVED, engines))


def scanned(text: str, role: Role, engines: Sequence[str] | None = None, user: str = "") -> ScanResult:
    """Scan a text and tell nobody."""
    now = state()
    chosen = now.chosen(engines)
    exchange = now.library(chosen).begin(now.policy(chosen, Action.FLAG))
    judge = exchange.answer if role is Role.ASSISTANT else exchange.prompt
    outcome, _ = judge([Text(text, role)])
    return _sorted(result_of(outcome, text, chosen), text, user, now)


def told(result: ScanResult) -> ScanResult:
    """Call the callbacks if the result is a threat; return it."""
    if result.is_threat:
        for callback in state().callbacks:
            callback(result)
    return result


def _sorted(result: ScanResult, text: str, user: str, now: State) -> ScanResult:
    """Put apart what the whitelist takes out."""
    if now.whitelist is None or not result.findings:
        return result
    spans = now.whitelist.covered(text, user)
    apart = [
        any(start <= item.location[0] and item.location[1] <= end for start, end in spans)
        for item in result.findings
    ]
    kept = tuple(item for item, out in zip(result.findings, apart, strict=True) if not out)
    return replace(
        result,
        findings=kept,
        suppressed=tuple(item for item, out in zip(result.findings, apart, strict=True) if out),
        risk_score=max([item.score for item in kept], default=0.0),
    )
