"""Apps that serve a model on a WebSocket, behind the middleware: a real client, a real server."""

import json
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import openai
import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.exceptions import InvalidStatus

from sluicegate.detection.presets import STRICT
from sluicegate.detection.types import Action
from tests.fakes.live_api import Close
from tests.frameworks.serving import by_hypercorn, by_uvicorn
from tests.middleware.live_app import WAIT, LiveApp, Server, ended, guarded, heard, say
from tests.sdk.material import AWS_KEY, EMAIL, INJECTION, OTHER_AWS_KEY, TOKEN
from tests.sdk_realtime.spoken import called, cut, said

CREATE = {"type": "response.create"}


def item(text: str) -> dict[str, Any]:
    content = [{"type": "input_text", "text": text}]
    return {
        "type": "conversation.item.create",
        "item": {"type": "message", "role": "user", "content": content},
    }


def answering(script: Callable[[str], Iterable[object]]) -> Callable[[dict[str, Any]], Iterable[object]]:
    """Answer each response that is asked for with what the script makes of the newest text."""
    newest = [""]

    def answers(event: dict[str, Any]) -> Iterable[object]:
        if event["type"] == "conversation.item.create":
            newest[0] = event["item"]["content"][0]["text"]
        return script(newest[0]) if event["type"] == "response.create" else ()

    return answers


def text_of(events: Iterable[dict[str, Any]], family: str = "output_text") -> str:
    return "".join(event["delta"] for event in events if event["type"] == f"response.{family}.delta")


def test_what_is_clean_passes_byte_for_byte_and_is_recorded() -> None:
    spelled = [json.dumps(event, indent=1).encode() for event in said(["Hello ", "there "])]
    app = LiveApp(lambda event: spelled if event["type"] == "response.create" else ())
    with guarded(app) as served, served.talk("/talk?model=gpt-realtime", forged=True) as client:
        assert client.response is not None
        assert client.response.headers["x-app"] == "1"
        assert "x-sluicegate-no" not in client.response.headers
        say(client, item("Good morning."), CREATE)
        assert [client.recv(WAIT) for _ in spelled] == [one.decode() for one in spelled]
    assert app.received == [item("Good morning."), CREATE]
    (scope,) = app.scopes
    assert scope["extensions"] == {}
    assert not any(name.startswith(b"x-sluicegate") for name, _ in scope["headers"])
    (entry,) = served.entries
    assert (entry.method, entry.path, entry.outcome) == ("WEBSOCKET", "/talk", "complete")
    assert (entry.core.dialect, entry.core.model) == ("openai_realtime", "gpt-realtime")
    assert (entry.face, entry.streamed) == ("middleware", True)


def test_a_masked_value_is_hidden_from_the_app_and_comes_back_in_every_answer() -> None:
    app = LiveApp(answering(lambda text: said(cut(f"Noted: {text}"))))
    with guarded(app) as served, served.talk() as client:
        say(client, item(f"Write to {EMAIL} today."), CREATE)
        assert text_of(heard(client)) == f"Noted: Write to {EMAIL} today."
        token = TOKEN.findall(json.dumps(app.received))[0]
        app.answers = answering(lambda _: said(cut(f"Again {token}")))
        say(client, CREATE)
        assert text_of(heard(client)) == f"Again {EMAIL}"
    assert EMAIL not in json.dumps(app.received)
    assert [entry.core.prompt.action for entry in served.entries] == [Action.MASK, Action.PASS]


def test_a_blocked_event_is_answered_and_the_talk_goes_on() -> None:
    app = LiveApp(answering(lambda _: said(["Fine."])))
    with guarded(app) as served, served.talk() as client:
        say(client, item(INJECTION) | {"event_id": "mine_1"})
        (error,) = heard(client)
        assert (error["error"]["code"], error["error"]["event_id"]) == ("content_filter", "mine_1")
        say(client, item("Then something else."), CREATE)
        assert text_of(heard(client)) == "Fine."
    assert INJECTION not in json.dumps(app.received)
    assert [entry.outcome for entry in served.entries] == ["refused", "complete"]


def test_a_block_in_mid_talk_ends_the_response_and_tells_the_app() -> None:
    gate = threading.Event()

    def script(text: str) -> Iterable[object]:
        if text == "Next.":
            return said(["Well."], name="resp_2", item="item_7")
        events = list(said(cut(f"Take this: {OTHER_AWS_KEY} and that.")))
        return [*events[:-1], gate, events[-1]]

    app = LiveApp(answering(script))
    with guarded(app, policy=STRICT) as served, served.talk() as client:
        say(client, item("What is it?"), CREATE)
        events = heard(client)
        assert text_of(events).strip() == "Take this:"
        assert OTHER_AWS_KEY[:8] not in json.dumps(events)
        last = events[-1]["response"]
        assert (last["id"], last["status"], last["status_details"]["reason"]) == (
            "resp_1",
            "incomplete",
            "content_filter",
        )
        gate.set()
        say(client, item("Next."), CREATE)
        assert text_of(heard(client)) == "Well."
    assert {"type": "response.cancel", "response_id": "resp_1"} in app.received
    stopped, answered = served.entries
    assert (stopped.outcome, stopped.core.answer and stopped.core.answer.action) == ("stopped", Action.BLOCK)
    assert answered.outcome == "complete"


def test_an_app_that_hears_no_hints_is_not_waited_for() -> None:
    def script(_: str) -> Iterable[object]:
        for at in range(150):
            yield from said([f"key {OTHER_AWS_KEY} "], name=f"resp_{at}", item=f"item_{at}")

    app = LiveApp(answering(script))
    with guarded(app, policy=STRICT) as served, served.talk() as client:
        say(client, CREATE)
        for _ in range(150):
            assert heard(client)[-1]["response"]["status"] == "incomplete"
        app.answers = answering(lambda _: said(["Well."], name="resp_150", item="item_150"))
        say(client, CREATE)
        assert text_of(heard(client)) == "Well."
    cancels = [event for event in app.received if event["type"] == "response.cancel"]
    assert 64 <= len(cancels) <= 150
    assert [entry.outcome for entry in served.entries] == [*["stopped"] * 150, "complete"]


def test_arguments_of_tools_are_judged_by_what_they_say_and_restored() -> None:
    hidden = "".join(f"\\u{ord(mark):04x}" for mark in OTHER_AWS_KEY)
    app = LiveApp(answering(lambda _: called(cut(f'{{"query":"say {hidden}"}}', 2))))
    with guarded(app, policy=STRICT) as served, served.talk() as client:
        say(client, item("Search it."), CREATE)
        events = heard(client)
        assert events[-1]["response"]["status"] == "incomplete"
        assert hidden not in json.dumps(events)
        assert OTHER_AWS_KEY not in json.dumps(events)
    app = LiveApp(answering(lambda text: called(cut(f'{{"who":"{TOKEN.findall(text)[0]}"}}', 4))))
    with guarded(app) as served, served.talk() as client:
        say(client, item(f"Find {EMAIL}."), CREATE)
        events = heard(client)
    assert text_of(events, "function_call_arguments") == f'{{"who":"{EMAIL}"}}'
    assert events[-1]["response"]["output"][0]["arguments"] == f'{{"who":"{EMAIL}"}}'


@pytest.mark.parametrize("place", ["instructions", "tool result", "an unknown member"])
def test_nothing_hides_from_the_guard(place: str) -> None:
    secret = f"the key is {AWS_KEY} ok"
    output = {"type": "function_call_output", "call_id": "call_1", "output": secret}
    event: Any = {
        "instructions": {"type": "session.update", "session": {"type": "realtime", "instructions": secret}},
        "tool result": {"type": "conversation.item.create", "item": output},
        "an unknown member": {"type": "session.update", "session": {"new": {"a": secret}}},
    }[place]
    app = LiveApp(lambda _: said(["ok"]))
    with guarded(app) as served, served.talk() as client:
        say(client, event)
        heard(client)
    assert AWS_KEY not in json.dumps(app.received)
    assert TOKEN.search(json.dumps(app.received))


@pytest.mark.filterwarnings("ignore:connect:DeprecationWarning")  # what the package itself calls
def test_the_official_client_talks_to_an_app() -> None:
    app = LiveApp(answering(lambda text: said(cut(f"Noted: {text}"))))
    with guarded(app, routes="auto") as served:
        url = f"http://127.0.0.1:{served.port}/v1"
        with (
            openai.OpenAI(api_key="sk-of-the-app", base_url=url, max_retries=0) as client,
            client.realtime.connect(model="gpt-realtime") as connection,
        ):
            connection.conversation.item.create(item=item(f"It is {EMAIL}")["item"])
            connection.response.create()
            pieces = []
            for event in connection:
                if event.type == "response.output_text.delta":
                    pieces.append(event.delta)
                if event.type in {"response.done", "error"}:
                    break
    assert "".join(pieces) == f"Noted: It is {EMAIL}"
    assert EMAIL not in json.dumps(app.received)
    (entry,) = served.entries
    assert (entry.path, entry.core.model) == ("/v1/realtime", "gpt-realtime")


@pytest.mark.parametrize("server", [by_uvicorn, by_hypercorn])
def test_a_framework_s_app_is_guarded_on_any_server(server: Server) -> None:
    heard_by_app: list[Any] = []

    async def talk(socket: WebSocket) -> None:
        await socket.accept(subprotocol="realtime")
        async for event in socket.iter_json():
            heard_by_app.append(event)
            if event == CREATE:
                text = heard_by_app[-2]["item"]["content"][0]["text"]
                for answer in said(cut(f"Noted: {text}")):
                    await socket.send_json(answer)

    app = Starlette(routes=[WebSocketRoute("/talk", talk)])
    with guarded(app, server=server) as served, served.talk(subprotocols=["realtime"]) as client:
        assert client.subprotocol == "realtime"
        say(client, item(INJECTION))
        assert heard(client)[-1]["error"]["code"] == "content_filter"
        say(client, item(f"It is {EMAIL}"), CREATE)
        assert text_of(heard(client)) == f"Noted: It is {EMAIL}"
    assert EMAIL not in json.dumps(heard_by_app)
    assert INJECTION not in json.dumps(heard_by_app)


# Gemini Live

SETUP = {"setup": {"model": "models/gemini-live"}}


def turn(text: str) -> dict[str, Any]:
    return {"clientContent": {"turns": [{"role": "user", "parts": [{"text": text}]}], "turnComplete": True}}


def gemini(script: Callable[[str], Iterable[object]]) -> Callable[[dict[str, Any]], Iterable[object]]:
    def answers(event: dict[str, Any]) -> Iterable[object]:
        if "setup" in event:
            return [{"setupComplete": {}}]
        turns = event.get("clientContent", {}).get("turns", [])
        return script(turns[0]["parts"][0]["text"] if turns else "")

    return answers


def spoken(text: str) -> Iterable[dict[str, Any]]:
    for piece in cut(text):
        yield {"serverContent": {"modelTurn": {"role": "model", "parts": [{"text": piece}]}}}
    yield {"serverContent": {"turnComplete": True}}


def of_turn(client: Any) -> tuple[str, dict[str, Any]]:
    """Read one turn: its text, and its last message."""
    text = ""
    while True:
        message = json.loads(client.recv(WAIT))
        content = message.get("serverContent", {})
        text += "".join(part.get("text", "") for part in content.get("modelTurn", {}).get("parts", ()))
        if content.get("turnComplete"):
            return text, content


def test_gemini_live_is_judged_in_its_own_words() -> None:
    leak = f"Take this: {OTHER_AWS_KEY} and that."
    app = LiveApp(gemini(lambda text: spoken(leak if text == "Leak" else f"Noted: {text}")))
    app.binary = True  # as the provider sends them
    with guarded(app, "gemini_live", policy=STRICT) as served, served.talk() as client:
        say(client, SETUP)
        assert json.loads(client.recv(WAIT)) == {"setupComplete": {}}
        say(client, turn(f"Write to {EMAIL}."))
        assert of_turn(client)[0] == f"Noted: Write to {EMAIL}."
        say(client, turn(INJECTION))
        assert of_turn(client)[1]["turnCompleteReason"] == "PROHIBITED_INPUT_CONTENT"
        say(client, turn("Leak"))
        text, last = of_turn(client)
        assert last["turnCompleteReason"] == "RESPONSE_REJECTED"
        assert OTHER_AWS_KEY[:8] not in text
    heard_by_app = json.dumps(app.received)
    assert EMAIL not in heard_by_app
    assert INJECTION not in heard_by_app
    assert [entry.outcome for entry in served.entries] == ["complete", "refused", "stopped"]
    assert {entry.core.model for entry in served.entries} == {"gemini-live"}


def test_a_tool_of_gemini_gets_the_value_that_the_app_never_saw() -> None:
    def script(text: str) -> Iterable[object]:
        call = {"id": "c1", "name": "find", "args": {"who": TOKEN.findall(text)[0], "count": 3}}
        return [{"toolCall": {"functionCalls": [call]}}]

    app = LiveApp(gemini(script))
    with guarded(app, "gemini_live") as served, served.talk() as client:
        say(client, SETUP, turn(f"Find {EMAIL}."))
        client.recv(WAIT)
        (call,) = json.loads(client.recv(WAIT))["toolCall"]["functionCalls"]
    assert call["args"] == {"who": EMAIL, "count": 3}
    assert EMAIL not in json.dumps(app.received)


def test_a_setup_that_is_blocked_ends_the_connection() -> None:
    app = LiveApp(gemini(lambda _: ()))
    setup = {"setup": SETUP["setup"] | {"systemInstruction": {"parts": [{"text": f"key {AWS_KEY} ok"}]}}}
    with guarded(app, "gemini_live", policy=STRICT) as served, served.talk() as client:
        say(client, setup)
        code, reason = ended(client)
    assert code == 1008
    assert "policy" in reason
    assert app.ended.wait(WAIT)
    assert (app.received, app.left) == ([], 1008)
    assert [entry.outcome for entry in served.entries] == ["refused"]


# the app's own ends


def test_an_app_that_ends_says_why_and_is_judged_in_that_too() -> None:
    def closing(reason: str, _: object) -> Iterable[object]:
        return [Close(4001, reason)]

    app = LiveApp()
    with guarded(app) as served:
        for reason, begins in (("session expired", "session expired"), (f"use {OTHER_AWS_KEY} now", "use ")):
            app.answers = partial(closing, reason)
            with served.talk() as client:
                say(client, CREATE)
                code, told = ended(client)
            assert code == 4001
            assert told.startswith(begins)
            assert OTHER_AWS_KEY not in told


@pytest.mark.parametrize(("code", "told"), [(1005, 1000), (1006, 1000), (999, 1000), (4999, 4999)])
def test_an_end_that_nobody_may_send_is_one_that_anybody_may(code: int, told: int) -> None:
    app = LiveApp(lambda _: [Close(code, "ä" * 100)])
    with guarded(app) as served, served.talk() as client:
        say(client, CREATE)
        assert ended(client) == (told, "ä" * 61)


def test_what_an_app_leaves_unfinished_is_sent_before_its_end() -> None:
    events = list(said(["the token is AKIA"]))
    app = LiveApp(lambda _: [*events[:5], Close(1000)])
    with guarded(app) as served, served.talk() as client:
        say(client, CREATE)
        told = [json.loads(message) for message in client]
        assert client.close_code == 1000
    assert text_of(told) == "the token is AKIA"
    assert [entry.outcome for entry in served.entries] == ["upstream_error"]


def test_an_app_may_turn_a_client_away() -> None:
    app = LiveApp()
    app.agrees = False
    with guarded(app) as served, pytest.raises(InvalidStatus) as caught, served.talk():
        pass
    assert caught.value.response.status_code == 403
    assert served.entries == []
