"""Methods: what stands in place of a value that is masked or replaced, one a file.

A method is a frozen value with a pure `replace`. What it makes of a value depends on the value, its label
and the keys alone, so that streams keep both laws and equal values stay equal. None ever returns the
value itself: where one would, the label stands instead.
"""

from .base import Given, Keys, Method, plain_label
from .drop import Drop
from .fixed import Fixed
from .hashed import Hashed
from .label import Label
from .partial import Partial
from .placeholder import Placeholder
from .reading import METHODS, read_method
from .rewrite import Rewrite
from .sealed import Sealed, seal_key, unseal, unseal_all
from .shape import Shape

__all__ = [
    "METHODS",
    "Drop",
    "Fixed",
    "Given",
    "Hashed",
    "Keys",
    "Label",
    "Method",
    "Partial",
    "Placeholder",
    "Rewrite",
    "Sealed",
    "Shape",
    "plain_label",
    "read_method",
    "seal_key",
    "unseal",
    "unseal_all",
]
