"""The control plane's one door for changes: tenants, keys, bans, administrators.

Every change that a running request could notice counts the revision up in its own transaction, so
that snapshots elsewhere know they are old.
"""

import asyncio

from sqlmodel import col

from ...detection.types import Ban
from ..models import Application, Tenant
from . import crossing
from .admin_store import Admin, AdminStore
from .ban_store import BanRow, BanStore
from .change import changing
from .database import Database
from .errors import ControlError
from .key_store import KeyRow, KeyStore
from .keys import NewKey
from .scope import TenantScope

DEFAULT_TENANT = "default"
"""Name of the tenant that an appliance has from its first start: the operator's own."""


class Control:
    """Every change, for one tenant at a time; without `tenant_id` it is the default one.

    `pepper` keys the digests that stand for API keys. Methods raise `ControlError` for what is
    refused. Holds no rows; safe to share between tasks.
    """

    def __init__(self, database: Database, pepper: bytes) -> None:
        self._database = database
        self._keys = KeyStore(database, pepper)
        self._bans = BanStore(database)
        self._admins = AdminStore(database)
        self._default: str | None = None
        self._finding = asyncio.Lock()

    async def ensure_default_tenant(self) -> str:
        """Return the default tenant's id; the first call ever makes the tenant."""
        async with self._finding:
            if self._default is None:
                self._default = await self.ensure_tenant(DEFAULT_TENANT)
            return self._default

    async def ensure_tenant(self, name: str) -> str:
        """Return the id of the tenant of this name; make it where there is none."""
        async with changing(self._database) as session:
            found = await session.scalar(crossing.tenant_named(name))
            if found is not None:
                return found.id
            made = Tenant(name=name)
            session.add(made)
            return made.id

    async def create_key(
        self, application: str, supplied: str | None = None, *, tenant_id: str | None = None
    ) -> NewKey:
        """Make a key for an application, and the application where it is new.

        Without `supplied` the key is generated. Supplying a key that the application already has
        changes nothing and says so in `created`. Codes: ``bad_name``, ``key_too_short``,
        ``bad_key``, ``key_taken`` (another application has it), ``key_revoked`` (a revoked key
        does not come back to life).
        """
        return await self._keys.create(await self._scope(tenant_id), application, supplied)

    async def list_keys(self, *, tenant_id: str | None = None) -> list[KeyRow]:
        """Return the tenant's keys, newest first, revoked ones too."""
        return await self._keys.list(await self._scope(tenant_id))

    async def revoke_key(self, key_id: str, *, tenant_id: str | None = None) -> bool:
        """Take a key back for good; False when it was revoked before. Code ``not_found``."""
        return await self._keys.revoke(await self._scope(tenant_id), key_id)

    async def list_applications(self, *, tenant_id: str | None = None) -> list[str]:
        """Return the names of the tenant's applications in alphabetical order."""
        scope = await self._scope(tenant_id)
        query = scope.columns(Application, Application.name).order_by(col(Application.name))
        async with self._database.session() as session:
            return [str(name) for name in await session.scalars(query)]

    async def ensure_application(self, name: str, *, tenant_id: str | None = None) -> str:
        """Return the id of an application, made where it is new. Code ``bad_name``."""
        return await self._keys.ensure_application(await self._scope(tenant_id), name)

    async def find_application(self, name: str, *, tenant_id: str | None = None) -> str:
        """Return the id of an application by its name. Code ``not_found``."""
        return await self._keys.find_application(await self._scope(tenant_id), name)

    async def add_ban(
        self,
        kind: str,
        value: str,
        reason: str = "",
        until: float | None = None,
        *,
        tenant_id: str | None = None,
    ) -> BanRow:
        """Ban an ``ip``, a ``key`` (id) or an ``application`` (id), in place of an earlier ban on it.

        `until` is seconds since the epoch, None for ever. All tenants share addresses, so only the
        default tenant may ban one. Codes: ``bad_ban``, ``not_found``.
        """
        scope = await self._scope(tenant_id)
        if kind == "ip" and scope.tenant_id != await self.ensure_default_tenant():
            raise ControlError("only the operator may ban an address", code="bad_ban")
        return await self._bans.add(scope, Ban(kind, value, reason, until))

    async def remove_ban(self, kind: str, value: str, *, tenant_id: str | None = None) -> bool:
        """Lift the ban on a subject; False when there is none."""
        return await self._bans.remove(await self._scope(tenant_id), kind, value)

    async def lift_ban(self, ban_id: str, *, tenant_id: str | None = None) -> bool:
        """Lift a ban by its id; False when the tenant has no such ban in force."""
        return await self._bans.lift(await self._scope(tenant_id), ban_id)

    async def list_bans(self, *, tenant_id: str | None = None) -> list[BanRow]:
        """Return the tenant's bans in force, newest first."""
        return await self._bans.list(await self._scope(tenant_id))

    async def ensure_admin(self, email: str, password: str, *, tenant_id: str | None = None) -> Admin:
        """Let a person sign in with this password, whatever it was before.

        A changed password ends that person's sessions. Codes: ``bad_email``, ``bad_password``.
        """
        return await self._admins.ensure(await self._scope(tenant_id), email, password)

    async def has_admin(self, *, tenant_id: str | None = None) -> bool:
        """Say whether anyone may sign in."""
        return await self._admins.exists(await self._scope(tenant_id))

    async def verify_admin(self, email: str, password: str) -> Admin | None:
        """Return who signs in, None for a wrong address or password - both take equally long."""
        return await self._admins.verify(email, password)

    async def find_admin(self, user_id: str, tenant_id: str) -> Admin | None:
        """Return a person by id while that person may sign in."""
        return await self._admins.find(TenantScope(tenant_id), user_id)

    async def end_sessions(self, admin: Admin) -> None:
        """Sign a person out everywhere."""
        await self._admins.end_sessions(TenantScope(admin.tenant_id), admin.user_id)

    async def _scope(self, tenant_id: str | None) -> TenantScope:
        return TenantScope(await self.ensure_default_tenant() if tenant_id is None else tenant_id)
