"""What is installed in other people's apps: the guard and what it needs at the door."""

from .guard import Guard as GuardMiddleware

__all__ = ["GuardMiddleware"]
