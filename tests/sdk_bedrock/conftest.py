"""One scripted Bedrock and one gateway in front of it for the whole run; each test sets its own script."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from sluicegate.gateway.upstream.sigv4 import AwsCredentials, SigV4
from sluicegate.gateway.upstream_spec import UpstreamSpec
from tests.fakes.bedrock_api import ACCESS_KEY, FakeBedrock
from tests.support.local_gateway import LocalGateway

REGION = "eu-central-1"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


@pytest.fixture(scope="session")
def upstream() -> Iterator[FakeBedrock]:
    """The upstream of the gateway."""
    with FakeBedrock() as fake:
        yield fake


def spec(upstream: FakeBedrock) -> UpstreamSpec:
    """The upstream, whose requests are signed with the operator's credentials."""
    signer = SigV4(AwsCredentials(ACCESS_KEY, SECRET, REGION), upstream.base_url)
    return UpstreamSpec("aws", "bedrock", upstream.base_url, signer=signer)


@pytest.fixture(scope="session")
def served(upstream: FakeBedrock) -> Iterator[LocalGateway]:
    """The gateway."""
    with LocalGateway(spec(upstream)) as gateway:
        yield gateway


@pytest.fixture
def gateway(served: LocalGateway) -> Iterator[LocalGateway]:
    """The gateway under its usual policy, whatever a test sets."""
    usual = served.policy
    yield served
    served.policy = usual


@pytest.fixture(autouse=True)
def fake(upstream: FakeBedrock) -> FakeBedrock:
    """The upstream, with nothing received and the script that says hello."""
    upstream.reset()
    return upstream


def signing(gateway: LocalGateway, **options: Any) -> Any:
    """The official client with credentials of its own, which mean nothing to us."""
    return boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=gateway.url,
        aws_access_key_id="AKIDOFTHECLIENT",
        aws_secret_access_key="secret-of-the-client",
        aws_session_token="session-of-the-client",
        config=Config(read_timeout=20, connect_timeout=5, **options),
    )


def bring_key(client: Any, key: str) -> None:
    """Make a client send our key beside its signature."""

    def add(request: Any, **_: Any) -> None:
        request.headers["X-Sluicegate-Key"] = key

    client.meta.events.register("before-send.bedrock-runtime", add)


@pytest.fixture(scope="session")
def session_client(served: LocalGateway) -> Iterator[Any]:
    """The official client with its own habits of trying again."""
    made = signing(served)
    bring_key(made, served.key)
    yield made
    made.close()


@pytest.fixture
def client(session_client: Any, gateway: LocalGateway) -> Any:
    """The official client of the gateway."""
    assert gateway.port
    return session_client
