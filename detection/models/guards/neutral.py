"""Takes from an untrusted text what guards would read as the frame around it.

Servers of open models look for control tokens (``<|eot_id|>``, ``<start_of_turn>``, ``[INST]``) in whatever
text they are given, so a text that spells one would end its own turn and write the guard's. The same goes
for the lines by which prompts of guards set a conversation apart. One space parts each such mark; a reader
sees the same words, a tokenizer no longer the mark. Nothing is ever removed.
"""

import re

_NAMES = (
    "s|unk|pad|bos|eos|mask|cls|sep|sys|turn|image|audio|video|think|no-think|no_think|score|confidence|guardian|"
    "context|documents|tool_call|tool_response|tools|(?:start|end)[_-]of[_-][a-z_-]+|[a-z_]+_(?:start|end|token)|"
    r"(?:unused|reserved|extra_id|special)_?[0-9]+|0x[0-9a-f]{2}"
)
"""Names that open models give to control tokens in angle brackets."""
_BRACKETED = (
    "INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|CALL_ID|ARGS|THINK|PREFIX|MIDDLE|"
    "SUFFIX|IMG|IMG_BREAK|IMG_END|AUDIO|BEGIN_AUDIO|CONTROL_[0-9]+|MODEL_SETTINGS|CLS|SEP|PAD|UNK|MASK|gMASK"
)
"""The same in square brackets."""
_SPEAKERS = (
    "user|agent|human|assistant|system|human[ ]question|chatbot[ ]response|(?:user|assistant)[ ]message"
)
_LINE = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"

_MARK = re.compile(
    rf"""
      <(?=[|\uff5c])                                  # <|eot_id|> and its full-width kin
    | <(?=<\s*/?\s*sys)                               # <<SYS>>
    | <(?=/?(?:{_NAMES})>)                            # <start_of_turn>, </s>, <think>
    | <(?=(?:begin|end)[ ])                           # <END CONVERSATION>
    | \[(?=/?(?:{_BRACKETED})\])                      # [INST]
    | (?:(?<=[{_LINE}])|\A)[ \t>*#-]*(?:response:[ \t]*)?(?:{_SPEAKERS})(?=:)   # a turn of a transcript
    """,
    re.IGNORECASE | re.VERBOSE,
)


def neutral(text: str) -> str:
    """Return a text in which no mark of a frame stands. Linear; what is no mark stays as it is."""
    return _MARK.sub(r"\g<0> ", text)


def one_line(text: str) -> str:
    """Return a definition or a name on one line, without marks."""
    return neutral(" ".join(text.split()))
