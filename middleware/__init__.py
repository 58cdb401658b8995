"""What is installed in other people's apps: the guard and what it needs at the door.

Names are imported from their homes when they are first used: a part of the house that needs one file of this
floor does not load the others.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..detection.fields import Fields, Messages
    from .app_routes import Guarded
    from .drop_in import GuardMiddleware
    from .wsgi import WsgiGuard

__all__ = ["Fields", "GuardMiddleware", "Guarded", "Messages", "WsgiGuard"]

_HOMES = {
    "Fields": "..detection.fields",
    "GuardMiddleware": ".drop_in",
    "Guarded": ".app_routes",
    "Messages": "..detection.fields",
    "WsgiGuard": ".wsgi",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
