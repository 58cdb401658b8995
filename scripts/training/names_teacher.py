"""A teacher for the tagger of names: MiniLM, taught on templates, reads texts that people wrote.

Templates hold few ways to speak. A model that has read much before knows from them what a name is in others,
but is too slow to ask about every text; what it says of texts from life teaches the tagger that ships.
"""

import random
import time
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from transformers import BertModel

from sluicegate.detection.models.name import KINDS
from sluicegate.detection.models.name_features import tokens
from sluicegate.detection.models.names import TAGS

from .encoder_fit import BASE, CLS, PAD, SEP, WINDOW, batches, padded, tokenizer
from .names_texts import Marked, rows

_RATE, _HEAD_RATE = 1.5e-4, 1e-3
_SMOOTH = 0.02
_NONE = -100
_LIFE = {
    "benign_t0_tasks": 3000,
    "benign_gsm8k": 1500,
    "benign_self_instruct": 174,
    "benign_persona_prompts": 149,
    "benign_taskmaster": 561,
    "benign_clinc150": 1500,
    "benign_banking77": 1500,
    "bipia_train": 2000,
    "piarena_indirect": 4000,
    "xquad_multilingual": 4000,
    "tool_outputs_asb_indirect": 1100,
    "davidson_hate_offensive": 1500,
    "harmful_requests": 1500,
    "jailbreak_inthewild": 900,
}
"""Public texts that are read, and of how many of each file: prose, mails, tables, code, chat, passages."""
_ASCII = 0.985
_CHARACTERS = 500
"""Of a text, beginning anywhere."""


class Teacher(nn.Module):  # type: ignore[misc]  # torch is installed for training alone
    """All layers of the base, and a line for each tag."""

    def __init__(self) -> None:
        super().__init__()
        self.base = BertModel.from_pretrained(BASE, add_pooling_layer=False, attn_implementation="eager")
        self.drop = nn.Dropout(0.1)
        self.tags = nn.Linear(self.base.config.hidden_size, TAGS)
        self.base.embeddings.requires_grad_(False)

    def forward(self, read: torch.Tensor) -> torch.Tensor:
        """Return log-odds, shape (texts, tokens, tags)."""
        states = self.base(input_ids=read, attention_mask=(read != PAD).long()).last_hidden_state
        return self.tags(self.drop(states))


def teach(texts: Sequence[Marked], *, seconds: float, seed: int, threads: int) -> Teacher:
    """Train on templates until each was seen once or `seconds` went by."""
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    rng = random.Random(seed)
    read = [_read(item) for item in texts]
    teacher = Teacher()
    teacher.train()
    parts = [item for item in teacher.base.parameters() if item.requires_grad]
    groups = [{"params": parts, "lr": _RATE}, {"params": teacher.tags.parameters(), "lr": _HEAD_RATE}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    plan = list(batches([item[0] for item in read], np.arange(len(read)), rng))
    begun, smooth = time.monotonic(), 0.0
    for step, batch in enumerate(plan):
        done = max(step / len(plan), (time.monotonic() - begun) / seconds)
        if done >= 1:
            break
        factor = min(1.0, (step + 1) / 60) * (1 - done)
        for group, rate in zip(optimizer.param_groups, (_RATE, _HEAD_RATE), strict=True):
            group["lr"] = rate * factor
        seen = padded([read[place][0] for place in batch])
        wanted = torch.full(seen.shape, _NONE)
        for row, place in enumerate(batch):
            wanted[row, : len(read[place][1])] = torch.tensor(read[place][1])
        with torch.autocast("cpu", torch.bfloat16):
            odds = teacher(seen)
        loss = nn.functional.cross_entropy(
            odds.float().flatten(0, 1), wanted.flatten(), ignore_index=_NONE, label_smoothing=_SMOOTH
        )
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parts, 1.0)
        optimizer.step()
        smooth = 0.98 * smooth + 0.02 * loss.item()
        if step % 50 == 49:
            said = smooth / (1 - 0.98 ** (step + 1))
            took = time.monotonic() - begun
            print(f"names, teacher: step {step + 1}/{len(plan)} loss {said:.3f} {took:.0f} s", flush=True)
    teacher.eval()
    return teacher


def _read(item: Marked) -> tuple[list[int], list[int]]:
    """Return the tokens of a text and the tag of each."""
    found = tokenizer_once().encode(item.text, add_special_tokens=False)
    tags = [_tag(start, end, item.names) for start, end in found.offsets[:WINDOW]]
    return [CLS, *found.ids[:WINDOW], SEP], [_NONE, *tags, _NONE]


def _tag(start: int, end: int, names: Sequence[tuple[str, int, int]]) -> int:
    for kind, begin, past in names:
        if start < past and end > begin:
            return 1 + 2 * KINDS.index(kind) + (start > begin)
    return 0


def life(data: Path, seed: int) -> Iterator[str]:
    """Yield pieces of public texts that people wrote."""
    rng = random.Random(f"names life {seed}")
    for name, most in _LIFE.items():
        texts = [row["text"] for row in rows(data / "train" / f"{name}.jsonl.gz") if _is_latin(row["text"])]
        for text in rng.sample(texts, min(most, len(texts))):
            start = rng.randrange(max(1, len(text) - _CHARACTERS // 2))
            # A piece begins where a word does.
            start = text.rfind(" ", 0, start) + 1 if start else 0
            yield text[start : start + _CHARACTERS]


def _is_latin(text: str) -> bool:
    """Say whether a text is in a script that the teacher reads, as English is, all but alone."""
    return sum(map(str.isascii, text)) > _ASCII * len(text)


@torch.no_grad()  # type: ignore[untyped-decorator]  # torch is installed for training alone
def said(teacher: Teacher, texts: Sequence[str]) -> Iterator[tuple[str, npt.NDArray[np.float32]]]:
    """Yield each text, cut where the teacher stopped reading, and what it says of the tagger's tokens.

    Shape (tokens, `TAGS`): how probable each tag is.
    """
    encoded = [tokenizer_once().encode(text, add_special_tokens=False) for text in texts]
    read = [[CLS, *item.ids[:WINDOW], SEP] for item in encoded]
    for batch in batches(read, np.arange(len(texts)), random.Random(0)):
        with torch.autocast("cpu", torch.bfloat16):
            odds = teacher(padded([read[place] for place in batch]))
        probable = odds.float().softmax(-1).numpy()
        for row, place in enumerate(batch):
            offsets = encoded[place].offsets[:WINDOW]
            if offsets:
                yield _by_token(texts[place][: offsets[-1][1]], offsets, probable[row, 1:])


def _by_token(
    text: str, offsets: Sequence[tuple[int, int]], probable: npt.NDArray[np.float32]
) -> tuple[str, npt.NDArray[np.float32]]:
    """Return what is said of each of the tagger's tokens: what is said of its first piece."""
    starts = np.array([start for start, _ in offsets])
    found = tokens(text)
    places = np.searchsorted(starts, [token.start for token in found], side="right") - 1
    return text, probable[np.maximum(places, 0)]


@cache
def tokenizer_once() -> Any:
    """Return the base's tokenizer."""
    return tokenizer()
