"""Parts of the door as middlewares of their own, each usable alone in any ASGI app."""

from .banned import BanMiddleware
from .identified import IdentityMiddleware, principal_of
from .numbered import RequestIdMiddleware
from .rated import RateLimitMiddleware
from .secured import SecurityHeadersMiddleware
from .tenants import TenantMiddleware

__all__ = [
    "BanMiddleware",
    "IdentityMiddleware",
    "RateLimitMiddleware",
    "RequestIdMiddleware",
    "SecurityHeadersMiddleware",
    "TenantMiddleware",
    "principal_of",
]
