"""Pictures in ``data:`` URLs (RFC 2397)."""

import re

from .middle import Image
from .refusals import untranslatable

_DATA = re.compile(r"data:(image/[a-z0-9.+-]+);base64,([A-Za-z0-9+/]+={0,2})")


def image_at(url: str, where: str) -> Image:
    """Return the picture behind a URL. Raises `BadInput` for a URL that is neither web nor base64 data."""
    if url.startswith(("https://", "http://")):
        return Image(url=url, where=where)
    found = _DATA.fullmatch(url)
    if found is None:
        raise untranslatable(where, "expected an https: URL, or data:image/...;base64,")
    return Image(found[1], found[2], where=where)


def url_of(image: Image) -> str:
    """Return a URL of a picture."""
    return image.url or f"data:{image.media};base64,{image.data}"
