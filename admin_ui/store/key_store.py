"""API keys and the applications they speak for."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from ..models import ApiKey, Application
from ..models.table import ID_LENGTH, utc_now
from . import crossing, keys
from .change import changing, noticed
from .database import Database
from .errors import ControlError
from .keys import NewKey
from .scope import TenantScope
from .text import storable

_NAME_LENGTH = 100


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as it may be shown: never the key."""

    key_id: str
    application: str
    prefix: str
    created_at: datetime
    revoked_at: datetime | None

    @property
    def live(self) -> bool:
        """Whether the key still opens anything."""
        return self.revoked_at is None


class KeyStore:
    """Makes, lists and revokes keys within a tenant's scope. See `Control` for the contracts."""

    def __init__(self, database: Database, pepper: bytes) -> None:
        self._database = database
        self._pepper = pepper

    async def create(self, scope: TenantScope, application: str, supplied: str | None) -> NewKey:
        """Make a key, and its application where that is new."""
        name = application_name(application)
        secret = keys.generate() if supplied is None else keys.check(supplied)
        digest = keys.digest(self._pepper, secret)
        async with changing(self._database) as session:
            found = (await session.execute(crossing.key_of_digest(digest))).first()
            if found is not None:
                key, owner_name = found
                _check_same(key, owner_name, scope, name)
                return NewKey(secret, key.id, name, created=False)
            owner = await _ensure_application(session, scope, name)
            key = ApiKey(
                tenant_id=scope.tenant_id,
                application_id=owner.id,
                key_hash=digest,
                prefix=keys.display_prefix(secret),
            )
            session.add(key)
            await noticed(session)
            return NewKey(secret, key.id, name)

    async def list(self, scope: TenantScope) -> list[KeyRow]:
        """Return all keys, newest first."""
        columns = (ApiKey.id, Application.name, ApiKey.prefix, ApiKey.created_at, ApiKey.revoked_at)
        query = (
            scope.columns(ApiKey, *columns)
            .join(Application, col(Application.id) == col(ApiKey.application_id))
            .order_by(col(ApiKey.created_at).desc(), col(ApiKey.id))
        )
        async with self._database.session() as session:
            return [KeyRow(*row) for row in await session.execute(query)]

    async def revoke(self, scope: TenantScope, key_id: str) -> bool:
        """Revoke a key; False when it was revoked before."""
        async with changing(self._database) as session:
            key = await session.scalar(
                scope.select(ApiKey).where(col(ApiKey.id) == storable(key_id, ID_LENGTH))
            )
            if key is None:
                raise ControlError("there is no key with this id", code="not_found")
            if not key.is_active:
                return False
            key.is_active, key.revoked_at = False, utc_now()
            await noticed(session)
            return True

    async def ensure_application(self, scope: TenantScope, name: str) -> str:
        """Return the id of an application, made where it is new."""
        async with changing(self._database) as session:
            return (await _ensure_application(session, scope, application_name(name))).id

    async def find_application(self, scope: TenantScope, name: str) -> str:
        """Return the id of an application that is there."""
        query = scope.columns(Application, Application.id).where(
            col(Application.name) == storable(name.strip(), _NAME_LENGTH + 1)
        )
        async with self._database.session() as session:
            found: str | None = await session.scalar(query)
        if found is None:
            raise ControlError("there is no application of this name", code="not_found")
        return found


def application_name(given: str) -> str:
    """Return the trimmed name. Raises `ControlError` `bad_name` for what is no name."""
    name = given.strip()
    if not name or len(name) > _NAME_LENGTH or not name.isprintable():
        raise ControlError(
            f"an application's name has 1 to {_NAME_LENGTH} printable characters", code="bad_name"
        )
    return name


def _check_same(key: ApiKey, owner_name: str, scope: TenantScope, name: str) -> None:
    """A supplied key that exists is fine where it is asked for again, and nowhere else."""
    if key.tenant_id != scope.tenant_id or owner_name != name:
        raise ControlError("this key belongs to another application", code="key_taken")
    if not key.is_active:
        raise ControlError("this key was revoked; supply another one", code="key_revoked")


async def _ensure_application(session: AsyncSession, scope: TenantScope, name: str) -> Application:
    found = await session.scalar(scope.select(Application).where(col(Application.name) == name))
    if found is not None:
        return found
    made = Application(tenant_id=scope.tenant_id, name=name)
    session.add(made)
    await session.flush()
    return made
