"""Formats of an app's own making, described by where their texts stand; each becomes a dialect."""

from .bodies import OwnForm, OwnJson, OwnText
from .messages import Messages
from .spec import Fields

__all__ = ["Fields", "Messages", "OwnForm", "OwnJson", "OwnText"]
