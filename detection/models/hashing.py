"""What the features of the linear model are, whoever computes them: see `ngrams` and ``scorer.c``."""

BITS = 19
"""A bucket is a number of so many bits."""
STEP = 160
"""Bytes between the beginnings of windows. A window is two steps long."""
MOST_BYTES = 1 << 16
"""Bytes that are read."""
KINDS = 7
"""Runs of 4, 6 and 9 bytes; one, two and three words; two words around a third."""
MOST_FEATURES = 2 * STEP * KINDS
"""Features that a window has at most."""
HEADS = 3
"""What a bucket has a weight for."""
