"""Which small models read along in an evaluation."""

from enum import StrEnum


class Models(StrEnum):
    """Which small models read along."""

    NONE = "none"
    LINEAR = "linear"
    ENCODER = "encoder"
    BOTH = "both"
