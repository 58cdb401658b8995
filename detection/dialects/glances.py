"""Which dialects are read at a glance, see `glance`."""

from collections.abc import Mapping
from typing import Protocol

from . import anthropic_glance, gemini_glance, openai_chat_glance
from .anthropic import Anthropic
from .base import Addressed, Dialect
from .gemini import Gemini
from .glance import Glance
from .openai_chat import OpenAIChat


class Reader(Protocol):
    """What reads the plain payloads of one dialect."""

    def request(self, body: bytes, addressed: Addressed, /) -> Glance | None:
        """Read a request; None where it is not plain."""
        ...

    def answer(self, body: bytes, /) -> list[str] | None:
        """Return the texts of an answer; None where it is not plain."""
        ...


GLANCES: Mapping[type[Dialect], Reader] = {
    Anthropic: anthropic_glance,
    Gemini: gemini_glance,
    OpenAIChat: openai_chat_glance,
}
"""By the very class of a dialect: who inherits may read otherwise."""


def reader_of(dialect: Dialect) -> Reader | None:
    """Return what reads a dialect at a glance: a format of an app's own brings its own, as its `glance`."""
    return GLANCES.get(type(dialect)) or getattr(dialect, "glance", None)
