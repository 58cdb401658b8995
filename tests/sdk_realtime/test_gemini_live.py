"""The official client of Gemini Live, unmodified, through the gateway and over real sockets.

It speaks TLS to whatever host it is given, so the gateway has a certificate here.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from google import genai
from google.genai import errors, types
from google.genai.live import AsyncSession

from sluicegate.detection.presets import BALANCED, STRICT
from sluicegate.detection.types import Action, AuditEntry
from sluicegate.gateway.upstream_spec import UpstreamSpec
from tests.fakes.live_api import Close, FakeLive
from tests.gateway.pool.authority import Authority
from tests.sdk.material import AWS_KEY, EMAIL, INJECTION, OTHER_AWS_KEY, TOKEN
from tests.sdk_realtime.conftest import UPSTREAM_KEY
from tests.sdk_realtime.spoken import SOUND, cut
from tests.support.socket_gateway import SocketGateway

_MODEL = "gemini-live-2.5-flash"
_PATH = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"


@pytest.fixture(scope="module")
def own(provider: FakeLive, authority: Authority) -> Iterator[SocketGateway]:
    spec = UpstreamSpec("google", "gemini", provider.base_url, UPSTREAM_KEY)
    with SocketGateway(spec, tls=authority.server("127.0.0.1")) as gateway:
        yield gateway


@pytest.fixture
def gateway(own: SocketGateway, fake: FakeLive) -> Iterator[SocketGateway]:
    usual = own.policy
    own.ports.audit.entries.clear()
    fake.binary = True  # as the provider sends them
    yield own
    own.policy = usual


@pytest.fixture
def client(gateway: SocketGateway, authority: Authority) -> genai.Client:
    arguments = {"ssl": authority.client()}
    options = types.HttpOptions(
        base_url=gateway.url, api_version="v1beta", async_client_args=arguments, client_args={}
    )
    return genai.Client(api_key=gateway.key, http_options=options)


def content(**members: Any) -> dict[str, Any]:
    return {"serverContent": members}


def parts(*given: dict[str, Any]) -> dict[str, Any]:
    return content(modelTurn={"role": "model", "parts": list(given)})


def spoken(text: str) -> dict[str, Any]:
    return content(outputTranscription={"text": text})


def said(pieces: Iterable[str]) -> Iterator[dict[str, Any]]:
    for piece in pieces:
        yield parts({"text": piece})
    yield content(generationComplete=True)
    yield {**content(turnComplete=True), "usageMetadata": {"totalTokenCount": 9}}


def answering(script: Callable[[str], Iterable[object]]) -> Callable[[dict[str, Any]], Iterable[object]]:
    """Agree to be set up; answer each turn with what the script makes of its text."""

    def answers(event: dict[str, Any]) -> Iterable[object]:
        if "setup" in event:
            return [{"setupComplete": {"sessionId": "s-1"}}]
        given = event.get("client_content") or event.get("clientContent") or {}
        if given.get("turns"):
            return script(given["turns"][0]["parts"][0]["text"])
        return script("")

    return answers


async def turn(session: AsyncSession, text: str) -> list[types.LiveServerMessage]:
    await session.send_client_content(
        turns=types.Content(role="user", parts=[types.Part(text=text)]), turn_complete=True
    )
    return [message async for message in session.receive()]


def text_of(messages: Iterable[types.LiveServerMessage]) -> str:
    return "".join(message.text or "" for message in messages)


def records(gateway: SocketGateway, count: int) -> list[AuditEntry]:
    entries = gateway.ports.audit.entries
    assert len(entries) == len({entry.exchange_id for entry in entries}) == count
    return entries


async def test_a_plain_turn(client: genai.Client, gateway: SocketGateway, fake: FakeLive) -> None:
    fake.answers = answering(lambda _: said(cut("Hello there, how are you?")))
    config: Any = {"response_modalities": ["TEXT"], "system_instruction": "Be kind."}
    async with client.aio.live.connect(model=_MODEL, config=config) as session:
        assert session.session_id == "s-1"
        messages = await turn(session, "Good morning.")
    assert text_of(messages) == "Hello there, how are you?"
    assert messages[-1].server_content is not None
    assert messages[-1].server_content.turn_complete is True
    (request,) = fake.requests
    assert request.path == _PATH
    assert request.headers["x-goog-api-key"] == UPSTREAM_KEY
    assert gateway.key not in str(request.headers)
    assert fake.received[0]["setup"]["model"] == f"models/{_MODEL}"
    (entry,) = records(gateway, 1)
    assert (entry.outcome, entry.streamed, entry.upstream) == ("complete", True, "google")
    assert (entry.core.model, entry.core.dialect) == (_MODEL, "gemini_live")


async def test_a_value_is_masked_on_its_way_out_and_back_in_its_place(
    client: genai.Client, gateway: SocketGateway, fake: FakeLive
) -> None:
    fake.answers = answering(lambda text: said(cut(f"Noted: {text}")))
    async with client.aio.live.connect(model=_MODEL) as session:
        messages = await turn(session, f"Write to {EMAIL} today.")
        again = await turn(session, "And?")
    assert text_of(messages) == f"Noted: Write to {EMAIL} today."
    assert text_of(again) == "Noted: And?"
    assert EMAIL not in str(fake.received)
    assert TOKEN.search(str(fake.received))
    assert [entry.core.prompt.action for entry in records(gateway, 2)] == [Action.MASK, Action.PASS]


async def test_what_is_blocked_before_it_leaves_is_a_turn_that_says_no(
    client: genai.Client, gateway: SocketGateway, fake: FakeLive
) -> None:
    fake.answers = answering(lambda _: said(["Fine."]))
    async with client.aio.live.connect(model=_MODEL) as session:
        messages = await turn(session, INJECTION)
        assert messages[-1].server_content is not None
        assert messages[-1].server_content.turn_complete_reason == "PROHIBITED_INPUT_CONTENT"
        assert text_of(await turn(session, "Then something else.")) == "Fine."
    assert INJECTION not in str(fake.received)
    refused, answered = records(gateway, 2)
    assert (refused.outcome, refused.core.action, answered.outcome) == ("refused", Action.BLOCK, "complete")


async def test_a_setup_that_is_blocked_ends_the_connection(
    client: genai.Client, gateway: SocketGateway, fake: FakeLive
) -> None:
    gateway.policy = STRICT
    config: Any = {"system_instruction": f"The key is {AWS_KEY} ok"}
    with pytest.raises(errors.APIError) as caught:
        async with client.aio.live.connect(model=_MODEL, config=config):
            pass
    assert caught.value.code == 1008
    assert fake.requests == []
    assert [entry.outcome for entry in records(gateway, 1)] == ["refused"]


async def test_a_block_in_mid_stream_ends_the_turn_natively(
    client: genai.Client, gateway: SocketGateway, fake: FakeLive
) -> None:
    gateway.policy = STRICT
    fake.answers = answering(lambda _: said(cut(f"Take this: {OTHER_AWS_KEY} and that.")))
    async with client.aio.live.connect(model=_MODEL) as session:
        messages = await turn(session, "What is it?")
        gateway.policy = BALANCED
        fake.answers = answering(lambda _: said(["Well."]))
        after = await turn(session, "And now?")
    assert messages[-1].server_content is not None
    assert messages[-1].server_content.turn_complete_reason == "RESPONSE_REJECTED"
    assert text_of(messages).startswith("Take this:")
    assert OTHER_AWS_KEY[:8] not in text_of(messages)
    assert text_of(after) == "Well."
    assert [entry.outcome for entry in records(gateway, 2)] == ["stopped", "complete"]


async def test_a_tool_gets_the_value_that_the_model_never_saw(
    client: genai.Client, gateway: SocketGateway, fake: FakeLive
) -> None:
    def script(text: str) -> Iterable[object]:
        if not text:
            return said(["Done."])
        call = {"id": "c1", "name": "find", "args": {"who": TOKEN.findall(text)[0], "count": 3}}
        return [{"toolCall": {"functionCalls": [call]}}]

    fake.answers = answering(script)
    async with client.aio.live.connect(model=_MODEL) as session:
        await session.send_client_content(
            turns=types.Content(role="user", parts=[types.Part(text=f"Find {EMAIL}.")]), turn_complete=True
        )
        called = await anext(session.receive())
        assert called.tool_call is not None
        assert called.tool_call.function_calls is not None
        assert called.tool_call.function_calls[0].args == {"who": EMAIL, "count": 3}
        result = types.FunctionResponse(id="c1", name="find", response={"found": f"key {AWS_KEY} ok"})
        await session.send_tool_response(function_responses=result)
        assert text_of([message async for message in session.receive()]) == "Done."
    assert EMAIL not in str(fake.received)
    assert AWS_KEY not in str(fake.received)
    (entry,) = records(gateway, 1)
    assert entry.core.prompt.action is Action.MASK


async def test_sound_is_cut_from_where_its_transcript_was_changed(
    client: genai.Client, gateway: SocketGateway, fake: FakeLive
) -> None:
    sound = {"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": SOUND}}
    words = [f"It is {OTHER_AWS_KEY} ", "and ", "more."]
    fake.answers = answering(
        lambda _: [
            parts(sound),
            *(
                item
                for piece in words
                for item in (content(outputTranscription={"text": piece}), parts(sound))
            ),
            content(generationComplete=True),
            content(turnComplete=True),
        ]
    )
    config: Any = {"response_modalities": ["AUDIO"]}
    async with client.aio.live.connect(model=_MODEL, config=config) as session:
        messages = await turn(session, "Which key?")
    told = [message.server_content for message in messages if message.server_content]
    transcript = "".join(
        item.output_transcription.text or "" for item in told if item.output_transcription is not None
    )
    assert OTHER_AWS_KEY not in transcript
    assert transcript.endswith(" and more.")
    sounds = [
        part.inline_data.data
        for item in told
        if item.model_turn
        for part in item.model_turn.parts or ()
        if part.inline_data
    ]
    assert sounds[0]
    assert sounds[-2:] == [b"", b""]
    (entry,) = records(gateway, 1)
    assert entry.core.answer is not None
    assert {item.reason for item in entry.core.answer.receipt.unjudged} == {"audio"}


async def test_what_is_typed_as_it_comes_is_judged(client: genai.Client, fake: FakeLive) -> None:
    fake.answers = answering(lambda _: said(["Ok."]))
    async with client.aio.live.connect(model=_MODEL) as session:
        await session.send_realtime_input(text=f"my key is {AWS_KEY} ok")
        assert text_of([message async for message in session.receive()]) == "Ok."
    assert AWS_KEY not in str(fake.received)


async def test_a_provider_that_ends_says_why(client: genai.Client, fake: FakeLive) -> None:
    fake.answers = lambda _: [Close(1007, "Request contains an invalid argument.")]
    with pytest.raises(errors.APIError) as caught:
        async with client.aio.live.connect(model=_MODEL):
            pass
    assert caught.value.code == 1007
    assert "invalid argument" in str(caught.value)


async def test_a_model_that_nobody_serves_is_told(authority: Authority, fake: FakeLive) -> None:
    spec = UpstreamSpec("google", "gemini", fake.base_url, UPSTREAM_KEY, ("gemini-other",))
    with SocketGateway(spec, tls=authority.server("127.0.0.1")) as own:
        arguments = {"ssl": authority.client()}
        options = types.HttpOptions(base_url=own.url, api_version="v1beta", async_client_args=arguments)
        client = genai.Client(api_key=own.key, http_options=options)
        with pytest.raises(errors.APIError) as caught:
            async with client.aio.live.connect(model=_MODEL):
                pass
    assert caught.value.code == 1008
    assert "No upstream serves this model" in str(caught.value)
    assert fake.requests == []
