"""The core for commands that need no appliance: the built-in packs, compiled rules from the user's cache.

It is the cache of the library, so whoever warmed one warmed the other.
"""

import secrets

from ..detection.core import Core
from ..detection.rules import load_packs
from ..library.cache_folder import open_cache


def local_core() -> Core:
    """Build the core. Placeholders and digests it makes mean nothing outside this process."""
    return Core(secrets.token_bytes(32), load_packs(), open_cache(wanted=True))
