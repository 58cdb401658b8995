"""The header fields we write on an answer."""

from dataclasses import dataclass

from ..detection.policy import Policy
from ..detection.types import Action, AuditCore
from .asgi import Headers
from .journal import Times

MOST_CATEGORIES = 16

_ACTIONS = tuple(action.label.encode() for action in Action)


@dataclass(slots=True)  # not frozen: that costs a microsecond a request
class Labels:
    """What is shown of an exchange. `full` shows action, policy and times; `request_id` the id."""

    exchange_id: str
    request_id: bool
    full: bool

    def bare(self) -> Headers:
        """For an answer without an exchange."""
        if not (self.full or self.request_id):
            return []
        return [(b"x-sluicegate-request-id", self.exchange_id.encode())]

    def stream(self, policy: Policy, core: AuditCore) -> Headers:
        """For a stream: its head leaves when only the prompt is judged."""
        return self._judged(policy, core, core.prompt.action)

    def whole(self, policy: Policy, core: AuditCore, times: Times) -> Headers:
        """For an answer that was judged before it left."""
        if not (self.full or self.request_id):
            return []
        headers = self._judged(policy, core, core.action)
        if self.full:
            timing = b"guard;dur=%.3f, upstream;dur=%.3f" % (times.guard * 1000, times.upstream * 1000)
            headers.append((b"server-timing", timing))
        return headers

    def _judged(self, policy: Policy, core: AuditCore, action: Action) -> Headers:
        headers = self.bare()
        if self.full:
            headers.append((b"x-sluicegate-action", _ACTIONS[action]))
            headers.append((b"x-sluicegate-policy", policy.digest.encode()))
            if policy.show_categories:
                headers.append((b"x-sluicegate-categories", _categories(core)))
        return headers


UNTOLD = Labels("", request_id=False, full=False)
"""Of every exchange of which nothing is shown."""


def _categories(core: AuditCore) -> bytes:
    verdicts = (core.prompt, core.answer) if core.answer else (core.prompt,)
    found = {
        item.finding.category
        for verdict in verdicts
        for item in verdict.decided
        if item.action is not Action.PASS
    }
    return ", ".join(sorted(found)[:MOST_CATEGORIES]).encode("ascii", "replace")
