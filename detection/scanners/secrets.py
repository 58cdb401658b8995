"""Validators of secrets: checksums, decodable structure, randomness, and no placeholder."""

import base64
import binascii
import json
import math
import re
import zlib
from collections.abc import Callable, Mapping
from functools import cache

from ..automaton import Automaton
from ..vault import SHAPE
from .published import published

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_HEADER_LIMIT = 4096
"""Longest encoded JWT header that is decoded, in characters."""

# For RE2, since they are asked about every candidate, and about long ones.
_STAND_IN = (
    r"(?i:example|sample|placeholder|change[-_]?me|dummy|redacted|(?:\A|[^a-z\x{130}\x{131}])your|x{5}|\*{3}"
    r"|\.{3}|0{8}|1{8}|<|>"
    r"|\$\{|\{\{|&(?:quot|amp|lt|gt|nbsp|#[0-9]{1,4})(?:[^\w\p{L}\p{N}]|\z))"
)
_SERIES = "(?i:0?123456789|01234567|abcdefgh|deadbeef|qwertyui)"
"""What is typed where something random is asked for."""
_STAND_IN_VALUE = (
    r"\A(?i:(?:my|the|some|new|old|test|fake|mock|default|secure|strong|super)?[-_ ]?"
    r"(?:password|passwd|pass|pwd|secret|token|key|apikey|api[-_]key|value|string|user|username|root|admin|guest"
    r"|postgres|mysql|mongo|redis|rabbitmq|test|foo|bar|foobar|none|null|true|false|undefined|abc|qwerty)"
    r"[-_ ]?[0-9]{0,4}[!]?)\z"
)
_CODE = (
    r"\A(?i:[\[({<]|[$%@&][\w\p{L}\p{N}.-]*(?:\n?\z)|\$[\w\p{L}\p{N}]|(?s:.*)://|[~.]{0,2}/"
    r"|(?:process\.env|os\.environ|env|config|settings|self|this|args|options|request|req|data|form|params|props"
    r"|state|secrets|vars|var|local|module|input|inputs|ctx|context)[.\[])"
)
_PLACEHOLDER = SHAPE.pattern.replace("(?![0-9A-Za-z])", r"(?:[^0-9A-Za-z]|\z)")
_SCRAMBLED = re.compile("(?=.{12})[a-z]*[bcdfghjklmnpqrstvwxz]{5}")
"""Letters in a row that no language speaks, in a long value."""
_LETTER = re.compile("[A-Za-z]")
_NO_LETTER = re.compile("[^A-Za-z]")
_INNER = re.compile(r"[0-9]|[^A-Za-z0-9.:_/?-]")
"""What a name or a path does not hold."""
_PIECE = re.compile(r"[A-Za-z0-9]{8,}")
_TURN = re.compile(r"(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")
_NAME_PART = re.compile("[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_LONG_NAME = 12
_PARTS = 0.4
"""Words a character from which on no name in code is made; below one in three for nearly all."""

_KINDS = tuple(map(re.compile, ("[a-z]", "[A-Z]", "[0-9]")))

_RANDOM = 3.0
"""Bits a character that a generated token has at least: eight symbols used evenly."""
SHORTEST = 4
"""Characters of a password in a URL that is more than a letter in a manual."""
_TURNS = 2
"""Changes between letters and digits that a name with a number in it has."""
_MIXED = 2.25
"""The same for a password that a person made up."""
_HEADER = 2.5
"""The same for the value of a header."""


def entropy(text: str) -> float:
    """Return the Shannon entropy of the characters of a text, in bits a character."""
    total = len(text)
    if not total:
        return 0.0
    weighed = 0.0
    for char in set(text):
        count = text.count(char)
        if count > 1:  # a character that occurs once weighs nothing
            weighed += count * math.log2(count)
    return round(math.log2(total) - weighed / total, 9)


def token(text: str) -> bool:
    """Accept a value that varies as a generated one does, holds no stand-in word and is no specimen."""
    return entropy(text) >= _RANDOM and not _holds(text, _STAND_IN, _SERIES) and not published(text)


def key_id(text: str) -> bool:
    """Accept what varies and holds no stand-in word; a series is what many try a guard with."""
    return entropy(text) >= _RANDOM and not _holds(text, _STAND_IN)


def github_checksum(text: str) -> bool:
    """Check the CRC-32 in the last six characters (GitHub: new authentication token formats)."""
    secret, check = text[4:-6], text[-6:]
    return _base62(zlib.crc32(secret.encode())).rjust(6, "0") == check


def npm_checksum(text: str) -> bool:
    """Check the same in a token of npm."""
    return github_checksum(text)


def npm_unchecked(text: str) -> bool:
    """Accept what has the shape of a token of npm and not its checksum."""
    return github_unchecked(text)


def gitlab_checksum(text: str) -> bool:
    """Check the CRC-32 in the last seven characters, in base 36 (GitLab: routable tokens)."""
    return int(text[-7:], 36) == zlib.crc32(text[:-7].encode())


def matrix_checksum(text: str) -> bool:
    """Check the CRC-32 behind the last underscore (Synapse: access tokens)."""
    base, _, check = text.rpartition("_")
    return _base62(zlib.crc32(base.encode())).rjust(6, "0") == check


def github_unchecked(text: str) -> bool:
    """Accept what has a GitHub token's shape and not its checksum."""
    return token(text) and not github_checksum(text)


def sk_unmarked(text: str) -> bool:
    """Accept an ``sk-`` key without the marker that OpenAI's own keys carry."""
    return "T3BlbkFJ" not in text and token(text)


def jwt(text: str) -> bool:
    """Accept a token whose header decodes to a JSON object with an ``alg`` (RFC 7519)."""
    header = text.partition(".")[0]
    if len(header) > _HEADER_LIMIT:
        return False
    try:
        decoded = json.loads(_decode(header))
    except (ValueError, RecursionError):
        return False
    return isinstance(decoded, dict) and isinstance(decoded.get("alg"), str) and not published(text)


def discord(text: str) -> bool:
    """Accept a bot token whose first part is the base64 of a numeric user id."""
    try:
        return _decode(text.partition(".")[0]).isdigit()
    except ValueError:
        return False


def basic_credentials(text: str) -> bool:
    """Accept the base64 of ``user:password`` in printable characters (RFC 7617)."""
    login = login_of(text)
    return login is not None and credential(*login)


def connection(text: str) -> bool:
    """Accept a URL of any scheme but HTTP's, judged as `url_credentials` does."""
    return not text.lower().startswith(("http://", "https://")) and url_credentials(text)


def url_credentials(text: str) -> bool:
    """Accept a URL whose password is neither a stand-in nor a variable."""
    authority = text.partition("://")[2].rpartition("@")[0]
    password = authority.partition(":")[2]
    return len(password) >= SHORTEST and worth(password)


def password(text: str) -> bool:
    """Accept a value after ``password:`` that mixes kinds of characters and is no code."""
    letters = _LETTER.search(text) is not None
    mixed = letters and (text.lower() != text != text.upper() or _NO_LETTER.search(text) is not None)
    return mixed and _INNER.search(text) is not None and entropy(text) >= _MIXED and worth(text)


def header_value(text: str) -> bool:
    """Accept the value of a header that names a credential: no word, no placeholder, no code."""
    varied = bool(re.search("[0-9]|(?<!^)[A-Z]", text)) or bool(_SCRAMBLED.search(text))
    if not varied or entropy(text) < _HEADER or not worth(text) or published(text):
        return False
    login = login_of(text)
    return login is None or credential(*login)


def twitter_bearer(text: str) -> bool:
    """Accept an app-only bearer token: varied behind the zeros that it begins with."""
    return token(text.lstrip("A"))


def random_value(text: str) -> bool:
    """Accept a value after ``token:`` with a piece in which letters and digits alternate."""
    return any(map(_alternates, _PIECE.findall(text))) and token(text) and worth(text)


def _alternates(piece: str) -> bool:
    """Tell ``9f3k2Lm8`` from ``version2beta``: letters and digits take turns more often."""
    return len(_TURN.findall(piece)) > _TURNS or _is_tangled(piece)


def _is_tangled(piece: str) -> bool:
    """Tell ``WzhIEOZvsleE06iF`` from ``parseLine2Fast``: read as a name in code, its words are too short."""
    if len(piece) < _LONG_NAME or not mixes(piece):
        return False
    return len(_NAME_PART.findall(piece)) >= _PARTS * len(piece)


def mixes(text: str) -> bool:
    """Say whether small letters, capitals and digits occur, and nothing that parts the names of a path."""
    return "/" not in text and all(kind.search(text) for kind in _KINDS)


def worth(value: str) -> bool:
    """Tell a value from a stand-in, a variable, code, and what a policy put there."""
    return bool(value) and not _holds(value, _STAND_IN, _STAND_IN_VALUE, _CODE, _PLACEHOLDER)


def _holds(text: str, *expressions: str) -> bool:
    return _any_of(expressions).search(text.encode("utf-8", "replace"), 0) is not None


@cache
def _any_of(expressions: tuple[str, ...]) -> Automaton:
    return Automaton("|".join(f"(?:{item})" for item in expressions), first=True)


def credential(user: str, password: str) -> bool:
    """Say whether a login gives something away; without a password the user is a key."""
    return worth(password) if password else random_value(user)


def login_of(text: str) -> tuple[str, str] | None:
    """Return user and password of ``user:password`` in base64; None where it is nothing of the kind."""
    try:
        user, colon, password = _decode(text).decode().partition(":")
    except ValueError:
        return None
    return (user, password) if colon and password.isprintable() and user.isprintable() else None


def _base62(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits


def _decode(text: str) -> bytes:
    """Decode base64 of either alphabet, padded or not. Raises `ValueError`."""
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


VALIDATORS: Mapping[str, Callable[[str], bool]] = {
    "token": token,
    "key_id": key_id,
    "github_checksum": github_checksum,
    "github_unchecked": github_unchecked,
    "sk_unmarked": sk_unmarked,
    "jwt": jwt,
    "discord": discord,
    "basic_credentials": basic_credentials,
    "url_credentials": url_credentials,
    "password": password,
    "random_value": random_value,
    "npm_checksum": npm_checksum,
    "npm_unchecked": npm_unchecked,
    "gitlab_checksum": gitlab_checksum,
    "matrix_checksum": matrix_checksum,
    "connection": connection,
    "header_value": header_value,
    "twitter_bearer": twitter_bearer,
}
