"""Who is refused service."""

from ..detection.ports import BanList
from ..detection.types import Ban, Principal
from .rejection import Rejected


def refuse_banned_address(bans: BanList, address: str) -> None:
    """Raise `Rejected` (403, ``banned``) for a banned client address."""
    _refuse(bans.find("ip", address))


def refuse_banned_principal(bans: BanList, principal: Principal) -> None:
    """Raise `Rejected` (403, ``banned``) for a banned key or application."""
    _refuse(bans.find("key", principal.key_id) or bans.find("application", principal.application_id))


def _refuse(ban: Ban | None) -> None:
    if ban is not None:
        raise Rejected("You are banned from this service.", code="banned", status=403, reason="banned")
