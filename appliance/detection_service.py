"""The detection service, wired."""

from functools import cache, partial
from typing import TYPE_CHECKING

from ..detection.ports import Clock
from ..detection.rules import load_packs
from ..detection.types import Principal
from ..gateway.app import GatewayParts
from ..gateway.detection_api.bypass import Bypass
from ..gateway.detection_api.callers import Callers
from ..gateway.detection_api.lending import Lending
from ..gateway.detection_api.options import Options
from ..gateway.detection_api.parts import ServiceParts
from ..gateway.detection_api.service_keys import service_keys
from ..gateway.detection_api.sessions import Sessions
from ..gateway.detection_api.tools import Tools
from ..middleware.identity import KeyIdentity
from ..middleware.remote.given import Given, give
from .named_principals import NamedPrincipals
from .once import OnceFolder
from .settings import Settings

if TYPE_CHECKING:
    from .data_plane import Ground

FOLDER = "bypass"
"""Folder of the data directory that holds which tokens were used."""


def detection_api(ground: "Ground", parts: GatewayParts) -> ServiceParts:
    """Return the parts of the service beside the gateway's; they share ports, identity and limits."""
    settings, keys = ground.settings, service_keys(ground.service_key)
    options = Options(
        restore_mapping=settings.api_restore_mapping, application_header=settings.api_application_header
    )
    return ServiceParts(
        inspector=parts.inspector,
        policies=parts.policies,
        callers=Callers(
            parts.identity or KeyIdentity(parts.keys), NamedPrincipals(ground.directory), keys.tokens, options
        ),
        bans=parts.bans,
        counters=parts.counters,
        audit=parts.audit,
        metrics=parts.metrics,
        clock=parts.clock,
        limits=parts.limits,
        panel=parts.panel,
        accepting=lambda: ground.record.accepting,
        tools=Tools(
            sessions=Sessions(keys.sessions, parts.clock.now),
            results=ground.results,
            rules=cache(load_packs),
            now=parts.clock.now,
            bans=parts.bans,
            serves=parts.router.serves,
            options=options,
            links=parts.links,
            bypass=_bypass(settings, keys.bypass, parts),
            lending=Lending(
                partial(_give, ground, parts.clock),
                parts.audit,
                lambda: ground.record.accepting,
                parts.inspector,
                parts.panel,
            ),
        ),
    )


def _give(ground: "Ground", clock: Clock, principal: Principal) -> Given:
    return give(ground.directory.excerpt(principal), ground.placeholder_key, principal, clock.now())


def _bypass(settings: Settings, key: bytes, parts: GatewayParts) -> Bypass | None:
    if not settings.api_bypass:
        return None
    return Bypass(key, OnceFolder(settings.data_dir / FOLDER), parts.clock.now)
