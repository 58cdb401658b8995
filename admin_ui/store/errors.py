"""Errors of the control plane.

    SluicegateError
    |- ControlError      what was asked for cannot be done; has a stable code
    `- DatabaseFault     the database cannot be used: its address, its schema

The message is fit for the person who asked; it holds no key and no password.
"""

from ...detection.errors import SluicegateError


class ControlError(SluicegateError):
    """A change that is refused.

    Codes: ``bad_name``, ``key_too_short``, ``bad_key``, ``key_taken``, ``key_revoked``,
    ``bad_ban``, ``bad_email``, ``bad_password``, ``not_found``.
    """

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class DatabaseFault(SluicegateError):
    """The database cannot be used as configured."""
