"""Why a part of a payload was not scanned: the reasons a receipt names, by kind."""

from .crowd import CROWDED
from .effort import TOO_DEAR

DEAD_TIER = "dead tier"
"""Begins the reason of what a tier behind the patterns was to judge, and did not."""
KINDS = ("media", "token ids", "over size", DEAD_TIER, "encrypted", "history", CROWDED, TOO_DEAR)
"""What a policy may speak of."""

_MEDIA = frozenset(("media", "image", "audio", "video", "file"))


def kind_of(reason: str) -> str:
    """Return the kind of a reason; one that is of no kind is its own."""
    if reason in _MEDIA:
        return "media"
    if reason.startswith("encrypted"):
        return "encrypted"
    if reason.startswith(DEAD_TIER):
        return DEAD_TIER
    return "over size" if reason.endswith("over size") else reason
