"""What is sent and what comes back: fixed texts of about a kilobyte, the same for every subject.

An answer ends with `MARK`, so that half an answer is never taken for a whole one. Streams are made
of words, each a frame. All frames of a stream carry one ``id``, as providers send them; the upstream
numbers them in ``obfuscation``, the padding that differs from frame to frame.
"""

from itertools import cycle, islice

import orjson

MODEL = "gpt-4o-mini"
NUMBER = "0000000"
"""Stands in every prompt and in the id of every answer; no two are the same, so that nothing that
was judged before can be known again."""
POST_BYTES = 1200
"""Length of the request that the middleware and nginx are compared by."""
MARK = "Here the fixed answer ends."
ECHO = "Repeat the letter below as it is."
"""A prompt that begins with this gets the rest of it back."""
EMAIL, CARD = "maria.keller@kontor-nord.example", "4111 1111 1111 1111"
PADDING = "bench"
"""What the number of a frame follows in its padding."""

_PROSE = (
    "The harbour office keeps a ledger of every ship that comes in on the tide, and the clerk who writes it"
    " has a steady hand and little patience for guesses. When the fog lies on the river the pilots wait"
    " outside, and the ledger of that day is short. In spring the grain arrives from the plains by barge,"
    " and the quay is full of carts before the sun is up. Nobody remembers who built the crane at the end of"
    " the pier; it was there when the oldest of the porters was a boy, and it has been painted green every"
    " ten years since. A good summary of the season names what was carried, how long it lay in the sheds, and"
    " which of the merchants paid late. The reader wants to know whether the new shed was worth its price and"
    " what the council should decide about the road that leads down to the water, which carts have worn deep."
)


def chat_body(text: str, *, stream: bool = False) -> bytes:
    """Return the body of a chat request with one user message."""
    system = {"role": "system", "content": "You help the office of a harbour with its letters."}
    body = {"model": MODEL, "messages": [system, {"role": "user", "content": text}], "temperature": 0.2}
    return orjson.dumps(body | {"stream": True} if stream else body)


def inspect_body() -> bytes:
    """Return the body that has the plain prompt looked at and nothing else."""
    return orjson.dumps({"text": plain_prompt()})


def post_body() -> bytes:
    """Return a plain chat request of `POST_BYTES`."""
    return chat_body(post_prompt(len(chat_body(""))))


def post_prompt(taken: int) -> str:
    """Return a plain prompt that makes a body of `POST_BYTES`, of which so many are taken."""
    prompt = plain_prompt()
    return prompt + f" {_PROSE}"[: POST_BYTES - taken - len(prompt)]


def plain_prompt() -> str:
    """Return about a kilobyte of prose in which nothing is to be found."""
    return f"Shorten text {NUMBER} to three sentences. {_PROSE}"


def prompt_with_hits() -> str:
    """Return about a kilobyte of prose with an e-mail address and a card number, to be given back."""
    return f"{ECHO} This is letter {NUMBER}. Write to {EMAIL} that the card {CARD} is blocked. {_PROSE}"


def stream_prompt(slot: str) -> str:
    """Return the prompt of one stream; `slot` says which row of the shared stamps it writes."""
    return f"[slot {slot}] {plain_prompt()}"


def answer_body(text: str) -> bytes:
    """Return a whole answer, as providers send it."""
    message: dict[str, object] = {"role": "assistant", "content": text, "refusal": None, "annotations": []}
    usage = {"prompt_tokens": 214, "completion_tokens": 187, "total_tokens": 401}
    return orjson.dumps(
        {
            "id": f"chatcmpl-bench{NUMBER}",
            "object": "chat.completion",
            "created": 1761234567,
            "model": MODEL,
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
            "usage": usage,
            "system_fingerprint": "fp_44709d6fcb",
        }
    )


def fixed_answer() -> bytes:
    """Return the answer to every plain prompt."""
    return answer_body(f"{_PROSE} {MARK}")


def stream_pieces(count: int) -> list[str]:
    """Return the texts of `count` frames: words with the space before them, as models cut prose."""
    words = list(islice(cycle(_PROSE.split()), count))
    return [words[0], *(f" {word}" for word in words[1:])]


def stream_frames(count: int) -> list[bytes]:
    """Return the events of a stream: the role, `count` pieces, the end, the usual last line."""
    pieces = [_frame(index, {"content": piece}) for index, piece in enumerate(stream_pieces(count))]
    first = _frame(None, {"role": "assistant", "content": ""})
    return [first, *pieces, _frame(None, {}, "stop"), b"data: [DONE]\n\n"]


def _frame(number: int | None, delta: dict[str, str], finish: str | None = None) -> bytes:
    frame = {
        "id": "chatcmpl-bench",
        "object": "chat.completion.chunk",
        "created": 1761234567,
        "model": MODEL,
        "system_fingerprint": "fp_44709d6fcb",
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
        "obfuscation": PADDING + ("" if number is None else str(number)),
    }
    return b"data: " + orjson.dumps(frame) + b"\n\n"
