"""Strings from outside, made fit for a database."""


def storable(text: str, length: int) -> str:
    """Return at most `length` characters that every database takes.

    PostgreSQL stores no NUL and no lone surrogate: U+FFFD stands for the one and ``?`` for the
    other, so that nothing fails over them and nothing looked up by them is found.
    """
    return text[:length].replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
