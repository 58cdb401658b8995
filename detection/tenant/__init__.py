"""What a tenant adds to the shipped rules: words, expressions, values of its own, and exceptions."""

from .allowed import Allowed
from .known_values import KnownValues, known_digest, shape_of, tenant_key
from .scanner import CustomScanner

__all__ = ["Allowed", "CustomScanner", "KnownValues", "known_digest", "shape_of", "tenant_key"]
