"""Sluicegate: one appliance between an organisation and every LLM it uses."""

__version__ = "0.1.0"
__all__ = ["__version__"]
