"""The dialects by name. A dialect is stateless; one object serves every face."""

from .base import NOTHING_ADDRESSED, Addressed, Asked, Dialect, Frame, Slot, StreamShape
from .bedrock_converse import BedrockConverse
from .bedrock_count_tokens import BedrockCountTokens
from .bedrock_guardrail import BedrockGuardrail
from .bedrock_invoke import BedrockInvoke
from .cohere_chat import CohereChat
from .cohere_chat_v1 import CohereChatV1
from .cohere_embed import CohereEmbed
from .cohere_rerank import CohereRerank
from .mistral_chat import MistralAgents, MistralFim
from .mistral_conversations import MistralConversations
from .mistral_judgements import MistralJudgements
from .mistral_ocr import MistralOcr
from .openai_chat import OpenAIChat
from .openai_completions import OpenAICompletions
from .openai_embeddings import OpenAIEmbeddings
from .openai_moderations import OpenAIModerations

DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        OpenAIChat(),
        OpenAICompletions(),
        OpenAIEmbeddings(),
        OpenAIModerations(),
        MistralFim(),
        MistralAgents(),
        MistralConversations(),
        MistralJudgements(),
        MistralOcr(),
        CohereChat(),
        CohereChatV1(),
        CohereEmbed(),
        CohereRerank(),
        BedrockConverse(),
        BedrockCountTokens(),
        BedrockGuardrail(),
        BedrockInvoke(),
    )
}

__all__ = ["DIALECTS", "NOTHING_ADDRESSED", "Addressed", "Asked", "Dialect", "Frame", "Slot", "StreamShape"]
