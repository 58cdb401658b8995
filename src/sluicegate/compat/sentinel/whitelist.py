"""Exceptions: findings that are known to be none. What a whitelist takes out is still listed."""

import hashlib
import re

import re2


class Whitelist:
    """Takes findings out of results: by what was found, by the whole text, or by the user.

    It never stops a scan: other findings of the same text stay.
    """

    def __init__(self) -> None:
        self._patterns: list[re.Pattern[str]] = []
        self._users: set[str] = set()
        self._hashes: set[str] = set()

    def add_pattern(self, pattern: str) -> None:
        """Take out findings that lie wholly inside a match of an expression.

        Raises:
            ValueError: the expression cannot be searched in linear time.
        """
        try:
            self._patterns.append(re2.compile(pattern))
        except re2.error as error:
            raise ValueError(f"pattern: {error}") from None

    def add_user(self, user: str) -> None:
        """Take out whatever is found in the texts of a user."""
        self._users.add(user)

    def add_hash(self, digest: str) -> None:
        """Take out whatever is found in one text, given by its SHA-256 in hexadecimal.

        Raises:
            ValueError: it is no such digest.
        """
        if not re.fullmatch(r"[0-9a-fA-F]{64}", digest):
            raise ValueError("a SHA-256 has 64 hexadecimal digits")
        self._hashes.add(digest.lower())

    def add_text(self, text: str) -> None:
        """Take out whatever is found in one text."""
        self.add_hash(digest_of(text))

    def covered(self, text: str, user: str = "") -> list[tuple[int, int]]:
        """Return the spans of a text in which findings are taken out."""
        if user in self._users or digest_of(text) in self._hashes:
            return [(0, len(text))]
        return [match.span() for pattern in self._patterns for match in pattern.finditer(text)]


def digest_of(text: str) -> str:
    """Return the SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
