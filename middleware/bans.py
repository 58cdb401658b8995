"""Who is refused service."""

from ..detection.ports import BanList
from ..detection.types import Ban, Principal
from .rejection import Rejected


class Banned(Rejected):
    """The refusal of somebody who is banned: `ban` says why and until when, for faces that tell."""

    def __init__(self, ban: Ban) -> None:
        super().__init__("You are banned from this service.", code="banned", status=403, reason="banned")
        self.ban = ban


def refuse_banned_address(bans: BanList | None, address: str) -> None:
    """Raise `Banned` (403) for a banned client address; without a list nobody is."""
    if bans is not None:
        _refuse(bans.find("ip", address))


def refuse_banned_principal(bans: BanList | None, principal: Principal) -> None:
    """Raise `Banned` (403) for a banned key or application; without a list nobody is."""
    if bans is not None:
        _refuse(bans.find("key", principal.key_id) or bans.find("application", principal.application_id))


def _refuse(ban: Ban | None) -> None:
    if ban is not None:
        raise Banned(ban)
