"""Sluicegate: one appliance between an organisation and every LLM it uses.

Names are imported from their homes when they are first used: importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .detection.core import build_inspector
    from .detection.policy import Policy
    from .detection.presets import preset
    from .library.default import (
        ascan,
        configure,
        guard,
        guard_tool,
        register_engine,
        scan,
        scan_conversation,
        scan_document,
        scan_output,
    )
    from .library.outcome import Blocked
    from .library.result import Result
    from .library.session import guarded_session
    from .middleware import GuardMiddleware
    from .middleware.outbound.clients import async_guarded_client, guard_client, guarded_client
    from .middleware.outbound.instrument import instrument, uninstrument
    from .middleware.outbound.settings import outbound_guard
    from .middleware.remote.remote import Remote

__version__ = "0.1.0"
__all__ = [
    "Blocked",
    "GuardMiddleware",
    "Policy",
    "Remote",
    "Result",
    "__version__",
    "ascan",
    "async_guarded_client",
    "build_inspector",
    "configure",
    "guard",
    "guard_client",
    "guard_tool",
    "guarded_client",
    "guarded_session",
    "instrument",
    "outbound_guard",
    "preset",
    "register_engine",
    "scan",
    "scan_conversation",
    "scan_document",
    "scan_output",
    "uninstrument",
]

_LIBRARY = (
    "ascan configure guard guard_tool register_engine scan scan_conversation scan_document scan_output"
).split()
_HOMES = {
    **dict.fromkeys(_LIBRARY, ".library.default"),
    "Blocked": ".library.outcome",
    "Result": ".library.result",
    "guarded_session": ".library.session",
    "GuardMiddleware": ".middleware",
    **dict.fromkeys(
        ("async_guarded_client", "guard_client", "guarded_client"), ".middleware.outbound.clients"
    ),
    **dict.fromkeys(("instrument", "uninstrument"), ".middleware.outbound.instrument"),
    "outbound_guard": ".middleware.outbound.settings",
    "Policy": ".detection.policy",
    "Remote": ".middleware.remote.remote",
    "build_inspector": ".detection.core",
    "preset": ".detection.presets",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
