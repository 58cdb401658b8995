"""The dialects by name. A dialect is stateless; one object serves every face."""

from .anthropic import Anthropic
from .anthropic_batches import AnthropicBatches
from .anthropic_count import AnthropicCount
from .base import NOTHING_ADDRESSED, Addressed, Asked, Dialect, Frame, Slot, StreamShape
from .bedrock_converse import BedrockConverse
from .bedrock_count_tokens import BedrockCountTokens
from .bedrock_guardrail import BedrockGuardrail
from .bedrock_invoke import BedrockInvoke
from .cohere_chat import CohereChat
from .cohere_chat_v1 import CohereChatV1
from .cohere_embed import CohereEmbed
from .cohere_rerank import CohereRerank
from .gemini import Gemini
from .gemini_cache import GeminiCache
from .gemini_count import GeminiCount
from .gemini_embed import GeminiEmbed, GeminiEmbedBatch, VertexPredict
from .gemini_interactions import GeminiInteractions
from .gemini_live import GeminiLive
from .mcp import Mcp
from .mistral_chat import MistralAgents, MistralFim
from .mistral_conversations import MistralConversations
from .mistral_judgements import MistralJudgements
from .mistral_ocr import MistralOcr
from .ollama_chat import OllamaChat
from .ollama_embed import OllamaEmbed
from .ollama_generate import OllamaGenerate
from .openai_chat import OpenAIChat
from .openai_completions import OpenAICompletions
from .openai_conversations import OpenAIConversations
from .openai_embeddings import OpenAIEmbeddings
from .openai_forms import OpenAIFiles, OpenAIForms
from .openai_media import OpenAIImages, OpenAISpeech
from .openai_moderations import OpenAIModerations
from .openai_realtime import OpenAIRealtime
from .openai_responses import OpenAIResponses

DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        OpenAIChat(),
        OpenAICompletions(),
        OpenAIEmbeddings(),
        OpenAIModerations(),
        OpenAIResponses(),
        OpenAIConversations(),
        OpenAIImages(),
        OpenAISpeech(),
        OpenAIForms(),
        OpenAIFiles(),
        OpenAIRealtime(),
        Anthropic(),
        AnthropicCount(),
        AnthropicBatches(),
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
        Mcp(),
        Gemini(),
        GeminiCache(),
        GeminiCount(),
        GeminiEmbed(),
        GeminiEmbedBatch(),
        GeminiInteractions(),
        GeminiLive(),
        VertexPredict(),
        OllamaChat(),
        OllamaEmbed(),
        OllamaGenerate(),
    )
}

__all__ = ["DIALECTS", "NOTHING_ADDRESSED", "Addressed", "Asked", "Dialect", "Frame", "Slot", "StreamShape"]
