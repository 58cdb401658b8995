"""Tier 2: a small transformer encoder that reads windows of a text."""

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self

from .calibration import FILE, Line, Windows, calibrated, joined, lines
from .missing import ModelMissing
from .plain import plain
from .scores import Scores
from .weights_file import digest, weights

if TYPE_CHECKING:
    from tokenizers import Tokenizer

WEIGHTS, TOKENIZER = "encoder.onnx", "tokenizer.json"
WINDOW, STRIDE = 126, 96
"""Tokens of a window, beside its two ends, and from one window to the next."""
REACH = 1 << 15
"""Characters of a text that are read; the rest is unjudged, and who asks has to say so."""


class Encoder:
    """Scores texts by their windows.

    Each window is run alone and unpadded: how texts are batched changes no score, because int8 scales are
    taken from what runs together.
    """

    def __init__(self, session: Any, tokenizer: "Tokenizer", by: tuple[Line, Line, Line], name: str):
        self._session = session
        self._tokenizer = tokenizer
        self._lines = by
        self._first, self._last = (tokenizer.token_to_id(word) or 0 for word in ("[CLS]", "[SEP]"))
        self.digest = name

    @classmethod
    def load(cls, threads: int = 1) -> Self:
        """Return the model that ships with the package. Raises `ModelMissing`."""
        runtime, tokenizers = _libraries()
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        session = runtime.InferenceSession(weights(WEIGHTS), options, providers=["CPUExecutionProvider"])
        tokenizer = tokenizers.Tokenizer.from_buffer(weights(TOKENIZER))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return cls(session, tokenizer, lines("encoder"), digest(WEIGHTS, TOKENIZER, FILE))

    def score(self, texts: Sequence[str]) -> list[Scores]:
        """Return the scores of each text, of which `REACH` characters are read."""
        return [calibrated(self.raw(text), self._lines) for text in texts]

    def said(self, parts: Iterable[Windows]) -> Scores:
        """Return the scores of a text from what `raw` computed for its parts."""
        return calibrated(joined(parts), self._lines)

    def raw(self, text: str) -> list[list[float]]:
        """Return what is computed for each head in each window; nothing where there are no words."""
        # A lone surrogate is no character that a tokenizer could read.
        read = plain(text[:REACH]).encode("utf-8", "replace").decode()
        found = [self._run(window) for window in self._windows(read)]
        return [list(values) for values in zip(*found, strict=True)]

    def _windows(self, text: str) -> Iterator[list[int]]:
        tokens = self._tokenizer.encode(text, add_special_tokens=False).ids
        for start in range(0, max(len(tokens) - WINDOW + STRIDE, min(len(tokens), 1)), STRIDE):
            yield [self._first, *tokens[start : start + WINDOW], self._last]

    def _run(self, window: list[int]) -> list[float]:
        found: list[list[float]] = self._session.run(None, {"tokens": [window]})[0].tolist()
        return found[0]


def _libraries() -> tuple[Any, Any]:
    # Read when the library is loaded: it would write a device id below the home folder and report sessions.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        import onnxruntime  # noqa: PLC0415 - an extra, and slow to load
        import tokenizers  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise ModelMissing(error.name or "a library") from None
    onnxruntime.disable_telemetry_events()
    return onnxruntime, tokenizers
