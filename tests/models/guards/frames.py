"""What servers make of messages: the frame of each model's chat template, as its documentation gives it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

type Frame = Callable[[Mapping[str, Any]], str]


def _words(message: Mapping[str, Any]) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def _turns(body: Mapping[str, Any], before: str, between: str, after: str) -> str:
    return "".join(f"{before}{turn['role']}{between}{_words(turn)}{after}" for turn in body["messages"])


def _transcript(body: Mapping[str, Any], names: Sequence[str]) -> str:
    spoken = (f"{names[turn['role'] == 'assistant']}: {_words(turn)}\n" for turn in body["messages"])
    return f"<BEGIN CONVERSATION>\n{''.join(spoken)}<END CONVERSATION>"


def llama_guard_3(body: Mapping[str, Any]) -> str:
    inner = _transcript(body, ("User", "Agent"))
    turn = f"<|begin_of_text|><|start_header_id|>user<|end_header_id|>{inner}<|eot_id|>"
    return turn + "<|start_header_id|>assistant<|end_header_id|>"


def llama_guard_4(body: Mapping[str, Any]) -> str:
    inner = _transcript(body, ("User", "Agent"))
    turn = f"<|begin_of_text|><|header_start|>user<|header_end|>{inner}<|eot|>"
    return turn + "<|header_start|>assistant<|header_end|>"


def chatml(body: Mapping[str, Any]) -> str:
    return _turns(body, "<|im_start|>", "\n", "<|im_end|>\n") + "<|im_start|>assistant\n"


def gemma(body: Mapping[str, Any]) -> str:
    names = ("Human Question", "Chatbot Response")
    spoken = (
        f"<start_of_turn>\n{names[turn['role'] == 'assistant']}: {_words(turn)}\n<end_of_turn>\n"
        for turn in body["messages"]
    )
    return f"<bos>{''.join(spoken)}{body['chat_template_kwargs']['guideline']}"


def granite(body: Mapping[str, Any]) -> str:
    turns = _turns(body, "<|start_of_role|>", "<|end_of_role|>", "<|end_of_text|>\n")
    return f"{turns}<guardian>{body['chat_template_kwargs']['guardian_config']}</guardian>"


def mistral(body: Mapping[str, Any]) -> str:
    return "<s>" + "".join(_words(turn) for turn in body["messages"])


FRAMES: Mapping[str, Frame] = {
    "openguardrails": mistral,
    "llama-guard-3": llama_guard_3,
    "llama-guard-4": llama_guard_4,
    "qwen3guard": chatml,
    "shieldgemma": gemma,
    "granite-guardian": granite,
    "granite-guardian-3.2": granite,
    "nemoguard": llama_guard_3,
    "judge": chatml,
}
