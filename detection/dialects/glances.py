"""Which dialects are read at a glance, see `glance`."""

from collections.abc import Callable, Mapping

from . import anthropic_glance, gemini_glance, openai_chat_glance
from .anthropic import Anthropic
from .base import Addressed, Dialect
from .gemini import Gemini
from .glance import Glance
from .openai_chat import OpenAIChat

type OfRequest = Callable[[bytes, Addressed], Glance | None]
type OfAnswer = Callable[[bytes], list[str] | None]

GLANCES: Mapping[type[Dialect], tuple[OfRequest, OfAnswer]] = {
    Anthropic: (anthropic_glance.request, anthropic_glance.answer),
    Gemini: (gemini_glance.request, gemini_glance.answer),
    OpenAIChat: (openai_chat_glance.request, openai_chat_glance.answer),
}
"""What reads plain requests, and the texts of plain answers, by the very class of a dialect: who inherits
may read otherwise."""
