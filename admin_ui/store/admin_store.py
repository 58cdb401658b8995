"""The people who may sign in to the web admin."""

import hashlib
from dataclasses import dataclass

from sqlmodel import col

from ..models import User
from ..models.table import utc_now
from . import crossing
from .change import changing
from .database import Database
from .errors import ControlError
from .passwords import Passwords
from .scope import TenantScope
from .text import storable

_EMAIL_LENGTH = 254


@dataclass(frozen=True, slots=True)
class Admin:
    """Someone who signed in.

    `stamp` changes with the password and when the person signs out: a session that holds an older
    one is over.
    """

    user_id: str
    tenant_id: str
    email: str
    stamp: str


class AdminStore:
    """Makes and verifies administrators. See `Control` for the contracts."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._passwords = Passwords()

    async def ensure(self, scope: TenantScope, email: str, password: str) -> Admin:
        """Let this person sign in with this password."""
        address = folded(email)
        known = await self._by_email(address)
        if known is not None and known.tenant_id != scope.tenant_id:
            raise ControlError("this e-mail address belongs to another tenant", code="bad_email")
        if (
            known is not None
            and known.is_active
            and await self._passwords.verify(known.password_hash, password)
        ):
            return _admin(known)
        hashed = await self._passwords.hash(password)
        async with changing(self._database) as session:
            user = await session.scalar(crossing.user_of_email(address))
            if user is None:
                user = User(tenant_id=scope.tenant_id, email=address, password_hash=hashed)
                session.add(user)
            user.password_hash, user.is_active = hashed, True
        return _admin(user)

    async def exists(self, scope: TenantScope) -> bool:
        """Say whether anyone may sign in."""
        async with self._database.session() as session:
            return bool(await session.scalar(scope.count(User, col(User.is_active).is_(True))))

    async def verify(self, email: str, password: str) -> Admin | None:
        """Return who this is, or None; a wrong address costs as long as a wrong password."""
        user = await self._by_email(_fold(email))
        stored = user.password_hash if user is not None and user.is_active else None
        if not await self._passwords.verify(stored, password) or user is None:
            return None
        async with self._database.transaction() as session:
            await session.execute(
                TenantScope(user.tenant_id)
                .update(User)
                .where(col(User.id) == user.id)
                .values(last_login_at=utc_now())
            )
        return _admin(user)

    async def find(self, scope: TenantScope, user_id: str) -> Admin | None:
        """Return a person who may still sign in."""
        query = scope.select(User).where(col(User.id) == user_id, col(User.is_active))
        async with self._database.session() as session:
            user = await session.scalar(query)
        return None if user is None else _admin(user)

    async def end_sessions(self, scope: TenantScope, user_id: str) -> None:
        """Change the person's stamp."""
        async with self._database.transaction() as session:
            ended = scope.update(User).where(col(User.id) == user_id).values(sessions_ended_at=utc_now())
            await session.execute(ended)

    async def _by_email(self, address: str) -> User | None:
        async with self._database.session() as session:
            return await session.scalar(crossing.user_of_email(address))


def folded(email: str) -> str:
    """Return the address as it is compared. Raises `ControlError` `bad_email`."""
    address = _fold(email)
    name, at, domain = address.partition("@")
    plain = address.isprintable() and " " not in address and "@" not in domain
    if not (name and at and domain and plain and len(address) <= _EMAIL_LENGTH):
        raise ControlError("this is not an e-mail address", code="bad_email")
    return address


def _fold(email: str) -> str:
    return storable(email.strip().casefold(), _EMAIL_LENGTH + 1)


def _admin(user: User) -> Admin:
    ended = user.sessions_ended_at.isoformat() if user.sessions_ended_at else ""
    stamp = hashlib.sha256(f"{user.password_hash}{ended}".encode()).hexdigest()[:32]
    return Admin(user.id, user.tenant_id, user.email, stamp)
