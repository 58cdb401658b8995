"""The official clients as they speak to Azure and to Vertex AI, unmodified, over real sockets and TLS."""

import ssl
from collections.abc import Callable
from typing import Any

import openai
import pytest
from google import genai
from google.auth.credentials import Credentials
from google.genai import types

from sluicegate.gateway.upstream_spec import UpstreamSpec
from tests.fakes.live_api import FakeLive
from tests.gateway.pool.authority import Authority
from tests.sdk.material import EMAIL, TOKEN
from tests.sdk_realtime import test_gemini_live as live
from tests.sdk_realtime import test_openai_realtime as realtime
from tests.sdk_realtime.conftest import UPSTREAM_KEY
from tests.sdk_realtime.spoken import CREATED, cut, said
from tests.support.socket_gateway import SocketGateway

pytestmark = pytest.mark.filterwarnings("ignore:connect:DeprecationWarning")  # what the package itself calls


type Connect = Callable[[str, str], openai.OpenAI]

_VERSION = "2025-04-01-preview"
_OLDER = f"/openai/realtime?api-version={_VERSION}&deployment=gpt-realtime-2"
_NEWER = "/openai/v1/realtime?model=gpt-realtime-2"
_BIDI = "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent"


def _azure(url: str, key: str, **more: Any) -> openai.OpenAI:
    return openai.AzureOpenAI(azure_endpoint=url, api_key=key, api_version=_VERSION, **more)


class Token(Credentials):
    """Stands for what Google's own credentials make: a token that does not end."""

    def __init__(self, token: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # of the package
        self.token = token

    def refresh(self, request: object) -> None:
        """Do nothing."""


@pytest.fixture
def tls(authority: Authority) -> ssl.SSLContext:
    return authority.client()


@pytest.fixture
def trusting(tls: ssl.SSLContext) -> Any:
    """What the package passes on to the library that connects; it names but a few of its options."""
    return {"ssl": tls}


@pytest.mark.parametrize("base", ["", "/openai/v1"])
@pytest.mark.parametrize(
    ("connect", "expected"),
    [
        pytest.param(_azure, _OLDER, id="a resource"),
        pytest.param(lambda url, key: _azure(url, key, azure_deployment="voice"), _OLDER, id="a deployment"),
        pytest.param(
            lambda url, key: _azure(url, key, websocket_base_url=f"wss{url.removeprefix('https')}/openai"),
            _OLDER,
            id="an address of its own",
        ),
        pytest.param(
            lambda url, key: openai.OpenAI(base_url=f"{url}/openai/v1", api_key=key), _NEWER, id="newer API"
        ),
        pytest.param(
            lambda url, key: openai.OpenAI(base_url=f"{url}/v1", api_key=key), _NEWER, id="OpenAI's"
        ),
    ],
)
def test_realtime_on_azure(
    authority: Authority, trusting: Any, fake: FakeLive, connect: Connect, expected: str, base: str
) -> None:
    fake.greeting = [CREATED]
    fake.answers = realtime.answering(lambda text: said(cut(f"Noted: {text}")))
    aliases = (("voice", "gpt-realtime-2"),)
    spec = UpstreamSpec("azure", "azure", fake.base_url + base, UPSTREAM_KEY, aliases=aliases)
    with (
        SocketGateway(spec, tls=authority.server("127.0.0.1")) as own,
        connect(own.url, own.key) as client,
        client.realtime.connect(model="voice", websocket_connection_options=trusting) as connection,
    ):
        assert connection.recv().type == "session.created"
        events = realtime.turn(connection, f"Write to {EMAIL}.")
    assert realtime.text_of(events) == f"Noted: Write to {EMAIL}."
    assert EMAIL not in str(fake.received)
    assert TOKEN.search(str(fake.received))
    (request,) = fake.requests
    assert request.path == expected
    assert request.headers["api-key"] == UPSTREAM_KEY
    assert own.key not in str(request.headers)
    (entry,) = own.ports.audit.entries
    assert (entry.outcome, entry.upstream, entry.core.model) == ("complete", "azure", "voice")


async def test_realtime_on_azure_without_blocking(
    authority: Authority, trusting: Any, fake: FakeLive
) -> None:
    fake.answers = realtime.answering(lambda _: said(["Hello ", "there."]))
    spec = UpstreamSpec("azure", "azure", fake.base_url, UPSTREAM_KEY)
    pieces: list[str] = []
    with SocketGateway(spec, tls=authority.server("127.0.0.1")) as own:
        async with (
            openai.AsyncAzureOpenAI(azure_endpoint=own.url, api_key=own.key, api_version=_VERSION) as client,
            client.realtime.connect(model="v", websocket_connection_options=trusting) as connection,
        ):
            await connection.conversation.item.create(item=realtime.message("Hi."))
            await connection.response.create()
            async for event in connection:
                if event.type == "response.output_text.delta":
                    pieces.append(event.delta)
                if event.type == "response.done":
                    break
    assert "".join(pieces) == "Hello there."


@pytest.mark.parametrize(
    ("given", "place"),
    [
        pytest.param(lambda key: {"api_key": key}, "", id="a key"),
        pytest.param(
            lambda key: {"project": "p", "location": "europe-west4", "credentials": Token(key)},
            "projects/p/locations/europe-west4/",
            id="a token",
        ),
    ],
)
@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [("vertex", "authorization", f"Bearer {UPSTREAM_KEY}"), ("gemini", "x-goog-api-key", UPSTREAM_KEY)],
)
async def test_live_on_vertex(
    authority: Authority,
    tls: ssl.SSLContext,
    fake: FakeLive,
    given: Callable[[str], dict[str, Any]],
    place: str,
    kind: str,
    field: str,
    value: str,
) -> None:
    fake.binary = True
    fake.answers = live.answering(lambda text: live.said(cut(f"Noted: {text}")))
    aliases = (("voice", "gemini-live-2.5-flash"),)
    spec = UpstreamSpec("google", kind, fake.base_url, UPSTREAM_KEY, aliases=aliases)
    with SocketGateway(spec, tls=authority.server("127.0.0.1")) as own:
        options = types.HttpOptions(base_url=own.url, async_client_args={"ssl": tls}, client_args={})
        client = genai.Client(vertexai=True, http_options=options, **given(own.key))
        config: Any = {"response_modalities": ["TEXT"], "system_instruction": "Be kind."}
        async with client.aio.live.connect(model="voice", config=config) as session:
            assert session.session_id == "s-1"
            messages = await live.turn(session, f"Write to {EMAIL}.")
    assert live.text_of(messages) == f"Noted: Write to {EMAIL}."
    assert EMAIL not in str(fake.received)
    (request,) = fake.requests
    assert request.path == _BIDI
    assert request.headers[field] == value
    assert own.key not in str(request.headers)
    model = f"{place}publishers/google/models/gemini-live-2.5-flash"
    assert fake.received[0]["setup"]["model"] == model
    (entry,) = own.ports.audit.entries
    assert (entry.outcome, entry.upstream, entry.core.model) == ("complete", "google", "voice")
