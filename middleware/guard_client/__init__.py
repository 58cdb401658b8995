"""The client of LLM guards: tier 3 over an OpenAI-compatible URL."""
