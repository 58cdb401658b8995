"""What is said on the WebSockets of live models: the client's messages, and those of one answer."""

from tests.fuzz.openai_shapes import CALLED, ERROR, FUNCTION, ITEM
from tests.fuzz.other_shapes import COUNTS
from tests.fuzz.shapes import Material, Tree
from tests.sdk_realtime.spoken import CREATED, called, said

_TOOL = {"type": "function", **FUNCTION}
_HEARD = {"event_id": "event_1", "item_id": "item_9", "content_index": 0}

OPENAI = Material(
    "openai_realtime",
    (
        {
            "type": "response.create",
            "response": {"instructions": "Be brief.", "tools": [_TOOL], "input": [ITEM]},
        },
        {
            "type": "session.update",
            "session": {
                "type": "realtime",
                "model": "m",
                "instructions": "Be brief.",
                "tools": [_TOOL],
                "audio": {"input": {"transcription": {"prompt": "names"}}, "output": {"voice": "alloy"}},
                "prompt": {"id": "p", "variables": {"who": "you"}},
            },
        },
        {"type": "conversation.item.create", "previous_item_id": None, "item": CALLED},
        {
            "type": "conversation.item.create",
            "item": {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_audio", "audio": "AAAA", "transcript": "spoken"}],
            },
        },
        {"type": "input_audio_buffer.append", "audio": "AAAA"},
        {"type": "conversation.item.truncate", "item_id": "item_1", "content_index": 0, "audio_end_ms": 5},
        {"type": "response.cancel", "response_id": "resp_1"},
    ),
    (ERROR,),
    (
        tuple(said(["A gate ", "for water."])),
        tuple(said(["A gate ", "for water."], spoken=True)),
        tuple(called(['{"to": "Be', 'rn"}'])),
        (CREATED,),
        ({"type": "error", "event_id": "event_1", "error": {"type": "t", "code": "c", "message": "wrong"}},),
        (
            {"type": "conversation.item.input_audio_transcription.delta", **_HEARD, "delta": "What is "},
            {"type": "conversation.item.input_audio_transcription.delta", **_HEARD, "delta": "a sluice?"},
            {
                "type": "conversation.item.input_audio_transcription.completed",
                **_HEARD,
                "transcript": "What is a sluice?",
            },
        ),
    ),
)
_CALL = {"id": "c1", "name": "send", "args": {"to": "Bern", "deep": [{"a": "b"}]}}
_RESULT = {"id": "c1", "name": "send", "response": {"output": "sent"}}
_SOUND = {"data": "AAAA", "mimeType": "audio/pcm"}


def _turn(part: Tree) -> Tree:
    return {"serverContent": {"modelTurn": {"role": "model", "parts": [part]}}}


GEMINI = Material(
    "gemini_live",
    (
        {
            "setup": {
                "model": "models/m",
                "generationConfig": {"responseModalities": ["TEXT"]},
                "systemInstruction": {"parts": [{"text": "Be brief."}]},
                "tools": [{"functionDeclarations": [{"name": "send", "description": "Sends it."}]}],
            }
        },
        {
            "clientContent": {
                "turns": [{"role": "user", "parts": [{"text": "What is a sluice?"}]}],
                "turnComplete": True,
            }
        },
        {"realtimeInput": {"text": "hi", "audio": _SOUND}},
        {
            "toolResponse": {
                "functionResponses": [{"id": "c1", "name": "send", "response": {"output": "sent"}}]
            }
        },
    ),
    (ERROR,),
    (
        (
            {"setupComplete": {"sessionId": "s"}},
            {"serverContent": {"inputTranscription": {"text": "What?"}}},
            {
                "serverContent": {
                    "modelTurn": {"role": "model", "parts": [{"text": "It thinks.", "thought": True}]}
                }
            },
            {"serverContent": {"modelTurn": {"role": "model", "parts": [{"text": "A gate "}]}}},
            {
                "serverContent": {
                    "modelTurn": {
                        "role": "model",
                        "parts": [
                            {"inlineData": {"data": "AAAA", "mimeType": "audio/pcm"}},
                            {"text": "for water."},
                        ],
                    },
                    "outputTranscription": {"text": "A gate for water.", "finished": True},
                }
            },
            {"toolCall": {"functionCalls": [_CALL]}},
            {"toolCallCancellation": {"ids": ["c1"]}},
            {"serverContent": {"turnComplete": True}, "usageMetadata": COUNTS},
        ),
        (
            {"toolCall": {"functionCalls": [{"id": "c1", "name": "send", "willContinue": True}]}},
            {
                "toolCall": {
                    "functionCalls": [
                        {
                            "id": "c1",
                            "partialArgs": [{"jsonPath": "$.to", "stringValue": "Be", "willContinue": True}],
                            "willContinue": True,
                        }
                    ]
                }
            },
            {"toolCall": {"functionCalls": [{"partialArgs": [{"jsonPath": "$.to", "stringValue": "rn"}]}]}},
            {"serverContent": {"interrupted": True}},
            {"sessionResumptionUpdate": {"newHandle": "h", "resumable": True}},
            {"goAway": {"timeLeft": "5s"}},
        ),
    ),
)
LIVE = (OPENAI, GEMINI)
