"""An inspector that inspects nothing: what is left of the appliance's cost without detection.

It reads the model and whether a stream is asked for, because routing and recording need them.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson

from ...detection.core import build_inspector
from ...detection.dialects import NOTHING_ADDRESSED, Addressed
from ...detection.errors import BadInput
from ...detection.inspection import Decision, Inspection, Inspector, Step, StreamGuard
from ...detection.policy import Policy
from ...detection.ports import Links
from ...detection.texts import TextInspection
from ...detection.tiers import Opinion
from ...detection.types import Action, AuditCore, Principal, Refusal, Verdict


class PassEverything:
    """Implements `detection.inspection.Inspector`. `inner` has no rules: it renders errors, passes texts."""

    def __init__(self, inner: Inspector) -> None:
        self._inner = inner

    def warm(self, *, expressions: bool = True) -> Iterator[None]:
        """There is nothing to be warmed."""
        yield from ()

    def open(
        self,
        dialect: str,
        policy: Policy,
        principal: Principal,
        exchange_id: str = "",
        links: Links | None = None,
    ) -> Inspection:
        """Begin an exchange that nobody looks into."""
        return _Passing(dialect, policy.digest)

    def texts(self, policy: Policy, principal: Principal) -> TextInspection:
        """Begin an exchange of texts in which no rule looks for anything."""
        return self._inner.texts(policy, principal)

    def error(self, dialect: str, status: int, code: str, message: str, param: str | None = None) -> Refusal:
        """Render an error as the real one does."""
        return self._inner.error(dialect, status, code, message, param)


def build_passing(
    master_key: bytes, _rules: object, cache: Path | None, _compile_own: object, **_more: object
) -> Inspector:
    """Stand in for `build_inspector`, as a start of the appliance calls it."""
    return PassEverything(build_inspector(master_key, rules=(), cache=cache))


class _Passing:
    """One exchange."""

    def __init__(self, dialect: str, policy: str) -> None:
        self._dialect = dialect
        self._policy = policy
        self._verdict = Verdict(Action.PASS, policy=policy)
        self._answered = False
        self.model = ""
        self.wants_stream = self.wants_array = False

    def request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> Decision:
        try:
            asked = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise BadInput("The body is not JSON.", code="bad_json") from None
        if isinstance(asked, dict):
            self.model = addressed.model or str(asked.get("model", ""))
            self.wants_stream = asked.get("stream") is True if addressed.stream is None else addressed.stream
        return Decision(self._verdict, body=body)

    def settle(self, opinions: Sequence[Opinion], *, raced: bool = False) -> Decision:
        raise ValueError("nothing was asked")

    def response(self, body: bytes, content_type: str) -> Decision:
        self._answered = True
        return Decision(self._verdict, body=body)

    def asking_stream(self) -> None:
        """Nobody is asked."""

    def stream(self) -> StreamGuard:
        self._answered = True
        return PassedStream()

    def core(self) -> AuditCore:
        answer = self._verdict if self._answered else None
        return AuditCore(self._dialect, self.model, self._policy, self._verdict, answer)


class PassedStream:
    """A guard that hands each piece on as it came. Implements `detection.inspection.PassingStream`."""

    def passing(self, chunk: bytes) -> bytes:
        """Take the next bytes."""
        return chunk

    def spent(self, seconds: float) -> None:
        """Count nothing."""

    def feed(self, chunk: bytes) -> Step:
        """Take the next bytes."""
        return Step(chunk)

    def close(self) -> Step:
        """Release nothing: nothing is held."""
        return Step()

    def fault(self, message: str) -> bytes:
        """Say nothing."""
        return b""
