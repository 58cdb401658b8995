"""Character references of HTML (HTML Standard, section 13.5), by name and by number."""

import html
import re

from .reading import Reading, View
from .spliced import spliced, whole

_STRETCHES = re.compile("&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});?")


def _read(text: str) -> Reading | None:
    return spliced(text, _STRETCHES, html.unescape, whole)


ENTITIES = View("html", _read)
