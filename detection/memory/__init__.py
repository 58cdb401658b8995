"""What was judged before is known again: texts by themselves, and a conversation's turns together.

Nothing here changes a verdict. What is remembered is what the rules found, never what a policy made
of it, and digests under a key of this process, never a text.
"""

from .memory import WORTH, Memory
from .opinions import Opinions
from .recollection import Recollection

__all__ = ["WORTH", "Memory", "Opinions", "Recollection"]
