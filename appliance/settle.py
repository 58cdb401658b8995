"""What a process does once it has started."""

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
