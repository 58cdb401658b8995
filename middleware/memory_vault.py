"""Placeholders of conversations in the memory of one process.

Values are encrypted (AES-SIV, RFC 5297) and bound to their place, their placeholder and what may be done
with them, so that an entry that came to lie elsewhere opens as nothing. Names of conversations are kept as
keyed digests only: callers and providers choose them.
"""

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from ..detection.ports import Clock, Place
from ..detection.vault import Minted


@dataclass(frozen=True, slots=True)
class VaultBounds:
    """How much is kept.

    `seconds` a conversation lives after its last turn; at most so many `conversations`, `values` of each and
    `characters` of placeholders and encrypted values in all.
    """

    seconds: float = 24 * 3600.0
    conversations: int = 10_000
    values: int = 1_000
    characters: int = 64 * 1024 * 1024


class _Kept(NamedTuple):
    sealed: bytes
    user: bool
    secret: bool


class _Conversation:
    __slots__ = ("expires", "kept", "size")

    def __init__(self) -> None:
        self.expires = 0.0
        self.kept: OrderedDict[str, _Kept] = OrderedDict()
        self.size = 0

    def put(self, token: str, kept: _Kept) -> None:
        """Keep a value as the newest one."""
        self.drop(token)
        self.kept[token] = kept
        self.size += len(token) + len(kept.sealed)

    def drop(self, token: str) -> None:
        """Forget a value, if there is such a one."""
        former = self.kept.pop(token, None)
        if former is not None:
            self.size -= len(token) + len(former.sealed)


class MemoryVault:
    """Implements `VaultStore`. What is beyond the bounds goes, that which was kept longest ago first.

    Args:
        master: secret bytes; the keys for this purpose are derived from them.
    """

    def __init__(self, master: bytes, clock: Clock, bounds: VaultBounds | None = None) -> None:
        self._cipher = AESSIV(hmac.digest(master, b"conversation vault", hashlib.sha512))
        self._names = hmac.digest(master, b"conversation names", "sha256")
        self._clock = clock
        self._bounds = bounds or VaultBounds()
        self._conversations: OrderedDict[bytes, _Conversation] = OrderedDict()
        self._size = 0

    def __len__(self) -> int:
        """Conversations that are kept, some of them perhaps too old to be recalled."""
        return len(self._conversations)

    def keep(self, place: Place, minted: Mapping[str, Minted]) -> None:
        """Keep placeholders, beside those there are."""
        if not minted:
            return
        now, name = self._clock.monotonic(), self._name(place)
        self._forget(now)
        conversation = self._conversations.get(name)
        if conversation is None:
            conversation = self._conversations[name] = _Conversation()
        self._conversations.move_to_end(name)
        conversation.expires = now + self._bounds.seconds
        self._size -= conversation.size
        for token, value in minted.items():
            conversation.put(token, self._seal(name, token, value))
        while len(conversation.kept) > self._bounds.values or conversation.size > self._bounds.characters:
            conversation.drop(next(iter(conversation.kept)))
        self._size += conversation.size
        while len(self._conversations) > self._bounds.conversations or self._size > self._bounds.characters:
            self._drop_oldest()

    def recall(self, place: Place) -> Mapping[str, Minted]:
        """Return the placeholders of a place."""
        name = self._name(place)
        self._forget(self._clock.monotonic())
        conversation = self._conversations.get(name)
        if conversation is None:
            return {}
        opened = {token: self._open(name, token, kept) for token, kept in conversation.kept.items()}
        return {token: minted for token, minted in opened.items() if minted is not None}

    def _forget(self, now: float) -> None:
        """Drop what is too old; the order of conversations is that of their expiry."""
        while self._conversations:
            if next(iter(self._conversations.values())).expires > now:
                return
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        _, conversation = self._conversations.popitem(last=False)
        self._size -= conversation.size

    def _name(self, place: Place) -> bytes:
        told = orjson.dumps([part.encode("utf-8", "surrogatepass").hex() for part in place])
        return hashlib.blake2b(told, key=self._names, digest_size=32).digest()

    def _seal(self, name: bytes, token: str, minted: Minted) -> _Kept:
        value = minted.value.encode("utf-8", "surrogatepass")
        bound = _bound(name, token, user=minted.user, secret=minted.secret)
        return _Kept(self._cipher.encrypt(value, bound), minted.user, minted.secret)

    def _open(self, name: bytes, token: str, kept: _Kept) -> Minted | None:
        bound = _bound(name, token, user=kept.user, secret=kept.secret)
        try:
            value = self._cipher.decrypt(kept.sealed, bound)
        except InvalidTag:
            return None
        return Minted(value.decode("utf-8", "surrogatepass"), kept.user, kept.secret)


def _bound(name: bytes, token: str, *, user: bool, secret: bool) -> list[bytes]:
    return [name, token.encode(), bytes((user, secret))]
