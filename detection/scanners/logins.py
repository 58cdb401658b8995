"""Validators of what stands on command lines: users with passwords, and values of headers."""

import re
from collections.abc import Callable, Mapping

from .secrets import SHORTEST, entropy, header_value, login_of, mixes, random_value, worth

_PATH = re.compile(r"[a-z_-]*[./][a-z_./-]*")
"""What follows a colon and is a file or a host."""
_SHORTEST_SPOKEN = 3
_LONG_NUMBER = 5
_SPOKEN = 2.5
"""Bits a character of a header's value that is made of words."""
_FRAMED = re.compile(r"<.*>|\[.*\]|\{.*\}|\(.*\)|\$\w*(?:\(.*\)|\{.*\})?|%\w+%|`.*`", re.DOTALL)
"""What a manual or a template puts where a value belongs."""
_STANDS_FOR_IT = re.compile(
    r"change[-_ ]?(?:it|me)|pass|pwd|test|token|key|value|string|your|here|none|null|example|sample|dummy"
    r"|x{3}|\*{2}|\.{3}|<|\{\{|\$\{",
    re.IGNORECASE,
)
_NAMES_IT = re.compile(
    r"(?:my|your|the)?[-_ ]?(?:user|username|user[-_ ]?name|login|id|account|client[-_ ]?id|name|email)?",
    re.IGNORECASE,
)
"""The user of a manual, for whom no password is anybody's."""
_WORDS = re.compile("[A-Za-z0-9_.@-]{3,40}")
_HEADER_WORD = re.compile(
    r"token|key|secret|access|auth|pass|user|your|my[-_.]|api|value|here|string|jwt|bearer|client|admin|test|insert"
    r"|replace|put|credential|session|none|null|basic|digest|realm|required|optional|undefined|application|header",
    re.IGNORECASE,
)


def login(text: str) -> bool:
    """Accept ``user:password`` on a command line; behind the number of a user stands a group."""
    user, _, secret = (part.strip("\"'") for part in text.partition(":"))
    if len(secret) < SHORTEST or _PATH.fullmatch(secret) or (user.isdigit() and not random_value(secret)):
        return False
    # A sign that begins a path or a variable may begin a password, too: the rest of it tells.
    return worth(secret) or (secret[0] in "/&%@" and mixes(secret[1:]) and worth(secret[1:]))


def quoted_login(text: str) -> bool:
    """Accept ``user:password`` of any characters out of a quotation: no template, no word for the value."""
    user, _, secret = text.partition(":")
    return _is_given(secret) and not _FRAMED.fullmatch(user)


def plain_login(text: str) -> bool:
    """Accept ``user:password`` of words, as makers deliver accounts: neither half is a name for itself."""
    user, _, secret = (part.strip("\"'") for part in text.partition(":"))
    if user.isdigit() and secret.isdigit() and max(len(user), len(secret)) < _LONG_NUMBER:
        return False
    return _is_given(secret) and not _NAMES_IT.fullmatch(user) and not _PATH.fullmatch(secret)


def _is_given(secret: str) -> bool:
    return (
        len(secret) >= _SHORTEST_SPOKEN
        and len(set(secret)) > 1
        and not _FRAMED.fullmatch(secret)
        and not _STANDS_FOR_IT.match(secret)
    )


def host_login(text: str) -> bool:
    """Accept ``user:password@host``, judged as `login` does."""
    return login(text.rpartition("@")[0])


def key_login(text: str) -> bool:
    """Accept a key that stands for the user on a command line; without a colon it must look random."""
    key, colon, _ = text.partition(":")
    return header_value(key) and (bool(colon) or random_value(key))


def basic_words(text: str) -> bool:
    """Accept the base64 of ``user:password`` whose password is a word that others take for a stand-in."""
    user, password = login_of(text) or ("", "")
    return (
        _WORDS.fullmatch(user) is not None
        and _WORDS.fullmatch(password) is not None
        and len(set(password)) > 1
    )


def header_word(text: str) -> bool:
    """Accept words as the value of a header that names a credential: none of them says what it stands for."""
    return entropy(text) >= _SPOKEN and not _HEADER_WORD.search(text) and worth(text)


VALIDATORS: Mapping[str, Callable[[str], bool]] = {
    "login": login,
    "quoted_login": quoted_login,
    "plain_login": plain_login,
    "host_login": host_login,
    "key_login": key_login,
    "basic_words": basic_words,
    "header_word": header_word,
}
