"""A secret stands anywhere in a message of a live model: something reads it, or it is listed."""

from typing import Any

import pytest

from sluicegate.detection.dialects.base import StreamShape
from sluicegate.detection.dialects.gemini_live_stream import GeminiLiveStream
from sluicegate.detection.dialects.openai_realtime_stream import RealtimeStream
from sluicegate.detection.errors import UpstreamFault
from tests.detection.test_planted import planted, seen

_PLACE = {
    "event_id": "event_1",
    "response_id": "resp_1",
    "item_id": "item_1",
    "output_index": 0,
    "content_index": 0,
}
_SPOKEN = {"type": "output_audio", "audio": "AAAA", "transcript": "t", "id": "part_1"}
_MESSAGE = {
    "id": "item_1",
    "object": "realtime.item",
    "type": "message",
    "status": "completed",
    "role": "assistant",
    "content": [{"type": "output_text", "text": "hi"}, _SPOKEN],
}
_CALLED = {"id": "item_1", "type": "function_call", "name": "f", "call_id": "call_1", "arguments": "{}"}
_RESPONSE = {
    "id": "resp_1",
    "object": "realtime.response",
    "status": "completed",
    "status_details": {"type": "completed", "reason": "r"},
    "output": [_MESSAGE],
    "conversation_id": "conv_1",
    "metadata": {"a": "b"},
}
_TURN = {
    "modelTurn": {
        "role": "model",
        "parts": [{"text": "hi"}, {"functionCall": {"id": "c1", "name": "n", "args": {"a": "b"}}}],
    },
    "outputTranscription": {"text": "x", "finished": True},
    "inputTranscription": {"text": "x"},
    "turnComplete": True,
    "turnCompleteReason": "NEED_MORE_INPUT",
}
OPENAI: list[dict[str, Any]] = [
    {"type": "response.output_audio.delta", **_PLACE, "delta": "AAAA", "note": "n"},
    {"type": "response.output_text.delta", **_PLACE, "delta": "hi", "obfuscation": "a"},
    {"type": "response.content_part.done", **_PLACE, "part": _SPOKEN},
    {"type": "response.done", "event_id": "event_1", "response": _RESPONSE},
    {"type": "response.output_item.added", **_PLACE, "item": _CALLED},
    {"type": "conversation.item.done", "event_id": "event_1", "item": _MESSAGE},
    {"type": "session.created", "event_id": "event_1", "session": {"id": "sess_1", "instructions": "i"}},
    {"type": "error", "event_id": "event_1", "error": {"type": "t", "code": "c", "message": "m"}},
    {"type": "input_audio_buffer.committed", "event_id": "event_1", "item_id": "item_1"},
]
GEMINI: list[dict[str, Any]] = [
    {"serverContent": _TURN, "usageMetadata": {"totalTokenCount": 3, "note": "n"}},
    {"toolCall": {"functionCalls": [{"id": "c1", "name": "n", "args": {"a": "b"}}]}},
    {"toolCallCancellation": {"ids": ["c1"]}},
    {"setupComplete": {"sessionId": "s"}},
    {"sessionResumptionUpdate": {"newHandle": "h", "resumable": True}},
]


@pytest.mark.parametrize(
    ("shape", "messages"), [(RealtimeStream, OPENAI), (GeminiLiveStream, GEMINI)], ids=["openai", "gemini"]
)
def test_nothing_is_hidden_in_a_message(shape: type[StreamShape], messages: list[dict[str, Any]]) -> None:
    for message in messages:
        for pointer, tree in planted(message):
            try:
                frame = shape().read(tree)
            except UpstreamFault:
                continue
            sound = pointer.endswith(("/audio", "/delta")) and frame.unjudged
            assert seen(frame) or sound, (message, pointer)
