"""Framings of streams, sans-io: bytes in, events out."""

STREAMED = frozenset(
    (
        b"text/event-stream",
        b"application/x-ndjson",
        b"application/stream+json",
        b"application/vnd.amazon.eventstream",
    )
)
"""Types of answers that come in frames; an array that grows is ``application/json`` as whole ones are."""
