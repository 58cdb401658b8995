"""The gateway: a reverse proxy for LLM APIs, guarded."""
