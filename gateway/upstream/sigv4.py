"""AWS Signature Version 4 in header fields.

Source: AWS' description of the signing process; its published test vectors and botocore's signer agree
with this one. A path is encoded once more for the signature, as all services but S3 want it.
"""

import hmac
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import quote, urlsplit

from ...middleware.asgi import Headers

SERVICE = "bedrock"

_ALGORITHM = b"AWS4-HMAC-SHA256"
_OF_A_SIGNATURE = frozenset(
    (b"authorization", b"x-amz-date", b"x-amz-security-token", b"x-amz-content-sha256", b"date")
)
_UNSIGNED = frozenset(
    (
        b"accept-encoding", b"connection", b"expect", b"transfer-encoding", b"user-agent", b"x-amzn-trace-id",
    )
)  # fmt: skip
"""Fields that somebody on the way may change."""
_ACCESS_KEY = re.compile(r"[A-Za-z0-9]{4,128}")
_SECRET = re.compile(r"[\x21-\x7e]{1,256}")
_TOKEN = re.compile(r"[\x21-\x7e]{1,8192}")
_REGION = re.compile(r"[a-z]{2,12}(?:-[a-z0-9]{1,16}){1,4}")


@dataclass(frozen=True, slots=True)
class AwsCredentials:
    """What signs for an AWS account. Raises `ValueError` for a value that cannot be one.

    `session_token` belongs to temporary credentials; they end when AWS says.
    """

    access_key: str
    secret_key: str = field(repr=False)
    region: str
    session_token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not _ACCESS_KEY.fullmatch(self.access_key):
            raise ValueError("the AWS access key must be letters and digits")
        if not _SECRET.fullmatch(self.secret_key):
            raise ValueError("the AWS secret key must be visible ASCII without spaces")
        if not _REGION.fullmatch(self.region):
            raise ValueError("the AWS region must look like us-east-1")
        if self.session_token is not None and not _TOKEN.fullmatch(self.session_token):
            raise ValueError("the AWS session token must be visible ASCII without spaces")


class SigV4:
    """Signs requests with AWS credentials. Implements `signer.Signer`.

    Args:
        credentials: whose requests they are.
        base_url: of the upstream; its host is signed, with the port it names.
        service: name under which AWS knows it.
    """

    def __init__(self, credentials: AwsCredentials, base_url: str, service: str = SERVICE) -> None:
        self._credentials = credentials
        self._host = urlsplit(base_url).netloc.encode("ascii")
        self._service = service
        self._key: tuple[str, bytes] = ("", b"")

    def sign(self, method: str, target: bytes, headers: Headers, body: bytes, now: float) -> Headers:
        """Return the fields with a signature; see `signer.Signer`."""
        time = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
        fields = [item for item in headers if item[0] not in _OF_A_SIGNATURE]
        fields.append((b"x-amz-date", time.encode()))
        token = self._credentials.session_token
        if token is not None:
            fields.append((b"x-amz-security-token", token.encode()))
        signed, request = _canonical(method, target, [*fields, (b"host", self._host)], body)
        scope = f"{time[:8]}/{self._credentials.region}/{self._service}/aws4_request"
        text = b"\n".join((_ALGORITHM, time.encode(), scope.encode(), sha256(request).hexdigest().encode()))
        signature = hmac.digest(self._key_of(time[:8]), text, "sha256").hex()
        credential = f"{self._credentials.access_key}/{scope}"
        value = b"%b Credential=%b, SignedHeaders=%b, Signature=%b"
        parts = (_ALGORITHM, credential.encode(), signed, signature.encode())
        fields.append((b"authorization", value % parts))
        return fields

    def _key_of(self, day: str) -> bytes:
        """Return the signing key of a day; the newest is kept."""
        if self._key[0] != day:
            key = b"AWS4" + self._credentials.secret_key.encode()
            for part in (day, self._credentials.region, self._service, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._key = day, key
        return self._key[1]


def _canonical(method: str, target: bytes, headers: Headers, body: bytes) -> tuple[bytes, bytes]:
    """Return the names of the signed fields, and the request in the form that is signed."""
    path, _, query = target.partition(b"?")
    values: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        if name not in _UNSIGNED:
            values.setdefault(name, []).append(b" ".join(value.split()))
    names = sorted(values)
    lines = [b"%b:%b\n" % (name, b",".join(values[name])) for name in names]
    signed = b";".join(names)
    request = b"\n".join(
        (
            method.encode(),
            quote(path, safe="/~").encode(),
            _sorted_query(query),
            b"".join(lines),
            signed,
            sha256(body).hexdigest().encode(),
        )
    )
    return signed, request


def _sorted_query(query: bytes) -> bytes:
    pairs = [(name, value) for name, _, value in (item.partition(b"=") for item in query.split(b"&") if item)]
    return b"&".join(b"%b=%b" % pair for pair in sorted(pairs))
