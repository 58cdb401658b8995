"""What a process does once it has started."""

import gc


def settle() -> None:
    """Collect garbage again, but never look at what a start leaves behind: it stays for good."""
    gc.freeze()
    gc.enable()
