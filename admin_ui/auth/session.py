"""What the signed cookie says: who signed in, and under which password."""

import hmac
from hashlib import sha256

from starlette.requests import Request

from ...middleware.asgi import Scope
from ..store.admin_store import Admin
from ..store.control import Control
from ..store.scope import TenantScope

SECONDS = 8 * 3600
"""How long a sign-in lasts, whatever is done meanwhile."""

_FIELDS = ("user", "tenant", "stamp")


def derived(session_key: bytes, purpose: str) -> str:
    """Return the key of one purpose, in hexadecimal: HMAC-SHA256(session_key, purpose)."""
    return hmac.new(session_key, purpose.encode(), sha256).hexdigest()


def begin(request: Request, admin: Admin) -> None:
    """Put a person into the session."""
    request.session.clear()
    request.session.update({"user": admin.user_id, "tenant": admin.tenant_id, "stamp": admin.stamp})


async def find(scope: Scope, control: Control) -> Admin | None:
    """Return who the session belongs to, None when it is over or there is none.

    The person is looked up again every time: one who was deactivated, signed out elsewhere or has
    a new password is out at once.
    """
    cookie = scope.get("session") or {}
    user_id, tenant_id, stamp = (str(cookie.get(name, "")) for name in _FIELDS)
    if not (user_id and tenant_id and stamp):
        return None
    admin = await control.find_admin(user_id, tenant_id)
    return admin if admin is not None and hmac.compare_digest(admin.stamp, stamp) else None


def signed_in(request: Request) -> Admin:
    """Return who is asking. Only behind the gate."""
    admin: Admin = request.state.admin
    return admin


def tenant_of(request: Request) -> TenantScope:
    """Return the scope of whoever is asking: the only one their pages may read."""
    return TenantScope(signed_in(request).tenant_id)
