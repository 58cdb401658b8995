"""Errors of the core, a small tree.

    SluicegateError
    |- BadInput            the caller's payload is at fault; has status, code and pointer
    |- BadRule             a rule pack is at fault
    |- BadPolicy           a policy is at fault
    |- UpstreamFault       what the upstream sent cannot be judged or forwarded
    `- SealBroken          a sealed value does not open

A `BadInput` says what is wrong and where, never what the text was.
"""


class SluicegateError(Exception):
    """Base of every error the house raises on purpose."""


class BadInput(SluicegateError):
    """A payload that is refused. `status` is the HTTP status to answer with."""

    def __init__(self, message: str, *, code: str, status: int = 400, param: str | None = None):
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.param = param


class BadRule(SluicegateError):
    """A rule that does not load: names the pack, the rule and the fault."""


class BadPolicy(SluicegateError):
    """A policy that does not load: names the clause and the fault."""


class UpstreamFault(SluicegateError):
    """The upstream failed or sent what cannot be judged. `code` is stable.

    `retry_after` are the seconds after which asking again makes sense, 0 where nobody knows.
    """

    def __init__(self, message: str, *, code: str, status: int = 502, retry_after: int = 0):
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.retry_after = retry_after


class SealBroken(SluicegateError):
    """A sealed value was tampered with or belongs to another context."""
