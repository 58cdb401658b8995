"""Gemini's cached contents: ``/cachedContents``. What is kept there is judged when it is put there.

Source: `google.genai.types.CreateCachedContentConfig`.
"""

from ..document import Document
from ..types import Direction
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .collect import Collector
from .gemini import read_request
from .gemini_common import asked, read_object
from .gemini_count import GeminiCount


class GeminiCache(GeminiCount):
    """The dialect of cached contents: it says no as counting does."""

    name = "gemini_cache"

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request; one without contents says how long others are kept. Raises `BadInput`."""
        parsed = read_object(body)
        tree = parsed.tree
        wanted = asked(tree, addressed) if "model" in tree else Asked()
        collector = Collector(Direction.PROMPT)
        if "contents" in tree:
            read_request(collector, tree, "")
        else:
            read_request(collector, {**tree, "contents": [{}]}, "")
        return collector.document(body, parsed), wanted
