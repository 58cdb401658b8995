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
        register_engine,
        scan,
        scan_conversation,
        scan_document,
        scan_output,
    )
    from .library.outcome import Blocked
    from .library.result import Result
    from .middleware import GuardMiddleware

__version__ = "0.1.0"
__all__ = [
    "Blocked",
    "GuardMiddleware",
    "Policy",
    "Result",
    "__version__",
    "ascan",
    "build_inspector",
    "configure",
    "guard",
    "preset",
    "register_engine",
    "scan",
    "scan_conversation",
    "scan_document",
    "scan_output",
]

_LIBRARY = ("ascan configure guard register_engine scan scan_conversation scan_document scan_output").split()
_HOMES = {
    **dict.fromkeys(_LIBRARY, ".library.default"),
    "Blocked": ".library.outcome",
    "Result": ".library.result",
    "GuardMiddleware": ".middleware",
    "Policy": ".detection.policy",
    "build_inspector": ".detection.core",
    "preset": ".detection.presets",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
