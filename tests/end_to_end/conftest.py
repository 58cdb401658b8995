"""The appliance and the scripted upstream, as for the SDK tests."""

from tests.sdk.conftest import balanced, fake, launch, upstream

__all__ = ["balanced", "fake", "launch", "upstream"]
