"""Tokens of the detection service, made on the command line."""

import secrets
import time

from .secrets import load_secrets
from .settings import Settings


def issued_token(settings: Settings, key_id: str, minutes: int) -> str:
    """Return a token for a key. Raises `ApplianceError` where the data directory cannot be read."""
    from ..gateway.detection_api.service_keys import service_keys  # noqa: PLC0415 - help need not wait for it
    from ..gateway.detection_api.tokens import issue  # noqa: PLC0415

    keys = service_keys(load_secrets(settings.data_dir).service_key)
    return issue(keys.tokens, key_id, now=time.time(), minutes=minutes)


def made_bypass(settings: Settings, tenant_id: str) -> str:
    """Return a bypass token for one call of a tenant. Raises `ApplianceError` like `issued_token`."""
    from ..gateway.detection_api.bypass import make_token  # noqa: PLC0415 - as above
    from ..gateway.detection_api.service_keys import service_keys  # noqa: PLC0415

    keys = service_keys(load_secrets(settings.data_dir).service_key)
    return make_token(keys.bypass, tenant_id, secrets.token_hex(16), time.time())
