"""What an answer says it is."""

from ..detection.errors import UpstreamFault
from .asgi import Headers
from .headers import Fields, is_encoded, is_utf8, plain_type


def answer_kind(headers: Headers) -> bytes:
    """Return the content type of an answer.

    Raises `UpstreamFault` for one with several, in another charset than UTF-8 or with a content
    encoding.
    """
    kind = plain_type(headers)
    if kind is not None:
        return kind
    fields = Fields(headers)
    types = fields.every(b"content-type")
    if len(types) > 1 or (types and not is_utf8(types[0])):
        raise UpstreamFault("The answer can be read in several ways.", code="ambiguous_answer")
    if is_encoded(fields):
        raise UpstreamFault("The answer has a content encoding.", code="encoded_answer")
    return types[0] if types else b""
