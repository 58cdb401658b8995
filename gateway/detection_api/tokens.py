"""Tokens that stand for an API key for a while: JSON Web Tokens (RFC 7519), signed with HS256.

A token names a key; whose it is the directory says. So a token dies with its key at once.

The library is imported by the first call: it takes several megabytes, and few workers meet a token.
"""

AUDIENCE = "sluicegate detection"
"""Whom a token is for."""
MOST_MINUTES = 1440
"""Longest life of a token."""


class BadToken(Exception):
    """A token that is not ours, not for us, or over."""


def issue(key: bytes, key_id: str, *, now: float, minutes: int) -> str:
    """Return a token for a key that lives for some minutes. Raises `ValueError` beyond `MOST_MINUTES`."""
    import jwt  # noqa: PLC0415 - see above

    if not 0 < minutes <= MOST_MINUTES:
        raise ValueError(f"a token lives 1 to {MOST_MINUTES} minutes")
    claims = {"sub": key_id, "aud": AUDIENCE, "iat": int(now), "exp": int(now) + minutes * 60}
    return jwt.encode(claims, key, algorithm="HS256")


def key_of(key: bytes, token: str) -> str:
    """Return the id of the key that a token stands for. Raises `BadToken`."""
    import jwt  # noqa: PLC0415 - see above

    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=["HS256"],
            audience=AUDIENCE,
            options={"require": ["exp", "sub", "aud"]},
        )
    except jwt.InvalidTokenError as error:
        raise BadToken("the token is not valid") from error
    return str(claims["sub"])
