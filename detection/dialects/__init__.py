"""The dialects by name. A dialect is stateless; one object serves every face."""

from .base import NOTHING_ADDRESSED, Addressed, Asked, Dialect, Frame, Slot, StreamShape
from .openai_chat import OpenAIChat
from .openai_completions import OpenAICompletions
from .openai_embeddings import OpenAIEmbeddings
from .openai_moderations import OpenAIModerations

DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect
    for dialect in (OpenAIChat(), OpenAICompletions(), OpenAIEmbeddings(), OpenAIModerations())
}

__all__ = ["DIALECTS", "NOTHING_ADDRESSED", "Addressed", "Asked", "Dialect", "Frame", "Slot", "StreamShape"]
