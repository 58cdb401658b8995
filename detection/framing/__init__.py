"""Framings of streams, sans-io: bytes in, events out."""
