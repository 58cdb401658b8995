"""What a scan came to, and the error that says no."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..detection.errors import SluicegateError
from ..detection.types import Action, Decided, Finding, Unjudged, Verdict


@dataclass(slots=True, unsafe_hash=True)  # as the verdict
class Outcome:
    """A verdict and what can be asked of it.

    `safe_text` is what the policy says in place of what was blocked.
    """

    verdict: Verdict
    safe_text: str = field(default="", repr=False, compare=False)

    @property
    def action(self) -> Action:
        """The most severe action taken."""
        return self.verdict.action

    @property
    def blocked(self) -> bool:
        """Whether nothing of it may go on."""
        return self.verdict.action is Action.BLOCK

    @property
    def changed(self) -> bool:
        """Whether values were masked or replaced."""
        return bool(self.verdict.edits)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found, in order."""
        return self.verdict.findings

    @property
    def unjudged(self) -> tuple[Unjudged, ...]:
        """What was not looked at, and why."""
        return self.verdict.receipt.unjudged

    @property
    def risk(self) -> float:
        """How sure the surest finding is, 0 to 1; 1 for a block that no finding speaks of."""
        return max([item.score for item in self.findings], default=1.0 if self.blocked else 0.0)

    def explain(self) -> str:
        """Tell a person what was found and done, a line each; no text of the scan is in it."""
        lines = [f"{_DONE[self.action]}: {self._counted()}."]
        lines += [_told(item) for item in self.verdict.decided]
        lines += [f"- not judged: {item.reason} ({item.pointer or 'all of it'})" for item in self.unjudged]
        return "\n".join(lines)

    def _counted(self) -> str:
        count = len(self.findings)
        return "nothing was found" if not count else f"{count} finding{'s' if count > 1 else ''}"


class Blocked(SluicegateError):
    """Something was blocked. Says why, never what it was.

    Attributes:
        outcome: the verdict and all that can be asked of it.
    """

    def __init__(self, outcome: Outcome):
        super().__init__(f"Blocked: {', '.join(_reasons(outcome)) or 'a part that could not be judged'}")
        self.outcome = outcome

    @property
    def verdict(self) -> Verdict:
        """The verdict."""
        return self.outcome.verdict

    @property
    def explanation(self) -> str:
        """What was found and done, for a person."""
        return self.outcome.explain()


_DONE: Mapping[Action, str] = {
    Action.PASS: "Passed",
    Action.FLAG: "Passed, flagged",
    Action.MASK: "Masked",
    Action.REPLACE: "Replaced",
    Action.BLOCK: "Blocked",
}


def _reasons(outcome: Outcome) -> list[str]:
    return sorted({item.finding.category for item in outcome.verdict.decided if item.action is Action.BLOCK})


def _told(decided: Decided) -> str:
    finding = decided.finding
    what = f"{finding.category} ({finding.level.label}, rule {finding.rule})"
    where = f"{finding.role} text {finding.pointer}, characters {finding.span.start} to {finding.span.end}"
    return f"- {decided.action.label}: {what} in {where}"
