"""Who is calling: from the credential only, and never by guessing."""

import pytest

from sluicegate.detection.testing import SOMEBODY, MemoryKeys
from sluicegate.detection.types import Principal
from sluicegate.middleware.asgi import SAME_HEAD, Scope
from sluicegate.middleware.identity import (
    LONGEST_CREDENTIAL,
    ApplicationIdentity,
    KeyIdentity,
    OpenIdentity,
    is_loopback,
)
from sluicegate.middleware.rejection import Rejected
from tests.middleware.client import KEY, fields, scope

OTHER = "sk-other-0123456789abcdef0123456789"
THEIRS = "sk-provider-abcdefghijklmnopqrstuvwxyz"
AWS = "AWS4-HMAC-SHA256"
LOCAL = ("host", "localhost:5002")
KEYS = MemoryKeys({KEY: SOMEBODY, OTHER: Principal("t2", "a2", "other", "k2")})


def refused(identity: KeyIdentity | OpenIdentity, *pairs: tuple[str, str], peer: str = "192.0.2.7") -> str:
    with pytest.raises(Rejected) as rejected:
        identity.identify(scope(headers=fields(*pairs), peer=peer))
    error = rejected.value
    assert (error.status == 401) == ((b"www-authenticate", b"Bearer") in error.headers)
    assert KEY not in str(error)
    assert THEIRS not in str(error)
    return error.code


@pytest.mark.parametrize(
    "pair",
    [
        ("authorization", f"Bearer {KEY}"),
        ("authorization", f"bearer   {KEY} "),
        ("x-api-key", KEY),
        ("api-key", KEY),
        ("x-goog-api-key", KEY),
        ("x-sluicegate-key", KEY),
        ("authorization", f"{AWS} Credential={KEY}/20261122/us-east-1/bedrock/aws4_request, Signature=1"),
        ("authorization", f"{AWS} SignedHeaders=host,Credential={KEY}/x"),
    ],
)
def test_a_key_is_read_where_sdks_put_it(pair: tuple[str, str]) -> None:
    caller = KeyIdentity(KEYS).identify(scope(headers=fields(pair)))
    assert (caller.principal, caller.credential, caller.provider_key) == (SOMEBODY, KEY.encode(), None)
    assert KEY not in repr(caller)


def test_a_key_is_read_from_a_query() -> None:
    caller = KeyIdentity(KEYS).identify(scope(query=b"alt=sse&key=" + KEY.encode()))
    assert (caller.principal, caller.credential, caller.provider_key) == (SOMEBODY, KEY.encode(), None)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (f"keys={KEY}", "missing_api_key"),
        (f"Key={KEY}", "missing_api_key"),
        ("key=", "missing_api_key"),
        ("key", "missing_api_key"),
        (f"key={THEIRS}", "invalid_api_key"),
        (f"key={KEY}&key={OTHER}", "ambiguous_credentials"),
    ],
)
def test_what_a_query_holds_beside_is_no_key(query: str, code: str) -> None:
    with pytest.raises(Rejected) as rejected:
        KeyIdentity(KEYS).identify(scope(query=query.encode()))
    assert rejected.value.code == code


def test_a_key_in_a_query_and_another_in_a_field_contradict() -> None:
    with pytest.raises(Rejected, match="several different credentials"):
        KeyIdentity(KEYS).identify(scope(headers=fields(("x-api-key", KEY)), query=b"key=" + THEIRS.encode()))
    own = fields(("x-sluicegate-key", KEY))
    assert (
        KeyIdentity(KEYS).identify(scope(headers=own, query=b"key=" + THEIRS.encode())).provider_key == THEIRS
    )


@pytest.mark.parametrize(
    "pairs",
    [
        [],
        [("authorization", "Bearer ")],
        [("authorization", "Bearer")],
        [("authorization", KEY)],
        [("authorization", f"Basic {KEY}")],
        [("x-api-key", "  ")],
        [("authorization", f"{AWS} Credential={KEY}")],
        [("authorization", f"{AWS} XCredential={KEY}/x")],
        [("authorization", f"Basic Credential={KEY}/x")],
        [("cookie", KEY)],
    ],
)
def test_no_key_is_401(pairs: list[tuple[str, str]]) -> None:
    assert refused(KeyIdentity(KEYS), *pairs) == "missing_api_key"


@pytest.mark.parametrize(
    "pairs",
    [
        [("authorization", f"Bearer {THEIRS}")],
        [("authorization", f"Bearer {KEY}x")],
        [("authorization", f"Bearer {KEY[:-1]}")],
        [("authorization", f"Bearer {KEY.upper()}")],
        [("x-api-key", "k" * (LONGEST_CREDENTIAL + 1))],
        [("x-sluicegate-key", THEIRS), ("authorization", f"Bearer {KEY}")],
        [("x-sluicegate-key", ""), ("authorization", f"Bearer {KEY}")],
        [("x-api-key", "k\xe4y")],
    ],
)
def test_an_unknown_key_is_401(pairs: list[tuple[str, str]]) -> None:
    assert refused(KeyIdentity(KEYS), *pairs) == "invalid_api_key"


def test_a_key_longer_than_any_is_not_looked_up() -> None:
    longest = "k" * LONGEST_CREDENTIAL
    identity = KeyIdentity(MemoryKeys({longest: SOMEBODY, longest + "k": SOMEBODY}))
    assert identity.identify(scope(headers=fields(("api-key", longest)))).principal == SOMEBODY
    assert refused(identity, ("api-key", longest + "k")) == "invalid_api_key"


def test_a_revoked_key_is_unknown() -> None:
    keys = MemoryKeys({KEY: SOMEBODY})
    identity = KeyIdentity(keys)
    identity.identify(scope(headers=fields(("api-key", KEY))))
    keys.revoke(KEY)
    assert refused(identity, ("api-key", KEY)) == "invalid_api_key"


def test_the_same_key_twice_is_one_key() -> None:
    pairs = fields(("authorization", f"Bearer {KEY}"), ("x-api-key", KEY), ("api-key", KEY))
    assert KeyIdentity(KEYS).identify(scope(headers=pairs)).principal == SOMEBODY


@pytest.mark.parametrize(
    "pairs",
    [
        [("authorization", f"Bearer {KEY}"), ("x-api-key", THEIRS)],
        [("authorization", f"Bearer {KEY}"), ("authorization", f"Bearer {OTHER}")],
        [("x-sluicegate-key", KEY), ("x-sluicegate-key", OTHER)],
        [("x-sluicegate-key", KEY), ("authorization", f"Bearer {THEIRS}"), ("x-api-key", THEIRS + "2")],
        [("x-sluicegate-key", KEY), ("authorization", f"Bearer {OTHER}")],
    ],
)
def test_different_credentials_are_400(pairs: list[tuple[str, str]]) -> None:
    assert refused(KeyIdentity(KEYS), *pairs) == "ambiguous_credentials"


def test_with_our_own_field_the_other_credential_is_the_providers() -> None:
    pairs = fields(("x-sluicegate-key", KEY), ("authorization", f"Bearer {THEIRS}"), ("x-api-key", THEIRS))
    caller = KeyIdentity(KEYS).identify(scope(headers=pairs))
    assert (caller.principal, caller.provider_key) == (SOMEBODY, THEIRS)
    assert THEIRS not in repr(caller)


def test_wall_8_our_key_is_never_taken_for_the_providers() -> None:
    pairs = fields(("x-sluicegate-key", KEY), ("authorization", f"Bearer {KEY}"))
    assert KeyIdentity(KEYS).identify(scope(headers=pairs)).provider_key is None


OPEN = OpenIdentity(KEYS, Principal("t", "a", "anybody", ""))


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:5002", "127.0.0.1:5002", "[::1]:5002", "[::1]", "127.0.0.1"]
)
def test_open_takes_callers_on_this_machine_without_a_key(peer: str, host: str) -> None:
    caller = OPEN.identify(scope(headers=fields(("host", host)), peer=peer))
    assert caller.principal.application == "anybody"


@pytest.mark.parametrize(
    ("pairs", "peer"),
    [
        pytest.param([LOCAL], "192.0.2.7", id="another machine"),
        pytest.param([LOCAL], "", id="peer unknown"),
        pytest.param([LOCAL], "::ffff:192.0.2.7", id="mapped address"),
        pytest.param([], "127.0.0.1", id="no host"),
        pytest.param([LOCAL, LOCAL], "127.0.0.1", id="two hosts"),
        pytest.param([("host", "evil.example")], "127.0.0.1", id="rebinding"),
        pytest.param([("host", "localhost.evil.example")], "127.0.0.1", id="host that begins right"),
        pytest.param([("host", "127.0.0.1.evil.example")], "127.0.0.1", id="host like an address"),
        pytest.param([("host", "localhost:x")], "127.0.0.1", id="port no number"),
        pytest.param([("host", "[::1")], "127.0.0.1", id="bracket open"),
        pytest.param([("host", "[::1]x:1")], "127.0.0.1", id="bracket followed"),
        pytest.param([("host", "192.0.2.7:5002")], "127.0.0.1", id="another address"),
        pytest.param([LOCAL, ("origin", "http://localhost:3000")], "127.0.0.1", id="a web page"),
        pytest.param([LOCAL, ("origin", "null")], "127.0.0.1", id="a sandboxed page"),
        pytest.param([LOCAL, ("x-forwarded-for", "127.0.0.1")], "127.0.0.1", id="relayed"),
        pytest.param([LOCAL, ("forwarded", "for=1.2.3.4")], "127.0.0.1", id="relayed, new form"),
        pytest.param([LOCAL, ("via", "1.1 proxy")], "127.0.0.1", id="relayed, via"),
    ],
)
def test_open_asks_everybody_else_for_a_key(pairs: list[tuple[str, str]], peer: str) -> None:
    assert refused(OPEN, *pairs, peer=peer) == "missing_api_key"
    with_key = fields(*pairs, ("x-api-key", KEY))
    assert OPEN.identify(scope(headers=with_key, peer=peer)).principal == SOMEBODY


def test_open_takes_a_key_nobody_knows_as_none_and_forwards_it_nowhere() -> None:
    stranger = fields(LOCAL, ("authorization", f"Bearer {THEIRS}"))
    caller = OPEN.identify(scope(headers=stranger, peer="127.0.0.1"))
    assert (caller.principal.application, caller.provider_key) == ("anybody", None)
    assert refused(OPEN, LOCAL, ("authorization", f"Bearer {THEIRS}"), peer="192.0.2.7") == "invalid_api_key"


def test_open_still_knows_a_key() -> None:
    caller = OPEN.identify(scope(headers=fields(LOCAL, ("x-api-key", KEY)), peer="127.0.0.1"))
    assert caller.principal == SOMEBODY


def test_an_application_can_vouch_for_its_callers() -> None:
    caller = ApplicationIdentity(SOMEBODY).identify(scope(headers=fields(("authorization", "Basic x"))))
    assert (caller.principal, caller.credential, caller.provider_key) == (SOMEBODY, b"", None)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("127.0.0.2", True),
        ("::1", True),
        ("192.0.2.1", False),
        ("", False),
        ("127.1", False),
    ],
)
def test_loopback_is_known_by_name_and_address(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_a_key_is_looked_up_again_once_the_directory_changed() -> None:
    class Changing(MemoryKeys):
        """Says when it changed, and counts how often it was asked."""

        def __init__(self) -> None:
            super().__init__({"sk-one-0123456789": SOMEBODY})
            self.asked = 0
            self.now: object = object()

        @property
        def state(self) -> object:
            return self.now

        def find(self, credential: str) -> Principal | None:
            self.asked += 1
            return super().find(credential)

    keys = Changing()
    identity = KeyIdentity(keys)
    head: Scope = {
        "headers": [(b"authorization", b"Bearer sk-one-0123456789")],
        "extensions": {SAME_HEAD: {}},
    }
    assert identity.identify(head).principal is identity.identify(head).principal is SOMEBODY
    assert keys.asked == 1
    keys.revoke("sk-one-0123456789")
    keys.now = object()
    with pytest.raises(Rejected):
        identity.identify(head)
    with pytest.raises(Rejected):
        identity.identify(head)
    assert keys.asked == 3
