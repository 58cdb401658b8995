"""Make a Llama of random weights, small enough to be served by a processor: tiny_llama.py FOLDER.

Run by the Python of .venv-vllm. Its tokenizer spells bytes and knows control tokens like those of the
models that guards are made from.
"""

import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

_SPECIAL = ["<s>", "</s>", "<|eot_id|>", "<|start_header_id|>", "<|end_header_id|>"]
_TEMPLATE = (
    "{{ bos_token }}{% for turn in messages %}<|start_header_id|>{{ turn.role }}<|end_header_id|>"
    "{{ turn.content }}<|eot_id|>{% endfor %}<|start_header_id|>assistant<|end_header_id|>"
)


def main(folder: Path) -> None:
    """Write the model and its tokenizer."""
    spelled = Tokenizer(models.BPE())
    spelled.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    spelled.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, initial_alphabet=alphabet, special_tokens=_SPECIAL)
    spelled.train_from_iterator(["safe unsafe S1,S2 true false yes no"], trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=spelled, bos_token="<s>", eos_token="<|eot_id|>")
    tokenizer.chat_template = _TEMPLATE
    tokenizer.save_pretrained(folder)
    torch.manual_seed(7)
    # vLLM's attention on a processor knows heads of 64 numbers, not of fewer
    shape = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=8192,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    LlamaForCausalLM(shape).to(torch.bfloat16).save_pretrained(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
