"""The official client of OpenAI Realtime, unmodified, through the gateway and over real sockets."""

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import openai
import pytest
from openai.resources.realtime.realtime import RealtimeConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from sluicegate.detection.presets import BALANCED, STRICT
from sluicegate.detection.types import Action, AuditEntry
from sluicegate.gateway.upstream_spec import UpstreamSpec
from tests.fakes.live_api import Close, FakeLive
from tests.sdk.material import AWS_KEY, EMAIL, INJECTION, OTHER_AWS_KEY, TOKEN
from tests.sdk_realtime.conftest import UPSTREAM_KEY
from tests.sdk_realtime.spoken import CREATED, SOUND, called, cut, said
from tests.support.socket_gateway import SocketGateway

pytestmark = pytest.mark.filterwarnings("ignore:connect:DeprecationWarning")  # what the package itself calls

_OVER = ("response.done", "error")


@contextlib.contextmanager
def connected(gateway: SocketGateway, **more: Any) -> Iterator[RealtimeConnection]:
    wanted = {"model": "gpt-realtime"} | more
    with (
        openai.OpenAI(api_key=gateway.key, base_url=f"{gateway.url}/v1", max_retries=0) as client,
        client.realtime.connect(**wanted) as connection,
    ):
        yield connection


def message(text: str) -> Any:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def tell(connection: RealtimeConnection, text: str) -> None:
    connection.conversation.item.create(item=message(text))


def heard(connection: RealtimeConnection) -> list[Any]:
    """Read until an answer is over, or something went wrong."""
    events: list[Any] = []
    while not events or events[-1].type not in _OVER:
        events.append(connection.recv())
    return events


def turn(connection: RealtimeConnection, text: str) -> list[Any]:
    tell(connection, text)
    connection.response.create()
    return heard(connection)


def text_of(events: Iterable[Any], family: str = "output_text") -> str:
    return "".join(event.delta for event in events if event.type == f"response.{family}.delta")


def answering(script: Callable[[str], Iterable[object]]) -> Callable[[dict[str, Any]], Iterable[object]]:
    """Answer each response that is asked for with what the script makes of the newest text."""
    newest = [""]

    def answers(event: dict[str, Any]) -> Iterable[object]:
        if event["type"] == "conversation.item.create":
            content = event["item"].get("content")
            newest[0] = content[0]["text"] if content else event["item"]["output"]
        return script(newest[0]) if event["type"] == "response.create" else ()

    return answers


def records(gateway: SocketGateway, count: int) -> list[AuditEntry]:
    """Return the records; there are as many as expected, each opened at most once."""
    entries = gateway.ports.audit.entries
    assert [entry.outcome for entry in entries][count:] == []
    assert len(entries) == count
    assert len({entry.exchange_id for entry in entries}) == count
    return entries


def test_a_plain_turn(gateway: SocketGateway, fake: FakeLive) -> None:
    fake.greeting = [CREATED]
    fake.answers = answering(lambda _: said(cut("Hello there, how are you?")))
    with connected(gateway) as connection:
        assert connection.recv().type == "session.created"
        connection.session.update(session={"type": "realtime", "instructions": "Be kind."})
        events = turn(connection, "Good morning.")
    assert text_of(events) == "Hello there, how are you?"
    assert events[-1].response.status == "completed"
    assert events[-1].response.output[0].content[0].text == "Hello there, how are you?"
    (request,) = fake.requests
    assert request.path == "/v1/realtime?model=gpt-realtime"
    assert request.headers["authorization"] == f"Bearer {UPSTREAM_KEY}"
    assert gateway.key not in str(request.headers)
    assert fake.types() == ["session.update", "conversation.item.create", "response.create"]
    (entry,) = records(gateway, 1)
    assert (entry.outcome, entry.streamed, entry.path) == ("complete", True, "/v1/realtime")
    assert (entry.method, entry.upstream, entry.core.model) == ("WEBSOCKET", "voice", "gpt-realtime")
    assert entry.core.dialect == "openai_realtime"
    assert entry.core.prompt.receipt.segments > 1


def test_each_answer_has_a_record_of_its_own(gateway: SocketGateway, fake: FakeLive) -> None:
    fake.answers = answering(lambda text: said([f"{text}!"]))
    with connected(gateway) as connection:
        for text in ("one", "two", "three"):
            assert text_of(turn(connection, text)) == f"{text}!"
    assert [entry.outcome for entry in records(gateway, 3)] == ["complete"] * 3
    assert len(gateway.ports.audit.opens) >= 3


def test_a_value_is_masked_on_its_way_out_and_back_in_its_place(
    gateway: SocketGateway, fake: FakeLive
) -> None:
    fake.answers = answering(lambda text: said(cut(f"Noted: {text}")))
    with connected(gateway) as connection:
        events = turn(connection, f"Write to {EMAIL} today.")
    (item,) = [event["item"] for event in fake.received if event["type"] == "conversation.item.create"]
    (token,) = TOKEN.findall(item["content"][0]["text"])
    assert EMAIL not in str(fake.received)
    assert text_of(events) == f"Noted: Write to {EMAIL} today."
    done = {event.type: event for event in events}
    assert done["response.output_text.done"].text == f"Noted: Write to {EMAIL} today."
    assert done["response.content_part.done"].part.text.endswith(f"{EMAIL} today.")
    assert EMAIL in done["conversation.item.done"].item.content[0].text
    assert EMAIL in done["response.done"].response.output[0].content[0].text
    assert token not in str(events)
    (entry,) = records(gateway, 1)
    assert entry.core.prompt.action is Action.MASK


def test_a_later_turn_knows_the_values_of_earlier_ones(gateway: SocketGateway, fake: FakeLive) -> None:
    kept: list[str] = []

    def script(text: str) -> Iterable[object]:
        kept.extend(TOKEN.findall(text))
        return said(cut(f"It was {kept[0]}."))

    fake.answers = answering(script)
    with connected(gateway) as connection:
        turn(connection, f"My address is {EMAIL}.")
        assert text_of(turn(connection, "Which one was it?")) == f"It was {EMAIL}."


def test_what_is_blocked_before_it_leaves_is_an_error_and_the_session_goes_on(
    gateway: SocketGateway, fake: FakeLive
) -> None:
    fake.answers = answering(lambda _: said(["Fine."]))
    with connected(gateway) as connection:
        connection.conversation.item.create(item=message(INJECTION), event_id="mine_1")
        (event,) = heard(connection)
        assert (event.type, event.error.code, event.error.event_id) == ("error", "content_filter", "mine_1")
        assert text_of(turn(connection, "Then something else.")) == "Fine."
    assert fake.types() == ["conversation.item.create", "response.create"]
    assert INJECTION not in str(fake.received)
    refused, answered = records(gateway, 2)
    assert (refused.outcome, refused.status, refused.core.action) == ("refused", 400, Action.BLOCK)
    assert (answered.outcome, answered.core.prompt.action) == ("complete", Action.PASS)


@pytest.mark.parametrize("place", ["instructions", "tool result", "response input", "an unknown member"])
def test_nothing_hides_from_the_guard(gateway: SocketGateway, fake: FakeLive, place: str) -> None:
    secret = f"the key is {AWS_KEY} ok"
    output = {"type": "function_call_output", "call_id": "call_1", "output": secret}
    event: Any = {
        "instructions": {"type": "session.update", "session": {"type": "realtime", "instructions": secret}},
        "tool result": {"type": "conversation.item.create", "item": output},
        "response input": {"type": "response.create", "response": {"input": [message(secret)]}},
        "an unknown member": {
            "type": "session.update",
            "session": {"type": "realtime", "new": {"a": secret}},
        },
    }[place]
    fake.answers = lambda _: said(["ok"])
    with connected(gateway) as connection:
        connection.send(event)
        heard(connection)
    assert AWS_KEY not in str(fake.received)
    assert TOKEN.search(str(fake.received))


def test_a_block_in_mid_stream_ends_the_response_natively(gateway: SocketGateway, fake: FakeLive) -> None:
    gateway.policy = STRICT
    fake.answers = answering(lambda _: said(cut(f"Take this: {OTHER_AWS_KEY} and that.")))
    with connected(gateway) as connection:
        events = turn(connection, "What is it?")
        assert text_of(events).strip() == "Take this:"
        assert OTHER_AWS_KEY not in str(events)
        last = events[-1]
        assert (last.type, last.response.id, last.response.status) == (
            "response.done",
            "resp_1",
            "incomplete",
        )
        assert last.response.status_details.reason == "content_filter"
        gateway.policy = BALANCED
        fake.answers = answering(lambda _: said(["Well."], name="resp_2", item="item_7"))
        assert text_of(turn(connection, "And now?")) == "Well."
    assert {"type": "response.cancel", "response_id": "resp_1"} in fake.received
    stopped, answered = records(gateway, 2)
    assert (stopped.outcome, stopped.core.answer and stopped.core.answer.action) == ("stopped", Action.BLOCK)
    assert answered.outcome == "complete"


def test_tool_arguments_are_judged_by_what_they_say(gateway: SocketGateway, fake: FakeLive) -> None:
    gateway.policy = STRICT
    hidden = "".join(f"\\u{ord(mark):04x}" for mark in OTHER_AWS_KEY)
    fake.answers = answering(lambda _: called(cut(f'{{"query":"say {hidden}"}}', 2)))
    with connected(gateway) as connection:
        events = turn(connection, "Search it.")
    assert events[-1].response.status == "incomplete"
    told = "".join(str(event) for event in events)
    assert OTHER_AWS_KEY not in told
    assert hidden not in told


def test_a_tool_gets_the_value_that_the_model_never_saw(gateway: SocketGateway, fake: FakeLive) -> None:
    fake.answers = answering(lambda text: called(cut(f'{{"who":"{TOKEN.findall(text)[0]}"}}', 4)))
    with connected(gateway) as connection:
        events = turn(connection, f"Find {EMAIL}.")
    assert text_of(events, "function_call_arguments") == f'{{"who":"{EMAIL}"}}'
    done = {event.type: event for event in events}
    assert done["response.function_call_arguments.done"].arguments == f'{{"who":"{EMAIL}"}}'
    assert done["response.done"].response.output[0].arguments == f'{{"who":"{EMAIL}"}}'


def test_sound_goes_with_its_transcript(gateway: SocketGateway, fake: FakeLive) -> None:
    fake.answers = answering(lambda _: said(["All ", "is ", "well."], spoken=True))
    with connected(gateway) as connection:
        events = turn(connection, "How is it?")
    assert text_of(events, "output_audio_transcript") == "All is well."
    assert text_of(events, "output_audio") == SOUND * 3
    (entry,) = records(gateway, 1)
    assert entry.core.answer is not None
    assert {item.reason for item in entry.core.answer.receipt.unjudged} == {"audio"}


def test_sound_is_cut_from_where_its_transcript_was_changed(gateway: SocketGateway, fake: FakeLive) -> None:
    pieces = ["It is ", f"{OTHER_AWS_KEY} ", "and ", "more."]
    fake.answers = answering(lambda _: said(pieces, spoken=True))
    with connected(gateway) as connection:
        events = turn(connection, "Which key?")
    transcript = text_of(events, "output_audio_transcript")
    assert OTHER_AWS_KEY not in transcript
    assert transcript.startswith("It is ")
    assert transcript.endswith(" and more.")
    sounds = [event.delta for event in events if event.type == "response.output_audio.delta"]
    assert len(sounds) == len(pieces)
    assert sounds[0] == SOUND
    assert set(sounds[2:]) == {""}


def test_sound_of_the_user_is_unjudged_and_the_policy_decides(gateway: SocketGateway, fake: FakeLive) -> None:
    fake.answers = answering(lambda _: said(["I hear you."]))
    with connected(gateway) as connection:
        gateway.policy = STRICT
        connection.input_audio_buffer.append(audio=SOUND)
        (event,) = heard(connection)
        assert event.error.code == "content_filter"
        gateway.policy = BALANCED
        connection.input_audio_buffer.append(audio=SOUND)
        connection.response.create()
        assert text_of(heard(connection)) == "I hear you."
    assert fake.types() == ["input_audio_buffer.append", "response.create"]
    refused, passed = records(gateway, 2)
    assert refused.core.action is Action.BLOCK
    assert [item.reason for item in passed.core.prompt.receipt.unjudged] == ["audio"]


def test_what_the_user_said_is_judged_as_its_words_come(gateway: SocketGateway, fake: FakeLive) -> None:
    words = f"my key is {OTHER_AWS_KEY} thanks"
    place = {"event_id": "event_1", "item_id": "item_5", "content_index": 0}
    kind = "conversation.item.input_audio_transcription"
    fake.answers = lambda _: [
        *({"type": f"{kind}.delta", **place, "delta": piece} for piece in cut(words)),
        {
            "type": f"{kind}.completed",
            **place,
            "transcript": words,
            "usage": {"type": "duration", "seconds": 1},
        },
        *said(["Thanks."]),
    ]
    with connected(gateway) as connection:
        connection.input_audio_buffer.commit()
        events = heard(connection)
    deltas = "".join(event.delta for event in events if event.type == f"{kind}.delta")
    (whole,) = [event.transcript for event in events if event.type == f"{kind}.completed"]
    assert deltas == whole
    assert OTHER_AWS_KEY not in whole
    assert whole.endswith(" thanks")


def test_an_upstream_that_declines_does_so_with_its_status(gateway: SocketGateway, fake: FakeLive) -> None:
    fake.refuses = 403, '{"error":{"message":"not for you","code":"no"}}'
    with pytest.raises(InvalidStatus) as caught, connected(gateway):
        pass
    assert caught.value.response.status_code == 403
    assert records(gateway, 0) == []


def test_a_key_that_nobody_knows_is_declined(gateway: SocketGateway, fake: FakeLive) -> None:
    with (
        openai.OpenAI(api_key="sk-unknown", base_url=f"{gateway.url}/v1") as client,
        pytest.raises(InvalidStatus) as caught,
        client.realtime.connect(model="gpt-realtime"),
    ):
        pass
    assert caught.value.response.status_code == 401
    assert b"invalid_api_key" in (caught.value.response.body or b"")
    assert fake.requests == []


def test_a_client_that_leaves_takes_the_upstream_with_it(gateway: SocketGateway, fake: FakeLive) -> None:
    waits = threading.Event()
    fake.answers = answering(lambda _: [*list(said(["Once ", "upon "]))[:5], waits])
    with connected(gateway) as connection:
        tell(connection, "Tell me.")
        connection.response.create()
        while connection.recv().type != "response.output_text.delta":
            pass
    waits.set()
    assert fake.gone.wait(20)
    with connected(gateway):
        pass  # a connection later, the one before is over
    (entry,) = records(gateway, 1)
    assert (entry.outcome, entry.streamed) == ("client_gone", True)


def test_a_provider_that_ends_says_why(gateway: SocketGateway, fake: FakeLive) -> None:
    fake.answers = lambda _: [Close(4001, "session expired")]
    with connected(gateway) as connection:
        connection.response.create()
        with pytest.raises(ConnectionClosed) as caught:
            connection.recv()
    assert caught.value.rcvd is not None
    assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (4001, "session expired")


def test_a_provider_that_sends_what_nobody_can_read_ends_the_connection(
    gateway: SocketGateway, fake: FakeLive
) -> None:
    fake.answers = lambda _: [b"no json at all"]
    with connected(gateway) as connection:
        connection.response.create()
        (event,) = heard(connection)
        assert event.error.code == "upstream_protocol"
        with pytest.raises(ConnectionClosed) as caught:
            connection.recv()
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1011


async def test_the_asynchronous_client(gateway: SocketGateway, fake: FakeLive) -> None:
    fake.answers = answering(lambda _: said(cut("Hello to you.")))
    pieces: list[str] = []
    async with (
        openai.AsyncOpenAI(api_key=gateway.key, base_url=f"{gateway.url}/v1") as client,
        client.realtime.connect(model="gpt-realtime") as connection,
    ):
        await connection.conversation.item.create(item=message("Hi."))
        await connection.response.create()
        async for event in connection:
            if event.type == "response.output_text.delta":
                pieces.append(event.delta)
            if event.type == "response.done":
                break
    assert "".join(pieces) == "Hello to you."


def test_a_service_that_ends_says_so_behind_the_answer(provider: FakeLive, fake: FakeLive) -> None:
    fake.answers = answering(lambda _: said(["Done."]))
    spec = UpstreamSpec("voice", "openai", provider.base_url + "/v1", UPSTREAM_KEY)
    with SocketGateway(spec) as own, connected(own) as connection:
        assert text_of(turn(connection, "Quick.")) == "Done."
        own.retire()
        with pytest.raises(ConnectionClosed) as caught:
            connection.recv()
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1001
