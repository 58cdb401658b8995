"""What a tenant adds to the shipped rules: words, expressions, values, topics, answers, and exceptions."""

from .allowed import Allowed
from .known_values import KnownValues, known_digest, shape_of, tenant_key
from .scanner import CustomScanner
from .topic import Knowledge, Topic

__all__ = [
    "Allowed",
    "CustomScanner",
    "Knowledge",
    "KnownValues",
    "Topic",
    "known_digest",
    "shape_of",
    "tenant_key",
]
