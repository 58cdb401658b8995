"""Models: small ones that ship with the package, and what LLM guards are asked and answer."""
