"""What is installed in other people's apps: the guard and what it needs at the door."""

from .guard import GuardMiddleware

__all__ = ["GuardMiddleware"]
