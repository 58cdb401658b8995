"""Running the tests that a policy carries along."""

from dataclasses import dataclass

from .errors import BadInput
from .inspection import Inspector
from .policy import Policy
from .policy_case import Case
from .texts import Text
from .types import Action, Decided, Direction, Principal, Verdict

TESTER = Principal("policy-tests", "policy-tests", "policy-tests", "policy-tests")
"""Who asks in a policy's tests."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one test. `fault` is why a text could not be judged, else empty."""

    case: Case
    number: int
    """Place among the tests of its kind, from 1."""
    action: Action
    decided: tuple[Decided, ...] = ()
    fault: str = ""

    @property
    def passed(self) -> bool:
        """Whether what must become of the text became of it."""
        return not self.fault and self.case.expected.holds(self.action)

    def __str__(self) -> str:
        """Say in one line what happened; the text is not quoted."""
        if self.fault:
            return f"{self.case.expected} {self.number} could not be judged: {self.fault}"
        top = max(self.decided, key=lambda item: item.action, default=None)
        why = f" by {top.finding.rule} ({top.finding.category})" if top else ", nothing was found"
        return f"{self.case.expected} {self.number} came to {self.action.label}{why}"


def run_tests(policy: Policy, inspector: Inspector) -> list[Outcome]:
    """Judge the text of every test by itself; return what became of them, in order."""
    counts: dict[str, int] = {}
    outcomes = []
    for case in policy.cases:
        counts[case.expected] = number = counts.get(case.expected, 0) + 1
        try:
            verdict = _judged(policy, inspector, case)
        except BadInput as fault:
            outcomes.append(Outcome(case, number, Action.PASS, fault=fault.message))
        else:
            outcomes.append(Outcome(case, number, verdict.action, verdict.decided))
    return outcomes


def _judged(policy: Policy, inspector: Inspector, case: Case) -> Verdict:
    inspection = inspector.texts(policy, TESTER)
    texts = [Text(case.text, case.role, case.kind, case.name)]
    judge = inspection.prompt if case.direction is Direction.PROMPT else inspection.answer
    return judge(texts).verdict
