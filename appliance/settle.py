"""What a process does once it has started."""

import ctypes
import gc

_YOUNG = 10_000
"""Objects that come about and stay before the collector looks at them.

What an exchange needs goes with its last reference. At Python's threshold of some hundreds the
collector would look at exchanges that are under way again and again, and find nothing.
"""


def settle() -> None:
    """Collect garbage again, but never look at what a start leaves behind: it stays for good."""
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)
    gc.enable()


def give_back() -> None:
    """Return freed memory to the system; glibc keeps what loading the rules took, and forks inherit it."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
