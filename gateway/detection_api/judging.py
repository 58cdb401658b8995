"""Judging for one call: any number of inspections through the one path, one record of them all."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from ...detection.errors import BadInput, UpstreamFault
from ...detection.inspection import Decision, Inspection, Inspector
from ...detection.policy import Policy
from ...detection.texts import TEXTS, Judged, Text, TextInspection
from ...detection.types import (
    Action,
    AuditCore,
    Principal,
    Receipt,
    Tier,
    Unjudged,
    Verdict,
)
from ...library.panel import NOBODY, Panel, settled, settled_texts

BYPASSED = "bypass token"
"""Reason in the receipt of what a bypass token kept from being judged."""


class Texts(Protocol):
    """An exchange of texts, as far as these APIs need it; see `TextInspection`."""

    async def prompt(self, texts: Sequence[Text]) -> Judged:
        """Judge what goes to a model. Raises `BadInput`."""
        ...

    async def answer(self, texts: Sequence[Text]) -> Judged:
        """Judge what a model answered; restore what `prompt` replaced. Raises `BadInput`."""
        ...


class Judge:
    """Opens the inspections of one call and adds up what they come to.

    What the core wants to hear of models first is asked through the `panel`. With `bypassed` nothing is
    judged, and the record says so.
    """

    __slots__ = (
        "_inspections", "_inspector", "_panel", "_passed", "_policy", "_principal", "_skipped", "bypassed",
    )  # fmt: skip

    def __init__(
        self, inspector: Inspector, policy: Policy, principal: Principal, panel: Panel = NOBODY
    ) -> None:
        self._panel = panel
        self._inspector = inspector
        self._policy = policy
        self._principal = principal
        self._inspections: list[TextInspection | Inspection] = []
        self._skipped: list[Unjudged] = []
        self._passed = False
        self.bypassed = False

    async def prompt(self, texts: Sequence[Text]) -> Judged:
        """Judge texts on their way to a model, by themselves. Raises `BadInput`."""
        return await self.exchange().prompt(texts)

    def exchange(self) -> Texts:
        """Begin an exchange of texts, apart from those before."""
        if self.bypassed:
            self._passed = True
            return _Unlooked(self._policy)
        inspection = self._inspector.texts(self._policy, self._principal)
        self._inspections.append(inspection)
        return _Settled(inspection, self._panel)

    async def payload(self, dialect: str, body: bytes, *, answer: bool) -> Decision:
        """Judge a provider's payload. Raises `BadInput`; `KeyError` where there is no such dialect."""
        if self.bypassed:
            self._passed = True
            return Decision(_unlooked(self._policy), body=body)
        inspection = self._inspector.open(dialect, self._policy, self._principal)
        self._inspections.append(inspection)
        if not answer:
            return await settled(inspection, inspection.request(body), self._panel)
        try:
            decision = inspection.response(body, "application/json")
        except UpstreamFault as fault:  # whoever asks us sent it: the fault is the caller's
            raise BadInput("The answer cannot be read.", code=fault.code, status=400) from None
        return await settled(inspection, decision, self._panel)

    def skip(self, pointer: str, reason: str) -> None:
        """Note a part of the call that nobody can judge."""
        self._skipped.append(Unjudged(pointer, reason))

    def verdict(self, *verdicts: Verdict) -> Verdict:
        """Return what several verdicts, and what was skipped, come to together."""
        merged = merged_verdict(verdicts, self._policy)
        if not self._skipped:
            return merged
        receipt = replace(merged.receipt, unjudged=(*merged.receipt.unjudged, *self._skipped))
        actions = [self._policy.unscanned(item.reason) for item in self._skipped]
        return replace(merged, receipt=receipt, action=max(merged.action, *actions))

    @property
    def used(self) -> bool:
        """Whether anything was judged, or let pass unjudged."""
        return bool(self._inspections or self._skipped or self._passed)

    def core(self) -> AuditCore:
        """The record of the whole call."""
        cores = [inspection.core() for inspection in self._inspections]
        prompts = [core.prompt for core in cores]
        if self.bypassed:
            prompts.append(_unlooked(self._policy))
        answers = [core.answer for core in cores if core.answer is not None]
        return AuditCore(
            cores[0].dialect if cores else TEXTS.name,
            cores[0].model if cores else "",
            self._policy.digest,
            self.verdict(*prompts),
            merged_verdict(answers, self._policy) if answers else None,
        )


def merged_verdict(verdicts: Sequence[Verdict], policy: Policy) -> Verdict:
    """Return the sum of several verdicts: the most severe action, everything found, all receipts."""
    if len(verdicts) == 1:
        return verdicts[0]
    return Verdict(
        max([verdict.action for verdict in verdicts], default=Action.PASS),
        tuple(item for verdict in verdicts for item in verdict.decided),
        tuple(edit for verdict in verdicts for edit in verdict.edits),
        Receipt(
            sum(verdict.receipt.segments for verdict in verdicts),
            sum(verdict.receipt.characters for verdict in verdicts),
            tuple(item for verdict in verdicts for item in verdict.receipt.unjudged),
        ),
        max([verdict.tier for verdict in verdicts], default=Tier.PATTERNS),
        policy.digest,
        sum(verdict.seconds for verdict in verdicts),
        tuple(cost for verdict in verdicts for cost in verdict.costs),
        next((verdict.answer for verdict in verdicts if verdict.answer), ""),
    )


def _unlooked(policy: Policy) -> Verdict:
    """The verdict on what a token let pass: flagged, with nothing looked at."""
    receipt = Receipt(unjudged=(Unjudged("", BYPASSED),))
    return Verdict(Action.FLAG, receipt=receipt, policy=policy.digest)


class _Settled:
    """Texts judged by the core, and by the models that it wants to hear first."""

    def __init__(self, inspection: TextInspection, panel: Panel) -> None:
        self._inspection = inspection
        self._panel = panel

    async def prompt(self, texts: Sequence[Text]) -> Judged:
        return await settled_texts(self._inspection, self._inspection.prompt(texts), self._panel)

    async def answer(self, texts: Sequence[Text]) -> Judged:
        return await settled_texts(self._inspection, self._inspection.answer(texts), self._panel)


class _Unlooked:
    """Texts that a token pass; the verdict says that nobody looked."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    async def prompt(self, texts: Sequence[Text]) -> Judged:
        return Judged(_unlooked(self._policy), tuple(text.text for text in texts))

    async def answer(self, texts: Sequence[Text]) -> Judged:
        return await self.prompt(texts)
