"""What a failed write to the database means."""

from sqlalchemy.exc import DataError, IntegrityError

_POISON = (DataError, IntegrityError, TypeError, ValueError, LookupError)
_POISON_STATES = ("22", "23")
"""Classes of SQLSTATE for data and constraints; asyncpg has no exception of its own for them."""


def is_poison(error: BaseException) -> bool:
    """Say whether the database will never take what it was given, however often it is asked."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return isinstance(error, _POISON) or (isinstance(state, str) and state[:2] in _POISON_STATES)
