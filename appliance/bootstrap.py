"""What the first start makes: a tenant, an application with a key, an administrator.

Each is made where it is missing and never touched again; a later start makes nothing and so has
nothing to show.
"""

import logging
import secrets
from dataclasses import dataclass, field

from ..admin_ui.store.control import Control
from ..admin_ui.store.errors import ControlError
from .logging import log_event
from .settings import Settings

APPLICATION = "default"
"""Name of the application that the first key belongs to."""

_PASSWORD_BYTES = 15
_LOG = logging.getLogger("sluicegate.bootstrap")


@dataclass(frozen=True, slots=True)
class FirstSecrets:
    """Secrets that were made up just now and will never be known again; None where none was."""

    password: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)

    def __bool__(self) -> bool:
        return self.password is not None or self.key is not None


async def bootstrap(control: Control, settings: Settings) -> FirstSecrets:
    """Make what is missing. Raises `ControlError` for a supplied secret that cannot serve."""
    await control.ensure_default_tenant()
    password = await _ensure_admin(control, settings)
    return FirstSecrets(password, await _ensure_key(control, settings))


async def _ensure_admin(control: Control, settings: Settings) -> str | None:
    if await control.has_admin():
        return None
    password = settings.admin_password or secrets.token_urlsafe(_PASSWORD_BYTES)
    await control.ensure_admin(settings.admin_email, password)
    return None if settings.admin_password else password


async def _ensure_key(control: Control, settings: Settings) -> str | None:
    if settings.api_key is not None:
        await _supply_key(control, settings.api_key)
        return None
    if await control.list_keys():
        return None
    return (await control.create_key(APPLICATION)).secret


async def _supply_key(control: Control, key: str) -> None:
    """Let a supplied key in, but not one that was taken back since: the setting may be older."""
    try:
        await control.create_key(APPLICATION, key)
    except ControlError as error:
        if error.code == "key_revoked":
            log_event(_LOG, logging.WARNING, "supplied_key_revoked", setting="api_key")
        elif error.code != "key_taken":
            raise
